"""A day that is spread evenly over its hours: what each hour gives out, what rolls on, and what people read meanwhile."""

from datetime import datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns import missions, pacing, services
from campaigns.effective import effective
from campaigns.models import BudgetSlot, Campaign, Participation
from campaigns.pacing import Room
from campaigns.services import participation as part
from common.kst import SEOUL, day_of
from tests import factories
from tests.app import Phone
from tests.campaigns.conftest import DEVICE
from tests.campaigns.racing import function_changed, tally, together

TAKE = "campaigns_opened(s.allowance, s.slot, v_hours, v_opened) > s.taken - s.returned;\n  IF NOT FOUND THEN RAISE"
UNGUARDED = "s.allowance > s.taken - s.returned;\n  IF NOT FOUND THEN RAISE"
UPDATE = "  UPDATE campaigns_budgetslot s SET taken = s.taken + 1"


@pytest.fixture
def paced(launch):
    """Launch at noon in Seoul, until midnight of the tenth day: 24 units a day, so 2 an hour in its first 12 hours and 1 after."""
    return partial(launch, pacing="EVEN", daily_cap=240)


def start(campaign, at, member=None):
    member = member or factories.MemberFactory()
    return services.start(member=member.pk, campaign=campaign.public_id, device=DEVICE, at=at)


def start_all(campaign, at):
    """How many members get in at this moment, until one is refused; the refusal."""
    for number in range(200):
        try:
            start(campaign, at)
        except part.DomainError as refusal:
            return number, refusal
    raise AssertionError("nobody was refused")


def fresh(campaign):
    return Campaign.objects.select_related("advertiser", "hold").get(pk=campaign.pk)


