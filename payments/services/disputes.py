"""A card holder complains: the credits are set aside, people are told, and the card company's decision ends it. PAY-18."""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum

from advertisers.notifications import tell_team
from credits import services as ledger
from identity.models import User
from payments import events
from payments.gateways.base import RemotePayment
from payments.models import PaymentOrder, ReconciliationItem, Refund
from payments.services import outgoing, shares
from payments.services.items import open_item
from payments.services.refunds import close_approval
from payments.services.refusals import OrderDisputed, ReasonMissing, RefundNotPossible

State = PaymentOrder.State
Item = ReconciliationItem
LOST = "카드사가 이의를 받아들여서 결제를 취소했어요."


def follow(order: PaymentOrder, remote: RemotePayment, *, at: datetime) -> None:
    """What the gateway says about a complaint. Joins a transaction in which wallet and order are locked; the caller saves `order`."""
    if remote.is_disputed and order.state != State.DISPUTED:
        begin(order, at=at)
    elif remote.is_disputed is False and order.state == State.DISPUTED and not _is_lost(order):
        end(order, reason="카드사가 이의를 받아들이지 않았어요.", at=at)


def begin(order: PaymentOrder, *, at: datetime, actor: str = "") -> ReconciliationItem:
    """
    Set the credits of this top-up aside and put the complaint before the operators. Joins the caller's transaction; the caller saves
    `order`.
    """
    number = order.reconciliation_items.filter(kind=Item.Kind.DISPUTE).count() + 1
    key = f"order:{order.order_id}:dispute:{number}"
    ledger.mark_disputed(advertiser=order.advertiser, order_id=order.order_id, key=f"{key}:freeze", at=at, actor=actor)
    order.state = State.DISPUTED
    tell_team(
        events.DISPUTED,
        advertiser=order.advertiser,
        facts={"order": order.order_id},
        url=f"/payments/orders/{order.order_id}/",
        key=f"{key}:told",
        at=at,
    )
    return open_item(
        kind=Item.Kind.DISPUTE,
        key=key,
        gateway=order.gateway,
        ref=order.ref,
        order=order,
        amount_krw=order.amount_krw,
        differences={"dispute": ["", "UNRESOLVED"]},
        at=at,
    )


def end(order: PaymentOrder, *, reason: str, at: datetime, by: User | None = None) -> None:
    """
    The complaint is over: what was set aside is free again, and its item is settled. Joins a transaction in which wallet and order are
    locked; the caller saves `order`. A cancel that the card company made is booked by whoever calls, in the same transaction.
    """
    waiting = order.refunds.counted().exclude(state=Refund.State.DONE)
    sums = waiting.aggregate(credits=Sum("credits", default=0), promotion=Sum("promotion", default=0), bonus=Sum("bonus", default=0))
    number = order.reconciliation_items.filter(kind=Item.Kind.DISPUTE).count()
    ledger.clear_dispute(
        advertiser=order.advertiser,
        order_id=order.order_id,
        waiting=sums["credits"] + sums["promotion"],
        waiting_bonus=sums["bonus"],
        key=f"order:{order.order_id}:dispute:{number}:clear",
        at=at,
        actor=by.get_username() if by else "",
    )
    order.state = order.state_by_refunds()
    order.reconciliation_items.filter(kind=Item.Kind.DISPUTE, state=Item.State.OPEN).update(
        state=Item.State.SETTLED, settled_at=at, settled_by=by, reason=reason[:200]
    )
    tell_team(
        events.DISPUTE_OVER,
        advertiser=order.advertiser,
        facts={"order": order.order_id, "reason": reason},
        url=f"/payments/orders/{order.order_id}/",
        key=f"order:{order.order_id}:dispute:{number}:over",
        at=at,
    )


def deny_what_cannot_go(order: PaymentOrder, waiting: list[Refund], *, by: User, at: datetime) -> list[Refund]:
    """
    A complaint was lost, and nothing of the payment is left at the gateway: what waits to be refunded there never will be, and what nobody
    knew the end of did not happen, or its cancel would stand in the book. They are denied; what they had set aside is freed by `end`.

    Returns what remains to be ended first: refunds by bank, and those with a cancel of their own. Joins a transaction in which wallet,
    order and `waiting` are locked.
    """
    if shares.left_krw(order) > 0:
        return waiting
    remaining = [refund for refund in waiting if _may_have_gone(refund)]
    for refund in waiting:
        if refund in remaining:
            continue
        refund.order = order
        refund.state, refund.deny_reason, refund.decided_by, refund.decided_at = Refund.State.DENIED, LOST, by, at
        refund.save(update_fields=["state", "deny_reason", "decided_by", "decided_at"])
        close_approval(refund, reason=LOST, at=at)
        outgoing.refund_changed(refund, at=at)
        tell_team(
            events.REFUND_DENIED,
            advertiser=order.advertiser,
            facts={"reason": LOST},
            url="/my-page/refunds/",
            key=f"refund:{refund.public_id}:denied",
            at=at,
        )
    return remaining


def _may_have_gone(refund: Refund) -> bool:
    is_at_the_gateway = refund.state in (Refund.State.SENT, Refund.State.UNKNOWN)
    return refund.state == Refund.State.BANK or (is_at_the_gateway and refund.cancel_id != "")


def open_dispute(*, order: PaymentOrder, by: User, at: datetime, reason: str) -> ReconciliationItem:
    """
    An operator was told of a complaint by a gateway that has no message for it.

    :raises ReasonMissing: no reason was given.
    :raises RefundNotPossible: the order was never credited.
    :raises OrderDisputed: it is known.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic(durable=True):
        ledger.lock_wallet(order.advertiser)
        row = PaymentOrder.objects.select_related("advertiser").select_for_update(of=("self",)).get(pk=order.pk)
        if not row.is_credited:
            raise RefundNotPossible
        if row.state == State.DISPUTED:
            raise OrderDisputed
        item = begin(row, at=at, actor=by.get_username())
        item.differences = {"dispute": ["", reason.strip()[:200]]}
        item.save(update_fields=["differences"])
        row.save(update_fields=["state"])
        return item


def _is_lost(order: PaymentOrder) -> bool:
    """True while a cancel that the card company made waits to be booked: until then nothing is given back."""
    return order.reconciliation_items.filter(kind=Item.Kind.FOREIGN_CANCEL, state=Item.State.OPEN).exists()
