"""
Check what card companies look for, walk through the shop with a browser and write the pack of slides. Exit codes: 0 made (or nothing to
complain about), 1 a finding that has to be put right first, each named, 2 no browser, or our own address did not answer.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from backoffice.card_review import checks


class Command(BaseCommand):
    help = "Check footer, texts, prices, channels and addresses as card companies do, then make the pack of slides. Findings are named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only the checks; writes nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        found = checks.findings(at=timezone.now())
        for name in checks.CHECKS:
            wrong = [finding for finding in found if finding.check == name]
            self.stdout.write(f"{'FAIL' if wrong else 'ok  '} {name}")
            for finding in wrong:
                self.stdout.write(f"       {finding}")
        if found:
            raise CommandError(f"{len(found)} things to put right before card companies look")
