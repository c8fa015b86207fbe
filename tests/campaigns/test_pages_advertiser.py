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
from tests.signing_in import browser

NEW = "/campaigns/new/"
LIST = "/campaigns/"


@pytest.fixture(autouse=True)
def _clock_stands_still(monkeypatch, at):
    """Doors read the clock; here it stands at the test's own moment."""
    monkeypatch.setattr(timezone, "now", lambda: at)


@pytest.fixture
def owner(minji_user):
    """Minji's browser."""
    return browser(minji_user)


def answers(**changes):
    """What Minji writes on the page: 500 credits for 50 participations, from the evening of the 25th for a week."""
    return {
        "title": "민지네 커피 구경하기", "body": "겨울 메뉴가 나왔어요.", "landing_url": "https://coffee.example.com/hello",
        "dwell_seconds": "10", "tickets": "1", "unit_price": "10", "budget": "500", "daily_cap": "100", "starts_at": "2026-11-25T18:00",
        "ends_at": "2026-12-02T00:00", "key": str(uuid4()), **changes,
    }  # fmt: skip


def page_of(answer):
    return html.fromstring(answer.content.decode())


def error_beside(answer, field):
    """The sentences that stand under one field."""
    return [node.text_content().strip() for node in page_of(answer).xpath(f"//*[@id='id_{field}_m']//p[contains(@class, 'err')]")]


def written(answer):
    """The values of the page's fields."""
    [form] = [form for form in page_of(answer).forms if "title" in form.fields]
    values = {name: form.fields[name] or "" for name in form.fields if name != "csrfmiddlewaretoken"}
    return values | {"body": values["body"].removeprefix("\n")}  # browsers leave out the line break a textarea begins with


def toasts(answer):
    """What the page after the redirect says."""
    return [str(message) for message in answer.context["messages"]]


def nothing_was_written():
    """No campaign, no hold; only the top-up is in the book."""
    return (Campaign.objects.count(), Hold.objects.count(), Entry.objects.count()) == (0, 0, 1)


def queries(client, url):
    """How many queries a page needs."""
    client.get(url)  # the first visit renews the session
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


