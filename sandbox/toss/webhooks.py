"""Toss's webhooks: two shapes, no signature. Source: Toss Payments guide on webhooks, v2."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sandbox.deliveries import Delivery, Outbox
from sandbox.toss import shapes
from sandbox.toss.clock import KST, instant
from sandbox.toss.payments import Payment

TOLD = ("DONE", "CANCELED", "PARTIAL_CANCELED", "ABORTED", "EXPIRED")


class TossWebhooks(Outbox):
    """Messages about payments: whole, unsigned, to one address."""

    table = "toss_deliveries"
    prefix = "toss_"
    retry_minutes = (1, 4, 16, 64, 256, 1024, 4096)

    def default_config(self) -> dict[str, Any]:
        """The address registered in the developer centre."""
        return {"url": self._settings.toss_webhook_url}

    def headers(self, delivery: Delivery) -> dict[str, str]:
        """What tells repeats apart; payment messages carry no signature."""
        return {
            "tosspayments-webhook-transmission-id": delivery.webhook_id,
            "tosspayments-webhook-transmission-time": instant(),
            "tosspayments-webhook-transmission-retried-count": str(delivery.executions),
        }

    def changed(self, payment: Payment) -> None:
        """PAYMENT_STATUS_CHANGED with the whole payment; not for every status, and not for a charge by billing key."""
        if payment.status not in TOLD or (payment.type == "BILLING" and payment.status == "DONE"):
            return
        said = {
            "eventType": "PAYMENT_STATUS_CHANGED",
            "createdAt": f"{datetime.now(UTC).astimezone(KST):%Y-%m-%dT%H:%M:%S.%f}",  # no zone: meant in Korea
            "data": shapes.plain(self._settings, payment, base_url=""),
        }
        self._tell("PAYMENT_STATUS_CHANGED", said, payment)

    def deposit(self, payment: Payment) -> None:
        """DEPOSIT_CALLBACK: flat, with the secret of the payment, without its key."""
        said = {
            "createdAt": instant(),
            "secret": payment.secret,
            "status": payment.status,
            "transactionKey": payment.last_transaction_key,
            "orderId": payment.order_id,
        }
        self._tell("DEPOSIT_CALLBACK", said, payment)

    def _tell(self, type: str, said: dict[str, Any], payment: Payment) -> None:
        if url := self.config["url"]:
            body = json.dumps(said, ensure_ascii=False, separators=(",", ":"))
            self.put(type=type, body=body, url=url, payment_id=payment.order_id, status=payment.status)
