"""Carries webhooks in the background: no answer of the API ever waits for the merchant."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

from sandbox.clock import instant
from sandbox.portone.webhooks import Delivery, Webhooks, sign

TIMEOUT_SECONDS = 30.0
"""Connect and read, each. Source: PortOne webhook guide."""
LONGEST_SLEEP = 5.0
MAX_LOGGED_BODY = 2000


class Courier:
    """One task that starts deliveries as they fall due; each delivery is a task of its own."""

    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        self._webhooks.requeue_interrupted()
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, limits=httpx.Limits(max_connections=None)) as client:
            while True:
                self._webhooks.woken.clear()
                for delivery in self._webhooks.take_due():
                    task = asyncio.create_task(self._deliver(client, delivery))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
                pause = self._webhooks.seconds_to_next()
                try:
                    await asyncio.wait_for(self._webhooks.woken.wait(), LONGEST_SLEEP if pause is None else min(pause, LONGEST_SLEEP))
                except TimeoutError:
                    continue

    async def _deliver(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        attempts = await asyncio.gather(*(self._post(client, delivery) for _ in range(delivery.copies)))
        self._webhooks.finish(delivery, list(attempts))

    async def _post(self, client: httpx.AsyncClient, delivery: Delivery) -> dict[str, Any]:
        """One attempt, stamped and signed with the time of this attempt."""
        body = delivery.body.encode()
        timestamp = int(time.time())
        signature = sign(webhook_id=delivery.webhook_id, timestamp=timestamp, body=body, secrets=self._webhooks.config["secrets"])
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery.webhook_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature,
        }
        attempt: dict[str, Any] = {"at": instant(), "headers": headers, "status": None, "response_headers": {}, "response_body": ""}
        try:
            response = await client.post(delivery.url, content=body, headers=headers)
            attempt["status"] = response.status_code
            attempt["response_headers"] = dict(response.headers)
            attempt["response_body"] = response.text[:MAX_LOGGED_BODY]
        except httpx.HTTPError as error:
            attempt["error"] = type(error).__name__
        except httpx.InvalidURL:
            attempt["error"] = "InvalidURL"
        attempt["responded_at"] = instant()
        return attempt
