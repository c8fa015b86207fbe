"""The one table of transitions, tried out in full: every state against every other, by the services' way and by raw SQL."""

from itertools import product

import pytest
from django.db import InternalError, transaction
from django.db.utils import DatabaseError

from campaigns import services
from campaigns.models import MOVES, Campaign, CampaignEvent, State
from campaigns.services import moves
from credits import selectors as credits

PAIRS = [(origin, target) for origin, target in product(State, State) if origin != target]
ALLOWED = {
    ("SUBMITTED", "CHANGES_ASKED"), ("SUBMITTED", "REJECTED"), ("SUBMITTED", "APPROVED"), ("SUBMITTED", "WITHDRAWN"),
    ("CHANGES_ASKED", "SUBMITTED"), ("CHANGES_ASKED", "WITHDRAWN"), ("REJECTED", "SUBMITTED"),
    ("APPROVED", "SCHEDULED"), ("APPROVED", "WITHDRAWN"), ("SCHEDULED", "RUNNING"), ("SCHEDULED", "WITHDRAWN"),
    ("RUNNING", "PAUSED"), ("RUNNING", "ENDED"), ("PAUSED", "RUNNING"), ("PAUSED", "ENDED"), ("ENDED", "SETTLED"),
}  # fmt: skip


def put_into(campaign: Campaign, state: State) -> Campaign:
    """The campaign in this state, along legal moves only."""
    paths = {State.SUBMITTED: []}
    queue = [State.SUBMITTED]
    while queue:
        here = queue.pop(0)
        for target in sorted(MOVES[here]):
            if target not in paths:
                paths[target] = [*paths[here], target]
                queue.append(target)
    for step in paths[state]:
        Campaign.objects.filter(pk=campaign.pk).update(state=step)
    campaign.refresh_from_db()
    return campaign


@pytest.mark.tampers  # states are put into rows without the services that belong to them
class TestTheTable:
    def test_has_exactly_the_transitions_of_the_design(self):
        assert {(origin.value, target.value) for origin, targets in MOVES.items() for target in targets} == ALLOWED
        assert set(MOVES) == set(State)

    @pytest.mark.parametrize("origin,target", PAIRS)
    def test_is_what_move_allows(self, submitted, minji_user, at, origin, target):
        campaign = put_into(submitted, origin)
        if (origin, target) in ALLOWED:
            with transaction.atomic():
                moves.move(moves.lock(campaign), target, by=minji_user, at=at)
            campaign.refresh_from_db()
            assert campaign.state == target
            assert CampaignEvent.objects.filter(from_state=origin, to_state=target).count() == 1
        else:
            with pytest.raises(services.MoveRefused), transaction.atomic():
                moves.move(moves.lock(campaign), target, by=minji_user, at=at)
            campaign.refresh_from_db()
            assert campaign.state == origin
            assert not CampaignEvent.objects.filter(from_state=origin).exists()

    @pytest.mark.parametrize("origin,target", PAIRS)
    def test_is_what_the_database_allows(self, submitted, origin, target):
        campaign = put_into(submitted, origin)
        if (origin, target) in ALLOWED:
            assert Campaign.objects.filter(pk=campaign.pk).update(state=target) == 1
        else:
            with pytest.raises((InternalError, DatabaseError), match="does not move"), transaction.atomic():
                Campaign.objects.filter(pk=campaign.pk).update(state=target)

    def test_a_stale_copy_cannot_move_a_campaign_that_somebody_moved_meanwhile(self, submitted, operator, minji_user, at):
        stale = Campaign.objects.get(pk=submitted.pk)
        services.withdraw(campaign=submitted, by=minji_user, at=at)
        with pytest.raises(services.MoveRefused), transaction.atomic():
            moves.move(stale, State.APPROVED, by=operator, at=at)


