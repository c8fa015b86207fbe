"""Doors for the relay's messages. A message is only a hint that a row may be due."""

from celery import shared_task
from django.utils import timezone

from common import effects


@shared_task(name="common.work_effect")
def work_effect(effect_id: int) -> None:
    """Work one effect if it is still due."""
    effects.work(effect_id, at=timezone.now(), clock=timezone.now)
