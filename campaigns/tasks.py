"""Doors the clock knocks on. Each call may be lost, doubled or late."""

from celery import shared_task
from django.utils import timezone

from campaigns import audience, forecast
from campaigns.services import clock


@shared_task(name="campaigns.clock")
def move() -> None:
    """Begin, end, pour, withdraw and settle what the moment moves."""
    at = timezone.now()
    clock.tick(at=at)
    clock.settle(at=at)


@shared_task(name="campaigns.capture")
def capture() -> None:
    """Take what was confirmed out of the holds."""
    clock.capture(at=timezone.now())


@shared_task(name="campaigns.expire_participations")
def expire_participations() -> None:
    """Return the units of participations that ran out of time."""
    clock.sweep(at=timezone.now())


@shared_task(name="campaigns.nightly")
def nightly() -> None:
    """Hold forecasts against what happened, and forget lists of people whose time is over."""
    at = timezone.now()
    forecast.judge(at=at)
    audience.forget_expired(at=at)
