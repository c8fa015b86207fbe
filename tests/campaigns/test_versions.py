"""What is submitted becomes a version; reviewers decide one version once, and what runs is the last one they approved."""

from datetime import timedelta

import pytest
from django.db import transaction

from advertisers.models import BusinessPaper, BusinessUser
from campaigns import services
from campaigns.models import Campaign, CampaignEvent, CampaignVersion
from campaigns.services import clock, desk, review, trust
from common import dated
from common.models import DatedSetting
from credits import selectors as credits
from identity.models import Notification, User
from tests import factories
from tests.campaigns.conftest import spec_of
from tests.campaigns.racing import tally, together

NEW_TITLE = "민지네 커피 새 이름"


@pytest.fixture
def other(db):
    return factories.UserFactory(kind=User.Kind.OPERATOR, username="other", email="other@example.com", is_staff=True, name="한보람")


@pytest.fixture
def edit(minji_user, at):
    def edit(campaign, key="edit", when=None, **changes):
        campaign.refresh_from_db()
        values = {"budget": campaign.budget_credits, **changes}
        values.setdefault("starts_at", campaign.starts_at)
        return services.resubmit(campaign=campaign, spec=spec_of(at, **values), by=minji_user, at=when or at, key=key)

    return edit


def states(campaign):
    return list(campaign.versions.order_by("number").values_list("number", "state"))


class TestAdv18:
    def test_adv_18_pressed_twice_is_one_submission_and_one_notice(self, submit, minji_user):
        first, second = submit(), submit()
        assert first.pk == second.pk
        assert states(first) == [(1, "WAITING")]
        assert Notification.objects.filter(user=minji_user, kind="campaigns.submitted").count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_adv_18_sent_again_by_32_clients_after_a_silence_is_one_submission_and_one_notice(self, submit, minji_user):
        outcomes = together([submit] * 32)
        assert set(tally(outcomes)) == {"won"}
        assert (Campaign.objects.count(), CampaignVersion.objects.count()) == (1, 1)
        assert Notification.objects.filter(user=minji_user, kind="campaigns.submitted").count() == 1


class TestAdv19:
    def test_adv_19_an_edit_of_what_waits_is_a_new_version_and_the_old_one_is_withdrawn(self, submitted, edit, operator, at):
        edit(submitted, title=NEW_TITLE)
        assert states(submitted) == [(1, "WITHDRAWN"), (2, "WAITING")]
        newest = submitted.versions.get(number=2)
        assert (newest.changes, newest.title) == (["design.title"], NEW_TITLE)
        with pytest.raises(services.NewerVersion, match="2번 버전이 더 새로워요"):
            services.approve(campaign=submitted, by=operator, at=at, version=1)
        services.approve(campaign=submitted, by=operator, at=at, version=2)
        submitted.refresh_from_db()
        assert (submitted.state, submitted.title) == ("RUNNING", NEW_TITLE)

    def test_adv_19_the_hold_follows_the_budget_of_the_newest(self, submitted, edit, minji):
        edit(submitted, budget=400)
        assert (credits.balance(minji).held, credits.balance(minji).available) == (400, 600)

    def test_adv_19_the_live_one_runs_until_the_new_one_is_approved(self, running, edit, operator, at):
        edit(running, title=NEW_TITLE)
        running.refresh_from_db()
        assert (running.state, running.title, states(running)) == (
            "RUNNING", "민지네 커피 구경하기", [(1, "APPROVED"), (2, "WAITING")]
        )  # fmt: skip
        services.approve(campaign=running, by=operator, at=at, version=2)
        running.refresh_from_db()
        assert (running.state, running.title, running.spec["design"]["title"]) == ("RUNNING", NEW_TITLE, NEW_TITLE)

    def test_adv_19_a_rejected_edit_leaves_the_live_one_and_its_money_alone(self, running, edit, operator, minji, at):
        edit(running, title=NEW_TITLE)
        services.reject(campaign=running, by=operator, at=at, reason="이름이 과장됐어요")
        running.refresh_from_db()
        assert (running.state, running.title, running.decision_reason, running.hold.open) == ("RUNNING", "민지네 커피 구경하기", "", 1_000)
        assert states(running) == [(1, "APPROVED"), (2, "REJECTED")]

    def test_adv_19_what_grew_while_an_edit_waited_is_kept_when_it_goes_live(self, submit, edit, operator, minji_user, at):
        campaign = services.approve(campaign=submit(budget=500), by=operator, at=at)
        edit(campaign, title=NEW_TITLE, daily_cap=500)
        services.raise_budget(campaign=campaign, credits=100, by=minji_user, at=at, key="more")
        services.approve(campaign=campaign, by=operator, at=at)
        campaign.refresh_from_db()
        assert (campaign.title, campaign.budget_credits, campaign.spec["credit"]["budget"]) == (NEW_TITLE, 600, 600)

    def test_adv_19_the_start_withdraws_an_edit_that_a_running_campaign_could_not_take(self, submit, edit, operator, minji_user, at):
        tomorrow = at + timedelta(days=1)
        priced, worded = (submit(key=key, budget=400, starts_at=tomorrow) for key in ("a", "b"))
        for campaign in (priced, worded):
            services.approve(campaign=campaign, by=operator, at=at)
        edit(priced, key="price", unit_price=20, starts_at=tomorrow)
        edit(worded, key="words", body="새 안내예요", starts_at=tomorrow)
        assert clock.tick(at=tomorrow)["begun"] == 2
        assert (states(priced)[1], states(worded)[1]) == ((2, "WITHDRAWN"), (2, "WAITING"))
        assert Notification.objects.filter(user=minji_user, kind="campaigns.version_overtaken").count() == 1
        services.approve(campaign=worded, by=operator, at=tomorrow)
        priced.refresh_from_db()
        worded.refresh_from_db()
        assert (priced.unit_price, worded.body) == (10, "새 안내예요")


