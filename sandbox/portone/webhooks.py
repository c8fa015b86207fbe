"""Webhooks: what is told to whom, when it falls due, and how it is signed. The courier carries them."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import random
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.book import Book
from sandbox.clock import Clock, instant
from sandbox.portone.attempts import Attempt
from sandbox.settings import SandboxSettings

RETRY_MINUTES = (1, 4, 16, 64, 256)
"""Nominal waits between attempts. Source: PortOne webhook guide; its random jitter is left out, so that a test can count."""
MAX_EXECUTIONS = 1 + len(RETRY_MINUTES)
MAX_RESENDS = 20
"""The real limit is not published."""
RELEASE_GAP_SECONDS = 0.2
"""Kept events go one after the other, so that the receiver sees their order."""


@dataclass(slots=True)
class Delivery:
    """One event for one address. Body and id never change; timestamp and signature are made for each attempt."""

    webhook_id: str
    payment_id: str
    transaction_id: str
    url: str
    type: str
    body: str
    payment_status: str
    triggered_at: str
    trigger: str | None = None
    copies: int = 1
    executions: int = 0
    resends: int = 0
    outcome: str | None = None
    attempts: list[dict[str, Any]] = field(default_factory=list)
    state: str = "PENDING"
    due_at: float = 0.0

    def wire(self) -> dict[str, Any]:
        """The delivery as `webhooks[]` of a payment shows it."""
        item: dict[str, Any] = {
            "paymentStatus": self.payment_status,
            "id": self.webhook_id,
            "url": self.url,
            "isAsync": self.trigger is not None and self.trigger != "MANUAL",
            "currentExecutionCount": self.executions,
            "maxExecutionCount": MAX_EXECUTIONS,
            "triggeredAt": self.triggered_at,
        }
        if self.outcome is not None:
            item["status"] = self.outcome
        if self.trigger is not None:
            item["trigger"] = self.trigger
        if self.attempts:
            last = self.attempts[-1]
            item["request"] = {"header": json.dumps(last["headers"]), "body": self.body, "requestedAt": last["at"]}
            if last["status"] is not None:
                item["response"] = {
                    "code": str(last["status"]),
                    "header": json.dumps(last["response_headers"]),
                    "body": last["response_body"],
                    "respondedAt": last["responded_at"],
                }
        return item


class WebhookFault(BaseModel):
    """
    One rule for the next `count` new events (null: until cleared), optionally of some types only.

    drop       never sent                       duplicate   sent `copies` times, same id and body
    delay      due `seconds` later              hold        kept until released
    reorder    kept until `count` events are there, then sent last first
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["drop", "duplicate", "delay", "hold", "reorder"]
    count: int | None = Field(default=1, ge=1)
    types: list[str] = Field(default_factory=list)
    seconds: float = Field(default=3600, ge=0)
    copies: int = Field(default=2, ge=2, le=200)


