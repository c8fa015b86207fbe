"""What advertisers meet on the pages of campaigns: forms, refusals, other people's campaigns, and what may be done."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from lxml import html

from advertisers.models import Membership
from campaigns import services
from campaigns.models import Campaign, CampaignEvent, State
from credits import selectors as balances
from credits import services as ledger
from credits.models import Entry, Hold
from tests import factories
from tests.campaigns.conftest import spec_of
from tests.campaigns.writing import NEW, submit, write
from tests.signing_in import browser

LIST = "/campaigns/"


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch, at):
    """Doors read the clock; here it stands at the test's own moment."""
    monkeypatch.setattr(timezone, "now", lambda: at)


@pytest.fixture
def owner(minji_user):
    """Minji's browser."""
    return browser(minji_user)


def page_of(answer):
    return html.fromstring(answer.content.decode())


def toasts(answer):
    """What the page after the redirect says."""
    return [str(message) for message in answer.context["messages"]]


def queries(client, url):
    """How many queries a page needs."""
    client.get(url)  # the first visit renews the session
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


class TestRunning:
    def press(self, client, campaign, verb, **data):
        return client.post(reverse(f"campaigns:{verb}", args=[campaign.public_id]), data, follow=True)

    def state(self):
        return Campaign.objects.get().state

    def test_pause_resume_and_end_say_what_was_done(self, owner, running):
        assert toasts(self.press(owner, running, "pause")) == ["일시중지했어요. 이미 시작한 참여는 끝낼 수 있어요."]
        assert self.state() == State.PAUSED
        assert toasts(self.press(owner, running, "resume")) == ["다시 시작했어요."]
        assert self.state() == State.RUNNING
        assert toasts(self.press(owner, running, "end")) == ["종료했어요. 남은 예산은 정산이 끝나는 대로 돌아와요."]
        assert self.state() == State.ENDED

    def test_pressed_twice_the_second_is_refused_in_words(self, owner, running):
        self.press(owner, running, "pause")
        answer = self.press(owner, running, "pause")
        assert toasts(answer) == ["지금 상태에서는 할 수 없는 일이에요. 화면을 새로 고친 뒤 상태를 확인해 주세요."]
        assert CampaignEvent.objects.filter(to_state=State.PAUSED).count() == 1

    def test_withdrawn_it_gives_the_whole_hold_back(self, owner, minji, submitted):
        self.press(owner, submitted, "withdraw")
        assert (self.state(), balances.balance(minji).available, balances.balance(minji).held) == (State.WITHDRAWN, 1_000, 0)

    def test_locked_it_cannot_be_resumed_and_says_why(self, owner, running, operator, at):
        self.press(owner, running, "pause")
        services.lock(campaign=running, by=operator, at=at, reason="신고를 확인하고 있어요")
        answer = self.press(owner, running, "resume")
        assert toasts(answer) == ["운영팀이 잠근 캠페인이에요. 이유: 신고를 확인하고 있어요"]
        assert self.state() == State.PAUSED

    def test_the_budget_grows_by_what_is_written_once(self, owner, minji, launch):
        campaign = launch(budget=600)
        wish = {"credits": "100", "key": str(uuid4())}
        self.press(owner, campaign, "raise-budget", **wish)
        self.press(owner, campaign, "raise-budget", **wish)
        campaign.refresh_from_db()
        assert (campaign.budget_credits, campaign.hold.open, balances.balance(minji).available) == (700, 700, 300)

    def test_a_raise_above_the_balance_says_what_is_missing_and_where_to_top_up(self, owner, running):
        answer = self.press(owner, running, "raise-budget", credits="300", key=str(uuid4()))
        text = answer.content.decode()
        assert answer.status_code == 422
        assert "크레딧이 300만큼 부족해요." in text
        assert f"/payments/top-up/?credits=300&amp;next=%2Fcampaigns%2F{running.public_id}%2F" in text
        assert Campaign.objects.get().budget_credits == 1_000

    @pytest.mark.parametrize("credits", ["", "0", "-10", "천", "9" * 30])
    def test_a_raise_by_no_sum_is_refused(self, owner, running, credits):
        assert self.press(owner, running, "raise-budget", credits=credits, key=str(uuid4())).status_code == 422
        assert Campaign.objects.get().budget_credits == 1_000


