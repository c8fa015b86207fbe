"""Mistakes are corrected by further entries, never by changing one."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from django.db.models import Sum

from advertisers.models import Advertiser
from common.errors import DomainError
from credits.models import Entry, Hold, HoldPart, Kind, Lot, Posting
from credits.services.grants import expiry_of
from credits.services.holds import home
from credits.services.posting import movement, post, whole, written
from credits.services.tickets import reverse_tickets
from credits.services.wallet import Move, Wallet, lock_wallet, order_of_use, take_all

# Holds and freezes have their own way back (release, unfreeze); what expired is given again as goodwill.
_REVERSIBLE = (
    Entry.Kind.TOP_UP,
    Entry.Kind.BONUS,
    Entry.Kind.GOODWILL,
    Entry.Kind.CAPTURE,
    Entry.Kind.RECLAIM,
    Entry.Kind.CANCEL,
    Entry.Kind.ADJUST,
)
_REVERSIBLE_TICKETS = (Entry.Kind.TICKET_GRANT, Entry.Kind.TICKET_SPEND)


class NotReversible(DomainError):
    """This kind of entry has another way back, or the entry was reversed before."""

    code = "credits.not_reversible"
    message = "이 전표는 정정할 수 없어요."
    http_status = 409


def adjust(
    *,
    advertiser: Advertiser,
    credits: int,
    key: str,
    at: datetime,
    actor: str,
    reason: str,
    expires_at: datetime | None = None,
    now: datetime | None = None,
) -> Entry:
    """
    Correct a balance by hand: above zero, ADJUSTMENT → AVAILABLE as a GOODWILL lot; below zero, back, in the order of use.

    Joins the caller's transaction; that two people agreed is the caller's business.

    :raises InsufficientCredits: less than that may be spent.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    if not reason:
        raise ValueError("an adjustment says why")
    wallet = lock_wallet(advertiser)
    facts = movement(advertiser=advertiser.pk, credits=credits)
    if entry := written(key, Entry.Kind.ADJUST, facts):
        return entry
    if credits > 0:
        lot = wallet.add_lot(Lot.Kind.GOODWILL, whole(credits), order_id="", granted_at=at, expires_at=expires_at or expiry_of(at))
        moves = [Move(lot, credits, Kind.ADJUSTMENT, Kind.AVAILABLE)]
    else:
        parts = take_all(whole(-credits), ((lot, lot.available) for lot in wallet.usable_lots(at=at)))
        moves = [Move(lot, part, Kind.AVAILABLE, Kind.ADJUSTMENT) for lot, part in parts]
    return post(Entry.Kind.ADJUST, moves, wallet=wallet, key=key, facts=facts, at=at, now=now, actor=actor, reason=reason)


def reverse(*, entry: Entry, key: str, at: datetime, actor: str, reason: str, now: datetime | None = None) -> Entry:
    """
    Write the mirror of a wrong entry. Joins the caller's transaction.

    A reversed capture opens its hold again. Of granted tickets it takes what is there, the rest goes to LOSS.

    :raises NotReversible: this kind has another way back, or somebody reversed the entry before.
    :raises InsufficientCredits: what the entry brought has been spent.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    if entry.kind in _REVERSIBLE_TICKETS:
        return reverse_tickets(entry=entry, key=key, at=now or at, actor=actor, reason=reason)
    if entry.kind not in _REVERSIBLE or entry.advertiser is None:
        raise NotReversible
    wallet = lock_wallet(entry.advertiser)
    facts = movement(reverses=entry.pk)
    if found := written(key, Entry.Kind.REVERSAL, facts):
        return found
    if entry.reversals.exists():
        raise NotReversible
    return post(
        Entry.Kind.REVERSAL,
        _mirror(entry),
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=now,
        hold=entry.hold,
        reverses=entry,
        order_id=entry.order_id,
        subject=entry.subject,
        actor=actor,
        reason=reason,
    )


def credit_note(
    *, hold: Hold, credits: int, reward_cost: int, key: str, at: datetime, actor: str, reason: str, now: datetime | None = None
) -> Entry:
    """
    Give back a part of what a hold was charged: REVENUE and REWARD_COST (`reward_cost` of it) → to the lots it was charged to, the last
    first. Joins the caller's transaction. Its own entry: what was captured stays captured.

    :raises InsufficientCredits: the hold was charged less, earlier notes taken off.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    if not 0 <= reward_cost <= whole(credits):
        raise ValueError("the reward's cost is a part of the note")
    wallet = lock_wallet(hold.advertiser)
    facts = movement(hold_charged=hold.pk, credits=credits, reward_cost=reward_cost)
    if entry := written(key, Entry.Kind.REVERSAL, facts):
        return entry
    moves, cost_left = [], reward_cost
    for lot, part in take_all(credits, _charged_parts(hold, wallet)):
        cost = min(part, cost_left)
        cost_left -= cost
        target = home(lot, at=at)
        moves += [Move(lot, cost, Kind.REWARD_COST, target)] if cost else []
        moves += [Move(lot, part - cost, Kind.REVENUE, target)] if part > cost else []
    return post(
        Entry.Kind.REVERSAL, moves, wallet=wallet, key=key, facts=facts, at=at, now=now, subject=hold.subject, actor=actor, reason=reason
    )


def _charged_parts(hold: Hold, wallet: Wallet) -> list[tuple[Lot, int]]:
    """What each lot was charged under the hold and did not get back by a note, the last in the order of use first."""
    known = {lot.pk: lot for lot in wallet.lots}
    back = dict(
        Posting.objects.filter(
            entry__kind=Entry.Kind.REVERSAL, entry__hold__isnull=True, entry__reverses__isnull=True, entry__subject=hold.subject,
            entry__advertiser=hold.advertiser, account__kind__in=(Kind.REVENUE, Kind.REWARD_COST),
        ).values_list("lot").annotate(n=Sum("amount"))
    )  # fmt: skip
    parts = [(known.get(part.lot_id, part.lot), part.captured + int(back.get(part.lot_id, 0))) for part in _parts(hold)]
    return sorted(((lot, left) for lot, left in parts if left > 0), key=lambda pair: order_of_use(pair[0]), reverse=True)


def _parts(hold: Hold) -> list[HoldPart]:
    return list(HoldPart.objects.filter(hold=hold, captured__gt=0).select_related("lot"))


def _mirror(entry: Entry) -> Iterator[Move]:
    """Moves from where the credits went back to where they came from, lot by lot (an entry's lines of one lot sum to zero)."""
    lines = entry.postings.select_related("account", "lot").order_by("lot_id", "pk")
    lots: dict[int | None, Lot | None] = {}
    for lot_id, group in groupby(lines, key=lambda line: line.lot_id):
        took: list[tuple[str, int]] = []
        gave: list[tuple[str, int]] = []
        for line in group:
            lots.setdefault(lot_id, line.lot)
            (took if line.amount > 0 else gave).append((line.account.kind, abs(line.amount)))
        while took:
            (source, had), (target, missing) = took.pop(), gave.pop()
            amount = min(had, missing)
            yield Move(lots[lot_id], amount, source, target)
            if had > amount:
                took.append((source, had - amount))
            if missing > amount:
                gave.append((target, missing - amount))
