"""Load the demo data; refused outside demo and test."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backoffice import demo


class Command(BaseCommand):
    help = "Load the demo people and their data once; --show prints addresses and accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prepare", action="store_true", help="migrate and make the cache table first")
        parser.add_argument("--show", action="store_true", help="print addresses and accounts instead of loading")
        parser.add_argument("--sandbox", default="", help="the sandbox's address, for --show")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT not in ("demo", "test"):
            raise CommandError("the demo accounts have public passwords; they exist in demo and test only")
        if options["show"]:
            self._show(sandbox=options["sandbox"])
            return
        if options["prepare"]:
            call_command("migrate", verbosity=0)
            call_command("createcachetable", verbosity=0)
        if demo.load_people(at=timezone.now()):
            self.stdout.write("demo data loaded")

    def _show(self, *, sandbox: str) -> None:
        origins = settings.PORTAL_ORIGINS
        portals = {"/accounts": origins["advertiser"], "/luckffle": origins["luckffle"], "/backoffice": origins["backoffice"]}
        lines = [
            "",
            "Boost is running. Ctrl-C stops everything.",
            f"  광고주      {origins['advertiser']}/",
            f"  럭플        {origins['luckffle']}/luckffle/",
            f"  운영        {origins['backoffice']}/backoffice/",
            f"  모의 결제사 {sandbox}",
            "",
        ]
        for page, who, sign_in in demo.accounts():
            origin = next(found for start, found in portals.items() if page.startswith(start))
            lines.append(f"  {who:<12} {origin}{page}  {sign_in}")
        self.stdout.write("\n".join([*lines, ""]))
