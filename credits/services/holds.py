"""Credits reserved for a campaign: hold, capture, release."""

from collections import defaultdict
from datetime import datetime

from advertisers.models import Advertiser
from credits.models import Entry, Hold, HoldPart, Kind, Lot
from credits.services.posting import movement, post, whole, written
from credits.services.wallet import Move, Wallet, add_to_rows, lock_wallet, order_of_use, take_all


def place_hold(
    *,
    advertiser: Advertiser,
    credits: int,
    subject: str,
    subject_label: str,
    key: str,
    at: datetime,
    now: datetime | None = None,
    actor: str = "",
) -> Hold:
    """
    Reserve credits so that nothing else can spend them: AVAILABLE → HELD. Joins the caller's transaction.

    subject: what for, e.g. "campaign:<public_id>".   subject_label: its name, as the advertiser knows it.
    key: one per intent; a repeat returns the hold as it stands.

    :raises InsufficientCredits: less than `credits` may be spent.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(advertiser)
    facts = movement(advertiser=advertiser.pk, credits=whole(credits), subject=subject)
    if entry := written(key, Entry.Kind.HOLD, facts):
        return _hold_of(entry)
    parts = _choose(wallet, credits, at=at)
    hold = Hold.objects.create(advertiser=advertiser, subject=subject, subject_label=subject_label, placed_at=at)
    _reserve(hold, parts, wallet=wallet, kind=Entry.Kind.HOLD, key=key, facts=facts, at=at, now=now, actor=actor)
    return hold


def raise_hold(*, hold: Hold, credits: int, key: str, at: datetime, now: datetime | None = None, actor: str = "") -> Hold:
    """
    Reserve more under the same hold. Joins the caller's transaction.

    :raises InsufficientCredits: less than `credits` may be spent.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet, hold = _locked(hold)
    facts = movement(hold=hold.pk, credits=whole(credits))
    if not written(key, Entry.Kind.RAISE, facts):
        parts = _choose(wallet, credits, at=at)
        _reserve(hold, parts, wallet=wallet, kind=Entry.Kind.RAISE, key=key, facts=facts, at=at, now=now, actor=actor)
    return hold


def capture(*, hold: Hold, credits: int, reward_cost: int, key: str, at: datetime, now: datetime | None = None) -> Entry:
    """
    Charge reserved credits: HELD → REWARD_COST (`reward_cost`) and REVENUE (the rest). Joins the caller's transaction.

    :raises InsufficientCredits: the hold has less left.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    if not 0 <= reward_cost <= whole(credits):
        raise ValueError("the reward's cost is a part of the charge")
    wallet, hold = _locked(hold)
    facts = movement(hold=hold.pk, credits=credits, reward_cost=reward_cost)
    if entry := written(key, Entry.Kind.CAPTURE, facts):
        return entry
    parts = _open_parts(hold, credits, wallet)
    moves, cost_left = [], reward_cost
    for lot, part in parts:
        cost = min(part, cost_left)
        cost_left -= cost
        moves += [Move(lot, cost, Kind.HELD, Kind.REWARD_COST)] if cost else []
        moves += [Move(lot, part - cost, Kind.HELD, Kind.REVENUE)] if part > cost else []
    _count(hold, parts, "captured")
    return post(Entry.Kind.CAPTURE, moves, wallet=wallet, key=key, facts=facts, at=at, now=now, hold=hold, subject=hold.subject)


def release(*, hold: Hold, credits: int, key: str, at: datetime, now: datetime | None = None) -> Entry:
    """
    Give reserved credits back: HELD → AVAILABLE; what came from an expired lot goes to BREAKAGE in the same entry.

    Joins the caller's transaction.

    :raises InsufficientCredits: the hold has less left.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet, hold = _locked(hold)
    facts = movement(hold=hold.pk, credits=whole(credits))
    if entry := written(key, Entry.Kind.RELEASE, facts):
        return entry
    parts = _open_parts(hold, credits, wallet)
    moves = [Move(lot, part, Kind.HELD, home(lot, at=at)) for lot, part in parts]
    _count(hold, parts, "released")
    return post(Entry.Kind.RELEASE, moves, wallet=wallet, key=key, facts=facts, at=at, now=now, hold=hold, subject=hold.subject)


def uncapture(hold: Hold, moves: list[Move]) -> None:
    """Count credits of a reversed capture as reserved again."""
    _count(hold, [(move.lot, -move.amount) for move in moves if move.lot is not None], "captured")


def home(lot: Lot, *, at: datetime) -> str:
    """Where set-aside credits of a lot go back to: AVAILABLE, or BREAKAGE once the lot has expired."""
    return Kind.AVAILABLE if lot.expires_at > at else Kind.BREAKAGE


def _locked(hold: Hold) -> tuple[Wallet, Hold]:
    """The wallet, then the hold as it stands under that lock."""
    wallet = lock_wallet(hold.advertiser)
    return wallet, Hold.objects.select_related("advertiser").get(pk=hold.pk)


def _hold_of(entry: Entry) -> Hold:
    if entry.hold is None:
        raise RuntimeError(f"entry {entry.pk} places a hold and names none")
    return entry.hold


def _choose(wallet: Wallet, credits: int, *, at: datetime) -> list[tuple[Lot, int]]:
    return take_all(credits, ((lot, lot.available) for lot in wallet.usable_lots(at=at)))


def _reserve(
    hold: Hold,
    parts: list[tuple[Lot, int]],
    *,
    wallet: Wallet,
    kind: str,
    key: str,
    facts: str,
    at: datetime,
    now: datetime | None,
    actor: str,
) -> None:
    rows = [HoldPart(hold=hold, lot=lot) for lot, _ in parts]
    HoldPart.objects.bulk_create(rows, ignore_conflicts=True)
    _count(hold, parts, "placed")
    moves = [Move(lot, part, Kind.AVAILABLE, Kind.HELD) for lot, part in parts]
    post(kind, moves, wallet=wallet, key=key, facts=facts, at=at, now=now, hold=hold, subject=hold.subject, actor=actor)


def _open_parts(hold: Hold, credits: int, wallet: Wallet) -> list[tuple[Lot, int]]:
    """Split `credits` over what is open of the hold, in the order of use."""
    lots = {lot.pk: lot for lot in wallet.lots}
    supply = [(lots[part.lot_id], part.open) for part in hold.parts.all() if part.open]
    return take_all(credits, sorted(supply, key=lambda item: order_of_use(item[0])))


def _count(hold: Hold, parts: list[tuple[Lot, int]], field: str) -> None:
    """Add the parts to a column of the hold and of its parts."""
    amounts: dict[int, int] = defaultdict(int)
    for lot, part in parts:
        amounts[lot.pk] += part
    total = sum(amounts.values())
    add_to_rows(Hold, {hold.pk: {field: total}})
    setattr(hold, field, getattr(hold, field) + total)
    rows = HoldPart.objects.filter(hold=hold, lot__in=amounts)
    add_to_rows(HoldPart, {row.pk: {field: amounts[row.lot_id]} for row in rows})
