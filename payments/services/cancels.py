"""What a cancel at the gateway means for our refunds. Every function here joins a transaction in which wallet and order are locked."""

from datetime import datetime

from advertisers.notifications import tell_team
from credits import services as ledger
from payments import events
from payments.gateways.base import RemoteCancel
from payments.models import PaymentOrder, ReconciliationItem, Refund
from payments.services import outgoing
from payments.services.items import open_item
from payments.services.ways import give_way_to_card

WHERE = {
    Refund.Way.CARD: "카드사에 따라 3~5일 뒤에 취소 내역이 보여요.",
    Refund.Way.BANK: "등록한 환불 계좌로 보냈어요.",
}


def refund_of(order: PaymentOrder, cancel: RemoteCancel) -> Refund | None:
    """The refund that this cancel carries out: by the id we noted, or by the key we gave. None: somebody else made it. Locks it."""
    refunds = Refund.objects.select_for_update().filter(order=order)
    if found := refunds.filter(cancel_id=cancel.id).first():
        return found
    public_id, _, _ = cancel.key.rpartition("-")
    return next((refund for refund in refunds.counted() if str(refund.public_id) == public_id), None)


def finish(refund: Refund, order: PaymentOrder, cancel: RemoteCancel, *, at: datetime) -> None:
    """
    The money is back on the card: take the frozen credits out of the ledger. A repeat changes nothing.

    The caller saves `order`. A cancel of another amount moves nothing and is put before the operators; until they settle it the
    refund counts as sent, because money has left for it.
    """
    if refund.state == Refund.State.DONE and refund.way == Refund.Way.CARD:
        return
    if refund.state == Refund.State.DONE or not give_way_to_card(refund, at=at):
        _paid_twice(refund, order, cancel, at=at)
        return
    if cancel.amount_krw != refund.amount_krw:
        open_item(
            kind=ReconciliationItem.Kind.REFUND_AMOUNT,
            key=f"{order.gateway}:cancel:{cancel.id}:amount",
            gateway=order.gateway,
            ref=order.ref,
            order=order,
            cancel=cancel,
            differences={"amount_krw": [str(refund.amount_krw), str(cancel.amount_krw)]},
            at=at,
        )
        refund.state, refund.cancel_id, refund.failure = Refund.State.SENT, cancel.id, ""
        refund.save(update_fields=["state", "cancel_id", "failure"])
        return
    ledger.reclaim(
        advertiser=order.advertiser,
        order_id=order.order_id,
        credits=refund.credits,
        bonus=refund.bonus,
        promotion=refund.promotion,
        gateway=order.gateway,
        key=f"refund:{refund.public_id}:reclaim",
        at=at,
    )
    refund.state, refund.cancel_id, refund.done_at, refund.failure = Refund.State.DONE, cancel.id, cancel.at or at, ""
    refund.save(update_fields=["state", "cancel_id", "done_at", "failure"])
    tell(refund, order, at=at)


def _paid_twice(refund: Refund, order: PaymentOrder, cancel: RemoteCancel, *, at: datetime) -> None:
    """The card took back what went, or is going, to a bank account: nothing moves by itself, people look."""
    open_item(
        kind=ReconciliationItem.Kind.FOREIGN_CANCEL,
        key=f"{order.gateway}:cancel:{cancel.id}",
        gateway=order.gateway,
        ref=order.ref,
        order=order,
        cancel=cancel,
        differences={"cancelled_krw": ["0", str(cancel.amount_krw)], "bank_transfer": [str(refund.amount_krw), ""]},
        at=at,
    )


def tell(refund: Refund, order: PaymentOrder, *, at: datetime) -> None:
    """A refund was done: the order's state follows, and the team hears of it. The caller saves `order`."""
    if order.state != PaymentOrder.State.DISPUTED:
        order.state = order.state_by_refunds()
    tell_team(
        events.REFUND_DONE,
        advertiser=order.advertiser,
        facts={"amount": refund.amount_krw, "order": order.order_id, "where": WHERE[Refund.Way(refund.way)]},
        url="/my-page/refunds/",
        key=f"refund:{refund.public_id}:done",
        at=at,
    )
    outgoing.refund_changed(refund, at=at)
