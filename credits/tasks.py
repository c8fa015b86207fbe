"""Doors that the clock knocks on."""

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from common.errors import Busy
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


@shared_task(name="credits.nightly_proof")
def nightly_proof() -> None:
    """Close the days that are over and prove the books, once per day."""
    credits.nightly_proof(at=timezone.now())
