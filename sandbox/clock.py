"""Two clocks: the real one stamps what goes over the wire, the shifted one decides when something falls due."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.book import Book


def instant() -> str:
    """Real time, as the wire writes it: RFC 3339, UTC, milliseconds, Z."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """
    Read an RFC 3339 instant.

    :raises ValueError: not an instant, or without an offset.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return found


class Clock:
    """Schedules (webhook retries, idempotency keys, tokens) run on real time plus an offset that tests may grow."""

    def __init__(self, book: Book) -> None:
        self._book = book

    @property
    def offset(self) -> float:
        """Seconds by which schedules run ahead of real time."""
        return float(self._book.switch("clock_offset", 0))

    def now(self) -> float:
        """Unix seconds on the shifted clock."""
        return datetime.now(UTC).timestamp() + self.offset

    def advance(self, seconds: float) -> float:
        """
        Move the shifted clock forward and return the new offset.

        :raises ValueError: `seconds` is negative; a schedule cannot be unmade.
        """
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        with self._book.write():
            offset = self.offset + seconds
            self._book.set_switch("clock_offset", offset)
        return offset
