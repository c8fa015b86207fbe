"""
Cards that PortOne V2 keeps (빌링키), through a KG Inicis channel of its own.

Source: PortOne REST API 1.16.0, billing keys, and its guide for `INICIS_V2`: phones need `offerPeriod`; name, phone and e-mail are
mandatory. A refusal of the card company comes as 502 PG_PROVIDER and leaves a failed payment: only the payment says what happened.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from pydantic import Field

from common.provider import GatewayError
from payments.gateways.answers import Wire, read
from payments.gateways.base import Checkout, ConfirmRefused
from payments.gateways.cards import RemoteCard

ACT_SECONDS = 65.0
GONE = ("BILLING_KEY_NOT_FOUND", "BILLING_KEY_ALREADY_DELETED", "BILLING_KEY_NOT_ISSUED")
ANOTHER = "카드사에서 받은 정보가 요청과 달라서 등록하지 않았어요."
LEFT = "카드 등록을 마치지 않았어요. 다시 등록해 주세요."
USELESS = "카드사에서 이 카드로 결제할 수 없다고 해요."


class _Card(Wire):
    name: str | None = None
    number: str | None = None


class _Method(Wire):
    card: _Card | None = None


class _Channel(Wire):
    key: str | None = None


class _Customer(Wire):
    id: str | None = None


class _Key(Wire):
    status: str
    billing_key: str = Field(min_length=1, max_length=200)
    store_id: str
    channels: list[_Channel]
    customer: _Customer
    issue_id: str | None = None
    methods: list[_Method] | None = None

    @property
    def name(self) -> str:
        """The card, for people."""
        card = next((method.card for method in self.methods or () if method.card), None)
        return " ".join(part for part in (card.name, card.number) if part) if card else "카드"


class PortOneCards:
    """call: one request to PortOne.   customer: the buyer as the browser script takes it, from a Checkout."""

    def __init__(self, *, call: Callable[..., Any], customer: Callable[[Checkout], dict[str, str]], store: str, channel: str) -> None:
        self._call, self._customer, self._store, self._channel = call, customer, store, channel

    def checkout(self, *, wish: Checkout) -> dict[str, Any]:
        """Give the argument of `PortOne.requestIssueBillingKey`."""
        return {
            "storeId": self._store,
            "channelKey": self._channel,
            "billingKeyMethod": "CARD",
            "issueId": wish.order_id,
            "issueName": wish.title,
            "customer": self._customer(wish),
            "offerPeriod": {"interval": "1y"},
            "redirectUrl": wish.return_url,
            "forceRedirect": True,
        }

    def issue(self, *, wish: Checkout, said: Mapping[str, str]) -> RemoteCard:
        named = said.get("billingKey", "")
        if not named or "code" in said:
            raise ConfirmRefused(code="LEFT", status=0, words=LEFT)
        try:
            answer = self._call("GET", f"/billing-keys/{quote(named[:200], safe='')}", params={"storeId": self._store})
        except GatewayError as refusal:
            if refusal.known and refusal.status not in (0, 401):
                raise ConfirmRefused(code=refusal.code, status=refusal.status, words=ANOTHER) from refusal
            raise
        found = read(_Key, answer)
        is_ours = found.store_id == self._store and self._channel in {channel.key for channel in found.channels}
        if not is_ours or (found.status, found.customer.id, found.issue_id) != ("ISSUED", wish.buyer_id, wish.order_id):
            raise ConfirmRefused(code="ANOTHER_KEY", status=200, words=ANOTHER)
        return RemoteCard(key=found.billing_key, name=found.name)

    def charge(self, *, key: str, order: Checkout, attempt: str) -> None:
        buyer = self._customer(order)
        body = {
            "storeId": self._store,
            "channelKey": self._channel,
            "billingKey": key,
            "orderName": order.title,
            "amount": {"total": order.amount_krw},
            "currency": "KRW",
            "customer": {
                "id": buyer["customerId"],
                "name": {"full": buyer["fullName"]},
                "phoneNumber": buyer["phoneNumber"],
                "email": buyer["email"],
            },
        }
        path = f"/payments/{quote(order.order_id, safe='')}/billing-key"
        try:
            self._call("POST", path, json=body, key=f"charge-{attempt}", seconds=ACT_SECONDS)
        except GatewayError as refusal:
            if refusal.code == "ALREADY_PAID":
                return  # it was paid before: the book says how
            if refusal.known and refusal.status not in (0, 401):
                raise ConfirmRefused(code=refusal.code, status=refusal.status, words=USELESS) from refusal
            raise

    def delete(self, *, key: str) -> None:
        asked = {"storeId": self._store, "reason": "카드 등록 해지", "requester": "CUSTOMER"}
        try:
            self._call("DELETE", f"/billing-keys/{quote(key, safe='')}", params=asked)
        except GatewayError as refusal:
            if refusal.code not in GONE:
                raise