class TestAdv20:
    REMARKS = {"design.title": "광고 표시가 필요해요", "reward.tickets": "보상이 너무 적어요"}

    def test_adv_20_both_reasons_stay_with_the_version_and_the_reviewer_sees_what_changed(self, submitted, edit, operator, at):
        services.reject(campaign=submitted, by=operator, at=at, reason="두 가지를 고쳐 주세요", remarks=self.REMARKS)
        edit(submitted, title=NEW_TITLE)
        first, second = submitted.versions.order_by("number")
        assert (first.state, first.remarks, second.changes) == ("REJECTED", self.REMARKS, ["design.title"])
        assert submitted.versions.get(number=2).is_waiting

    def test_adv_20_the_same_again_is_no_correction(self, submitted, edit, operator, minji, at):
        services.reject(campaign=submitted, by=operator, at=at, reason="고쳐 주세요", remarks=self.REMARKS)
        with pytest.raises(services.NothingChanged):
            edit(submitted)
        assert (credits.balance(minji).held, states(submitted)) == (0, [(1, "REJECTED")])


class TestAdv21:
    @pytest.fixture
    def rejected(self, submitted, operator, at):
        return services.reject(campaign=submitted, by=operator, at=at, reason="안 돼요")

    def test_adv_21_goes_to_another_operator_and_holds_the_budget_anew(self, rejected, operator, other, minji, minji_user, at):
        services.appeal(campaign=rejected, text="허가 서류를 냈어요", by=minji_user, at=at)
        assert credits.balance(minji).held == 1_000
        for decide in (services.approve, lambda **facts: services.reject(reason="또 안 돼요", **facts)):
            with pytest.raises(review.SameReviewer):
                decide(campaign=rejected, by=operator, at=at)
        assert services.approve(campaign=rejected, by=other, at=at).state == "RUNNING"

    def test_adv_21_only_once_per_version(self, rejected, other, minji, minji_user, at):
        services.appeal(campaign=rejected, text="다시 봐 주세요", by=minji_user, at=at)
        services.reject(campaign=rejected, by=other, at=at, reason="그래도 안 돼요")
        with pytest.raises(services.AppealedBefore):
            services.appeal(campaign=rejected, text="한 번만 더", by=minji_user, at=at)
        assert (credits.balance(minji).held, states(rejected)) == (0, [(1, "REJECTED"), (2, "REJECTED")])

    def test_adv_21_a_corrected_version_that_is_rejected_may_be_appealed_again(self, rejected, edit, operator, minji_user, at):
        edit(rejected, title=NEW_TITLE)
        services.reject(campaign=rejected, by=operator, at=at, reason="이것도요")
        assert services.appeal(campaign=rejected, text="다시 봐 주세요", by=minji_user, at=at).state == "SUBMITTED"

    def test_adv_21_needs_a_word_and_a_rejection(self, rejected, submit, minji_user, at):
        with pytest.raises(services.ReasonMissing):
            services.appeal(campaign=rejected, text="  ", by=minji_user, at=at)
        with pytest.raises(services.MoveRefused):
            services.appeal(campaign=submit(key="b", budget=100), text="왜요", by=minji_user, at=at)

    @pytest.mark.django_db(transaction=True)
    def test_adv_21_pressed_by_eight_at_once_is_one_appeal(self, rejected, minji, minji_user, at):
        outcomes = together([lambda: services.appeal(campaign=rejected, text="다시", by=minji_user, at=at)] * 8)
        assert tally(outcomes)["won"] == 1
        assert (rejected.versions.count(), credits.balance(minji).held) == (2, 1_000)


