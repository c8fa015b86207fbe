"""Doors the clock and the effects knock on: raffles open, close and draw by themselves."""

import logging
from datetime import datetime, timedelta

from celery import shared_task
from django.utils import timezone

from common import effects
from common.effects import Outcome, Result
from common.models import Effect
from common.provider import GatewayError
from rewards import gifticon_tasks as gifticon_tasks  # its handlers register themselves
from rewards import prize_tax
from rewards import push_tasks as push_tasks
from rewards.models import Raffle
from rewards.models.raffles import State
from rewards.offerwalls import watching
from rewards.raffles import clock, drand, drawing
from rewards.raffles.drand import PublicValue

logger = logging.getLogger(__name__)
LOOK_AGAIN = timedelta(seconds=10)


@effects.handler(drawing.EFFECT)
class DrawRaffle:
    """
    Fetch the promised round and draw with it. No other source is put in: without the round the draw waits, and after the time that the
    rules allow the raffle is void.
    """

    def send(self, effect: Effect) -> Outcome:
        raffle = Raffle.objects.get(pk=effect.ids["raffle"])
        if raffle.state != State.CLOSED or raffle.public_round is None:
            return Outcome(Result.DONE, detail="nothing to draw")
        try:
            value = drand.fetch(raffle.public_round)
        except GatewayError as trouble:
            logger.warning("The draw of raffle %s waits for its round: %s", raffle.pk, trouble.code)
            return Outcome(Result.PENDING, detail=trouble.code, after=LOOK_AGAIN)
        return Outcome(Result.DONE, data={"signature": value.signature, "randomness": value.randomness, "round": value.round})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)  # reading changes nothing there

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if "signature" in outcome.data:
            drawing.record_draw(raffle_id=effect.ids["raffle"], value=PublicValue(**outcome.data), at=at)
        elif outcome.result is Result.PENDING:
            drawing.void_when_too_late(raffle_id=effect.ids["raffle"], at=at)


@shared_task(name="rewards.forget_tax_identities")
def forget_tax_identities() -> None:
    """Delete who paid prize taxes that the law no longer asks about."""
    prize_tax.erase_due(at=timezone.now())


@shared_task(name="rewards.raffles")
def raffles() -> None:
    """Open, close, pass prizes on, give tickets back: whatever the moment asks for."""
    clock.tick(at=timezone.now())


@shared_task(name="rewards.watch_offerwalls")
def watch_offerwalls() -> None:
    """Tell operators when a network's signatures go wrong."""
    watching.watch(at=timezone.now())


@shared_task(name="rewards.forget_offerwall_calls")
def forget_offerwall_calls() -> None:
    """Every night: drop what the log of offerwalls need not keep."""
    watching.forget(at=timezone.now())
