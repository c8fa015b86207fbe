"""
What a company that issues tax documents for us must be able to do. HTTP and dataclasses: no models, always a timeout.

Errors are `common.provider.GatewayError`: after silence the document is asked for by its number, never issued under another.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Buyer:
    """
    Whom a document is for, as it was when it was made. number: ten digits of a business, or empty for a person.

    kind_of_business, item: 업태 and 종목.
    """

    number: str
    name: str
    representative: str
    address: str
    email: str


@dataclass(frozen=True, slots=True)
class Original:
    """What a document takes back. number: the tax office's.   on: the day of an invoice, or on which a receipt was issued."""

    number: str
    on: date
    total_krw: int


@dataclass(frozen=True, slots=True)
class Document:
    """
    One tax invoice or cash receipt. Amounts below zero take an earlier one back.

    key: our number of it, at most 24 letters and digits, once for ever.   is_receipt: a cash receipt.
    corrects: the one it takes back, or a part of it.
    """

    key: str
    is_receipt: bool
    buyer: Buyer
    written_on: date
    supply_krw: int
    vat_krw: int
    item: str
    corrects: Original | None = field(default=None)

    @property
    def total_krw(self) -> int:
        """Supply and VAT."""
        return self.supply_krw + self.vat_krw


@dataclass(frozen=True, slots=True)
class Issued:
    """number: by which the tax office knows it; empty until it has one."""

    key: str
    number: str


class Issuer(Protocol):
    """One company that issues."""

    def issue(self, document: Document) -> Issued:
        """Issue at once; the same key again is refused there."""
        ...

    def find(self, document: Document) -> Issued | None:
        """What became of a document; None when it was never taken."""
        ...
