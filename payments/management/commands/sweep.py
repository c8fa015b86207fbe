"""Ask the gateway about every order whose moment has come."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from payments import services


class Command(BaseCommand):
    help = "Ask the gateway about every order whose moment has come. --once is the only mode; beat is what keeps doing it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        asked = services.sweep(at=timezone.now())
        self.stdout.write(f"asked about {asked} orders")
