"""How contacts are shown to people who have no reason to read them in full, and how people replace their own."""

from datetime import datetime

from django.db import IntegrityError, transaction

from common import effects, sealed
from common.errors import DomainError
from common.transactions import joined
from identity import security
from identity.models import ContactChange, PhoneCode, User
from identity.notices_of_keys import tell

SHOWN = 2  # letters of an address that stay readable
What = ContactChange.What


class PhoneTaken(DomainError):
    """The number belongs to another account of this kind. Told only to who has just shown that the number is theirs."""

    code = "contact.phone_taken"
    message = "이 번호로 쓰는 다른 계정이 있어요. 다른 번호를 적어 주세요."


def masked_email(address: str) -> str:
    """ow***@demo.boost; empty stays empty."""
    name, at_sign, host = address.partition("@")
    return f"{name[:SHOWN]}***{at_sign}{host}" if at_sign else ""


def change_phone(*, user: User, code: PhoneCode, at: datetime) -> None:
    """
    Give an account the number that was just proved by a code. Owns the transaction. The person is told on the page, by mail and by SMS to
    the old number.

    :raises PhoneTaken: another account of this kind has it; nothing is written.
    """
    try:
        with transaction.atomic(durable=True):
            person = User.objects.select_for_update().get(pk=user.pk)
            if person.phone == code.phone:
                return
            if User.objects.filter(kind=person.kind, phone=code.phone).exists():
                raise PhoneTaken
            keep_old(user=person, what=What.PHONE, old=person.phone, at=at)
            User.objects.filter(pk=person.pk).update(phone=code.phone)
            tell(security.PHONE_CHANGED, person, at=at)
    except IntegrityError as error:  # somebody was faster
        raise PhoneTaken from error


def keep_old(*, user: User, what: ContactChange.What, old: str, at: datetime) -> None:
    """Have a contact that is being replaced told of it; nothing where there was none. Joins the caller's transaction."""
    joined("a replaced contact")
    if old:
        change = ContactChange.objects.create(user=user, what=what, sealed_old=sealed.seal(old), at=at)
        effects.add("identity.old_contact", key=f"contact:{change.public_id}", at=at, change=change.pk)
