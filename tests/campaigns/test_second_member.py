"""ADV-33: what is above a member's limit waits for a second member."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from advertisers import services as advertisers
from advertisers.models import Membership
from campaigns import services
from campaigns.models import Campaign
from campaigns.services.submission import SubmissionConflict
from credits import selectors as credits
from identity import approvals
from identity.models import ApprovalRequest, Notification
from tests import factories
from tests.campaigns.conftest import spec_of
from tests.campaigns.test_team_api import post
from tests.campaigns.writing import submit, write
from tests.signing_in import browser


@pytest.fixture
def mina(minji, minji_user, at):
    """A manager of minji's who may commit 300 credits a month alone."""
    advertisers.set_limit(advertiser=minji, role="MANAGER", monthly_credits=300, by=minji_user, at=at)
    return factories.MembershipFactory(
        advertiser=minji, role=Membership.Role.MANAGER, user__username="mina", user__email="mina@example.com", user__name="미나"
    ).user


@pytest.fixture
def ask(minji, mina, at):
    def ask(budget=500, key="page:1", **changes):
        return services.submit_or_ask(advertiser=minji, spec=spec_of(at, budget=budget, **changes), by=mina, at=at, key=key)

    return ask


def approve(minji, request, by, at):
    return services.approve_as_second(advertiser=minji, request=request.public_id, by=by, at=at)


