"""Control of the PortOne sandbox: payments without a browser, scripted outcomes, webhooks, and the book for comparison."""

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
from sandbox.portone import billing, cancels, shapes, transitions
from sandbox.portone.attempts import TAKEN, Attempt, Attempts
from sandbox.portone.cancels import NextCancel
from sandbox.portone.checkout import Page, open_window
from sandbox.portone.errors import ApiError
from sandbox.portone.transitions import Forged

SETTLE_POLL_SECONDS = 0.02


class Said(BaseModel):
    """A control body: unknown names are mistakes."""

    model_config = ConfigDict(extra="forbid")


class Start(Said):
    """The argument of `PortOne.requestPayment`, and what the script would say about its page."""

    request: dict[str, Any]
    page: Page = Page()


class Approve(Forged):
    """How the result differs, and by which card it was paid."""

    card: str = "SHINHAN_CARD"
    months: int = Field(default=0, ge=0)
    transaction_id: str | None = None


class Decline(Said):
    pg_code: str = transitions.OVER_LIMIT[0]
    pg_message: str = transitions.OVER_LIMIT[1]
    transaction_id: str | None = None


class Deposit(Said):
    """amount: another one than was asked for, or the second deposit.   at: when the bank says it came."""

    amount: int | None = Field(default=None, gt=0)
    at: str | None = None


class ConsoleCancel(Said):
    """A cancel that no API call asked for: by a person in PortOne's console, or a chargeback."""

    amount: int | None = Field(default=None, gt=0)
    reason: str = cancels.CONSOLE_REASON
    trigger: str = "CONSOLE"


class Decide(Said):
    cancellation_id: str | None = None


class Dispute(Said):
    reason: str = "결제한 적이 없어요."


class Drift(Said):
    """Additions of a newer API that announce themselves to nobody."""

    unknown_field: bool = False
    unknown_enum: bool = False
    unknown_method: bool = False
    unknown_status: bool = False
    unknown_webhook_type: bool = False


class ManualApproval(Said):
    channel_key: str
    on: bool


class NextCharges(Said):
    """Refusals of the next charges of kept cards, one each."""

    codes: list[str]


class Issuer(Said):
    card: str = "SHINHAN_CARD"


class WebhookConfig(Said):
    url: str | None = None
    secrets: list[str] | None = None
    jitter_seconds: float | None = Field(default=None, ge=0)
    seed: int | None = None


class Release(Said):
    last_first: bool = False


class Settle(Said):
    timeout_seconds: float = Field(default=10, ge=0, le=60)


class TestCall(Said):
    type: str = "Transaction.Paid"
    data: dict[str, Any]