VERBS = ("pause", "resume", "end", "withdraw", "raise-budget", "correct", "duplicate")


class TestAccess:
    def test_another_advertiser_finds_nothing_to_read(self, running, eve_user):
        assert browser(eve_user).get(reverse("campaigns:detail", args=[running.public_id])).status_code == 404

    @pytest.mark.parametrize("verb", VERBS)
    def test_another_advertiser_finds_nothing_to_change(self, running, eve_user, verb):
        sent = {"credits": "10", "key": str(uuid4())}
        assert browser(eve_user).post(reverse(f"campaigns:{verb}", args=[running.public_id]), sent).status_code == 404
        assert (Campaign.objects.get().state, Campaign.objects.get().budget_credits) == (State.RUNNING, 1_000)

    def test_another_advertiser_sees_none_of_it_in_the_list(self, running, eve_user):
        assert browser(eve_user).get(LIST).context["rows"] == []

    @pytest.mark.parametrize("verb", VERBS)
    def test_a_reporter_may_change_nothing(self, running, jisoo, verb):
        sent = {"credits": "10", "key": str(uuid4())}
        assert browser(jisoo).post(reverse(f"campaigns:{verb}", args=[running.public_id]), sent).status_code == 403
        assert (Campaign.objects.get().state, Campaign.objects.get().budget_credits) == (State.RUNNING, 1_000)

    @pytest.mark.parametrize("role", [Membership.Role.REPORTER, Membership.Role.FINANCE])
    def test_who_may_not_spend_reads_without_buttons_and_makes_no_campaign(self, running, minji, role):
        person = browser(factories.MembershipFactory(advertiser=minji, role=role).user)
        detail = person.get(reverse("campaigns:detail", args=[running.public_id]))
        assert detail.status_code == 200
        assert page_of(detail).xpath("//main//form") == []
        assert Campaign.objects.count() == 1

    def test_a_manager_may(self, minji):
        person = browser(factories.MembershipFactory(advertiser=minji, role=Membership.Role.MANAGER).user)
        submit(person, write(person))
        assert Campaign.objects.get().hold.open == 500

    @pytest.mark.parametrize("url", [LIST, NEW])
    def test_nobody_signed_in_is_asked_to_sign_in(self, db, client, url):
        answer = client.get(url)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={url}")

    def test_a_member_of_luckffle_is_no_advertiser(self, suji):
        assert browser(suji.user).get(LIST).status_code == 302

    @pytest.mark.parametrize("verb", VERBS)
    def test_actions_are_not_done_by_a_link(self, owner, running, verb):
        assert owner.get(reverse(f"campaigns:{verb}", args=[running.public_id])).status_code == 405
        assert Campaign.objects.get().state == State.RUNNING


