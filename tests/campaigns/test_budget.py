from datetime import date, timedelta

import pytest

from campaigns import services
from campaigns.models import BudgetSlot, CampaignEvent, Participation
from campaigns.services import participation as part
from campaigns.services.moves import AccountRestricted
from common.models import DatedSetting
from credits import selectors as credits
from credits.models import Entry
from credits.services import IdempotencyConflict, InsufficientCredits
from tests import factories
from tests.campaigns.test_participation import complete, start, token_of

FIRST, SECOND = date(2026, 11, 25), date(2026, 11, 26)
MIDNIGHT = timedelta(hours=12)  # after `at`


def slots(campaign, on=None):
    rows = BudgetSlot.objects.filter(campaign=campaign).order_by("day_on", "slot")
    return list(rows.filter(day_on=on) if on else rows)


def entries(kind):
    return list(Entry.objects.filter(kind=kind).order_by("pk"))


class TestPour:
    def test_gives_the_day_what_the_cap_buys(self, launch):
        campaign = launch(daily_cap=355)
        assert [slot.allowance for slot in slots(campaign)] == [35]

    def test_spreads_a_large_day_over_sixteen_slots_that_add_up(self, launch, large_days):
        campaign = launch(budget=1_000)
        assert [slot.allowance for slot in slots(campaign)] == [7] * 4 + [6] * 12
        assert [slot.slot for slot in slots(campaign)] == list(range(16))

    def test_is_done_once_per_day(self, running, at):
        assert services.pour(campaign=running, on=FIRST, at=at) == 0
        assert len(slots(running)) == 1

    def test_closes_yesterday_and_gives_today_what_is_left(self, launch, suji, at):
        campaign = launch(budget=50, daily_cap=30)
        start(suji, campaign, at)
        assert services.pour(campaign=campaign, on=SECOND, at=at + MIDNIGHT) == 3
        yesterday, today = slots(campaign)
        assert (yesterday.allowance, yesterday.taken, yesterday.room) == (1, 1, 0)
        assert (today.day_on, today.allowance, today.room) == (SECOND, 3, 3)
        assert services.pour(campaign=campaign, on=date(2026, 11, 27), at=at + 3 * MIDNIGHT) == 3

    def test_never_reopens_an_older_day(self, running, at):
        services.pour(campaign=running, on=SECOND, at=at + MIDNIGHT)
        assert services.pour(campaign=running, on=FIRST, at=at) == 0
        assert [slot.room for slot in slots(running)] == [0, 100]

    def test_a_spent_budget_pours_an_empty_day(self, launch, suji, at):
        campaign = launch(budget=10)
        complete(suji, campaign, at)
        assert services.pour(campaign=campaign, on=SECOND, at=at + MIDNIGHT) == 0
        assert [slot.room for slot in slots(campaign)] == [0, 0]

    def test_makes_the_month_before_its_first_participation(self, launch, suji, at):
        far = at + timedelta(days=366 * 3)
        campaign = launch(starts_at=far, ends_at=far + timedelta(days=2))
        start(suji, campaign, far)
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT tableoid::regclass::text FROM campaigns_participation")
            assert cursor.fetchall() == [("campaigns_participation_202911",)]


class TestMidnight:
    def test_adv_26_a_new_cap_counts_from_midnight_in_seoul(self, launch, at):
        campaign = launch(daily_cap=20)
        last = at + MIDNIGHT - timedelta(microseconds=1)
        for _ in range(2):
            start(factories.MemberFactory(), campaign, last)
        with pytest.raises(part.MissionClosedToday):
            start(factories.MemberFactory(), campaign, last)
        midnight = at + MIDNIGHT
        for _ in range(2):
            start(factories.MemberFactory(), campaign, midnight)  # pours by itself: no beat came before it
        with pytest.raises(part.MissionClosedToday):
            start(factories.MemberFactory(), campaign, midnight)
        assert [(slot.day_on, slot.taken, slot.room) for slot in slots(campaign)] == [(FIRST, 2, 0), (SECOND, 2, 0)]

    def test_adv_26_a_slot_begun_yesterday_is_charged_to_yesterday(self, launch, suji, at):
        campaign = launch(daily_cap=20)
        before = at + MIDNIGHT - timedelta(seconds=5)
        token = token_of(start(suji, campaign, before), before)
        services.open_landing(member=suji.pk, token=token, at=before)
        start(factories.MemberFactory(), campaign, at + MIDNIGHT)
        done = services.confirm(member=suji.pk, token=token, beats=0, at=at + MIDNIGHT + timedelta(seconds=10))
        assert done.charged_on == FIRST
        assert [(slot.day_on, slot.confirmed_credits) for slot in slots(campaign)] == [(FIRST, 10), (SECOND, 0)]

    def test_a_member_may_take_part_again_on_the_new_day(self, launch, suji, at):
        campaign = launch()
        complete(suji, campaign, at)
        complete(suji, campaign, at + MIDNIGHT)
        assert credits.member_tickets(suji.pk) == 2
        assert {str(row.period_on) for row in Participation.objects.all()} == {"2026-11-25", "2026-11-26"}

    def test_a_start_stamped_before_midnight_that_arrives_after_the_pour_takes_nothing(self, launch, suji, at):
        campaign = launch(daily_cap=20)
        services.pour(campaign=campaign, on=SECOND, at=at + MIDNIGHT)
        with pytest.raises(part.MissionClosedToday):
            start(suji, campaign, at + MIDNIGHT - timedelta(microseconds=1))
        assert [slot.taken for slot in slots(campaign)] == [0, 0]


