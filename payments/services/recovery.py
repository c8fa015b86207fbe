"""
After a restore: payments that only the payment company knows, because they are newer than the backup, come back into our books.

What is put back is what the company's own book proves: an order of ours by its number and store, at a price of the price list, for the
advertiser whose number the pay window was given; with the bonus that was promised to everybody when it was paid. Everything else
stays a difference for a person.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from advertisers.models import Advertiser, Membership
from credits import services as ledger
from identity.models import User
from payments.gateways import get_gateway
from payments.gateways.base import Gateway, RemotePayment, RemoteState
from payments.models import ORDER_PREFIX, Package, PaymentOrder, PaymentWindow, ReconciliationItem
from payments.services import accounts, offers, sync
from payments.services.reconciliation import Report, reconcile, settle_item
from payments.services.refusals import OpenRefundFirst, OrderDisputed

logger = logging.getLogger(__name__)

REASON = "백업 뒤에 결제사에서 끝난 취소를 되살렸어요."


@dataclass(slots=True)
class Recovery:
    """orders: numbers of orders made again.   cancels: numbers of our own cancels that were booked.   report: of the comparison."""

    report: Report
    orders: list[str] = field(default_factory=list)
    cancels: list[str] = field(default_factory=list)


def recover(*, gateway_name: str, since: datetime, until: datetime, by: User, at: datetime) -> Recovery:
    """
    Make lost orders again, compare, and book the cancels that carry a key of ours. Safe to repeat.

    by: the operator in whose name it is done.

    :raises GatewayError: the gateway could not be asked; what was put back so far stays.
    """
    gateway = get_gateway(gateway_name)
    ours: set[str] = set()
    made: list[str] = []
    for remote in gateway.list_payments(since=since, until=until):
        ours |= {cancel.id for cancel in remote.cancels if cancel.key}
        if not remote.was_taken or remote.store != gateway.expected.store:
            continue
        if _make_again(gateway_name, remote, by=by, at=at):
            made.append(remote.ref)
        _put_back(gateway, remote, at=at)
    report = reconcile(gateway_name=gateway_name, since=since, until=until, at=at)
    waiting = ReconciliationItem.objects.filter(
        gateway=gateway_name, kind=ReconciliationItem.Kind.FOREIGN_CANCEL, state=ReconciliationItem.State.OPEN, cancel_id__in=ours
    )
    booked = [item.cancel_id for item in waiting.order_by("pk") if _follow(item, by=by, at=at)]
    if booked:
        report = reconcile(gateway_name=gateway_name, since=since, until=until, at=at)
    return Recovery(report=report, orders=made, cancels=booked)


def _follow(item: ReconciliationItem, *, by: User, at: datetime) -> bool:
    try:
        settle_item(item=item, by=by, at=at, reason=REASON)
    except (OpenRefundFirst, OrderDisputed):
        logger.warning("The cancel of item %s waits for a person", item.pk)
        return False
    return True


def lost_orders(*, gateway_name: str, since: datetime, until: datetime) -> list[str]:
    """
    Numbers of the orders that `recover` would make again. Reads only.

    :raises GatewayError: the gateway could not be asked.
    """
    gateway = get_gateway(gateway_name)
    remotes = gateway.list_payments(since=since, until=until)
    taken = (remote for remote in remotes if remote.was_taken and remote.store == gateway.expected.store)
    return [remote.ref for remote in taken if _proved(remote) is not None]


def _proved(remote: RemotePayment) -> tuple[Advertiser, Package] | None:
    """Who bought what, of a payment of ours whose order we do not have; None when we have it or the company's book does not prove it."""
    if not remote.ref.startswith(ORDER_PREFIX) or PaymentOrder.objects.filter(order_id=remote.ref).exists():
        return None
    advertiser = _advertiser(remote.buyer)
    package = next((row for row in Package.objects.order_by("pk") if row.amount_krw == remote.amount_krw), None)
    return (advertiser, package) if advertiser and package else None


def _make_again(gateway_name: str, remote: RemotePayment, *, by: User, at: datetime) -> bool:
    """Write the order of a payment of ours that we do not know; the comparison then credits it as any other. True when it was made."""
    proved = _proved(remote)
    if proved is None:
        return False
    advertiser, package = proved
    bought_at = remote.paid_at or at
    bonuses = offers.bonuses_for(package=package, advertiser=advertiser, at=bought_at)
    owner = Membership.objects.of(advertiser).filter(role=Membership.Role.OWNER, is_active=True).order_by("pk").first()
    with transaction.atomic(durable=True):
        ledger.lock_wallet(advertiser)
        order = PaymentOrder.objects.create(
            order_id=remote.ref,
            key=f"recovered:{remote.ref}",
            advertiser=advertiser,
            created_by=owner.user if owner else by,
            package=package,
            credits=package.credits,
            bonus_credits=sum(bonus.credits for bonus in bonuses),
            vat_krw=package.vat_krw,
            amount_krw=package.amount_krw,
            gateway=gateway_name,
            method=remote.method if remote.method == accounts.METHOD else "",
            state=PaymentOrder.State.WINDOW_OPEN,
            created_at=at,
            window_opened_at=at,
            next_check_at=at,
        )
        offers.reserve(order=order, bonuses=bonuses, at=at)
    logger.warning("Order %s was made again", remote.ref)
    return True


def _put_back(gateway: Gateway, remote: RemotePayment, *, at: datetime) -> None:
    """
    Let an order without credits be looked up at the company that took its money, although it was led there after the backup; and credit
    one of which a part went back since, or whose card holder complains: it was credited before that. The comparison follows the rest.
    """
    order = PaymentOrder.objects.select_related("advertiser").filter(order_id=remote.ref).first()
    if order is None:
        return
    with transaction.atomic(durable=True):
        ledger.lock_wallet(order.advertiser)
        order = PaymentOrder.objects.select_related("advertiser").select_for_update(of=("self",)).get(pk=order.pk)
        PaymentWindow.objects.get_or_create(order=order, gateway=gateway.name, defaults={"opened_at": at})
        went_on = remote.state is RemoteState.PART_CANCELLED or bool(remote.is_disputed)
        if order.is_credited or not went_on or remote.paid_at is None or order.differences(remote, gateway.expected):
            return
        order.gateway = gateway.name
        sync.credit(order, remote, paid_at=remote.paid_at, at=at)
        order.save()


def _advertiser(number: str) -> Advertiser | None:
    try:
        return Advertiser.objects.filter(public_id=UUID(number)).first()
    except ValueError:
        return None
