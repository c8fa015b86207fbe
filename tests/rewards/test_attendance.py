"""Attendance: days in Seoul, a streak, freezes, and tickets once a day."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from credits import proof
from credits import selectors as balances
from credits.models import Entry
from rewards import attendance
from rewards.app_auth import MemberInactive
from rewards.models import Attendance
from rewards.services import leave
from tests import factories
from tests.app import Phone
from tests.campaigns.racing import tally, together
from tests.payments.test_races_payments import meet
from tests.signing_in import browser

DAY = timedelta(days=1)


def come(member, *moments):
    """(streak, freezes) after each."""
    rows = [attendance.attend(member=member, at=moment)[0] for moment in moments]
    return [(row.streak, row.freezes) for row in rows]


@pytest.mark.django_db
class TestDays:
    def test_usr_22_a_minute_before_and_after_midnight_in_seoul_are_two_days(self, suji):
        before, after = datetime(2026, 11, 25, 14, 59, tzinfo=UTC), datetime(2026, 11, 25, 15, 1, tzinfo=UTC)
        assert come(suji, before, after) == [(1, 0), (2, 0)]
        assert list(Attendance.objects.order_by("pk").values_list("attended_on", flat=True)) == [date(2026, 11, 25), date(2026, 11, 26)]
        assert balances.member_tickets(suji.pk) == 2

    def test_usr_22_whatever_zone_the_moment_is_written_in(self, suji):
        seoul = datetime.fromisoformat("2026-11-26T00:01:00+09:00")
        honolulu = datetime.fromisoformat("2026-11-25T05:01:00-10:00")
        assert come(suji, seoul, honolulu) == [(1, 0), (1, 0)]
        assert (Attendance.objects.count(), Entry.objects.filter(kind="TICKET_GRANT").count()) == (1, 1)

    def test_twice_a_day_is_once(self, suji, at):
        first, second = attendance.attend(member=suji, at=at), attendance.attend(member=suji, at=at + timedelta(hours=1))
        assert (first[1], second[1], first[0] == second[0], balances.member_tickets(suji.pk)) == (True, False, True, 1)

    def test_a_clock_that_goes_back_changes_nothing(self, suji, at):
        attendance.attend(member=suji, at=at)
        assert attendance.attend(member=suji, at=at - DAY)[1] is False


@pytest.mark.django_db
class TestStreak:
    def test_seven_days_bring_more_tickets_and_a_freeze(self, suji, at):
        rows = come(suji, *(at + number * DAY for number in range(8)))
        assert rows[5:] == [(6, 0), (7, 1), (8, 1)]
        assert balances.member_tickets(suji.pk) == 8 + 5
        assert Entry.objects.get(idempotency_key=f"attendance:{suji.public_id}:2026-12-01").reason == "7일 연속 출석"
        assert proof.run().differences == []

    def test_usr_22_a_freeze_keeps_the_streak_over_a_day_missed(self, suji, at):
        come(suji, *(at + number * DAY for number in range(7)))
        assert come(suji, at + 8 * DAY) == [(8, 0)]
        assert Attendance.objects.order_by("pk").last().used == 1

    def test_without_one_it_begins_again(self, suji, at):
        assert come(suji, at, at + 2 * DAY) == [(1, 0), (1, 0)]

    def test_two_days_missed_need_two_freezes(self, suji, at):
        come(suji, *(at + number * DAY for number in range(7)))
        assert come(suji, at + 9 * DAY) == [(1, 1)]

    def test_two_freezes_are_the_most(self, suji, at):
        assert come(suji, *(at + number * DAY for number in range(21)))[-1] == (21, 2)

    def test_stands_as_it_is_before_todays_press(self, suji, at):
        come(suji, at, at + DAY)
        found = attendance.standing_of(suji, at=at + 2 * DAY)
        assert (found.is_there, found.streak, found.tickets, found.until_bonus) == (False, 2, 1, 5)
        assert attendance.standing_of(suji, at=at + 9 * DAY).streak == 0


class TestAtOnce:
    def test_eight_presses_are_one_day(self, transactional_db, at):
        member = factories.MemberFactory()
        outcomes = together([lambda: attendance.attend(member=member, at=at)] * 8)
        assert sorted(is_new for _, is_new in outcomes) == [False] * 7 + [True]
        assert (Attendance.objects.count(), balances.member_tickets(member.pk)) == (1, 1)

    def test_without_the_lock_they_collide(self, transactional_db, at, monkeypatch):
        monkeypatch.setattr("django.db.models.query.QuerySet.select_for_update", lambda self, *args, **kwargs: self.all())
        meet(monkeypatch, attendance, "newest_of", 8)
        member = factories.MemberFactory()
        assert tally(together([lambda: attendance.attend(member=member, at=at)] * 8)).get("won", 0) < 8


@pytest.mark.django_db
class TestDoors:
    def test_the_page_and_the_app_say_the_same(self, suji, at):
        with time_machine.travel(at, tick=False):
            client, phone = browser(suji.user), Phone(suji)
            assert "출석하기" in client.get("/luckffle/attendance/").content.decode()
            assert phone.post("/attendance").status_code == 201
            assert phone.post("/attendance").status_code == 200
            client.post("/luckffle/attendance/")
            found = phone.get("/attendance").json()
            assert "오늘 티켓 1장을 받았어요." in client.get("/luckffle/attendance/").content.decode()
        assert found == {"is_there": True, "streak": 1, "freezes": 0, "tickets": 1, "until_bonus": 6}
        assert balances.member_tickets(suji.pk) == 1

    def test_who_left_is_not_there(self, suji, at):
        leave(member=suji, at=at)
        with pytest.raises(MemberInactive):
            attendance.attend(member=suji, at=at)
