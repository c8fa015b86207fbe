"""What keeps a campaign from running without anybody pressing a button: disputed credits, a landing page that is gone."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import transaction

from campaigns import services, tasks
from campaigns.effective import effective
from campaigns.landing import Finding, Found
from campaigns.models import Campaign, CampaignEvent, Participation
from campaigns.pacing import Room, rooms
from campaigns.services import clock, landing_watch
from common.kst import day_of
from common.models import Effect
from credits import selectors as balances
from credits import services as credits
from identity.models import Notification
from tests.campaigns.conftest import DEVICE

TOMORROW = timedelta(days=1)


def dispute(advertiser, at):
    with transaction.atomic():
        credits.mark_disputed(advertiser=advertiser, order_id="minji-order", key="dispute", at=at)


def top_up(advertiser, amount, at):
    with transaction.atomic():
        credits.top_up(advertiser=advertiser, credits=amount, order_id=f"more-{amount}", gateway="portone", key=f"more-{amount}", at=at)


def fresh(campaign):
    return Campaign.objects.select_related("advertiser", "hold").get(pk=campaign.pk)


class TestAdv22:
    @pytest.fixture
    def scheduled(self, submit, operator, at):
        return services.approve(campaign=submit(budget=600, starts_at=at + TOMORROW), by=operator, at=at)

    def test_adv_22_on_disputed_credits_it_does_not_start_and_says_so_once(self, scheduled, minji, minji_user, suji, at):
        dispute(minji, at)
        for minute in range(3):
            assert clock.tick(at=at + TOMORROW + timedelta(minutes=minute))["begun"] == 0
        row = fresh(scheduled)
        assert (row.state, row.constraint) == ("SCHEDULED", "BALANCE")
        notice = Notification.objects.get(user=minji_user, kind="campaigns.no_balance")
        assert "600크레딧을 충전하면" in notice.body
        assert notice.url == f"/payments/top-up/?credits=600&next={quote(f'/campaigns/{row.public_id}/', safe='')}"
        found = effective(row, room=None, at=at + TOMORROW)
        assert (found.status, [reason.code for reason in found.reasons]) == ("NO_BALANCE", ["campaign.balance"])

    def test_adv_22_no_member_starts_it_before_the_clock_looked(self, scheduled, minji, suji, at):
        dispute(minji, at)
        with pytest.raises(services.MissionClosed):
            services.start(member=suji.pk, campaign=scheduled.public_id, device=DEVICE, at=at + TOMORROW)
        assert fresh(scheduled).state == "SCHEDULED"
        assert not Participation.objects.exists()

    def test_adv_22_after_a_top_up_it_starts_by_itself_on_the_new_credits(self, scheduled, minji, at):
        dispute(minji, at)
        clock.tick(at=at + TOMORROW)
        top_up(minji, 599, at + TOMORROW)
        assert clock.tick(at=at + TOMORROW + timedelta(minutes=1))["begun"] == 0
        top_up(minji, 1, at + TOMORROW)
        assert clock.tick(at=at + TOMORROW + timedelta(minutes=2))["begun"] == 1
        row = fresh(scheduled)
        assert (row.state, row.constraint, row.hold.open) == ("RUNNING", "", 600)
        assert credits.disputed_part(row.hold) == 0
        balance = balances.balance(minji)
        assert (balance.available, balance.held, balance.frozen) == (0, 600, 1_000)

    def test_adv_22_when_the_dispute_is_over_it_starts_too(self, scheduled, minji, at):
        dispute(minji, at)
        clock.tick(at=at + TOMORROW)
        with transaction.atomic():
            credits.clear_dispute(advertiser=minji, order_id="minji-order", waiting=0, waiting_bonus=0, key="over", at=at + TOMORROW)
        assert clock.tick(at=at + TOMORROW + timedelta(minutes=1))["begun"] == 1

    def test_adv_22_one_that_never_began_is_withdrawn_at_its_end_and_its_hold_is_free(self, scheduled, minji, at):
        dispute(minji, at)
        end = scheduled.ends_at
        assert clock.tick(at=end - timedelta(microseconds=1))["withdrawn"] == 0
        assert (fresh(scheduled).state, balances.balance(minji).held) == ("SCHEDULED", 600)
        assert clock.due(at=end)["withdrawn"] == [scheduled]
        assert clock.tick(at=end)["withdrawn"] == 1
        row = fresh(scheduled)
        assert (row.state, row.hold.open, balances.balance(minji).held) == ("WITHDRAWN", 0, 0)
        assert row.events.latest("pk").reason == "종료 시각까지 시작하지 못해서 자동으로 철회했어요."

    def test_adv_22_one_that_an_operator_locked_is_left_to_them_at_its_end(self, scheduled, minji, operator, at):
        dispute(minji, at)
        clock.tick(at=at + TOMORROW)
        services.lock(campaign=scheduled, by=operator, at=at + TOMORROW, reason="확인")
        assert clock.tick(at=scheduled.ends_at)["withdrawn"] == 0
        assert fresh(scheduled).state == "SCHEDULED"

    def test_adv_22_pay_18_a_running_one_pauses_and_goes_on_after_the_top_up(self, running, minji, at):
        dispute(minji, at)
        assert clock.tick(at=at + timedelta(minutes=1))["constrained"] == 1
        assert (fresh(running).state, fresh(running).constraint) == ("PAUSED", "BALANCE")
        top_up(minji, 1_000, at)
        clock.tick(at=at + timedelta(minutes=2))
        assert (fresh(running).state, fresh(running).constraint) == ("RUNNING", "")

    def test_with_other_credits_at_hand_nothing_stops(self, running, minji, minji_user, at):
        top_up(minji, 1_000, at)
        dispute(minji, at)
        assert clock.tick(at=at + timedelta(minutes=1))["constrained"] == 0
        assert (fresh(running).state, credits.disputed_part(fresh(running).hold)) == ("RUNNING", 0)
        assert not Notification.objects.filter(user=minji_user, kind="campaigns.no_balance").exists()


class TestAdv28:
    @pytest.fixture
    def looks(self, monkeypatch):
        found = {"it": Finding(Found.GONE, status=404)}
        monkeypatch.setattr(tasks, "look", lambda url: found["it"])

        def looks(at, it=None):
            found["it"] = it or found["it"]
            clock.look_at_landings(at=at)
            handler = tasks.LookAtLanding()
            for effect in Effect.objects.filter(kind=landing_watch.KIND, state=Effect.State.NEW).order_by("pk"):
                outcome = handler.send(effect)
                for _ in range(2):  # told twice, it counts once
                    with transaction.atomic():
                        handler.record(effect, outcome, at=at)
                Effect.objects.filter(pk=effect.pk).update(state=Effect.State.DONE)

        return looks

    def test_adv_28_two_daily_looks_in_a_row_pause_it_with_a_notice_and_one_click_restarts(self, running, looks, minji_user, at):
        looks(at)
        assert (fresh(running).state, fresh(running).landing_misses) == ("RUNNING", 1)
        looks(at + timedelta(days=1))
        row = fresh(running)
        assert (row.state, row.constraint) == ("PAUSED", "LANDING")
        assert Notification.objects.filter(user=minji_user, kind="campaigns.landing_gone").count() == 1
        assert effective(row, room=None, at=at).status == "LANDING_GONE"
        services.resume(campaign=row, by=minji_user, at=at + timedelta(days=1, hours=1))
        row = fresh(running)
        assert (row.state, row.constraint, row.landing_misses) == ("RUNNING", "", 0)

    def test_adv_28_a_good_look_in_between_starts_the_count_anew(self, running, looks, at):
        looks(at)
        looks(at + timedelta(days=1), Finding(Found.OPEN, status=200))
        looks(at + timedelta(days=2), Finding(Found.UNREACHABLE))
        assert (fresh(running).state, fresh(running).landing_misses) == ("RUNNING", 1)

    def test_adv_28_asked_for_twice_a_day_it_is_looked_at_once(self, running, at):
        for hours in (0, 1):
            clock.look_at_landings(at=at + timedelta(hours=hours))
        assert Effect.objects.filter(kind=landing_watch.KIND).count() == 1

    def test_adv_28_a_look_at_an_address_that_was_changed_meanwhile_says_nothing(self, running, at):
        with transaction.atomic():
            landing_watch.looked(campaign_id=running.pk, on=day_of(at), url="https://old.example.com/", missed=True, sentence="", at=at)
        assert fresh(running).landing_misses == 0


class TestInt08:
    """The chain of reasons, from the account inwards."""

    def chain(self, campaign, at):
        row = fresh(campaign)
        found = effective(row, room=rooms([row], at=at).get(row.pk), at=at)
        return found.status, [(str(reason.level), reason.code) for reason in found.reasons]

    def test_int_08_nothing_stands_in_the_way(self, running, at):
        assert self.chain(running, at) == ("RUNNING", [])

    def test_int_08_says_so_for_the_account_the_campaign_and_today(self, launch, suji, minji, operator, at):
        campaign = launch(daily_cap=10)
        services.start(member=suji.pk, campaign=campaign.public_id, device=DEVICE, at=at)
        services.lock(campaign=campaign, by=operator, at=at, reason="확인하고 있어요")
        minji.restricted_reason = "받을 돈이 있어요"
        minji.save(update_fields=["restricted_reason"])
        assert self.chain(campaign, at) == (
            "LOCKED",
            [("ACCOUNT", "account.restricted"), ("CAMPAIGN", "campaign.locked"), ("TODAY", "today.cap_spent")],
        )

    def test_int_08_hours_come_last_with_the_moment_they_open(self, submit, minji, operator, minji_user, at):
        campaign = services.approve(campaign=submit(), by=operator, at=at)
        Campaign.objects.filter(pk=campaign.pk).update(
            spec={**campaign.spec, "setting": {"weekdays": ["FRI"], "hour_from": 9, "hour_until": 18}}
        )
        row = fresh(campaign)
        (reason,) = effective(row, room=Room(100), at=at).reasons
        assert (reason.code, reason.until) == ("hours.closed", at + timedelta(days=1, hours=21))  # Friday, 9:00 in Seoul
        assert effective(row, room=Room(100), at=reason.until).is_serving
        assert not effective(row, room=Room(100), at=reason.until + timedelta(hours=9)).is_serving

    @pytest.mark.parametrize(
        "state,code",
        [("SUBMITTED", "campaign.submitted"), ("REJECTED", "campaign.rejected"), ("WITHDRAWN", "campaign.withdrawn")],
    )
    def test_int_08_before_approval_the_state_is_the_reason(self, submitted, operator, minji_user, at, state, code):
        if state == "REJECTED":
            services.reject(campaign=submitted, by=operator, at=at, reason="안 돼요")
        if state == "WITHDRAWN":
            services.withdraw(campaign=submitted, by=minji_user, at=at)
        assert self.chain(submitted, at) == (state, [("CAMPAIGN", code)])

    @pytest.mark.tampers  # the numbers of a campaign that is used up, without its hundred participations
    def test_int_08_a_budget_that_is_used_up_is_the_campaigns_and_not_todays_reason(self, running, at):
        Campaign.objects.filter(pk=running.pk).update(captured_units=100)
        row = fresh(running)
        assert [reason.code for reason in effective(row, room=Room(0), at=at).reasons] == ["campaign.budget_spent"]

    def test_int_08_events_of_a_constraint_stand_in_the_history(self, running, minji, at):
        dispute(minji, at)
        clock.tick(at=at)
        assert CampaignEvent.objects.filter(campaign=running, kind="CONSTRAIN", data__missing=1_000).count() == 1
