"""The business clock of the house: Seoul's weekdays from 10 to 18, without public holidays."""

from datetime import datetime, timedelta

import pytest

from common import business_hours
from common.kst import SEOUL


def seoul(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SEOUL)


EIGHT = timedelta(hours=8)


class TestAfter:
    @pytest.mark.parametrize(
        "since,hours,until",
        [
            (seoul(2026, 11, 25, 12), 8, seoul(2026, 11, 26, 12)),  # Wednesday noon: six hours today, two tomorrow
            (seoul(2026, 11, 25, 10), 8, seoul(2026, 11, 25, 18)),  # a whole day
            (seoul(2026, 11, 25, 10), 8.5, seoul(2026, 11, 26, 10, 30)),
            (seoul(2026, 11, 25, 23), 8, seoul(2026, 11, 26, 18)),  # at night the clock stands still
            (seoul(2026, 11, 27, 17), 8, seoul(2026, 11, 30, 17)),  # over a weekend
            (seoul(2026, 12, 24, 17), 8, seoul(2026, 12, 28, 17)),  # Christmas is a Friday
            (seoul(2026, 9, 23, 17), 8, seoul(2026, 9, 28, 17)),  # Chuseok, Thursday to Saturday
            (seoul(2026, 10, 2, 17), 8, seoul(2026, 10, 6, 17)),  # a substitute holiday on Monday 5 October
            (seoul(2026, 12, 31, 17), 8, seoul(2027, 1, 4, 17)),  # over new year
        ],
    )
    def test_counts_business_hours_only(self, since, hours, until):
        assert business_hours.after(since, timedelta(hours=hours)) == until

    def test_is_the_way_back_of_between(self):
        for hour in range(0, 24 * 14, 5):
            since = seoul(2026, 9, 18) + timedelta(hours=hour)
            assert business_hours.between(since, business_hours.after(since, EIGHT)) == EIGHT


class TestBetween:
    def test_is_nothing_over_a_holiday(self):
        assert business_hours.between(seoul(2026, 12, 24, 18), seoul(2026, 12, 28, 10)) == timedelta()

    def test_is_negative_when_the_promise_was_missed(self):
        assert business_hours.between(seoul(2026, 11, 26, 13), seoul(2026, 11, 26, 12)) == timedelta(hours=-1)
        assert business_hours.between(seoul(2026, 11, 30, 11), seoul(2026, 11, 27, 17)) == timedelta(hours=-2)
