"""Control of the Toss sandbox: payments without a browser, scripted outcomes, webhooks, and the book for comparison."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sandbox.cards import KeptCards
from sandbox.context import Sandbox
from sandbox.control import route
from sandbox.deliveries import WebhookFault
from sandbox.toss import billing, cancels, transitions
from sandbox.toss.cancels import NextCancel
from sandbox.toss.payments import Payment, Payments
from sandbox.toss.transitions import Wish

SETTLE_POLL_SECONDS = 0.02


class Said(BaseModel):
    """A control body: unknown names are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Start(Said):
    """What the page gives to the browser script."""

    client_key: str
    customer_key: str
    request: dict[str, Any]


class Decline(Said):
    code: str = "REJECT_CARD_COMPANY"


class Deposit(Said):
    """amount: another one than was asked for, or the second deposit.   at: when the bank says it came."""

    amount: int | None = Field(default=None, gt=0)
    at: str | None = None


class DeskCancel(Said):
    amount: int | None = Field(default=None, gt=0)
    reason: str = cancels.DESK_REASON


class NextConfirm(Said):
    code: str


class NextCharges(Said):
    """Refusals of the next charges of kept cards, one each."""

    codes: list[str]


class Issuer(Said):
    card: str = "41"


class WebhookConfig(Said):
    url: str


class Settle(Said):
    timeout_seconds: float = Field(default=10, ge=0, le=60)


