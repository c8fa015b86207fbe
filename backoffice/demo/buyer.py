"""Somebody with a card in front of the sandbox's pay window. The product itself never knocks on the sandbox's control door."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from advertisers.models import Advertiser
from common.provider import GatewayError, ProviderClient
from identity.models import User
from payments import services as payments
from payments.models import Package, PaymentOrder

WINDOW_OPEN_FOR = timedelta(seconds=40)


def pay(*, advertiser: Advertiser, credits: int, by: User, at: datetime, key: str, card: str = "SHINHAN_CARD") -> PaymentOrder:
    """
    Top up by the package of `credits`: order, pay window, the card's yes, the way back. Paying twice under one key is paying once.

    at: when the order was made; the card says yes 40 s later.

    :raises GatewayError: the sandbox cannot be reached, or refused.
    """
    order = _order(advertiser, credits, by=by, at=at, key=key)
    if order.is_credited:
        return order
    _enter(order, at=at)
    paid_at = at + WINDOW_OPEN_FOR
    _control(f"/payments/{order.order_id}/approve", {"card": card, "paid_at": paid_at.isoformat()})
    return payments.sync_order(order_id=order.order_id, at=paid_at, source=payments.Source.RETURN)


def fail_to_pay(*, advertiser: Advertiser, credits: int, by: User, at: datetime, key: str) -> PaymentOrder:
    """The same with a card that says no."""
    order = _order(advertiser, credits, by=by, at=at, key=key)
    if order.state == PaymentOrder.State.FAILED:
        return order
    _enter(order, at=at)
    _control(f"/payments/{order.order_id}/decline", {})
    return payments.sync_order(order_id=order.order_id, at=at + WINDOW_OPEN_FOR, source=payments.Source.RETURN)


def _order(advertiser: Advertiser, credits: int, *, by: User, at: datetime, key: str) -> PaymentOrder:
    package = Package.objects.offered().get(credits=credits)
    return payments.create_order(advertiser=advertiser, package=package, by=by, at=at, key=key)


def _enter(order: PaymentOrder, *, at: datetime) -> None:
    """The browser's script opens the window with the parameters of our page."""
    _control("/payments", {"request": payments.open_window(order=order, at=at)})


def _control(path: str, body: dict[str, Any]) -> None:
    answer = ProviderClient(name="sandbox", base_url=settings.SANDBOX_ORIGIN).call("POST", f"/_control{path}", json=body)
    if answer.status_code != 200:
        raise GatewayError(known=True, code="SANDBOX_REFUSED", status=answer.status_code)
