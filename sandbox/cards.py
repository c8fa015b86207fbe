"""Cards that a payment company keeps for a shop: asked for in a window, named by a billing key, deleted for good."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from sandbox.book import Book

NUMBER = "12345600****000*"


@dataclass(slots=True)
class KeptCard:
    """
    One card on its way or kept. house: portone or toss.   owner: the customer it is for.   auth_key: Toss's, good for one exchange.

    status: READY (window open), AGREED (Toss, before the exchange), ISSUED, DELETED.
    """

    ref: str
    house: str
    owner: str
    issue_id: str
    issue_name: str
    channel_key: str
    success_url: str
    fail_url: str
    requested_at: str
    status: str = "READY"
    issuer: str = ""
    auth_key: str = ""
    billing_key: str = ""
    issued_at: str = ""
    deleted_at: str = ""
    customer: dict[str, str] | None = None


class KeptCards:
    """Reading and writing them. Changes happen inside the caller's `book.write()`."""

    def __init__(self, book: Book, house: str) -> None:
        self._book, self._house = book, house

    def save(self, card: KeptCard) -> None:
        """Write a new or changed card."""
        self._book.run(
            "INSERT INTO kept_cards VALUES (?, ?, ?, ?)"
            " ON CONFLICT (ref) DO UPDATE SET billing_key = excluded.billing_key, doc = excluded.doc",
            card.ref,
            card.house,
            card.billing_key or None,
            json.dumps(asdict(card), ensure_ascii=False),
        )

    def get(self, ref: str) -> KeptCard | None:
        """The card whose window this is."""
        return self._one("SELECT doc FROM kept_cards WHERE house = ? AND ref = ?", ref)

    def named(self, billing_key: str) -> KeptCard | None:
        """The card with this billing key, deleted or not."""
        return self._one("SELECT doc FROM kept_cards WHERE house = ? AND billing_key = ?", billing_key)

    def all(self) -> list[KeptCard]:
        """Every card, oldest first."""
        rows = self._book.rows("SELECT doc FROM kept_cards WHERE house = ? ORDER BY rowid", self._house)
        return [KeptCard(**json.loads(row["doc"])) for row in rows]

    def _one(self, sql: str, value: str) -> KeptCard | None:
        found = self._book.row(sql, self._house, value)
        return None if found is None else KeptCard(**json.loads(found["doc"]))


def next_refusal(book: Book, house: str) -> str:
    """The scripted refusal of the next charge of a kept card, used up by it; empty: none. Joins the caller's write."""
    waiting: list[str] = book.switch(f"{house}_next_charges", [])
    if waiting:
        book.set_switch(f"{house}_next_charges", waiting[1:])
    return waiting[0] if waiting else ""
