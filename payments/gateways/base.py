"""
What a payment company must be able to do for us, in our words.

A gateway speaks HTTP and these dataclasses: no models, no templates, no request, always a timeout. Amounts are whole won with
VAT. Errors are `common.provider.GatewayError`: `known` says whether the refusal is certain or the outcome must be asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from common.provider import GatewayError
from payments.settlements import SettlementLine


class RemoteState(StrEnum):
    """What the gateway says about a payment."""

    ABSENT = "ABSENT"  # no pay window was ever opened for this id
    READY = "READY"  # a window is open, or the buyer left it
    PENDING = "PENDING"  # the card company has not decided
    ACCOUNT_ISSUED = "ACCOUNT_ISSUED"  # a virtual account waits for money
    PAID = "PAID"
    FAILED = "FAILED"  # the last attempt was declined; another may follow
    EXPIRED = "EXPIRED"  # the window or the virtual account was closed before any money came
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

    buyer_phone: E.164 or empty.   return_url: absolute; the gateway may add its own query or post to it.
    method: CARD or VIRTUAL_ACCOUNT.   due_at: until when a virtual account takes money.
    is_review: shown to a card company's reviewer, through a test channel where there is one.
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
    due_at: datetime | None = None
    is_review: bool = False


@dataclass(frozen=True, slots=True)
class PayoutAccount:
    """
    Where the money of a virtual account goes back to.

    bank: the three digits by which Korean banks know each other, e.g. 088.   number: digits.   holder: its name.
    """

    bank: str
    number: str
    holder: str


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """
    The virtual account of a payment.

    bank: three digits.   holder: whose account it is, as the payer's bank shows it.   due_at: it takes no money afterwards.
    secret: what the gateway puts into messages about deposits, or empty; never shown, never logged.
    """

    bank: str
    number: str
    holder: str
    due_at: datetime | None
    secret: str = ""


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
    method: CARD, EASY_PAY, TRANSFER, VIRTUAL_ACCOUNT, BANK or OTHER.   method_name: for people, e.g. the card's name.
    failure: why the last attempt was declined, in the gateway's words.   buyer: the `buyer_id` of its checkout, where the gateway shows it.
    is_disputed: whether the card holder complains; None where the gateway never says.   attempt: the gateway's name for the try that
    the state is about.
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
    is_disputed: bool | None = False
    account: RemoteAccount | None = None
    buyer: str = ""
    attempt: str = ""

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
    """
    A message. A hint, never evidence.

    ref: our order id, or empty when the message is about nothing of ours.   is_proved: its signature was checked.
    secret: of the virtual account it speaks about, compared with the one the gateway gave us; empty when it carries none.
    """

    event_id: str
    type: str
    ref: str
    is_proved: bool = True
    secret: str = ""


@runtime_checkable
class SettlementLister(Protocol):
    """A gateway that tells its settlement lists itself; those of others are brought as files."""

    def list_settlements(self, *, first_on: date, last_on: date) -> Iterator[SettlementLine]:
        """Walk what is settled for days on which money moved, both included."""
        ...


class WebhookRefused(Exception):
    """The message is not proved to come from the gateway. reason: a short word for the counter."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class ConfirmRefused(GatewayError):
    """The buyer agreed, and nothing will be captured: declined, too late, or not what was ordered. words: Korean, for the buyer."""

    def __init__(self, *, code: str, status: int, words: str) -> None:
        super().__init__(known=True, code=code, status=status)
        self.words = words


class Gateway(Protocol):
    """
    One payment company. Every method may raise GatewayError, except `checkout` and `parse_webhook`.

    name: the key in PAYMENT_GATEWAYS; static/js/pay/<name>.js opens its window.   label: for people, e.g. "토스페이먼츠".
    expected: what every payment is compared with.   script_url, browser_hosts: what the pay page may load, frame and post to.
    methods: what its contract allows, CARD first.   needs_confirm: True when nothing is captured until `confirm`.
    token_field: what the way back calls the token for `confirm`.   key_hours: how long a cancel key is remembered there.
    webhook_sources: networks that unsigned messages may come from; empty where a signature proves the sender.
    """

    name: str
    label: str
    expected: Expected
    script_url: str
    browser_hosts: tuple[str, ...]
    methods: tuple[str, ...]
    needs_confirm: bool
    token_field: str
    key_hours: int
    webhook_sources: tuple[str, ...]

    def checkout(self, *, order: Checkout) -> dict[str, Any]:
        """Give the parameters with which the browser opens the pay window."""
        ...

    def confirm(self, *, ref: str, token: str, amount_krw: int) -> RemotePayment:
        """
        Capture a payment that waits for our server, if amount, currency and mode are what we expect.

        :raises ConfirmRefused: it will not be captured, whoever asks again.
        """
        ...

    def fetch(self, *, ref: str) -> RemotePayment:
        """Ask what is true about one payment; ABSENT when no window was ever opened."""
        ...

    def list_payments(self, *, since: datetime, until: datetime) -> Iterator[RemotePayment]:
        """Walk the payments whose money moved in [since, until]."""
        ...

    def cancel(
        self, *, ref: str, amount_krw: int, remaining_krw: int, reason: str, key: str, account: PayoutAccount | None = None
    ) -> RemoteCancel:
        """
        Give money back. The same key again does nothing new while the gateway remembers it.

        remaining_krw: what we believe may still be cancelled; another truth is refused for certain.
        account: where the money of a virtual account goes; a card needs none.
        """
        ...

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes) -> RemoteEvent:
        """
        Check who sent these raw bytes, then read them. A gateway that signs nothing says so by `is_proved`.

        :raises WebhookRefused: not proved, stale, or without what tells repeats apart.
        """
        ...
