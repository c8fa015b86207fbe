"""Billing keys: a card is kept after its window, charged by its key, and deleted. Source: PortOne REST API 1.16.0, billing keys."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from pydantic import Field, ValidationError

from sandbox.cards import NUMBER, KeptCard, KeptCards, next_refusal
from sandbox.clock import instant
from sandbox.context import Sandbox
from sandbox.portone.attempts import TAKEN, Attempt, Attempts, new_id
from sandbox.portone.checkout import Customer, Page, Wire, fail, vat_inside
from sandbox.portone.errors import ApiError, BrowserError
from sandbox.portone.transitions import CARDS, Forged, take_card
from sandbox.settings import Channel

HOUSE = "portone"
NAME_BYTES = 40


class OfferPeriod(Wire):
    interval: Literal["1m", "1y"] | None = None
    range: dict[str, str] | None = None


class KeyRequest(Wire):
    """The argument of `PortOne.requestIssueBillingKey`, as the KG Inicis channel takes it."""

    store_id: str
    channel_key: str
    billing_key_method: Literal["CARD"]
    issue_id: str = Field(min_length=1, max_length=40, pattern=r"^[\x21-\x7e]+$")
    issue_name: str = Field(min_length=1)
    customer: Customer
    redirect_url: str | None = Field(default=None, pattern=r"^https?://")
    force_redirect: bool = False
    offer_period: OfferPeriod | None = None


class Amount(Wire):
    total: int = Field(gt=0)


class Payer(Wire):
    id: str | None = None
    name: dict[str, Any] | None = None
    phone_number: str | None = None
    email: str | None = None


class ChargeBody(Wire):
    billing_key: str = Field(min_length=1)
    order_name: str = Field(min_length=1)
    amount: Amount
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    customer: Payer
    channel_key: str | None = None
    store_id: str | None = None


def open_window(sandbox: Sandbox, *, request: dict[str, Any], page: Page) -> KeptCard:
    """
    Begin to keep a card.

    :raises BrowserError: the browser script throws this before any window opens.
    """
    try:
        wish = KeyRequest.model_validate(request)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BrowserError("BadRequest", f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
    if wish.store_id != sandbox.settings.store_id:
        raise BrowserError("StoreNotFound", "no such store")
    if not any(channel.key == wish.channel_key for channel in sandbox.settings.channels):
        raise BrowserError("ChannelNotFound", "no such channel")
    if page.is_mobile and not (wish.redirect_url and wish.offer_period):
        raise BrowserError("BadRequest", "redirectUrl and offerPeriod: required on mobile")
    if not (wish.customer.name and wish.customer.phone_number and wish.customer.email):
        raise BrowserError("BadRequest", "customer: name, phone and e-mail are required")
    card = KeptCard(
        ref=str(uuid.uuid4()), house=HOUSE, owner=wish.customer.customer_id or "", issue_id=wish.issue_id, issue_name=wish.issue_name,
        channel_key=wish.channel_key, success_url=wish.redirect_url or "", fail_url=wish.redirect_url or "", requested_at=instant(),
        customer=wish.customer.wire(),
    )  # fmt: skip
    with sandbox.book.write():
        KeptCards(sandbox.book, HOUSE).save(card)
    return card


def agree(sandbox: Sandbox, ref: str, *, issuer: str = "SHINHAN_CARD") -> KeptCard:
    """The owner of the card agreed: it is kept. A repeat changes nothing."""
    cards = KeptCards(sandbox.book, HOUSE)
    with sandbox.book.write():
        card = cards.get(ref)
        if card is None:
            raise BrowserError("TransactionNotFound", "no such window")
        if card.status == "READY":
            card.status, card.issuer, card.issued_at, card.billing_key = "ISSUED", issuer, instant(), f"billing-key-{uuid.uuid4()}"
            cards.save(card)
        return card


def browser_result(card: KeptCard, *, left: bool = False) -> dict[str, str]:
    """What the script resolves to; the same names travel on a redirect."""
    if card.billing_key and not left:
        return {"transactionType": "ISSUE_BILLING_KEY", "billingKey": card.billing_key}
    said = "사용자가 카드 등록을 취소했어요."
    return {"transactionType": "ISSUE_BILLING_KEY", "code": "FAILURE_TYPE_PG", "message": said, "pgMessage": said}


def shown(sandbox: Sandbox, billing_key: str) -> dict[str, Any]:
    """The billing key object of `GET /billing-keys/{billingKey}`."""
    card = _named(sandbox, billing_key)
    told = {
        "status": card.status,
        "billingKey": card.billing_key,
        "merchantId": sandbox.settings.merchant_id,
        "storeId": sandbox.settings.store_id,
        "methods": [
            {"type": "BillingKeyPaymentMethodCard", "card": {"issuer": card.issuer, "name": CARDS.get(card.issuer, ""), "number": NUMBER}}
        ],
        "channels": [_channel(sandbox, card.channel_key).wire()],
        "customer": card.customer,
        "issueId": card.issue_id,
        "issueName": card.issue_name,
        "requestedAt": card.requested_at,
        "issuedAt": card.issued_at,
    }
    return told | ({"deletedAt": card.deleted_at} if card.deleted_at else {})


def delete(sandbox: Sandbox, billing_key: str) -> dict[str, Any]:
    """
    Keep the card no longer.

    :raises ApiError: unknown, or deleted already.
    """
    with sandbox.book.write():
        card = _named(sandbox, billing_key)
        if card.status == "DELETED":
            raise ApiError("BILLING_KEY_ALREADY_DELETED")
        card.status, card.deleted_at = "DELETED", instant()
        KeptCards(sandbox.book, HOUSE).save(card)
    return {"deletedAt": card.deleted_at}


def charge(sandbox: Sandbox, payment_id: str, body: ChargeBody) -> dict[str, Any]:
    """
    Charge a kept card under a payment's id: one success per id, declined attempts before it do not count.

    :raises ApiError: nothing was taken. A refusal of the card company is PG_PROVIDER and leaves a failed payment.
    """
    attempts = Attempts(sandbox.book)
    with sandbox.book.write():
        card = _named(sandbox, body.billing_key)
        if card.status == "DELETED":
            raise ApiError("BILLING_KEY_ALREADY_DELETED")
        payer = body.customer
        if not (payer.name and payer.phone_number and payer.email):
            raise ApiError("INVALID_REQUEST", "customer: name, phone and e-mail are required")
        if any(attempt.status in TAKEN for attempt in attempts.of_payment(payment_id)):
            raise ApiError("ALREADY_PAID")
        attempt = _attempt(sandbox, card, payment_id, body)
        attempts.add(attempt)
        refusal = next_refusal(sandbox.book, HOUSE)
        if refusal:
            fail(sandbox, attempt, pg_code=refusal, pg_message="한도초과")
        else:
            forged = Forged.model_validate(sandbox.book.switch("next_approval", None) or {})
            sandbox.book.set_switch("next_approval", None)
            forged.apply(attempt)
            take_card(sandbox, attempt, card=card.issuer, paid_at=forged.paid_at)
    if refusal:
        raise ApiError("PG_PROVIDER", pgCode=refusal, pgMessage="한도초과")
    return {"payment": {"pgTxId": attempt.pg_tx_id, "paidAt": attempt.paid_at}}


def _named(sandbox: Sandbox, billing_key: str) -> KeptCard:
    card = KeptCards(sandbox.book, HOUSE).named(billing_key)
    if card is None:
        raise ApiError("BILLING_KEY_NOT_FOUND")
    return card


def _channel(sandbox: Sandbox, key: str) -> Channel:
    return next(channel for channel in sandbox.settings.channels if channel.key == key)


def _attempt(sandbox: Sandbox, card: KeptCard, payment_id: str, body: ChargeBody) -> Attempt:
    at, raw = instant(), body.order_name.encode()
    name = body.order_name if len(raw) <= NAME_BYTES else raw[: NAME_BYTES - 3].decode(errors="ignore") + "..."
    return Attempt(
        transaction_id=new_id(), payment_id=payment_id, store_id=sandbox.settings.store_id,
        channel=_channel(sandbox, card.channel_key).wire(), order_name=name, pay_method="CARD", currency=body.currency,
        total=body.amount.total, tax_free=0, vat=vat_inside(body.amount.total), requested_at=at, updated_at=at, status_changed_at=at,
        customer={"id": body.customer.id or ""}, origin={"platformType": "API"},
    )  # fmt: skip
