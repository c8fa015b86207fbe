"""Work due effects in this process, without any broker."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common import effects, handlers
from common.models import Effect


class Command(BaseCommand):
    help = "Work due effects in this process. --once is the only mode; the relay is the process that keeps doing it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", required=True)
        parser.add_argument("--dry-run", action="store_true", help="name what is due, work nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            due = Counter(Effect.objects.due(timezone.now()).values_list("kind", flat=True))
            for kind, count in sorted(due.items()):
                self.stdout.write(f"{kind}: {count}")
            self.stdout.write(f"due: {due.total()} effects")
            return
        handlers.load()
        worked = effects.run_due(at=timezone.now(), clock=timezone.now)
        self.stdout.write(f"worked {worked} effects")