class TestAdv33:
    def test_adv_33_a_launch_above_the_limit_waits_and_both_see_it(self, ask, minji, minji_user, mina):
        asked = ask()
        assert isinstance(asked, ApprovalRequest)
        assert (Campaign.objects.count(), credits.balance(minji).held) == (0, 0)
        for person in (mina, minji_user):
            assert "민지네 커피 구경하기 · 500크레딧" in browser(person).get("/campaigns/approvals/").text
            assert "승인을 기다리는 집행이 1건" in browser(person).get("/campaigns/").text
        assert {notice.user for notice in Notification.objects.filter(kind="campaigns.second_member_asked")} == {mina, minji_user}

    def test_adv_33_the_second_member_agrees_and_it_is_submitted_as_the_first_ones(self, ask, minji, minji_user, mina):
        asked = ask()
        answer = browser(minji_user).post(f"/campaigns/approvals/{asked.public_id}/approve/")
        campaign = Campaign.objects.get()
        assert answer.headers["Location"] == f"/campaigns/{campaign.public_id}/"
        assert (campaign.state, credits.balance(minji).held, campaign.events.get().by) == ("SUBMITTED", 500, mina)
        assert campaign.events.get().data == {"credits": 500, "second": minji_user.pk}
        assert Notification.objects.get(kind="campaigns.second_member_agreed").user == mina

    def test_adv_33_up_to_the_limit_nobody_else_is_needed_and_parts_add_up(self, ask, minji, mina):
        assert isinstance(ask(budget=200, key="a"), Campaign)
        assert isinstance(ask(budget=100, key="b"), Campaign)
        assert isinstance(ask(budget=10, key="c"), ApprovalRequest)
        assert credits.balance(minji).held == 300

    def test_adv_33_the_next_month_begins_anew(self, ask, minji, mina, at):
        ask(budget=300, key="a")
        later = at.replace(month=12, day=1)
        spec = spec_of(later, budget=300)
        assert isinstance(services.submit_or_ask(advertiser=minji, spec=spec, by=mina, at=later, key="b"), Campaign)

    def test_adv_33_no_door_goes_around_the_limit(self, minji, mina, at):
        """The service itself refuses, whoever calls it."""
        with pytest.raises(services.OverLimit) as refusal:
            services.submit_campaign(advertiser=minji, spec=spec_of(at, budget=500), by=mina, at=at, key="x")
        assert refusal.value.context == {"left": 300, "left_words": "300"}
        assert (Campaign.objects.count(), credits.balance(minji).held) == (0, 0)

    def test_adv_33_the_asker_a_colleague_of_the_same_limit_and_a_reporter_cannot_agree(self, ask, minji, mina, jisoo, at):
        asked = ask()
        colleague = factories.MembershipFactory(advertiser=minji, role=Membership.Role.MANAGER, user__username="col").user
        with pytest.raises(approvals.MakerIsChecker):
            approve(minji, asked, mina, at)
        with pytest.raises(services.OverLimit):
            approve(minji, asked, colleague, at)
        assert browser(jisoo).post(f"/campaigns/approvals/{asked.public_id}/approve/").status_code == 403
        asked.refresh_from_db()
        assert (asked.state, Campaign.objects.count()) == ("WAITING", 0)

    def test_adv_33_agreeing_counts_for_the_one_who_agreed(self, ask, minji, mina, at):
        colleague = factories.MembershipFactory(advertiser=minji, role=Membership.Role.MANAGER, user__username="col").user
        ask(budget=300, key="a")
        approve(minji, ask(budget=200, key="b"), colleague, at)
        with pytest.raises(services.OverLimit):
            approve(minji, ask(budget=150, key="c"), colleague, at)
        approve(minji, ask(budget=100, key="d"), colleague, at)
        assert credits.balance(minji).held == 600

    def test_adv_33_strangers_and_operators_neither_see_nor_decide(self, ask, eve, eve_user, operator, minji, at):
        asked = ask()
        assert "구경하기" not in browser(eve_user).get("/campaigns/approvals/").text
        with pytest.raises(services.NothingToDecide):
            approve(eve, asked, eve_user, at)
        with pytest.raises(approvals.NotYours):
            approve(minji, asked, operator, at)
        assert ApprovalRequest.objects.for_operators().count() == 0

    def test_adv_33_pressed_twice_by_two_happens_once(self, ask, minji, minji_user, at):
        asked = ask()
        approve(minji, asked, minji_user, at)
        with pytest.raises(approvals.AlreadyDecided):
            approve(minji, asked, minji_user, at)
        assert (Campaign.objects.count(), credits.balance(minji).held) == (1, 500)

    def test_adv_33_a_yes_without_credits_stands_for_nothing(self, ask, minji, minji_user, at):
        asked = ask(budget=5_000)
        answer = browser(minji_user).post(f"/campaigns/approvals/{asked.public_id}/approve/", follow=True)
        assert "부족해요" in answer.text
        asked.refresh_from_db()
        assert (asked.state, Campaign.objects.count(), credits.balance(minji).held) == ("WAITING", 0, 0)

    def test_adv_33_a_no_needs_a_reason_and_holds_nothing(self, ask, minji, minji_user, mina):
        asked = ask()
        path = f"/campaigns/approvals/{asked.public_id}/refuse/"
        browser(minji_user).post(path, {"reason": " "})
        asked.refresh_from_db()
        assert asked.state == "WAITING"
        browser(minji_user).post(path, {"reason": "예산을 줄여 주세요"})
        asked.refresh_from_db()
        assert (asked.state, asked.decided_by, Campaign.objects.count()) == ("REFUSED", minji_user, 0)
        assert "예산을 줄여 주세요" in browser(mina).get("/campaigns/approvals/").text

    def test_adv_33_somebody_who_was_removed_meanwhile_launches_nothing(self, ask, minji, minji_user, mina, at):
        asked = ask()
        advertisers.remove(advertiser=minji, member=mina.memberships.get().public_id, by=minji_user, at=at)
        with pytest.raises(services.AskerIsGone):
            approve(minji, asked, minji_user, at)
        asked.refresh_from_db()
        assert (asked.state, Campaign.objects.count()) == ("WAITING", 0)

    def test_adv_33_a_repeat_asks_once_and_other_content_under_its_key_is_a_conflict(self, ask):
        assert ask().pk == ask().pk
        with pytest.raises(SubmissionConflict):
            ask(budget=600)
        assert ApprovalRequest.objects.count() == 1

    def test_adv_33_a_raise_and_a_correction_wait_too(self, ask, minji, minji_user, mina, operator, at):
        campaign = services.approve(campaign=ask(budget=300), by=operator, at=at)
        asked = services.raise_or_ask(campaign=campaign, credits=100, by=mina, at=at, key="raise-1")
        assert isinstance(asked, ApprovalRequest)
        assert credits.balance(minji).held == 300
        assert approve(minji, asked, minji_user, at).budget_credits == 400

        second = services.submit_campaign(advertiser=minji, spec=spec_of(at, budget=100), by=minji_user, at=at, key="owner")
        services.ask_changes(campaign=second, by=operator, reason="제목", at=at)
        more = spec_of(at, budget=150)
        asked = services.resubmit_or_ask(campaign=second, spec=more, by=mina, at=at, key="fix")
        assert isinstance(asked, ApprovalRequest)
        assert (approve(minji, asked, minji_user, at).budget_credits, credits.balance(minji).held) == (150, 550)

    @pytest.fixture
    def scheduled(self, submit, operator, at):
        """Minji's campaign of 200 credits; it starts tomorrow."""
        return services.approve(campaign=submit(budget=200, starts_at=at + timedelta(days=1)), by=operator, at=at)

    @pytest.fixture
    def correct(self, scheduled, mina, at):
        """Mina asks for a new name and 400 credits more."""
        content = {"budget": 600, "daily_cap": 200, "starts_at": at + timedelta(days=1), "title": "미나가 고친 이름"}

        def correct():
            return services.resubmit_or_ask(campaign=scheduled, spec=spec_of(at, **content), by=mina, at=at, key="fix")

        return correct

    def test_adv_33_a_correction_that_waited_puts_nothing_back_that_changed_meanwhile(self, correct, scheduled, minji, minji_user, at):
        asked, later = correct(), scheduled.ends_at + timedelta(days=3)
        services.extend(campaign=scheduled, ends_at=later, by=minji_user, at=at)
        assert correct().pk == asked.pk
        approve(minji, asked, minji_user, at)
        scheduled.refresh_from_db()
        assert (scheduled.ends_at, scheduled.budget_credits, credits.balance(minji).held) == (later, 600, 600)
        assert services.newest_version(scheduled).changes == ["design.title"]

    def test_adv_33_a_correction_of_what_changed_meanwhile_is_refused_and_waits_on(self, correct, scheduled, minji, minji_user, at):
        asked = correct()
        services.raise_budget(campaign=scheduled, credits=100, by=minji_user, at=at, key="more")
        with pytest.raises(services.ChangedSinceAsked, match="다른 곳에서도 바뀐 항목이 있어요: 총예산"):
            approve(minji, asked, minji_user, at)
        asked.refresh_from_db()
        scheduled.refresh_from_db()
        assert (asked.state, scheduled.budget_credits, credits.balance(minji).held) == ("WAITING", 300, 300)

    def test_adv_33_a_correction_that_no_longer_fits_is_refused(self, submit, minji, minji_user, mina, at):
        """Mina begins it in five days; meanwhile it ends in three."""
        campaign = submit(budget=200)
        more = spec_of(at, budget=600, daily_cap=200, starts_at=at + timedelta(days=5))
        asked = services.resubmit_or_ask(campaign=campaign, spec=more, by=mina, at=at, key="fix")
        shorter = spec_of(at, budget=200, ends_at=at + timedelta(days=3))
        services.resubmit(campaign=campaign, spec=shorter, by=minji_user, at=at, key="shorter")
        with pytest.raises(services.ChangedSinceAsked, match="다른 곳에서도 바뀐 항목이 있어요: 종료"):
            approve(minji, asked, minji_user, at)
        assert credits.balance(minji).held == 200

    def test_adv_33_by_the_api_is_accepted_and_waits(self, minji, mina, at):
        spec = json.loads(spec_of(at, budget=500).model_dump_json())
        answer = post(browser(mina), "/campaigns", spec)
        assert (answer.status_code, answer.json()["state"]) == (202, "WAITING")
        assert (Campaign.objects.count(), credits.balance(minji).held) == (0, 0)

    def test_adv_33_by_the_page_leads_to_the_list(self, minji, mina, at, monkeypatch):
        page = browser(mina)
        monkeypatch.setattr(timezone, "now", lambda: at)
        assert submit(page, write(page)).headers["Location"] == "/campaigns/approvals/"
        assert ApprovalRequest.objects.get().made_by == mina
