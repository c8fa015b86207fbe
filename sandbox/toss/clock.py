"""Moments as Toss writes them: ISO 8601 on Korean clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

KST = timezone(timedelta(hours=9))


def instant(at: datetime | None = None) -> str:
    """Real time, or the moment given: 2026-01-02T14:46:58+09:00."""
    return (at or datetime.now(UTC)).astimezone(KST).isoformat(timespec="seconds")


def parse(text: str) -> datetime:
    """
    Read a moment; one without an offset is meant in Korea.

    :raises ValueError: not a moment.
    """
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=KST)
