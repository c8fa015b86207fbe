"""Everything that may happen to an attempt after its window opened, except cancels."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.clock import instant
from sandbox.context import Sandbox
from sandbox.portone.attempts import TAKEN, Attempt, Attempts
from sandbox.portone.checkout import fail, vat_inside
from sandbox.portone.errors import ApiError, BrowserError

CARDS = {
    "SHINHAN_CARD": "신한카드",
    "SAMSUNG_CARD": "삼성카드",
    "HYUNDAI_CARD": "현대카드",
    "KOOKMIN_CARD": "KB국민카드",
    "LOTTE_CARD": "롯데카드",
    "HANA_CARD": "하나카드",
    "WOORI_CARD": "우리카드",
    "BC_CARD": "BC카드",
    "NH_CARD": "NH농협카드",
}
OVER_LIMIT = ("1195", "한도초과")
BUYER_LEFT = ("PAY_PROCESS_CANCELED", "사용자가 결제를 취소했어요.")
"""What Inicis really reports when the window is closed is not published."""
ACCOUNT_DAYS = 3
KST = timezone(timedelta(hours=9))


class Forged(BaseModel):
    """How the result shall differ from what the buyer was asked for. Nothing set means an honest payment."""

    model_config = ConfigDict(extra="forbid")

    amount: int | None = None
    currency: str | None = None
    discount: int | None = Field(default=None, ge=0)
    store_id: str | None = None
    channel_key: str | None = None
    channel_type: Literal["LIVE", "TEST"] | None = None
    paid_at: str | None = None

    def apply(self, attempt: Attempt) -> None:
        """Write the differences into the attempt."""
        if self.amount is not None:
            attempt.total = self.amount
            attempt.vat = vat_inside(self.amount - attempt.tax_free)
        attempt.currency = self.currency or attempt.currency
        attempt.store_id = self.store_id or attempt.store_id
        attempt.discount = self.discount if self.discount is not None else attempt.discount
        for name, value in (("key", self.channel_key), ("type", self.channel_type)):
            if value is not None:
                attempt.channel[name] = value


def approve(sandbox: Sandbox, transaction_id: str, *, card: str = "SHINHAN_CARD", months: int = 0, forged: Forged | None = None) -> Attempt:
    """
    The buyer agreed and the card said yes. With manual approval nothing is taken yet: the attempt gets its payment token.

    A second approval of the same attempt changes nothing.

    :raises BrowserError: another attempt has already paid this payment, or this one is over.
    """
    attempts = Attempts(sandbox.book)
    with sandbox.book.write():
        attempt = _get(sandbox, transaction_id)
        if attempt.status in TAKEN or attempt.payment_token is not None or attempt.status == "VIRTUAL_ACCOUNT_ISSUED":
            return attempt
        speaker = attempts.payment(attempt.payment_id)
        if speaker is not None and speaker.status in TAKEN:
            raise BrowserError("PaymentAlreadyPaid", "this paymentId has been paid")
        if attempt.status not in ("READY", "PAY_PENDING"):
            raise BrowserError("InvalidEntityState", f"the attempt is {attempt.status}")
        forged = forged or _next_forgery(sandbox)
        forged.apply(attempt)
        attempt.method = _card_method(card, months)
        if attempt.manual_approval and attempt.status == "READY":
            attempt.payment_token = secrets.token_urlsafe(24)
            attempt.updated_at = instant()
            attempts.save(attempt)
            return attempt
        if attempt.pay_method == "VIRTUAL_ACCOUNT":
            _issue_account(sandbox, attempt)
        else:
            _take(sandbox, attempt, paid_at=forged.paid_at)
        return attempt


def take_card(sandbox: Sandbox, attempt: Attempt, *, card: str, paid_at: str | None) -> None:
    """Capture an attempt by card without a window. Joins the caller's write."""
    attempt.method = _card_method(card, 0)
    _take(sandbox, attempt, paid_at=paid_at)


def decline(sandbox: Sandbox, transaction_id: str, *, pg_code: str = OVER_LIMIT[0], pg_message: str = OVER_LIMIT[1]) -> Attempt:
    """The card said no. A paid or failed attempt stays as it is."""
    with sandbox.book.write():
        attempt = _get(sandbox, transaction_id)
        if attempt.status in ("READY", "PAY_PENDING"):
            attempt.payment_token = None
            fail(sandbox, attempt, pg_code=pg_code, pg_message=pg_message)
        return attempt


