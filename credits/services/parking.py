"""Money that a gateway took and that belongs to no order as it came. It stands in UNALLOCATED, in won with VAT, until somebody decides."""

from datetime import datetime

from advertisers.models import Advertiser
from common.transactions import joined
from credits.models import Entry, Kind
from credits.services.posting import movement, post, whole, written
from credits.services.wallet import Move, Wallet


def park(*, amount_krw: int, gateway: str, order_id: str, key: str, at: datetime, now: datetime) -> Entry:
    """
    Note money that came: FUNDING:<gateway> → UNALLOCATED. Joins the caller's transaction, which holds the lock of what it is about.

    at: when it was paid.   now: our clock.

    :raises IdempotencyConflict: the key was used for another movement.
    """
    return _move(Entry.Kind.PARK, f"{Kind.FUNDING}:{gateway}", Kind.UNALLOCATED, amount_krw, order_id, key, at=at, now=now)


def unpark(*, amount_krw: int, gateway: str, order_id: str, key: str, at: datetime, actor: str, reason: str) -> Entry:
    """
    Somebody decided: UNALLOCATED → FUNDING:<gateway>. Credits for it are a top-up of their own; money given back is gone.

    Joins the caller's transaction.

    :raises IdempotencyConflict: the key was used for another movement.
    """
    return _move(
        Entry.Kind.UNPARK,
        Kind.UNALLOCATED,
        f"{Kind.FUNDING}:{gateway}",
        amount_krw,
        order_id,
        key,
        at=at,
        now=at,
        actor=actor,
        reason=reason,
    )


def _move(
    kind: str,
    source: str,
    target: str,
    amount_krw: int,
    order_id: str,
    key: str,
    *,
    at: datetime,
    now: datetime,
    actor: str = "",
    reason: str = "",
) -> Entry:
    joined("a movement of the ledger")
    facts = movement(amount_krw=whole(amount_krw), source=source, target=target, order=order_id)
    if entry := written(key, kind, facts):
        return entry
    house = Wallet(Advertiser(), [])  # nobody's: the entry names no advertiser
    moves = [Move(None, amount_krw, source, target)]
    return post(kind, moves, wallet=house, key=key, facts=facts, at=at, now=now, order_id=order_id, actor=actor, reason=reason)
