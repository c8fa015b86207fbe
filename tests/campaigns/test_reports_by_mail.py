"""Reports by mail: on a calendar of Seoul, for whoever asked, once, with the numbers of the analytics page."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from advertisers.models import Membership, ReportRecipient
from advertisers.services import recipients
from campaigns.models import ReportSchedule
from campaigns.questions import Period, ReportIn
from campaigns.services import counting, reporting
from common import effects, handlers
from common.kst import day_of
from common.models import Effect
from identity.models import Notification
from tests.campaigns.test_participation import complete
from tests.signing_in import browser

DAY = timedelta(days=1)
LIST, CREATE = "/my-page/analytics/reports/", "/my-page/analytics/reports/create/"


@pytest.fixture(autouse=True)
def _handlers():
    handlers.load()


@pytest.fixture
def owner(minji):
    return Membership.objects.get(advertiser=minji, role="OWNER")


@pytest.fixture
def reader(minji, minji_user, at):
    """An address that said yes."""
    return ReportRecipient.objects.create(advertiser=minji, email="agency@example.com", added_by=minji_user, added_at=at, confirmed_at=at)


def schedule(minji, member, at, **wish):
    return reporting.schedule(advertiser=minji, member=member, wish=ReportIn.model_validate(wish), at=at)


def sent(at):
    """Subjects and addresses of the reports that go out at a moment."""
    reporting.send_due(at=at)
    mail.outbox.clear()
    for effect in Effect.objects.filter(kind=reporting.KIND, state=Effect.State.NEW):
        effects.work(effect.pk, at=at)
    return [(message.to[0], message.subject) for message in mail.outbox]


class TestTheCalendar:
    @pytest.mark.parametrize(
        ("wish", "wanted"),
        [
            ({"every": "DAY", "hour": 9}, "2026-11-26 09"),  # it is Wednesday, noon
            ({"every": "DAY", "hour": 13}, "2026-11-25 13"),
            ({"every": "WEEK", "weekday": 2, "hour": 9}, "2026-12-02 09"),
            ({"every": "WEEK", "weekday": 4, "hour": 0}, "2026-11-27 00"),
            ({"every": "MONTH", "day": 25, "hour": 12}, "2026-12-25 12"),
            ({"every": "MONTH", "day": 28, "hour": 9}, "2026-11-28 09"),
        ],
    )
    def test_goes_by_the_clock_of_seoul(self, at, wish, wanted):
        found = reporting.next_after(ReportIn.model_validate(wish), at=at)
        assert found.strftime("%Y-%m-%d %H") == wanted
        assert found.utcoffset() == timedelta(hours=9)

    def test_is_about_whole_days_that_are_over(self, at):
        on = day_of(at)
        assert reporting.period_of("DAY", on=on) == Period(on - DAY, on - DAY)
        assert reporting.period_of("WEEK", on=on) == Period(on - 7 * DAY, on - DAY)
        assert reporting.period_of("MONTH", on=on) == Period(on.replace(month=10, day=1), on.replace(month=10, day=31))


class TestSending:
    def test_an_06_tells_the_numbers_of_the_analytics_page_to_whoever_asked(self, running, suji, minji, owner, at):
        complete(suji, running, at)
        counting.recount_yesterday(at=at + DAY)
        schedule(minji, owner, at, every="DAY", hour=9)
        assert sent(at + DAY) == [("minji@example.com", "[Boost] 민지네 커피 성과 보고 11.25")]
        text = mail.outbox[0].body
        assert "참여 완료: 1건" in text
        assert f"- {running.title}: 참여 완료 1건, 집행 10크레딧" in text
        assert "잠정" not in text

    def test_once_a_day_however_often_and_how_late_the_clock_comes(self, minji, owner, at):
        schedule(minji, owner, at, every="DAY", hour=9)
        assert len(sent(at + 5 * DAY)) == 1  # not one for each day that nobody looked
        assert sent(at + 5 * DAY) == []
        assert len(sent(at + 6 * DAY)) == 1

    @pytest.mark.parametrize(
        ("wish", "due", "late"),
        [
            ({"every": "WEEK", "weekday": 0, "hour": 9}, "2026-11-30 09", timedelta(hours=15, minutes=10)),  # the clock comes on Tuesday
            ({"every": "MONTH", "day": 28, "hour": 9}, "2026-11-28 09", timedelta(days=3)),
            ({"every": "DAY", "hour": 23}, "2026-11-25 23", timedelta(hours=1, minutes=5)),
        ],
    )
    def test_a_late_one_is_about_the_days_before_its_own_day_and_the_next_goes_on_there(self, minji, owner, at, wish, due, late):
        row = schedule(minji, owner, at, **wish)
        moment = row.next_at
        assert moment.strftime("%Y-%m-%d %H") == due
        sent(moment + late)
        row.refresh_from_db()
        sent(row.next_at)
        first, second = (effect.ids for effect in Effect.objects.filter(kind=reporting.KIND).order_by("pk"))
        assert first["last"] == str(reporting.period_of(row.every, on=day_of(moment)).last)
        days_between = date.fromisoformat(second["first"]) - date.fromisoformat(first["last"])
        assert days_between == DAY

    def test_news_of_it_go_to_the_owner_once_who_made_it_left_the_team(self, minji, owner, minji_user, jisoo, reader, at):
        row = schedule(minji, owner, at, every="DAY", hour=9, recipient=reader.public_id)
        ReportSchedule.objects.update(made_by=jisoo)
        sent(at + DAY)
        Membership.objects.filter(user=jisoo).update(is_active=False)
        sent(at + 2 * DAY)
        told = Notification.objects.filter(kind="campaigns.report_sent").order_by("pk")
        assert [notice.user for notice in told] == [jisoo, minji_user]
        assert all("ag***@example.com" in notice.body and reader.email not in notice.body for notice in told)
        assert ReportSchedule.objects.get() == row  # the address asked for it

    def test_an_address_gets_it_with_the_way_to_stop_and_nothing_after_that(self, minji, owner, reader, at):
        schedule(minji, owner, at, every="DAY", hour=9, recipient=reader.public_id)
        assert [to for to, _ in sent(at + DAY)] == ["agency@example.com"]
        assert recipients.token_of(reader) in mail.outbox[0].body
        ReportRecipient.objects.update(stopped_at=at + DAY)
        assert sent(at + 2 * DAY) == []

    def test_who_left_the_team_reads_nothing_more(self, minji, owner, at):
        schedule(minji, owner, at, every="DAY", hour=9)
        Membership.objects.update(is_active=False)
        assert sent(at + DAY) == []

    def test_asking_again_for_the_same_rhythm_changes_the_hour(self, minji, owner, at):
        first, second = (schedule(minji, owner, at, every="DAY", hour=hour) for hour in (9, 18))
        assert (first.pk, ReportSchedule.objects.get().hour) == (second.pk, 18)


class TestThePage:
    @pytest.fixture(autouse=True)
    def _stands_still(self, at):
        with time_machine.travel(at, tick=False):
            yield

    def test_everybody_decides_for_themselves(self, minji, owner, jisoo):
        reporter = browser(jisoo)
        answer = reporter.post(CREATE, {"every": "WEEK", "weekday": "0", "hour": "9"}, follow=True)
        assert "매주 월요일 9시" in answer.text
        row = ReportSchedule.objects.get()
        assert row.member.user == jisoo
        answer = reporter.post(reverse("campaigns:report-remove", args=[row.public_id]), follow=True)
        assert not ReportSchedule.objects.exists()

    def test_only_the_owner_sends_it_to_an_address(self, minji, minji_user, reader, jisoo):
        wish = {"every": "DAY", "hour": "9", "recipient": str(reader.public_id)}
        answer = browser(jisoo).post(CREATE, wish)
        assert (answer.status_code, ReportSchedule.objects.count()) == (422, 0)
        assert "받겠다고 답한 주소만" in answer.text
        assert "agency@" not in browser(minji_user).get(LIST).text  # masked
        assert browser(minji_user).post(CREATE, wish).status_code == 302
        assert ReportSchedule.objects.get().recipient == reader

    def test_others_find_nothing_to_stop(self, minji, owner, jisoo, eve_user, at):
        row = schedule(minji, owner, at, every="DAY", hour=9)
        for user in (jisoo, eve_user):
            assert browser(user).post(reverse("campaigns:report-remove", args=[row.public_id])).status_code == 404
            assert "매일 9시" not in browser(user).get(LIST).text.replace("<option", "")
        assert ReportSchedule.objects.count() == 1

    @pytest.mark.parametrize("wish", [{"every": "YEAR"}, {"every": "DAY", "hour": "24"}, {"every": "MONTH", "day": "31"}, {}])
    def test_what_no_calendar_has_is_refused(self, minji, minji_user, wish):
        assert browser(minji_user).post(CREATE, wish).status_code == 422
        assert not ReportSchedule.objects.exists()
