"""
A member's number, replaced: a code to the new one, and for whoever proved who they are the same proof again, because coupons go to it.
"""

from datetime import datetime, timedelta

from common.errors import DomainError
from identity import contacts
from identity.models import IdentityCheck, PhoneCode
from rewards.models import Member

FRESH = timedelta(minutes=10)


class IdentityAgain(DomainError):
    """Whoever found an open phone, or a password, could have coupons sent to a number of their own."""

    code = "member.identity_again"
    message = "번호를 바꾸려면 본인확인을 다시 해 주세요. 마치고 10분 안에 바꿀 수 있어요."
    http_status = 403


def require_identity(*, member: Member, at: datetime) -> None:
    """:raises IdentityAgain: the member proved who they are, and not within the last ten minutes."""
    checks = IdentityCheck.objects.filter(user=member.user, purpose=IdentityCheck.Purpose.MEMBER, claimed_at__gt=at - FRESH)
    if member.person_hash and not checks.exists():
        raise IdentityAgain


def change(*, member: Member, code: PhoneCode, at: datetime) -> None:
    """
    Give a member the number that was just proved by a code. Owns the transaction; the old number is told.

    :raises IdentityAgain: see above.   :raises PhoneTaken: another member has it; nothing is written.
    """
    require_identity(member=member, at=at)
    contacts.change_phone(user=member.user, code=code, at=at)
