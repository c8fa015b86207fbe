"""Doors that the clock knocks on."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from credits import services as credits


@shared_task(name="credits.expire_lots")
def expire_lots() -> int:
    """Sweep expired lots, each advertiser in a transaction of her own; how many entries were written."""
    at = timezone.now()
    swept = 0
    for advertiser in list(credits.owners_of_expired_lots(at=at)):
        with transaction.atomic(durable=True):
            swept += len(credits.expire_lots(advertiser=advertiser, at=at))
    return swept


@shared_task(name="credits.nightly_proof")
def nightly_proof() -> None:
    """Close the days that are over and prove the books, once per day."""
    credits.nightly_proof(at=timezone.now())
