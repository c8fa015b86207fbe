"""
Secrets and signatures of Standard Webhooks: HMAC-SHA256 over id, moment and body, one signature for each secret that is valid.

Source: https://www.standardwebhooks.com, specification 1.0.
"""

import base64
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from standardwebhooks import Webhook

_SECRET_BYTES = 32


def new_secret() -> str:
    """A secret as receivers keep it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers(message: str, body: bytes, *, keys: Iterable[str], at: datetime) -> dict[str, str]:
    """The headers of one call. at: real time, because receivers compare it with theirs.   keys: newest first."""
    moment = at.astimezone(UTC)
    signatures = [Webhook(key).sign(msg_id=message, timestamp=moment, data=body.decode()) for key in keys]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
