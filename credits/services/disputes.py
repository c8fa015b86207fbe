"""Credits of a top-up whose card holder complains: set aside until the card company has decided."""

from datetime import datetime

from advertisers.models import Advertiser
from credits.models import Entry, Kind, Lot
from credits.services.posting import movement, post, written
from credits.services.wallet import Move, Wallet, lock_wallet, take


def mark_disputed(*, advertiser: Advertiser, order_id: str, key: str, at: datetime, actor: str = "") -> Entry | None:
    """
    Set aside what is left of a disputed top-up and of its bonus: AVAILABLE → FROZEN; None when nothing was free. What its campaigns
    give back later stays set aside too, and nothing new can be paid with it. What is held stays held: campaigns decide.

    Joins the caller's transaction. Never refused by the switch that stops money.

    key: one per dispute.

    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(advertiser)
    facts = movement(advertiser=advertiser.pk, order=order_id)
    if entry := written(key, Entry.Kind.FREEZE, facts):
        return entry
    moves = [Move(lot, lot.available, Kind.AVAILABLE, Kind.FROZEN) for lot in _lots(wallet, order_id) if lot.available]
    Lot.objects.filter(advertiser=advertiser, order_id=order_id, disputed_at=None).update(disputed_at=at)
    if not moves:
        return None
    return post(
        Entry.Kind.FREEZE,
        moves,
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=None,
        order_id=order_id,
        subject=f"dispute:{order_id}",
        actor=actor,
    )


def clear_dispute(
    *, advertiser: Advertiser, order_id: str, waiting: int, waiting_bonus: int, key: str, at: datetime, actor: str = ""
) -> Entry | None:
    """
    The card company has decided: give back what the dispute had set aside, FROZEN → AVAILABLE, or BREAKAGE where it has expired.

    Joins the caller's transaction. None when nothing was set aside.

    waiting, waiting_bonus: what refunds of the same top-up have set aside and still need, paid and bonus credits.   key: one per dispute.

    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(advertiser)
    facts = movement(advertiser=advertiser.pk, order=order_id, waiting=waiting, waiting_bonus=waiting_bonus)
    if entry := written(key, Entry.Kind.UNFREEZE, facts):
        return entry
    Lot.objects.filter(advertiser=advertiser, order_id=order_id).update(disputed_at=None)
    lots = _lots(wallet, order_id)
    moves = []
    for is_free, kept in ((False, waiting), (True, waiting_bonus)):
        frozen = [lot for lot in lots if lot.is_free is is_free]
        parts, _ = take(max(0, sum(lot.frozen for lot in frozen) - kept), ((lot, lot.frozen) for lot in frozen))
        moves += [Move(lot, part, Kind.FROZEN, Kind.AVAILABLE if lot.expires_at > at else Kind.BREAKAGE) for lot, part in parts]
    if not moves:
        return None
    return post(
        Entry.Kind.UNFREEZE,
        moves,
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=None,
        order_id=order_id,
        subject=f"dispute:{order_id}",
        actor=actor,
    )


def _lots(wallet: Wallet, order_id: str) -> list[Lot]:
    return [lot for lot in wallet.lots if lot.order_id == order_id]
