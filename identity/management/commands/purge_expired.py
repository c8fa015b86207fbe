"""Destroy the personal data that is due. Exit codes: 0."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from identity import retention


class Command(BaseCommand):
    help = "Run every retention rule, as beat does at night: destroy what is older than its rule allows. A second run finds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="name the rules and their limits, destroy nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if options["dry_run"]:
            for key, until in retention.limits(at=at).items():
                self.stdout.write(f"{key}: {f'would destroy what ended before {until:%Y-%m-%d}' if until else 'kept, nothing destroys it'}")
            return
        for key, count in retention.purge(at=at).items():
            self.stdout.write(f"{key}: {count}")
