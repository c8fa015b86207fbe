"""Many campaigns at once, changes for later, and a word against a rejection: the pages and what they call."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from campaigns import services
from campaigns.models import BudgetSlot, Campaign, PlannedChange
from campaigns.services import clock
from common.kst import SEOUL
from credits import selectors as credits
from credits.models import Entry
from tests import factories
from tests.campaigns.conftest import DEVICE
from tests.campaigns.test_participation import start, token_of
from tests.signing_in import browser

KEY = "00000000-0000-4000-8000-00000000000b"
MIDNIGHT = timedelta(hours=12)


@pytest.fixture
def owner(minji_user, at):
    client = browser(minji_user)
    with time_machine.travel(at, tick=False):
        yield client


@pytest.fixture
def three(submit, operator, at):
    return [services.approve(campaign=submit(key=key, budget=200), by=operator, at=at) for key in ("a", "b", "c")]


def states():
    return list(Campaign.objects.order_by("pk").values_list("state", flat=True))


def said(page):
    return [str(message) for message in page.context["messages"]]


def press(client, rows, deed, **more):
    answer = {"campaigns": [str(row.public_id) for row in rows], "deed": deed, "key": KEY, **more}
    return client.post(reverse("campaigns:bulk"), answer, follow=True)


class TestBulk:
    def test_pauses_resumes_and_ends_every_one(self, owner, three):
        assert said(press(owner, three, "pause")) == ["캠페인 3개를 바꿨어요."]
        assert states() == ["PAUSED"] * 3
        press(owner, three, "resume")
        assert states() == ["RUNNING"] * 3
        press(owner, three[:2], "end")
        assert states() == ["ENDED", "ENDED", "RUNNING"]

    def test_one_that_cannot_keeps_all_as_they_are_and_is_named(self, owner, three, minji_user, at):
        services.pause(campaign=three[1], by=minji_user, at=at)
        (sentence,) = said(press(owner, three, "pause"))
        assert "아무것도 바꾸지 않았어요" in sentence
        assert states() == ["RUNNING", "PAUSED", "RUNNING"]

    def test_raises_every_budget_once_per_page_or_none(self, owner, three, minji):
        press(owner, three, "raise", credits="100")
        press(owner, three, "raise", credits="100")
        assert list(Campaign.objects.order_by("pk").values_list("budget_credits", flat=True)) == [300] * 3
        entries = Entry.objects.count()
        (sentence,) = said(press(owner, three, "raise", credits="60", key="00000000-0000-4000-8000-00000000000c"))
        assert "아무것도 바꾸지 않았어요" in sentence  # the third finds 40 of 60 left: nothing is held for the first two either
        assert (Entry.objects.count(), credits.balance(minji).available) == (entries, 100)

    def test_lets_all_end_later_or_none(self, owner, three, at):
        later = (at + timedelta(days=20)).astimezone(SEOUL)
        press(owner, three, "extend", ends_at=later.strftime("%Y-%m-%dT%H:%M"))
        assert set(Campaign.objects.values_list("ends_at", flat=True)) == {later}

    @pytest.mark.parametrize("deed,more", [("raise", {}), ("pause", {"credits": "5"}), ("extend", {}), ("delete", {}), ("", {})])
    def test_what_makes_no_sense_is_refused_with_a_sentence(self, owner, three, deed, more):
        assert said(press(owner, three, deed, **more))
        assert said(press(owner, [], "pause"))
        assert states() == ["RUNNING"] * 3

    def test_somebody_elses_campaign_stops_all(self, three, eve_user, at):
        with time_machine.travel(at, tick=False):
            press(browser(eve_user), three[:1], "end")
        assert states() == ["RUNNING"] * 3


class TestPlans:
    def plan(self, client, campaign, **answer):
        return client.post(reverse("campaigns:plan", args=[campaign.public_id]), answer, follow=True)

    def written(self, moment):
        return moment.astimezone(SEOUL).strftime("%Y-%m-%dT%H:%M")

    def test_sp_08_pauses_and_resumes_at_the_planned_moments(self, owner, running, at):
        self.plan(owner, running, kind="PAUSE", due_at=self.written(at + timedelta(hours=1)))
        self.plan(owner, running, kind="RESUME", due_at=self.written(at + timedelta(hours=2)))
        assert clock.tick(at=at + timedelta(minutes=59))["planned"] == 0
        assert (clock.tick(at=at + timedelta(hours=1))["planned"], states()) == (1, ["PAUSED"])
        assert (clock.tick(at=at + timedelta(hours=2))["planned"], states()) == (1, ["RUNNING"])
        assert clock.tick(at=at + timedelta(hours=2))["planned"] == 0

    def test_raises_the_budget_or_says_why_not_and_never_twice(self, owner, launch, minji, at):
        campaign = launch(budget=500)
        self.plan(owner, campaign, kind="RAISE", credits="400", due_at=self.written(at + timedelta(hours=1)))
        self.plan(owner, campaign, kind="RAISE", credits="200", due_at=self.written(at + timedelta(hours=2)))
        for hours in (1, 2, 3):
            clock.tick(at=at + timedelta(hours=hours))
        assert (Campaign.objects.get().budget_credits, credits.balance(minji).available) == (900, 100)
        assert list(PlannedChange.objects.order_by("due_at").values_list("state", flat=True)) == ["DONE", "REFUSED"]
        assert "크레딧" in PlannedChange.objects.get(state="REFUSED").outcome

    def test_adv_26_a_new_cap_is_that_of_the_next_day_however_the_day_is_poured(self, owner, launch, suji, at):
        campaign = launch(daily_cap=300)
        self.plan(owner, campaign, kind="CAP", credits="100", due_at=self.written(at + MIDNIGHT))
        services.start(member=suji.pk, campaign=campaign.public_id, device=DEVICE, at=at + MIDNIGHT)  # before the clock came
        assert list(BudgetSlot.objects.order_by("day_on").values_list("allowance", flat=True)) == [0, 10]
        clock.tick(at=at + MIDNIGHT)
        campaign.refresh_from_db()
        assert (campaign.daily_cap_credits, campaign.spec["credit"]["daily_cap"]) == (100, 100)
        assert PlannedChange.objects.get().state == "DONE"

    @pytest.mark.parametrize(
        "answer",
        [
            {"kind": "CAP", "credits": "100", "hours": 5},  # not at 0:00
            {"kind": "CAP", "credits": "5", "hours": 12},  # buys no participation
            {"kind": "CAP", "credits": "5000", "hours": 12},  # more than the budget
            {"kind": "PAUSE", "hours": -1},
            {"kind": "PAUSE", "hours": 24 * 30},  # after the end
            {"kind": "PAUSE", "credits": "10", "hours": 1},
            {"kind": "RAISE", "hours": 1},
            {"kind": "DANCE", "hours": 1},
        ],
    )
    def test_what_cannot_be_done_is_not_planned(self, owner, running, at, answer):
        due_at = self.written(at + timedelta(hours=answer["hours"]))
        assert said(self.plan(owner, running, due_at=due_at, **{name: value for name, value in answer.items() if name != "hours"}))
        assert not PlannedChange.objects.exists()

    def test_is_taken_back(self, owner, running, eve_user, at):
        self.plan(owner, running, kind="PAUSE", due_at=self.written(at + timedelta(hours=1)))
        url = reverse("campaigns:plan-cancel", args=[PlannedChange.objects.get().public_id])
        assert browser(eve_user).post(url).status_code == 404
        owner.post(url)
        assert clock.tick(at=at + timedelta(hours=1))["planned"] == 0
        assert states() == ["RUNNING"]


class TestAppealAndEnd:
    def test_adv_21_by_the_page_once(self, owner, submitted, operator, at):
        services.reject(campaign=submitted, by=operator, at=at, reason="안 돼요", remarks={"design.title": "표시가 없어요"})
        page = owner.get(reverse("campaigns:detail", args=[submitted.public_id])).content.decode()
        assert "표시가 없어요" in page
        assert "이의 제기" in page
        url = reverse("campaigns:appeal", args=[submitted.public_id])
        owner.post(url, {"text": "허가 서류를 냈어요"})
        owner.post(url, {"text": "또 냈어요"})
        assert (states(), submitted.versions.count()) == (["SUBMITTED"], 2)

    def test_a_later_end_by_the_page(self, owner, running, at):
        later = at + timedelta(days=20)
        owner.post(reverse("campaigns:extend", args=[running.public_id]), {"ends_at": later.astimezone(SEOUL).strftime("%Y-%m-%dT%H:%M")})
        assert Campaign.objects.get().ends_at == later


class TestAdv27:
    def test_adv_27_the_dialog_says_what_may_still_be_charged(self, owner, running, suji, at):
        services.start(member=suji.pk, campaign=running.public_id, device=DEVICE, at=at)
        page = owner.get(reverse("campaigns:detail", args=[running.public_id])).content.decode()
        assert "이미 시작한 참여 1건은 끝낼 수 있어서 최대 10크레딧이 더 차감될 수 있어요" in page


class TestOps13:
    def test_ops_13_nothing_starts_from_then_on_started_ones_finish_and_the_team_reads_why(self, running, suji, operator, minji_user, at):
        token = token_of(start(suji, running, at), at)
        services.open_landing(member=suji.pk, token=token, at=at)
        services.lock(campaign=running, by=operator, at=at, reason="신고를 확인하고 있어요")
        with pytest.raises(services.MissionClosed):
            start(factories.MemberFactory(), running, at + timedelta(milliseconds=1))
        assert services.confirm(member=suji.pk, token=token, beats=0, at=at + timedelta(seconds=10)).is_new
        assert "신고를 확인하고 있어요" in minji_user.notifications.get(kind="campaigns.locked").body


class TestAdv29:
    def test_adv_29_shows_reason_whom_to_ask_and_the_money_and_offers_nothing(self, owner, running, operator, at):
        services.lock(campaign=running, by=operator, at=at, reason="신고를 확인하고 있어요")
        page = owner.get(reverse("campaigns:detail", args=[running.public_id])).content.decode()
        assert "신고를 확인하고 있어요" in page
        assert reverse("inquiries:list") in page
        assert "묶인 1,000크레딧은 그대로" in page
        for verb in ("resume", "end", "withdraw", "raise-budget", "correct", "plan", "extend"):
            assert reverse(f"campaigns:{verb}", args=[running.public_id]) not in page


class TestAdv30:
    def test_adv_30_settles_within_a_minute_with_a_report_and_final_numbers(self, owner, running, minji, minji_user, at):
        services.end(campaign=running, by=minji_user, at=at)
        clock.settle(at=at + timedelta(seconds=10))
        assert (states(), credits.balance(minji).available) == (["SETTLED"], 1_000)
        notice = minji_user.notifications.get(kind="campaigns.settled")
        assert "돌려드린 크레딧 1,000" in notice.body
        assert "확정된 숫자" in owner.get(reverse("campaigns:detail", args=[running.public_id])).content.decode()
