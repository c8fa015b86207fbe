"""Payments, movements and settlements as the API shows them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.settings import SandboxSettings
from sandbox.toss.payments import Cancel, Movement, Payment

if TYPE_CHECKING:
    from sandbox.context import Sandbox

VERSION = "2022-11-16"
METHODS = {"CARD": "카드", "VIRTUAL_ACCOUNT": "가상계좌", "TRANSFER": "계좌이체"}
FEE_PER_MILLE = {"CARD": 29, "VIRTUAL_ACCOUNT": 0, "TRANSFER": 18}
FEE_PER_ACCOUNT = 300


def vat_inside(amount: int) -> int:
    """The tax contained in an amount: one eleventh, rounded half up (15,000 → 1,364)."""
    return (amount * 2 + 11) // 22


def payment(sandbox: Sandbox, shown: Payment, *, base_url: str) -> dict[str, Any]:
    """The payment object of the API: honest, then bent by the overlay, if any."""
    found = sandbox.book.row("SELECT doc FROM toss_overlays WHERE order_id = ?", shown.order_id)
    return plain(sandbox.settings, shown, base_url=base_url) | (json.loads(found["doc"]) if found else {})


def plain(settings: SandboxSettings, shown: Payment, *, base_url: str) -> dict[str, Any]:
    """The payment object as it is."""
    vat = vat_inside(shown.amount)
    return {
        "version": VERSION,
        "paymentKey": shown.payment_key,
        "type": shown.type,
        "orderId": shown.order_id,
        "orderName": shown.order_name,
        "mId": settings.toss_mid,
        "currency": shown.currency,
        "method": None if shown.status in ("READY", "EXPIRED") and shown.agreed_at is None else METHODS[shown.method],
        "totalAmount": shown.amount,
        "balanceAmount": shown.balance,
        "status": shown.status,
        "requestedAt": shown.requested_at,
        "approvedAt": shown.approved_at,
        "useEscrow": False,
        "lastTransactionKey": shown.last_transaction_key or None,
        "suppliedAmount": shown.amount - vat,
        "vat": vat,
        "cultureExpense": False,
        "taxFreeAmount": 0,
        "taxExemptionAmount": 0,
        "cancels": [cancel(made) for made in shown.cancels] or None,
        "isPartialCancelable": shown.was_taken,
        "card": _card(shown),
        "virtualAccount": _account(shown),
        "secret": shown.secret or None,
        "mobilePhone": None,
        "giftCertificate": None,
        "transfer": None,
        "receipt": {"url": f"{base_url}/toss/browser/receipts/{shown.payment_key}"} if shown.was_taken else None,
        "checkout": {"url": f"{base_url}/toss/browser/window/{shown.payment_key}"},
        "easyPay": None,
        "country": "KR",
        "failure": shown.failure,
        "cashReceipt": None,
        "cashReceipts": None,
        "discount": None,
        "metadata": shown.metadata,
    }


def cancel(made: Cancel) -> dict[str, Any]:
    """One of `cancels[]`."""
    return {
        "cancelAmount": made.amount,
        "cancelReason": made.reason,
        "taxFreeAmount": 0,
        "taxExemptionAmount": 0,
        "refundableAmount": made.left,
        "easyPayDiscountAmount": 0,
        "transferDiscountAmount": 0,
        "canceledAt": made.canceled_at,
        "transactionKey": made.transaction_key,
        "receiptKey": None,
        "cancelStatus": made.status,
        "cancelRequestId": None,
    }


def transaction(sandbox: Sandbox, of: Payment, moved: Movement) -> dict[str, Any]:
    """One line of `GET /v1/transactions`: money that came, or went back."""
    return {
        "mId": sandbox.settings.toss_mid,
        "transactionKey": moved.transaction_key,
        "paymentKey": of.payment_key,
        "orderId": of.order_id,
        "method": METHODS[of.method],
        "customerKey": of.customer_key or None,
        "useEscrow": False,
        "receiptUrl": None,
        "status": moved.status,
        "transactionAt": moved.at,
        "currency": of.currency,
        "amount": moved.amount,
    }


def settlement(sandbox: Sandbox, of: Payment, moved: Movement, *, sold_on: str, paid_out_on: str) -> dict[str, Any]:
    """
    One line of `GET /v1/settlements`: a movement with its fee, and what is paid out for it.

    A cancel takes its fee back with it. `supplyAmount` and `vat` are those of the fee.
    """
    sign = -1 if moved.amount < 0 else 1
    fee = sign * (FEE_PER_ACCOUNT if of.method == "VIRTUAL_ACCOUNT" else abs(moved.amount) * FEE_PER_MILLE[of.method] // 1000)
    vat = sign * (abs(fee) // 10)
    return {
        "mId": sandbox.settings.toss_mid,
        "paymentKey": of.payment_key,
        "transactionKey": moved.transaction_key,
        "orderId": of.order_id,
        "currency": of.currency,
        "method": METHODS[of.method],
        "amount": moved.amount,
        "interestFee": 0,
        "fee": fee + vat,
        "supplyAmount": fee,
        "vat": vat,
        "payOutAmount": moved.amount - fee - vat,
        "approvedAt": of.approved_at,
        "soldDate": sold_on,
        "paidOutDate": paid_out_on,
    }


def _card(shown: Payment) -> dict[str, Any] | None:
    if shown.card is None:
        return None
    return {
        "amount": shown.amount,
        "issuerCode": shown.card["issuer"],
        "acquirerCode": shown.card["issuer"],
        "number": shown.card["number"],
        "installmentPlanMonths": shown.card.get("months", 0),
        "approveNo": shown.card.get("approve_no", ""),
        "useCardPoint": False,
        "cardType": "신용",
        "ownerType": "법인",
        "acquireStatus": "READY",
        "isInterestFree": False,
        "interestPayer": None,
    }


def _account(shown: Payment) -> dict[str, Any] | None:
    if shown.account is None:
        return None
    refund = "NONE"
    if shown.was_taken and shown.cancels:
        refund = "COMPLETED" if any(made.status == "DONE" for made in shown.cancels) else "PENDING"
    back = next((made.receive_account for made in reversed(shown.cancels) if made.receive_account), None)
    return {
        "accountType": "일반",
        "accountNumber": shown.account["number"],
        "bankCode": shown.account["bank"],
        "customerName": shown.customer_name,
        "depositorName": shown.account.get("depositor", ""),
        "dueDate": shown.account["due_at"],
        "refundStatus": refund,
        "expired": bool(shown.account.get("expired")),
        "settlementStatus": "INCOMPLETED",
        "refundReceiveAccount": back,
    }
