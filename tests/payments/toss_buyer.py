"""Somebody who pays through Toss Payments, and a look into its own book. Everything goes over HTTP."""

from __future__ import annotations

import json
import uuid
from typing import Any

from payments import services
from payments.models import PaymentOrder
from tests.sandbox_process import SandboxProcess

DOOR = "/payments/webhooks/toss/"


class TossBuyer:
    """What the buyer, the bank and the sender of webhooks do."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox

    def enters(self, order: PaymentOrder, **changes: Any) -> str:
        """Open the pay window with the page's parameters, some of the request changed on the way; the payment's key."""
        checkout = services.checkout_of(order)
        said = {
            "client_key": checkout["clientKey"],
            "customer_key": checkout["customerKey"],
            "request": {**checkout["request"], **changes},
        }
        return str(self.sandbox.control("POST", "/toss/payments", said)["payment_key"])

    def act(self, order: PaymentOrder, action: str, **body: Any) -> dict[str, Any]:
        told: dict[str, Any] = self.sandbox.control("POST", f"/toss/payments/{order.order_id}/{action}", body)
        return told

    def agrees(self, order: PaymentOrder, **wish: Any) -> dict[str, str]:
        """Enter and agree; the query with which the browser comes back."""
        self.enters(order)
        query: dict[str, str] = self.act(order, "agree", **wish)["way_back"]["query"]
        return query

    def book(self, order: PaymentOrder) -> tuple[int, int]:
        """What Toss took and gave back for this order."""
        rows = self.sandbox.control("GET", "/toss/book", order_id=order.order_id)["payments"]
        return (int(rows[0]["captured"]), int(rows[0]["cancelled"])) if rows else (0, 0)

    def fault(self, **rule: Any) -> None:
        """Script a misbehaviour of the API."""
        self.sandbox.control("POST", "/faults", {"service": "toss", **rule})


def message(order_id: str, *, id: str = "", status: str = "DONE") -> dict[str, Any]:
    """Arguments for `client.post`: a payment message as Toss sends it, unsigned."""
    body = {
        "eventType": "PAYMENT_STATUS_CHANGED",
        "createdAt": "2026-01-02T14:46:59.65327",
        "data": {"orderId": order_id, "status": status},
    }
    return _post(body, id)


def deposit_message(order_id: str, secret: str, *, id: str = "") -> dict[str, Any]:
    """The flat message of a deposit, with the secret of its payment."""
    said = {"createdAt": "2026-01-02T14:46:59+09:00", "secret": secret, "status": "DONE", "transactionKey": "9FF1", "orderId": order_id}
    return _post(said, id)


def _post(said: dict[str, Any], id: str) -> dict[str, Any]:
    return {
        "path": DOOR,
        "data": json.dumps(said).encode(),
        "content_type": "application/json",
        "headers": {"tosspayments-webhook-transmission-id": id or str(uuid.uuid4())},
    }
