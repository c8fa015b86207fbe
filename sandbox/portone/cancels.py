"""Giving money back: by API, from the console, at once or later."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.clock import instant
from sandbox.context import Sandbox
from sandbox.portone.attempts import TAKEN, Attempt, Attempts, Cancellation, new_id
from sandbox.portone.checkout import vat_inside
from sandbox.portone.errors import ApiError

CONSOLE_REASON = "관리자페이지취소"
MAX_CANCELS = 100
"""The real limit is not published."""


class NextCancel(BaseModel):
    """The scripted outcome of the next `count` cancels by API: undecided, refused with 200, or an error of the PG."""

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["REQUESTED", "FAILED", "PG_PROVIDER"]
    count: int = Field(default=1, ge=1)
    pg_code: str = "500626"
    pg_message: str = "이미 취소된 거래입니다."


def cancel(
    sandbox: Sandbox,
    payment_id: str,
    *,
    reason: str,
    amount: int | None = None,
    tax_free: int | None = None,
    vat: int | None = None,
    believed: int | None = None,
    skip_webhook: bool = False,
    trigger: str = "API",
    has_account: bool = False,
) -> Cancellation:
    """
    Cancel part or all of a payment. Everything from the first look to the last write is one transaction.

    amount: whole minor units, all that is left when omitted.   believed: what the caller thinks may still be cancelled.

    :raises ApiError: refused, and nothing was written.
    """
    attempts = Attempts(sandbox.book)
    with sandbox.book.write():
        attempt = attempts.payment(payment_id)
        if attempt is None:
            raise ApiError("PAYMENT_NOT_FOUND")
        if attempt.status not in TAKEN:
            raise ApiError("PAYMENT_NOT_PAID")
        if attempt.status == "CANCELLED":
            raise ApiError("PAYMENT_ALREADY_CANCELLED")
        if attempt.pay_method == "VIRTUAL_ACCOUNT" and trigger == "API" and not has_account:
            raise ApiError("INVALID_REQUEST", "refundAccount: required for a virtual account")
        if believed is not None and believed != attempt.cancellable:
            raise ApiError("CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN")
        total = attempt.cancellable if amount is None else amount
        if total > attempt.cancellable or total == 0:
            raise ApiError("CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT")
        if len(attempt.cancellations) >= MAX_CANCELS:
            raise ApiError("MAX_CANCEL_COUNT_REACHED")
        tax_free, vat = _tax_parts(attempt, total, tax_free, vat)
        outcome = _next_outcome(sandbox) if trigger == "API" else None
        if outcome is not None and outcome.outcome == "PG_PROVIDER":
            refusal = ApiError("PG_PROVIDER", pgCode=outcome.pg_code, pgMessage=outcome.pg_message)
        else:
            refusal = None
            at = instant()
            made = Cancellation(
                id=new_id(),
                status=outcome.outcome if outcome else "SUCCEEDED",
                total=total,
                tax_free=tax_free,
                vat=vat,
                reason=reason,
                requested_at=at,
                trigger=trigger,
                skip_webhook=skip_webhook,
            )
            attempt.cancellations.append(made)
            attempt.updated_at = at
            if made.status == "SUCCEEDED":
                _succeed(sandbox, attempt, made)
            else:
                attempts.save(attempt)
                if made.status == "REQUESTED" and not skip_webhook:
                    sandbox.webhooks.tell(attempt, "Transaction.CancelPending", cancellation_id=made.id)
    if refusal is not None:
        raise refusal  # outside the transaction: the script's use of this outcome is spent
    return made


def decide(sandbox: Sandbox, payment_id: str, *, succeeds: bool, cancellation_id: str | None = None) -> Cancellation:
    """
    The PG decides an undecided cancel (the newest one, unless named).

    :raises ApiError: no such payment, or no such undecided cancel.
    """
    attempts = Attempts(sandbox.book)
    with sandbox.book.write():
        attempt = attempts.payment(payment_id)
        if attempt is None:
            raise ApiError("PAYMENT_NOT_FOUND")
        open_ones = [c for c in attempt.cancellations if c.status == "REQUESTED" and cancellation_id in (None, c.id)]
        if not open_ones:
            raise ApiError("INVALID_REQUEST", "no undecided cancel")
        decided = open_ones[-1]
        if succeeds:
            _succeed(sandbox, attempt, decided, trigger="ASYNC_CANCEL_APPROVED")
        else:
            # No webhook: none is documented for a cancel that fails later, so the merchant has to ask.
            decided.status = "FAILED"
            attempt.updated_at = instant()
            attempts.save(attempt)
        return decided


def wire(cancellation: Cancellation) -> dict[str, Any]:
    """A cancel as the API shows it."""
    item: dict[str, Any] = {
        "status": cancellation.status,
        "id": cancellation.id,
        "totalAmount": cancellation.total,
        "taxFreeAmount": cancellation.tax_free,
        "vatAmount": cancellation.vat,
        "reason": cancellation.reason,
        "requestedAt": cancellation.requested_at,
        "trigger": cancellation.trigger,
    }
    if cancellation.pg_cancellation_id is not None:
        item["pgCancellationId"] = cancellation.pg_cancellation_id
    if cancellation.cancelled_at is not None:
        item["cancelledAt"] = cancellation.cancelled_at
    return item


def _succeed(sandbox: Sandbox, attempt: Attempt, cancellation: Cancellation, *, trigger: str | None = None) -> None:
    at = instant()
    cancellation.status = "SUCCEEDED"
    cancellation.cancelled_at = at
    cancellation.pg_cancellation_id = f"StdpayCARD{attempt.channel['pgMerchantId']}{cancellation.id.replace('-', '')[:20]}"
    attempt.status = "CANCELLED" if attempt.cancelled == attempt.total else "PARTIAL_CANCELLED"
    attempt.updated_at = attempt.status_changed_at = at
    Attempts(sandbox.book).save(attempt)
    if not cancellation.skip_webhook:
        type = "Transaction.Cancelled" if attempt.status == "CANCELLED" else "Transaction.PartialCancelled"
        sandbox.webhooks.tell(attempt, type, trigger=trigger, cancellation_id=cancellation.id)


def _tax_parts(attempt: Attempt, total: int, tax_free: int | None, vat: int | None) -> tuple[int, int]:
    """The tax-free part and the tax of a cancel; whatever is not given follows from the amount, and the last cancel takes the rest."""
    tax_free_left = attempt.tax_free - sum(cancel.tax_free for cancel in attempt.bound)
    vat_left = attempt.vat - sum(cancel.vat for cancel in attempt.bound)
    is_last = total == attempt.cancellable
    given_tax_free = tax_free
    if tax_free is None:
        tax_free = tax_free_left if is_last else 0
    if vat is None:
        vat = vat_left if is_last and given_tax_free is None else min(vat_inside(max(0, total - tax_free)), vat_left)
    if tax_free + vat > total:
        raise ApiError("SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT")
    if tax_free > tax_free_left:
        raise ApiError("CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT")
    if vat > vat_left:
        raise ApiError("CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT")
    return tax_free, vat


def _next_outcome(sandbox: Sandbox) -> NextCancel | None:
    scripted = [NextCancel.model_validate(rule) for rule in sandbox.book.switch("next_cancels", [])]
    if not scripted:
        return None
    first = scripted[0]
    first.count -= 1
    sandbox.book.set_switch("next_cancels", [rule.model_dump() for rule in scripted if rule.count])
    return first
