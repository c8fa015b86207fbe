"""
Move every campaign to where the clock says it is, then take, return and release what is due.

Exit codes: 0 moved, 1 a campaign could not be moved.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from campaigns.services import clock


class Command(BaseCommand):
    help = (
        "Begin, end and pour campaigns, return overdue participations, capture what was confirmed, settle what has ended. "
        "--once is the only mode; beat is what keeps doing it. Exit 1 when a campaign could not be moved."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", required=True)
        parser.add_argument("--dry-run", action="store_true", help="name every campaign that would be taken in hand, move nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if options["dry_run"]:
            found = clock.due(at=at)
            self.stdout.write(" ".join(f"{name}={len(campaigns)}" for name, campaigns in found.items()))
            for name, campaigns in found.items():
                for campaign in campaigns:
                    self.stdout.write(f"  {name}: {campaign.public_id} ({campaign.state})")
            return
        try:
            counts = clock.in_turn(
                lambda: clock.tick(at=at),
                lambda: {"returned": clock.sweep(at=at)},
                lambda: {"captured": clock.capture(at=at)},
                lambda: {"settled": clock.settle(at=at)},
            )
        except ExceptionGroup as crashes:
            raise CommandError(f"{len(crashes.exceptions)} campaigns could not be moved; the log says which") from crashes
        self.stdout.write(" ".join(f"{name}={count}" for name, count in counts.items()))
