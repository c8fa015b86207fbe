"""The business day is a day in Seoul. Ranges are half-open: [from, until)."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
FIRST_DAY, LAST_DAY = date(2020, 1, 1), date(2100, 12, 31)  # what people may ask about; far enough from where the calendar ends


def day_of(at: datetime) -> date:
    """The KST date of an aware moment."""
    return at.astimezone(SEOUL).date()


def day_from(on: date) -> datetime:
    """00:00 KST of the date, aware."""
    return datetime.combine(on, time(), tzinfo=SEOUL)


def day_until(on: date) -> datetime:
    """00:00 KST of the next date, aware; the first moment that no longer belongs to `on`."""
    return day_from(on + timedelta(days=1))


def named_day(text: str) -> date | None:
    """The day that somebody wrote as 2026-11-25; None for anything else, and for days so late that the calendar may end behind them."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if found <= LAST_DAY else None