class TestHours:
    def test_an_hour_gives_out_its_share_and_says_when_the_next_one_opens(self, paced, at):
        number, refusal = start_all(paced(), at)
        assert (number, refusal.code) == (2, "mission.closed_for_now")
        assert str(refusal) == "지금 시간의 자리가 모두 찼어요. 13시에 다시 열려요."
        assert refusal.context == {"opens": "13시", "reopens_at": "2026-11-25T13:00:00+09:00"}
        assert (Participation.objects.count(), BudgetSlot.objects.get().taken) == (2, 2)

    def test_the_next_share_opens_with_the_hour_and_not_before(self, paced, at):
        campaign = paced()
        start_all(campaign, at)
        one_o_clock = at + timedelta(hours=1)
        assert start_all(campaign, one_o_clock - timedelta(microseconds=1))[0] == 0
        assert start_all(campaign, one_o_clock)[0] == 2

    def test_what_an_hour_left_over_is_open_in_the_next(self, paced, at):
        campaign = paced()
        start(campaign, at)
        assert start_all(campaign, at + timedelta(hours=3))[0] == 7  # eight of four hours, less one

    def test_the_last_hour_ends_with_the_whole_day_given_out_and_nothing_crosses_midnight(self, paced, at):
        campaign = paced()
        number, refusal = start_all(campaign, at + timedelta(hours=12) - timedelta(microseconds=1))
        assert (number, refusal.code) == (24, "mission.closed_today")
        midnight = at + timedelta(hours=12)
        assert start_all(campaign, midnight)[0] == 1  # 24 units over 24 hours
        assert [(str(slot.day_on), slot.taken) for slot in BudgetSlot.objects.order_by("day_on")] == [("2026-11-25", 24), ("2026-11-26", 1)]

    def test_what_a_day_left_over_does_not_make_the_next_one_larger(self, paced, at):
        campaign = paced()
        assert start_all(campaign, at + timedelta(hours=12))[0] == 1
        assert start_all(campaign, at + timedelta(hours=36) - timedelta(microseconds=1))[0] == 23

    def test_only_open_hours_share_the_day(self, paced, at):
        campaign = paced(hour_from=9, hour_until=15, starts_at=at - timedelta(hours=10))
        assert start_all(campaign, at)[0] == 16  # the fourth of six hours
        assert start_all(campaign, at + timedelta(hours=2))[0] == 8

    def test_a_place_that_was_given_back_is_open_again(self, paced, at):
        campaign = paced()
        start_all(campaign, at)
        late = at + timedelta(minutes=59)
        services.expire(campaign=campaign, at=late)
        assert start_all(campaign, late)[0] == 2

    def test_a_larger_cap_opens_its_part_of_the_hours_that_passed(self, paced, minji_user, at):
        campaign = paced(budget=240)
        assert start_all(campaign, at)[0] == 2
        Campaign.objects.filter(pk=campaign.pk).update(daily_cap_credits=480)
        services.raise_budget(campaign=campaign, credits=240, by=minji_user, at=at, key="more")
        assert start_all(campaign, at)[0] == 2

    def test_with_many_slots_they_never_give_out_more_than_the_hour_together(self, paced, large_days, at):
        campaign = paced(daily_cap=1_000)  # a hundred units in sixteen slots over twelve hours
        for hour in range(12):
            start_all(campaign, at + timedelta(hours=hour))
            opened = -(-100 * (hour + 1) // 12)
            assert opened - 16 < Participation.objects.count() <= opened
        assert Participation.objects.count() == 100

    @pytest.mark.parametrize("hour_from, hour_until", [(0, 24), (9, 18), (0, 1), (23, 24), (11, 13)])
    def test_pages_and_the_database_agree_at_every_hour(self, db, at, hour_from, hour_until):
        begins = datetime(2026, 11, 25, 10, 30, tzinfo=SEOUL)
        campaign = Campaign(pace_from=hour_from, pace_until=hour_until, starts_at=begins, ends_at=begins + timedelta(days=2, hours=4))
        for minutes in range(0, 3 * 1_440, 30):
            moment = begins - timedelta(hours=1) + timedelta(minutes=minutes)
            here = pacing.pace_of(campaign, at=moment)
            with connection.cursor() as cursor:
                span = [hour_from, hour_until, campaign.starts_at, campaign.ends_at, moment]
                cursor.execute("SELECT p.hours, p.opened FROM campaigns_pace(%s, %s, %s, %s, %s) p", span)
                assert cursor.fetchone() == (here.hours, here.opened), moment
                for slot in (BudgetSlot(slot=0, allowance=37), BudgetSlot(slot=1, allowance=37)):
                    cursor.execute("SELECT campaigns_opened(37, %s, %s, %s)", [slot.slot, here.hours, here.opened])
                    assert cursor.fetchone() == (here.units(slot),)


class TestWhatPeopleRead:
    def test_the_member_reads_when_it_opens_again(self, paced, suji, at):
        campaign = paced()
        start_all(campaign, at)
        shown = missions.mission(fresh(campaign), member_id=suji.pk, device=DEVICE, at=at)
        assert (shown.standing, shown.left) == ("CLOSED_HOUR", 22)
        assert shown.reopens_at == at + timedelta(hours=1)
        (card,) = missions.cards(missions.offered(at), member_id=suji.pk, at=at)
        assert card.words == "잠시 마감"
        later = missions.mission(fresh(campaign), member_id=suji.pk, device=DEVICE, at=at + timedelta(hours=1))
        assert (later.standing, later.reopens_at) == ("OPEN", None)

    def test_the_app_hears_it_with_others_to_do_meanwhile(self, paced, at):
        campaign = paced()
        start_all(campaign, at)
        with time_machine.travel(at, tick=False):
            answer = Phone(factories.MemberFactory()).start(campaign)
        assert (answer.status_code, answer.json()["code"]) == (409, "mission.closed_for_now")
        assert answer.json()["detail"] == {"opens": "13시", "reopens_at": "2026-11-25T13:00:00+09:00", "similar": []}

    def test_int_08_it_is_a_reason_of_its_own_with_the_moment_it_passes(self, paced, at):
        campaign = paced()
        start_all(campaign, at)
        row = fresh(campaign)
        found = effective(row, room=pacing.rooms([row], at=at)[row.pk], at=at)
        assert (found.status, [reason.code for reason in found.reasons]) == ("CLOSED_HOUR", ["today.hour_spent"])
        (reason,) = found.reasons
        assert reason.sentence == "이 시간에 나눈 예산을 모두 썼어요. 13시에 다시 열려요."
        assert effective(row, room=pacing.rooms([row], at=reason.until)[row.pk], at=reason.until).is_serving

    def test_int_08_a_day_that_is_given_out_is_closed_until_midnight(self, paced, at):
        campaign = paced()
        start_all(campaign, at + timedelta(hours=11))
        row = fresh(campaign)
        assert pacing.rooms([row], at=at + timedelta(hours=11))[row.pk] == Room(0)


class TestCost:
    def test_a_paced_start_is_one_statement_too(self, paced, suji, at):
        campaign = paced()
        assert not campaign.is_targeted
        with CaptureQueriesContext(connection) as asked:
            start(campaign, at, suji)
        assert len([query for query in asked if "SAVEPOINT" not in query["sql"]]) == 1

    def test_a_list_asks_once_whether_one_is_paced_or_not(self, paced, launch, at, django_assert_num_queries):
        plain = launch(key="other", budget=500, title="고르게 쓰지 않는 미션")
        with django_assert_num_queries(1):
            pacing.rooms([plain], at=at)
        even = paced(budget=500)
        with django_assert_num_queries(1):
            pacing.rooms([plain, even], at=at)


class TestRaces:
    def scramble(self, campaign, at):
        members = [factories.MemberFactory().pk for _ in range(24)]
        device = DEVICE
        attempts = [partial(services.start, member=member, campaign=campaign.public_id, device=device, at=at) for member in members]
        return tally(together(attempts))

    def test_of_24_at_once_the_hour_lets_in_exactly_its_share(self, transactional_db, paced, at):
        campaign = paced()
        assert self.scramble(campaign, at) == {"won": 2, "mission.closed_for_now": 22}
        assert BudgetSlot.objects.get(campaign=campaign, day_on=day_of(at)).taken == 2

    @pytest.mark.tampers
    def test_without_the_look_under_the_lock_the_hour_lets_in_more(self, transactional_db, paced, at):
        campaign = paced()
        with function_changed("campaigns_start", (TAKE, UNGUARDED), (UPDATE, f"  PERFORM pg_sleep(1);\n{UPDATE}")):
            assert self.scramble(campaign, at)["won"] > 2
