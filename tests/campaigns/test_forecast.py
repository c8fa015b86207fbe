"""Forecasts: ranges from what happened before, what they never do, how fast they are, and how often they came true."""

import random
import time
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from campaigns import forecast, services
from campaigns.forecast import Plan, expected_per_day
from campaigns.models import BudgetSlot, Campaign, ForecastLog, State
from common.kst import day_of
from tests.campaigns.writing import url, write
from tests.signing_in import browser

DAYS = tuple((date(2026, 12, 1) + timedelta(days=number), 1.0) for number in range(14))


def plan(**changes):
    return Plan(**{"type": "VISIT", "tickets": 1, "units": 10_000, "cap": 1_000, "affordable": 10_000, "days": DAYS, **changes})


@pytest.fixture
def past(minji, submit, at):
    """
    Write campaigns of the past: (tickets, completions per day), ten days each, with a cap far above. They borrow a hold.

    first: number of the first; nobody reads the same one twice.
    """
    hold = submit(budget=10).hold

    def write(histories, *, cap=1_000, first=0):
        rows = Campaign.objects.bulk_create(
            Campaign(
                advertiser=minji, hold=hold, type="VISIT", title="지난 캠페인", landing_url="https://coffee.example.com/",
                details={"dwell_seconds": 10}, slot_life_seconds=600, is_daily=True, reward_tickets=tickets, unit_price=10,
                budget_credits=cap * 100, daily_cap_credits=cap * 10, starts_at=at - timedelta(days=20), ends_at=at - timedelta(days=5),
                state=State.SETTLED, state_changed_at=at, submitted_at=at - timedelta(days=20), submission_key=f"past:{number}",
                submission_hash="x", ended_at=at - timedelta(days=5),
            )
            for number, (tickets, _) in enumerate(histories, start=first)
        )  # fmt: skip
        begun = day_of(at) - timedelta(days=15)
        BudgetSlot.objects.bulk_create(
            BudgetSlot(campaign=row, day_on=begun + timedelta(days=day), slot=0, allowance=cap, taken=per_day, confirmed=per_day)
            for row, (_, per_day) in zip(rows, histories, strict=True)
            for day in range(10)
        )
        return rows

    yield write
    written = Campaign.objects.filter(submission_key__startswith="past:")
    BudgetSlot.objects.filter(campaign__in=written).delete()
    ForecastLog.objects.filter(campaign__in=written).delete()
    written.delete()


class TestRange:
    def test_holds_four_of_five_of_two_hundred_simulated_campaigns(self):
        """Coverage between 75 and 90 percent, whatever the numbers of this type look like."""
        dice = random.Random(7)
        history = [(1, dice.lognormvariate(4, 0.6)) for _ in range(120)]
        low, high, samples = expected_per_day(history, tickets=1)
        inside = sum(low <= dice.lognormvariate(4, 0.6) <= high for _ in range(400))
        assert samples == 120
        assert 0.75 <= inside / 400 <= 0.90

    def test_more_tickets_never_lower_it(self):
        dice = random.Random(3)
        history = [(tickets, dice.uniform(10, 300) / tickets) for tickets in (1, 2, 3, 5) for _ in range(20)]
        ranges = [expected_per_day(history, tickets=tickets)[:2] for tickets in range(1, 9)]
        assert all(one[0] <= other[0] and one[1] <= other[1] for one, other in zip(ranges, ranges[1:], strict=False))

    def test_more_budget_never_lowers_completions_nor_ends_it_earlier(self, past, at):
        past([(1, 40 + number) for number in range(30)])
        found = [forecast.forecast(plan(units=units, affordable=units), at=at) for units in (200, 400, 800, 5_000)]
        assert all(one.low <= other.low and one.high <= other.high for one, other in zip(found, found[1:], strict=False))
        ends = [one.ends_on[0] or date.max for one in found]
        assert ends == sorted(ends)


