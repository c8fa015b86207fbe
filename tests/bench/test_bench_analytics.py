"""The bench of analytics can say no."""

from dataclasses import replace

import pytest

from bench.analytics import FULL_SIZE, Asked, Level, judge

ASKED = Asked(p50_ms=2.0, p95_ms=4.0, pages=100, is_clean=True)
FINE = Level(
    rows=1_000_000, hours=36_000, people_rows=9_000, upkeep_us=4.0, upkeep_cpu_us=2.0, one=ASKED, all=ASKED, dashboard=ASKED, raw_ms=300.0,
    raw_pages=20_000, is_right=True,
)  # fmt: skip


def test_it_is_content_with_what_stays_flat():
    assert judge([FINE, replace(FINE, rows=FULL_SIZE, one=replace(ASKED, p95_ms=4.8, pages=120))]) == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"one": replace(ASKED, p95_ms=5.2)}, "p95_ms of one grew 1.30 times"),
        ({"all": replace(ASKED, pages=130)}, "pages of all grew 1.30 times"),
        ({"dashboard": replace(ASKED, p95_ms=9.0)}, "p95_ms of dashboard grew"),
        ({"all": replace(ASKED, is_clean=False)}, "reads participations"),
        ({"is_right": False}, "not what was written"),
        ({"upkeep_cpu_us": 3.6}, "counting takes 3.6 us"),
        ({"raw_ms": 100.0}, "only 50 times as fast"),
    ],
)
def test_it_names_what_was_missed(changes, word):
    (sentence,) = judge([FINE, replace(FINE, rows=FULL_SIZE, **changes)])
    assert word in sentence
