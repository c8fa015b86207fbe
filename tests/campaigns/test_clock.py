"""What the clock does to campaigns, through the tasks and the command."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from campaigns import services, tasks
from campaigns.models import BudgetSlot, Campaign, Participation, State
from campaigns.services import budget, clock, plans, running
from common import dated
from config.celery import app
from credits import selectors as credits
from credits.models import Entry
from tests import factories
from tests.campaigns.test_participation import complete, start

MIDNIGHT = timedelta(hours=12)  # from noon in Seoul


def state_of(campaign):
    campaign.refresh_from_db()
    return campaign.state


class TestTick:
    def test_begins_what_is_due_to_the_second(self, submit, operator, at):
        later = at + timedelta(minutes=5)
        campaign = services.approve(campaign=submit(starts_at=later), by=operator, at=at)
        assert clock.tick(at=later - timedelta(microseconds=1)) == {
            "constrained": 0,
            "unraffled": 0,
            "begun": 0,
            "ended": 0,
            "planned": 0,
            "poured": 0,
            "reviewed_on": 0,
            "withdrawn": 0,
        }
        assert (clock.tick(at=later)["begun"], state_of(campaign), BudgetSlot.objects.get().allowance) == (1, "RUNNING", 100)

    def test_pours_the_new_day_at_midnight_in_seoul(self, launch, suji, at):
        campaign = launch(daily_cap=300)
        start(suji, campaign, at)
        assert clock.tick(at=at + MIDNIGHT - timedelta(microseconds=1))["poured"] == 0
        assert clock.tick(at=at + MIDNIGHT)["poured"] == 1
        slots = BudgetSlot.objects.order_by("day_on").values_list("day_on", "allowance", "taken")
        assert list(slots) == [(date(2026, 11, 25), 1, 1), (date(2026, 11, 26), 30, 0)]
        assert clock.tick(at=at + MIDNIGHT)["poured"] == 0

    def test_ends_at_the_end_date_and_midnight_in_seoul_is_one(self, launch, at):
        campaign = launch(ends_at=at + MIDNIGHT)
        assert (clock.tick(at=at + MIDNIGHT - timedelta(microseconds=1))["ended"], state_of(campaign)) == (0, "RUNNING")
        assert (clock.tick(at=at + MIDNIGHT)["ended"], state_of(campaign)) == (1, "ENDED")
        assert sum(slot.room for slot in BudgetSlot.objects.all()) == 0
        assert not BudgetSlot.objects.filter(day_on=date(2026, 11, 26)).exists()

    def test_ends_what_is_paused_or_locked_too(self, submit, operator, minji_user, at):
        paused, locked = (
            services.approve(campaign=submit(key=key, budget=100, ends_at=at + MIDNIGHT), by=operator, at=at) for key in ("a", "b")
        )
        services.pause(campaign=paused, by=minji_user, at=at)
        services.lock(campaign=locked, by=operator, at=at, reason="확인")
        assert clock.tick(at=at + MIDNIGHT)["ended"] == 2

    def test_withdraws_what_nobody_corrected_in_two_weeks_and_frees_its_credits(self, submit, minji, operator, at):
        campaign = submit(starts_at=at + timedelta(days=20), ends_at=at + timedelta(days=30))
        services.ask_changes(campaign=campaign, by=operator, at=at, reason="제목을 고쳐 주세요")
        assert clock.tick(at=at + timedelta(days=14) - timedelta(microseconds=1))["withdrawn"] == 0
        assert credits.balance(minji).held == 1_000
        assert clock.tick(at=at + timedelta(days=14))["withdrawn"] == 1
        assert (state_of(campaign), credits.balance(minji).available) == ("WITHDRAWN", 1_000)

    def test_keeps_the_partitions_of_the_months_ahead(self, db, at):
        clock.keep_partitions(at=at)
        assert clock.keep_partitions(at=at) == 0
        assert clock.keep_partitions(at=at + timedelta(days=31)) in (0, 1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('campaigns_participation_202702') IS NOT NULL")
            assert cursor.fetchone() == (True,)


class TestMoney:
    def test_captures_what_was_confirmed_once(self, running, minji, suji, at):
        complete(suji, running, at)
        assert (clock.capture(at=at), clock.capture(at=at)) == (1, 0)
        assert (credits.balance(minji).held, Entry.objects.filter(kind="CAPTURE").count()) == (990, 1)

    def test_returns_what_ran_out_of_time_in_as_many_turns_as_it_takes(self, running, monkeypatch, at):
        monkeypatch.setattr(clock, "AT_ONCE", 2)
        for _ in range(5):
            start(factories.MemberFactory(), running, at)
        assert clock.sweep(at=at + timedelta(minutes=10) - timedelta(microseconds=1)) == 0
        assert clock.sweep(at=at + timedelta(minutes=10)) == 1
        assert (BudgetSlot.objects.get().returned, Participation.objects.filter(state="EXPIRED").count()) == (5, 5)

    def test_adv_30_an_ended_campaign_is_settled_and_the_rest_free(self, running, minji, suji, minji_user, at):
        complete(suji, running, at)
        services.end(campaign=running, by=minji_user, at=at)
        assert (clock.settle(at=at + timedelta(seconds=10)), state_of(running)) == (1, "SETTLED")
        assert (credits.balance(minji).available, credits.balance(minji).held) == (990, 0)

    def test_adv_29_what_an_operator_locked_keeps_its_money_until_it_is_unlocked(self, launch, minji, operator, at):
        campaign, over = launch(ends_at=at + MIDNIGHT), at + MIDNIGHT
        services.lock(campaign=campaign, by=operator, at=at, reason="확인")
        clock.tick(at=over)
        assert (clock.settle(at=over), services.settle(campaign=campaign, at=over).state, credits.balance(minji).held) == (
            0,
            "ENDED",
            1_000,
        )
        services.unlock(campaign=campaign, by=operator, at=over, reason="확인 끝")
        assert (clock.settle(at=over), credits.balance(minji).available) == (1, 1_000)


class TestOneThatCannotBeMoved:
    def test_holds_up_nobody_and_is_raised_at_the_end(self, submit, operator, minji_user, at, monkeypatch, caplog):
        campaigns = [services.approve(campaign=submit(key=key, budget=100, title=f"캠페인 {key}"), by=operator, at=at) for key in "abc"]
        for campaign in campaigns:
            services.end(campaign=campaign, by=minji_user, at=at)
        real = budget.settle

        def settle(*, campaign, at):
            if campaign.pk == campaigns[0].pk:
                raise ZeroDivisionError
            return real(campaign=campaign, at=at)

        monkeypatch.setattr(budget, "settle", settle)
        with pytest.raises(ExceptionGroup) as crashes:
            clock.settle(at=at)
        assert [type(crash) for crash in crashes.value.exceptions] == [ZeroDivisionError]
        assert [state_of(campaign) for campaign in campaigns] == ["ENDED", "SETTLED", "SETTLED"]
        assert f"Unable to move campaign {campaigns[0].pk}" in caplog.text
        with pytest.raises(CommandError, match="1 campaigns could not be moved"):
            call_command("settle_campaigns", once=True)

    def test_holds_up_no_other_phase_of_the_clock(self, submit, launch, operator, minji, minji_user, at, monkeypatch):
        """One campaign cannot begin: the others end, are poured and give their credits back all the same, by task and by command."""
        later = at + MIDNIGHT
        services.approve(campaign=submit(key="begins", budget=100, starts_at=later), by=operator, at=at)
        ends, runs = launch(key="ends", budget=100, ends_at=later), launch(key="runs", budget=100)

        def crash(**_):
            raise ZeroDivisionError

        monkeypatch.setattr(running, "begin", crash)
        with time_machine.travel(later, tick=False), pytest.raises(ExceptionGroup) as crashes:
            tasks.move()
        assert [type(crash) for crash in crashes.value.exceptions] == [ZeroDivisionError]
        runs.refresh_from_db()
        assert (state_of(ends), runs.poured_on, credits.balance(minji).held) == ("SETTLED", date(2026, 11, 26), 200)
        services.end(campaign=runs, by=minji_user, at=later)
        with time_machine.travel(later, tick=False), pytest.raises(CommandError, match="1 campaigns could not be moved"):
            call_command("settle_campaigns", once=True)
        assert (state_of(runs), credits.balance(minji).held) == ("SETTLED", 100)

    def test_a_planned_change_that_crashes_leaves_the_next_one_alone(self, launch, minji_user, at, monkeypatch):
        first, second = (launch(key=key, budget=100) for key in "ab")
        for campaign in (first, second):
            services.plan(campaign=campaign, kind="PAUSE", credits_=0, due_at=at + timedelta(hours=1), by=minji_user, at=at)
        real = plans.carry_out

        def carry_out(*, planned, at):
            if planned.campaign_id == first.pk:
                raise ZeroDivisionError
            return real(planned=planned, at=at)

        monkeypatch.setattr(plans, "carry_out", carry_out)
        with pytest.raises(ExceptionGroup):
            clock.tick(at=at + timedelta(hours=1))
        assert (state_of(first), state_of(second)) == ("RUNNING", "PAUSED")

    def test_is_not_made_by_a_policy_that_divides_a_day_into_no_slots(self, launch, large_days, operator, at):
        for value in (0, 65):
            with pytest.raises(dated.PolicyRefused), transaction.atomic():
                dated.change(name="campaigns.slots_of_a_large_day", value=value, effective_from=at, reason="시험", by_id=operator.pk, at=at)
        assert launch().poured_slots == 16

    def test_a_refusal_waits_for_the_next_look(self, submit, operator, minji_user, at, monkeypatch):
        campaign = services.approve(campaign=submit(), by=operator, at=at)
        services.end(campaign=campaign, by=minji_user, at=at)
        with monkeypatch.context() as patch:

            def busy(**_):
                raise services.MoveRefused(state="x", to="y")

            patch.setattr(budget, "settle", busy)
            assert clock.settle(at=at) == 0
        assert clock.settle(at=at) == 1


class TestTasks:
    def test_every_beat_of_ours_names_a_task_that_exists(self, settings):
        app.loader.import_default_modules()
        beats = {beat["task"] for beat in settings.CELERY_BEAT_SCHEDULE.values() if beat["task"].startswith("campaigns.")}
        assert beats == {
            "campaigns.clock",
            "campaigns.capture",
            "campaigns.count",
            "campaigns.count_people",
            "campaigns.expire_participations",
            "campaigns.fraud_rules",
            "campaigns.look_at_landings",
            "campaigns.nightly",
            "campaigns.referrals",
            "campaigns.reports",
            "campaigns.tell_confirmed",
        }
        assert beats <= set(app.tasks)

    def test_lost_doubled_or_late_they_do_no_harm(self, running, suji, minji, at):
        complete(suji, running, at)
        start(factories.MemberFactory(), running, at)
        with time_machine.travel(at + timedelta(days=30), tick=False):
            for _ in range(2):
                for task in (tasks.capture, tasks.move, tasks.expire_participations, tasks.move):
                    task()
        assert state_of(running) == State.SETTLED
        assert (credits.balance(minji).available, Entry.objects.filter(kind__in=("CAPTURE", "RELEASE")).count()) == (990, 3)

    def test_the_command_does_all_of_it_and_says_how_much(self, running, suji, minji, minji_user, at, capsys):
        complete(suji, running, at)
        services.end(campaign=running, by=minji_user, at=at)
        with time_machine.travel(at + timedelta(minutes=1), tick=False):
            call_command("settle_campaigns", once=True)
        counts = "constrained=0 unraffled=0 begun=0 ended=0 planned=0 poured=0 reviewed_on=0 withdrawn=0 returned=0 captured=1 settled=1\n"
        assert capsys.readouterr().out == counts
        assert Campaign.objects.get().state == State.SETTLED
