"""Fixed packages fill any gap: with one of them, or with the few that come closest."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payments.baskets import MOST_TUNED, baskets
from payments.models import Package

PRICE_LIST = [Package(pk=number, credits=credits) for number, credits in enumerate((50_000, 100_000, 300_000, 1_000_000), start=1)]


def words(found):
    return [" + ".join(f"{package.credits}x{times}" for package, times in basket.packages) for basket in found]


class TestBaskets:
    @pytest.mark.parametrize(
        "gap, ways",
        [
            (1, ["50000x1"]),
            (50_000, ["50000x1"]),
            (50_001, ["100000x1"]),
            (130_000, ["300000x1", "100000x1 + 50000x1"]),
            (299_999, ["300000x1"]),
            (350_000, ["1000000x1", "300000x1 + 50000x1"]),
            (1_000_001, ["1000000x1 + 50000x1"]),
            (9_120_000, ["1000000x9 + 100000x1 + 50000x1"]),
        ],
    )
    def test_adv_15_the_smallest_that_is_enough_and_the_set_that_is_less(self, gap, ways):
        assert words(baskets(PRICE_LIST, gap=gap)) == ways

    def test_nothing_on_sale_or_nothing_missing_is_no_way(self):
        assert baskets([], gap=10) == ()
        assert baskets(PRICE_LIST, gap=0) == ()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        sizes=st.sets(st.integers(1, 40), min_size=1, max_size=6),
        gap=st.integers(1, 400),
    )
    def test_each_is_enough_and_no_set_of_so_many_is_less(self, sizes, gap):
        offered = [Package(pk=size, credits=size) for size in sorted(sizes)]
        found = baskets(offered, gap=gap)
        assert found
        assert all(basket.credits >= gap for basket in found)
        reached = {0}
        for _ in range(MOST_TUNED):
            reached |= {total + size for total in reached for size in sizes}
        if any(total >= gap for total in reached):  # more payments than so many may come closer still
            assert min(basket.credits for basket in found) <= min(total for total in reached if total >= gap)
