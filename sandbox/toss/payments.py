"""The rows of the book: one per opened pay window. An order is what its payments say together."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sandbox.book import Book
from sandbox.toss.clock import KST

TAKEN = ("DONE", "PARTIAL_CANCELED", "CANCELED")


@dataclass(slots=True)
class Cancel:
    """One cancel. left: what could still be cancelled afterwards."""

    transaction_key: str
    amount: int
    left: int
    reason: str
    status: str
    canceled_at: str
    receive_account: dict[str, str] | None = None


@dataclass(slots=True)
class Movement:
    """One line of the list of transactions: money came, or went back (amount below zero)."""

    transaction_key: str
    status: str
    amount: int
    at: str


@dataclass(slots=True)
class Payment:
    """
    One opened pay window and all that followed. `amount` is what the buyer's browser asked for, not what anybody expected.

    opened_at, agreed_at: seconds on the shifted clock, for the deadlines.   wish: how the result shall differ, as scripted.
    """

    payment_key: str
    order_id: str
    order_name: str
    method: str
    amount: int
    currency: str
    customer_key: str
    success_url: str
    fail_url: str
    requested_at: str
    opened_at: float
    type: str = "NORMAL"
    status: str = "READY"
    customer_name: str = ""
    due_at: str = ""
    card: dict[str, Any] | None = None
    account: dict[str, Any] | None = None
    secret: str = ""
    agreed_at: float | None = None
    approved_at: str | None = None
    last_transaction_key: str = ""
    failure: dict[str, str] | None = None
    metadata: dict[str, str] | None = None
    wish: dict[str, Any] = field(default_factory=dict)
    cancels: list[Cancel] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)

    @property
    def was_taken(self) -> bool:
        """Money came, whatever went back later. An account that is cancelled before a deposit took none."""
        return self.status in TAKEN and self.approved_at is not None

    @property
    def cancelled(self) -> int:
        """What has really gone back."""
        return sum(cancel.amount for cancel in self.cancels if cancel.status == "DONE")

    @property
    def balance(self) -> int:
        """What may still be cancelled; an undecided cancel holds its amount back."""
        return self.amount - sum(cancel.amount for cancel in self.cancels if cancel.status != "ABORTED")


class Payments:
    """Reading and writing payments. Changes happen inside the caller's `book.write()`."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def add(self, payment: Payment) -> None:
        """Write a new payment."""
        self._book.run(
            "INSERT INTO toss_payments (payment_key, order_id, doc) VALUES (?, ?, ?)", payment.payment_key, payment.order_id, _doc(payment)
        )

    def save(self, payment: Payment) -> None:
        """Write a changed payment."""
        self._book.run("UPDATE toss_payments SET doc = ? WHERE payment_key = ?", _doc(payment), payment.payment_key)

    def get(self, payment_key: str) -> Payment | None:
        """The payment with this key."""
        found = self._book.row("SELECT doc FROM toss_payments WHERE payment_key = ?", payment_key)
        return None if found is None else _read(found["doc"])

    def of_order(self, order_id: str) -> list[Payment]:
        """Every payment of an order, oldest first."""
        return [_read(row["doc"]) for row in self._book.rows("SELECT doc FROM toss_payments WHERE order_id = ? ORDER BY seq", order_id)]

    def deciding(self, order_id: str) -> Payment | None:
        """The payment that speaks for the order: one that took money or issued an account, else the newest."""
        group = self.of_order(order_id)
        taken = next((payment for payment in group if payment.was_taken or payment.status == "WAITING_FOR_DEPOSIT"), None)
        return taken or (group[-1] if group else None)

    def all(self) -> list[Payment]:
        """Every payment, oldest first."""
        return [_read(row["doc"]) for row in self._book.rows("SELECT doc FROM toss_payments ORDER BY seq")]


def new_payment_key(mid: str) -> str:
    """A key in the form of real ones: merchant, moment, five letters."""
    letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
    return f"{mid}{datetime.now(UTC).astimezone(KST):%Y%m%d%H%M%S}{''.join(secrets.choice(letters) for _ in range(5))}"


def new_transaction_key() -> str:
    """The key of one movement of money."""
    return secrets.token_hex(16).upper()


def _doc(payment: Payment) -> str:
    return json.dumps(asdict(payment), ensure_ascii=False)


def _read(doc: str) -> Payment:
    fields = json.loads(doc)
    fields["cancels"] = [Cancel(**cancel) for cancel in fields["cancels"]]
    fields["movements"] = [Movement(**movement) for movement in fields["movements"]]
    return Payment(**fields)
