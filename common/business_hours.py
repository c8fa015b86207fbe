"""
Hours in which the house works: 10:00 to 18:00 in Seoul, Monday to Friday, not on public holidays of Korea.

A promise "within eight business hours" is a moment on this clock; nights, weekends and holidays do not count.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache

import holidays

from common.kst import SEOUL, day_of, day_until

OPENS, CLOSES = time(10), time(18)
SATURDAY = 5


@lru_cache(maxsize=32)
def _holidays(year: int) -> frozenset[date]:
    """Public holidays of one year, substitutes included."""
    return frozenset(holidays.country_holidays("KR", years=year))


def is_workday(on: date) -> bool:
    """True for a weekday that is no public holiday."""
    return on.weekday() < SATURDAY and on not in _holidays(on.year)


def end_of_workday(at: datetime, days: int) -> datetime:
    """The first moment after the `days`-th workday that follows the day of `at`, aware: until then a promise in business days is kept."""
    on = day_of(at)
    for _ in range(days):
        on += timedelta(days=1)
        while not is_workday(on):
            on += timedelta(days=1)
    return day_until(on)


def after(at: datetime, worked: timedelta) -> datetime:
    """The moment when this much business time will have passed since `at`, aware."""
    left = worked
    for opens, closes in _days_from(at):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise AssertionError("the calendar has no end")


def between(at: datetime, until: datetime) -> timedelta:
    """The business time from `at` to `until`; negative when `until` came first."""
    if until < at:
        return -between(until, at)
    total = timedelta()
    for opens, closes in _days_from(at):
        if opens >= until:
            return total
        total += min(closes, until) - opens
    raise AssertionError("the calendar has no end")


def _days_from(at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is left of each workday, from `at` on: (from, until) in Seoul."""
    now, on = at.astimezone(SEOUL), day_of(at)
    while True:
        if is_workday(on):
            opens, closes = (datetime.combine(on, moment, tzinfo=SEOUL) for moment in (OPENS, CLOSES))
            if now < closes:
                yield max(opens, now), closes
        on += timedelta(days=1)
