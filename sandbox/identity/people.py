"""The people who can stand in front of an identity window, and what became of each try."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sandbox.book import Book
from sandbox.clock import instant


@dataclass(frozen=True, slots=True)
class Somebody:
    """has_ci: False for an agency that gives none without extra paperwork."""

    name: str
    birth: str
    phone: str
    gender: str
    is_foreigner: bool = False
    has_ci: bool = True

    @property
    def ci(self) -> str:
        """88 letters, always the same for one person."""
        return base64.b64encode(hashlib.sha512(f"ci:{self.name}:{self.birth}".encode()).digest()).decode() if self.has_ci else ""

    @property
    def di(self) -> str:
        """64 letters, the same for one person within one site."""
        return base64.b64encode(hashlib.sha384(f"di:{self.name}:{self.birth}".encode()).digest()).decode()


PEOPLE = {
    "minji": Somebody("김민지", "19900131", "01012345678", "F"),
    "eve": Somebody("이브", "19850505", "01087654321", "F"),
    "young": Somebody("박열여덟", "20080301", "01022220018", "M"),
    "child": Somebody("최열셋", "20130301", "01022220013", "F"),
    "foreigner": Somebody("JOHN SMITH", "19790704", "01022220001", "M", is_foreigner=True),
    "kakao": Somebody("정카톡", "19920202", "01022220002", "F", has_ci=False),
}
LABELS = {
    "minji": "김민지 (1990년생)", "eve": "이브 (1985년생)", "young": "박열여덟 (18세)", "child": "최열셋 (13세)",
    "foreigner": "JOHN SMITH (외국인)", "kakao": "정카톡 (CI를 주지 않는 기관)",
}  # fmt: skip


def open_try(book: Book, *, ref: str, provider: str, **known: Any) -> dict[str, Any]:
    """
    Begin a try, or take up one that came to nothing.

    :raises ValueError: this number was verified already.
    """
    with book.write():
        found = get(book, ref)
        if found is not None and found["status"] == "VERIFIED":
            raise ValueError("verified already")
        doc = {"ref": ref, "provider": provider, "status": "READY", "opened_at": instant(), "changed_at": instant(), **known}
        put(book, doc)
    return doc


def get(book: Book, ref: str) -> dict[str, Any] | None:
    """A try by the merchant's number."""
    row = book.row("SELECT doc FROM identities WHERE ref = ?", ref)
    return json.loads(row["doc"]) if row else None


def by(book: Book, name: str, value: str) -> dict[str, Any] | None:
    """A try by another of its fields."""
    rows = (json.loads(row["doc"]) for row in book.rows("SELECT doc FROM identities"))
    return next((doc for doc in rows if doc.get(name) == value), None)


def put(book: Book, doc: dict[str, Any]) -> None:
    """Write a try. Call it inside `write()`."""
    book.run(
        "INSERT INTO identities VALUES (?, ?, ?) ON CONFLICT (ref) DO UPDATE SET doc = excluded.doc",
        doc["ref"],
        doc["provider"],
        json.dumps(doc),
    )


def finish(book: Book, ref: str, *, person: str, **more: Any) -> dict[str, Any]:
    """
    The person decided; `person` is empty when they left.

    :raises ValueError: no such try, or it is over.
    """
    with book.write():
        doc = get(book, ref)
        if doc is None or doc["status"] == "VERIFIED":
            raise ValueError("no such try, or it is over")
        doc |= {"status": "VERIFIED" if person else "FAILED", "person": person, "changed_at": instant(), **more}
        put(book, doc)
    return doc
