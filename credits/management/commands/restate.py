"""
Work balances, lots and holds out again from the postings and compare them with what is kept.

Exit codes: 0 equal or repaired, 1 a difference.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from credits import services as credits


class Command(BaseCommand):
    help = "Compare every balance, lot and hold with its postings. Looks only; --write makes them what the postings say."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="repair what differs; wallets wait meanwhile")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["write"]:
            with transaction.atomic(durable=True):
                changed = credits.restate()
        else:
            changed = credits.stale_projections()
        for line in changed:
            self.stdout.write(line)
        if changed and not options["write"]:
            raise CommandError(f"{len(changed)} rows differ from their postings")
        self.stdout.write(f"Restated {len(changed)} rows" if options["write"] else "Every balance, lot and hold equals its postings")
