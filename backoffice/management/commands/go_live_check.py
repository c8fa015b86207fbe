"""Say what stands between this house and real customers. Exit codes: 0 nothing, 1 something, each named."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backoffice import go_live


class Command(BaseCommand):
    help = "Name what stands between this house and real customers: settings, keys, proof, backup, certificates and more. Writes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", action="append", default=[], choices=sorted(go_live.CHECKS), help="once for each check")

    def handle(self, *args: Any, **options: Any) -> None:
        found = go_live.failures(at=timezone.now())
        wrong = [(name, why) for name, why in found if not options["only"] or name in options["only"]]
        for name in options["only"] or go_live.CHECKS:
            reasons = [why for each, why in wrong if each == name]
            self.stdout.write(f"{'FAIL' if reasons else 'ok  '} {name}")
            for why in reasons:
                self.stdout.write(f"       {why}")
        if wrong:
            raise CommandError(f"{len(wrong)} things stand in the way")
