"""The one place that numbers of campaigns are read from: equal to a plain count in SQL, flat, and never so fine that they name somebody."""

import random
from collections import Counter
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from campaigns import analytics, services
from campaigns.models import HourlyStat, Participation, PeopleStat
from campaigns.questions import Period, Question
from campaigns.services import clock, counting, counting_people
from common.kst import day_of
from tests import factories
from tests.campaigns.conftest import DEVICE
from tests.campaigns.test_participation import complete, start

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SHOWN = ("started", "confirmed", "refused", "expired", "reversed", "running", "credits", "tickets")
PLAIN = """
    SELECT COUNT(*) AS started, COUNT(*) FILTER (WHERE state = 'REWARDED') AS confirmed,
           COUNT(*) FILTER (WHERE state = 'REFUSED') AS refused,
           COUNT(*) FILTER (WHERE state = 'EXPIRED') AS expired, COUNT(*) FILTER (WHERE state = 'REVERSED') AS reversed,
           COUNT(*) FILTER (WHERE state NOT IN ('REWARDED', 'REFUSED', 'EXPIRED', 'REVERSED')) AS running,
           COALESCE(SUM(price) FILTER (WHERE state = 'REWARDED'), 0) AS credits,
           COALESCE(SUM(tickets) FILTER (WHERE state = 'REWARDED'), 0) AS tickets
      FROM campaigns_participation
     WHERE campaign_id IN (SELECT id FROM campaigns_campaign WHERE advertiser_id = %s) AND (campaign_id = %s OR %s::bigint IS NULL)
       AND (started_at AT TIME ZONE 'Asia/Seoul')::date BETWEEN %s AND %s
"""


def plain(advertiser, campaign, period):
    """The same numbers by looking at every participation."""
    number = campaign.pk if campaign else None
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, [advertiser.pk, number, number, period.first, period.last])
        return dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))


def told(counts):
    return {name: getattr(counts, name) for name in SHOWN}


def ask(advertiser, period, **more):
    return analytics.answer(Question(advertiser=advertiser, period=period, **more))


def count(at):
    counting.recount(since=at - 12 * DAY, until=at, at=at)
    counting_people.recount_people(at=at)


@pytest.fixture
def crowd(db):
    """People of every kind: thirty of them."""
    return [
        factories.MemberFactory(birth_year=(1999, 1989, 1979)[n % 3], sex=("FEMALE", "MALE")[n % 2], region=("SEOUL", "JEJU")[n > 26])
        for n in range(30)
    ]


@pytest.fixture
def world(launch, crowd, operator, at):
    """Three campaigns over six days: finished, left alone, still running, taken back. The moment after it."""
    chance = random.Random(8)
    campaigns = [launch(key=f"c{n}", budget=330, title=f"캠페인 {n}") for n in range(3)]
    visits = {}
    for day in range(5):
        for campaign in campaigns:
            for member in chance.sample(crowd, 5):
                moment = at + day * DAY + chance.randrange(14) * HOUR  # some of them after midnight
                visits.setdefault((campaign.pk, member.pk, day_of(moment)), (moment, campaign, member))
    for moment, campaign, member in sorted(visits.values(), key=lambda visit: visit[0]):
        chance.choice((start, complete, complete))(member, campaign, moment)
    end = at + 5 * DAY + 15 * HOUR
    clock.sweep(at=end - HOUR)
    start(factories.MemberFactory(), campaigns[0], end - timedelta(minutes=1))
    done = Participation.objects.filter(campaign=campaigns[1], state="REWARDED").order_by("public_id").first()
    services.invalidate(campaign=campaigns[1], participations=[done.public_id], is_fraud=True, by=operator, at=end, reason="여러 계정")
    counting.recount(since=at - DAY, until=end, at=end)
    return campaigns, end


def pairs(campaigns, at, number=20):
    """Twenty campaigns (or all of them) with a period each, always the same ones."""
    chance = random.Random(20)
    for _ in range(number):
        first = day_of(at) + timedelta(days=chance.randrange(-2, 7))
        yield chance.choice([None, *campaigns]), Period(first, first + timedelta(days=chance.randrange(6)))


