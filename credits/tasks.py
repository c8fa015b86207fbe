"""Doors that the clock knocks on."""

import logging
from datetime import datetime

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from common import effects
from common.effects import Outcome, Result
from common.errors import Busy
from common.models import Effect
from credits import proof
from credits import services as credits

logger = logging.getLogger(__name__)


@shared_task(name="credits.expire_lots")
def expire_lots() -> int:
    """Sweep expired lots, each advertiser in a transaction of her own; how many entries were written."""
    at = timezone.now()
    swept = 0
    for advertiser in list(credits.owners_of_expired_lots(at=at)):
        try:
            with transaction.atomic(durable=True):
                swept += len(credits.expire_lots(advertiser=advertiser, at=at))
        except Busy:  # the next sweep finds her lots again; the others need not wait
            logger.warning("Advertiser %s is busy; her lots expire with the next sweep", advertiser.pk)
    return swept


@shared_task(name="credits.tell_of_expiry")
def tell_of_expiry() -> int:
    """Tell teams whose credits expire in 30, 7 or 1 days; about how many days of expiry."""
    at = timezone.now()
    soon = credits.expiring_soon(at=at)
    for expiring in soon:
        with transaction.atomic(durable=True):
            credits.tell_of_expiry(expiring, at=at)
    return len(soon)


@shared_task(name="credits.watch_balances")
def watch_balances() -> int:
    """Warn advertisers whose credits run out, each in a transaction of her own; how many were warned."""
    at, warned = timezone.now(), 0
    for advertiser in list(credits.watched(at=at)):
        with transaction.atomic(durable=True):
            warned += credits.watch(advertiser=advertiser, at=at)
    return warned


@shared_task(name="credits.nightly_proof")
def nightly_proof() -> None:
    """Close the days that are over and prove the books, once per day."""
    credits.nightly_proof(at=timezone.now())


@effects.handler("credits.proof")
class ProofOnDemand:
    """Prove the books because somebody asked. Looking again does no harm; the result is kept once."""

    def send(self, effect: Effect) -> Outcome:
        proof.prepare(at=timezone.now())
        report = proof.run()
        return Outcome(Result.DONE, detail=f"{len(report.differences)} differences", data={"report": report})

    def ask(self, effect: Effect) -> Outcome:
        return self.send(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        if outcome.result is Result.DONE:
            credits.take_proof(outcome.data["report"], at=at)