class TestOps02:
    def test_ops_02_the_second_reviewer_is_told_and_may_take_over_with_a_note(self, submitted, operator, other, at):
        services.claim(campaign=submitted, by=operator, at=at)
        for press in (
            lambda: services.claim(campaign=submitted, by=other, at=at),
            lambda: services.approve(campaign=submitted, by=other, at=at),
            lambda: services.reject(campaign=submitted, by=other, at=at, reason="안 돼요"),
        ):
            with pytest.raises(services.BeingReviewed, match="오정원 님이 심사하고 있어요"):
                press()
        services.claim(campaign=submitted, by=other, at=at, note="담당자가 휴가예요")
        with pytest.raises(services.BeingReviewed, match="한보람"):
            services.approve(campaign=submitted, by=operator, at=at)
        assert services.approve(campaign=submitted, by=other, at=at).state == "RUNNING"
        taken = CampaignEvent.objects.filter(kind="CLAIMED").order_by("pk").values_list("by__username", "reason")
        assert list(taken) == [("operator", ""), ("other", "담당자가 휴가예요")]

    @pytest.mark.django_db(transaction=True)
    def test_ops_02_two_claims_in_one_moment_are_one_claim(self, submitted, operator, other, at):
        outcomes = together([lambda by=by: services.claim(campaign=submitted, by=by, at=at) for by in (operator, other) * 4])
        assert CampaignEvent.objects.filter(kind="CLAIMED").count() == 1
        assert tally(outcomes)["won"] == 4


class TestOps03:
    def test_ops_03_a_decision_about_an_older_version_is_refused_and_writes_nothing(self, submitted, edit, operator, at):
        edit(submitted, title=NEW_TITLE)
        before = CampaignEvent.objects.count()
        for decide in (
            services.approve,
            lambda **facts: services.reject(reason="안 돼요", **facts),
            lambda **facts: services.ask_changes(reason="고쳐 주세요", **facts),
        ):
            with pytest.raises(services.NewerVersion) as refused:
                decide(campaign=submitted, by=operator, at=at, version=1)
            assert refused.value.context["newest"] == 2
        assert (CampaignEvent.objects.count(), states(submitted)) == (before, [(1, "WITHDRAWN"), (2, "WAITING")])


class TestOps04:
    @pytest.mark.parametrize("decide", [services.reject, services.ask_changes])
    def test_ops_04_no_without_a_reason_is_not_possible(self, submitted, operator, at, decide):
        for reason, remarks in (("", None), ("  ", None), ("고쳐 주세요", {"design.title": " "})):
            with pytest.raises(services.ReasonMissing):
                decide(campaign=submitted, by=operator, at=at, reason=reason, remarks=remarks)
        assert states(submitted) == [(1, "WAITING")]

    def test_ops_04_the_database_keeps_no_refusal_without_a_reason(self, submitted, at):
        with pytest.raises(Exception, match="no_has_a_reason"), transaction.atomic():
            CampaignVersion.objects.update(state="REJECTED", decided_at=at)


class TestTheClock:
    def test_promises_eight_business_hours_and_tells_the_team(self, submitted, minji_user, at):
        version = submitted.versions.get()
        assert version.due_at == at + timedelta(days=1)  # Wednesday noon to Thursday noon: eight hours of work
        assert "11월 26일 12:00까지" in Notification.objects.get(user=minji_user, kind="campaigns.submitted").body

    def test_is_a_dated_policy(self, submit, at, operator):
        with transaction.atomic():
            dated.change(name="campaigns.review_hours", value=16, effective_from=at, reason="인력", by_id=operator.pk, at=at)
        assert submit().versions.get().due_at == at + timedelta(days=2)

    def test_missing_papers_stop_it_and_it_goes_on_where_it_stood(self, submitted, operator, other, minji_user, at):
        services.hold(campaign=submitted, by=operator, at=at + timedelta(hours=2), reason="통신판매업 신고증")
        version = submitted.versions.get()
        assert (version.is_held, version.held_reason) == (True, "통신판매업 신고증")
        assert "통신판매업 신고증" in Notification.objects.get(user=minji_user, kind="campaigns.papers_missing").body
        services.go_on(campaign=submitted, by=operator, at=at + timedelta(days=7))
        version.refresh_from_db()
        # Two of eight hours had passed; six are left, from next Wednesday noon on.
        assert (version.is_held, version.due_at) == (False, at + timedelta(days=7, hours=6))
        with pytest.raises(desk.NotHeld):
            services.go_on(campaign=submitted, by=operator, at=at + timedelta(days=7))

    def test_papers_that_are_handed_in_let_it_go_on_by_themselves(self, submitted, operator, minji, minji_user, at):
        held_at, came_at = at + timedelta(hours=2), at + timedelta(days=7)
        business = BusinessUser.objects.get(advertiser=minji)
        self.hand_in(business, minji_user, at)  # before anybody asked
        services.hold(campaign=submitted, by=operator, at=held_at, reason="통신판매업 신고증")
        clock.tick(at=held_at + timedelta(days=1))
        assert submitted.versions.get().is_held
        self.hand_in(business, minji_user, came_at)
        assert clock.tick(at=came_at)["reviewed_on"] == 1
        version = submitted.versions.get()
        assert (version.is_held, version.due_at) == (False, at + timedelta(days=7, hours=6))
        assert clock.tick(at=came_at)["reviewed_on"] == 0

    def hand_in(self, business, by, at):
        stored = {"name": "신고증.png", "content_type": "image/png", "size": 1, "digest": "0" * 64}
        BusinessPaper.objects.create(business=business, uploaded_by=by, uploaded_at=at, file=f"papers/{at.timestamp()}", **stored)


