"""The first questions, guides and notice. Exit codes: 0."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from inquiries import first_content


class Command(BaseCommand):
    """Writes each kind of page that has no row yet; what operators wrote or changed is left alone."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count what would be written, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = first_content.write(at=timezone.now(), keep=not options["dry_run"])
        self.stdout.write(f"{rows} questions, guides and notices {'would be ' if options['dry_run'] else ''}written.")
