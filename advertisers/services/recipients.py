"""Addresses that get reports by mail and nothing else: asked first, and free to stop at any time, without an account."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from advertisers.models import Advertiser, ReportRecipient
from advertisers.services.locking import lock_team
from common import effects
from common.errors import DomainError
from identity.models import User

MOST = 20
MOST_MAILS = 3  # that ask one address


class TooManyRecipients(DomainError):
    """Enough addresses."""

    code = "advertisers.too_many_recipients"
    message = "보고서 받는 주소는 20개까지 등록할 수 있어요. 쓰지 않는 주소를 먼저 지워 주세요."


class RecipientGone(DomainError):
    """The link names no address (any more)."""

    code = "advertisers.recipient_gone"
    message = "쓸 수 없는 링크예요. 주소가 지워졌을 수 있어요."
    http_status = 404


def add_recipient(*, advertiser: Advertiser, email: str, by: User, at: datetime) -> ReportRecipient:
    """
    Ask an address by mail whether it wants reports; nothing else goes there before its owner says yes. An address that waits is asked
    again, three times at most; one whose owner stopped is asked anew.

    :raises TooManyRecipients: there are twenty.
    """
    with transaction.atomic(durable=True):
        lock_team(advertiser)
        mine = ReportRecipient.objects.filter(advertiser=advertiser)
        known = mine.filter(email=email.lower()).first()
        if known is None and mine.count() >= MOST:
            raise TooManyRecipients
        if known is not None and (known.is_reading or known.sent_no >= MOST_MAILS):
            return known
        row = known or ReportRecipient(advertiser=advertiser, email=email.lower(), added_by=by, added_at=at, sent_no=0)
        row.sent_no += 1
        row.save()
        effects.add("advertisers.recipient", key=f"recipient:{row.public_id}:{row.sent_no}", at=at, recipient=row.pk)
        return row


def remove_recipient(*, advertiser: Advertiser, recipient: UUID) -> bool:
    """Send nothing to an address any more; False when it was not there."""
    return ReportRecipient.objects.filter(advertiser=advertiser, public_id=recipient).delete()[0] == 1


def token_of(row: ReportRecipient) -> str:
    """What the links in mails to an address carry: its number, and a proof that we made the link. Derived, so no row keeps it."""
    return f"{row.public_id.hex}-{_proof(row.public_id)}"


def find_recipient(*, token: str) -> ReportRecipient:
    """
    The address that a link is about. Reads only: mail programs look at links before people do.

    :raises RecipientGone: there is none, or we did not make the link.
    """
    number, _, proof = token.partition("-")
    try:
        public_id = UUID(hex=number)
    except ValueError:
        raise RecipientGone from None
    if not constant_time_compare(proof, _proof(public_id)):
        raise RecipientGone
    row = ReportRecipient.objects.select_related("advertiser").filter(public_id=public_id, advertiser__is_active=True).first()
    if row is None:
        raise RecipientGone
    return row


def confirm_recipient(*, token: str, at: datetime) -> ReportRecipient:
    """
    Its owner wants reports. Saying so twice keeps the first time.

    :raises RecipientGone: see `find_recipient`.
    """
    row = find_recipient(token=token)
    if not row.is_reading:
        row.confirmed_at, row.stopped_at = at, None
        row.save(update_fields=["confirmed_at", "stopped_at"])
    return row


def stop_recipient(*, token: str, at: datetime) -> ReportRecipient:
    """
    Its owner has had enough, or never wanted any. Saying so twice keeps the first time.

    :raises RecipientGone: see `find_recipient`.
    """
    row = find_recipient(token=token)
    if row.stopped_at is None:
        row.stopped_at = at
        row.save(update_fields=["stopped_at"])
    return row


def _proof(public_id: UUID) -> str:
    return salted_hmac("advertisers.recipient", public_id.hex, algorithm="sha256").hexdigest()