class TestReturnsOfAClosedDay:
    def begin_before_midnight(self, campaign, at, count):
        before = at + MIDNIGHT - timedelta(minutes=1)
        for _ in range(count):
            start(factories.MemberFactory(), campaign, before)

    def test_move_to_today_within_the_cap(self, launch, at):
        campaign = launch(budget=60, daily_cap=30)
        self.begin_before_midnight(campaign, at, 2)
        services.pour(campaign=campaign, on=SECOND, at=at + MIDNIGHT)
        assert [slot.allowance for slot in slots(campaign)] == [2, 3]
        assert services.expire(campaign=campaign, at=at + MIDNIGHT + timedelta(minutes=10)) == 2
        yesterday, today = slots(campaign)
        assert (yesterday.returned, yesterday.allowance, yesterday.room) == (2, 0, 0)
        assert today.allowance == 3  # the cap of the day is full; the units wait for the next pour
        assert services.pour(campaign=campaign, on=date(2026, 11, 27), at=at + 3 * MIDNIGHT) == 3

    def test_fill_a_day_that_had_less_than_its_cap(self, launch, at):
        campaign = launch(budget=50, daily_cap=40)
        self.begin_before_midnight(campaign, at, 3)
        services.pour(campaign=campaign, on=SECOND, at=at + MIDNIGHT)
        assert [slot.allowance for slot in slots(campaign)] == [3, 2]
        services.expire(campaign=campaign, at=at + MIDNIGHT + timedelta(minutes=10))
        yesterday, today = slots(campaign)
        assert (yesterday.allowance, yesterday.returned, today.allowance) == (0, 3, 4)

    def test_of_an_ended_campaign_move_nowhere(self, launch, minji_user, at):
        campaign = launch(budget=50)
        start(factories.MemberFactory(), campaign, at)
        services.end(campaign=campaign, by=minji_user, at=at)
        services.expire(campaign=campaign, at=at + timedelta(minutes=10))
        (slot,) = slots(campaign)
        assert (slot.taken, slot.returned, slot.allowance, slot.room) == (1, 1, 0, 0)


class TestPause:
    def test_adv_27_started_ones_may_finish_and_nothing_new_starts(self, running, suji, minji_user, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        services.pause(campaign=running, by=minji_user, at=at)
        with pytest.raises(part.MissionClosed):
            start(factories.MemberFactory(), running, at)
        assert services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=10)).is_new
        assert (credits.member_tickets(suji.pk), slots(running)[0].confirmed_credits) == (1, 10)

    def test_resuming_on_a_later_day_pours_it(self, running, minji_user, suji, at):
        services.pause(campaign=running, by=minji_user, at=at)
        services.resume(campaign=running, by=minji_user, at=at + MIDNIGHT)
        assert [(slot.day_on, slot.room) for slot in slots(running)] == [(FIRST, 0), (SECOND, 100)]

    def test_resuming_on_the_same_day_opens_what_the_budget_was_raised_by_and_never_more(self, launch, minji_user, large_days, suji, at):
        campaign = launch(budget=20, daily_cap=20)
        campaign.daily_cap_credits = 50
        campaign.save()
        for _ in range(2):
            start(factories.MemberFactory(), campaign, at)
        services.pause(campaign=campaign, by=minji_user, at=at)
        services.raise_budget(campaign=campaign, credits=20, by=minji_user, at=at, key="more")
        assert sum(slot.allowance for slot in slots(campaign)) == 2
        for _ in range(2):  # once more changes nothing
            services.resume(campaign=campaign, by=minji_user, at=at)
            assert sum(slot.allowance for slot in slots(campaign)) == 4  # 40 of budget
            services.pause(campaign=campaign, by=minji_user, at=at)
        services.raise_budget(campaign=campaign, credits=100, by=minji_user, at=at, key="much more")
        services.resume(campaign=campaign, by=minji_user, at=at)
        assert sum(slot.allowance for slot in slots(campaign)) == 5  # 50 a day
        for _ in range(3):
            start(factories.MemberFactory(), campaign, at)
        with pytest.raises(part.MissionClosedToday):
            start(suji, campaign, at)

    def test_resuming_after_the_end_is_refused(self, running, minji_user):
        services.pause(campaign=running, by=minji_user, at=running.starts_at)
        with pytest.raises(services.AlreadyOver):
            services.resume(campaign=running, by=minji_user, at=running.ends_at)


