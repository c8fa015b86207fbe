"""
Money that a gateway took and that fits no order as it came: noted once, put into UNALLOCATED, told to the team and to the desk. PAY-12.

Every function here joins a transaction in which wallet and order are locked.
"""

from datetime import datetime

from django.db.models import Q, Sum

from advertisers.notifications import tell_team
from credits import services as ledger
from identity import notifications
from payments import events
from payments.gateways.base import RemoteCancel, RemotePayment
from payments.gateways.names import HOUSE_BANK
from payments.models import PaymentOrder, UnallocatedMoney, VirtualAccount
from payments.services import limits

State = UnallocatedMoney.State
Why = UnallocatedMoney.Why


def reason_of(order: PaymentOrder, remote: RemotePayment, wrong: dict[str, list[str]]) -> Why | None:
    """Why the deposit of an order without credits may not be credited by itself; None when this is no such case."""
    if remote.method not in PaymentOrder.INTO_ACCOUNT or remote.paid_at is None or remote.cancels:
        return None
    if set(wrong) == {"amount_krw"}:
        return Why.AMOUNT
    account = VirtualAccount.objects.filter(order=order).first()
    if not wrong and account is not None and remote.paid_at > account.due_at:
        return Why.LATE
    if not wrong and order.gateway == HOUSE_BANK:
        return Why.BANK
    if not wrong and limits.needs_a_person(order):
        return Why.LARGE
    if not wrong and order.unallocated.exclude(state=State.RETURNED).exists():
        return Why.AMOUNT  # the rest of what came in pieces: the pieces before wait for the desk, and the desk credits all at once
    return None


def surplus(order: PaymentOrder, amount_krw: int) -> int:
    """What of the gateway's amount neither the order's credits nor noted money explains."""
    credited = order.amount_krw if order.is_credited else 0
    return amount_krw - credited - _sum(order, but=Q(state=State.ALLOCATED, became=None))


def standing_krw(order: PaymentOrder) -> int:
    """What a credited order's gateway holds beyond the order: noted, and not given back."""
    return _sum(order, but=Q(state__in=[State.ALLOCATED, State.RETURNED])) if order.is_credited else 0


def returned_krw(order: PaymentOrder) -> int:
    """What was given back of such money; the gateway counts it among the cancels of the payment."""
    return _sum(order, but=~Q(state=State.RETURNED))


def take_in(order: PaymentOrder, *, gateway: str, amount_krw: int, why: Why, paid_at: datetime, key: str, at: datetime) -> UnallocatedMoney:
    """Note it once, book it, tell the team and the operators. The caller saves `order`."""
    row, created = UnallocatedMoney.objects.get_or_create(
        key=key,
        defaults={"order": order, "gateway": gateway, "amount_krw": amount_krw, "why": why, "paid_at": paid_at, "found_at": at},
    )
    if not created:
        return row
    ledger.park(
        amount_krw=amount_krw, gateway=gateway, order_id=order.order_id, key=f"unallocated:{row.public_id}:park", at=paid_at, now=at
    )
    tell_team(
        events.UNALLOCATED,
        advertiser=order.advertiser,
        facts={"amount": amount_krw, "order": order.order_id, "why": row.get_why_display()},
        url=f"/payments/orders/{order.order_id}/",
        key=f"unallocated:{row.public_id}:told",
        at=at,
    )
    notifications.alert_operators(
        kind="payments.unallocated",
        title="주인 모를 입금이 들어왔어요",
        body=f"주문 {order.order_id} · {amount_krw:,}원 · {row.get_why_display()}",
        key=f"unallocated:{row.public_id}:desk",
        at=at,
    )
    return row


def of_cancel(order: PaymentOrder, cancel: RemoteCancel) -> UnallocatedMoney | None:
    """The noted money that this cancel gives back: by the id we noted, or by the key we gave."""
    rows = UnallocatedMoney.objects.select_for_update().filter(order=order)
    return next((row for row in rows if row.cancel_id == cancel.id or is_cancel_of(row, cancel)), None)


def is_cancel_of(row: UnallocatedMoney, cancel: RemoteCancel) -> bool:
    """True when the cancel carries the key of any try of this row."""
    return cancel.key.rpartition("-")[0] == str(row.public_id)


def given_back(row: UnallocatedMoney, *, cancel_id: str, at: datetime, actor: str, reason: str) -> None:
    """The money has left: take it out of UNALLOCATED and tell the team. A repeat changes nothing."""
    if row.state in (State.RETURNED, State.ALLOCATED):
        return
    ledger.unpark(
        amount_krw=row.amount_krw,
        gateway=row.gateway,
        order_id=row.order.order_id,
        key=f"unallocated:{row.public_id}:return",
        at=at,
        actor=actor,
        reason=reason,
    )
    row.state, row.cancel_id, row.failure = State.RETURNED, cancel_id[:100], ""
    row.decided_at, row.reason = row.decided_at or at, row.reason or reason[:200]
    row.save(update_fields=["state", "cancel_id", "failure", "decided_at", "reason"])
    tell_team(
        events.UNALLOCATED_RETURNED,
        advertiser=row.order.advertiser,
        facts={"amount": row.amount_krw, "order": row.order.order_id, "why": row.get_why_display()},
        url=f"/payments/orders/{row.order.order_id}/",
        key=f"unallocated:{row.public_id}:returned",
        at=at,
    )


def _sum(order: PaymentOrder, *, but: Q) -> int:
    rows = order.unallocated.filter(gateway=order.gateway).exclude(but)
    return int(rows.aggregate(total=Sum("amount_krw", default=0))["total"])
