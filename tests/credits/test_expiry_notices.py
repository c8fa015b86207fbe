"""Notices 30, 7 and 1 days before credits expire, one each; the life of paid credits is fixed when they are paid."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from credits import services as credits
from credits import tasks
from credits.models import Lot
from identity.models import Notification
from tests.advertisers.conftest import join

DAY = timedelta(days=1)


def give(advertiser, amount, *, days, at, key):
    with transaction.atomic():
        credits.grant_bonus(advertiser=advertiser, credits=amount, key=key, at=at, expires_at=at + timedelta(days=days))


@pytest.fixture
def tell(monkeypatch):
    """Let the clock knock at a moment."""

    def knock(at):
        monkeypatch.setattr(timezone, "now", lambda: at)
        tasks.tell_of_expiry()

    return knock


def told(username="minji"):
    notices = Notification.objects.filter(user__username=username, kind="credits.expiring").order_by("pk")
    return [notice.title.split("의 유효 기간이 ")[1].split("일")[0] + ": " + notice.title.split("크레딧")[0] for notice in notices]


class TestNotices:
    def test_come_at_thirty_seven_and_one_day_once_each_whatever_happens_between(self, minji, at, tell):
        give(minji, 500, days=90, at=at, key="bonus")
        for hours in range(0, 90 * 24, 8):
            tell(at + timedelta(hours=hours))
        assert told() == ["30: 500", "7: 500", "1: 500"]

    @pytest.mark.parametrize(
        ("before", "steps"), [(timedelta(days=30, seconds=1), []), (30 * DAY, ["30: 500"]), (timedelta(seconds=1), ["1: 500"])]
    )
    def test_come_at_the_second(self, minji, at, tell, before, steps):
        give(minji, 500, days=90, at=at, key="bonus")
        tell(at + 90 * DAY - before)
        assert told() == steps

    def test_after_days_without_us_only_what_is_true_now_is_told(self, minji, at, tell):
        give(minji, 500, days=90, at=at, key="bonus")
        tell(at + 87 * DAY)
        assert told() == ["7: 500"]

    def test_name_what_is_left_and_put_one_day_together(self, minji, at, tell):
        give(minji, 500, days=90, at=at, key="one")
        give(minji, 300, days=90, at=at, key="two")
        with transaction.atomic():
            credits.place_hold(advertiser=minji, credits=600, subject="c", subject_label="c", key="hold", at=at)
        tell(at + 61 * DAY)
        assert told() == ["30: 200"]

    def test_say_nothing_about_a_life_that_was_never_longer(self, minji, at, tell):
        give(minji, 500, days=7, at=at, key="short")
        tell(at + timedelta(hours=1))
        assert told() == []
        tell(at + 6 * DAY)
        assert told() == ["1: 500"]

    def test_say_nothing_about_what_is_used_up_or_gone(self, minji, at, tell):
        give(minji, 500, days=90, at=at, key="bonus")
        with transaction.atomic():
            credits.place_hold(advertiser=minji, credits=500, subject="c", subject_label="c", key="hold", at=at)
        tell(at + 80 * DAY)
        assert told() == []

    def test_reach_those_who_pay_and_not_the_reporter(self, minji, jisoo, at, tell):
        join(minji, "fina", "FINANCE")
        give(minji, 500, days=90, at=at, key="bonus")
        tell(at + 61 * DAY)
        assert (told("minji"), told("fina"), told("jisoo")) == (["30: 500"], ["30: 500"], [])


class TestTheSweep:
    def test_takes_what_is_left_a_second_after_the_end_and_not_before(self, minji, at, monkeypatch):
        give(minji, 500, days=90, at=at, key="bonus")
        for moment, left in ((at + 90 * DAY - timedelta(microseconds=1), 500), (at + 90 * DAY, 0)):
            monkeypatch.setattr(timezone, "now", lambda moment=moment: moment)
            tasks.expire_lots()
            assert Lot.objects.get(kind="BONUS").available == left
        assert Lot.objects.get(kind="BONUS").expired == 500
