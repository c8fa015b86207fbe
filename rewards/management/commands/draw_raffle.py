"""Let the clock of raffles tick once. Exit codes: 0."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common import effects, handlers
from common.models import Effect
from rewards.models import Raffle
from rewards.raffles import clock, drawing


class Command(BaseCommand):
    help = (
        "Open, close and draw raffles whose moment has come, as beat does every ten seconds. A raffle cannot be drawn earlier by anybody: "
        "its public value does not exist yet."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="name every raffle that would be moved, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        due = Effect.objects.due(at).filter(kind=drawing.EFFECT)
        if options["dry_run"]:
            for deed, found in clock.due(at=at).items():
                self.stdout.write(f"would {deed} {len(found)}")
                self.stdout.writelines(f"  {number}\n" for number in found)
            drawn = Raffle.objects.filter(pk__in=[effect.ids["raffle"] for effect in due])
            self.stdout.write(f"would ask for {drawn.count()} draws")
            self.stdout.writelines(f"  {raffle.public_id}\n" for raffle in drawn)
            return
        handlers.load()
        clock.tick(at=at)
        worked = [effects.work(number, at=timezone.now(), clock=timezone.now) for number in due.values_list("pk", flat=True)]
        self.stdout.write(f"asked for {sum(effect is not None for effect in worked)} draws")