class TestTrust:
    @pytest.fixture(autouse=True)
    def after_two(self, operator, at):
        with transaction.atomic():
            for name, value in (("campaigns.trusted_after", 2), ("campaigns.recheck_percent", 50)):
                dated.change(name=name, value=value, effective_from=at, reason="시험", by_id=operator.pk, at=at)

    def earn(self, submit, operator, at):
        for key in ("a", "b"):
            services.approve(campaign=submit(key=key, budget=100), by=operator, at=at)

    def test_nobody_is_trusted_unless_an_operator_decides_so(self, submit, operator, at):
        DatedSetting.objects.filter(name="campaigns.trusted_after").delete()
        self.earn(submit, operator, at)
        assert submit(key="c", budget=100).state == "SUBMITTED"

    def test_the_sample_is_what_the_policy_says_at_the_moment(self, submit, operator, at):
        self.earn(submit, operator, at)
        with transaction.atomic():
            later = at + timedelta(minutes=1)
            dated.change(name="campaigns.recheck_percent", value=100, effective_from=later, reason="시험", by_id=operator.pk, at=at)
            dated.change(
                name="campaigns.recheck_percent", value=0, effective_from=at + timedelta(hours=1), reason="시험", by_id=operator.pk, at=at
            )
        found = {}
        for key, moment in (("c", later), ("d", at + timedelta(hours=1))):
            spec = spec_of(at, budget=100, title=f"캠페인 {key}")
            row = services.submit_campaign(advertiser=Campaign.objects.first().advertiser, spec=spec, by=operator, at=moment, key=key)
            found[key] = (row.state, row.versions.get().recheck)
        assert found == {"c": ("RUNNING", trust.SAMPLED), "d": ("RUNNING", "")}

    def test_passes_after_enough_approvals_in_a_row(self, submit, operator, at):
        self.earn(submit, operator, at)
        passed = submit(key="c", budget=100)
        assert (passed.state, passed.versions.get().decided_by) == ("RUNNING", None)

    def test_a_no_and_a_lock_start_the_count_anew(self, submit, operator, at):
        self.earn(submit, operator, at)
        services.lock(campaign=Campaign.objects.first(), by=operator, at=at, reason="신고를 확인해요")
        assert submit(key="c", budget=100).state == "SUBMITTED"

    def test_those_that_passed_do_not_earn_trust_themselves(self, submit, operator, minji, at):
        self.earn(submit, operator, at)
        submit(key="c", budget=100)
        assert trust.streak(minji, atmost=9) == 2

    def test_about_half_of_them_are_looked_at_again_when_half_is_the_policy(self, submit, operator, at):
        self.earn(submit, operator, at)
        campaign = submit(key="c", budget=100)
        version = campaign.versions.get()
        found = [trust.is_sampled(Campaign(), version, percent=50) for _ in range(400)]
        assert 140 < sum(found) < 260
        assert not any(trust.is_sampled(Campaign(), version, percent=0) for _ in range(50))
        assert all(trust.is_sampled(Campaign(), version, percent=100) for _ in range(50))

    def test_a_flagged_one_waits_for_a_second_look_while_it_runs(self, running, operator, at):
        services.flag(campaign=running, by=operator, at=at, reason="이미지를 다시 봐요")
        version = running.versions.get()
        assert (version.recheck, version.rechecked_at) == ("이미지를 다시 봐요", None)
        services.found_fine(campaign=running, by=operator, at=at)
        version.refresh_from_db()
        running.refresh_from_db()
        assert (version.rechecked_at, running.state) == (at, "RUNNING")
