from datetime import timedelta

import pytest

from campaigns import services
from campaigns.models import Campaign, CampaignEvent, State
from campaigns.services.moves import AccountRestricted
from campaigns.services.submission import SubmissionConflict
from credits import selectors as credits
from credits.models import Hold
from credits.services import InsufficientCredits
from tests.campaigns.conftest import spec_of


class TestSubmitCampaign:
    def test_creates_a_submitted_campaign_and_holds_its_whole_budget(self, submitted, minji, minji_user, at):
        campaign = Campaign.objects.get()
        assert (campaign.state, campaign.submitted_at, campaign.budget_credits, campaign.units) == (State.SUBMITTED, at, 1_000, 100)
        assert (campaign.dwell_seconds, campaign.slot_life_seconds, campaign.is_daily) == (10, 600, True)
        assert (campaign.hold.placed, campaign.hold.subject) == (1_000, f"campaign:{campaign.public_id}")
        assert (credits.balance(minji).available, credits.balance(minji).held) == (0, 1_000)
        event = CampaignEvent.objects.get()
        assert (event.to_state, event.by) == (State.SUBMITTED, minji_user)

    def test_refuses_more_than_the_balance_says_the_gap_and_writes_nothing(self, submit, minji):
        with pytest.raises(InsufficientCredits) as refusal:
            submit(budget=1_300)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 300}
        assert (Campaign.objects.count(), Hold.objects.count(), credits.balance(minji).available) == (0, 0, 1_000)

    def test_adv_18_pressed_twice_is_one_submission(self, submit):
        first, second = submit(budget=500), submit(budget=500)
        assert first.pk == second.pk
        assert (Campaign.objects.count(), Hold.objects.get().placed) == (1, 500)

    def test_refuses_the_same_key_for_other_content(self, submit):
        submit(budget=500)
        with pytest.raises(SubmissionConflict):
            submit(budget=400)
        assert Hold.objects.get().placed == 500

    def test_refuses_an_end_that_has_passed(self, submit, at):
        with pytest.raises(services.AlreadyOver):
            submit(starts_at=at - timedelta(days=2), ends_at=at)
        assert Campaign.objects.count() == 0

    def test_refuses_a_price_that_does_not_pay_for_the_tickets(self, submit):
        with pytest.raises(services.PriceBelowReward) as refusal:
            submit(tickets=3, unit_price=29)
        assert refusal.value.context == {"tickets": 3, "lowest": "30"}
        assert Campaign.objects.count() == 0

    def test_refuses_a_restricted_account(self, submit, minji):
        minji.restricted_reason = "미수금이 있어요"
        minji.save()
        with pytest.raises(AccountRestricted):
            submit()
        assert Campaign.objects.count() == 0


class TestResubmit:
    def test_after_asked_changes_raises_the_hold_to_the_new_budget(self, submit, operator, minji, minji_user, at):
        campaign = submit(budget=400, daily_cap=400)
        services.ask_changes(campaign=campaign, by=operator, at=at, reason="제목을 고쳐 주세요.")
        assert credits.balance(minji).held == 400
        again = services.resubmit(campaign=campaign, spec=spec_of(at, budget=900, title="새 제목"), by=minji_user, at=at, key="second")
        assert (again.state, again.title, again.budget_credits, again.submission_no, again.decision_reason) == (
            "SUBMITTED",
            "새 제목",
            900,
            2,
            "",
        )
        assert (credits.balance(minji).held, credits.balance(minji).available) == (900, 100)

    def test_after_asked_changes_releases_what_a_smaller_budget_leaves(self, submit, operator, minji, minji_user, at):
        campaign = submit()
        services.ask_changes(campaign=campaign, by=operator, at=at, reason="예산을 줄여 주세요.")
        services.resubmit(campaign=campaign, spec=spec_of(at, budget=300, daily_cap=300), by=minji_user, at=at, key="second")
        assert (credits.balance(minji).held, credits.balance(minji).available) == (300, 700)

    def test_after_a_rejection_places_the_hold_anew(self, submit, operator, minji, minji_user, at):
        campaign = submit()
        services.reject(campaign=campaign, by=operator, at=at, reason="광고할 수 없는 업종이에요.")
        assert (credits.balance(minji).held, credits.balance(minji).available) == (0, 1_000)
        again = services.resubmit(campaign=campaign, spec=spec_of(at, budget=600, daily_cap=600), by=minji_user, at=at, key="appeal")
        assert (again.state, credits.balance(minji).held) == ("SUBMITTED", 600)
        assert (
            services.resubmit(
                campaign=campaign, spec=spec_of(at, budget=600, daily_cap=600), by=minji_user, at=at, key="appeal"
            ).submission_no
            == 2
        )

    def test_refuses_a_shortfall_and_leaves_the_campaign_as_it_was(self, submit, operator, minji, minji_user, at):
        campaign = submit(budget=400, daily_cap=400)
        services.ask_changes(campaign=campaign, by=operator, at=at, reason="제목을 고쳐 주세요.")
        with pytest.raises(InsufficientCredits) as refusal:
            services.resubmit(campaign=campaign, spec=spec_of(at, budget=1_500), by=minji_user, at=at, key="second")
        assert refusal.value.context["shortfall"] == 500
        campaign.refresh_from_db()
        assert (campaign.state, campaign.budget_credits, credits.balance(minji).held) == ("CHANGES_ASKED", 400, 400)

    def test_refuses_the_same_content_while_it_waits_for_a_decision(self, submitted, minji_user, at):
        with pytest.raises(services.NothingChanged):
            services.resubmit(campaign=submitted, spec=spec_of(at), by=minji_user, at=at, key="second")


class TestWithdraw:
    def test_returns_the_credits(self, submitted, minji, minji_user, at):
        services.withdraw(campaign=submitted, by=minji_user, at=at)
        submitted.refresh_from_db()
        assert (submitted.state, submitted.hold.open, credits.balance(minji).available) == ("WITHDRAWN", 0, 1_000)

    def test_twice_is_refused_and_moves_nothing_again(self, submitted, minji, minji_user, at):
        services.withdraw(campaign=submitted, by=minji_user, at=at)
        with pytest.raises(services.MoveRefused):
            services.withdraw(campaign=submitted, by=minji_user, at=at)
        assert credits.balance(minji).available == 1_000

    def test_is_refused_while_operators_hold_it(self, submitted, operator, minji, minji_user, at):
        services.lock(campaign=submitted, by=operator, at=at, reason="확인이 필요해요.")
        with pytest.raises(services.CampaignLocked):
            services.withdraw(campaign=submitted, by=minji_user, at=at)
        assert credits.balance(minji).held == 1_000
