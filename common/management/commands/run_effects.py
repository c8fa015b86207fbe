"""Work due effects in this process, without any broker. Exit codes: 0, whatever became of them; the rows say it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common import effects, handlers
from common.models import Effect


class Command(BaseCommand):
    help = "Work due effects in this process. --once is the only mode; the relay is the process that keeps doing it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", required=True)
        parser.add_argument("--dry-run", action="store_true", help="name every row that would be worked, work none")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            due = effects.due_ids(at=timezone.now())
            rows = Effect.objects.in_bulk(due)
            for number in due:
                self.stdout.write(f"would {_deed(rows[number])} {rows[number].kind} {number} ({rows[number].key})")
            self.stdout.write(f"would work {len(due)} effects")
            return
        handlers.load()
        worked = effects.run_due(at=timezone.now(), clock=timezone.now)
        self.stdout.write(f"worked {worked} effects")


def _deed(effect: Effect) -> str:
    return "send" if effect.state == Effect.State.NEW else "ask about"
