"""Counts by hour: they equal what a plain count of the participations says, whenever and however often they are made."""

from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from lxml import html

from campaigns import services, stats, tasks
from campaigns.models import BudgetSlot, Evidence, HourlyStat, Participation, PeopleStat, StaleHour
from campaigns.services import clock, counting, counting_people
from common.kst import day_of
from common.models import DatedSetting
from tests import factories
from tests.app import Phone
from tests.campaigns.photographs import photograph
from tests.campaigns.test_answers import choose, wrong_for
from tests.campaigns.test_participation import complete, start, token_of
from tests.signing_in import browser

HOUR = timedelta(hours=1)
COLUMNS = ("started", "confirmed", "refused", "expired", "reversed", "running", "credits", "tickets")
ENDS = {"REWARDED": "confirmed", "REFUSED": "refused", "EXPIRED": "expired", "REVERSED": "reversed"}


def counted():
    """What the table says, by campaign and hour; hours in which nothing happened are left out."""
    rows = {(row.campaign_id, row.hour_at): Counter({name: getattr(row, name) for name in COLUMNS}) for row in HourlyStat.objects.all()}
    return {key: +counts for key, counts in rows.items() if +counts}


def truth():
    """The same by looking at every participation, one by one."""
    found = {}
    for row in Participation.objects.all():
        cell = found.setdefault((row.campaign_id, row.started_at.replace(minute=0, second=0, microsecond=0)), Counter())
        cell["started"] += 1
        cell[ENDS.get(row.state, "running")] += 1
        if row.state == "REWARDED":
            cell.update(credits=row.price, tickets=row.tickets)
    return found


@pytest.fixture(autouse=True)
def _a_place_for_files(settings, tmp_path):
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = {**settings.STORAGES, "private": {"BACKEND": backend, "OPTIONS": {"location": str(tmp_path)}}}


@pytest.fixture
def people(db):
    return factories.MemberFactory.create_batch(6)


@pytest.fixture
def story(launch, people, operator, at):
    """Two campaigns, six people, five hours: finished, left alone, begun again, given up, looked at days later."""
    visit, quiz = launch(key="visit", budget=300), launch(key="quiz", type="QUIZ", budget=300)
    receipts = launch(key="proof", type="PROOF", budget=400)

    def play():
        a, b, c, d, e, f = people
        complete(a, visit, at)
        yield at + timedelta(minutes=1)
        start(b, visit, at + timedelta(minutes=50))
        for n in range(3):
            token = token_of(start(c, quiz, at), at)
            choose_wrong(c, token, at + timedelta(seconds=30 + n))
        yield at + HOUR
        clock.sweep(at=at + HOUR + timedelta(minutes=5))  # b ran out of time …
        complete(b, visit, at + 2 * HOUR)  # … and begins again two hours later
        yield at + 2 * HOUR + timedelta(minutes=1)
        start(d, visit, at + 3 * HOUR)
        for member in (e, f):
            token = token_of(start(member, receipts, at), at)
            services.picture(member=member.pk, token=token, upload=photograph(member.pk % 5 + 1), at=at + timedelta(minutes=2))
        yield at + 4 * HOUR
        clock.sweep(at=at + 5 * HOUR)
        yes, no = Evidence.objects.filter(kind="PICTURE").order_by("pk")
        late = at + timedelta(days=3)
        services.decide_evidence(evidence=yes, is_fine=True, by=operator, at=late)
        services.decide_evidence(evidence=no, is_fine=False, by=operator, at=late, reason="다른 가게예요")
        yield late

    return play


def choose_wrong(member, token, at):
    with pytest.raises((services.WrongAnswer, services.TriesUsedUp)):
        choose(member, token, wrong_for(member), at)


