"""Payments as the API shows them. Absent values are left out, never null."""

from __future__ import annotations

import json
from typing import Any

from sandbox.context import Sandbox
from sandbox.portone import cancels
from sandbox.portone.attempts import TAKEN, Attempt
from sandbox.portone.webhooks import wire


def payment(sandbox: Sandbox, attempt: Attempt, *, base_url: str) -> dict[str, Any]:
    """The payment object of `GET /payments/{id}`: honest, then bent by the overlay and the drift switches, if any."""
    shown = _attempt(sandbox, attempt, base_url=base_url)
    found = sandbox.book.row("SELECT doc FROM overlays WHERE payment_id = ?", attempt.payment_id)
    for path, value in json.loads(found["doc"]).items() if found else ():
        _put(shown, path.split("."), value)
    return _drift(shown, sandbox.book.switch("drift", {}))


def transaction(sandbox: Sandbox, attempt: Attempt, *, base_url: str) -> dict[str, Any]:
    """One attempt of `GET /payments/{id}/transactions`: its own id is the transaction's."""
    shown = _attempt(sandbox, attempt, base_url=base_url)
    del shown["transactionId"]
    return {**shown, "id": attempt.transaction_id, "paymentId": attempt.payment_id}


def _attempt(sandbox: Sandbox, attempt: Attempt, *, base_url: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "status": attempt.status,
        "id": attempt.payment_id,
        "transactionId": attempt.transaction_id,
        "merchantId": sandbox.settings.merchant_id,
        "storeId": attempt.store_id,
        "channel": attempt.channel,
        "version": "V2",
        "webhooks": [
            wire(delivery) for delivery in sandbox.webhooks.listed(attempt.payment_id) if delivery.transaction_id == attempt.transaction_id
        ],
        "requestedAt": attempt.requested_at,
        "updatedAt": attempt.updated_at,
        "statusChangedAt": attempt.status_changed_at,
        "orderName": attempt.order_name,
        "amount": _amount(attempt),
        "currency": attempt.currency,
        "customer": attempt.customer,
        "origin": attempt.origin,
    }
    if attempt.products:
        shown["products"] = attempt.products
        shown["productCount"] = sum(int(product.get("quantity", 1)) for product in attempt.products)
    if attempt.custom_data is not None:
        shown["customData"] = attempt.custom_data
    if attempt.method is not None and attempt.status != "READY":
        shown["method"] = attempt.method
    if attempt.pg_tx_id is not None:
        shown["pgTxId"] = attempt.pg_tx_id
    if attempt.status == "FAILED":
        shown["failedAt"] = attempt.failed_at
        shown["failure"] = attempt.failure
        shown.pop("pgTxId", None)
    if attempt.status in TAKEN:
        shown["paidAt"] = attempt.paid_at
        shown["receiptUrl"] = f"{base_url}{attempt.receipt_url}"
        if attempt.cancellations:
            shown["cancellations"] = [cancels.wire(cancellation) for cancellation in attempt.cancellations]
    if attempt.status == "PAID":
        shown["disputes"] = attempt.disputes
        shown["pgResponse"] = '{"resultCode":"0000"}'
    if attempt.status in ("PARTIAL_CANCELLED", "CANCELLED"):
        shown["cancelledAt"] = max(cancel.cancelled_at for cancel in attempt.cancellations if cancel.cancelled_at is not None)
    return shown


def _amount(attempt: Attempt) -> dict[str, int]:
    return {
        "total": attempt.total,
        "taxFree": attempt.tax_free,
        "vat": attempt.vat,
        "supply": attempt.total - attempt.tax_free - attempt.vat,
        "discount": attempt.discount,
        "paid": attempt.total - attempt.discount if attempt.status in TAKEN else 0,
        "cancelled": attempt.cancelled,
        "cancelledTaxFree": attempt.cancelled_tax_free,
    }


def _put(target: dict[str, Any], path: list[str], value: Any) -> None:
    """Set a value at a dotted path, making the way."""
    for name in path[:-1]:
        target = target.setdefault(name, {})
    target[path[-1]] = value


def _drift(shown: dict[str, Any], drift: dict[str, bool]) -> dict[str, Any]:
    """A newer API: additions that PortOne announces as compatible, each behind its own switch."""
    if drift.get("unknown_field"):
        shown["somethingNew"] = {"value": 1}
        shown["amount"]["somethingNew"] = 1
    if drift.get("unknown_enum") and shown.get("method", {}).get("card"):
        shown["method"] = {**shown["method"], "card": {**shown["method"]["card"], "brand": "SOMETHING_NEW", "type": "SOMETHING_NEW"}}
    if drift.get("unknown_method"):
        shown["method"] = {"type": "PaymentMethodSomethingNew", "value": 1}
    if drift.get("unknown_status"):
        shown["status"] = "SOMETHING_NEW"
    return shown
