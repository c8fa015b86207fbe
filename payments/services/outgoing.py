"""What the advertiser's own servers are told of payments and refunds. Joins the transaction of the cause."""

from datetime import datetime

from advertisers import webhooks
from advertisers.webhooks import events
from payments.models import PaymentOrder, Refund


def topped_up(order: PaymentOrder, *, at: datetime) -> None:
    """The credits are there."""
    data = {
        "order_id": order.order_id,
        "credits": order.credits,
        "bonus_credits": order.bonus_credits,
        "amount_krw": order.amount_krw,
    }
    webhooks.emit(advertiser=order.advertiser, type=events.TOPPED_UP, key=f"order:{order.order_id}:paid", data=data, at=at)


def refund_changed(refund: Refund, *, at: datetime) -> None:
    """A refund is in another state than before, which was saved."""
    data = {
        "refund": str(refund.public_id),
        "order_id": refund.order.order_id,
        "state": str(refund.state),
        "credits": refund.credits,
        "amount_krw": refund.amount_krw,
    }
    key = f"refund:{refund.public_id}:{refund.try_no}:{refund.state}"
    webhooks.emit(advertiser=refund.order.advertiser, type=events.REFUND_CHANGED, key=key, data=data, at=at)
