"""Becoming a member."""

from datetime import datetime

from credits import services as credits
from identity.models import User
from rewards.models import Member


def join(*, user: User, nickname: str, at: datetime, person_hash: str = "") -> Member:
    """
    Make a member of a user and open the ticket wallet. Joins the caller's transaction; a user who is one already stays the same.

    person_hash: of an identity check, 64 hex digits, or empty.   Tokens issued before `at` are worth nothing.
    """
    facts = {"nickname": nickname, "person_hash": person_hash, "tokens_valid_from": at, "created_at": at}
    member, is_new = Member.objects.get_or_create(user=user, defaults=facts)
    if is_new:
        credits.open_wallet(member_id=member.pk)
    return member
