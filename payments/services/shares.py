"""
One payment at a gateway that paid for more than one order: unallocated money of it became a top-up of its own. PAY-12, PAY-17.

Every order keeps its share: what it took is its own amount, what went back is what was booked for it. Every function here joins a
transaction in which the wallet is locked; so nobody else reads or writes orders of this advertiser meanwhile.
"""

from django.db.models import Q, Sum

from payments.gateways.base import RemoteCancel
from payments.models import PaymentOrder, ReconciliationItem, Refund
from payments.services import unallocated
from payments.services.cancels import refund_of

Kind = ReconciliationItem.Kind


def others(order: PaymentOrder) -> list[PaymentOrder]:
    """The other orders that the same payment paid for, oldest first, locked; none for nearly every order."""
    rows = PaymentOrder.objects.of_payment(order.gateway, order.ref).exclude(pk=order.pk).select_for_update().order_by("pk")
    found = list(rows)
    for row in found:
        row.advertiser = order.advertiser
    return found


def cancelled_krw(order: PaymentOrder, remote_krw: int) -> int:
    """What of `remote_krw`, all that went back of a payment, went back of this order. Two queries, three where it was shared."""
    if not PaymentOrder.objects.of_payment(order.gateway, order.ref).exclude(pk=order.pk).exists():
        return remote_krw - unallocated.returned_krw(order)
    done = order.refunds.filter(state=Refund.State.DONE, way=Refund.Way.CARD).aggregate(krw=Sum("amount_krw", default=0))["krw"]
    seen = order.reconciliation_items.filter(state=ReconciliationItem.State.OPEN, kind__in=[Kind.FOREIGN_CANCEL, Kind.REFUND_AMOUNT])
    return int(done + seen.aggregate(krw=Sum("amount_krw", default=0))["krw"])


def left_krw(order: PaymentOrder) -> int:
    """What we believe is still at the gateway of the payment of this order, money that waits for the desk included."""
    orders = [order, *others(order)]
    return sum(row.captured_krw - row.cancelled_krw + unallocated.standing_krw(row) for row in orders)


def is_one_at_the_gateway(order: PaymentOrder) -> bool:
    """True while a refund of this order, or of another one of the same payment, is with the gateway."""
    orders = PaymentOrder.objects.of_payment(order.gateway, order.ref)
    return Refund.objects.filter(Q(order__in=orders) | Q(order=order)).at_the_gateway().exists()


def refund_in(orders: list[PaymentOrder], cancel: RemoteCancel) -> tuple[PaymentOrder, Refund | None]:
    """
    Whose refund a cancel of a shared payment carries out. One that nobody here asked for is the newest order's that has as much left,
    else the first one's.
    """
    for order in orders:
        if refund := refund_of(order, cancel):
            return order, refund
    has_room = (order for order in reversed(orders) if order.captured_krw - order.cancelled_krw >= cancel.amount_krw)
    return next(has_room, orders[0]), None
