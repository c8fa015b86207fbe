"""Messages that would have reached somebody: SMS, mail, push and Slack, kept for people and tests to read."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.book import Book
from sandbox.clock import instant


class Message(BaseModel):
    """One message as handed over. `to` is a phone number, an address or a device."""

    model_config = ConfigDict(extra="forbid")

    channel: Literal["SMS", "ALIMTALK", "MAIL", "PUSH", "SLACK"]
    to: str = Field(min_length=1)
    subject: str = ""
    body: str


def accept(book: Book, message: Message) -> int:
    """Keep a message and return its number."""
    with book.write():
        book.run(
            "INSERT INTO messages (channel, recipient, subject, body, at) VALUES (?, ?, ?, ?, ?)",
            message.channel,
            message.to,
            message.subject,
            message.body,
            instant(),
        )
        found = book.row("SELECT last_insert_rowid() AS seq")
        return int(found["seq"]) if found else 0


def listed(book: Book, *, channel: str = "", to: str = "") -> list[dict[str, Any]]:
    """Messages, newest first, optionally of one channel or to one recipient."""
    rows = book.rows("SELECT seq, channel, recipient AS 'to', subject, body, at FROM messages ORDER BY seq DESC")
    return [dict(row) for row in rows if channel in ("", row["channel"]) and to in ("", row["to"])]
