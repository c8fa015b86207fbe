"""Ask the gateway about every order whose moment has come. Exit codes: 0; an order that could not be asked about is asked again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from payments import services


class Command(BaseCommand):
    help = "Ask the gateway about every order whose moment has come. --once is the only mode; beat is what keeps doing it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", required=True)
        parser.add_argument("--dry-run", action="store_true", help="name the orders that would be asked about, ask nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        if options["dry_run"]:
            due = services.due_to_sweep(at=at)
            for order_id, _ in due:
                self.stdout.write(f"would ask about {order_id}")
            self.stdout.write(f"would ask about {len(due)} orders")
            return
        asked = services.sweep(at=at)
        self.stdout.write(f"asked about {asked} orders")