class TestCounting:
    def test_equals_a_count_of_every_participation_at_every_moment_of_a_story(self, story):
        for moment in story():
            counting.count(at=moment)
            assert counted() == truth()

    def test_made_once_at_the_end_it_says_the_same(self, story):
        *_, end = story()
        counting.recount(since=end - timedelta(days=4), until=end, at=end)
        assert counted() == truth()

    def test_made_twice_it_changes_nothing(self, story):
        for moment in story():
            counting.count(at=moment)
        before = list(HourlyStat.objects.order_by("pk").values())
        assert counting.count(at=moment) == 0
        assert [{**row, "counted_at": None} for row in HourlyStat.objects.order_by("pk").values()] == [
            {**row, "counted_at": None} for row in before
        ]

    def test_days_agree_with_the_slots_that_charge_them(self, story, at):
        for moment in story():
            counting.count(at=moment)
        for campaign_id in {row.campaign_id for row in BudgetSlot.objects.all()}:
            slots = BudgetSlot.objects.filter(campaign=campaign_id, day_on=day_of(at))
            days = stats.by_day(HourlyStat.objects.filter(campaign=campaign_id))
            assert (days[day_of(at)].confirmed, days[day_of(at)].credits) == (
                sum(slot.confirmed for slot in slots),
                sum(slot.confirmed_credits for slot in slots),
            )

    def test_catches_up_after_a_standstill(self, running, people, at):
        complete(people[0], running, at)
        counting.count(at=at + timedelta(minutes=1))
        complete(people[1], running, at + 4 * HOUR)
        complete(people[2], running, at + 9 * HOUR)
        counting.count(at=at + 11 * HOUR)
        assert counted() == truth()

    def test_repairs_what_is_wrong_and_says_how_much(self, running, people, at):
        complete(people[0], running, at)
        complete(people[1], running, at + HOUR)
        counting.count(at=at + 2 * HOUR)
        HourlyStat.objects.filter(hour_at=at).update(confirmed=7, started=7)
        assert counting.recount_yesterday(at=at + timedelta(days=1)) == 1
        assert counted() == truth()
        assert counting.recount_yesterday(at=at + timedelta(days=1)) == 0

    def test_rebuilt_from_nothing_the_figures_are_those_that_were_counted_live(self, story):
        for moment in story():
            counting.count(at=moment)
        later = moment + timedelta(days=1)
        counting.count(at=later)
        counting_people.recount_people(at=later)
        live = [list(model.objects.order_by("pk").values()) for model in (HourlyStat, PeopleStat)]
        assert all(live)
        HourlyStat.objects.all().delete()
        PeopleStat.objects.all().delete()
        with time_machine.travel(later, tick=False):
            call_command("rebuild_stats", since=day_of(moment) - timedelta(days=4), until=day_of(moment), stdout=StringIO())
        rebuilt = [list(model.objects.order_by("pk").values()) for model in (HourlyStat, PeopleStat)]
        for rows in (*live, *rebuilt):
            for row in rows:
                row.pop("counted_at")
        assert rebuilt == live

    def test_an_hour_of_many_rows_is_counted_again_only_after_a_while(self, running, people, at):
        before = at - timedelta(days=9)
        DatedSetting.objects.create(name="campaigns.counted_per_second", value=1, effective_from=before, reason="test")
        for member in people[:3]:
            complete(member, running, at)
        counting.count(at=at + timedelta(seconds=20))
        complete(people[3], running, at + timedelta(seconds=21))
        counting.count(at=at + timedelta(seconds=22))  # three rows take three seconds here
        assert HourlyStat.objects.get().started == 3
        counting.count(at=at + timedelta(seconds=24))
        assert HourlyStat.objects.get().started == 4

    def test_the_clock_counts_and_looks_at_yesterday_at_night(self, running, people, at):
        with time_machine.travel(at, tick=False):
            complete(people[0], running, at)
            tasks.count()
        assert counted() == truth()
        HourlyStat.objects.all().delete()
        with time_machine.travel(at + timedelta(days=1), tick=False):
            tasks.nightly()
        assert counted() == truth()


class TestTakenBack:
    def test_what_turned_out_not_to_count_leaves_the_counts_and_the_team_reads_why(self, running, people, operator, minji_user, at):
        for member in people[:3]:
            complete(member, running, at)
        counting.count(at=at + timedelta(minutes=1))
        numbers = Participation.objects.filter(member_id__in=[member.pk for member in people[:2]]).values_list("public_id", flat=True)
        later = at + timedelta(days=2)
        services.invalidate(
            campaign=running, participations=list(numbers), is_fraud=True, by=operator, at=later, reason="여러 계정으로 참여했어요"
        )
        counting.count(at=later)
        assert counted() == truth()
        row = HourlyStat.objects.get()
        assert (row.started, row.confirmed, row.reversed, row.credits) == (3, 1, 2, 10)
        with time_machine.travel(later, tick=False):
            page = browser(minji_user).get(reverse("campaigns:detail", args=[running.public_id]) + "?tab=history").text
            assert "여러 계정으로 참여했어요" in page
            assert "무효로 한 참여의 20크레딧이 예산으로 돌아왔어요" in page
            assert "나중에 참여를 취소했어요" in browser(minji_user).get(reverse("campaigns:detail", args=[running.public_id])).text


class TestTheMembersWay:
    def test_a_stay_that_ends_in_time_notes_nothing(self, running, people, at):
        complete(people[0], running, at)
        assert not StaleHour.objects.exists()

    def test_running_out_and_beginning_again_note_the_hour_that_loses_one(self, running, people, at):
        start(people[0], running, at)
        clock.sweep(at=at + timedelta(minutes=11))
        start(people[0], running, at + HOUR)
        assert list(StaleHour.objects.values_list("campaign_id", "hour_at")) == [(running.pk, at)] * 2
        counting.count(at=at + HOUR)
        assert not StaleHour.objects.exists()
        assert counted() == truth()

    def test_a_count_beside_another_leaves_it_alone(self, transactional_db, running, people, at):
        complete(people[0], running, at)
        other = connections.create_connection("default")
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute(counting._LOCK)
            assert counting.count(at=at) == 0
            assert not HourlyStat.objects.exists()
            other.rollback()
        finally:
            other.close()
        assert counting.count(at=at) == 1