class TestTheTruth:
    def test_s_83_for_twenty_campaigns_and_periods_it_equals_a_plain_count(self, world, minji, at):
        campaigns, _ = world
        totals = Counter()
        for campaign, period in pairs(campaigns, at):
            answer = ask(minji, period, campaign=campaign)
            wanted = plain(minji, campaign, period)
            assert told(answer.total.counts) == wanted
            for parts in ([day.counts for day in answer.days], answer.hours, [group.figures.counts for group in answer.campaigns]):
                assert {name: sum(getattr(part, name) for part in parts) for name in SHOWN} == wanted
            assert len(answer.days) == period.days
            totals.update(wanted)
        assert all(totals[name] for name in ("started", "confirmed", "expired", "reversed", "running"))  # there was something to miss

    def test_a_day_is_a_day_in_seoul(self, running, suji, minji, at):
        complete(suji, running, at + 11 * HOUR + timedelta(minutes=59))
        complete(factories.MemberFactory(), running, at + 12 * HOUR)
        counting.recount(since=at, until=at + DAY, at=at + DAY)
        on = day_of(at)
        assert [(day.on, day.counts.started) for day in ask(minji, Period(on, on + DAY)).days] == [(on, 1), (on + DAY, 1)]

    def test_days_before_are_told_when_they_are_asked_for(self, world, minji, at):
        campaigns, _ = world
        period = Period(day_of(at) + 3 * DAY, day_of(at) + 5 * DAY)
        answer = ask(minji, period, compares=True)
        assert told(answer.before) == plain(minji, None, period.before)
        assert {group.key: told(group.before) for group in answer.campaigns} == {
            str(campaign.public_id): plain(minji, campaign, period.before) for campaign in campaigns
        }
        assert ask(minji, period).before is None

    def test_types_are_the_sums_of_their_campaigns(self, launch, crowd, minji, at):
        for n in range(2):
            complete(crowd[n], launch(key=str(n), budget=100), at)
        launch(key="quiz", type="QUIZ", budget=100)
        counting.count(at=at)
        (visits,) = ask(minji, Period(day_of(at), day_of(at))).types
        assert (visits.key, visits.figures.counts.confirmed) == ("VISIT", 2)
        assert ask(minji, Period(day_of(at), day_of(at)), type="QUIZ").total.counts.started == 0

    def test_nothing_of_anybody_else_is_told(self, world, eve, at):
        campaigns, _ = world
        assert told(ask(eve, Period(day_of(at), day_of(at) + 9 * DAY), campaign=campaigns[0]).total.counts) == dict.fromkeys(SHOWN, 0)

    def test_s_86_a_row_that_changes_is_a_figure_that_changes(self, running, suji, minji, operator, at):
        complete(suji, running, at)
        counting.count(at=at)
        period = Period(day_of(at), day_of(at))
        assert ask(minji, period).total.counts.confirmed == 1
        number = Participation.objects.get().public_id
        later = at + 9 * DAY
        services.invalidate(campaign=running, participations=[number], is_fraud=True, by=operator, at=later, reason="여러 계정")
        counting.count(at=later)  # the hour of nine days ago was noted as stale
        assert (ask(minji, period).total.counts.confirmed, ask(minji, period).total.counts.reversed) == (0, 1)


class TestFinal:
    def test_a_number_is_final_when_its_day_is_over_counted_since_and_nothing_of_it_runs(self, running, suji, minji, at):
        period = Period(day_of(at), day_of(at))

        def state():
            answer = ask(minji, period)
            return answer.total.is_final, answer.days[0].is_final, answer.total.open.confirmed

        complete(suji, running, at)
        start(factories.MemberFactory(), running, at)
        counting.count(at=at)
        assert state() == (False, False, 1)
        clock.sweep(at=at + HOUR)
        counting.count(at=at + HOUR)
        assert state() == (False, False, 1)  # all is decided, and the day goes on
        counting.recount_yesterday(at=at + DAY)
        assert state() == (True, True, 0)

    def test_a_day_over_with_something_that_runs_is_provisional(self, running, suji, minji, at):
        start(suji, running, at)
        counting.recount_yesterday(at=at + DAY)
        assert not ask(minji, Period(day_of(at), day_of(at))).days[0].is_final