class Webhooks:
    """The queue of events. Everything that happens to a payment calls `tell` inside its own transaction."""

    def __init__(self, settings: SandboxSettings, book: Book, clock: Clock) -> None:
        self._settings = settings
        self._book = book
        self._clock = clock
        self.woken = asyncio.Event()

    @property
    def config(self) -> dict[str, Any]:
        """Where events go, who signs them, and how much their order is shaken."""
        default = {"url": self._settings.webhook_url, "secrets": list(self._settings.webhook_secrets), "jitter_seconds": 0.0, "seed": 0}
        return {**default, **self._book.switch("webhook_config", {})}

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
        config = self.config
        for url in urls or ([config["url"]] if config["url"] else []):
            self._queue_one(type, data, url=url, status=status, trigger=trigger, config=config)
        self.woken.set()

    def _queue_one(self, type: str, data: dict[str, Any], *, url: str, status: str, trigger: str | None, config: dict[str, Any]) -> None:
        at = instant()
        delivery = Delivery(
            webhook_id=str(uuid.uuid4()),
            payment_id=str(data.get("paymentId", "")),
            transaction_id=str(data.get("transactionId", "")),
            url=url,
            type=type,
            body=json.dumps({"type": type, "timestamp": at, "data": data}, ensure_ascii=False, separators=(",", ":")),
            payment_status=status,
            trigger=trigger,
            triggered_at=at,
            due_at=self._clock.now(),
        )
        if config["jitter_seconds"]:
            number = self._book.row("SELECT COUNT(*) AS n FROM deliveries")
            shake = random.Random(f"{config['seed']}:{number['n'] if number else 0}")  # noqa: S311  (no secret: repeatable shaking)
            delivery.due_at += shake.random() * float(config["jitter_seconds"])
        fault = self._take(type)
        if fault is not None:
            self._spoil(delivery, fault)
        self._book.run(
            "INSERT INTO deliveries (webhook_id, payment_id, state, due_at, doc) VALUES (?, ?, ?, ?, ?)",
            delivery.webhook_id,
            delivery.payment_id,
            delivery.state,
            delivery.due_at,
            json.dumps(asdict(delivery), ensure_ascii=False),
        )
        if fault is not None and fault.kind == "reorder" and fault.count == 0:
            self.release(states=("REORDERING",), last_first=True)

    def _spoil(self, delivery: Delivery, fault: WebhookFault) -> None:
        match fault.kind:
            case "drop":
                delivery.state = "DROPPED"
            case "duplicate":
                delivery.copies = fault.copies
            case "delay":
                delivery.due_at += fault.seconds
            case "hold":
                delivery.state = "HELD"
            case "reorder":
                delivery.state = "REORDERING"

    def faults(self) -> list[WebhookFault]:
        """The rules that still wait for events."""
        return [WebhookFault.model_validate(rule) for rule in self._book.switch("webhook_faults", [])]

    def add_fault(self, fault: WebhookFault) -> None:
        """Put a rule at the end of the queue."""
        with self._book.write():
            self._save_faults([*self.faults(), fault])

    def clear_faults(self) -> None:
        """Drop every rule; what was held stays held until released."""
        self._save_faults([])

    def _take(self, type: str) -> WebhookFault | None:
        rules = self.faults()
        found = next((rule for rule in rules if not rule.types or type in rule.types), None)
        if found is not None and found.count is not None:
            found.count -= 1
            self._save_faults([rule for rule in rules if rule.count != 0])
        return found

    def _save_faults(self, rules: list[WebhookFault]) -> None:
        self._book.set_switch("webhook_faults", [rule.model_dump() for rule in rules])

    def release(self, *, states: Iterable[str] = ("HELD", "REORDERING"), last_first: bool = False) -> int:
        """Let kept events go, in the order of their making or backwards; returns how many."""
        with self._book.write():
            kept = [delivery for delivery in self.listed() if delivery.state in states]
            for place, delivery in enumerate(reversed(kept) if last_first else kept):
                delivery.state = "PENDING"
                delivery.due_at = self._clock.now() + place * RELEASE_GAP_SECONDS
                self.save(delivery)
        self.woken.set()
        return len(kept)

    def save(self, delivery: Delivery) -> None:
        """Write a changed delivery."""
        self._book.run(
            "UPDATE deliveries SET state = ?, due_at = ?, doc = ? WHERE webhook_id = ?",
            delivery.state,
            delivery.due_at,
            json.dumps(asdict(delivery), ensure_ascii=False),
            delivery.webhook_id,
        )

    def get(self, webhook_id: str) -> Delivery | None:
        """The delivery with this id."""
        found = self._book.row("SELECT doc FROM deliveries WHERE webhook_id = ?", webhook_id)
        return None if found is None else Delivery(**json.loads(found["doc"]))

    def listed(self, payment_id: str = "") -> list[Delivery]:
        """All deliveries, or those of one payment, oldest first."""
        if payment_id:
            rows = self._book.rows("SELECT doc FROM deliveries WHERE payment_id = ? ORDER BY seq", payment_id)
        else:
            rows = self._book.rows("SELECT doc FROM deliveries ORDER BY seq")
        return [Delivery(**json.loads(row["doc"])) for row in rows]

    def take_due(self) -> list[Delivery]:
        """Hand out what is due now, each once."""
        with self._book.write():
            rows = self._book.rows(
                "SELECT doc FROM deliveries WHERE state = 'PENDING' AND due_at <= ? ORDER BY due_at, seq", self._clock.now()
            )
            due = [Delivery(**json.loads(row["doc"])) for row in rows]
            for delivery in due:
                delivery.state = "IN_FLIGHT"
                self.save(delivery)
        return due

    def seconds_to_next(self) -> float | None:
        """How long until something falls due, or nothing when nothing is queued."""
        found = self._book.row("SELECT MIN(due_at) AS due FROM deliveries WHERE state = 'PENDING'")
        return None if found is None or found["due"] is None else max(0.0, float(found["due"]) - self._clock.now())

    def is_settled(self) -> bool:
        """Whether nothing is on its way and nothing falls due within a second."""
        waiting = self._book.row(
            "SELECT 1 FROM deliveries WHERE state = 'IN_FLIGHT' OR (state = 'PENDING' AND due_at <= ?) LIMIT 1", self._clock.now() + 1
        )
        return waiting is None

    def requeue_interrupted(self) -> None:
        """After a restart: what was on its way goes again, for nobody knows whether it arrived."""
        with self._book.write():
            for delivery in self.listed():
                if delivery.state == "IN_FLIGHT":
                    delivery.state = "PENDING"
                    self.save(delivery)

    def resend(self, delivery: Delivery) -> None:
        """Send again at once, by hand: same id, same body."""
        delivery.resends += 1
        delivery.trigger = "MANUAL"
        delivery.state = "PENDING"
        delivery.due_at = self._clock.now()
        self.save(delivery)
        self.woken.set()

    def finish(self, delivery: Delivery, attempts: list[dict[str, Any]]) -> None:
        """Write down how an attempt went, and when the next one is due. Only 200 counts as delivered."""
        with self._book.write():
            current = self.get(delivery.webhook_id)
            if current is None:
                return  # the book was reset meanwhile
            current.attempts.extend(attempts)
            current.executions += 1
            current.copies = 1
            statuses = [attempt["status"] for attempt in attempts]
            is_delivered = 200 in statuses
            failure = "FAILED_UNEXPECTED_ERROR" if statuses[-1] is None else "FAILED_NOT_OK_RESPONSE"
            current.outcome = "SUCCEEDED" if is_delivered else failure
            if current.state == "IN_FLIGHT":  # else it was queued again by hand meanwhile, and that stands
                if is_delivered:
                    current.state = "SUCCEEDED"
                elif current.executions < MAX_EXECUTIONS:
                    current.state = "PENDING"
                    current.due_at = self._clock.now() + RETRY_MINUTES[current.executions - 1] * 60
                else:
                    current.state = "FAILED"
            self.save(current)


def sign(*, webhook_id: str, timestamp: int, body: bytes, secrets: Iterable[str]) -> str:
    """
    The value of `webhook-signature`: one `v1,<base64>` per secret, over id, timestamp and the raw body.

    Source: Standard Webhooks specification, symmetric signatures.
    """
    signed = webhook_id.encode() + b"." + str(timestamp).encode() + b"." + body
    keys = [base64.b64decode(secret.removeprefix("whsec_"), validate=True) for secret in secrets]
    return " ".join("v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys)