class TestCapture:
    def test_takes_what_was_confirmed_and_splits_off_the_tickets(self, launch, minji, at):
        campaign = launch(unit_price=100, tickets=3, budget=1_000)
        for _ in range(2):
            complete(factories.MemberFactory(), campaign, at)
        assert services.capture_due(campaign=campaign, at=at) == 200
        (entry,) = entries("CAPTURE")
        assert entry.idempotency_key == f"campaign:{campaign.public_id}:capture:200"
        amounts = {posting.account.kind: posting.amount for posting in entry.postings.select_related("account")}
        assert amounts == {"HELD": -200, "REWARD_COST": 60, "REVENUE": 140}
        campaign.refresh_from_db()
        assert (campaign.captured_credits, campaign.captured_units, credits.balance(minji).held) == (200, 2, 800)

    def test_a_ticket_costs_what_was_agreed_at_submission_whatever_it_costs_later(self, launch, suji, at):
        campaign = launch(unit_price=100, tickets=3, budget=1_000)
        DatedSetting.objects.create(name="rewards.ticket_cost_krw", value=20, effective_from=at + timedelta(minutes=1), reason="test")
        later = at + timedelta(hours=1)
        complete(suji, campaign, later)
        assert services.capture_due(campaign=campaign, at=later + timedelta(hours=1)) == 100
        (entry,) = entries("CAPTURE")
        assert entry.postings.get(account__kind="REWARD_COST").amount == 30
        campaign.refresh_from_db()
        assert (campaign.reward_credits, campaign.service_fee, campaign.captured_tickets) == (30, 70, 3)

    def test_with_nothing_new_takes_nothing(self, running, suji, at):
        assert services.capture_due(campaign=running, at=at) == 0
        complete(suji, running, at)
        assert services.capture_due(campaign=running, at=at) == 10
        assert services.capture_due(campaign=running, at=at) == 0
        assert len(entries("CAPTURE")) == 1

    def test_continues_from_the_new_total(self, running, at):
        for _ in range(3):
            complete(factories.MemberFactory(), running, at)
            services.capture_due(campaign=running, at=at)
        keys = [entry.idempotency_key.rpartition(":")[2] for entry in entries("CAPTURE")]
        assert keys == ["10", "20", "30"]

    def test_started_ones_cost_nothing(self, running, suji, at):
        start(suji, running, at)
        assert services.capture_due(campaign=running, at=at) == 0


