"""Carries webhooks in the background: no answer of the API ever waits for the merchant."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from sandbox.clock import instant
from sandbox.deliveries import Delivery, Outbox

TIMEOUT_SECONDS = 30.0
"""Connect and read, each. Source: PortOne webhook guide."""
LONGEST_SLEEP = 5.0
MAX_LOGGED_BODY = 2000


class Courier:
    """One task that starts deliveries as they fall due; each delivery is a task of its own."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        self._outbox.requeue_interrupted()
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, limits=httpx.Limits(max_connections=None)) as client:
            while True:
                self._outbox.woken.clear()
                for delivery in self._outbox.take_due():
                    task = asyncio.create_task(self._deliver(client, delivery))
                    self._running.add(task)
                    task.add_done_callback(self._running.discard)
                pause = self._outbox.seconds_to_next()
                try:
                    await asyncio.wait_for(self._outbox.woken.wait(), LONGEST_SLEEP if pause is None else min(pause, LONGEST_SLEEP))
                except TimeoutError:
                    continue

    async def _deliver(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        attempts = await asyncio.gather(*(self._post(client, delivery) for _ in range(delivery.copies)))
        self._outbox.finish(delivery, list(attempts))

    async def _post(self, client: httpx.AsyncClient, delivery: Delivery) -> dict[str, Any]:
        """One attempt, with headers made for it."""
        headers = {"content-type": "application/json", **self._outbox.headers(delivery)}
        attempt: dict[str, Any] = {"at": instant(), "headers": headers, "status": None, "response_headers": {}, "response_body": ""}
        try:
            response = await client.post(delivery.url, content=delivery.body.encode(), headers=headers)
            attempt["status"] = response.status_code
            attempt["response_headers"] = dict(response.headers)
            attempt["response_body"] = response.text[:MAX_LOGGED_BODY]
        except httpx.HTTPError as error:
            attempt["error"] = type(error).__name__
        except httpx.InvalidURL:
            attempt["error"] = "InvalidURL"
        attempt["responded_at"] = instant()
        return attempt