class TestNewCampaign:
    def test_sending_it_makes_one_campaign_and_holds_the_whole_budget(self, owner, minji, at):
        answer = owner.post(NEW, answers(budget="500", title="  민지네 커피 구경하기 "))
        campaign = Campaign.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, reverse("campaigns:detail", args=[campaign.public_id]))
        assert (campaign.state, campaign.title, campaign.budget_credits, campaign.hold.open) == (
            State.SUBMITTED,
            "민지네 커피 구경하기",
            500,
            500,
        )
        assert (balances.balance(minji).available, balances.balance(minji).held) == (500, 500)
        assert campaign.starts_at.isoformat() == "2026-11-25T09:00:00+00:00"
        assert campaign.submitted_at == at

    def test_money_may_be_written_with_separators(self, owner):
        owner.post(NEW, answers(budget="1,000", daily_cap="1,000"))
        assert Campaign.objects.get().budget_credits == 1_000

    def test_pressed_twice_it_is_one_campaign_and_one_hold(self, owner, minji):
        once = answers()
        first, second = owner.post(NEW, once), owner.post(NEW, once)
        assert first["Location"] == second["Location"]
        assert (Campaign.objects.count(), Hold.objects.count(), balances.balance(minji).held) == (1, 1, 500)

    def test_the_same_page_sent_with_other_answers_is_refused_and_comes_back_on_a_new_page(self, owner):
        once = answers()
        owner.post(NEW, once)
        answer = owner.post(NEW, once | {"title": "다른 제목"})
        assert answer.status_code == 422
        assert "같은 요청 번호로 다른 내용을 이미 제출했어요" in answer.content.decode()
        assert (Campaign.objects.count(), Hold.objects.count()) == (1, 1)
        again = written(owner.get(NEW))
        assert again["title"] == "다른 제목"
        assert again["key"] != once["key"]

    @pytest.mark.parametrize(
        "field, value, sentence",
        [
            ("title", "", "꼭 필요한 항목이에요."),
            ("landing_url", "http://coffee.example.com/", "https://로 시작하는 주소만 쓸 수 있어요."),
            ("landing_url", "https://192.168.0.1/", "인터넷에 공개된 사이트 주소를 적어 주세요."),
            ("landing_url", "javascript:alert(1)", "https://로 시작하는 주소만 쓸 수 있어요."),
            ("budget", "5", None),
            ("budget", "오백", None),
            ("budget", "1e3", None),
            ("budget", "-500", None),
            ("daily_cap", "600", "하루 예산은 총예산(500크레딧)을 넘을 수 없어요."),
            ("tickets", "0", None),
            ("dwell_seconds", "4", None),
            ("unit_price", "9", None),
            ("starts_at", "내일", "날짜와 시각을 다시 확인해 주세요."),
            ("ends_at", "2026-11-25T18:00", "종료는 시작보다 늦어야 해요."),
            ("ends_at", "2027-12-25T18:00", "캠페인은 1년까지 진행할 수 있어요."),
        ],
    )
    def test_a_refused_answer_is_said_beside_its_field_and_nothing_is_lost(self, owner, field, value, sentence):
        sent = answers(**{field: value})
        answer = owner.post(NEW, sent)
        assert answer.status_code == 422
        said = error_beside(answer, field)
        assert len(said) == 1
        assert sentence is None or said == [sentence]
        assert {name: text for name, text in written(answer).items() if name != "budget"} == {
            name: text for name, text in sent.items() if name != "budget"
        }
        assert nothing_was_written()

    @pytest.mark.parametrize(
        "changes, field, sentence",
        [
            ({"tickets": "2"}, "unit_price", "티켓 2장을 주려면 단가가 20크레딧 이상이어야 해요."),
            (
                {"starts_at": "2026-11-20T18:00", "ends_at": "2026-11-25T11:59"},
                "ends_at",
                "종료 시각이 이미 지났어요. 기간을 다시 정해 주세요.",
            ),
        ],
    )
    def test_what_the_service_refuses_is_said_beside_the_field_too(self, owner, changes, field, sentence):
        answer = owner.post(NEW, answers(**changes))
        assert (answer.status_code, error_beside(answer, field)) == (422, [sentence])
        assert nothing_was_written()

    def test_a_short_balance_is_a_sum_beside_the_budget_with_a_way_to_top_up_and_the_answers_stay(self, owner, minji):
        sent = answers(budget="1,500")
        answer = owner.post(NEW, sent)
        assert (answer.status_code, error_beside(answer, "budget")) == (422, ["크레딧이 500만큼 부족해요."])
        [button] = page_of(answer).xpath("//aside[@id='cost']//button")
        assert (button.get("name"), button.get("value"), button.text_content().strip()) == ("intent", "top_up", "부족한 만큼 충전하기")
        assert nothing_was_written()
        assert balances.balance(minji).available == 1_000
        assert written(owner.get(NEW))["title"] == sent["title"]  # the session keeps it, whichever way the page is left

    def test_going_to_top_up_keeps_what_was_written_and_comes_back_to_it(self, owner):
        sent = answers(budget="1500", title="", starts_at="아직")
        answer = owner.post(NEW, sent | {"intent": "top_up"})
        assert (answer.status_code, answer["Location"]) == (302, "/payments/top-up/?credits=500&next=%2Fcampaigns%2Fnew%2F")
        back = owner.get(NEW)
        assert {name: text for name, text in written(back).items() if name != "key"} == {n: t for n, t in sent.items() if n != "key"}
        assert "적어 두었던 내용을 이어서 보여드려요." in back.content.decode()
        assert nothing_was_written()

    def test_what_was_kept_can_be_thrown_away_by_a_form_of_its_own(self, owner):
        owner.post(NEW, answers(title="버릴 제목") | {"intent": "top_up"})
        page = page_of(owner.get(NEW))
        [forget] = [form for form in page.forms if form.fields.get("intent") == "forget"]
        assert "title" not in forget.fields
        [writing] = [form for form in page.forms if "title" in form.fields]
        assert [button.get("value") for button in writing.xpath(".//button") if button.get("value") == "forget"] == []
        assert owner.post(NEW, {"intent": "forget"})["Location"] == NEW
        assert written(owner.get(NEW))["title"] == ""

    def test_the_first_button_of_the_form_is_the_one_that_sends_it(self, owner):
        """Enter in a field presses the first button of its form; the one inside noscript is not there with scripts."""
        [writing] = [form for form in page_of(owner.get(NEW)).forms if "title" in form.fields]
        first = writing.xpath(".//button[not(ancestor::noscript)]")[0]
        assert (first.get("name"), first.text_content().strip()) == (None, "심사 요청하기")

    def test_answers_kept_for_one_team_are_not_shown_to_another_person(self, owner, eve_user):
        owner.post(NEW, answers(title="비밀 계획") | {"intent": "top_up"})
        assert "비밀 계획" not in browser(eve_user).get(NEW).content.decode()

    def test_sent_it_forgets_what_was_kept(self, owner):
        owner.post(NEW, answers(title="예전 제목") | {"intent": "top_up"})
        owner.post(NEW, answers())
        assert written(owner.get(NEW))["title"] == ""

    def test_without_scripts_the_sums_are_counted_and_every_answer_stays(self, owner):
        sent = answers(budget="505", title="")
        answer = owner.post(NEW, sent | {"intent": "cost"})
        assert answer.status_code == 200
        assert written(answer) == sent
        cost = answer.context["cost"]
        assert (cost.units, cost.units_per_day, cost.days, cost.unused, cost.after, cost.shortfall) == (50, 10, 5, 5, 495, 0)
        assert nothing_was_written()

    def test_while_typing_only_the_sums_come_back(self, owner):
        answer = owner.post(NEW, answers(budget="1500") | {"intent": "cost"}, headers={"HX-Request": "true"})
        text = answer.content.decode()
        assert "<html" not in text
        assert "크레딧이 500만큼 부족해요." in text
        assert nothing_was_written()

    @pytest.mark.parametrize("budget", ["", "0", "하나", "9" * 40, "-5", "1e5", "٣٠٠"])
    def test_sums_of_what_is_no_money_are_zeros(self, owner, budget):
        answer = owner.post(NEW, answers(budget=budget) | {"intent": "cost"}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "<dd>0건 × 10</dd>" in answer.content.decode()


class TestCorrecting:
    @pytest.fixture
    def returned(self, submitted, operator, at):
        """Minji's campaign of 1,000 credits, sent back for correction."""
        return services.ask_changes(campaign=submitted, by=operator, at=at, reason="제목을 짧게 적어 주세요.")

    def url(self, campaign):
        return reverse("campaigns:correct", args=[campaign.public_id])

    def test_starts_with_what_was_sent_and_what_the_operators_said(self, owner, returned):
        answer = owner.get(self.url(returned))
        now = written(answer)
        assert (now["title"], now["budget"], now["unit_price"], now["dwell_seconds"]) == ("민지네 커피 구경하기", "1000", "10", "10")
        assert (now["starts_at"], now["ends_at"]) == ("2026-11-25T12:00", "2026-12-05T12:00")
        assert "제목을 짧게 적어 주세요." in answer.content.decode()

    def test_sent_again_it_is_reviewed_again_with_the_hold_of_the_new_budget(self, owner, minji, returned):
        answer = owner.post(self.url(returned), answers(title="커피 구경", budget="400"))
        assert answer["Location"] == reverse("campaigns:detail", args=[returned.public_id])
        campaign = Campaign.objects.get()
        assert (campaign.state, campaign.title, campaign.hold.open, campaign.submission_no) == (State.SUBMITTED, "커피 구경", 400, 2)
        assert balances.balance(minji).available == 600

    def test_pressed_twice_it_is_one_submission(self, owner, returned):
        once = answers(budget="400")
        for _ in range(2):
            answer = owner.post(self.url(returned), once, follow=True)
            assert toasts(answer) == ["심사를 요청했어요. 영업일 1일 안에 결과를 알려드려요."]
        assert (Campaign.objects.get().submission_no, CampaignEvent.objects.filter(to_state=State.SUBMITTED).count()) == (2, 2)

    def test_what_is_on_hold_for_it_counts_as_ready(self, owner, returned):
        cost = owner.get(self.url(returned)).context["cost"]
        assert (cost.available, cost.held, cost.ready, cost.shortfall, cost.after) == (0, 1_000, 1_000, 0, 0)

    def test_a_bigger_budget_than_there_is_can_be_topped_up_and_continued(self, owner, returned):
        sent = answers(budget="1300", title="커피 더 구경")
        refused = owner.post(self.url(returned), sent)
        assert (refused.status_code, error_beside(refused, "budget")) == (422, ["크레딧이 300만큼 부족해요."])
        answer = owner.post(self.url(returned), sent | {"intent": "top_up"})
        assert f"credits=300&next=%2Fcampaigns%2F{returned.public_id}%2Fcorrect%2F" in answer["Location"]
        assert written(owner.get(self.url(returned)))["title"] == "커피 더 구경"
        assert written(owner.get(NEW))["title"] == ""  # the page of a new campaign is another one
        campaign = Campaign.objects.get()
        assert (campaign.state, campaign.hold.open) == (State.CHANGES_ASKED, 1_000)

    def test_a_refused_campaign_may_be_appealed_with_a_new_hold(self, owner, minji, submitted, operator, at):
        services.reject(campaign=submitted, by=operator, at=at, reason="광고 내용이 분명하지 않아요.")
        assert balances.balance(minji).available == 1_000
        owner.post(self.url(submitted), answers(budget="700"))
        campaign = Campaign.objects.get()
        assert (campaign.state, campaign.hold.open, balances.balance(minji).available) == (State.SUBMITTED, 700, 300)

    def test_the_page_of_the_campaign_leads_to_it_only_while_it_waits_for_correction(self, owner, returned):
        detail = reverse("campaigns:detail", args=[returned.public_id])
        assert self.url(returned) in owner.get(detail).content.decode()
        owner.post(self.url(returned), answers(budget="400"))
        assert self.url(returned) not in owner.get(detail).content.decode()

    def test_one_that_is_being_reviewed_is_not_corrected(self, owner, submitted):
        assert toasts(owner.get(self.url(submitted), follow=True)) == ["지금은 고칠 수 없는 캠페인이에요."]
        answer = owner.post(self.url(submitted), answers(budget="400"), follow=True)
        assert toasts(answer) == ["지금 상태에서는 할 수 없는 일이에요. 화면을 새로 고친 뒤 상태를 확인해 주세요."]
        assert (Campaign.objects.get().hold.open, Campaign.objects.get().submission_no) == (1_000, 1)


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


VERBS = ("pause", "resume", "end", "withdraw", "raise-budget", "correct")


class TestAccess:
    @pytest.mark.parametrize("verb", ["detail", "correct"])
    def test_another_advertiser_finds_nothing_to_read(self, running, eve_user, verb):
        assert browser(eve_user).get(reverse(f"campaigns:{verb}", args=[running.public_id])).status_code == 404

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
        assert (person.get(NEW).status_code, person.post(NEW, answers()).status_code) == (403, 403)
        assert Campaign.objects.count() == 1

    def test_a_manager_may(self, minji):
        person = browser(factories.MembershipFactory(advertiser=minji, role=Membership.Role.MANAGER).user)
        person.post(NEW, answers())
        assert Campaign.objects.get().hold.open == 500

    @pytest.mark.parametrize("url", [LIST, NEW])
    def test_nobody_signed_in_is_asked_to_sign_in(self, db, client, url):
        answer = client.get(url)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={url}")

    def test_a_member_of_luckffle_is_no_advertiser(self, suji):
        assert browser(suji.user).get(LIST).status_code == 302

    @pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "correct"])
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
        answer = owner.get(reverse("campaigns:detail", args=[running.public_id]))
        report = answer.context["report"]
        assert (report.spent, report.running, report.left, report.held, report.captured, report.released) == (0, 0, 1_000, 1_000, 0, 0)
        assert [row["words"] for row in answer.context["events"]] == [
            "진행을 시작했어요", "시작을 기다려요", "심사를 통과했어요", "심사를 요청했어요",
        ]  # fmt: skip
        assert [row["who"] for row in answer.context["events"]] == ["자동", "운영팀", "운영팀", "김민지"]

    def test_a_history_of_many_lines_costs_no_more_queries(self, owner, running, minji_user, at):
        url = reverse("campaigns:detail", args=[running.public_id])
        few = queries(owner, url)
        for n in range(5):
            services.pause(campaign=running, by=minji_user, at=at + timedelta(minutes=n))
            services.resume(campaign=running, by=minji_user, at=at + timedelta(minutes=n))
        assert queries(owner, url) == few

    def test_the_dashboard_shows_live_campaigns_only(self, owner, running, submit, minji):
        with transaction.atomic():
            ledger.top_up(advertiser=minji, credits=10, order_id="more", gateway="portone", key="more", at=timezone.now())
        submit(key="waiting", budget=10, title="심사를 기다리는 캠페인")
        text = owner.get("/dashboard/").content.decode()
        assert running.title in text
        assert "심사를 기다리는 캠페인" not in text

    def test_what_people_wrote_is_shown_as_text(self, owner, submit):
        campaign = submit(title="<b>굵게</b>", body="<script>x()</script>")
        text = owner.get(reverse("campaigns:detail", args=[campaign.public_id])).content.decode()
        assert "&lt;b&gt;굵게" in text
        assert "<script>x()" not in text