def start(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = Start.model_validate(body)
    return _told(transitions.open_window(sandbox, client_key=said.client_key, customer_key=said.customer_key, request=said.request))


def agree(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _told(transitions.agree(sandbox, _newest(sandbox, named).payment_key, wish=Wish.model_validate(body)))


def decline(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _told(transitions.decline(sandbox, _newest(sandbox, named).payment_key, code=Decline.model_validate(body).code))


def deposit(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = Deposit.model_validate(body)
    return _told(transitions.deposit(sandbox, named["order_id"], amount=said.amount, at=said.at))


def reverse_deposit(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _told(transitions.reverse_deposit(sandbox, named["order_id"]))


def expire_account(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _told(transitions.expire_account(sandbox, named["order_id"]))


def desk_cancel(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """A cancel by a person at the merchant's desk, which no API call asked for."""
    said = DeskCancel.model_validate(body)
    with sandbox.book.write():
        payment = transitions.speaking(sandbox, named["order_id"])
    return _told(cancels.cancel(sandbox, payment, reason=said.reason, amount=said.amount, by_api=False))


def approve_cancel(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _told(cancels.decide(sandbox, named["order_id"], succeeds=True))


def fail_cancel(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _told(cancels.decide(sandbox, named["order_id"], succeeds=False))


def overlay(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Values laid over the payment object from now on, for example {"status": "NEW"}; {} ends it."""
    if not isinstance(body, dict):
        raise ValueError("an overlay maps names to values")
    with sandbox.book.write():
        sandbox.book.run("DELETE FROM toss_overlays WHERE order_id = ?", named["order_id"])
        if body:
            sandbox.book.run("INSERT INTO toss_overlays VALUES (?, ?)", named["order_id"], json.dumps(body))
    return {}


def next_approval(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """How the next payment differs from what was asked for."""
    with sandbox.book.write():
        sandbox.book.set_switch("toss_next_approval", Wish.model_validate(body).model_dump(exclude_none=True))
    return {}


def next_confirm(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The refusal of the next confirm; a 403 is the card company's last word."""
    with sandbox.book.write():
        sandbox.book.set_switch("toss_next_confirm", NextConfirm.model_validate(body).code)
    return {}


def start_card(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = Start.model_validate(body)
    card = billing.open_window(sandbox, client_key=said.client_key, customer_key=said.customer_key, request=said.request)
    return {"ref": card.ref}


def agree_card(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    card = billing.agree(sandbox, named["ref"], issuer=Issuer.model_validate(body).card)
    address, query = billing.way_back(card)
    return {"way_back": {"url": address, "query": query}}


def list_cards(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    cards = KeptCards(sandbox.book, billing.HOUSE).all()
    return {"cards": [{"billing_key": card.billing_key, "owner": card.owner, "status": card.status} for card in cards]}


def next_charges(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    with sandbox.book.write():
        sandbox.book.set_switch("toss_next_charges", NextCharges.model_validate(body).codes)
    return {}


def next_cancel(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    rule = NextCancel.model_validate(body)
    with sandbox.book.write():
        sandbox.book.set_switch("toss_next_cancels", [*sandbox.book.switch("toss_next_cancels", []), rule.model_dump()])
    return {}


def book(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """What Toss really took and gave back, per order and in all. Overlays do not reach this book."""
    orders = dict.fromkeys(payment.order_id for payment in Payments(sandbox.book).all())
    speaking = [Payments(sandbox.book).deciding(order_id) for order_id in orders if named.get("order_id", order_id) == order_id]
    rows = [_row(payment) for payment in speaking if payment is not None]
    captured, cancelled = sum(row["captured"] for row in rows), sum(row["cancelled"] for row in rows)
    return {"payments": rows, "totals": {"captured": captured, "cancelled": cancelled, "net": captured - cancelled}}


def configure(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return sandbox.toss_webhooks.configure(WebhookConfig.model_validate(body).model_dump())


def add_webhook_fault(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    fault = WebhookFault.model_validate(body)
    sandbox.toss_webhooks.add_fault(fault)
    return {"fault": fault.model_dump()}


def release_webhooks(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return {"released": sandbox.toss_webhooks.release()}


async def settle_webhooks(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Wait until nothing is on its way or due."""
    deadline = asyncio.get_running_loop().time() + Settle.model_validate(body).timeout_seconds
    while not sandbox.toss_webhooks.is_settled():
        if asyncio.get_running_loop().time() > deadline:
            return {"settled": False}
        await asyncio.sleep(SETTLE_POLL_SECONDS)
    return {"settled": True}


def list_deliveries(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    fields = ("webhook_id", "payment_id", "url", "type", "body", "state", "executions", "due_at", "attempts")
    found = sandbox.toss_webhooks.listed(named.get("order_id", ""))
    return {"deliveries": [{name: getattr(delivery, name) for name in fields} for delivery in found]}


def _row(payment: Payment) -> dict[str, Any]:
    return {
        "order_id": payment.order_id,
        "payment_key": payment.payment_key,
        "status": payment.status,
        "captured": payment.amount if payment.was_taken else 0,
        "cancelled": payment.cancelled,
        "cancels": [cancel.transaction_key for cancel in payment.cancels],
        "approved_at": payment.approved_at,
    }


def _newest(sandbox: Sandbox, named: Mapping[str, str]) -> Payment:
    """The window opened last."""
    group = Payments(sandbox.book).of_order(named["order_id"])
    if not group:
        raise ValueError("no window was opened for this order")
    return group[-1]


def _told(payment: Payment) -> dict[str, Any]:
    address, query = transitions.way_back(payment)
    return {
        "order_id": payment.order_id,
        "payment_key": payment.payment_key,
        "status": payment.status,
        "secret": payment.secret,
        "account": payment.account,
        "way_back": {"url": address, "query": query},
    }


ROUTES = [
    route("GET", "/toss/book", book),
    route("POST", "/toss/payments", start),
    *(
        route("POST", f"/toss/payments/{{order_id}}/{name}", operation)
        for name, operation in {
            "agree": agree,
            "decline": decline,
            "deposit": deposit,
            "reverse-deposit": reverse_deposit,
            "expire-account": expire_account,
            "desk-cancel": desk_cancel,
            "approve-cancel": approve_cancel,
            "fail-cancel": fail_cancel,
            "overlay": overlay,
        }.items()
    ),
    route("POST", "/toss/next-approval", next_approval),
    route("POST", "/toss/next-confirm", next_confirm),
    route("POST", "/toss/cards", start_card),
    route("GET", "/toss/cards", list_cards),
    route("POST", "/toss/cards/{ref}/agree", agree_card),
    route("POST", "/toss/next-charges", next_charges),
    route("POST", "/toss/next-cancel", next_cancel),
    route("GET", "/toss/deliveries", list_deliveries),
    route("POST", "/toss/webhooks/config", configure),
    route("POST", "/toss/webhooks/faults", add_webhook_fault),
    route("POST", "/toss/webhooks/release", release_webhooks),
    route("POST", "/toss/webhooks/settle", settle_webhooks),
]
