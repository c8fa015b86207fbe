"""
Bonus rules and coupons. A bonus that was shown before paying is reserved from its budget when the order is made, and given when the
order is paid; the reservation is one conditional update, so that no budget is promised twice.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import F
from psycopg import errors

from advertisers.models import Advertiser
from advertisers.notifications import tell_team
from credits import services as ledger
from payments import events, policy
from payments.models import Offer, OfferUse, Package, PaymentOrder
from payments.services.refusals import CouponInUse, CouponNotFound, CouponTooSmall, CouponUsed, OfferChanged, OfferEnded, OfferOver

logger = logging.getLogger(__name__)

State = OfferUse.State
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Bonus:
    """
    Bonus credits that a top-up would bring. offer: None for what the package itself brings.

    days: how long they may be used.   campaign_types: the only types of campaign that may use them; empty: all.
    """

    name: str
    credits: int
    days: int
    campaign_types: tuple[str, ...] = ()
    offer: Offer | None = None


def bonuses_for(*, package: Package, advertiser: Advertiser, at: datetime, coupon: str = "") -> tuple[Bonus, ...]:
    """
    The bonus that a top-up would bring at this moment: the package's own, the best rule, and the coupon. Reads only.
    Reviewers of card companies are shown the package's own.

    :raises CouponNotFound, CouponTooSmall, CouponUsed, OfferOver: the code cannot be used for this package.
    """
    found = []
    if package.bonus_credits:
        found.append(Bonus("상품 보너스", package.bonus_credits, policy.BONUS_LIFETIME_DAYS.at(at)))
    if advertiser.is_review:
        return tuple(found)  # no budget of a real offer is promised to reviewers
    rules = Offer.objects.for_everybody().running(at).order_by("pk")
    fitting = [rule for rule in rules if 0 < rule.bonus_for(package.credits) <= rule.left_credits]
    if fitting:
        found.append(_bonus(max(fitting, key=lambda rule: rule.bonus_for(package.credits)), package, at=at))  # the first of equals
    if coupon:
        found.append(_bonus(_coupon(coupon, package, advertiser, at=at), package, at=at))
    return tuple(found)


def _bonus(offer: Offer, package: Package, *, at: datetime) -> Bonus:
    days = offer.lifetime_days or policy.BONUS_LIFETIME_DAYS.at(at)
    return Bonus(offer.name, offer.bonus_for(package.credits), days, tuple(offer.campaign_types), offer)


def _coupon(code: str, package: Package, advertiser: Advertiser, *, at: datetime) -> Offer:
    offer = Offer.objects.running(at).filter(code=code.strip().upper()).first()
    if offer is None:
        raise CouponNotFound
    if not offer.bonus_for(package.credits):
        raise CouponTooSmall(lowest=f"{offer.from_credits:,}")
    if OfferUse.objects.filter(offer=offer, advertiser=advertiser, state=State.GRANTED).exists():
        raise CouponUsed
    mine = OfferUse.objects.filter(offer=offer, advertiser=advertiser, state=State.RESERVED)
    if offer.left_credits < offer.bonus_for(package.credits) and not mine.exists():
        raise OfferOver
    return offer


def fits(order: PaymentOrder, bonuses: tuple[Bonus, ...]) -> bool:
    """True when an open order promises exactly this bonus, all of it still reserved. One query."""
    promised = {use.offer_id: use for use in OfferUse.objects.filter(order=order)}
    wanted = {bonus.offer.pk: bonus.credits for bonus in bonuses if bonus.offer}
    is_reserved = all(use.state == State.RESERVED for use in promised.values())
    return is_reserved and {offer: use.credits for offer, use in promised.items()} == wanted


def reserve(*, order: PaymentOrder, bonuses: tuple[Bonus, ...], at: datetime) -> None:
    """
    Promise the bonus to a new order. Joins the caller's transaction, in which the wallet is locked.

    :raises OfferOver: the budget went to others meanwhile.   :raises CouponInUse: another order of the advertiser has the coupon.
    """
    for bonus in sorted((bonus for bonus in bonuses if bonus.offer), key=lambda bonus: bonus.offer.pk if bonus.offer else 0):
        offer = bonus.offer
        if offer is None:
            continue
        if not _take(offer, bonus.credits):
            raise OfferOver
        use = OfferUse(
            offer=offer, order=order, advertiser=order.advertiser, credits=bonus.credits, is_once=offer.is_coupon, reserved_at=at
        )
        _once(use, create=True)


def renew(*, order: PaymentOrder, at: datetime) -> None:
    """
    The buyer opens the pay window (again): what was promised still stands. Joins the caller's transaction; wallet and order are locked.

    :raises OfferOver: the promise had ended, and budget or dates are over.   :raises CouponInUse: another order took the coupon.
    """
    for use in _uses(order):
        if use.state == State.RELEASED:
            if not use.offer.starts_at <= at < use.offer.ends_at or not _take(use.offer, use.credits):
                raise OfferOver
            use.state, use.decided_at = State.RESERVED, None
        use.reserved_at = at
        _once(use)


def grant(*, order: PaymentOrder, paid_at: datetime, at: datetime) -> None:
    """
    Give the bonus of an order that was just paid, each part as a lot of its own. Joins the caller's transaction.

    Wallet and order are locked; the caller saves the order. A promise that ended before a late payment is renewed while there is
    budget, else the order brings less and the team is told.
    """
    uses = _uses(order)
    own = order.bonus_credits - sum(use.credits for use in uses)
    if own:
        _give(order, own, name="", days=policy.BONUS_LIFETIME_DAYS.at(at), campaign_types=[], key="bonus", paid_at=paid_at, at=at)
    for use in uses:
        offer = use.offer
        if use.state == State.RELEASED and not _renewed_late(use):
            order.bonus_credits -= use.credits
            _tell_it_is_over(order, use, at=at)
            continue
        Offer.objects.filter(pk=offer.pk).update(
            reserved_credits=F("reserved_credits") - use.credits, granted_credits=F("granted_credits") + use.credits
        )
        OfferUse.objects.filter(pk=use.pk).update(state=State.GRANTED, decided_at=at)
        days = offer.lifetime_days or policy.BONUS_LIFETIME_DAYS.at(at)
        key = f"offer:{offer.pk}"
        _give(order, use.credits, name=offer.name, days=days, campaign_types=offer.campaign_types, key=key, paid_at=paid_at, at=at)


def forgo(*, order: PaymentOrder) -> None:
    """
    Take back what was promised, for good: less was paid than ordered. Joins the caller's transaction; wallet and order are locked. A
    promise that was only released would come to life again when the order is credited.
    """
    for use in _uses(order):
        if use.state == State.RESERVED:
            Offer.objects.filter(pk=use.offer_id).update(reserved_credits=F("reserved_credits") - use.credits)
        use.delete()


def end(*, offer: Offer, at: datetime) -> Offer:
    """
    Promise nothing more from this moment on; what was promised stands. Joins the caller's transaction. offer: as it was read.

    :raises OfferEnded: it is over, or has been ended since.
    """
    same = Offer.objects.filter(pk=offer.pk, ends_at=offer.ends_at)
    started, ahead = same.filter(starts_at__lt=at, ends_at__gt=at), same.filter(starts_at__gte=at)
    if not started.update(ends_at=at) and not ahead.update(starts_at=at - SECOND, ends_at=at):
        raise OfferEnded
    offer.refresh_from_db()
    return offer


def raise_budget(*, offer: Offer, credits: int, at: datetime) -> Offer:
    """
    Let more be promised. Joins the caller's transaction. offer: as it was read.

    :raises OfferEnded: it is over.   :raises OfferChanged: somebody raised it since.
    """
    if offer.ends_at <= at:
        raise OfferEnded
    same = Offer.objects.filter(pk=offer.pk, ends_at=offer.ends_at, budget_credits=offer.budget_credits)
    if same.update(budget_credits=F("budget_credits") + credits) != 1:
        raise OfferChanged
    offer.refresh_from_db()
    return offer


def release_given_up(*, at: datetime, limit: int = 100) -> int:
    """Free the budget of promises whose orders were not paid in time; how many. Each in a transaction of its own."""
    before = at - timedelta(hours=policy.OFFER_KEPT_HOURS.at(at))
    old = OfferUse.objects.filter(state=State.RESERVED, reserved_at__lt=before, order__credited_at=None)
    old = old.exclude(order__state=PaymentOrder.State.ACCOUNT_ISSUED)
    released = 0
    for use in old.select_related("order__advertiser").order_by("reserved_at")[:limit]:
        with transaction.atomic(durable=True):
            ledger.lock_wallet(use.order.advertiser)
            order = PaymentOrder.objects.select_for_update(of=("self",)).get(pk=use.order_id)
            gone = OfferUse.objects.filter(pk=use.pk, state=State.RESERVED, reserved_at__lt=before)
            if order.may_be_credited and gone.update(state=State.RELEASED, decided_at=at):
                Offer.objects.filter(pk=use.offer_id).update(reserved_credits=F("reserved_credits") - use.credits)
                released += 1
    return released


def _uses(order: PaymentOrder) -> list[OfferUse]:
    """The promises of a locked order, in lock order."""
    return list(OfferUse.objects.select_for_update(of=("self",)).filter(order=order).select_related("offer").order_by("offer_id"))


def _take(offer: Offer, credits: int) -> bool:
    """Reserve from the budget, if it has that much left: the write is the check."""
    has_room = Offer.objects.filter(pk=offer.pk, budget_credits__gte=F("reserved_credits") + F("granted_credits") + credits)
    return has_room.update(reserved_credits=F("reserved_credits") + credits) == 1


def _once(use: OfferUse, *, create: bool = False) -> None:
    """:raises CouponInUse: the advertiser has this coupon on another order."""
    try:
        with transaction.atomic():
            use.save(force_insert=create)
    except IntegrityError as exc:
        if isinstance(exc.__cause__, errors.UniqueViolation):
            raise CouponInUse from exc
        raise


def _renewed_late(use: OfferUse) -> bool:
    """Renew a promise that ended before the payment came, if budget and coupon are still there."""
    try:
        with transaction.atomic():
            if not _take(use.offer, use.credits):
                return False
            use.state, use.decided_at = State.RESERVED, None
            _once(use)
    except CouponInUse:
        return False
    return True


def _give(
    order: PaymentOrder, credits: int, *, name: str, days: int, campaign_types: list[str], key: str, paid_at: datetime, at: datetime
) -> None:
    ledger.grant_bonus(
        advertiser=order.advertiser,
        credits=credits,
        order_id=order.order_id,
        lot_kind="BONUS",
        campaign_types=campaign_types,
        key=f"order:{order.order_id}:{key}",
        at=paid_at,
        now=at,
        expires_at=at + timedelta(days=days),
        reason=name,
    )


def _tell_it_is_over(order: PaymentOrder, use: OfferUse, *, at: datetime) -> None:
    logger.warning("Order %s was paid after its promise of offer %s had ended", order.order_id, use.offer_id)
    tell_team(
        events.BONUS_OVER,
        advertiser=order.advertiser,
        facts={"credits": use.credits, "order": order.order_id, "offer": use.offer.name},
        url=f"/payments/orders/{order.order_id}/",
        key=f"order:{order.order_id}:offer:{use.offer_id}:over",
        at=at,
    )
