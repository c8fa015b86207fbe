"""Entering: tickets for numbers, until the very second of the closing."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from common.transactions import joined
from credits import services as credits
from credits.models import Entry, Kind
from rewards import plus
from rewards.app_auth import MemberInactive
from rewards.models import Member, Raffle, RaffleEntry
from rewards.models.raffles import State
from rewards.raffles import moves
from rewards.raffles.errors import EarnedOnly, PlusOnly, RaffleClosed, RaffleNotFound, RaffleNotOpen, TooManyEntries


def enter(*, member: Member, raffle: UUID, chances: int, key: str, at: datetime) -> RaffleEntry:
    """
    Spend tickets on `chances` numbers. Owns the transaction; the same key again returns the first entry.

    :raises InsufficientCredits: fewer tickets in the wallet.   :raises IdempotencyConflict: the key was used for another entry.
    :raises RaffleNotFound, RaffleNotOpen, RaffleClosed, EarnedOnly, PlusOnly, TooManyEntries, MemberInactive: the tickets are still there.
    """
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        price = Raffle.objects.filter(public_id=raffle).values_list("tickets_per_entry", flat=True).first()
        if price is None:
            raise RaffleNotFound
        if price == 0:
            raise EarnedOnly
        spent = chances * price
        paid = credits.spend(member_id=member.pk, amount=spent, kind=Kind.RAFFLE, key=f"raffle-entry:{raffle}:{member.pk}:{key}", at=at)
        return _write(member.pk, raffle, chances=chances, tickets=spent, spend=paid, key=key, at=at)


def earn(*, member_id: int, raffle: UUID, chances: int, key: str, at: datetime) -> RaffleEntry:
    """
    Numbers that a mission of the sponsor brings. Joins the caller's transaction, which has locked the member's wallet.

    :raises RaffleNotFound, RaffleNotOpen, RaffleClosed, TooManyEntries, MemberInactive: nothing was written.
    """
    joined("an entry")
    return _write(member_id, raffle, chances=chances, tickets=0, spend=None, key=key, at=at)


def take_back_earned(*, key: str) -> int:
    """
    Take what a mission brought out of a raffle while its list is open; how many entries. Joins the caller's transaction. Entries that
    tickets paid for are not touched.
    """
    joined("an entry taken back")
    earned = RaffleEntry.objects.filter(key=key, tickets=0, spend=None)
    open_ones = [one for one in set(earned.values_list("raffle__public_id", flat=True)) if moves.share(one).state == State.OPEN]
    return earned.filter(raffle__public_id__in=open_ones).delete()[0]


def _write(member_id: int, raffle: UUID, *, chances: int, tickets: int, spend: Entry | None, key: str, at: datetime) -> RaffleEntry:
    """The wallet is locked: one entry of a member at a time. The raffle is shared: closing waits for us, or we see that it closed."""
    if known := RaffleEntry.objects.filter(raffle__public_id=raffle, member_id=member_id, key=key).first():
        return known
    member = Member.objects.filter(pk=member_id, is_active=True).first()
    if member is None:
        raise MemberInactive
    row = moves.share(raffle)
    _refuse_when_shut(row, at=at)
    if row.is_plus and plus.keeps_out(member):
        raise PlusOnly
    left = row.entries_per_member - chances_of(row, member_id)
    if chances > left:
        raise TooManyEntries(most=f"{row.entries_per_member:,}", left=f"{left:,}")
    return RaffleEntry.objects.create(
        raffle=row, member_id=member_id, chances=chances, tickets=tickets, spend=spend, key=key, entered_at=at
    )


def chances_of(raffle: Raffle, member_id: int) -> int:
    """Numbers that a member holds."""
    return RaffleEntry.objects.filter(raffle=raffle, member_id=member_id).aggregate(held=Sum("chances"))["held"] or 0


def _refuse_when_shut(raffle: Raffle, *, at: datetime) -> None:
    if raffle.state == State.OPEN and at < raffle.closes_at:
        return
    if raffle.state in (State.DRAFT, State.FUNDED, State.VOID):
        raise RaffleNotOpen
    raise RaffleClosed
