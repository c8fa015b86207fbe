"""The bench of analytics can say no."""

from dataclasses import replace

import pytest

from bench.analytics import FULL_SIZE, Level, judge

FINE = Level(
    rows=1_000_000, hours=36_000, people_rows=9_000, upkeep_us=2.0, one_p95_ms=2.0, all_p95_ms=40.0, dashboard_p95_ms=30.0, raw_ms=300.0,
    touches_participations=False, is_right=True,
)  # fmt: skip


def test_it_is_content_with_what_stays_flat():
    assert judge([FINE, replace(FINE, rows=FULL_SIZE, one_p95_ms=2.4)]) == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"one_p95_ms": 2.6}, "one_p95_ms grew 1.30 times"),
        ({"all_p95_ms": 90.0}, "all_p95_ms grew"),
        ({"dashboard_p95_ms": 90.0}, "dashboard_p95_ms grew"),
        ({"touches_participations": True}, "reads participations"),
        ({"is_right": False}, "not what was written"),
        ({"upkeep_us": 3.6}, "counting takes 3.6 us"),
        ({"raw_ms": 100.0}, "only 50 times as fast"),
    ],
)
def test_it_names_what_was_missed(changes, word):
    (sentence,) = judge([FINE, replace(FINE, rows=FULL_SIZE, **changes)])
    assert word in sentence
