"""Orders on their way to the pay window."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from ulid import ULID

from advertisers.models import Advertiser
from common import portals
from credits import services as ledger
from identity.models import User
from payments import insurance, schedule
from payments.gateways import gateway_of, get_gateway
from payments.gateways.base import Checkout
from payments.gateways.names import HOUSE_BANK
from payments.models import ORDER_PREFIX, OfferUse, Package, PaymentOrder
from payments.services import accounts, limits, offers, payers, windows
from payments.services.refusals import AccountRestricted, BonusChanged, KeyConflict, MethodNotOffered, OrderNotPayable, PackageNotOffered

# credits, bonus credits: the price list a new house opens with; operators change it.
PRICE_LIST = ((100_000, 0), (300_000, 0), (500_000, 0), (1_000_000, 10_000), (3_000_000, 90_000))
SAME_ORDER_WITHIN = timedelta(hours=24)


def ensure_packages() -> list[Package]:
    """Put the opening price list on sale where a package is missing; packages that are there stay as operators left them."""
    Package.objects.bulk_create([Package(credits=credits, bonus_credits=bonus) for credits, bonus in PRICE_LIST], ignore_conflicts=True)
    return list(Package.objects.offered())


def create_order(
    *,
    advertiser: Advertiser,
    package: Package,
    by: User,
    at: datetime,
    key: str,
    return_to: str = "",
    coupon: str = "",
    shown_bonus: int | None = None,
    method: str = "CARD",
    wants_receipt: bool = False,
) -> PaymentOrder:
    """
    Make the order for one top-up, or find the one that is open: no new order per click, whatever the number of tabs.

    key: one per opened form; a repeat returns its order even when it was paid meanwhile.
    return_to: a path of ours to go on with after paying.   coupon: a code that was typed, or empty.
    shown_bonus: the bonus that stood on the page.   method: CARD, VIRTUAL_ACCOUNT or BANK.
    wants_receipt: a cash receipt instead of a tax invoice, where it is paid into an account.

    :raises MethodNotOffered: the gateway of new orders has no such contract.
    :raises PackageNotOffered: it is not sold any more.
    :raises BonusChanged: the bonus is another one than was shown; nothing was written.
    :raises CouponNotFound, CouponTooSmall, CouponUsed, CouponInUse, OfferOver: the bonus cannot be promised.
    :raises AccountRestricted: the account may not top up.   :raises credits.DemoHasNoMoney: it is there to try the product with.
    :raises InsuredLimitReached: operators stop at the insured amount.
    :raises OverGatewayLimit: the contract with the gateway allows less by this means.
    :raises KeyConflict: the key belongs to another order.
    """
    if not advertiser.is_review:  # reviewers of card companies see order and window; what they pay is never credited
        ledger.refuse_demo(advertiser)
    gateway = gateway_of(method)
    if method not in get_gateway(gateway).methods:
        raise MethodNotOffered
    with transaction.atomic(durable=True):
        ledger.lock_wallet(advertiser)  # two clicks of one advertiser come one after the other
        if known := PaymentOrder.objects.filter(key=key).first():
            if (known.advertiser_id, known.package_id) != (advertiser.pk, package.pk):
                raise KeyConflict
            return known
        package.refresh_from_db()
        if not package.is_offered:
            raise PackageNotOffered
        now = Advertiser.objects.get(pk=advertiser.pk)
        if now.is_restricted or not now.is_active:
            raise AccountRestricted
        insurance.refuse_over_limit(package.credits, at=at)
        bonuses = offers.bonuses_for(package=package, advertiser=advertiser, at=at, coupon=coupon)
        bonus_credits = sum(bonus.credits for bonus in bonuses)
        if shown_bonus is not None and shown_bonus != bonus_credits:
            raise BonusChanged
        chosen = "" if method == "CARD" else method  # what a card payment was is known once it was paid
        wants_receipt = wants_receipt and chosen in PaymentOrder.INTO_ACCOUNT
        order = _open_one(advertiser, package, bonuses, chosen, at=at)
        if gateway == HOUSE_BANK and not limits.takes_by_bank(
            advertiser=advertiser, gateway=settings.PAYMENT_GATEWAY, amount_krw=package.amount_krw, at=at
        ):
            raise MethodNotOffered
        limits.refuse_outside(
            advertiser=advertiser,
            gateway=order.gateway if order else gateway,
            method=method,
            amount_krw=package.amount_krw,
            at=at,
            but=order,
        )
        if order is None:
            order = write_down(
                advertiser=advertiser, package=package, bonuses=bonuses, by=by, at=at, key=key, gateway=gateway,
                method=chosen, return_to=return_to, wants_receipt=wants_receipt,
            )  # fmt: skip
        elif (return_to or order.return_to, wants_receipt) != (order.return_to, order.wants_receipt):
            order.return_to, order.wants_receipt = return_to or order.return_to, wants_receipt
            order.save(update_fields=["return_to", "wants_receipt"])
        return order


def write_down(
    *, advertiser: Advertiser, package: Package, bonuses: tuple[offers.Bonus, ...], by: User, at: datetime, key: str, gateway: str,
    method: str, return_to: str = "", wants_receipt: bool = False,
) -> PaymentOrder:  # fmt: skip
    """
    Write a new order and promise its bonus. Joins the caller's transaction, in which the wallet is locked.

    :raises OfferOver, CouponInUse: see `offers.reserve`.
    """
    order = PaymentOrder.objects.create(
        order_id=f"{ORDER_PREFIX}{ULID.from_datetime(at)}",
        key=key,
        advertiser=advertiser,
        created_by=by,
        package=package,
        credits=package.credits,
        bonus_credits=sum(bonus.credits for bonus in bonuses),
        vat_krw=package.vat_krw,
        amount_krw=package.amount_krw,
        gateway=gateway,
        method=method,
        return_to=return_to,
        wants_receipt=wants_receipt,
        created_at=at,
        next_check_at=at + schedule.ABANDONED_AFTER,
    )
    offers.reserve(order=order, bonuses=bonuses, at=at)
    return order


def _open_one(
    advertiser: Advertiser, package: Package, bonuses: tuple[offers.Bonus, ...], method: str, *, at: datetime
) -> PaymentOrder | None:
    """A recent order of the same thing, at the same price and bonus, by the same means, that may still be paid. The wallet is locked."""
    recent = (
        PaymentOrder.objects.owned_by(advertiser)
        .retryable()
        .filter(
            package=package,
            credits=package.credits,
            bonus_credits=sum(bonus.credits for bonus in bonuses),
            amount_krw=package.amount_krw,
            method=method,
            needs_check=False,
            created_at__gt=at - SAME_ORDER_WITHIN,
        )
        .order_by("-created_at")
    )
    return next((order for order in recent if offers.fits(order, bonuses)), None)


def open_window(*, order: PaymentOrder, at: datetime, by: User | None = None) -> dict[str, Any]:
    """
    Let the buyer into the pay window and return its parameters. A failed or abandoned order comes back to life here.

    by: who opens it; by default who made the order.

    :raises OrderNotPayable: it was paid, is being checked, or is not sold at this price any more.
    :raises OfferOver, CouponInUse: its bonus was given up meanwhile and cannot be promised again.
    :raises AccountRestricted: the account may not top up.
    :raises MethodNotOffered, OverGatewayLimit: the contract with the gateway does not allow it any more.
    :raises PayerNotProved, OverTopUpLimit: see `payers.let_in`.
    """
    payer = by or order.created_by
    with transaction.atomic(durable=True):
        ledger.lock_wallet(order.advertiser)
        row = PaymentOrder.objects.select_related("package").select_for_update(of=("self",)).get(pk=order.pk)
        now = Advertiser.objects.get(pk=order.advertiser_id)
        if now.is_restricted:
            raise AccountRestricted
        if not now.is_active:
            raise OrderNotPayable
        promised = sum(OfferUse.objects.filter(order=row).values_list("credits", flat=True))
        price = (row.package.is_offered, row.package.amount_krw, row.package.bonus_credits + promised)
        if not row.may_be_paid or price != (True, row.amount_krw, row.bonus_credits):
            raise OrderNotPayable
        limits.refuse_outside(advertiser=now, gateway=row.gateway, method=row.method or "CARD", amount_krw=row.amount_krw, at=at, but=row)
        payers.let_in(row, by=payer, at=at)
        row.opened_by = payer
        windows.note(row, at=at)
        offers.renew(order=row, at=at)
        row.state, row.window_opened_at, row.hinted_at, row.failure = PaymentOrder.State.WINDOW_OPEN, at, None, ""
        row.next_check_at = schedule.next_check(opened_at=at, hinted_at=None, at=at)
        row.save(update_fields=["state", "opened_by", "window_opened_at", "hinted_at", "failure", "next_check_at"])
    order.refresh_from_db()
    return checkout_of(order)


def checkout_of(order: PaymentOrder) -> dict[str, Any]:
    """The parameters with which the browser opens the pay window of an order. Reads only; for the signed-in buyer's own page."""
    return get_gateway(order.gateway).checkout(order=as_checkout(order))


def as_checkout(order: PaymentOrder) -> Checkout:
    """An order as gateways take it."""
    buyer = order.created_by
    return Checkout(
        order_id=order.order_id,
        amount_krw=order.amount_krw,
        title=order.title,
        buyer_id=str(order.advertiser.public_id),
        buyer_name=buyer.name or order.advertiser.name,
        buyer_phone=buyer.phone,
        buyer_email=buyer.email,
        return_url=portals.absolute(portals.ADVERTISER, "payments:order-complete", order_id=order.order_id),
        method=order.method or "CARD",
        due_at=accounts.due_at(order.window_opened_at or order.created_at),
        is_review=order.advertiser.is_review,
    )