class TestForecast:
    def test_says_the_range_and_when_the_budget_is_used_up(self, past, at):
        past([(1, 50)] * 20)
        found = forecast.forecast(plan(units=200, affordable=200), at=at)
        assert (found.low, found.high, found.per_day, found.samples) == (200, 200, (50, 50), 20)
        assert (found.ends, found.limit) == ("12월 4일", "BUDGET")

    @pytest.mark.parametrize(
        "changes, limit",
        [
            ({"units": 100, "affordable": 100}, "BUDGET"),
            ({"units": 600, "affordable": 100}, "BALANCE"),
            ({"units": 300, "affordable": 300, "cap": 30}, "CAP"),
            ({"units": 5_000, "affordable": 5_000}, "REWARD"),
            ({"units": 5_000, "affordable": 5_000, "cap": 30}, "TIME"),
        ],
    )
    def test_says_what_limits_it(self, past, at, changes, limit):
        past([(1, 50)] * 20)
        found = forecast.forecast(plan(**changes), at=at)
        assert found.limit == limit
        assert found.limits_you

    @pytest.mark.parametrize("number", [0, 1, forecast.FEWEST_CAMPAIGNS - 1])
    def test_with_little_history_it_says_so_and_names_what_the_budget_buys(self, past, at, number):
        past([(1, 50)] * number)
        found = forecast.forecast(plan(), at=at)
        assert (found.is_known, found.samples, found.high) == (False, number, 10_000)

    def test_campaigns_that_their_cap_stopped_say_nothing_about_interest(self, past, at):
        past([(1, 50)] * 10 + [(1, 1_000)] * 10)
        assert forecast.forecast(plan(cap=5_000, units=50_000, affordable=50_000), at=at).per_day == (50, 50)

    def test_closed_days_and_hours_count_less(self, past, minji, at):
        past([(1, 48)] * 20)
        answers = {
            "type": "VISIT", "reward": {"tickets": 1}, "credit": {"unit_price": 10, "budget": 900, "daily_cap": 900},
            "setting": {"starts_at": "2026-11-30T00:00:00+09:00", "ends_at": "2026-12-14T00:00:00+09:00"},
        }  # fmt: skip
        every = forecast.of_answers(answers, advertiser=minji, at=at)
        answers["setting"] |= {"weekdays": ["MON"], "hour_from": 12, "hour_until": 18}
        seldom = forecast.of_answers(answers, advertiser=minji, at=at)
        assert (every.low, seldom.low) == (90, 24)

    def test_an_evenly_spread_day_says_how_many_an_hour_opens(self, past, minji, at):
        past([(1, 48)] * 20)
        answers = {
            "type": "VISIT", "reward": {"tickets": 1}, "credit": {"unit_price": 10, "budget": 900, "daily_cap": 500},
            "setting": {"hour_from": 9, "hour_until": 21, "pacing": "EVEN"},
        }  # fmt: skip
        assert forecast.of_answers(answers, advertiser=minji, at=at).per_hour == 5  # fifty over twelve hours, rounded up
        answers["setting"]["pacing"] = "ASAP"
        assert forecast.of_answers(answers, advertiser=minji, at=at).per_hour == 0

    def test_takes_two_queries_and_less_than_a_second_over_five_hundred_campaigns(self, past, at):
        past([(1 + number % 3, 10 + number % 90) for number in range(500)])
        with CaptureQueriesContext(connection) as seen:
            forecast.forecast(plan(), at=at)
        assert len(seen) == 2

        def spent():
            started = time.perf_counter()
            forecast.forecast(plan(), at=at)
            return time.perf_counter() - started

        assert any(spent() < 1.0 for _ in range(30))  # on a machine that does other work beside it


class TestJudging:
    def test_holds_what_was_forecast_against_what_happened_once(self, past, at):
        good, bad, stopped, running = past([(1, 50), (1, 5), (1, 5), (1, 5)])
        Campaign.objects.filter(pk=stopped.pk).update(ended_at=stopped.ends_at - timedelta(days=3))
        ForecastLog.objects.bulk_create(
            ForecastLog(campaign=row, type="VISIT", low=400, high=600, samples=9, limit="", made_at=at) for row in (good, bad, stopped)
        )
        assert forecast.judge(at=at) == 3
        assert forecast.judge(at=at) == 0
        found = {log.campaign_id: (log.actual, log.is_inside) for log in ForecastLog.objects.all()}
        assert found == {good.pk: (500, True), bad.pk: (50, False), stopped.pk: (50, None)}
        assert running.pk not in found

    @pytest.mark.parametrize("inside, percent", [(24, 80), (15, 50)])
    def test_counts_those_that_came_true(self, past, at, inside, percent):
        rows = past([(1, 50)] * 30)
        ForecastLog.objects.bulk_create(
            ForecastLog(
                campaign=row,
                type="VISIT",
                low=1,
                high=2,
                samples=9,
                limit="",
                made_at=at,
                actual=1,
                is_inside=number < inside,
                judged_at=at,
            )
            for number, row in enumerate(rows)
        )
        found = forecast.hit_rate("VISIT")
        assert (found.judged, found.percent, found.is_known) == (30, percent, True)
        assert not forecast.hit_rate("QUIZ").is_known

    def test_a_running_campaign_waits(self, running, minji_user, at):
        ForecastLog.objects.create(campaign=running, type="VISIT", low=0, high=1, samples=9, limit="", made_at=at)
        assert forecast.judge(at=at) == 0
        services.end(campaign=running, by=minji_user, at=at)
        assert forecast.judge(at=at) == 1
        assert ForecastLog.objects.get().is_inside is None


class TestBackTest:
    """The nightly job holds two hundred forecasts of a simulated year against what came of them."""

    JUDGED = 200

    def back_test(self, past, at, *, later):
        """Forecasts from 150 campaigns for 200 that follow, whose interest is `later` times what it was; the hit rate that pages show."""
        dice = random.Random(11)

        def interest():
            return max(1, round(dice.lognormvariate(4.5, 0.5)))

        past([(dice.choice((1, 2, 3)), interest()) for _ in range(150)])
        tickets = [dice.choice((1, 2, 3)) for _ in range(self.JUDGED)]
        made = {number: forecast.forecast(plan(tickets=number, days=DAYS[:10]), at=at) for number in (1, 2, 3)}
        rows = past([(number, max(1, round(interest() * later))) for number in tickets], first=1_000)
        ForecastLog.objects.bulk_create(
            ForecastLog(
                campaign=row, type="VISIT", low=made[number].low, high=made[number].high, samples=made[number].samples, limit="", made_at=at
            )
            for row, number in zip(rows, tickets, strict=True)
        )
        assert forecast.judge(at=at) == self.JUDGED
        return forecast.hit_rate("VISIT")

    def test_covers_four_of_five_as_it_promises(self, past, at):
        found = self.back_test(past, at, later=1)
        assert found.judged == self.JUDGED
        assert 75 <= found.percent <= 90

    def test_another_history_gives_another_hit_rate_and_the_page_says_which(self, past, minji_user, at, monkeypatch):
        found = self.back_test(past, at, later=0.4)
        assert found.percent < 50
        monkeypatch.setattr(timezone, "now", lambda: at)
        client = browser(minji_user)
        page = client.get(url(write(client), "credit")).content.decode()
        assert f"지난 예상 {found.judged}번 가운데 {found.inside}번({found.percent}%)이 이 범위 안에서 끝났어요." in page
