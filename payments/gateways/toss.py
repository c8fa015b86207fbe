"""
Toss Payments, payment window with redirects.

Source of every rule here: Toss Payments core API 2022-11-16 and its guides on webhooks and idempotency. Refusals are told apart by
their code, never by the HTTP status: PROVIDER_ERROR is a 400 and yet passes.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import requests
from django.conf import settings
from pydantic import AwareDatetime, Field, StrictInt

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
from payments.gateways.toss_cards import TossCards
from payments.settlements import SettlementLine

READ_SECONDS = 10.0  # a person waits behind it; silence becomes "checking"
ACT_SECONDS = 40.0  # Toss recommends 30
PAGE_SIZE = 1_000
TITLE_LETTERS, NAME_LETTERS, REASON_LETTERS = 100, 100, 200
API_VERSION = "2022-11-16"
BUYER = "buyer"  # in `metadata`

STATES = {
    "READY": RemoteState.READY,
    "IN_PROGRESS": RemoteState.READY,
    "WAITING_FOR_DEPOSIT": RemoteState.ACCOUNT_ISSUED,
    "DONE": RemoteState.PAID,
    "PARTIAL_CANCELED": RemoteState.PART_CANCELLED,
    "CANCELED": RemoteState.CANCELLED,
    "ABORTED": RemoteState.FAILED,
    "EXPIRED": RemoteState.EXPIRED,
}
CANCEL_STATES = {"DONE": CancelState.SUCCEEDED, "IN_PROGRESS": CancelState.REQUESTED, "ABORTED": CancelState.FAILED}
METHODS = {"카드": "CARD", "간편결제": "EASY_PAY", "계좌이체": "TRANSFER", "가상계좌": "VIRTUAL_ACCOUNT"}
SDK_METHODS = {"CARD": "CARD", "VIRTUAL_ACCOUNT": "VIRTUAL_ACCOUNT"}

# After these nobody knows more than before; with HTTP 5xx, 408 and 429 they are asked about.
UNDECIDED = frozenset({"PROVIDER_ERROR", "IDEMPOTENT_REQUEST_PROCESSING", "FORBIDDEN_CONSECUTIVE_REQUEST", "TOO_MANY_REQUESTS"})
# The buyer agreed, and nothing will be captured: what we tell them.
DECLINES = {
    "REJECT_CARD_PAYMENT": "카드 한도나 잔액이 부족해서 승인되지 않았어요.",
    "REJECT_CARD_COMPANY": "카드사에서 승인하지 않았어요.",
    "REJECT_ACCOUNT_PAYMENT": "계좌 잔액이 부족해서 승인되지 않았어요.",
    "INVALID_REJECT_CARD": "카드사에서 승인하지 않았어요.",
    "INVALID_STOPPED_CARD": "정지된 카드예요.",
    "INVALID_CARD_EXPIRATION": "카드 유효기간이 맞지 않아요.",
    "BELOW_MINIMUM_AMOUNT": "결제할 수 있는 금액보다 적어요.",
    "EXCEED_MAX_AMOUNT": "하루에 결제할 수 있는 금액을 넘었어요.",
    "EXCEED_MAX_CARD_INSTALLMENT_PLAN": "할부 개월 수가 너무 길어요.",
    "NOT_FOUND_PAYMENT_SESSION": "결제 시간이 지나서 승인되지 않았어요.",
}
OTHER_ORDER = "결제 정보가 주문과 달라서 승인하지 않았어요."
_CODE = re.compile(r"[A-Z0-9_]{1,60}")
_EVENT_ID = re.compile(r"[\x21-\x7e]{1,100}")
_REF = re.compile(r"[A-Za-z0-9_-]{6,64}")
_OUR_KEY = re.compile(r"\[([A-Za-z0-9_-]{16,64})\]")


class _Failure(Wire):
    code: str = ""
    message: str = ""


class _Card(Wire):
    number: str | None = None


class _EasyPay(Wire):
    provider: str | None = None


class _Receipt(Wire):
    url: str | None = None


class _Account(Wire):
    account_number: str
    bank_code: str = ""
    due_date: AwareDatetime | None = None
    expired: bool = False


class _Cancel(Wire):
    transaction_key: str = Field(min_length=1, max_length=100)
    cancel_amount: StrictInt
    cancel_status: str = "DONE"
    cancel_reason: str | None = None
    canceled_at: AwareDatetime | None = None

    def ours(self) -> RemoteCancel:
        """The same in our words."""
        reason = self.cancel_reason or ""
        found = _OUR_KEY.match(reason)
        return RemoteCancel(
            id=self.transaction_key,
            state=CANCEL_STATES.get(self.cancel_status, CancelState.UNKNOWN),
            amount_krw=self.cancel_amount,
            at=self.canceled_at,
            key=found[1] if found else "",
            reason=reason,
        )


class _Payment(Wire):
    payment_key: str = Field(min_length=1, max_length=200)
    order_id: str
    m_id: str
    type: str
    version: str
    status: str
    method: str | None = None
    currency: str
    total_amount: StrictInt  # a bool, a text or a fraction is not an amount
    balance_amount: StrictInt
    approved_at: AwareDatetime | None = None
    cancels: list[_Cancel] | None = None
    virtual_account: _Account | None = None
    secret: str | None = None
    card: _Card | None = None
    easy_pay: _EasyPay | None = None
    receipt: _Receipt | None = None
    failure: _Failure | None = None
    metadata: dict[str, Any] | None = None

    @property
    def state(self) -> RemoteState:
        """
        The state in our words. A payment whose parts were all cancelled stays PARTIAL_CANCELED there: the balance decides.
        CANCELED without an approval is an account that never took money.
        """
        found = STATES.get(self.status, RemoteState.UNKNOWN)
        if found is RemoteState.PART_CANCELLED and self.balance_amount == 0:
            return RemoteState.CANCELLED
        if found is RemoteState.CANCELLED and self.approved_at is None:
            return RemoteState.EXPIRED
        if found is RemoteState.ACCOUNT_ISSUED and self.virtual_account is not None and self.virtual_account.expired:
            return RemoteState.EXPIRED
        return found

    def ours(self, *, is_live: bool) -> RemotePayment:
        """The same in our words. is_live: Toss marks no payment; the key that reads it decides."""
        issued, failure = self.virtual_account, self.failure
        return RemotePayment(
            ref=self.order_id,
            state=self.state,
            amount_krw=self.total_amount,
            currency=self.currency,
            store=self.m_id,
            channel=self.type,
            provider="TOSS",
            version=self.version,
            is_live=is_live,
            method=METHODS.get(self.method, "OTHER") if self.method else "",
            method_name=self._method_name(),
            receipt_url=(self.receipt.url or "") if self.receipt else "",
            paid_at=self.approved_at,
            cancels=tuple(item.ours() for item in self.cancels or ()),
            said=self.status,
            failure=DECLINES.get(failure.code, failure.message) if failure else "",
            is_disputed=None,
            buyer=str((self.metadata or {}).get(BUYER, "")),
            attempt=self.payment_key,
            account=RemoteAccount(
                bank=banks.by_toss(issued.bank_code),
                number=issued.account_number,
                holder=settings.COMPANY["name"],
                due_at=issued.due_date,
                secret=self.secret or "",
            )
            if issued
            else None,
        )

    def _method_name(self) -> str:
        if self.easy_pay is not None and self.easy_pay.provider:
            return self.easy_pay.provider
        if self.virtual_account is not None:
            return banks.name_of(banks.by_toss(self.virtual_account.bank_code)) or "가상계좌"
        return f"카드 {self.card.number}" if self.card is not None and self.card.number else self.method or ""


class _Transaction(Wire):
    transaction_key: str
    payment_key: str


class _Settlement(Wire):
    """fee: with its VAT.   supply_amount, vat: of the fee."""

    order_id: str
    transaction_key: str
    method: str
    amount: StrictInt
    supply_amount: StrictInt
    vat: StrictInt
    pay_out_amount: StrictInt
    sold_date: date
    paid_out_date: date

    def ours(self) -> SettlementLine:
        """The same in our words."""
        return SettlementLine(
            ref=self.order_id,
            transaction_id=self.transaction_key,
            is_cancel=self.amount < 0,
            method=METHODS.get(self.method, "OTHER"),
            amount_krw=self.amount,
            fee_krw=self.supply_amount,
            fee_vat_krw=self.vat,
            payout_krw=self.pay_out_amount,
            moved_on=self.sold_date,
            paid_out_on=self.paid_out_date,
        )


class TossGateway:
    """Cards and virtual accounts through Toss Payments. Nothing is captured, and no account issued, before our server confirms."""

    name = "toss"
    label = "토스페이먼츠"
    methods = ("CARD", "VIRTUAL_ACCOUNT")
    needs_confirm = True
    token_field = "paymentKey"
    key_hours = 15 * 24

    def __init__(self) -> None:
        self.script_url: str = settings.TOSS_SDK_URL
        self.browser_hosts = tuple(settings.TOSS_BROWSER_HOSTS)
        self.webhook_sources = tuple(settings.TOSS_WEBHOOK_SOURCES)
        self.is_live: bool = settings.TOSS_SECRET_KEY.startswith("live_")
        self.expected = Expected(
            store=settings.TOSS_MID,
            channels=frozenset({"NORMAL", "BILLING"}),
            provider="TOSS",
            version=API_VERSION,
            is_live=settings.TOSS_REQUIRE_LIVE,
        )
        # The colon after the key is required; the password is empty.
        secret = base64.b64encode(f"{settings.TOSS_SECRET_KEY}:".encode()).decode()
        self._client = ProviderClient(
            name=self.name, base_url=settings.TOSS_BASE_URL, headers={"Authorization": f"Basic {secret}"}, read_timeout=READ_SECONDS
        )

    @property
    def cards(self) -> TossCards:
        """The cards it keeps; whether they may be charged is agreed with Toss apart."""
        return TossCards(call=self._call, declines=DECLINES)

    # ---- the buyer's browser -------------------------------------------------------------------------------------------

    def checkout(self, *, order: Checkout) -> dict[str, Any]:
        """Give what `TossPayments(clientKey).payment({customerKey}).requestPayment(request)` needs; phones know redirects only."""
        phone = re.sub(r"\D", "", "0" + order.buyer_phone[3:] if order.buyer_phone.startswith("+82") else order.buyer_phone)
        request: dict[str, Any] = {
            "method": SDK_METHODS[order.method],
            "amount": {"currency": "KRW", "value": order.amount_krw},
            "orderId": order.order_id,
            "orderName": order.title[:TITLE_LETTERS],
            "successUrl": order.return_url,
            "failUrl": order.return_url,
            "customerName": order.buyer_name[:NAME_LETTERS],
            "metadata": {BUYER: order.buyer_id},  # the customer key is not shown again, this is
        }
        if 8 <= len(phone) <= 15:
            request["customerMobilePhone"] = phone
        if 0 < len(order.buyer_email) <= NAME_LETTERS:
            request["customerEmail"] = order.buyer_email
        if order.method == "VIRTUAL_ACCOUNT" and order.due_at is not None:
            request["virtualAccount"] = {"dueDate": _local(order.due_at), "cashReceipt": {"type": "미발행"}}
        return {
            "clientKey": settings.TOSS_CLIENT_KEY,
            "customerKey": order.buyer_id,
            "request": request,
            "redirectUrl": order.return_url,
        }

    # ---- asking and acting ---------------------------------------------------------------------------------------------

    def fetch(self, *, ref: str) -> RemotePayment:
        found = self._find(ref)
        return RemotePayment(ref=ref, state=RemoteState.ABSENT) if found is None else found.ours(is_live=self.is_live)

    def confirm(self, *, ref: str, token: str, amount_krw: int) -> RemotePayment:
        """A refusal is remembered with its key for 15 days, so the second try after PROVIDER_ERROR has a key of its own."""
        body = {"paymentKey": token, "orderId": ref, "amount": amount_krw}
        intent = hashlib.sha256(f"{ref} {token}".encode()).hexdigest()[:40]
        for attempt in (1, 2):
            try:
                answer = self._call("POST", "/v1/payments/confirm", json=body, key=f"confirm-{intent}-{attempt}", seconds=ACT_SECONDS)
                return _read(_Payment, answer).ours(is_live=self.is_live)
            except GatewayError as refusal:
                if refusal.code == "ALREADY_PROCESSED_PAYMENT":
                    break
                if refusal.code != "PROVIDER_ERROR" or attempt == 2:
                    raise self._meaning(refusal, ref=ref, token=token) from refusal
        return self.fetch(ref=ref)

    def _meaning(self, refusal: GatewayError, *, ref: str, token: str) -> GatewayError:
        """
        What a refused confirm says about this order. Anybody may bring any token to the way back, so a mismatch counts only when the
        payment really is of this order.
        """
        if not refusal.known:
            return refusal
        if refusal.code in DECLINES:
            return ConfirmRefused(code=refusal.code, status=refusal.status, words=DECLINES[refusal.code])
        if refusal.code == "FORBIDDEN_REQUEST":
            found = _read(_Payment, self._call("GET", f"/v1/payments/{quote(token, safe='')}"))
            if found.order_id == ref:
                return ConfirmRefused(code=refusal.code, status=refusal.status, words=OTHER_ORDER)
        return refusal

    def list_payments(self, *, since: datetime, until: datetime) -> Iterator[RemotePayment]:
        """Toss lists movements, not payments: each payment that moved is then read once."""
        seen: set[str] = set()
        after = ""
        while True:
            wanted = {"startDate": _local(since), "endDate": _local(until), "limit": str(PAGE_SIZE)}
            answer = self._call("GET", "/v1/transactions", params=wanted | ({"startingAfter": after} if after else {}))
            rows = [_read(_Transaction, row) for row in answer]
            for row in rows:
                if row.payment_key not in seen:
                    seen.add(row.payment_key)
                    found = _read(_Payment, self._call("GET", f"/v1/payments/{quote(row.payment_key, safe='')}"))
                    yield found.ours(is_live=self.is_live)
            if len(rows) < PAGE_SIZE:
                return
            after = rows[-1].transaction_key

    def list_settlements(self, *, first_on: date, last_on: date) -> Iterator[SettlementLine]:
        """Walk what is settled for days on which money moved, both included. Source: `GET /v1/settlements`, live data only."""
        number = 1
        while True:
            wanted = {"startDate": str(first_on), "endDate": str(last_on), "page": str(number), "size": str(PAGE_SIZE)}
            rows = self._call("GET", "/v1/settlements", params=wanted)
            yield from (_read(_Settlement, row).ours() for row in rows)
            if len(rows) < PAGE_SIZE:
                return
            number += 1

    def cancel(
        self, *, ref: str, amount_krw: int, remaining_krw: int, reason: str, key: str, account: PayoutAccount | None = None
    ) -> RemoteCancel:
        payment = self._find(ref)
        if payment is None:
            raise GatewayError(known=True, code="NOT_FOUND_PAYMENT", status=404)
        body: dict[str, Any] = {
            # Toss shows no idempotency key on a cancel; carried in the reason, it tells ours from a stranger's.
            "cancelReason": " ".join(f"[{key}] {reason}".split())[:REASON_LETTERS],
            "cancelAmount": amount_krw,
            "refundableAmount": remaining_krw,
        }
        if account is not None:
            body["refundReceiveAccount"] = {
                "bank": banks.for_toss(account.bank),
                "accountNumber": account.number,
                "holderName": account.holder,
            }
        path = f"/v1/payments/{quote(payment.payment_key, safe='')}/cancel"
        after = _read(_Payment, self._call("POST", path, json=body, key=f"cancel-{key}", seconds=ACT_SECONDS))
        made = next((item.ours() for item in after.cancels or () if item.ours().key == key), None)
        if made is None:
            raise GatewayError(known=False, code="UNREADABLE", status=200)
        return made

    def _find(self, ref: str) -> _Payment | None:
        try:
            return _read(_Payment, self._call("GET", f"/v1/payments/orders/{quote(ref, safe='')}"))
        except GatewayError as refusal:
            if refusal.code == "NOT_FOUND_PAYMENT":
                return None
            raise

    def _call(self, method: str, path: str, *, key: str = "", seconds: float = READ_SECONDS, is_empty: bool = False, **kwargs: Any) -> Any:
        """
        One request; the JSON of a 200. is_empty: a 200 has no body.

        :raises GatewayError: known for a definite no, else the outcome is unknown.
        """
        headers = {"Idempotency-Key": key} if key else None
        response = self._client.call(method, path, headers=headers, timeout=(5, seconds), **kwargs)
        try:
            body = response.json()
        except (requests.JSONDecodeError, RecursionError):
            body = None
        if response.status_code == 200 and (is_empty or body is not None):
            return body
        code = str(body.get("code", "")) if isinstance(body, dict) else ""
        known = 400 <= response.status_code < 500 and response.status_code not in (408, 429) and code not in UNDECIDED
        raise GatewayError(known=known, code=code if _CODE.fullmatch(code) else "UNREADABLE", status=response.status_code)

    # ---- webhooks ------------------------------------------------------------------------------------------------------

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes) -> RemoteEvent:
        """
        Payment messages are not signed, so this one proves nothing: the order is looked up, whatever it says. A deposit message has
        its own flat shape and carries the secret of its payment. Source: Toss Payments guide on webhooks, v2.
        """
        named = {name.lower(): value for name, value in headers.items()}
        event_id = named.get("tosspayments-webhook-transmission-id", "")
        if not event_id:
            raise WebhookRefused("missing_header")
        if not _EVENT_ID.fullmatch(event_id):
            raise WebhookRefused("id")
        try:
            said = json.loads(body)
        except (ValueError, RecursionError):
            said = None
        said = said if isinstance(said, dict) else {}
        if said.get("eventType") == "PAYMENT_STATUS_CHANGED" and isinstance(said.get("data"), dict):
            return RemoteEvent(event_id=event_id, type="PAYMENT_STATUS_CHANGED", ref=_ref(said["data"].get("orderId")), is_proved=False)
        secret = said.get("secret")
        if "eventType" not in said and isinstance(secret, str) and secret:
            return RemoteEvent(
                event_id=event_id, type="DEPOSIT_CALLBACK", ref=_ref(said.get("orderId")), is_proved=False, secret=secret[:100]
            )
        kind = said.get("eventType")
        return RemoteEvent(event_id=event_id, type=kind[:100] if isinstance(kind, str) else "", ref="", is_proved=False)


def _ref(value: object) -> str:
    return value if isinstance(value, str) and _REF.fullmatch(value) else ""


def _local(moment: datetime) -> str:
    """A moment as Toss writes it, on Korean clocks: 2026-01-02T14:46:58."""
    return moment.astimezone(SEOUL).strftime("%Y-%m-%dT%H:%M:%S")
