"""Messages on their way to the merchant: what is told, when it falls due, how it is spoiled. The courier carries them."""

# ruff: noqa: S608  (the only text put into a statement is the name of a table, our own constant)
from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.book import Book
from sandbox.clock import Clock, instant
from sandbox.settings import SandboxSettings

RELEASE_GAP_SECONDS = 0.2
"""Kept events go one after the other, so that the receiver sees their order."""


@dataclass(slots=True)
class Delivery:
    """One event for one address. Body and id never change; what proves them is made for each attempt."""

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


class Outbox:
    """
    The queue of one service. Everything that happens to a payment calls it inside its own transaction.

    table, prefix: where its rows and switches are.   retry_minutes: waits between attempts.
    """

    table: ClassVar[str]
    prefix: ClassVar[str]
    retry_minutes: ClassVar[tuple[int, ...]]

    def __init__(self, settings: SandboxSettings, book: Book, clock: Clock) -> None:
        self._settings = settings
        self._book = book
        self._clock = clock
        self.woken = asyncio.Event()

    def default_config(self) -> dict[str, Any]:
        """Where messages go, and whatever else the service needs to know, before anybody changes it."""
        raise NotImplementedError

    def headers(self, delivery: Delivery) -> dict[str, str]:
        """The headers of one attempt, made at this moment."""
        raise NotImplementedError

    @property
    def config(self) -> dict[str, Any]:
        """Where messages go, and how much their order is shaken."""
        default = {"jitter_seconds": 0.0, "seed": 0}
        return {**default, **self.default_config(), **self._book.switch(f"{self.prefix}webhook_config", {})}

    def configure(self, changes: dict[str, Any]) -> dict[str, Any]:
        """Change what is named; the rest stays."""
        name = f"{self.prefix}webhook_config"
        with self._book.write():
            self._book.set_switch(name, {**self._book.switch(name, {}), **changes})
        return self.config

    def put(
        self, *, type: str, body: str, url: str, payment_id: str, transaction_id: str = "", status: str, trigger: str | None = None
    ) -> None:
        """Queue one message for one address."""
        config = self.config
        delivery = Delivery(
            webhook_id=str(uuid.uuid4()),
            payment_id=payment_id,
            transaction_id=transaction_id,
            url=url,
            type=type,
            body=body,
            payment_status=status,
            trigger=trigger,
            triggered_at=instant(),
            due_at=self._clock.now(),
        )
        if config["jitter_seconds"]:
            number = self._book.row(f"SELECT COUNT(*) AS n FROM {self.table}")
            shake = random.Random(f"{config['seed']}:{number['n'] if number else 0}")  # noqa: S311  (no secret: repeatable shaking)
            delivery.due_at += shake.random() * float(config["jitter_seconds"])
        fault = self._take(type)
        if fault is not None:
            self._spoil(delivery, fault)
        self._book.run(
            f"INSERT INTO {self.table} (webhook_id, payment_id, state, due_at, doc) VALUES (?, ?, ?, ?, ?)",
            delivery.webhook_id,
            delivery.payment_id,
            delivery.state,
            delivery.due_at,
            json.dumps(asdict(delivery), ensure_ascii=False),
        )
        if fault is not None and fault.kind == "reorder" and fault.count == 0:
            self.release(states=("REORDERING",), last_first=True)
        self.woken.set()

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
        return [WebhookFault.model_validate(rule) for rule in self._book.switch(f"{self.prefix}webhook_faults", [])]

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
        self._book.set_switch(f"{self.prefix}webhook_faults", [rule.model_dump() for rule in rules])

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
            f"UPDATE {self.table} SET state = ?, due_at = ?, doc = ? WHERE webhook_id = ?",
            delivery.state,
            delivery.due_at,
            json.dumps(asdict(delivery), ensure_ascii=False),
            delivery.webhook_id,
        )

    def get(self, webhook_id: str) -> Delivery | None:
        """The delivery with this id."""
        found = self._book.row(f"SELECT doc FROM {self.table} WHERE webhook_id = ?", webhook_id)
        return None if found is None else Delivery(**json.loads(found["doc"]))

    def listed(self, payment_id: str = "") -> list[Delivery]:
        """All deliveries, or those of one payment, oldest first."""
        if payment_id:
            rows = self._book.rows(f"SELECT doc FROM {self.table} WHERE payment_id = ? ORDER BY seq", payment_id)
        else:
            rows = self._book.rows(f"SELECT doc FROM {self.table} ORDER BY seq")
        return [Delivery(**json.loads(row["doc"])) for row in rows]

    def take_due(self) -> list[Delivery]:
        """Hand out what is due now, each once."""
        with self._book.write():
            rows = self._book.rows(
                f"SELECT doc FROM {self.table} WHERE state = 'PENDING' AND due_at <= ? ORDER BY due_at, seq", self._clock.now()
            )
            due = [Delivery(**json.loads(row["doc"])) for row in rows]
            for delivery in due:
                delivery.state = "IN_FLIGHT"
                self.save(delivery)
        return due

    def seconds_to_next(self) -> float | None:
        """How long until something falls due, or nothing when nothing is queued."""
        found = self._book.row(f"SELECT MIN(due_at) AS due FROM {self.table} WHERE state = 'PENDING'")
        return None if found is None or found["due"] is None else max(0.0, float(found["due"]) - self._clock.now())

    def is_settled(self) -> bool:
        """Whether nothing is on its way and nothing falls due within a second."""
        waiting = self._book.row(
            f"SELECT 1 FROM {self.table} WHERE state = 'IN_FLIGHT' OR (state = 'PENDING' AND due_at <= ?) LIMIT 1", self._clock.now() + 1
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
                elif current.executions <= len(self.retry_minutes):
                    current.state = "PENDING"
                    current.due_at = self._clock.now() + self.retry_minutes[current.executions - 1] * 60
                else:
                    current.state = "FAILED"
            self.save(current)
