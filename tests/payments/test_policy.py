"""The arithmetic of refunds: written-out cases, and the same rules computed another way."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.models import DatedSetting
from payments import policy
from payments.policy import Terms, TopUp


def top_up(
    credits: int, *, vat: int | None = None, bonus: int = 0, free: int | None = None, bonus_free: int | None = None, **earlier: int
) -> TopUp:
    """A top-up; by default nothing was used."""
    return TopUp(
        credits=credits,
        vat_krw=policy.vat_of(credits) if vat is None else vat,
        bonus=bonus,
        available=credits if free is None else free,
        bonus_available=bonus if bonus_free is None else bonus_free,
        bonus_spent=bonus - (bonus if bonus_free is None else bonus_free),
        **earlier,
    )


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))


def oracle(case: TopUp, back: int) -> Terms:
    """The policy as design.md words it, in exact fractions."""
    vat = half_up(Fraction(case.vat_krw * (case.returned + back), case.credits)) - case.vat_returned
    claim = ceil(Fraction(case.bonus * (case.returned + back), case.credits)) - case.bonus_taken - case.promotion_taken
    from_bonus = min(max(claim, 0), case.bonus_available)
    from_paid = min(max(claim, 0) - from_bonus, max(0, case.bonus_spent - case.promotion_taken))
    return Terms(credits=back, vat_krw=vat, bonus=from_bonus, promotion=from_paid)


# credits, what else differs → the most that may be refunded: (credits, vat, bonus, promotion)
WRITTEN_OUT = [
    (top_up(100_000), (100_000, 10_000, 0, 0)),
    (top_up(100_000, free=70_000), (70_000, 7_000, 0, 0)),
    (top_up(100_000, free=0), (0, 0, 0, 0)),
    (top_up(100_000, free=1), (1, 0, 0, 0)),
    (top_up(100_000, free=4), (4, 0, 0, 0)),
    (top_up(100_000, free=5), (5, 1, 0, 0)),
    (top_up(100_000, free=99_999), (99_999, 10_000, 0, 0)),
    (top_up(100_000, free=99_994), (99_994, 9_999, 0, 0)),
    (top_up(100_000, free=30_000, returned=70_000, vat_returned=7_000), (30_000, 3_000, 0, 0)),
    (top_up(100_000, free=5, returned=99_995, vat_returned=10_000), (5, 0, 0, 0)),
    (top_up(100_000, free=50_000, returned=80_000, vat_returned=8_000), (20_000, 2_000, 0, 0)),
    (top_up(500_000, bonus=50_000), (500_000, 50_000, 50_000, 0)),
    (top_up(500_000, bonus=50_000, free=250_000), (250_000, 25_000, 25_000, 0)),
    (top_up(500_000, bonus=50_000, free=1), (1, 0, 1, 0)),
    (top_up(500_000, bonus=50_000, bonus_free=0), (454_545, 45_455, 0, 45_455)),
    (top_up(500_000, bonus=50_000, bonus_free=0, free=250_000), (227_272, 22_727, 0, 22_728)),
    (top_up(500_000, bonus=50_000, bonus_free=20_000), (472_727, 47_273, 20_000, 27_273)),
    (top_up(500_000, bonus=50_000, bonus_free=20_000, free=200_000), (200_000, 20_000, 20_000, 0)),
    (top_up(500_000, bonus=50_000, bonus_free=20_000, free=200_001), (200_000, 20_000, 20_000, 0)),
    (top_up(500_000, bonus=50_000, bonus_free=20_000, free=200_002), (200_001, 20_000, 20_000, 1)),
    (
        top_up(500_000, bonus=50_000, bonus_free=25_000, free=250_000, returned=250_000, vat_returned=25_000, bonus_taken=25_000),
        (250_000, 25_000, 25_000, 0),
    ),
    (top_up(1_000_000, bonus=10_000), (1_000_000, 100_000, 10_000, 0)),
    (top_up(3_000_000, bonus=90_000, free=1_377_640), (1_377_640, 137_764, 41_330, 0)),
    (top_up(1, vat=0), (1, 0, 0, 0)),
    (top_up(5, vat=1), (5, 1, 0, 0)),
    (top_up(10, vat=1, free=5), (5, 1, 0, 0)),
    (top_up(10, vat=1, free=4), (4, 0, 0, 0)),
]

GRID = [
    top_up(credits, bonus=bonus, free=free, bonus_free=bonus_free)
    for credits, bonus in ((100, 0), (100, 10), (97, 13), (1_000, 333))
    for free in (0, 1, credits // 2, credits - 1, credits)
    for bonus_free in (0, bonus // 2, bonus)
]


class TestMostRefundable:
    @pytest.mark.parametrize(("case", "expected"), WRITTEN_OUT)
    def test_gives_the_written_out_amounts(self, case, expected):
        terms = policy.most_refundable(case)

        assert (terms.credits, terms.vat_krw, terms.bonus, terms.promotion) == expected

    @pytest.mark.parametrize("case", GRID)
    def test_is_the_last_that_fits_and_one_more_does_not(self, case):
        limit = min(case.available, case.credits - case.returned)
        fitting = [back for back in range(limit + 1) if back + oracle(case, back).promotion <= case.available]

        assert policy.most_refundable(case) == oracle(case, fitting[-1])


class TestTermsFor:
    @pytest.mark.parametrize("case", GRID)
    def test_agree_with_the_policy_in_fractions(self, case):
        for back in range(0, case.credits + 1, 7):
            assert policy.terms_for(case, back) == oracle(case, back)

    @settings(max_examples=300, deadline=None)
    @given(st.integers(1, 10**7), st.lists(st.integers(1, 10**6), min_size=1, max_size=50))
    def test_parts_of_any_split_add_up_to_the_whole(self, credits, weights):
        """Refunding everything in any pieces returns all credits, all VAT and all bonus, to the won."""
        bonus, parts, left = credits // 10, [], credits
        for weight in weights:
            part = min(left, max(1, credits * weight // sum(weights)))
            parts += [part] if part else []
            left -= part
        parts += [left] if left else []

        given_back = vat = taken = 0
        for part in parts:
            case = TopUp(
                credits=credits,
                vat_krw=policy.vat_of(credits),
                bonus=bonus,
                available=credits - given_back,
                bonus_available=bonus - taken,
                bonus_spent=0,
                returned=given_back,
                vat_returned=vat,
                bonus_taken=taken,
            )
            terms = policy.terms_for(case, part)
            assert terms.promotion == 0
            assert terms.vat_krw >= 0
            given_back, vat, taken = given_back + part, vat + terms.vat_krw, taken + terms.bonus

        assert (given_back, vat, taken) == (credits, policy.vat_of(credits), bonus)


class TestSplitAmount:
    @settings(max_examples=300, deadline=None)
    @given(st.integers(1, 10**6), st.data())
    def test_credits_and_vat_add_up_to_the_amount(self, credits, data):
        case = top_up(credits)
        amount = data.draw(st.integers(1, credits + case.vat_krw))

        terms = policy.split_amount(case, amount)

        assert terms.credits + terms.vat_krw == amount
        assert 0 <= terms.credits <= credits
        assert policy.terms_for(case, terms.credits).amount_krw <= amount

    @given(data=st.data(), credits=st.integers(1, 10**7))
    def test_what_is_more_than_the_order_has_left_is_owed_in_credits(self, data, credits):
        first = policy.split_amount(top_up(credits), data.draw(st.integers(1, credits + policy.vat_of(credits))))
        case = top_up(credits, returned=first.credits, vat_returned=first.vat_krw)
        left_krw = credits + case.vat_krw - first.amount_krw
        more = data.draw(st.integers(1, 10**7))

        terms = policy.split_amount(case, left_krw + more)

        assert (terms.credits, terms.vat_krw) == (credits - first.credits + more, case.vat_krw - first.vat_krw)

    def test_the_whole_amount_is_all_credits_and_all_vat(self):
        assert policy.split_amount(top_up(100_000), 110_000) == Terms(credits=100_000, vat_krw=10_000, bonus=0, promotion=0)

    @pytest.mark.parametrize(
        ("bonus_free", "amount", "expected"),
        [
            (10_000, 1_100_000, (1_000_000, 100_000, 10_000, 0)),
            (4_000, 1_100_000, (1_000_000, 100_000, 4_000, 6_000)),
            (4_000, 550_000, (500_000, 50_000, 4_000, 1_000)),
            (0, 110, (100, 10, 0, 1)),
        ],
    )
    def test_the_bonus_follows_its_share_even_where_nothing_paid_is_left(self, bonus_free, amount, expected):
        assert policy.split_amount(top_up(1_000_000, bonus=10_000, bonus_free=bonus_free, free=0), amount) == Terms(*expected)


class TestVat:
    @given(st.integers(1, 10**9))
    def test_is_a_tenth_rounded_half_up(self, credits):
        assert policy.vat_of(credits) == half_up(Fraction(credits, 10))


class TestRefundRule:
    @pytest.mark.django_db
    def test_is_the_one_valid_when_it_was_paid(self, at):
        DatedSetting.objects.create(name="payments.refund_window_hours", value=24, effective_from=at, reason="짧게")

        assert policy.policy_at(at - timedelta(seconds=1))["refund_window_hours"] == 168
        assert policy.policy_at(at)["refund_window_hours"] == 24

    @pytest.mark.parametrize(
        "paid_at",
        [
            datetime(2026, 11, 25, 3, 0, tzinfo=UTC),
            datetime(2028, 2, 26, 15, 30, tzinfo=UTC),  # over 29 February
            datetime(2026, 12, 29, 14, 59, 59, tzinfo=UTC),  # over the end of the year in Korea
        ],
    )
    def test_counts_hours_and_not_calendar_days(self, paid_at):
        rule = {"refund_window_hours": 168}

        assert policy.refundable_until(paid_at=paid_at, policy=rule) - paid_at == timedelta(seconds=604_800)
