"""
Cards that Toss Payments keeps (자동결제).

Source: Toss Payments core API 2022-11-16, billing: the key can be read once, no webhook follows an approval, and the answer of a deletion
has no body.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings
from pydantic import Field

from common.provider import GatewayError
from payments.gateways.answers import Wire, read
from payments.gateways.base import Checkout, ConfirmRefused
from payments.gateways.cards import RemoteCard

ACT_SECONDS = 40.0
GONE = ("ALREADY_REMOVED_BILLING_KEY", "NOT_FOUND_BILLING_KEY")
ANOTHER = "카드사에서 받은 정보가 요청과 달라서 등록하지 않았어요."
LEFT = "카드 등록을 마치지 않았어요. 다시 등록해 주세요."
USELESS = "카드사에서 이 카드로 결제할 수 없다고 해요."


class _Card(Wire):
    number: str | None = None


class _Issued(Wire):
    customer_key: str
    billing_key: str = Field(min_length=1, max_length=200)
    card: _Card | None = None


class TossCards:
    """call: one request to Toss, as the gateway makes it.   declines: Korean words for codes by which nothing is ever captured."""

    def __init__(self, *, call: Callable[..., Any], declines: Mapping[str, str]) -> None:
        self._call, self._declines = call, declines

    def checkout(self, *, wish: Checkout) -> dict[str, Any]:
        """Give what `TossPayments(clientKey).payment({customerKey}).requestBillingAuth(request)` needs."""
        request: dict[str, Any] = {
            "method": "CARD",
            "successUrl": wish.return_url,
            "failUrl": wish.return_url,
            "customerName": wish.buyer_name[:100],
        }
        if 0 < len(wish.buyer_email) <= 100:
            request["customerEmail"] = wish.buyer_email
        return {
            "clientKey": settings.TOSS_CLIENT_KEY,
            "customerKey": wish.buyer_id,
            "request": request,
            "redirectUrl": wish.return_url,
        }

    def issue(self, *, wish: Checkout, said: Mapping[str, str]) -> RemoteCard:
        token = said.get("authKey", "")
        if not token:
            raise ConfirmRefused(code="LEFT", status=0, words=LEFT)
        body = {"authKey": token[:300], "customerKey": wish.buyer_id}
        try:
            answer = self._call("POST", "/v1/billing/authorizations/issue", json=body, key=f"card-{wish.order_id}", seconds=ACT_SECONDS)
        except GatewayError as refusal:
            if refusal.known and refusal.status not in (0, 401):
                raise ConfirmRefused(code=refusal.code, status=refusal.status, words=ANOTHER) from refusal
            raise
        issued = read(_Issued, answer)
        if issued.customer_key != wish.buyer_id:
            raise ConfirmRefused(code="ANOTHER_CUSTOMER", status=200, words=ANOTHER)
        return RemoteCard(key=issued.billing_key, name=f"카드 {issued.card.number}" if issued.card and issued.card.number else "카드")

    def charge(self, *, key: str, order: Checkout, attempt: str) -> None:
        body = {
            "customerKey": order.buyer_id,
            "amount": order.amount_krw,
            "orderId": order.order_id,
            "orderName": order.title[:100],
            "customerName": order.buyer_name[:100],
        }
        try:
            self._call("POST", f"/v1/billing/{quote(key, safe='')}", json=body, key=f"charge-{attempt}", seconds=ACT_SECONDS)
        except GatewayError as refusal:
            if refusal.code in ("ALREADY_PROCESSED_PAYMENT", "DUPLICATED_ORDER_ID"):
                return  # it was paid before: the book says how
            if refusal.known and refusal.status not in (0, 401):
                words = self._declines.get(refusal.code, USELESS)
                raise ConfirmRefused(code=refusal.code, status=refusal.status, words=words) from refusal
            raise

    def delete(self, *, key: str) -> None:
        try:
            self._call("DELETE", f"/v1/billing/{quote(key, safe='')}", is_empty=True)
        except GatewayError as refusal:
            if refusal.code not in GONE:
                raise
