"""
PortOne V2 with the KG Inicis channel.

Our own thin adapter over HTTP: the official SDK cannot send an idempotency key, hides HTTP status codes, and dies with the whole
payload in its message when the schema grows. Source of every rule here: PortOne REST API 1.16.0 and its KG Inicis V2 guide.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings
from pydantic import AwareDatetime, Field, StrictInt
from standardwebhooks import Webhook

from common import clock
from common.kst import SEOUL
from common.provider import GatewayError, ProviderClient
from payments.gateways import banks
from payments.gateways.answers import Wire
from payments.gateways.answers import read as _read
from payments.gateways.base import (
    CancelState,
    Checkout,
    ConfirmRefused,
    Expected,
    PayoutAccount,
    RemoteAccount,
    RemoteCancel,
    RemoteEvent,
    RemotePayment,
    RemoteState,
    WebhookRefused,
)
from payments.gateways.portone_cards import PortOneCards

READ_SECONDS = 10.0  # a person waits behind it; silence becomes "checking"
CANCEL_SECONDS = 65.0  # PortOne asks for at least 60; only workers wait that long
WEBHOOK_TOLERANCE_SECONDS = 300
PAGE_SIZE = 100
ORDER_NAME_BYTES, FULL_NAME_BYTES, REASON_LETTERS = 40, 30, 100

STATES = {
    "READY": RemoteState.READY,
    "PAY_PENDING": RemoteState.PENDING,
    "VIRTUAL_ACCOUNT_ISSUED": RemoteState.ACCOUNT_ISSUED,
    "PAID": RemoteState.PAID,
    "FAILED": RemoteState.FAILED,
    "PARTIAL_CANCELLED": RemoteState.PART_CANCELLED,
    "CANCELLED": RemoteState.CANCELLED,
}
CANCEL_STATES = {state.value: state for state in (CancelState.SUCCEEDED, CancelState.REQUESTED, CancelState.FAILED)}
METHODS = {
    "PaymentMethodCard": "CARD",
    "PaymentMethodTransfer": "TRANSFER",
    "PaymentMethodVirtualAccount": "VIRTUAL_ACCOUNT",
    "PaymentMethodEasyPay": "EASY_PAY",
}
_CODE = re.compile(r"[A-Za-z0-9_]{1,60}")
_PRINTABLE = re.compile(r"[\x21-\x7e]{1,100}")
_EVENT_TYPE = re.compile(r"[A-Za-z0-9._-]{1,100}")
_OUR_KEY = re.compile(r"\[([A-Za-z0-9_-]{16,64})\]")
_PLAIN_EMAIL = re.compile(r"[A-Za-z0-9.]+@[A-Za-z0-9.]+")


class _Amount(Wire):
    total: StrictInt  # a bool, a text or a fraction is not an amount


class _Channel(Wire):
    type: str
    key: str | None = None
    pg_provider: str | None = None


class _Card(Wire):
    name: str | None = None


class _Method(Wire):
    type: str
    card: _Card | None = None
    provider: str | None = None
    bank: str | None = None
    account_number: str | None = None
    remittee_name: str | None = None
    expired_at: AwareDatetime | None = None

    def name(self) -> str:
        """The means of payment, for people."""
        return (self.card.name if self.card else self.provider) or banks.name_of(banks.by_portone(self.bank or "")) or ""

    def account(self) -> RemoteAccount | None:
        """The virtual account, if it is one."""
        if self.type != "PaymentMethodVirtualAccount" or not self.account_number:
            return None
        return RemoteAccount(
            bank=banks.by_portone(self.bank or ""), number=self.account_number, holder=self.remittee_name or "", due_at=self.expired_at
        )


class _Failure(Wire):
    reason: str | None = None
    pg_message: str | None = None


class _Dispute(Wire):
    status: str


class _Customer(Wire):
    id: str | None = None


class _Cancellation(Wire):
    status: str
    id: str = Field(min_length=1, max_length=100)
    total_amount: StrictInt
    reason: str | None = None
    requested_at: AwareDatetime | None = None
    cancelled_at: AwareDatetime | None = None

    def ours(self) -> RemoteCancel:
        """The same in our words."""
        reason = self.reason or ""
        found = _OUR_KEY.match(reason)
        return RemoteCancel(
            id=self.id,
            state=CANCEL_STATES.get(self.status, CancelState.UNKNOWN),
            amount_krw=self.total_amount,
            at=self.cancelled_at or self.requested_at,
            key=found[1] if found else "",
            reason=reason,
        )


class _Payment(Wire):
    status: str
    id: str
    store_id: str
    version: str
    amount: _Amount
    currency: str
    channel: _Channel | None = None
    method: _Method | None = None
    receipt_url: str | None = None
    paid_at: AwareDatetime | None = None
    cancellations: list[_Cancellation] | None = None
    disputes: list[_Dispute] | None = None
    failure: _Failure | None = None
    customer: _Customer | None = None
    transaction_id: str | None = None

    def ours(self) -> RemotePayment:
        """The same in our words."""
        channel, method, failure = self.channel, self.method, self.failure
        return RemotePayment(
            ref=self.id,
            state=STATES.get(self.status, RemoteState.UNKNOWN),
            amount_krw=self.amount.total,
            currency=self.currency,
            store=self.store_id,
            channel=(channel.key or "") if channel else "",
            provider=(channel.pg_provider or "") if channel else "",
            version=self.version,
            is_live=channel is not None and channel.type == "LIVE",
            method=METHODS.get(method.type, "OTHER") if method else "",
            method_name=method.name() if method else "",
            receipt_url=self.receipt_url or "",
            paid_at=self.paid_at,
            cancels=tuple(item.ours() for item in self.cancellations or ()),
            said=self.status,
            failure=((failure.reason or failure.pg_message) or "") if failure else "",
            buyer=(self.customer.id or "") if self.customer else "",
            is_disputed=None if self.disputes is None else any(dispute.status != "RESOLVED" for dispute in self.disputes),
            account=method.account() if method else None,
            attempt=self.transaction_id or "",
        )


class _CancelAnswer(Wire):
    cancellation: _Cancellation


class _Page(Wire):
    items: list[_Payment]


class PortOneGateway:
    """Cards and virtual accounts through PortOne V2 and KG Inicis."""

    name = "portone"
    label = "포트원(KG이니시스)"
    token_field = "paymentToken"
    key_hours = 3
    webhook_sources = ()

    def __init__(self) -> None:
        self.store: str = settings.PORTONE_STORE_ID
        self.channels = {"CARD": settings.PORTONE_CHANNEL_KEY_CARD}
        if settings.PORTONE_CHANNEL_KEY_VBANK:
            self.channels["VIRTUAL_ACCOUNT"] = settings.PORTONE_CHANNEL_KEY_VBANK
        self.methods = tuple(self.channels)
        self.card_channel: str = settings.PORTONE_CHANNEL_KEY_BILLING
        self.script_url: str = settings.PORTONE_SDK_URL
        self.browser_hosts = tuple(settings.PORTONE_BROWSER_HOSTS)
        self.needs_confirm: bool = settings.PORTONE_MANUAL_APPROVAL
        self.expected = Expected(
            store=self.store,
            channels=frozenset({*self.channels.values(), self.card_channel} - {""}),
            provider="INICIS_V2",
            version="V2",
            is_live=settings.PORTONE_REQUIRE_LIVE,
        )
        self._client = ProviderClient(
            name=self.name,
            base_url=settings.PORTONE_BASE_URL,
            headers={"Authorization": f"PortOne {settings.PORTONE_API_SECRET}"},
            read_timeout=READ_SECONDS,
        )

    @property
    def cards(self) -> PortOneCards | None:
        """The cards it keeps; None without a channel for them."""
        if not self.card_channel:
            return None
        return PortOneCards(call=self._call, customer=_customer, store=self.store, channel=self.card_channel)

    # ---- the buyer's browser -------------------------------------------------------------------------------------------

    def checkout(self, *, order: Checkout) -> dict[str, Any]:
        """
        Give the argument of `PortOne.requestPayment`. `forceRedirect` makes one way back for desktop and phone.

        Tax fields are left out: without a contract for them the amount charged may differ. Source: KG Inicis V2 guide.
        """
        parameters = {
            "storeId": self.store,
            "channelKey": (settings.PORTONE_CHANNEL_KEY_REVIEW if order.is_review else "") or self.channels[order.method],
            "paymentId": order.order_id,
            "orderName": _cut(order.title, ORDER_NAME_BYTES),
            "totalAmount": order.amount_krw,
            "currency": "KRW",
            "payMethod": order.method,
            "customer": _customer(order),
            "redirectUrl": order.return_url,
            "forceRedirect": True,
        }
        if order.method == "VIRTUAL_ACCOUNT" and order.due_at is not None:
            parameters["virtualAccount"] = {"accountExpiry": {"dueDate": f"{order.due_at.astimezone(SEOUL):%Y-%m-%d %H:%M:%S}"}}
        return parameters

    # ---- asking and acting ---------------------------------------------------------------------------------------------

    def fetch(self, *, ref: str) -> RemotePayment:
        try:
            answer = self._call("GET", f"/payments/{quote(ref, safe='')}", params={"storeId": self.store})
        except GatewayError as refusal:
            if refusal.status == 404 and refusal.code == "PAYMENT_NOT_FOUND":
                return RemotePayment(ref=ref, state=RemoteState.ABSENT)
            raise
        return _read(_Payment, answer).ours()

    def confirm(self, *, ref: str, token: str, amount_krw: int) -> RemotePayment:
        body = {
            "storeId": self.store,
            "paymentToken": token,
            "currency": "KRW",
            "totalAmount": amount_krw,
            "isTest": not self.expected.is_live,
        }
        key = "confirm-" + hashlib.sha256(f"{ref} {token}".encode()).hexdigest()[:40]
        try:
            self._call("POST", f"/payments/{quote(ref, safe='')}/confirm", json=body, key=key, seconds=CANCEL_SECONDS)
        except GatewayError as refusal:
            if refusal.known and refusal.status == 409 and refusal.code != "ALREADY_PAID":
                words = "결제 정보가 주문과 달라서 승인하지 않았어요."
                raise ConfirmRefused(code=refusal.code, status=refusal.status, words=words) from refusal
            if refusal.code != "ALREADY_PAID":
                raise
        return self.fetch(ref=ref)

    def list_payments(self, *, since: datetime, until: datetime) -> Iterator[RemotePayment]:
        wanted = {
            "storeId": self.store,
            "isTest": not self.expected.is_live,
            "timestampType": "STATUS_CHANGED_AT",
            "from": _instant(since),
            "until": _instant(until),
            "status": ["PAID", "PARTIAL_CANCELLED", "CANCELLED"],
            "sortBy": "STATUS_CHANGED_AT",
            "sortOrder": "ASC",
        }
        number = 0
        while True:  # `totalCount` is ambiguous: ask until a page is empty
            said = {"page": {"number": number, "size": PAGE_SIZE}, "filter": wanted}
            answer = self._call("GET", "/payments", params={"requestBody": json.dumps(said)})
            items = _read(_Page, answer).items
            yield from (item.ours() for item in items)
            if not items:
                return
            number += 1

    def cancel(
        self, *, ref: str, amount_krw: int, remaining_krw: int, reason: str, key: str, account: PayoutAccount | None = None
    ) -> RemoteCancel:
        body: dict[str, Any] = {
            "storeId": self.store,
            "amount": amount_krw,
            "currentCancellableAmount": remaining_krw,
            # PortOne shows no idempotency key on a cancel; carried in the reason, it tells ours from a stranger's.
            "reason": " ".join(f"[{key}] {reason}".split())[:REASON_LETTERS],
        }
        if account is not None:
            body["refundAccount"] = {"bank": banks.for_portone(account.bank), "number": account.number, "holderName": account.holder}
        answer = self._call("POST", f"/payments/{quote(ref, safe='')}/cancel", json=body, key=key, seconds=CANCEL_SECONDS)
        return _read(_CancelAnswer, answer).cancellation.ours()

    def _call(self, method: str, path: str, *, key: str = "", seconds: float = READ_SECONDS, **kwargs: Any) -> Any:
        """
        One request; the JSON of a 200.

        :raises GatewayError: known for a definite no (4xx but 408, 429 and an outstanding key), else the outcome is unknown.
        """
        headers = {"Idempotency-Key": f'"{key}"'} if key else None  # an RFC 8941 string: with its quotes
        response = self._client.call(method, path, headers=headers, timeout=(5, seconds), **kwargs)
        try:
            body = response.json()
        except (requests.JSONDecodeError, RecursionError):
            body = None
        if response.status_code == 200 and body is not None:
            return body
        code = str(body.get("type", "")) if isinstance(body, dict) else ""
        known = 400 <= response.status_code < 500 and response.status_code not in (408, 429) and code != "IDEMPOTENCY_OUTSTANDING_REQUEST"
        raise GatewayError(known=known, code=code if _CODE.fullmatch(code) else "UNREADABLE", status=response.status_code)

    # ---- webhooks ------------------------------------------------------------------------------------------------------

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes) -> RemoteEvent:
        """Source: Standard Webhooks, symmetric signatures; PortOne webhook guide, body version 2024-04-25."""
        named = {name.lower(): value for name, value in headers.items()}
        event_id, timestamp, offered = (named.get(f"webhook-{part}", "") for part in ("id", "timestamp", "signature"))
        if not (event_id and timestamp and offered):
            raise WebhookRefused("missing_header")
        if not _PRINTABLE.fullmatch(event_id):
            raise WebhookRefused("id")
        # The real clock: a shifted product clock must not open or close this window.
        if (
            not re.fullmatch(r"[0-9]{1,12}", timestamp)
            or abs(int(clock.real_now().timestamp()) - int(timestamp)) > WEBHOOK_TOLERANCE_SECONDS
        ):
            raise WebhookRefused("timestamp")
        if not any(_is_signed(secret, event_id, int(timestamp), body, offered) for secret in settings.PORTONE_WEBHOOK_SECRETS):
            raise WebhookRefused("signature")
        return _event(event_id, body)


def _is_signed(secret: str, event_id: str, timestamp: int, body: bytes, offered: str) -> bool:
    """True when one of the offered `v1` signatures is ours, compared in constant time as text: no lenient Base64."""
    try:
        base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        want = Webhook(secret).sign(msg_id=event_id, timestamp=datetime.fromtimestamp(timestamp, tz=UTC), data=body.decode())
    except (ValueError, OverflowError, OSError, TypeError):  # not UTF-8, a moment no calendar has, or a secret that is not Base64
        return False
    return any(hmac.compare_digest(want.encode(), part.encode()) for part in offered.split(" ") if part.startswith("v1,"))


def _event(event_id: str, body: bytes) -> RemoteEvent:
    """Read a proved message; whatever cannot be read is an event of no known type."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    said = said if isinstance(said, dict) else {}
    data = said.get("data") if isinstance(said.get("data"), dict) else {}
    kind, ref = said.get("type"), data.get("paymentId") if data else None
    known_kind = isinstance(kind, str) and _EVENT_TYPE.fullmatch(kind)
    known_ref = isinstance(ref, str) and _PRINTABLE.fullmatch(ref)
    is_ours = known_kind and known_ref and str(kind).startswith("Transaction.")
    return RemoteEvent(event_id=event_id, type=str(kind) if known_kind else "", ref=str(ref) if is_ours else "")


def _customer(order: Checkout) -> dict[str, str]:
    """The buyer as the browser script takes it; what KG Inicis would refuse is left out or ours."""
    return {
        "customerId": order.buyer_id,
        "fullName": _cut(order.buyer_name, FULL_NAME_BYTES),
        "phoneNumber": _domestic(order.buyer_phone) or re.sub(r"\D", "", settings.COMPANY["phone"]),
        "email": order.buyer_email if _PLAIN_EMAIL.fullmatch(order.buyer_email) else settings.PORTONE_BILLING_EMAIL,
    }


def _cut(text: str, size: int) -> str:
    """The longest beginning that fits `size` bytes of UTF-8, whole letters only."""
    return text.encode()[:size].decode(errors="ignore").strip()


def _domestic(phone: str) -> str:
    """+821000001234 → 01000001234; anything else but plain digits → empty."""
    number = "0" + phone[3:] if phone.startswith("+82") else phone
    return number if number.isascii() and number.isdigit() else ""


def _instant(moment: datetime) -> str:
    """RFC 3339 in UTC. `until` is inclusive there."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
