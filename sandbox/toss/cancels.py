"""Giving money back: by API or from the merchant's desk at Toss."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.context import Sandbox
from sandbox.toss.clock import instant
from sandbox.toss.errors import TossError
from sandbox.toss.payments import Cancel, Movement, Payment, Payments, new_transaction_key
from sandbox.toss.transitions import BANKS, fresh, speaking

DESK_REASON = "상점관리자 취소"


class NextCancel(BaseModel):
    """
    The scripted outcome of the next `count` cancels by API: undecided or refused with 200 (as foreign wallets do), or the PG's error.
    """

    model_config = ConfigDict(extra="forbid")

    outcome: Literal["REQUESTED", "FAILED", "PG_PROVIDER"]
    count: int = Field(default=1, ge=1)


def cancel(
    sandbox: Sandbox,
    payment: Payment,
    *,
    reason: str,
    amount: int | None = None,
    believed: int | None = None,
    receive_account: dict[str, str] | None = None,
    by_api: bool = True,
) -> Payment:
    """
    Cancel part or all of a payment. Everything from the first look to the last write is one transaction.

    amount: whole won, all that is left when omitted.   believed: what the caller thinks may still be cancelled.

    :raises TossError: refused, and nothing was written.
    """
    refusal: TossError | None = None
    with sandbox.book.write():
        payment = fresh(sandbox, payment.payment_key)
        if payment.status == "WAITING_FOR_DEPOSIT":
            return _close_account(sandbox, payment, amount)
        if payment.status == "CANCELED":
            raise TossError("ALREADY_CANCELED_PAYMENT")
        if not payment.was_taken:
            raise TossError("NOT_CANCELABLE_PAYMENT")
        if believed is not None and believed != payment.balance:
            raise TossError("NOT_MATCHES_REFUNDABLE_AMOUNT")
        total = payment.balance if amount is None else amount
        if total > payment.balance or total == 0:
            raise TossError("NOT_CANCELABLE_AMOUNT")
        if payment.method == "VIRTUAL_ACCOUNT" and by_api:
            _check_account(receive_account)
        outcome = _next_outcome(sandbox) if by_api else ""
        if outcome == "PG_PROVIDER":
            refusal = TossError("PROVIDER_ERROR")
        else:
            _write(sandbox, payment, total, reason, outcome, receive_account)
    if refusal is not None:
        raise refusal  # outside the transaction: the script's use of this outcome is spent
    return payment


def decide(sandbox: Sandbox, order_id: str, *, succeeds: bool) -> Payment:
    """
    An undecided cancel ends.

    :raises TossError: there is none.
    """
    with sandbox.book.write():
        payment = speaking(sandbox, order_id)
        waiting = next((made for made in payment.cancels if made.status == "IN_PROGRESS"), None)
        if waiting is None:
            raise TossError("NOT_FOUND", "no undecided cancel")
        waiting.status = "DONE" if succeeds else "ABORTED"
        if succeeds:
            _moved(payment, waiting)
        Payments(sandbox.book).save(payment)
        if succeeds:
            sandbox.toss_webhooks.changed(payment)
        return payment


def _write(sandbox: Sandbox, payment: Payment, total: int, reason: str, outcome: str, receive_account: dict[str, str] | None) -> None:
    made = Cancel(
        transaction_key=new_transaction_key(),
        amount=total,
        left=payment.balance - total,
        reason=reason,
        status={"": "DONE", "REQUESTED": "IN_PROGRESS", "FAILED": "ABORTED"}[outcome],
        canceled_at=instant(),
        receive_account=receive_account,
    )
    payment.cancels.append(made)
    if made.status == "DONE":
        _moved(payment, made)
    Payments(sandbox.book).save(payment)
    if made.status == "DONE":
        sandbox.toss_webhooks.changed(payment)


def _moved(payment: Payment, made: Cancel) -> None:
    """A payment that was cancelled in parts stays PARTIAL_CANCELED, also when nothing is left."""
    whole = payment.cancelled == payment.amount and len([item for item in payment.cancels if item.status == "DONE"]) == 1
    payment.status = "CANCELED" if whole else "PARTIAL_CANCELED"
    payment.last_transaction_key = made.transaction_key
    payment.movements.append(Movement(made.transaction_key, payment.status, -made.amount, made.canceled_at))


def _close_account(sandbox: Sandbox, payment: Payment, amount: int | None) -> Payment:
    if amount is not None and amount != payment.amount:
        raise TossError("NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT")
    payment.status = "CANCELED"
    Payments(sandbox.book).save(payment)
    sandbox.toss_webhooks.changed(payment)
    return payment


def _check_account(account: dict[str, str] | None) -> None:
    if account is None or not account.get("holderName") or len(account["holderName"]) > 60:
        raise TossError("INVALID_REFUND_ACCOUNT_INFO", "환불 계좌번호와 예금주명이 일치하지 않습니다.")
    if account.get("bank", "") not in BANKS and not account.get("bank", "").isdigit():
        raise TossError("INVALID_BANK", "유효하지 않은 은행입니다.")
    number = account.get("accountNumber", "")
    if not (number.isascii() and number.isdigit() and len(number) <= 20):
        raise TossError("INVALID_REFUND_ACCOUNT_NUMBER", "잘못된 환불 계좌번호입니다.")


def _next_outcome(sandbox: Sandbox) -> str:
    scripted: list[dict[str, Any]] = sandbox.book.switch("toss_next_cancels", [])
    if not scripted:
        return ""
    first = NextCancel.model_validate(scripted[0])
    first.count -= 1
    sandbox.book.set_switch("toss_next_cancels", [first.model_dump(), *scripted[1:]] if first.count else scripted[1:])
    return first.outcome
