"""Work due effects in this process, without any broker."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common import effects, handlers


class Command(BaseCommand):
    help = "Work due effects in this process. --once is the only mode; the relay is the process that keeps doing it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        handlers.load()
        worked = effects.run_due(at=timezone.now(), clock=timezone.now)
        self.stdout.write(f"worked {worked} effects")
