"""Solapi's webhooks: array bodies with the secret's SHA-1 in a header, repeated up to five times while nobody says 200."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.settings import SandboxSettings

TRIES = 5
TIMEOUT_SECONDS = 10.0
_running: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Report:
    """One SINGLE-REPORT. event_id: the same for every repeat."""

    secret: str
    event_id: str
    data: dict[str, Any]

    def headers(self) -> dict[str, str]:
        """What proves it: nothing but the secret, hashed."""
        shown = hashlib.sha1(self.secret.encode(), usedforsecurity=False).hexdigest()
        return {"Content-Type": "application/json", "X-Solapi-Event-Name": "SINGLE-REPORT", "X-Solapi-Secret": shown}

    def body(self, retry: int = 0) -> str:
        """Always an array."""
        return json.dumps([{"eventDataId": self.event_id, "data": self.data, "retryCount": retry}], ensure_ascii=False)

    def as_posted(self) -> dict[str, Any]:
        """For tests."""
        return {"headers": self.headers(), "body": self.body()}


def post(settings: SandboxSettings, report: Report) -> None:
    """Tell the merchant in the background, if an address was entered in the console."""
    if settings.solapi_webhook_url:
        task = asyncio.get_running_loop().create_task(_deliver(settings.solapi_webhook_url, report))
        _running.add(task)
        task.add_done_callback(_running.discard)


async def _deliver(url: str, report: Report) -> None:
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        for retry in range(TRIES):
            await asyncio.sleep(retry**2)  # growing intervals; the first report comes a moment after the answer
            try:
                answer = await client.post(url, content=report.body(retry).encode(), headers=report.headers())
            except httpx.HTTPError:
                continue
            if answer.status_code == 200:
                return