class TestList:
    @pytest.fixture
    def many(self, minji, minji_user, at):
        """25 campaigns of ten credits, the newest last."""
        return [
            services.submit_campaign(
                advertiser=minji,
                spec=spec_of(at, title=f"캠페인 {n:02}", budget=10),
                by=minji_user,
                at=at + timedelta(seconds=n),
                key=f"many:{n}",
            )
            for n in range(25)
        ]

    def titles(self, answer):
        return [row.campaign.title for row in answer.context["rows"]]

    def test_shows_the_newest_first_twenty_on_a_page(self, owner, many):
        assert self.titles(owner.get(LIST)) == [f"캠페인 {n:02}" for n in range(24, 4, -1)]
        assert self.titles(owner.get(LIST + "?page=2")) == [f"캠페인 {n:02}" for n in range(4, -1, -1)]

    def test_finds_by_words_and_state(self, owner, many, operator, at):
        services.reject(campaign=many[3], by=operator, at=at, reason="다시 적어 주세요")
        assert self.titles(owner.get(LIST + "?q=캠페인 0&state=returned")) == ["캠페인 03"]
        assert self.titles(owner.get(LIST + "?state=running")) == []
        assert {label: count for _, label, count, _ in owner.get(LIST).context["tabs"]} == {
            "전체": 25, "진행중": 0, "심사중": 24, "수정·반려": 1, "시작 예정": 0, "일시중지": 0, "종료": 0,
        }  # fmt: skip

    @pytest.mark.parametrize("query", ["?state=nope", "?page=zero", "?page=-1", "?page=99999", "?q=%00", "?q=%25_%5C", "?q=" + "가" * 500])
    def test_odd_addresses_are_pages_too(self, owner, many, query):
        assert owner.get(LIST + query).status_code == 200

    def test_percent_signs_are_letters_and_no_wildcards(self, owner, many):
        assert self.titles(owner.get(LIST + "?q=%25")) == []

    def test_asks_as_many_queries_for_one_row_as_for_twenty(self, owner, minji, minji_user, at, submit):
        submit(budget=10)
        few = queries(owner, LIST)
        for n in range(20):
            submit(key=f"more:{n}", budget=10)
        assert queries(owner, LIST) == few


class TestReading:
    def test_get_changes_nothing(self, minji_user, running, at, monkeypatch):
        """Not even the next day, when the clock would pour new units."""
        monkeypatch.setattr(timezone, "now", lambda: at + timedelta(hours=13))
        owner = browser(minji_user)
        before = self.everything()
        for url in (LIST, NEW, reverse("campaigns:detail", args=[running.public_id])):
            assert owner.get(url).status_code == 200
            assert owner.head(url).status_code in (200, 405)
        assert self.everything() == before

    def everything(self):
        return (
            list(Campaign.objects.values()), list(CampaignEvent.objects.values()), list(Hold.objects.values()), Entry.objects.count(),
            list(Campaign.objects.values_list("slots__day_on", "slots__allowance", "slots__taken")),
        )  # fmt: skip

    def test_the_page_of_one_campaign_tells_its_money_and_its_history(self, owner, running):
        url = reverse("campaigns:detail", args=[running.public_id])
        report = owner.get(url).context["report"]
        assert (report.spent, report.running, report.left, report.held, report.captured, report.released) == (0, 0, 1_000, 1_000, 0, 0)
        answer = owner.get(url + "?tab=history")
        assert [row["words"] for row in answer.context["events"]] == [
            "진행을 시작했어요", "시작을 기다려요", "심사를 통과했어요", "심사를 요청했어요",
        ]  # fmt: skip
        assert [row["who"] for row in answer.context["events"]] == ["자동", "운영팀", "운영팀", "김민지"]

    def test_a_history_of_many_lines_costs_no_more_queries(self, owner, running, minji_user, at):
        url = reverse("campaigns:detail", args=[running.public_id]) + "?tab=history"
        few = queries(owner, url)
        for n in range(5):
            services.pause(campaign=running, by=minji_user, at=at + timedelta(minutes=n))
            services.resume(campaign=running, by=minji_user, at=at + timedelta(minutes=n))
        assert queries(owner, url) == few

    def test_the_dashboard_shows_live_campaigns_only(self, owner, running, submit, minji):
        with transaction.atomic():
            ledger.top_up(advertiser=minji, credits=10, order_id="more", gateway="portone", key="more", at=timezone.now())
        submit(key="waiting", budget=10, title="심사를 기다리는 캠페인")
        table = page_of(owner.get("/dashboard/")).xpath("string(//*[@id='live-campaigns']//table)")
        assert running.title in table
        assert "심사를 기다리는 캠페인" not in table

    def test_what_people_wrote_is_shown_as_text(self, owner, submit):
        campaign = submit(title="<b>굵게</b>", body="<script>x()</script>")
        text = owner.get(reverse("campaigns:detail", args=[campaign.public_id])).content.decode()
        assert "&lt;b&gt;굵게" in text
        assert "<script>x()" not in text
