"""Credits reserved for a campaign: hold, capture, release."""

from datetime import datetime
from typing import Any

from advertisers.models import Advertiser
from credits.models import Entry, Hold, Kind, Lot
from credits.services.posting import movement, post, stored, whole, written
from credits.services.wallet import Move, Wallet, lock_wallet, order_of_use, take_all

# The lots of a hold, each with what is open of it.
_OPEN_LOTS = """
    SELECT "credits_lot".*, "credits_holdpart"."placed" - "credits_holdpart"."captured" - "credits_holdpart"."released" AS open
      FROM "credits_holdpart" JOIN "credits_lot" ON "credits_lot"."id" = "credits_holdpart"."lot_id"
     WHERE "credits_holdpart"."hold_id" = %s
"""


def place_hold(
    *,
    advertiser: Advertiser,
    credits: int,
    subject: str,
    subject_label: str,
    key: str,
    at: datetime,
    campaign_type: str = "",
    now: datetime | None = None,
    actor: str = "",
) -> Hold:
    """
    Reserve credits so that nothing else can spend them: AVAILABLE → HELD. Joins the caller's transaction.

    subject: what for, e.g. "campaign:<public_id>".   subject_label: its name, as the advertiser knows it.
    campaign_type: opens the lots that only such campaigns may use, in the order of use among all others.
    key: one per intent; a repeat returns the hold as it stands.

    :raises InsufficientCredits: less than `credits` may be spent.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(advertiser)
    facts = movement(advertiser=advertiser.pk, credits=whole(credits), subject=subject)
    if entry := written(key, Entry.Kind.HOLD, facts):
        return _hold_of(entry)
    parts = _choose(wallet, credits, campaign_type, at=at)
    entry = post(
        Entry.Kind.HOLD,
        _reserving(parts),
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=now,
        hold_label=subject_label,
        subject=subject,
        actor=actor,
    )
    hold = Hold(pk=entry.hold_id, advertiser=advertiser, subject=subject, subject_label=subject_label, placed=credits, placed_at=at)
    return stored(hold)


def raise_hold(
    *, hold: Hold, credits: int, key: str, at: datetime, campaign_type: str = "", now: datetime | None = None, actor: str = ""
) -> Hold:
    """
    Reserve more under the same hold. Joins the caller's transaction.

    campaign_type: as when it was placed.

    :raises InsufficientCredits: less than `credits` may be spent.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(hold.advertiser)
    facts = movement(hold=hold.pk, credits=whole(credits))
    if not written(key, Entry.Kind.RAISE, facts):
        parts = _choose(wallet, credits, campaign_type, at=at)
        post(
            Entry.Kind.RAISE,
            _reserving(parts),
            wallet=wallet,
            key=key,
            facts=facts,
            at=at,
            now=now,
            hold=hold,
            subject=hold.subject,
            actor=actor,
        )
    return Hold.objects.select_related("advertiser").get(pk=hold.pk)


def capture(*, hold: Hold, credits: int, reward_cost: int, key: str, at: datetime, now: datetime | None = None) -> Entry:
    """
    Charge reserved credits: HELD → REWARD_COST (`reward_cost`) and REVENUE (the rest). Joins the caller's transaction.

    :raises InsufficientCredits: the hold has less left.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    if not 0 <= reward_cost <= whole(credits):
        raise ValueError("the reward's cost is a part of the charge")
    wallet = lock_wallet(hold.advertiser)
    facts = movement(hold=hold.pk, credits=credits, reward_cost=reward_cost)
    if entry := written(key, Entry.Kind.CAPTURE, facts):
        return entry
    parts = _open_parts(hold, credits)
    moves, cost_left = [], reward_cost
    for lot, part in parts:
        cost = min(part, cost_left)
        cost_left -= cost
        moves += [Move(lot, cost, Kind.HELD, Kind.REWARD_COST)] if cost else []
        moves += [Move(lot, part - cost, Kind.HELD, Kind.REVENUE)] if part > cost else []
    return post(
        Entry.Kind.CAPTURE,
        moves,
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=now,
        hold=hold,
        subject=hold.subject,
    )


def release(*, hold: Hold, credits: int, key: str, at: datetime, now: datetime | None = None) -> Entry:
    """
    Give reserved credits back: HELD → AVAILABLE; what came from an expired lot goes to BREAKAGE in the same entry.

    Joins the caller's transaction.

    :raises InsufficientCredits: the hold has less left.
    :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(hold.advertiser)
    facts = movement(hold=hold.pk, credits=whole(credits))
    if entry := written(key, Entry.Kind.RELEASE, facts):
        return entry
    parts = _open_parts(hold, credits)
    moves = [Move(lot, part, Kind.HELD, home(lot, at=at)) for lot, part in parts]
    return post(
        Entry.Kind.RELEASE,
        moves,
        wallet=wallet,
        key=key,
        facts=facts,
        at=at,
        now=now,
        hold=hold,
        subject=hold.subject,
    )