def confirm(
    sandbox: Sandbox,
    payment_id: str,
    *,
    token: str,
    transaction_id: str | None,
    currency: str | None,
    total: int | None,
    tax_free: int | None,
    is_test: bool | None,
    skip_webhook: bool,
) -> Attempt:
    """
    Capture a payment that waited for the merchant's server.

    :raises ApiError: unknown payment or token, already paid, or an expected value differs; nothing was taken.
    """
    with sandbox.book.write():
        group = Attempts(sandbox.book).of_payment(payment_id)
        if not group:
            raise ApiError("PAYMENT_NOT_FOUND")
        if any(attempt.status in TAKEN for attempt in group):
            raise ApiError("ALREADY_PAID")
        attempt = next((a for a in group if a.payment_token is not None and secrets.compare_digest(a.payment_token, token)), None)
        if attempt is None:
            raise ApiError("INVALID_PAYMENT_TOKEN")
        expected = (
            (transaction_id, attempt.transaction_id),
            (currency, attempt.currency),
            (total, attempt.total),
            (tax_free, attempt.tax_free),
            (is_test, attempt.channel["type"] == "TEST"),
        )
        if any(want is not None and want != have for want, have in expected):
            raise ApiError("INFORMATION_MISMATCH")
        attempt.payment_token = None
        if attempt.pay_method == "VIRTUAL_ACCOUNT":
            _issue_account(sandbox, attempt, skip_webhook=skip_webhook)
        else:
            _take(sandbox, attempt, skip_webhook=skip_webhook)
        return attempt


def pend(sandbox: Sandbox, transaction_id: str) -> Attempt:
    """The PG took the payment and has not decided yet."""
    with sandbox.book.write():
        attempt = _get(sandbox, transaction_id, status="READY")
        _move(sandbox, attempt, "PAY_PENDING")
        sandbox.webhooks.tell(attempt, "Transaction.PayPending", trigger="ASYNC_PAY_PENDING")
        return attempt


def deposit(sandbox: Sandbox, payment_id: str, *, amount: int | None = None, at: str | None = None) -> Attempt:
    """
    Money arrived on the issued account. amount: another one than was asked for; banks that do not check let it through.
    A second deposit adds to the first.

    :raises ApiError: no account was issued.
    """
    with sandbox.book.write():
        attempt = Attempts(sandbox.book).payment(payment_id)
        if attempt is not None and attempt.status == "PAID" and attempt.pay_method == "VIRTUAL_ACCOUNT":
            attempt.total += amount or attempt.total
        else:
            attempt = _waiting(sandbox, payment_id)
            attempt.total = amount or attempt.total
        attempt.vat = vat_inside(attempt.total - attempt.tax_free)
        _take(sandbox, attempt, paid_at=attempt.paid_at or at, trigger="VIRTUAL_ACCOUNT_DEPOSIT")
        return attempt


def close_account(sandbox: Sandbox, payment_id: str) -> str:
    """
    Withdraw an issued account; returns the instant. Its payment counts as failed, as the console shows it.

    :raises ApiError: unknown payment, or no account waits for money.
    """
    with sandbox.book.write():
        attempt = _waiting(sandbox, payment_id)
        fail(sandbox, attempt, pg_code="", pg_message="가상계좌 발급 취소")
        return attempt.status_changed_at


def open_dispute(sandbox: Sandbox, payment_id: str, *, reason: str) -> Attempt:
    """
    The card holder complains.

    :raises ApiError: the payment was never paid.
    """
    with sandbox.book.write():
        attempt = _paid(sandbox, payment_id)
        at = instant()
        attempt.disputes.append(
            {"status": "UNRESOLVED", "reason": reason, "createdAt": at, "pgDisputeId": f"dispute-{len(attempt.disputes) + 1}"}
        )
        attempt.updated_at = at
        Attempts(sandbox.book).save(attempt)
        sandbox.webhooks.tell(attempt, "Transaction.DisputeCreated", trigger="DISPUTE_CREATED")
        return attempt


def resolve_dispute(sandbox: Sandbox, payment_id: str) -> Attempt:
    """
    The oldest open complaint is settled.

    :raises ApiError: the payment was never paid, or nobody complains.
    """
    with sandbox.book.write():
        attempt = _paid(sandbox, payment_id)
        dispute = next((dispute for dispute in attempt.disputes if dispute["status"] == "UNRESOLVED"), None)
        if dispute is None:
            raise ApiError("INVALID_REQUEST", "no open dispute")
        at = instant()
        dispute.update(status="RESOLVED", resolvedAt=at)
        attempt.updated_at = at
        Attempts(sandbox.book).save(attempt)
        sandbox.webhooks.tell(attempt, "Transaction.DisputeResolved", trigger="DISPUTE_RESOLVED")
        return attempt


