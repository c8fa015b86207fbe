"""ADV-40: a warning in days left, one per episode, by the line each advertiser chose."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from common.models import DatedSetting
from credits import pace, tasks
from credits import services as credits
from credits.models import BalanceWatch
from identity.models import Notification
from tests.pages import document, press, words
from tests.signing_in import browser

DAY = timedelta(days=1)


@pytest.fixture
def now(monkeypatch, at):
    """Let the clock stand at a moment and knock."""

    def stand(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)
        return tasks.watch_balances()

    return stand


def top_up(advertiser, amount, *, at, order):
    with transaction.atomic():
        credits.top_up(advertiser=advertiser, credits=amount, order_id=order, gateway="portone", key=order, at=at)


class Spender:
    def __init__(self, advertiser, at, budget):
        self.advertiser, self.captured = advertiser, 0
        with transaction.atomic():
            self.hold = credits.place_hold(
                advertiser=advertiser, credits=budget, subject="c", subject_label="캠페인", key=f"hold:{budget}", at=at
            )

    def spends(self, amount, *, at):
        self.captured += amount
        with transaction.atomic():
            credits.capture(hold=self.hold, credits=amount, reward_cost=0, key=f"{self.hold.pk}:{self.captured}", at=at)


def warnings():
    return list(Notification.objects.filter(user__username="minji", kind="credits.low").order_by("pk").values_list("title", flat=True))


class TestTheWarning:
    def test_adv_40_comes_once_in_days_left_however_often_the_line_is_crossed_in_a_day(self, minji, at, now):
        spender = Spender(minji, at, 1_000)
        spender.spends(690, at=at)  # 310 left, 98.6 a day
        assert now(at + timedelta(minutes=1)) == 0
        spender.spends(20, at=at + timedelta(hours=1))
        assert now(at + timedelta(hours=1)) == 1
        for hour in range(2, 20):  # a little comes, a little goes: around the line all day
            top_up(minji, 15, at=at + timedelta(hours=hour), order=f"little-order-{hour}")
            now(at + timedelta(hours=hour))
            spender.spends(5, at=at + timedelta(hours=hour, minutes=30))
            now(at + timedelta(hours=hour, minutes=31))
        assert warnings() == ["약 2일 뒤에 크레딧이 떨어져요"]

    def test_adv_40_is_armed_again_once_the_credits_last_clearly_longer(self, minji, at, now):
        spender = Spender(minji, at, 1_000)
        spender.spends(900, at=at)
        assert now(at) == 1
        top_up(minji, 1_000, at=at + DAY, order="second-order")
        now(at + DAY)
        assert BalanceWatch.objects.get().is_low is False
        more = Spender(minji, at + DAY, 999)
        more.spends(950, at=at + DAY)
        assert now(at + DAY) == 1
        assert len(warnings()) == 2

    def test_adv_40_says_so_when_nothing_is_left(self, minji, at, now):
        Spender(minji, at, 1_000).spends(1_000, at=at)
        now(at)
        assert warnings() == ["오늘 안에 크레딧이 떨어져요"]

    def test_adv_40_counts_what_campaigns_hold_and_a_week_without_spending_ends_the_episode(self, minji, at, now):
        spender = Spender(minji, at, 1_000)
        spender.spends(700, at=at)
        assert pace.days_left(minji, at=at) == 3
        spender.spends(10, at=at)
        assert (pace.days_left(minji, at=at), now(at)) == (2, 1)
        assert pace.days_left(minji, at=at + 7 * DAY) is None
        now(at + 7 * DAY)
        assert BalanceWatch.objects.get().is_low is False

    @pytest.mark.parametrize(("days", "sent"), [(0, 0), (2, 0), (3, 1), (None, 1)])
    def test_adv_40_follows_the_line_the_advertiser_chose(self, minji, at, now, days, sent):
        credits.set_warning(advertiser=minji, days=days)
        Spender(minji, at, 1_000).spends(710, at=at)
        assert now(at) == sent

    def test_adv_40_or_the_houses_line_of_that_day(self, minji, at, now):
        DatedSetting.objects.create(name="credits.warn_below_days", value=10, effective_from=at + DAY, reason="더 일찍 알려요.")
        Spender(minji, at, 1_000).spends(500, at=at)
        assert (now(at), now(at + DAY)) == (0, 1)

    def test_nobody_is_warned_who_spends_nothing(self, minji, at, now):
        assert now(at) == 0
        assert not BalanceWatch.objects.exists()


class TestThePage:
    def test_adv_40_shows_days_left_and_changes_the_line(self, minji, minji_user, at, monkeypatch):
        Spender(minji, at, 1_000).spends(500, at=at)
        monkeypatch.setattr(timezone, "now", lambda: at)
        person = browser(minji_user)
        assert "약 7일" in person.get("/my-page/credit/").content.decode()
        person.post("/my-page/credit/set-warning/", {"days": "14"})
        assert BalanceWatch.objects.get().warn_below_days == 14
        assert 'value="14"' in person.get("/my-page/credit/").content.decode()

    def test_adv_40_the_line_is_chosen_and_the_one_warning_read_by_the_pages(self, minji, minji_user, at, now):
        spender = Spender(minji, at, 1_000)
        spender.spends(500, at=at)
        now(at)
        person = browser(minji_user)
        assert "크레딧이 떨어져요" not in person.get("/my-page/notifications/").text
        press(person, person.get("/my-page/credit/"), "바꾸기", days="8")
        for hour in range(6):  # a little comes, a little goes: around the line all day
            top_up(minji, 5, at=at + timedelta(hours=hour), order=f"little-order-{hour}")
            now(at + timedelta(hours=hour))
            spender.spends(10, at=at + timedelta(hours=hour, minutes=30))
            now(at + timedelta(hours=hour, minutes=31))
        person = browser(minji_user)  # hours later her first session is over
        assert person.get("/my-page/notifications/").text.count("약 7일 뒤에 크레딧이 떨어져요") == 1
        assert "지금 속도로 약 5일 쓸 수 있어요" in words(document(person.get("/my-page/credit/")).xpath("//main")[0])

    @pytest.mark.parametrize("days", ["91", "-1", "많이", "1.5"])
    def test_refuses_what_is_no_number_of_days(self, minji, minji_user, days):
        person = browser(minji_user)
        person.post("/my-page/credit/set-warning/", {"days": days})
        assert not BalanceWatch.objects.exists()

    def test_is_not_for_the_reporter_to_change(self, minji, jisoo):
        assert browser(jisoo).post("/my-page/credit/set-warning/", {"days": "5"}).status_code == 403
