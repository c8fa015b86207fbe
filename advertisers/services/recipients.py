"""Addresses that get reports by mail and nothing else."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from advertisers.models import Advertiser, ReportRecipient
from advertisers.services.locking import lock_team
from common.errors import DomainError
from identity.models import User

MOST = 20


class TooManyRecipients(DomainError):
    """Enough addresses."""

    code = "advertisers.too_many_recipients"
    message = "보고서 받는 주소는 20개까지 등록할 수 있어요. 쓰지 않는 주소를 먼저 지워 주세요."


def add_recipient(*, advertiser: Advertiser, email: str, by: User, at: datetime) -> ReportRecipient:
    """
    Let an address get reports; an address that is there stays as it is.

    :raises TooManyRecipients: there are twenty.
    """
    with transaction.atomic(durable=True):
        lock_team(advertiser)
        mine = ReportRecipient.objects.filter(advertiser=advertiser)
        if known := mine.filter(email=email.lower()).first():
            return known
        if mine.count() >= MOST:
            raise TooManyRecipients
        return ReportRecipient.objects.create(advertiser=advertiser, email=email.lower(), added_by=by, added_at=at)


def remove_recipient(*, advertiser: Advertiser, recipient: UUID) -> bool:
    """Send nothing to an address any more; False when it was not there."""
    return ReportRecipient.objects.filter(advertiser=advertiser, public_id=recipient).delete()[0] == 1