class TestShown:
    def test_cards_and_pages_are_counted_for_members_only(self, running, submit, suji, people, at, client):
        url = "/luckffle/missions/seen/"
        with time_machine.travel(at, tick=False):
            assert client.post(url, {"listed": [running.public_id]}).status_code == 302
            member = browser(suji.user)
            assert member.post(url, {"listed": [running.public_id], "read": [running.public_id]}).status_code == 204
            assert member.post(url, {"listed": ["nothing"]}).status_code == 422
            assert member.post(url, {"listed": [str(running.public_id)] * 51}).status_code == 422
            told = {"listed": [str(running.public_id), "00000000-0000-4000-8000-000000000000"], "read": []}
            assert Phone(people[0]).post("/seen", told).status_code == 204
        counting.count(at=at)
        row = HourlyStat.objects.get()
        assert (row.listed, row.read, row.started) == (2, 1, 0)

    def test_the_pages_say_where_to_tell_it_and_looking_alone_counts_nothing(self, running, suji, at, client):
        page = reverse("campaigns:mission", args=[running.public_id], urlconf="config.urls.luckffle")
        with time_machine.travel(at, tick=False):
            member = browser(suji.user)
            assert f'data-seen="{running.public_id}"' in member.get(page).text
            assert 'data-seen=""' in member.get("/luckffle/").text
            assert "data-seen" not in client.get(page).text
        assert counting.count(at=at) == 0


class TestThePage:
    @pytest.fixture
    def owner(self, minji_user, at):
        client = browser(minji_user)
        with time_machine.travel(at + timedelta(days=3), tick=False):
            yield client

    def page(self, client, campaign, query=""):
        return client.get(reverse("campaigns:detail", args=[campaign.public_id]) + query)

    def test_shows_the_funnel_with_what_was_lost_and_why(self, owner, story, at):
        for moment in story():
            counting.count(at=moment)
        quiz, receipts = (HourlyStat.objects.filter(campaign__type=kind).first().campaign for kind in ("QUIZ", "PROOF"))
        insight = self.page(owner, receipts).context["insight"]
        assert [(step.label, step.number, step.kept, step.lost) for step in insight.funnel] == [
            ("노출", 0, "", 0), ("상세 열기", 0, "", 0), ("참여 시작", 2, "", 0), ("증거 제출", 2, "100", 0), ("참여 완료", 1, "50", 1),
        ]  # fmt: skip
        assert insight.refusals == (("확인에서 인정하지 않았어요", 1),)
        text = self.page(owner, quiz).text
        assert "정답을 맞히지 못했어요" in text
        assert "참여 단계" in text

    def test_every_chart_is_a_table_too(self, owner, story):
        for moment in story():
            counting.count(at=moment)
        campaign = HourlyStat.objects.filter(campaign__type="VISIT").first().campaign
        tree = html.fromstring(self.page(owner, campaign).content.decode())
        assert len(tree.xpath("//canvas[@data-chart]")) == 2
        assert len(tree.xpath("//canvas/ancestor::section[1][.//table]")) == 2
        assert tree.xpath("//script[not(@src) and not(@type='application/json')]") == []

    def test_a_period_counts_its_own_hours(self, owner, running, people, at):
        complete(people[0], running, at)
        complete(people[1], running, at + timedelta(days=3))
        counting.count(at=at + timedelta(days=3))
        pages = {query: self.page(owner, running, query) for query in ("", "?period=today", "?period=week")}
        assert {query: page.context["insight"].counts.started for query, page in pages.items()} == {
            "": 2,
            "?period=today": 1,
            "?period=week": 2,
        }
        assert self.page(owner, running, "?period=nonsense&tab=nonsense").context["insight"].counts.started == 2

    @pytest.mark.parametrize("query", ["", "?tab=settings", "?tab=history", "?period=today"])
    def test_asks_at_most_twelve_questions_however_many_took_part_and_none_about_participations(self, owner, running, people, at, query):
        def asked():
            self.page(owner, running, query)
            with CaptureQueriesContext(connection) as seen:
                assert self.page(owner, running, query).status_code == 200
            return [question["sql"] for question in seen if "django_session" not in question["sql"]]

        complete(people[0], running, at + timedelta(days=3))
        counting.count(at=at + timedelta(days=3))
        few = asked()
        for member in people[1:]:
            complete(member, running, at + timedelta(days=3))
        counting.count(at=at + timedelta(days=3))
        many = asked()
        assert len(many) == len(few) <= 12, many
        assert not [sql for sql in many if "campaigns_participation" in sql]
