"""Everything that may happen to a payment, except cancels."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from sandbox.context import Sandbox
from sandbox.toss.clock import instant, parse
from sandbox.toss.errors import MESSAGES, TossError
from sandbox.toss.payments import Movement, Payment, Payments, new_payment_key, new_transaction_key

WINDOW_SECONDS = 30 * 60
CONFIRM_SECONDS = 10 * 60
MINIMUM_KRW = {"CARD": 100, "VIRTUAL_ACCOUNT": 200}
ACCOUNT_DAYS = 7
CARDS = {"41": "신한카드", "51": "삼성카드", "61": "현대카드", "11": "KB국민카드", "71": "롯데카드", "21": "하나카드"}
BANKS = {"88": "신한은행", "06": "KB국민은행", "20": "우리은행", "81": "하나은행", "11": "NH농협은행", "92": "토스뱅크"}


MetadataKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=40)]
MetadataText = Annotated[str, Field(max_length=2_000)]


class Wire(BaseModel):
    """Camel-case names, unknown fields ignored, no silent conversions."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, strict=True, extra="ignore")


class Amount(Wire):
    currency: str
    value: int = Field(gt=0)


class AccountWish(Wire):
    due_date: str | None = None
    valid_hours: int | None = Field(default=None, ge=1, le=2_160)


class PayRequest(Wire):
    """The argument of `requestPayment`. Amounts: whole won."""

    method: Literal["CARD", "VIRTUAL_ACCOUNT"]
    amount: Amount
    order_id: str = Field(pattern=r"^[A-Za-z0-9_-]{6,64}$")
    order_name: str = Field(min_length=1, max_length=100)
    success_url: str = Field(pattern=r"^https?://")
    fail_url: str = Field(pattern=r"^https?://")
    customer_email: str | None = Field(default=None, max_length=100)
    customer_name: str | None = Field(default=None, max_length=100)
    customer_mobile_phone: str | None = Field(default=None, pattern=r"^[0-9]{8,15}$")
    virtual_account: AccountWish | None = None
    metadata: dict[MetadataKey, MetadataText] | None = Field(default=None, max_length=5)


class Wish(BaseModel):
    """How the result shall differ from what the buyer was asked for. Nothing set means an honest payment."""

    model_config = ConfigDict(extra="forbid")

    amount: int | None = Field(default=None, gt=0)
    currency: str | None = None
    approved_at: str | None = None


