"""Load the demo data; refused outside demo and test. Exit codes: 0 loaded or there, 1 refused."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backoffice import demo
from common import clock
from common.provider import GatewayError


class Command(BaseCommand):
    help = "Load the demo people and the week behind them, once; --show prints addresses and accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prepare", action="store_true", help="migrate and make the cache table first")
        parser.add_argument("--people", action="store_true", help="only the people: needs no sandbox")
        parser.add_argument("--code", metavar="OPERATOR", help="print the second factor's code of this moment instead: operator or finance")
        parser.add_argument("--show", action="store_true", help="print addresses and accounts instead of loading")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ENVIRONMENT not in ("demo", "test"):
            raise CommandError("the demo accounts have public passwords; they exist in demo and test only")
        if options["show"]:
            self._show()
            return
        if options["code"]:
            self.stdout.write(demo.second_factor(options["code"], at=clock.real_now()))
            return
        if options["prepare"]:
            call_command("migrate", verbosity=0)
            call_command("createcachetable", verbosity=0)
        load = demo.load_people if options["people"] else demo.load
        try:
            made = load(at=timezone.now())
        except GatewayError as silence:
            raise CommandError(f"the sandbox at {settings.SANDBOX_ORIGIN} did not help: {silence}") from silence
        self.stdout.write("demo data loaded" if made else "demo data was there already")

    def _show(self) -> None:
        origins = settings.PORTAL_ORIGINS
        portals = {"/accounts": origins["advertiser"], "/luckffle": origins["luckffle"], "/backoffice": origins["backoffice"]}
        lines = [
            "",
            "Boost is running. Ctrl-C stops everything.",
            f"  광고주        {origins['advertiser']}/",
            f"  럭플          {origins['luckffle']}/luckffle/",
            f"  운영          {origins['backoffice']}/backoffice/",
            f"  모의 결제사   {settings.SANDBOX_ORIGIN}/   (결제창, 메일과 문자함)",
            "",
        ]
        for page, who, sign_in in demo.accounts():
            origin = next(found for start, found in portals.items() if page.startswith(start))
            lines.append(f"  {origin}{page}  {who}: {sign_in}")
        self.stdout.write("\n".join([*lines, ""]))