class TestReview:
    def test_approval_before_the_start_schedules(self, submit, operator, at):
        later = at.replace(hour=9)
        campaign = services.approve(campaign=submit(starts_at=later), by=operator, at=at)
        assert (campaign.state, campaign.approved_at, campaign.poured_on) == (State.SCHEDULED, at, None)

    def test_approval_after_the_start_runs_at_once_with_todays_units_poured(self, running, at):
        running.refresh_from_db()
        assert (running.state, running.poured_slots, running.slots.get().allowance) == (State.RUNNING, 1, 100)

    def test_approval_moves_no_credits(self, submitted, operator, minji, at):
        before = credits.balance(minji)
        services.approve(campaign=submitted, by=operator, at=at)
        assert credits.balance(minji) == before

    def test_approval_after_the_end_is_refused(self, submitted, operator):
        with pytest.raises(services.AlreadyOver):
            services.approve(campaign=submitted, by=operator, at=submitted.ends_at)
        submitted.refresh_from_db()
        assert submitted.state == State.SUBMITTED

    def test_a_second_decision_is_refused(self, submitted, operator, finance, minji, at):
        services.approve(campaign=submitted, by=operator, at=at)
        for decide in (services.reject, services.ask_changes):
            with pytest.raises(services.MoveRefused):
                decide(campaign=submitted, by=finance, at=at, reason="늦은 결정")
        assert credits.balance(minji).held == 1_000

    def test_rejection_needs_a_reason_keeps_it_and_releases_the_credits(self, submitted, operator, minji, at):
        with pytest.raises(services.ReasonMissing):
            services.reject(campaign=submitted, by=operator, at=at, reason="  ")
        assert credits.balance(minji).held == 1_000
        services.reject(campaign=submitted, by=operator, at=at, reason="광고할 수 없는 업종이에요.")
        submitted.refresh_from_db()
        assert (submitted.state, submitted.decision_reason, submitted.hold.open) == (State.REJECTED, "광고할 수 없는 업종이에요.", 0)
        assert credits.balance(minji).available == 1_000


class TestLock:
    def test_stops_the_advertiser_and_leaves_state_and_money(self, running, operator, minji, minji_user, at):
        services.lock(campaign=running, by=operator, at=at, reason="연결 주소를 확인하고 있어요.")
        running.refresh_from_db()
        assert (running.is_locked, running.state, credits.balance(minji).held) == (True, State.RUNNING, 1_000)
        with pytest.raises(services.CampaignLocked, match="연결 주소를 확인하고 있어요"):
            services.end(campaign=running, by=minji_user, at=at)
        with pytest.raises(services.CampaignLocked):
            services.raise_budget(campaign=running, credits=10, by=minji_user, at=at, key="more")
        running.refresh_from_db()
        assert running.state == State.RUNNING

    def test_resume_is_refused_until_it_is_unlocked(self, running, operator, minji_user, at):
        services.pause(campaign=running, by=minji_user, at=at)
        services.lock(campaign=running, by=operator, at=at, reason="확인이 필요해요.")
        with pytest.raises(services.CampaignLocked):
            services.resume(campaign=running, by=minji_user, at=at)
        services.unlock(campaign=running, by=operator, at=at, reason="확인했어요.")
        assert services.resume(campaign=running, by=minji_user, at=at).state == State.RUNNING

    def test_an_operator_may_end_it(self, running, operator, at):
        services.lock(campaign=running, by=operator, at=at, reason="확인이 필요해요.")
        assert services.end(campaign=running, by=operator, at=at).state == State.ENDED

    def test_unlocking_what_is_not_locked_and_locking_what_is_over_are_refused(self, running, operator, at):
        with pytest.raises(services.MoveRefused):
            services.unlock(campaign=running, by=operator, at=at, reason="확인했어요.")
        services.end(campaign=running, by=operator, at=at)
        with pytest.raises(services.MoveRefused):
            services.lock(campaign=running, by=operator, at=at, reason="확인이 필요해요.")


class TestExposure:
    def test_is_a_fact_of_its_own_and_written_in_the_history(self, running, operator, at):
        services.set_exposure(campaign=running, is_exposed=False, order=3, exposed_from=None, exposed_until=None, by=operator, at=at)
        running.refresh_from_db()
        assert (running.is_exposed, running.exposure_order, running.state) == (False, 3, State.RUNNING)
        assert CampaignEvent.objects.filter(kind="EXPOSED", data={"is_exposed": False, "order": 3}).count() == 1

    def test_refuses_a_schedule_that_ends_before_it_begins(self, running, operator, at):
        with pytest.raises(services.MoveRefused):
            services.set_exposure(campaign=running, is_exposed=True, order=0, exposed_from=at, exposed_until=at, by=operator, at=at)


class TestHistory:
    def test_cannot_be_changed(self, submitted):
        with pytest.raises(DatabaseError, match="history"), transaction.atomic():
            CampaignEvent.objects.update(reason="다시 쓴 이유")
        with pytest.raises(DatabaseError, match="history"), transaction.atomic():
            CampaignEvent.objects.all().delete()
