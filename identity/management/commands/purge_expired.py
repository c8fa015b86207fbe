"""Destroy the personal data that is due. Exit codes: 0."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from identity import retention


class Command(BaseCommand):
    help = "Run every retention rule, as beat does at night: destroy what is older than its rule allows. A second run finds nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count what each rule would destroy, destroy nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if options["dry_run"]:
            for key, found in retention.rehearse(at=at).items():
                self.stdout.write(f"{key}: kept, nothing destroys it" if found is None else f"{key}: would destroy {found}")
            return
        for key, count in retention.purge(at=at).items():
            self.stdout.write(f"{key}: {count}")