def start(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = Start.model_validate(body)
    return _told(open_window(sandbox, request=said.request, page=said.page, user_agent="sandbox", ip_address="127.0.0.1"))


def approve(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = Approve.model_validate(body)
    differences = said.model_dump(exclude={"card", "months", "transaction_id"}, exclude_none=True)
    forged = Forged(**differences) if differences else None
    transaction_id = said.transaction_id or _newest(sandbox, named["payment_id"])
    return _told(transitions.approve(sandbox, transaction_id, card=said.card, months=said.months, forged=forged))


def decline(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = Decline.model_validate(body)
    transaction_id = said.transaction_id or _newest(sandbox, named["payment_id"])
    return _told(transitions.decline(sandbox, transaction_id, pg_code=said.pg_code, pg_message=said.pg_message))


def close(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """The buyer leaves: nothing changes, only the browser is told."""
    attempt = Attempts(sandbox.book).payment(named["payment_id"])
    if attempt is None:
        raise ApiError("PAYMENT_NOT_FOUND")
    return _told(attempt, left=True)


def pend(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _told(transitions.pend(sandbox, _newest(sandbox, named["payment_id"])))


def deposit(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = Deposit.model_validate(body)
    return _told(transitions.deposit(sandbox, named["payment_id"], amount=said.amount, at=said.at))


def console_cancel(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = ConsoleCancel.model_validate(body)
    made = cancels.cancel(sandbox, named["payment_id"], reason=said.reason, amount=said.amount, trigger=said.trigger)
    return {"cancellation": cancels.wire(made)}


def approve_cancel(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _decide(sandbox, named, body, succeeds=True)


def fail_cancel(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _decide(sandbox, named, body, succeeds=False)


def open_dispute(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _told(transitions.open_dispute(sandbox, named["payment_id"], reason=Dispute.model_validate(body).reason))


def resolve_dispute(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return _told(transitions.resolve_dispute(sandbox, named["payment_id"]))


def overlay(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Dotted paths and values laid over the payment object from now on, for example {"amount.total": 1}; {} ends it."""
    if not isinstance(body, dict):
        raise ValueError("an overlay maps dotted paths to values")
    with sandbox.book.write():
        sandbox.book.run("DELETE FROM overlays WHERE payment_id = ?", named["payment_id"])
        if body:
            sandbox.book.run("INSERT INTO overlays VALUES (?, ?)", named["payment_id"], json.dumps(body))
    return {}


def next_approval(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    sandbox.book.set_switch("next_approval", Forged.model_validate(body).model_dump())
    return {}


def next_cancel(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    rule = NextCancel.model_validate(body)
    with sandbox.book.write():
        sandbox.book.set_switch("next_cancels", [*sandbox.book.switch("next_cancels", []), rule.model_dump()])
    return {}


def start_card(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = Start.model_validate(body)
    return {"ref": billing.open_window(sandbox, request=said.request, page=said.page).ref}


def agree_card(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    card = billing.agree(sandbox, named["ref"], issuer=Issuer.model_validate(body).card)
    return {"way_back": {"url": card.success_url, "query": billing.browser_result(card)}}


def list_cards(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    cards = KeptCards(sandbox.book, billing.HOUSE).all()
    return {"cards": [{"billing_key": card.billing_key, "owner": card.owner, "status": card.status} for card in cards]}


def next_charges(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    with sandbox.book.write():
        sandbox.book.set_switch("portone_next_charges", NextCharges.model_validate(body).codes)
    return {}


def set_drift(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    drift = Drift.model_validate(body).model_dump()
    sandbox.book.set_switch("drift", drift)
    return drift


def set_manual_approval(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = ManualApproval.model_validate(body)
    if said.channel_key not in {channel.key for channel in sandbox.settings.channels}:
        raise ValueError("no such channel")
    with sandbox.book.write():
        switched = {**sandbox.book.switch("manual_approval", {}), said.channel_key: said.on}
        sandbox.book.set_switch("manual_approval", switched)
    return {"manual_approval": switched}


def set_webhook_config(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Where events go and who signs them, from now on; what is not named stays."""
    said = WebhookConfig.model_validate(body).model_dump(exclude_none=True)
    return sandbox.webhooks.configure(said)


def add_webhook_fault(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    fault = WebhookFault.model_validate(body)
    sandbox.webhooks.add_fault(fault)
    return {"fault": fault.model_dump()}


def clear_webhook_faults(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    sandbox.webhooks.clear_faults()
    return {}


def release_webhooks(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return {"released": sandbox.webhooks.release(last_first=Release.model_validate(body).last_first)}


async def settle_webhooks(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Wait until nothing is on its way or due."""
    deadline = asyncio.get_running_loop().time() + Settle.model_validate(body).timeout_seconds
    while not sandbox.webhooks.is_settled():
        if asyncio.get_running_loop().time() > deadline:
            return {"settled": False}
        await asyncio.sleep(SETTLE_POLL_SECONDS)
    return {"settled": True}


def test_call(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    said = TestCall.model_validate(body)
    sandbox.webhooks.test_call(type=said.type, data=said.data)
    return {}


def list_deliveries(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    deliveries = sandbox.webhooks.listed(named.get("payment_id", ""))
    fields = ("webhook_id", "payment_id", "transaction_id", "url", "type", "body", "state", "executions", "due_at", "attempts")
    return {"deliveries": [{name: getattr(delivery, name) for name in fields} for delivery in deliveries]}


def show_payment(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    attempt = Attempts(sandbox.book).payment(named["payment_id"])
    if attempt is None:
        raise ApiError("PAYMENT_NOT_FOUND")
    return {"payment": shapes.payment(sandbox, attempt, base_url="")}


def book(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """What the PG really took and gave back, per payment and in all. Overlays and drift do not reach this book."""
    payments: list[dict[str, Any]] = [
        {
            "payment_id": attempt.payment_id,
            "transaction_id": attempt.transaction_id,
            "status": attempt.status,
            "currency": attempt.currency,
            "captured": attempt.total if attempt.status in TAKEN else 0,
            "cancelled": attempt.cancelled,
            "undecided": sum(cancel.total for cancel in attempt.cancellations if cancel.status == "REQUESTED"),
            "cancels": [cancels.wire(cancel) for cancel in attempt.cancellations],
            "paid_at": attempt.paid_at,
        }
        for attempt in Attempts(sandbox.book).payments()
        if named.get("payment_id", attempt.payment_id) == attempt.payment_id
    ]
    captured = sum(int(payment["captured"]) for payment in payments)
    cancelled = sum(int(payment["cancelled"]) for payment in payments)
    return {"payments": payments, "totals": {"captured": captured, "cancelled": cancelled, "net": captured - cancelled}}


def _decide(sandbox: Sandbox, named: Mapping[str, str], body: Any, *, succeeds: bool) -> dict[str, Any]:
    said = Decide.model_validate(body)
    decided = cancels.decide(sandbox, named["payment_id"], succeeds=succeeds, cancellation_id=said.cancellation_id)
    return {"cancellation": cancels.wire(decided)}


def _newest(sandbox: Sandbox, payment_id: str) -> str:
    """The window opened last."""
    group = Attempts(sandbox.book).of_payment(payment_id)
    if not group:
        raise ApiError("PAYMENT_NOT_FOUND")
    return group[-1].transaction_id


def _told(attempt: Attempt, *, left: bool = False) -> dict[str, Any]:
    return {
        "payment_id": attempt.payment_id,
        "transaction_id": attempt.transaction_id,
        "status": attempt.status,
        "result": transitions.browser_result(attempt, left=left),
    }


ROUTES = [
    route("GET", "/book", book),
    route("GET", "/payments/{payment_id:path}", show_payment),
    route("POST", "/payments", start),
    route("POST", "/payments/{payment_id:path}/approve-cancel", approve_cancel),
    route("POST", "/payments/{payment_id:path}/fail-cancel", fail_cancel),
    route("POST", "/payments/{payment_id:path}/approve", approve),
    route("POST", "/payments/{payment_id:path}/decline", decline),
    route("POST", "/payments/{payment_id:path}/close", close),
    route("POST", "/payments/{payment_id:path}/pend", pend),
    route("POST", "/payments/{payment_id:path}/deposit", deposit),
    route("POST", "/payments/{payment_id:path}/console-cancel", console_cancel),
    route("POST", "/payments/{payment_id:path}/resolve-dispute", resolve_dispute),
    route("POST", "/payments/{payment_id:path}/dispute", open_dispute),
    route("POST", "/payments/{payment_id:path}/overlay", overlay),
    route("POST", "/next-approval", next_approval),
    route("POST", "/next-cancel", next_cancel),
    route("POST", "/cards", start_card),
    route("GET", "/cards", list_cards),
    route("POST", "/cards/{ref}/agree", agree_card),
    route("POST", "/next-charges", next_charges),
    route("POST", "/drift", set_drift),
    route("POST", "/manual-approval", set_manual_approval),
    route("GET", "/deliveries", list_deliveries),
    route("POST", "/webhooks/config", set_webhook_config),
    route("POST", "/webhooks/faults", add_webhook_fault),
    route("DELETE", "/webhooks/faults", clear_webhook_faults),
    route("POST", "/webhooks/release", release_webhooks),
    route("POST", "/webhooks/settle", settle_webhooks),
    route("POST", "/webhooks/test-call", test_call),
]
