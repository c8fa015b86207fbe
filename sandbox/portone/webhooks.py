"""PortOne's webhooks: what is told to whom, and how it is signed."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterable
from typing import Any

from sandbox.clock import instant
from sandbox.deliveries import Delivery, Outbox
from sandbox.portone.attempts import Attempt

RETRY_MINUTES = (1, 4, 16, 64, 256)
"""Nominal waits between attempts. Source: PortOne webhook guide; its random jitter is left out, so that a test can count."""
MAX_RESENDS = 20
"""The real limit is not published."""


class Webhooks(Outbox):
    """Messages about attempts, signed by every secret that is alive."""

    table = "deliveries"
    prefix = ""
    retry_minutes = RETRY_MINUTES

    def default_config(self) -> dict[str, Any]:
        """The console's address and secrets."""
        return {"url": self._settings.webhook_url, "secrets": list(self._settings.webhook_secrets)}

    def headers(self, delivery: Delivery) -> dict[str, str]:
        """Standard Webhooks: id, time of this attempt, signatures."""
        timestamp = int(time.time())
        signature = sign(webhook_id=delivery.webhook_id, timestamp=timestamp, body=delivery.body.encode(), secrets=self.config["secrets"])
        return {"webhook-id": delivery.webhook_id, "webhook-timestamp": str(timestamp), "webhook-signature": signature}

    def tell(self, attempt: Attempt, type: str, *, trigger: str | None = None, cancellation_id: str | None = None) -> None:
        """Queue one event for the console's address, or for the payment's own notice addresses."""
        data = {"storeId": attempt.store_id, "paymentId": attempt.payment_id, "transactionId": attempt.transaction_id}
        if cancellation_id is not None:
            data["cancellationId"] = cancellation_id
        types = [type]
        if self._book.switch("drift", {}).get("unknown_webhook_type"):
            types.append("Transaction.SomethingNew")
        for told in types:
            self._queue(told, data, urls=attempt.notice_urls, status=attempt.status, trigger=trigger)

    def test_call(self, *, type: str, data: dict[str, Any]) -> None:
        """The console's test button: a signed event about something that need not exist."""
        with self._book.write():
            self._queue(type, data, urls=[], status="PAID", trigger="MANUAL")

    def _queue(self, type: str, data: dict[str, Any], *, urls: list[str], status: str, trigger: str | None) -> None:
        url = self.config["url"]
        body = json.dumps({"type": type, "timestamp": instant(), "data": data}, ensure_ascii=False, separators=(",", ":"))
        payment_id, transaction_id = str(data.get("paymentId", "")), str(data.get("transactionId", ""))
        for address in urls or ([url] if url else []):
            self.put(
                type=type,
                body=body,
                url=address,
                payment_id=payment_id,
                transaction_id=transaction_id,
                status=status,
                trigger=trigger,
            )


def wire(delivery: Delivery) -> dict[str, Any]:
    """A delivery as `webhooks[]` of a payment shows it."""
    item: dict[str, Any] = {
        "paymentStatus": delivery.payment_status,
        "id": delivery.webhook_id,
        "url": delivery.url,
        "isAsync": delivery.trigger is not None and delivery.trigger != "MANUAL",
        "currentExecutionCount": delivery.executions,
        "maxExecutionCount": 1 + len(RETRY_MINUTES),
        "triggeredAt": delivery.triggered_at,
    }
    if delivery.outcome is not None:
        item["status"] = delivery.outcome
    if delivery.trigger is not None:
        item["trigger"] = delivery.trigger
    if delivery.attempts:
        last = delivery.attempts[-1]
        item["request"] = {"header": json.dumps(last["headers"]), "body": delivery.body, "requestedAt": last["at"]}
        if last["status"] is not None:
            item["response"] = {
                "code": str(last["status"]),
                "header": json.dumps(last["response_headers"]),
                "body": last["response_body"],
                "respondedAt": last["responded_at"],
            }
    return item


def sign(*, webhook_id: str, timestamp: int, body: bytes, secrets: Iterable[str]) -> str:
    """
    The value of `webhook-signature`: one `v1,<base64>` per secret, over id, timestamp and the raw body.

    Source: Standard Webhooks specification, symmetric signatures.
    """
    signed = webhook_id.encode() + b"." + str(timestamp).encode() + b"." + body
    keys = [base64.b64decode(secret.removeprefix("whsec_"), validate=True) for secret in secrets]
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
