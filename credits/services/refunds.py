"""Credits on their way back to the card: set aside when asked for, taken out when the gateway has cancelled."""

from collections.abc import Iterable
from datetime import datetime

from advertisers.models import Advertiser
from credits.models import Entry, Kind, Lot
from credits.services.grants import refuse_if_stopped
from credits.services.holds import home
from credits.services.posting import movement, post, written
from credits.services.wallet import Move, Wallet, lock_wallet, take, take_all


def freeze_for_refund(
    *,
    advertiser: Advertiser,
    order_id: str,
    credits: int,
    bonus: int,
    promotion: int,
    subject: str,
    key: str,
    at: datetime,
    now: datetime | None = None,
    actor: str = "",
) -> Entry:
    """
    Set aside what a refund will take: `credits` + `promotion` of the order's PAID lot, `bonus` of its BONUS lots.

    AVAILABLE → FROZEN. Joins the caller's transaction.
    credits: go back to the card.   bonus: unused bonus taken back.   promotion: paid credits that stand in for used bonus.

    :raises InsufficientCredits: the lots of this order have less available.
    :raises IdempotencyConflict: the key was used for another movement.
    :raises MoneyStopped: the switch is on.
    """
    wallet = lock_wallet(advertiser)
    facts = _facts(advertiser, order_id, credits, bonus, promotion) + f" subject={subject}"
    if entry := written(key, Entry.Kind.FREEZE, facts):
        return entry
    refuse_if_stopped(now or at)
    usable = [lot for lot in wallet.usable_lots(at=at) if lot.order_id == order_id]
    parts = take_all(credits + promotion, ((lot, lot.available) for lot in _paid(usable)))
    parts += take_all(bonus, ((lot, lot.available) for lot in _bonus(usable)))
    moves = [Move(lot, part, Kind.AVAILABLE, Kind.FROZEN) for lot, part in parts]
    return post(
        Entry.Kind.FREEZE,
        moves,
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=now,
        order_id=order_id,
        subject=subject,
        actor=actor,
    )


def reclaim(
    *,
    advertiser: Advertiser,
    order_id: str,
    credits: int,
    bonus: int,
    promotion: int,
    gateway: str,
    key: str,
    at: datetime,
    now: datetime | None = None,
    actor: str = "",
    subject: str = "",
) -> Entry:
    """
    Take out what was frozen, after the gateway cancelled: `credits` → FUNDING:<gateway>, `promotion` and `bonus` → PROMOTION.

    Joins the caller's transaction. Never refused by the switch: the money has left.

    :raises InsufficientCredits: less is frozen on the lots of this order.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(advertiser)
    facts = _facts(advertiser, order_id, credits, bonus, promotion) + f" gateway={gateway}"
    if entry := written(key, Entry.Kind.RECLAIM, facts):
        return entry
    parts = _frozen(wallet, order_id, credits + promotion, bonus)
    return post(
        Entry.Kind.RECLAIM,
        _from(Kind.FROZEN, parts, credits, gateway),
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=now,
        order_id=order_id,
        subject=subject,
        actor=actor,
    )


def unfreeze(
    *,
    advertiser: Advertiser,
    order_id: str,
    credits: int,
    bonus: int,
    promotion: int,
    key: str,
    at: datetime,
    now: datetime | None = None,
    actor: str = "",
    subject: str = "",
) -> Entry:
    """
    Give back what a refund had set aside: FROZEN → AVAILABLE; what has expired meanwhile goes to BREAKAGE in the same entry.

    Joins the caller's transaction.

    :raises InsufficientCredits: less is frozen on the lots of this order.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(advertiser)
    facts = _facts(advertiser, order_id, credits, bonus, promotion)
    if entry := written(key, Entry.Kind.UNFREEZE, facts):
        return entry
    moves = [Move(lot, part, Kind.FROZEN, home(lot, at=at)) for lot, part in _frozen(wallet, order_id, credits + promotion, bonus)]
    return post(
        Entry.Kind.UNFREEZE,
        moves,
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=now,
        order_id=order_id,
        subject=subject,
        actor=actor,
    )


def reclaim_unrequested(
    *,
    advertiser: Advertiser,
    order_id: str,
    credits: int,
    bonus: int,
    promotion: int,
    gateway: str,
    key: str,
    at: datetime,
    actor: str,
    reason: str,
    now: datetime | None = None,
) -> tuple[Entry, int]:
    """
    Follow a cancel that was made at the gateway without us; returns the entry and what could not be taken (RECEIVABLE).

    `credits` → FUNDING:<gateway>, then `promotion` → PROMOTION: what is available on the order's lot, then on any other paid lot, in
    the order of use. `bonus` of the order's BONUS lots → PROMOTION. Joins the caller's transaction.

    :raises InsufficientCredits: less bonus than that is available.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(advertiser)
    facts = _facts(advertiser, order_id, credits, bonus, promotion) + f" gateway={gateway}"
    if entry := written(key, Entry.Kind.CANCEL, facts):
        lines = entry.postings.filter(account__kind=Kind.RECEIVABLE).values_list("amount", flat=True)
        return entry, -sum(lines)
    usable = _paid(wallet.usable_lots(at=at))
    supply = sorted(usable, key=lambda lot: lot.order_id != order_id)  # a stable sort: the order's own lot comes first
    parts, receivable = take(credits + promotion, ((lot, lot.available) for lot in supply))
    free = ((lot, lot.available) for lot in _bonus(wallet.lots) if lot.order_id == order_id)
    moves = _from(Kind.AVAILABLE, [*parts, *([(None, receivable)] if receivable else []), *take_all(bonus, free)], credits, gateway)
    entry = post(
        Entry.Kind.CANCEL,
        moves,
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=now,
        order_id=order_id,
        actor=actor,
        reason=reason,
    )
    return entry, receivable


def _facts(advertiser: Advertiser, order_id: str, credits: int, bonus: int, promotion: int) -> str:
    if min(credits, bonus, promotion) < 0 or credits + bonus + promotion == 0:
        raise ValueError("parts of a refund are whole, not negative, and not all zero")
    return movement(advertiser=advertiser.pk, order=order_id, credits=credits, bonus=bonus, promotion=promotion)


def _from(source: str, parts: Iterable[tuple[Lot | None, int]], to_card: int, gateway: str) -> list[Move]:
    """`to_card` of the paid parts → FUNDING:<gateway>, the rest and every bonus → PROMOTION. A part without a lot is owed: RECEIVABLE."""
    moves = []
    for lot, part in parts:
        back = 0 if lot is not None and lot.is_free else min(part, to_card)
        to_card -= back
        account = source if lot is not None else Kind.RECEIVABLE
        moves += [Move(lot, back, account, f"{Kind.FUNDING}:{gateway}")] if back else []
        moves += [Move(lot, part - back, account, Kind.PROMOTION)] if part > back else []
    return moves


def _frozen(wallet: Wallet, order_id: str, paid: int, bonus: int) -> list[tuple[Lot, int]]:
    lots = [lot for lot in wallet.lots if lot.order_id == order_id]
    return take_all(paid, ((lot, lot.frozen) for lot in _paid(lots))) + take_all(bonus, ((lot, lot.frozen) for lot in _bonus(lots)))


def _paid(lots: Iterable[Lot]) -> list[Lot]:
    return [lot for lot in lots if lot.kind == Lot.Kind.PAID]


def _bonus(lots: Iterable[Lot]) -> list[Lot]:
    return [lot for lot in lots if lot.kind == Lot.Kind.BONUS]