class TestRaiseBudget:
    def test_holds_more_and_opens_todays_slots_within_the_cap(self, launch, minji, minji_user, at):
        campaign = launch(budget=300, daily_cap=200)
        services.raise_budget(campaign=campaign, credits=100, by=minji_user, at=at, key="more")
        campaign.refresh_from_db()
        assert (campaign.budget_credits, credits.balance(minji).held, [slot.allowance for slot in slots(campaign)]) == (400, 400, [20])

    def test_adv_24_a_sold_out_day_goes_on_at_once(self, launch, suji, minji_user, large_days, at):
        campaign = launch(budget=20, daily_cap=20)
        for _ in range(2):
            start(factories.MemberFactory(), campaign, at)
        with pytest.raises(part.MissionSoldOut):
            start(suji, campaign, at)
        services.raise_budget(campaign=campaign, credits=10, by=minji_user, at=at, key="more")
        with pytest.raises(part.MissionClosedToday):  # the cap still holds
            start(suji, campaign, at)
        assert start(suji, campaign, at + MIDNIGHT).is_new

    def test_spreads_the_new_units_over_the_slots(self, launch, minji_user, large_days, at):
        campaign = launch(budget=160, daily_cap=160)
        campaign.daily_cap_credits = 1_000
        campaign.save()
        services.raise_budget(campaign=campaign, credits=200, by=minji_user, at=at, key="more")
        assert [slot.allowance for slot in slots(campaign)] == [3] * 4 + [2] * 12

    def test_a_repeat_changes_nothing_and_other_credits_are_a_conflict(self, launch, minji, minji_user, at):
        campaign = launch(budget=300)
        for _ in range(2):
            services.raise_budget(campaign=campaign, credits=100, by=minji_user, at=at, key="more")
        with pytest.raises(IdempotencyConflict):
            services.raise_budget(campaign=campaign, credits=200, by=minji_user, at=at, key="more")
        campaign.refresh_from_db()
        assert (campaign.budget_credits, credits.balance(minji).held) == (400, 400)
        assert CampaignEvent.objects.filter(kind="RAISED").count() == 1

    def test_refuses_more_than_the_balance_and_changes_nothing(self, launch, minji, minji_user, at):
        campaign = launch(budget=900)
        with pytest.raises(InsufficientCredits) as refusal:
            services.raise_budget(campaign=campaign, credits=500, by=minji_user, at=at, key="more")
        assert refusal.value.context["shortfall"] == 400
        campaign.refresh_from_db()
        assert (campaign.budget_credits, slots(campaign)[0].allowance, credits.balance(minji).held) == (900, 90, 900)

    def test_refuses_a_restricted_account_and_changes_nothing(self, launch, minji, minji_user, at):
        campaign = launch(budget=300)
        minji.restricted_reason = "미수금이 있어요."
        minji.save()
        with pytest.raises(AccountRestricted):
            services.raise_budget(campaign=campaign, credits=100, by=minji_user, at=at, key="more")
        campaign.refresh_from_db()
        assert (campaign.budget_credits, credits.balance(minji).held) == (300, 300)

    def test_refuses_what_is_over_or_not_approved(self, submit, operator, minji_user, at):
        campaign = submit(budget=300)
        with pytest.raises(services.MoveRefused):
            services.raise_budget(campaign=campaign, credits=100, by=minji_user, at=at, key="more")


class TestEndAndSettle:
    def test_ending_closes_the_slots_and_settling_returns_the_rest(self, running, suji, minji, minji_user, at):
        complete(suji, running, at)
        services.end(campaign=running, by=minji_user, at=at)
        assert [slot.room for slot in slots(running)] == [0]
        assert credits.balance(minji).held == 1_000
        settled = services.settle(campaign=running, at=at + timedelta(seconds=1))
        assert (settled.state, settled.captured_credits, settled.settled_at) == ("SETTLED", 10, at + timedelta(seconds=1))
        assert (credits.balance(minji).held, credits.balance(minji).available) == (0, 990)

    def test_keeps_the_price_of_what_still_runs_until_it_is_confirmed(self, running, suji, minji, minji_user, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        services.end(campaign=running, by=minji_user, at=at)
        assert services.settle(campaign=running, at=at).state == "ENDED"
        assert (credits.balance(minji).held, credits.balance(minji).available) == (10, 990)
        services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=10))
        settled = services.settle(campaign=running, at=at + timedelta(seconds=11))
        assert (settled.state, settled.captured_credits, credits.balance(minji).held) == ("SETTLED", 10, 0)
        assert credits.member_tickets(suji.pk) == 1

    def test_or_until_it_runs_out_of_time(self, running, suji, minji, minji_user, at):
        start(suji, running, at)
        services.end(campaign=running, by=minji_user, at=at)
        services.settle(campaign=running, at=at)
        late = at + timedelta(minutes=10)
        services.expire(campaign=running, at=late)
        assert services.settle(campaign=running, at=late).state == "SETTLED"
        assert (credits.balance(minji).available, len(entries("RELEASE")), len(entries("CAPTURE"))) == (1_000, 2, 0)

    def test_settling_again_changes_nothing(self, running, minji, minji_user, at):
        services.end(campaign=running, by=minji_user, at=at)
        services.settle(campaign=running, at=at)
        assert services.settle(campaign=running, at=at).state == "SETTLED"
        assert len(entries("RELEASE")) == 1

    def test_a_running_campaign_is_not_settled(self, running, minji, at):
        assert services.settle(campaign=running, at=at).state == "RUNNING"
        assert credits.balance(minji).held == 1_000

    def test_ending_twice_is_refused(self, running, minji_user, at):
        services.end(campaign=running, by=minji_user, at=at)
        with pytest.raises(services.MoveRefused):
            services.end(campaign=running, by=minji_user, at=at)
