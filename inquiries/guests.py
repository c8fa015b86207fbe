"""People without an account who ask something. They are in the same engine as everybody; the answer goes to their mailbox."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from common import sealed
from common.errors import DomainError
from identity import notifications
from inquiries.models import Guest, Inquiry, Message
from inquiries.schemas import GuestIn
from inquiries.services import KeyConflict

PER_ADDRESS_AN_HOUR: Final = 5
OF_EVERYBODY_AN_HOUR: Final = 200
_HOUR = timedelta(hours=1)
_LOCK = 0x475545  # one number for the whole house: guests are rare, and so the limits are exact


class TooManyGuests(DomainError):
    """A limit of the address or of the house is reached; which one is nobody's business."""

    code = "inquiries.too_many_guests"
    message = "문의를 너무 자주 보냈어요. 한 시간 뒤에 다시 보내거나 고객센터로 전화해 주세요."
    http_status = 429


def ask(*, guest: GuestIn, address: str, key: str, at: datetime) -> Inquiry:
    """
    Open an inquiry of somebody without an account and tell the operators.

    address: keyed hash of the network address (identity.browsers).   key: one per opened form; the same form again is the same inquiry.

    :raises KeyConflict: the key was used for another question.   :raises TooManyGuests: a limit is reached.
    """
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        if known := Inquiry.objects.unscoped().filter(asker__isnull=True, key=key).first():
            return _the_same(known, guest)
        newest = Guest.objects.filter(at__gt=at - _HOUR)
        if newest.filter(address=address).count() >= PER_ADDRESS_AN_HOUR or newest.count() >= OF_EVERYBODY_AN_HOUR:
            raise TooManyGuests
        inquiry = Inquiry.objects.create(
            kind=Inquiry.Kind.GUEST, topic=guest.topic, title=guest.title, key=key, created_at=at, waiting_since=at
        )
        Guest.objects.create(
            inquiry=inquiry,
            name=guest.name,
            company=guest.company,
            email=sealed.seal(guest.email),
            phone=sealed.seal(guest.phone) if guest.phone else "",
            address=address,
            at=at,
        )
        Message.objects.create(inquiry=inquiry, side=Message.Side.ASKER, text=guest.text, key=key, at=at)
        notifications.alert_operators(
            kind="inquiries.asked",
            title=f"{inquiry.get_kind_display()}가 들어왔어요",
            body=f"{inquiry.get_topic_display()} · {inquiry.title}",
            key=f"inquiry:{inquiry.public_id}:asked",
            at=at,
        )
        return inquiry


def _the_same(known: Inquiry, guest: GuestIn) -> Inquiry:
    first = known.messages.order_by("pk").first()
    if first is None or (known.title, first.text, known.guest.mail_address) != (guest.title, guest.text, guest.email):
        raise KeyConflict
    return known
