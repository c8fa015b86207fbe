"""
Billing (자동결제): a card is kept after its window, charged by its key, and deleted.

Source: Toss Payments core API 2022-11-16, billing.
"""

from __future__ import annotations

import re
import secrets
from typing import Any, Literal

from pydantic import Field, ValidationError

from sandbox.cards import NUMBER, KeptCard, KeptCards, next_refusal
from sandbox.context import Sandbox
from sandbox.toss.clock import instant
from sandbox.toss.errors import TossError
from sandbox.toss.payments import Movement, Payment, Payments, new_payment_key, new_transaction_key
from sandbox.toss.transitions import CARDS, Wire

HOUSE = "toss"


class AuthRequest(Wire):
    """The argument of `requestBillingAuth`."""

    method: Literal["CARD"]
    success_url: str = Field(pattern=r"^https?://")
    fail_url: str = Field(pattern=r"^https?://")
    customer_email: str | None = Field(default=None, max_length=100)
    customer_name: str | None = Field(default=None, max_length=100)


class IssueBody(Wire):
    auth_key: str = Field(min_length=1, max_length=300)
    customer_key: str = Field(min_length=2, max_length=300)


class ChargeBody(Wire):
    customer_key: str
    amount: int = Field(gt=0)
    order_id: str = Field(pattern=r"^[A-Za-z0-9_-]{6,64}$")
    order_name: str = Field(min_length=1, max_length=100)


def open_window(sandbox: Sandbox, *, client_key: str, customer_key: str, request: dict[str, Any]) -> KeptCard:
    """
    Begin to keep a card.

    :raises TossError: the browser script throws this before any window opens.
    """
    if client_key != sandbox.settings.toss_client_key:
        raise TossError("INVALID_CLIENT_KEY", "잘못된 클라이언트 연동 정보 입니다.")
    if not re.fullmatch(r"[A-Za-z0-9\-_=.@]{2,50}", customer_key):
        raise TossError("INVALID_CUSTOMER_KEY", "구매자 아이디의 형식이 올바르지 않습니다.")
    try:
        wish = AuthRequest.model_validate(request)
    except ValidationError as error:
        raise TossError("INVALID_PARAMETERS", str(error.errors(include_url=False)[0]["msg"])) from error
    card = KeptCard(
        ref=secrets.token_hex(16), house=HOUSE, owner=customer_key, issue_id="", issue_name="", channel_key="",
        success_url=wish.success_url, fail_url=wish.fail_url, requested_at=instant(),
    )  # fmt: skip
    with sandbox.book.write():
        KeptCards(sandbox.book, HOUSE).save(card)
    return card


def agree(sandbox: Sandbox, ref: str, *, issuer: str = "41") -> KeptCard:
    """The owner of the card agreed: the browser gets a key that may be exchanged once. A repeat changes nothing."""
    cards = KeptCards(sandbox.book, HOUSE)
    with sandbox.book.write():
        card = cards.get(ref)
        if card is None:
            raise TossError("NOT_FOUND_PAYMENT_SESSION")
        if card.status == "READY":
            card.status, card.issuer, card.auth_key = "AGREED", issuer, "bln_" + secrets.token_urlsafe(12)
            cards.save(card)
        return card


def way_back(card: KeptCard, *, left: bool = False) -> tuple[str, dict[str, str]]:
    """Where the browser goes after the window, and the query that is added."""
    if card.auth_key and not left:
        return card.success_url, {"customerKey": card.owner, "authKey": card.auth_key}
    return card.fail_url, {"code": "PAY_PROCESS_CANCELED", "message": "사용자에 의해 결제가 취소되었습니다."}