def browser_result(attempt: Attempt, *, refusal: BrowserError | None = None, left: bool = False) -> dict[str, str]:
    """What `requestPayment` resolves to; the same names travel on a redirect. A `code` means that it went wrong."""
    result = {"transactionType": "PAYMENT", "txId": attempt.transaction_id, "paymentId": attempt.payment_id}
    if refusal is not None:
        return {**result, "code": refusal.code, "message": refusal.message}
    if attempt.status == "FAILED" and attempt.failure is not None:
        return {
            **result,
            "code": "FAILURE_TYPE_PG",
            "message": f"[결제 실패] {attempt.failure['pgMessage']}",
            "pgCode": attempt.failure["pgCode"],
            "pgMessage": attempt.failure["pgMessage"],
        }
    if left and attempt.status == "READY" and attempt.payment_token is None:
        return {**result, "code": "FAILURE_TYPE_PG", "message": BUYER_LEFT[1], "pgCode": BUYER_LEFT[0], "pgMessage": BUYER_LEFT[1]}
    if attempt.payment_token is not None:
        result["paymentToken"] = attempt.payment_token
    return result


def _get(sandbox: Sandbox, transaction_id: str, *, status: str | None = None) -> Attempt:
    attempt = Attempts(sandbox.book).get(transaction_id)
    if attempt is None:
        raise BrowserError("TransactionNotFound", "no such attempt")
    if status is not None and attempt.status != status:
        raise BrowserError("InvalidEntityState", f"the attempt is {attempt.status}")
    return attempt


def _paid(sandbox: Sandbox, payment_id: str) -> Attempt:
    attempt = Attempts(sandbox.book).payment(payment_id)
    if attempt is None:
        raise ApiError("PAYMENT_NOT_FOUND")
    if attempt.status not in TAKEN:
        raise ApiError("PAYMENT_NOT_PAID")
    return attempt


def _waiting(sandbox: Sandbox, payment_id: str) -> Attempt:
    attempt = Attempts(sandbox.book).payment(payment_id)
    if attempt is None:
        raise ApiError("PAYMENT_NOT_FOUND")
    if attempt.status != "VIRTUAL_ACCOUNT_ISSUED":
        raise ApiError("PAYMENT_NOT_WAITING_FOR_DEPOSIT")
    return attempt


def _move(sandbox: Sandbox, attempt: Attempt, status: str) -> str:
    at = instant()
    attempt.status = status
    attempt.updated_at = attempt.status_changed_at = at
    kind = {"CARD": "CARD", "VIRTUAL_ACCOUNT": "VBNK"}.get(attempt.pay_method, attempt.pay_method)
    attempt.pg_tx_id = attempt.pg_tx_id or f"Stdpay{kind}{attempt.channel['pgMerchantId']}{attempt.transaction_id.replace('-', '')[:20]}"
    Attempts(sandbox.book).save(attempt)
    return at


def _take(
    sandbox: Sandbox, attempt: Attempt, *, paid_at: str | None = None, trigger: str | None = None, skip_webhook: bool = False
) -> None:
    attempt.receipt_url = f"/portone/browser/receipts/{attempt.transaction_id}"
    attempt.paid_at = paid_at or instant()
    _move(sandbox, attempt, "PAID")
    if not skip_webhook:
        sandbox.webhooks.tell(attempt, "Transaction.Paid", trigger=trigger)


def _issue_account(sandbox: Sandbox, attempt: Attempt, *, skip_webhook: bool = False) -> None:
    until = _account_end(attempt).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    attempt.method = {
        "type": "PaymentMethodVirtualAccount",
        "bank": "SHINHAN",
        "accountNumber": f"562{secrets.randbelow(10**11):011d}",
        "accountType": "NORMAL",
        "remitteeName": "(주)부스트",
        "remitterName": attempt.customer.get("name", ""),
        "expiredAt": until,
        "issuedAt": instant(),
    }
    _move(sandbox, attempt, "VIRTUAL_ACCOUNT_ISSUED")
    if not skip_webhook:
        sandbox.webhooks.tell(attempt, "Transaction.VirtualAccountIssued")


def _account_end(attempt: Attempt) -> datetime:
    """When the account closes: as the page asked, on Korean clocks, else after some days."""
    if attempt.account_due is None:
        return datetime.now(UTC) + timedelta(days=ACCOUNT_DAYS)
    return datetime.fromisoformat(attempt.account_due).replace(tzinfo=KST)


def _card_method(card: str, months: int) -> dict[str, Any]:
    return {
        "type": "PaymentMethodCard",
        "card": {
            "publisher": card,
            "issuer": card,
            "brand": "LOCAL",
            "type": "CREDIT",
            "ownerType": "CORPORATE",
            "bin": "123456",
            "name": f"{CARDS.get(card, card)} 법인",
            "number": "12345600****000*",
        },
        "approvalNumber": f"{secrets.randbelow(10**8):08d}",
        "installment": {"month": months, "isInterestFree": False},
        "pointUsed": False,
    }


def _next_forgery(sandbox: Sandbox) -> Forged:
    """The scripted difference for the next approval, used up by it."""
    found = sandbox.book.switch("next_approval", None)
    if found is None:
        return Forged()
    sandbox.book.set_switch("next_approval", None)
    return Forged.model_validate(found)
