"""What somebody loses who leaves, and the password that is asked for again first."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from credits import selectors as balances
from rewards import own_password, services
from rewards.gifticons import shelf
from rewards.models import Member, RaffleEntry, RaffleWinner
from rewards.models.raffles import State


@dataclass(frozen=True, slots=True)
class Lost:
    """tickets: in the wallet.   coupons: that may still be used.   entries: in raffles not drawn yet.   prizes: won and not delivered."""

    tickets: int
    coupons: int
    entries: int
    prizes: int


def lost_of(member: Member, *, at: datetime) -> Lost:
    """What goes when this member leaves. Four queries."""
    return Lost(
        tickets=balances.member_tickets(member.pk),
        coupons=shelf.usable_count(member.pk),
        entries=RaffleEntry.objects.filter(member_id=member.pk, raffle__state__in=(State.OPEN, State.CLOSED)).count(),
        prizes=RaffleWinner.objects.filter(member_id=member.pk, state__in=(RaffleWinner.State.WON, RaffleWinner.State.CLAIMED)).count(),
    )


def leave(*, request: HttpRequest, member: Member, password: str, at: datetime) -> None:
    """
    Ask for the password, under the limits of signing in, then let the member go.

    :raises PasswordWrong: it is not theirs, or was tried too often.
    """
    own_password.require(request=request, member=member, password=password)
    services.leave(member=member, at=at)
