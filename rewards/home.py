"""What the first page of the reward app is drawn from, for a member, for a guest, and for nobody in particular."""

from datetime import datetime
from typing import Any

from credits import selectors as balances
from rewards import attendance, offerwalls
from rewards.models import Member
from rewards.raffles import board

RAFFLES = 6


def of(member: Member | None, *, at: datetime) -> dict[str, Any]:
    """The page of this member, or of somebody who is not signed in."""
    return {
        "member": member,
        "tickets": balances.member_tickets(member.pk) if member else None,
        "standing": attendance.standing_of(member, at=at) if member else None,
        "raffles": board.closing_soon(at=at, most=RAFFLES),
        "has_offers": member is not None and bool(offerwalls.walls_of(member)),
        "now": at,
    }


def sample(*, is_member: bool, at: datetime) -> dict[str, Any]:
    """The same page at any moment, of a guest or of a member who exists nowhere and has done nothing yet."""
    if not is_member:
        return of(None, at=at)
    member = Member(nickname="미리보기", created_at=at)
    tickets = attendance.TICKETS.at(at)
    standing = attendance.Standing(is_there=False, streak=0, freezes=0, tickets=tickets, until_bonus=attendance.WEEK)
    return {**of(None, at=at), "member": member, "tickets": 0, "standing": standing}
