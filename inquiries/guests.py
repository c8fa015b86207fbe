"""
People without an account who ask something. They are in the same engine as everybody; the answer goes to their mailbox, with a link.

The link is what shows that somebody is this guest: it names one inquiry and the moment it ends, and is good for reading that thread,
answering in it and ending it. It is derived from our key, so no row keeps it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from common import portals, sealed
from common.errors import DomainError
from common.uploads import StoredFile
from identity import notifications
from inquiries import services
from inquiries.models import Guest, Inquiry, Message
from inquiries.schemas import GuestIn, MessageIn
from inquiries.services import KeyConflict

LINK_LIVES: Final = timedelta(days=30)
WORDS_AN_HOUR: Final = 5
PER_ADDRESS_AN_HOUR: Final = 5
OF_EVERYBODY_AN_HOUR: Final = 200
_HOUR = timedelta(hours=1)
_LOCK = 0x475545  # one number for the whole house: guests are rare, and so the limits are exact


class TooManyGuests(DomainError):
    """A limit of the address or of the house is reached; which one is nobody's business."""

    code = "inquiries.too_many_guests"
    message = "문의를 너무 자주 보냈어요. 한 시간 뒤에 다시 보내거나 고객센터로 전화해 주세요."
    http_status = 429


class LinkGone(DomainError):
    """It is not ours, its time is over, or the inquiry was forgotten; which one is nobody's business."""

    code = "inquiries.link_gone"
    message = "쓸 수 없는 링크예요. 기간이 지났거나 주소가 잘렸을 수 있어요."
    http_status = 404


class TooManyWords(DomainError):
    """Enough for an hour."""

    code = "inquiries.too_many_words"
    message = "답장을 너무 자주 보냈어요. 한 시간 뒤에 다시 보내 주세요."
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


def link_of(inquiry: Inquiry, *, at: datetime) -> str:
    """The address that goes with an answer; it is good for thirty days from then on."""
    ends = int((at + LINK_LIVES).timestamp())
    token = f"{inquiry.public_id.hex}-{ends}-{_proof(inquiry.public_id, ends)}"
    return portals.absolute(portals.ADVERTISER, "inquiries:guest-thread", token=token)


def find(*, token: str, at: datetime) -> Inquiry:
    """
    The inquiry that a link is about. Reads only: mail programs look at links before people do.

    :raises LinkGone: see there.
    """
    number, _, rest = token.partition("-")
    until, _, proof = rest.partition("-")
    try:
        public_id, ends = UUID(hex=number), int(until)
        is_over = datetime.fromtimestamp(ends, UTC) <= at
    except (ValueError, OverflowError, OSError):
        raise LinkGone from None
    if is_over or not constant_time_compare(proof, _proof(public_id, ends)):
        raise LinkGone
    found = Inquiry.objects.unscoped().filter(public_id=public_id, kind=Inquiry.Kind.GUEST).select_related("guest").first()
    if found is None:
        raise LinkGone
    return found


def follow_up(*, inquiry: Inquiry, message: MessageIn, files: Sequence[StoredFile] = (), key: str, at: datetime) -> Message:
    """
    One more word of a guest, whose link the door has read with `find`; see `services.follow_up`.

    :raises TooManyWords: five within an hour.   :raises KeyConflict: the key was used for other words.
    """
    with transaction.atomic(durable=True):
        row = services.locked(inquiry)
        theirs = row.messages.filter(author__isnull=True)
        if theirs.filter(at__gt=at - _HOUR).exclude(key=key).count() >= WORDS_AN_HOUR:
            raise TooManyWords
        return services.heard(row, by=None, message=message, files=files, key=key, at=at)


def close(*, inquiry: Inquiry, at: datetime) -> Inquiry:
    """The guest's question is settled. Closing twice keeps the first time."""
    with transaction.atomic(durable=True):
        return services.ended(services.locked(inquiry), at=at)


def _proof(public_id: UUID, ends: int) -> str:
    return salted_hmac("inquiries.guest_thread", f"{public_id.hex}-{ends}", algorithm="sha256").hexdigest()