def issue(sandbox: Sandbox, body: IssueBody) -> dict[str, Any]:
    """Exchange the browser's key for the billing key; it can never be read again."""
    cards = KeptCards(sandbox.book, HOUSE)
    with sandbox.book.write():
        card = next((card for card in cards.all() if card.auth_key == body.auth_key), None)
        if card is None or card.status != "AGREED":
            raise TossError("INVALID_AUTH_KEY", "유효하지 않은 인증 키입니다.")
        if card.owner != body.customer_key:
            raise TossError("NOT_MATCHES_CUSTOMER_KEY", "고객 키가 일치하지 않습니다.")
        card.status, card.issued_at = "ISSUED", instant()
        card.billing_key = secrets.token_urlsafe(32).rstrip("=") + "="
        cards.save(card)
    return {
        "mId": sandbox.settings.toss_mid,
        "customerKey": card.owner,
        "authenticatedAt": card.issued_at,
        "method": "카드",
        "billingKey": card.billing_key,
        "card": {
            "issuerCode": card.issuer, "acquirerCode": card.issuer, "number": NUMBER, "cardType": "신용", "ownerType": "법인",
        },
        "transfers": None,
    }  # fmt: skip


def charge(sandbox: Sandbox, billing_key: str, body: ChargeBody) -> Payment:
    """
    Charge a kept card: captured at once, and no webhook follows.

    :raises TossError: nothing was taken.
    """
    refusal = ""
    payments = Payments(sandbox.book)
    with sandbox.book.write():
        card = _kept(sandbox, billing_key)
        if card.owner != body.customer_key:
            raise TossError("NOT_MATCHES_CUSTOMER_KEY", "고객 키가 일치하지 않습니다.")
        earlier = payments.deciding(body.order_id)
        if earlier is not None and (earlier.was_taken or earlier.status == "WAITING_FOR_DEPOSIT"):
            raise TossError("DUPLICATED_ORDER_ID", "이미 승인 및 취소가 진행된 중복된 주문번호 입니다.")
        refusal = next_refusal(sandbox.book, HOUSE)
        if not refusal:
            payment = _taken(sandbox, card, body)
            payments.add(payment)
    if refusal:
        raise TossError(refusal)  # outside the transaction: the script's use is spent
    return payment


def delete(sandbox: Sandbox, billing_key: str) -> None:
    """Keep the card no longer; the answer has no body."""
    with sandbox.book.write():
        card = _kept(sandbox, billing_key)
        card.status, card.deleted_at = "DELETED", instant()
        KeptCards(sandbox.book, HOUSE).save(card)


def _kept(sandbox: Sandbox, billing_key: str) -> KeptCard:
    card = KeptCards(sandbox.book, HOUSE).named(billing_key)
    if card is None:
        raise TossError("NOT_FOUND_BILLING_KEY", "존재하지 않는 빌링 결제 입니다.")
    if card.status == "DELETED":
        raise TossError("ALREADY_REMOVED_BILLING_KEY", "이미 삭제된 빌링키 입니다.")
    return card


def _taken(sandbox: Sandbox, card: KeptCard, body: ChargeBody) -> Payment:
    at, key = instant(), new_transaction_key()
    scripted: dict[str, Any] = sandbox.book.switch("toss_next_approval", {}) or {}
    sandbox.book.set_switch("toss_next_approval", {})
    approved, amount = scripted.get("approved_at", at), scripted.get("amount", body.amount)
    return Payment(
        payment_key=new_payment_key(sandbox.settings.toss_mid), order_id=body.order_id, order_name=body.order_name, method="CARD",
        amount=amount, currency=scripted.get("currency", "KRW"), customer_key=body.customer_key, success_url="", fail_url="",
        requested_at=at, opened_at=sandbox.clock.now(), type="BILLING", status="DONE", agreed_at=sandbox.clock.now(), approved_at=approved,
        card={"issuer": card.issuer if card.issuer in CARDS else "41", "number": NUMBER, "months": 0, "approve_no": "00000001"},
        last_transaction_key=key, movements=[Movement(key, "DONE", amount, approved)],
    )  # fmt: skip
