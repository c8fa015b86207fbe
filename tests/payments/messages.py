"""Webhooks as PortOne sends them, signed by the independent `standardwebhooks` library."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from standardwebhooks import Webhook

from payments.models import PaymentOrder

SECRET = "whsec_cG9ydG9uZS1zYW5kYm94LXRlc3Qtc2VjcmV0LTAwMDE="
SECOND_SECRET = "whsec_cG9ydG9uZS1zYW5kYm94LXRlc3Qtc2VjcmV0LTAwMDI="
DOOR = "/payments/webhooks/portone/"


def event(ref: str, type: str = "Transaction.Paid", **data: Any) -> bytes:
    """A body of version 2024-04-25."""
    said = {
        "type": type,
        "timestamp": "2026-01-01T00:00:00.000Z",
        "data": {
            "storeId": "store-00000000-0000-4000-8000-000000000001",
            "paymentId": ref,
            "transactionId": "0194200a-0000-7000-8000-000000000001",
            **data,
        },
    }
    return json.dumps(said, separators=(",", ":")).encode()


def post(body: bytes, *, id: str | None = None, late: float = 0, secret: str = SECRET, **changed: str) -> dict[str, Any]:
    """Arguments for `client.post`: these bytes, signed now. late: seconds since the signature.   changed: other header values."""
    event_id, moment = id or str(uuid.uuid4()), datetime.now(UTC) - timedelta(seconds=late)
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, moment, body.decode("utf-8", "surrogateescape")),
    }
    headers |= {f"webhook-{name}": value for name, value in changed.items()}
    return {"path": DOOR, "data": body, "content_type": "application/json", "headers": {k: v for k, v in headers.items() if v is not None}}


def signed(order: PaymentOrder, *, type: str = "Transaction.Paid", **options: Any) -> dict[str, Any]:
    """A true message about this order."""
    return post(event(order.order_id, type), **options)
