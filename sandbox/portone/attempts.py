"""The rows of the book: one attempt per opened pay window. A payment is what its attempts say together."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from sandbox.book import Book

TAKEN = ("PAID", "PARTIAL_CANCELLED", "CANCELLED")
"""Money has been taken (and perhaps given back): such an attempt decides its payment for good."""


@dataclass(slots=True)
class Cancellation:
    """One cancel, as asked for. Amounts: whole minor units."""

    id: str
    status: str
    total: int
    tax_free: int
    vat: int
    reason: str
    requested_at: str
    trigger: str
    skip_webhook: bool = False
    cancelled_at: str | None = None
    pg_cancellation_id: str | None = None


@dataclass(slots=True)
class Attempt:
    """One opened pay window and all that followed. `total` is what the buyer's browser asked for, not what anybody expected."""

    transaction_id: str
    payment_id: str
    store_id: str
    channel: dict[str, Any]
    order_name: str
    pay_method: str
    currency: str
    total: int
    tax_free: int
    vat: int
    requested_at: str
    updated_at: str
    status_changed_at: str
    status: str = "READY"
    discount: int = 0
    customer: dict[str, Any] = field(default_factory=dict)
    origin: dict[str, Any] = field(default_factory=dict)
    custom_data: str | None = None
    products: list[dict[str, Any]] = field(default_factory=list)
    notice_urls: list[str] = field(default_factory=list)
    account_due: str | None = None
    redirect_url: str | None = None
    page_origin: str | None = None
    manual_approval: bool = False
    payment_token: str | None = None
    method: dict[str, Any] | None = None
    pg_tx_id: str | None = None
    receipt_url: str | None = None
    paid_at: str | None = None
    failed_at: str | None = None
    failure: dict[str, str] | None = None
    cancellations: list[Cancellation] = field(default_factory=list)
    disputes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def cancelled(self) -> int:
        """What has really gone back."""
        return sum(cancel.total for cancel in self.cancellations if cancel.status == "SUCCEEDED")

    @property
    def cancelled_tax_free(self) -> int:
        """The tax-free part of what has gone back."""
        return sum(cancel.tax_free for cancel in self.cancellations if cancel.status == "SUCCEEDED")

    @property
    def bound(self) -> list[Cancellation]:
        """Cancels that have a claim on the money: done, or asked for and undecided."""
        return [cancel for cancel in self.cancellations if cancel.status in ("SUCCEEDED", "REQUESTED")]

    @property
    def cancellable(self) -> int:
        """What may still be cancelled; an undecided cancel holds its amount back."""
        return self.total - sum(cancel.total for cancel in self.bound)


class Attempts:
    """Reading and writing attempts. Changes happen inside the caller's `book.write()`."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, attempt: Attempt) -> None:
        """Write a new attempt."""
        self._book.run(
            "INSERT INTO attempts (transaction_id, payment_id, doc) VALUES (?, ?, ?)",
            attempt.transaction_id,
            attempt.payment_id,
            json.dumps(asdict(attempt), ensure_ascii=False),
        )

    def save(self, attempt: Attempt) -> None:
        """Write a changed attempt."""
        self._book.run(
            "UPDATE attempts SET doc = ? WHERE transaction_id = ?",
            json.dumps(asdict(attempt), ensure_ascii=False),
            attempt.transaction_id,
        )

    def get(self, transaction_id: str) -> Attempt | None:
        """The attempt with this id."""
        found = self._book.row("SELECT doc FROM attempts WHERE transaction_id = ?", transaction_id)
        return None if found is None else _read(found["doc"])

    def of_payment(self, payment_id: str) -> list[Attempt]:
        """Every attempt of a payment, oldest first."""
        return [_read(row["doc"]) for row in self._book.rows("SELECT doc FROM attempts WHERE payment_id = ? ORDER BY seq", payment_id)]

    def payment(self, payment_id: str) -> Attempt | None:
        """The attempt that speaks for the payment, if any window was ever opened."""
        return deciding(self.of_payment(payment_id))

    def payments(self) -> list[Attempt]:
        """The deciding attempt of every payment, in order of the first window."""
        grouped: dict[str, list[Attempt]] = {}
        for row in self._book.rows("SELECT payment_id, doc FROM attempts ORDER BY seq"):
            grouped.setdefault(row["payment_id"], []).append(_read(row["doc"]))
        return [decided for group in grouped.values() if (decided := deciding(group)) is not None]


def deciding(attempts: list[Attempt]) -> Attempt | None:
    """A paid attempt speaks for its payment, whatever other windows do; without one, the newest does."""
    taken = next((attempt for attempt in attempts if attempt.status in TAKEN), None)
    return taken or (attempts[-1] if attempts else None)


def new_id() -> str:
    """An id that sorts by time, in the form of a version 7 UUID."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return str(uuid.UUID(int=value))


def _read(doc: str) -> Attempt:
    fields = json.loads(doc)
    fields["cancellations"] = [Cancellation(**cancel) for cancel in fields["cancellations"]]
    return Attempt(**fields)