def disputed_part(hold: Hold) -> int:
    """Credits of the hold that stand on top-ups whose card holder complains. One query."""
    return sum(open_ for _, open_ in _disputed_parts(hold))


def swap_disputed(*, hold: Hold, key: str, at: datetime, campaign_type: str = "") -> Hold:
    """
    Let the hold stand on other credits where its top-up is disputed: release that part, which stays set aside, and reserve as much of
    what is free. Joins the caller's transaction; a refusal undoes both only with it.

    key: one per intent.   campaign_type: as when it was placed.

    :raises InsufficientCredits: less is free.   :raises IdempotencyConflict: the key was used for another movement.
    """
    wallet = lock_wallet(hold.advertiser)
    parts = _disputed_parts(hold)
    total = sum(part for _, part in parts)
    if total == 0:
        return hold
    post(
        Entry.Kind.RELEASE,
        [Move(lot, part, Kind.HELD, home(lot, at=at)) for lot, part in parts],
        wallet=wallet,
        key=f"{key}:out",
        facts=movement(hold=hold.pk, disputed=total),
        at=at,
        now=None,
        hold=hold,
        subject=hold.subject,
    )
    return raise_hold(hold=hold, credits=total, key=f"{key}:in", at=at, campaign_type=campaign_type)


def home(lot: Lot, *, at: datetime) -> str:
    """Where set-aside credits of a lot go back to: AVAILABLE, BREAKAGE (of a demo: DEMO) once it has expired, FROZEN in a dispute."""
    if lot.disputed_at is not None:
        return Kind.FROZEN
    if lot.expires_at > at:
        return Kind.AVAILABLE
    return Kind.DEMO if lot.advertiser.is_demo else Kind.BREAKAGE


def _hold_of(entry: Entry) -> Hold:
    if entry.hold is None:
        raise RuntimeError(f"entry {entry.pk} places a hold and names none")
    return entry.hold


def _choose(wallet: Wallet, credits: int, campaign_type: str, *, at: datetime) -> list[tuple[Lot, int]]:
    return take_all(credits, ((lot, lot.available) for lot in wallet.usable_lots(at=at) if lot.suits(campaign_type)))


def _reserving(parts: list[tuple[Lot, int]]) -> list[Move]:
    return [Move(lot, part, Kind.AVAILABLE, Kind.HELD) for lot, part in parts]


def _open_parts(hold: Hold, credits: int) -> list[tuple[Lot, int]]:
    """Split `credits` over what is open of the hold, in the order of use."""
    lots: list[Any] = sorted(Lot.objects.raw(_OPEN_LOTS, [hold.pk]), key=order_of_use)
    return take_all(credits, ((lot, lot.open) for lot in lots))


def _disputed_parts(hold: Hold) -> list[tuple[Lot, int]]:
    """What is open of the hold on disputed lots, lot by lot."""
    lots: list[Any] = list(Lot.objects.raw(_OPEN_LOTS, [hold.pk]))
    return [(lot, lot.open) for lot in lots if lot.disputed_at is not None and lot.open > 0]
