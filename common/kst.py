"""The business day is a day in Seoul. Ranges are half-open: [from, until)."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")


def day_of(at: datetime) -> date:
    """The KST date of an aware moment."""
    return at.astimezone(SEOUL).date()


def day_from(on: date) -> datetime:
    """00:00 KST of the date, aware."""
    return datetime.combine(on, time(), tzinfo=SEOUL)


def day_until(on: date) -> datetime:
    """00:00 KST of the next date, aware; the first moment that no longer belongs to `on`."""
    return day_from(on + timedelta(days=1))
