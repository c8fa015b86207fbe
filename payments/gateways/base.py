"""
What a payment company must be able to do for us, in our words.

A gateway speaks HTTP and these dataclasses: no models, no templates, no request, always a timeout. Amounts are whole won with
VAT. Errors are `common.provider.GatewayError`: `known` says whether the refusal is certain or the outcome must be asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class RemoteState(StrEnum):
    """What the gateway says about a payment."""

    ABSENT = "ABSENT"  # no pay window was ever opened for this id
    READY = "READY"  # a window is open, or the buyer left it
    PENDING = "PENDING"  # the card company has not decided
    ACCOUNT_ISSUED = "ACCOUNT_ISSUED"  # a virtual account waits for money
    PAID = "PAID"
    FAILED = "FAILED"  # the last attempt was declined; another may follow
    PART_CANCELLED = "PART_CANCELLED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"  # a word we do not know yet: hold, move no money


class CancelState(StrEnum):
    """What the gateway says about one cancel."""

    SUCCEEDED = "SUCCEEDED"
    REQUESTED = "REQUESTED"  # accepted, not decided: no money has moved
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose payments these must be: what our configuration says about store, contract and mode. Compared with every payment."""

    store: str
    channels: frozenset[str]
    provider: str
    version: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class Checkout:
    """
    One order on its way to the pay window.

    buyer_phone: E.164 or empty.   return_url: absolute; the gateway may add its own query or post to it.   method: CARD.
    """

    order_id: str
    amount_krw: int
    title: str
    buyer_id: str
    buyer_name: str
    buyer_phone: str
    buyer_email: str
    return_url: str
    method: str = "CARD"


@dataclass(frozen=True, slots=True)
class RemoteCancel:
    """
    One cancel as the gateway shows it.

    key: the key we gave it when it was ours, else empty.   at: decided, or requested when undecided.
    """

    id: str
    state: CancelState
    amount_krw: int
    at: datetime | None
    key: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RemotePayment:
    """
    What the gateway says is true, in our words.

    store, channel, provider, version, is_live: whose it is; compared with `Expected`.   said: the gateway's own word for the state.
    method: CARD, EASY_PAY, TRANSFER, VIRTUAL_ACCOUNT or OTHER.   method_name: for people, e.g. the card's name.
    failure: why the last attempt was declined, in the gateway's words.
    """

    ref: str
    state: RemoteState
    amount_krw: int = 0
    currency: str = ""
    store: str = ""
    channel: str = ""
    provider: str = ""
    version: str = ""
    is_live: bool = False
    method: str = ""
    method_name: str = ""
    receipt_url: str = ""
    paid_at: datetime | None = None
    cancels: tuple[RemoteCancel, ...] = ()
    said: str = ""
    failure: str = ""
    is_disputed: bool = False

    @property
    def cancelled_krw(self) -> int:
        """What has really gone back."""
        return sum(cancel.amount_krw for cancel in self.cancels if cancel.state is CancelState.SUCCEEDED)

    @property
    def was_taken(self) -> bool:
        """True when money was taken, whatever went back later."""
        return self.state in (RemoteState.PAID, RemoteState.PART_CANCELLED, RemoteState.CANCELLED)


@dataclass(frozen=True, slots=True)
class RemoteEvent:
    """A verified message. A hint, never evidence. ref: our order id, or empty when the message is about nothing of ours."""

    event_id: str
    type: str
    ref: str


class WebhookRefused(Exception):
    """The message is not proved to come from the gateway. reason: a short word for the counter."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Gateway(Protocol):
    """
    One payment company. Every method may raise GatewayError, except `checkout` and `parse_webhook`.

    name: the key in PAYMENT_GATEWAYS.   expected: what every payment is compared with.
    script_url, browser_hosts: what the pay page may load, frame and post to.
    needs_confirm: True when nothing is captured until `confirm`.   key_hours: how long a cancel key is remembered there.
    """

    name: str
    expected: Expected
    script_url: str
    browser_hosts: tuple[str, ...]
    needs_confirm: bool
    key_hours: int

    def checkout(self, *, order: Checkout) -> dict[str, Any]:
        """Give the parameters with which the browser opens the pay window."""
        ...

    def confirm(self, *, ref: str, token: str, amount_krw: int) -> RemotePayment:
        """Capture a payment that waits for our server, if amount, currency and mode are what we expect."""
        ...

    def fetch(self, *, ref: str) -> RemotePayment:
        """Ask what is true about one payment; ABSENT when no window was ever opened."""
        ...

    def list_payments(self, *, since: datetime, until: datetime) -> Iterator[RemotePayment]:
        """Walk the payments whose money moved in [since, until]."""
        ...

    def cancel(self, *, ref: str, amount_krw: int, remaining_krw: int, reason: str, key: str) -> RemoteCancel:
        """
        Give money back. The same key again does nothing new while the gateway remembers it.

        remaining_krw: what we believe may still be cancelled; another truth is refused for certain.
        """
        ...

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes) -> RemoteEvent:
        """
        Check who sent these raw bytes, then read them.

        :raises WebhookRefused: not proved, stale, or unsigned.
        """
        ...
