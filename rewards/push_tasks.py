"""Doors the effects and the clock knock on for push."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from common import effects
from common.effects import Outcome, Result
from common.models import Effect
from rewards.push import composing, devices, sending, telling
from rewards.push.telling import SEND


@effects.handler(SEND)
class SendPush:
    """
    One part of a message. Every device is claimed before its call, so a part that is worked twice, late or by a worker that died before
    calls nobody twice; it is simply gone through again.
    """

    def send(self, effect: Effect) -> Outcome:
        return sending.send_part(message_id=effect.ids["message"], part=effect.ids["part"])

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if outcome.result is Result.DONE:
            sending.finish(message_id=effect.ids["message"], at=at)


@effects.handler(composing.OPEN)
class OpenPush:
    """Hand a composed message out to the devices of its segment, part by part. Reading changes nothing, so it may be read again."""

    def send(self, effect: Effect) -> Outcome:
        return composing.next_devices(message_id=effect.ids["message"], at=timezone.now())

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if "devices" in outcome.data:
            is_last = outcome.result is Result.DONE
            composing.hand_out(message_id=effect.ids["message"], data=outcome.data, is_last=is_last, at=at)


@shared_task(name="rewards.push_upkeep")
def push_upkeep() -> None:
    """Every night: forget phones that nobody has seen for long, and what became of old messages on each of them."""
    devices.forget_silent(at=timezone.now())
    sending.forget(at=timezone.now())


@shared_task(name="rewards.push_rechecks")
def push_rechecks() -> None:
    """Every morning: whoever was asked again about marketing hears it on the phone as well."""
    telling.pass_rechecks_on(at=timezone.now())