class TestPeople:
    def on(self, minji, at, days=1, **more):
        found = ask(minji, Period(day_of(at), day_of(at) + (days - 1) * DAY), **more).people
        return {one.trait: ({row[0]: row[2] for row in one.rows}, one.others[0]) for one in found}

    @pytest.fixture
    def big(self, launch):
        return launch(budget=1_000)

    def come(self, campaign, at, *, women=0, men=0, unknown=0, device=DEVICE):
        for sex, number in (("FEMALE", women), ("MALE", men), ("", unknown)):
            for _ in range(number):
                start(factories.MemberFactory(sex=sex, birth_year=1990 if sex else None), campaign, at, device)

    def test_equals_a_plain_count_by_trait(self, big, minji, at):
        self.come(big, at, women=12, men=11, unknown=10)
        count(at + DAY)
        people = self.on(minji, at)
        assert people["SEX"] == ({"FEMALE": 12, "MALE": 11, "": 10}, 0)
        assert people["AGE"] == ({"30": 23, "": 10}, 0)
        assert people["SYSTEM"] == ({"ANDROID": 33}, 0)
        assert people["REGION"] == ({"": 33}, 0)

    @pytest.mark.parametrize(
        ("women", "men", "unknown", "shown", "others"),
        [
            (9, 12, 30, {"": 30}, 21),  # nine alone could be found by taking the others off the whole
            (9, 3, 30, {"": 30}, 12),
            (4, 3, 0, {}, 7),
            (9, 30, 0, {}, 39),
            (10, 30, 0, {"FEMALE": 10, "MALE": 30}, 0),
        ],
    )
    def test_a_group_of_fewer_than_ten_is_never_told_nor_left_over(self, big, minji, at, women, men, unknown, shown, others):
        self.come(big, at, women=women, men=men, unknown=unknown)
        count(at + DAY)
        assert self.on(minji, at)["SEX"] == (shown, others)

    def test_a_longer_period_less_a_shorter_one_tells_nobody(self, big, minji, at):
        self.come(big, at, women=15, men=15)
        self.come(big, at + DAY, women=1, men=15)
        count(at + 2 * DAY)
        longer, shorter = self.on(minji, at, days=2)["SEX"], self.on(minji, at)["SEX"]
        assert shorter == ({"FEMALE": 15, "MALE": 15}, 0)
        assert longer == ({"FEMALE": 15, "MALE": 15}, 16)  # the woman of the second day is nowhere to be found

    def test_all_campaigns_less_one_tell_nobody(self, launch, minji, at):
        large, small = launch(key="large", budget=500), launch(key="small", budget=500)
        self.come(large, at, women=15, men=15)
        self.come(small, at, women=2, men=12)
        count(at + DAY)
        assert self.on(minji, at)["SEX"] == ({"FEMALE": 15, "MALE": 15}, 14)
        assert self.on(minji, at, campaign=small)["SEX"] == ({}, 14)

    def test_a_day_that_runs_is_not_told(self, big, minji, at):
        self.come(big, at, women=20)
        counting.count(at=at)
        counting_people.count_people(at=at + HOUR)
        assert self.on(minji, at)["SEX"] == ({}, 0)
        counting_people.count_people(at=at + DAY)
        assert self.on(minji, at)["SEX"] == ({"FEMALE": 20}, 0)

    def test_what_is_decided_later_is_counted_again_and_nothing_twice(self, big, minji, at):
        self.come(big, at, women=10)
        count(at + DAY)
        assert counting_people.recount_people(at=at + DAY + HOUR) == 0
        complete(factories.MemberFactory(sex="FEMALE"), big, at)
        counting.recount(since=at, until=at + HOUR, at=at + DAY + 2 * HOUR)
        assert counting_people.recount_people(at=at + DAY + 2 * HOUR) == 1
        assert self.on(minji, at)["SEX"] == ({"FEMALE": 11}, 0)

    def test_s_86_what_is_taken_back_later_leaves_the_people_too(self, big, minji, operator, at):
        for _ in range(11):
            complete(factories.MemberFactory(sex="FEMALE"), big, at)
        count(at + DAY)

        def confirmed():
            (row,) = next(one for one in ask(minji, Period(day_of(at), day_of(at))).people if one.trait == "SEX").rows
            return row[3]

        assert confirmed() == 11
        number, later = Participation.objects.first().public_id, at + 20 * DAY
        services.invalidate(campaign=big, participations=[number], is_fraud=True, by=operator, at=later, reason="여러 계정")
        counting.count(at=later)
        counting_people.recount_people(at=later)
        assert confirmed() == 10

    def test_the_database_itself_refuses_to_show_few(self, big, at):
        row = {"campaign": big, "day_on": day_of(at), "trait": "SEX", "value": "MALE", "confirmed": 0, "counted_at": at}
        with pytest.raises(IntegrityError, match="never_shows_few"), transaction.atomic():
            PeopleStat.objects.create(**row, started=9, is_shown=True)
        assert PeopleStat.FLOOR == 10


class TestFlatness:
    def test_asks_four_questions_none_of_which_the_database_answers_from_participations(self, world, minji, at):
        campaigns, end = world
        counting_people.recount_people(at=end)
        period = Period(day_of(at), day_of(end))
        for campaign in (None, campaigns[0]):
            with CaptureQueriesContext(connection) as seen:
                ask(minji, period, campaign=campaign, compares=True)
            assert len(seen) == 4
            for question in seen:
                with connection.cursor() as cursor:
                    cursor.execute(f"EXPLAIN (FORMAT TEXT) {question['sql']}")
                    plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "campaigns_participation" not in plan
                assert "campaigns_" in plan
        with connection.cursor() as cursor:  # and the search can say no
            cursor.execute("EXPLAIN SELECT COUNT(*) FROM campaigns_participation WHERE campaign_id = 1")
            assert "campaigns_participation" in "\n".join(row[0] for row in cursor.fetchall())

    def test_reads_hours_of_its_campaigns_by_their_key(self, world, minji, at):
        assert HourlyStat.objects.filter(campaign__in=world[0]).count() > 20
