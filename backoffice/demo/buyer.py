"""Somebody with a card, or at a bank, in front of the sandbox's pay window. The product itself never knocks on its control door."""

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


def ask_for_account(*, advertiser: Advertiser, credits: int, by: User, at: datetime, key: str) -> PaymentOrder:
    """Get a virtual account for the package of `credits`; no money comes yet."""
    order = _order(advertiser, credits, by=by, at=at, key=key, method="VIRTUAL_ACCOUNT")
    if order.state == PaymentOrder.State.ACCOUNT_ISSUED:
        return order
    _enter(order, at=at)
    _control(f"/payments/{order.order_id}/approve", {})
    return payments.sync_order(order_id=order.order_id, at=at + WINDOW_OPEN_FOR, source=payments.Source.RETURN)


def ask_for_our_account(*, advertiser: Advertiser, credits: int, by: User, at: datetime, key: str) -> PaymentOrder:
    """Order a sum that is sent to our own account; no money comes yet."""
    order = _order(advertiser, credits, by=by, at=at, key=key, method="BANK")
    if order.state != PaymentOrder.State.ACCOUNT_ISSUED:
        payments.open_window(order=order, at=at)
        order = payments.sync_order(order_id=order.order_id, at=at)
    return order


def pay_in(*, order: PaymentOrder, amount_krw: int, at: datetime) -> PaymentOrder:
    """Send so much money to the account of an order, whatever it asked for. Once: an order that got money gets no more."""
    if order.is_credited or order.captured_krw:
        return order
    _control(f"/payments/{order.order_id}/deposit", {"amount": amount_krw, "at": at.isoformat()})
    return payments.sync_order(order_id=order.order_id, at=at, source=payments.Source.WEBHOOK)


def keep_card(*, advertiser: Advertiser, by: User, at: datetime) -> None:
    """Register a card for automatic top-up in the payment company's window."""
    card = payments.begin_card(advertiser=advertiser, by=by, at=at)
    ref = _control("/cards", {"request": payments.card_window(card)})["ref"]
    back = _control(f"/cards/{ref}/agree", {})["way_back"]["query"]
    payments.register_card(card=card, said=back, at=at)


def _order(advertiser: Advertiser, credits: int, *, by: User, at: datetime, key: str, method: str = "CARD") -> PaymentOrder:
    package = Package.objects.offered().get(credits=credits)
    return payments.create_order(advertiser=advertiser, package=package, by=by, at=at, key=key, method=method)


def _enter(order: PaymentOrder, *, at: datetime) -> None:
    """The browser's script opens the window with the parameters of our page."""
    _control("/payments", {"request": payments.open_window(order=order, at=at)})


def _control(path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = ProviderClient(name="sandbox", base_url=settings.SANDBOX_ORIGIN).call("POST", f"/_control{path}", json=body)
    if answer.status_code != 200:
        raise GatewayError(known=True, code="SANDBOX_REFUSED", status=answer.status_code)
    told: dict[str, Any] = answer.json()
    return told