def open_window(sandbox: Sandbox, *, client_key: str, customer_key: str, request: dict[str, Any]) -> Payment:
    """
    Start a payment. Amount and order are whatever the browser says: proving them is the merchant's job.

    :raises TossError: nothing was started; the browser script throws this before any window opens.
    """
    if client_key != sandbox.settings.toss_client_key:
        raise TossError("INVALID_CLIENT_KEY", "잘못된 클라이언트 연동 정보 입니다.")
    if customer_key != "ANONYMOUS" and not re.fullmatch(r"[A-Za-z0-9\-_=.@]{2,50}", customer_key):
        raise TossError("INVALID_CUSTOMER_KEY", "구매자 아이디의 형식이 올바르지 않습니다.")
    try:
        wish = PayRequest.model_validate(request)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise TossError("INVALID_PARAMETERS", f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    if wish.amount.value < MINIMUM_KRW[wish.method]:
        raise TossError("BELOW_MINIMUM_AMOUNT", "신용카드는 결제금액이 100원 이상, 계좌는 200원이상부터 결제가 가능합니다.")
    payments = Payments(sandbox.book)
    with sandbox.book.write():
        earlier = payments.deciding(wish.order_id)
        if earlier is not None and (earlier.was_taken or earlier.status == "WAITING_FOR_DEPOSIT"):
            raise TossError("DUPLICATED_ORDER_ID", "이미 승인 및 취소가 진행된 중복된 주문번호 입니다.")
        payment = Payment(
            payment_key=new_payment_key(sandbox.settings.toss_mid),
            order_id=wish.order_id,
            order_name=wish.order_name,
            method=wish.method,
            amount=wish.amount.value,
            currency=wish.amount.currency,
            customer_key=customer_key,
            success_url=wish.success_url,
            fail_url=wish.fail_url,
            requested_at=instant(),
            opened_at=sandbox.clock.now(),
            customer_name=wish.customer_name or "",
            due_at=_due(wish.virtual_account),
            metadata=wish.metadata,
        )
        payments.add(payment)
    return payment


def agree(sandbox: Sandbox, payment_key: str, *, card: str = "41", bank: str = "88", months: int = 0, wish: Wish | None = None) -> Payment:
    """
    The buyer agreed in the window. Nothing is captured: the merchant's server has ten minutes to confirm. A repeat changes nothing.

    :raises TossError: the window is over.
    """
    with sandbox.book.write():
        payment = fresh(sandbox, payment_key)
        if payment.status != "READY":
            if payment.status == "IN_PROGRESS" or payment.was_taken:
                return payment
            raise TossError("PAY_PROCESS_ABORTED")
        payment.status, payment.agreed_at = "IN_PROGRESS", sandbox.clock.now()
        payment.wish = wish.model_dump(exclude_none=True) if wish else _next_wish(sandbox)
        if payment.method == "CARD":
            payment.card = {
                "issuer": card,
                "number": "12345678****123*",
                "months": months,
                "approve_no": f"{secrets.randbelow(10**8):08d}",
            }
        else:
            payment.account = {"bank": bank}
        Payments(sandbox.book).save(payment)
        return payment


def decline(sandbox: Sandbox, payment_key: str, *, code: str = "REJECT_CARD_COMPANY") -> Payment:
    """The card company said no in the window. A payment that is over stays as it is."""
    with sandbox.book.write():
        payment = fresh(sandbox, payment_key)
        if payment.status in ("READY", "IN_PROGRESS"):
            _abort(sandbox, payment, code)
        return payment


def confirm(sandbox: Sandbox, *, payment_key: str, order_id: str, amount: int) -> Payment:
    """
    Capture a payment that waited for the merchant's server; a virtual account is issued instead.

    :raises TossError: unknown, over, too late, or not what the window was about; nothing was taken.
    """
    refusal: TossError | None = None
    with sandbox.book.write():
        payments = Payments(sandbox.book)
        payment = fresh(sandbox, payment_key)
        if payment.was_taken or payment.status == "WAITING_FOR_DEPOSIT":
            raise TossError("ALREADY_PROCESSED_PAYMENT")
        if payment.status != "IN_PROGRESS":
            raise TossError("NOT_FOUND_PAYMENT_SESSION")
        if (payment.order_id, payment.amount) != (order_id, amount):
            raise TossError("FORBIDDEN_REQUEST")
        speaker = payments.deciding(order_id)
        if speaker is not None and speaker.payment_key != payment_key and (speaker.was_taken or speaker.status == "WAITING_FOR_DEPOSIT"):
            raise TossError("DUPLICATED_ORDER_ID", "이미 승인 및 취소가 진행된 중복된 주문번호 입니다.")
        scripted = sandbox.book.switch("toss_next_confirm", None)
        if scripted is not None:
            sandbox.book.set_switch("toss_next_confirm", None)
            refusal = TossError(scripted)
            if refusal.status == 403:  # the card company's last word; anything else leaves the payment as it was
                _abort(sandbox, payment, scripted)
        elif payment.method == "VIRTUAL_ACCOUNT":
            _issue(sandbox, payment)
        else:
            _take(sandbox, payment, amount=payment.wish.get("amount", payment.amount), at=payment.wish.get("approved_at"))
    if refusal is not None:
        raise refusal  # outside the transaction: the script's use is spent, and what it left behind stays
    return payment


def deposit(sandbox: Sandbox, order_id: str, *, amount: int | None = None, at: str | None = None) -> Payment:
    """
    Money arrived on the issued account. amount: another one than was asked for; banks that do not check let it through.
    A second deposit adds to the first.

    :raises TossError: no account was issued.
    """
    with sandbox.book.write():
        payment = speaking(sandbox, order_id)
        if payment.account is None or payment.method != "VIRTUAL_ACCOUNT" or "number" not in payment.account:
            raise TossError("NOT_FOUND_PAYMENT")
        came = payment.amount if amount is None and not payment.was_taken else amount or payment.amount
        _take(sandbox, payment, amount=came, at=at, adds=payment.was_taken)
        sandbox.toss_webhooks.deposit(payment)
        return payment


def reverse_deposit(sandbox: Sandbox, order_id: str) -> Payment:
    """
    The bank took the deposit back: the payment waits for money again.

    :raises TossError: nothing was paid in.
    """
    with sandbox.book.write():
        payment = speaking(sandbox, order_id)
        if payment.method != "VIRTUAL_ACCOUNT" or payment.status != "DONE":
            raise TossError("NOT_FOUND_PAYMENT")
        payment.status, payment.approved_at = "WAITING_FOR_DEPOSIT", None
        payment.movements = []
        Payments(sandbox.book).save(payment)
        sandbox.toss_webhooks.deposit(payment)
        return payment


def expire_account(sandbox: Sandbox, order_id: str) -> Payment:
    """
    The account takes no more money.

    :raises TossError: no account waits.
    """
    with sandbox.book.write():
        payment = speaking(sandbox, order_id)
        if payment.status != "WAITING_FOR_DEPOSIT" or payment.account is None:
            raise TossError("NOT_FOUND_PAYMENT")
        payment.status, payment.account = "EXPIRED", payment.account | {"expired": True}
        Payments(sandbox.book).save(payment)
        sandbox.toss_webhooks.changed(payment)
        return payment


def fresh(sandbox: Sandbox, payment_key: str) -> Payment:
    """
    The payment with this key, deadlines applied. Joins the caller's write.

    :raises TossError: there is none.
    """
    payment = Payments(sandbox.book).get(payment_key)
    if payment is None:
        raise TossError("NOT_FOUND_PAYMENT")
    now = sandbox.clock.now()
    late = payment.status == "READY" and now >= payment.opened_at + WINDOW_SECONDS
    late |= payment.status == "IN_PROGRESS" and payment.agreed_at is not None and now >= payment.agreed_at + CONFIRM_SECONDS
    if late:
        payment.status = "EXPIRED"
        Payments(sandbox.book).save(payment)
        sandbox.toss_webhooks.changed(payment)
    return payment


def speaking(sandbox: Sandbox, order_id: str) -> Payment:
    """
    The payment that speaks for an order, deadlines applied. Joins the caller's write.

    :raises TossError: no window was ever opened.
    """
    found = Payments(sandbox.book).deciding(order_id)
    if found is None:
        raise TossError("NOT_FOUND_PAYMENT")
    return fresh(sandbox, found.payment_key)


def way_back(payment: Payment, *, left: bool = False) -> tuple[str, dict[str, str]]:
    """The address the browser is led to after the window, and the query that is added to it."""
    if payment.status in ("IN_PROGRESS", "DONE", "WAITING_FOR_DEPOSIT") and not left:
        return payment.success_url, {"paymentKey": payment.payment_key, "orderId": payment.order_id, "amount": str(payment.amount)}
    code = "PAY_PROCESS_CANCELED" if left else payment.failure["code"] if payment.failure else "PAY_PROCESS_ABORTED"
    return payment.fail_url, {"code": code, "message": MESSAGES.get(code, ""), "orderId": payment.order_id}


def _take(sandbox: Sandbox, payment: Payment, *, amount: int, at: str | None, adds: bool = False) -> None:
    payment.amount = payment.amount + amount if adds else amount
    payment.currency = payment.wish.get("currency", payment.currency)
    payment.status = "DONE"
    payment.approved_at = payment.approved_at or (instant(parse(at)) if at else instant())
    payment.last_transaction_key = new_transaction_key()
    payment.movements.append(Movement(payment.last_transaction_key, "DONE", amount, instant(parse(at)) if at else instant()))
    Payments(sandbox.book).save(payment)
    sandbox.toss_webhooks.changed(payment)


def _issue(sandbox: Sandbox, payment: Payment) -> None:
    payment.status, payment.secret = "WAITING_FOR_DEPOSIT", "ps_" + secrets.token_urlsafe(18)
    payment.account = (payment.account or {}) | {"number": f"X{secrets.randbelow(10**13):013d}", "due_at": payment.due_at}
    payment.last_transaction_key = new_transaction_key()
    Payments(sandbox.book).save(payment)


def _abort(sandbox: Sandbox, payment: Payment, code: str) -> None:
    payment.status, payment.failure = "ABORTED", {"code": code, "message": MESSAGES.get(code, "결제에 실패했습니다.")}
    Payments(sandbox.book).save(payment)
    sandbox.toss_webhooks.changed(payment)


def _due(wish: AccountWish | None) -> str:
    if wish is not None and wish.due_date:
        return instant(parse(wish.due_date))
    hours = wish.valid_hours if wish is not None and wish.valid_hours else ACCOUNT_DAYS * 24
    return instant(parse(instant()) + timedelta(hours=hours))


def _next_wish(sandbox: Sandbox) -> dict[str, Any]:
    """The scripted difference for the next agreement, used up by it."""
    found: dict[str, Any] = sandbox.book.switch("toss_next_approval", {}) or {}
    if found:
        sandbox.book.set_switch("toss_next_approval", {})
    return found
