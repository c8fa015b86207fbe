"""The wizard: what is kept, where it leads, what it refuses, and what comes of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import html

from advertisers.models import Membership
from campaigns.models import Campaign, Draft, ForecastLog, State
from campaigns.wizard import drafts, steps
from credits import selectors as balances
from credits.models import Entry, Hold
from payments.models import Package
from tests import factories
from tests.campaigns.writing import ANSWERS, NEW, begin, press, submit, url, write
from tests.signing_in import browser


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


def error_beside(answer, field):
    """The sentences that stand under one field."""
    return [node.text_content().strip() for node in page_of(answer).xpath(f"//*[@id='id_{field}_m']//p[contains(@class, 'err')]")]


def value_of(answer, field):
    [node] = page_of(answer).xpath(f"//*[@name='{field}']")
    return node.text.removeprefix("\n") if node.tag == "textarea" else node.get("value")


def toasts(answer):
    return [str(message) for message in answer.context["messages"]]


def nothing_was_submitted():
    return (Campaign.objects.count(), Hold.objects.count(), Entry.objects.count()) == (0, 0, 1)


class TestBeginning:
    def test_a_type_begins_a_draft_with_the_suggested_price_and_leads_to_the_design(self, owner, minji, minji_user):
        draft = begin(owner)
        assert (draft.advertiser, draft.made_by, draft.answers["type"]) == (minji, minji_user, "VISIT")
        assert draft.answers["credit"] == {"unit_price": 100}
        assert draft.answers["setting"] == {"starts_at": "2026-11-25T13:00:00+09:00", "ends_at": "2026-12-10T00:00:00+09:00"}

    def test_pressed_twice_it_is_one_draft(self, owner):
        once = {"key": str(uuid4()), "type": "VISIT"}
        assert owner.post(NEW, once).headers["Location"] == owner.post(NEW, once).headers["Location"]
        assert Draft.objects.count() == 1

    def test_a_template_of_a_trade_fills_in_texts_and_prices(self, owner):
        draft = begin(owner, template="cafe")
        assert draft.answers["design"]["title"] == "이번 주 새 메뉴 구경하기"
        press(owner, draft, "design", landing_url="https://cafe.example.com/")
        assert steps.first_open(Draft.objects.get().answers, at=timezone.now()) is None

    @pytest.mark.parametrize("sent", [{}, {"type": "NOPE"}, {"type": ""}, {"template": "nope"}])
    def test_nothing_chosen_begins_nothing(self, owner, sent):
        answer = owner.post(NEW, {"key": str(uuid4()), **sent})
        assert (answer.status_code, Draft.objects.count()) == (422, 0)

    def test_shows_drafts_to_go_on_with_and_lets_one_go(self, owner):
        draft = write(owner, title="겨울 준비")
        assert "겨울 준비" in owner.get(NEW).content.decode()
        owner.post(f"/campaigns/drafts/{draft.public_id}/discard/")
        assert Draft.objects.count() == 0

    def test_opening_the_page_writes_nothing(self, owner):
        owner.get(NEW)
        assert Draft.objects.count() == 0


class TestKeeping:
    def test_adv_09_after_signing_in_again_on_another_device_everything_typed_is_there(self, owner, minji_user):
        draft = begin(owner)
        press(owner, draft, "design", intent="autosave", title="아직 다 못 쓴 제목", landing_url="", **{"details-dwell_seconds": "열 초"})
        owner.logout()
        again = browser(minji_user).get(url(draft, "design"))
        assert (value_of(again, "title"), value_of(again, "details-dwell_seconds")) == ("아직 다 못 쓴 제목", "열 초")

    def test_adv_09_the_step_reached_is_the_one_that_comes_back(self, owner, minji_user):
        draft = begin(owner)
        press(owner, draft, "design")
        press(owner, draft, "reward", intent="leave", tickets="3")
        another = browser(minji_user)
        assert (another.get(url(draft, "reward")).status_code, value_of(another.get(url(draft, "reward")), "tickets")) == (200, "3")

    def test_while_typing_only_the_part_beside_comes_back_with_the_new_version(self, owner):
        draft = begin(owner)
        press(owner, draft, "design")
        press(owner, draft, "reward")
        before = Draft.objects.get().version
        version = str(before)
        sent = {**ANSWERS["credit"], "budget": "1,500", "intent": "autosave", "version": version, "tab": "t"}
        answer = owner.post(url(draft, "credit"), sent, headers={"HX-Request": "true"})
        text = answer.content.decode()
        assert (answer.status_code, "<html" in text) == (200, False)
        assert f'name="version" id="version" value="{before + 1}" hx-swap-oob="true"' in text
        assert "부족한 크레딧" in text
        assert Draft.objects.get().answers["credit"]["budget"] == 1_500

    def test_a_save_that_changes_nothing_counts_no_version(self, owner):
        draft = write(owner)
        press(owner, draft, "reward")
        assert Draft.objects.get().version == draft.version

    def test_what_one_tab_typed_while_its_own_request_was_on_its_way_is_no_conflict(self, owner):
        draft = begin(owner)
        press(owner, draft, "design", intent="autosave", version=1, title="민지네")
        assert press(owner, draft, "design", version=1, title="민지네 커피").status_code == 302
        assert Draft.objects.get().answers["design"]["title"] == "민지네 커피"


class TestTwoTabs:
    @pytest.fixture
    def draft(self, owner):
        return write(owner)

    def test_adv_11_the_second_save_shows_both_versions_and_keeps_neither_from_the_other(self, owner, draft):
        press(owner, draft, "design", version=draft.version, tab="one", title="첫째 탭의 제목")
        answer = press(owner, draft, "design", version=draft.version, tab="two", title="둘째 탭의 제목")
        assert answer.status_code == 409
        text = answer.content.decode()
        assert "첫째 탭의 제목" in text
        assert "둘째 탭의 제목" in text
        assert answer.context["rows"] == [("미션 제목", "첫째 탭의 제목", "둘째 탭의 제목")]
        assert Draft.objects.get().answers["design"]["title"] == "첫째 탭의 제목"

    def test_adv_11_the_writer_may_choose_the_own_version(self, owner, draft):
        press(owner, draft, "design", version=draft.version, tab="one", title="첫째 탭의 제목")
        answer = press(owner, draft, "design", version=draft.version, tab="two", title="둘째 탭의 제목")
        [form] = [form for form in page_of(answer).forms if "title" in form.fields]
        sent = dict(form.form_values()) | {"intent": "mine"}
        assert owner.post(form.action, sent).status_code == 302
        assert Draft.objects.get().answers["design"]["title"] == "둘째 탭의 제목"

    def test_adv_11_while_typing_the_conflict_is_said_and_nothing_written(self, owner, draft):
        press(owner, draft, "reward", version=draft.version, tab="one", tickets="2")
        sent = {"tickets": "5", "intent": "autosave", "version": str(draft.version), "tab": "two"}
        answer = owner.post(url(draft, "reward"), sent, headers={"HX-Request": "true"})
        assert (answer.status_code, "다른 화면에서 먼저 저장한 내용이 있어요" in answer.content.decode()) == (422, True)
        assert Draft.objects.get().answers["reward"] == {"tickets": 2}

    def test_tabs_on_different_steps_do_not_meet(self, owner, draft):
        press(owner, draft, "reward", version=draft.version, tab="one", tickets="1")
        press(owner, draft, "credit", version=draft.version, tab="two", budget="600")
        assert Draft.objects.get().answers["credit"]["budget"] == 600

    def test_a_page_without_a_version_writes_over_nobody(self, owner, draft):
        sent = {**ANSWERS["reward"], "tickets": "9", "tab": "x"}
        assert owner.post(url(draft, "reward"), sent).status_code == 409
        assert Draft.objects.get().answers["reward"] == {"tickets": 1}

    def test_what_changed_since_the_last_page_was_opened_is_not_submitted_unseen(self, owner, draft):
        press(owner, draft, "credit", budget="900")
        answer = submit(owner, draft, version=draft.version)
        assert answer.headers["Location"] == url(draft, "review")
        assert nothing_was_submitted()


class TestGates:
    @pytest.mark.parametrize("later", ["reward", "credit", "setting", "review"])
    def test_adv_10_a_later_step_leads_to_the_first_open_one_with_its_field_marked(self, owner, later):
        draft = begin(owner)
        answer = owner.get(url(draft, later), follow=True)
        assert answer.redirect_chain[-1][0] == url(draft, "design") + "?check=1"
        assert error_beside(answer, "title") == ["꼭 필요한 항목이에요."]

    def test_a_finished_step_may_be_opened_again(self, owner):
        draft = write(owner)
        assert [owner.get(url(draft, step)).status_code for step in ("select-type", "design", "reward", "credit", "setting", "review")] == [
            200
        ] * 6

    def test_a_fresh_step_shows_no_mistakes(self, owner):
        assert "aria-invalid" not in owner.get(url(begin(owner), "design")).content.decode()

    @pytest.mark.parametrize(
        "step, changes, field, sentence",
        [
            ("design", {"title": ""}, "title", "꼭 필요한 항목이에요."),
            ("design", {"title": "한\n줄"}, "title", "한 줄로 적어 주세요."),
            ("design", {"landing_url": "http://coffee.example.com/"}, "landing_url", "https://로 시작하는 주소만 쓸 수 있어요."),
            ("design", {"landing_url": "https://192.168.0.1/"}, "landing_url", "인터넷에 공개된 사이트 주소를 적어 주세요."),
            ("design", {"landing_url": "javascript:alert(1)"}, "landing_url", "https://로 시작하는 주소만 쓸 수 있어요."),
            ("design", {"details-dwell_seconds": "4"}, "details-dwell_seconds", "5부터 적을 수 있어요."),
            ("design", {"details-dwell_seconds": "열"}, "details-dwell_seconds", "숫자로 적어 주세요."),
            ("reward", {"tickets": "0"}, "tickets", "1부터 적을 수 있어요."),
            ("credit", {"unit_price": "9"}, "unit_price", "10부터 적을 수 있어요."),
            ("credit", {"budget": "1e3"}, "budget", "숫자로 적어 주세요."),
            ("setting", {"starts_at": "내일"}, "starts_at", "날짜와 시각을 적어 주세요."),
            ("setting", {"ends_at": "2027-12-25T18:00"}, "ends_at", "캠페인은 1년까지 진행할 수 있어요."),
            (
                "setting",
                {"ends_at": "2026-11-25T11:00", "starts_at": "2026-11-20T18:00"},
                "ends_at",
                "종료 시각이 이미 지났어요. 기간을 다시 정해 주세요.",
            ),
            ("setting", {"hour_from": "20", "hour_until": "9"}, "hour_until", "끝나는 시각은 시작 시각(20시)보다 늦어야 해요."),
            ("setting", {"age_from": "40", "age_until": "30"}, "age_until", "가장 많은 나이는 40세보다 적을 수 없어요."),
            ("setting", {"weekdays": ["SOMEDAY"]}, "weekdays", "고를 수 있는 값이 아니에요."),
        ],
    )
    def test_a_refused_answer_is_said_beside_its_field_and_kept_as_typed(self, owner, step, changes, field, sentence):
        draft = write(owner)
        answer = press(owner, draft, step, **changes)
        assert (answer.status_code, error_beside(answer, field)) == (422, [sentence])
        assert "고칠 항목이 1개 있어요" in answer.content.decode()

    @pytest.mark.parametrize(
        "step, changes, field, sentence",
        [
            ("credit", {"unit_price": "600"}, "budget", "총예산은 참여 1건 단가(600크레딧)보다 작을 수 없어요."),
            ("credit", {"daily_cap": "600"}, "daily_cap", "하루 예산은 총예산(500크레딧)을 넘을 수 없어요."),
            ("credit", {"unit_price": "100", "daily_cap": "50"}, "daily_cap", "하루 예산은 참여 1건 단가(100크레딧)보다 작을 수 없어요."),
            ("setting", {"ends_at": "2026-11-25T18:00"}, "ends_at", "종료는 시작보다 늦어야 해요."),
        ],
    )
    def test_adv_16_each_has_its_own_message_and_no_way_round(self, owner, step, changes, field, sentence):
        draft = write(owner)
        assert error_beside(press(owner, draft, step, **changes), field)[0] == sentence
        owner.get(url(draft, "review"))
        assert submit(owner, draft).headers["Location"].startswith(url(draft, step))
        assert nothing_was_submitted()

    def test_adv_16_a_reward_raised_afterwards_closes_the_price_again(self, owner):
        draft = write(owner)
        press(owner, draft, "reward", tickets="2")
        answer = owner.get(url(draft, "review"), follow=True)
        assert answer.redirect_chain[-1][0] == url(draft, "credit") + "?check=1"
        assert error_beside(answer, "unit_price") == ["티켓 2장을 주려면 단가가 20크레딧 이상이어야 해요."]


class TestChangingTheType:
    def test_adv_12_what_fits_stays_and_the_rest_is_put_aside_listed_and_comes_back(self, owner, monkeypatch):
        from campaigns import types

        monkeypatch.setattr(types, "is_offered", types.is_known)
        monkeypatch.setattr(types, "offered_types", types.all_types)
        draft = write(owner)
        press(owner, draft, "select-type", type="QUIZ")
        changed = Draft.objects.get()
        assert (changed.answers["type"], changed.answers["details"]) == ("QUIZ", {})
        assert changed.answers["design"]["title"] == "민지네 커피 구경하기"
        assert [(one["type"], one["field"], one["value"]) for one in changed.aside] == [("VISIT", "dwell_seconds", 10)]
        page = owner.get(url(draft, "design")).content.decode()
        assert f"방문 · {changed.aside[0]['label']}: 10" in page
        press(owner, draft, "select-type", type="VISIT")
        back = Draft.objects.get()
        assert (back.answers["details"], back.aside) == ({"dwell_seconds": 10}, [])

    def test_rows_of_a_list_grow_by_a_press_and_empty_ones_go(self, owner, monkeypatch):
        from campaigns import types

        monkeypatch.setattr(types, "is_offered", types.is_known)
        monkeypatch.setattr(types, "offered_types", types.all_types)
        draft = begin(owner, type="QUIZ")
        quiz = {
            "details-tries": "3", "details-questions-0-text": "커피의 고향은 어디일까요?",
            "details-questions-0-choices": "에티오피아\n브라질", "details-questions-0-answer": "1",
        }  # fmt: skip
        grown = owner.get(press(owner, draft, "design", intent="more:questions", **quiz).headers["Location"])
        assert "details-questions-1-text" in grown.content.decode()
        empty = {"details-questions-1-text": "", "details-questions-1-choices": "", "details-questions-1-answer": ""}
        assert press(owner, draft, "design", **quiz, **empty).status_code == 302
        question = {"text": "커피의 고향은 어디일까요?", "choices": ["에티오피아", "브라질"], "answer": 1}
        assert Draft.objects.get().answers["details"] == {"questions": [question], "tries": 3}

    def test_a_mistake_inside_a_list_stands_beside_its_field(self, owner, monkeypatch):
        from campaigns import types

        monkeypatch.setattr(types, "is_offered", types.is_known)
        draft = begin(owner, type="QUIZ")
        quiz = {
            "details-tries": "3",
            "details-questions-0-text": "짧아",
            "details-questions-0-choices": "하나\n둘",
            "details-questions-0-answer": "9",
        }
        answer = press(owner, draft, "design", **quiz)
        assert error_beside(answer, "details-questions-0-text") == ["5자 이상 적어 주세요."]
        assert error_beside(answer, "details-questions-0-answer") == ["5까지 적을 수 있어요."]


class TestCredit:
    def test_adv_15_a_short_balance_is_a_sum_with_a_way_to_top_up_and_back_to_the_step(self, owner):
        draft = begin(owner)
        press(owner, draft, "design")
        press(owner, draft, "reward")
        answer = press(owner, draft, "credit", intent="top_up", budget="131,000", daily_cap="131,000")
        back = f"%2Fcampaigns%2Fdrafts%2F{draft.public_id}%2Fcredit%2F"
        assert answer.headers["Location"] == f"/payments/top-up/?credits=130000&next={back}"
        page = owner.get(url(draft, "credit"))
        assert (value_of(page, "budget"), page.context["cost"].shortfall) == ("131000", 130_000)

    @pytest.mark.parametrize(
        "budget, offers",
        [
            ("131,000", ["300,000크레딧", "100,000 + 50,000크레딧"]),  # 130,000 are missing
            ("301,000", ["300,000크레딧"]),
            ("1,000,500", ["300,000 × 3 + 100,000크레딧"]),
        ],
    )
    def test_adv_15_offers_the_smallest_package_and_the_set_that_comes_closest(self, owner, budget, offers):
        for credits in (50_000, 100_000, 300_000):
            Package.objects.create(credits=credits)
        Package.objects.create(credits=130_000, is_offered=False)
        draft = begin(owner)
        for step in ("design", "reward"):
            press(owner, draft, step)
        press(owner, draft, "credit", intent="save", budget=budget, daily_cap="1,000")
        found = html.fromstring(owner.get(url(draft, "credit")).content.decode())
        words = ["".join(each.itertext()) for each in found.xpath("//button[starts-with(@value, 'top_up:')]/span[1]/span[1]")]
        assert words == offers

    def test_adv_15_an_offer_leads_to_its_first_package_and_back_to_the_step(self, owner):
        package = Package.objects.create(credits=300_000)
        draft = begin(owner)
        answer = press(owner, draft, "credit", intent=f"top_up:{package.pk}", budget="131,000", daily_cap="131,000")
        there = answer.headers["Location"]
        assert there == f"/payments/top-up/?package={package.pk}&next=%2Fcampaigns%2Fdrafts%2F{draft.public_id}%2Fcredit%2F"
        page = owner.get(there)
        assert page.context["selected"] == package
        assert page.context["form"].initial["return_to"] == f"/campaigns/drafts/{draft.public_id}/credit/"
        assert Draft.objects.get(pk=draft.pk).answers["credit"]["budget"] == 131_000

    @pytest.mark.parametrize("package", ["", "x", "-1", "١", "9" * 40])
    def test_adv_15_whatever_package_is_sent_the_gap_is_named(self, owner, package):
        draft = begin(owner)
        answer = press(owner, draft, "credit", intent=f"top_up:{package}", budget="131,000", daily_cap="131,000")
        assert answer.headers["Location"].startswith("/payments/top-up/?credits=130000&next=")

    def test_money_may_be_written_with_separators(self, owner):
        draft = write(owner, budget="1,000", daily_cap="1,000")
        assert draft.answers["credit"] == {"unit_price": 10, "budget": 1_000, "daily_cap": 1_000}


class TestSubmitting:
    def test_makes_one_campaign_of_it_and_holds_the_whole_budget(self, owner, minji, at):
        draft = write(owner, title="  민지네 커피 구경하기 ")
        answer = submit(owner, draft)
        campaign = Campaign.objects.get()
        assert (answer.status_code, answer["Location"]) == (302, reverse("campaigns:detail", args=[campaign.public_id]))
        assert (campaign.state, campaign.title, campaign.hold.open, campaign.submitted_at) == (
            State.SUBMITTED,
            "민지네 커피 구경하기",
            500,
            at,
        )
        assert (balances.balance(minji).available, balances.balance(minji).held) == (500, 500)
        assert campaign.starts_at.isoformat() == "2026-11-25T09:00:00+00:00"
        assert campaign.spec["setting"]["hour_until"] == 24
        assert Draft.objects.get().campaign == campaign
        assert ForecastLog.objects.get().campaign == campaign

    def test_adv_18_pressed_twice_is_one_submission(self, owner, minji):
        draft = write(owner)
        first, second = submit(owner, draft), submit(owner, draft)
        assert first["Location"] == second["Location"]
        assert (Campaign.objects.count(), Hold.objects.count(), balances.balance(minji).held) == (1, 1, 500)

    def test_adv_18_a_second_process_that_read_the_draft_before_submits_nothing_more(self, owner, minji, minji_user, at):
        draft = write(owner)
        stale = Draft.objects.select_related("advertiser", "corrects").get(pk=draft.pk)
        submit(owner, draft)
        again = drafts.submit(draft=stale, by=minji_user, at=at)
        assert (again.pk, Campaign.objects.count(), balances.balance(minji).held) == (Campaign.objects.get().pk, 1, 500)

    def test_a_draft_that_was_changed_in_between_is_not_submitted_a_second_time(self, owner, minji, minji_user, at):
        """Two processes: one submits, the other had read a draft of another version. One campaign, whatever each of them saw."""
        draft = write(owner)
        stale = Draft.objects.select_related("advertiser", "corrects").get(pk=draft.pk)
        stale.version += 1
        submit(owner, draft)
        assert drafts.submit(draft=stale, by=minji_user, at=at).pk == Campaign.objects.get().pk
        assert balances.balance(minji).held == 500

    def test_a_draft_that_became_a_campaign_is_written_no_more(self, owner):
        draft = write(owner)
        submit(owner, draft)
        answer = press(owner, draft, "credit", budget="900")
        assert answer["Location"] == reverse("campaigns:detail", args=[Campaign.objects.get().public_id])
        assert Draft.objects.get().answers["credit"]["budget"] == 500
        assert owner.get(NEW).context["drafts"] == []

    def test_a_short_balance_is_said_on_the_last_page_and_nothing_is_written(self, owner, minji):
        draft = write(owner, budget="1500")
        answer = submit(owner, draft)
        assert answer.status_code == 422
        assert "크레딧이 500만큼 부족해요." in answer.content.decode()
        assert nothing_was_submitted()
        assert balances.balance(minji).available == 1_000

    def test_above_the_members_limit_it_waits_and_the_agreed_campaign_is_the_only_one(self, owner, minji, minji_user, at):
        from advertisers import services as team
        from campaigns import services
        from identity.models import ApprovalRequest

        manager = factories.MembershipFactory(advertiser=minji, role=Membership.Role.MANAGER).user
        team.set_limit(advertiser=minji, role="MANAGER", monthly_credits=100, by=minji_user, at=at)
        theirs = browser(manager)
        draft = write(theirs)
        assert submit(theirs, draft)["Location"] == "/campaigns/approvals/"
        assert nothing_was_submitted()
        agreed = services.approve_as_second(advertiser=minji, request=ApprovalRequest.objects.get().public_id, by=minji_user, at=at)
        assert submit(theirs, draft)["Location"] == reverse("campaigns:detail", args=[agreed.public_id])
        assert (Campaign.objects.count(), balances.balance(minji).held) == (1, 500)

    @pytest.fixture
    def manager(self, minji, minji_user, at):
        """Somebody of minji's team who may commit 300 credits a month alone."""
        from advertisers import services as team

        team.set_limit(advertiser=minji, role="MANAGER", monthly_credits=300, by=minji_user, at=at)
        return factories.MembershipFactory(advertiser=minji, role=Membership.Role.MANAGER).user

    def test_adv_33_a_request_for_a_draft_is_closed_when_the_draft_is_submitted_within_the_limit(self, manager, minji, minji_user, at):
        from campaigns import services
        from identity import approvals
        from identity.models import ApprovalRequest

        theirs = browser(manager)
        draft = write(theirs)
        submit(theirs, draft)
        press(theirs, draft, "credit", budget="200")
        submit(theirs, draft)
        asked = ApprovalRequest.objects.get()
        assert (asked.state, asked.reason) == ("EXPIRED", "같은 초안을 다시 제출해서 이 요청은 닫았어요.")
        with pytest.raises(approvals.AlreadyDecided):
            services.approve_as_second(advertiser=minji, request=asked.public_id, by=minji_user, at=at)
        assert (Campaign.objects.count(), Hold.objects.count(), balances.balance(minji).held) == (1, 1, 200)

    def test_adv_33_of_two_requests_for_one_draft_only_the_newer_waits(self, manager, minji, minji_user, at):
        from campaigns import services
        from identity.models import ApprovalRequest

        theirs = browser(manager)
        draft = write(theirs)
        submit(theirs, draft)
        press(theirs, draft, "credit", budget="400")
        submit(theirs, draft)
        older, newer = ApprovalRequest.objects.order_by("pk")
        assert (older.state, newer.state) == ("EXPIRED", "WAITING")
        made = services.approve_as_second(advertiser=minji, request=newer.public_id, by=minji_user, at=at)
        assert (Campaign.objects.get(), Draft.objects.get().campaign, balances.balance(minji).held) == (made, made, 400)

    def test_adv_33_a_request_that_was_left_open_makes_no_second_campaign(self, manager, minji, minji_user, at):
        """As releases left it that did not close requests, and as two at once would without the wallet's lock."""
        from campaigns import services
        from identity.models import ApprovalRequest

        theirs = browser(manager)
        draft = write(theirs)
        submit(theirs, draft)
        press(theirs, draft, "credit", budget="200")
        submit(theirs, draft)
        ApprovalRequest.objects.update(state="WAITING", decided_at=None, reason="")
        with pytest.raises(services.DraftSubmittedSince):
            services.approve_as_second(advertiser=minji, request=ApprovalRequest.objects.get().public_id, by=minji_user, at=at)
        assert (Campaign.objects.count(), balances.balance(minji).held) == (1, 200)
        assert ApprovalRequest.objects.get().state == "WAITING"

    def test_adv_33_an_older_correction_is_not_put_over_the_newer(self, manager, minji, minji_user, operator, launch, at):
        from campaigns import services
        from campaigns.models import CampaignVersion
        from identity.models import ApprovalRequest

        theirs = browser(manager)
        campaign = launch(budget=100, starts_at=at + timedelta(days=1), ends_at=at + timedelta(days=8))
        theirs.post(reverse("campaigns:correct", args=[campaign.public_id]))
        draft = Draft.objects.get()
        press(theirs, draft, "credit", budget="500")
        submit(theirs, draft)
        press(theirs, draft, "credit", budget="300")
        submit(theirs, draft)
        assert ApprovalRequest.objects.get().state == "EXPIRED"
        ApprovalRequest.objects.update(state="WAITING", decided_at=None, reason="")
        with pytest.raises(services.DraftSubmittedSince):
            services.approve_as_second(advertiser=minji, request=ApprovalRequest.objects.get().public_id, by=minji_user, at=at)
        campaign.refresh_from_db()
        assert (campaign.budget_credits, balances.balance(minji).held, CampaignVersion.objects.count()) == (300, 300, 1)


class TestCorrecting:
    @pytest.fixture
    def returned(self, submitted, operator, at):
        """Minji's campaign of 1,000 credits, sent back for correction."""
        from campaigns import services

        return services.ask_changes(campaign=submitted, by=operator, at=at, reason="제목을 짧게 적어 주세요.")

    def correct(self, owner, campaign):
        answer = owner.post(reverse("campaigns:correct", args=[campaign.public_id]))
        return Draft.objects.get(public_id=answer.headers["Location"].split("/")[3])

    def test_opens_a_draft_with_what_was_sent_and_what_the_operators_said(self, owner, returned):
        draft = self.correct(owner, returned)
        assert self.correct(owner, returned) == draft
        page = owner.get(url(draft, "design"))
        assert value_of(page, "title") == "민지네 커피 구경하기"
        assert "제목을 짧게 적어 주세요." in page.content.decode()
        assert owner.get(url(draft, "credit")).context["cost"].shortfall == 0

    def test_sent_again_it_is_reviewed_again_with_the_hold_of_the_new_budget(self, owner, minji, returned):
        draft = self.correct(owner, returned)
        press(owner, draft, "design", title="커피 구경")
        press(owner, draft, "credit", budget="400")
        for _ in range(2):
            assert submit(owner, draft)["Location"] == reverse("campaigns:detail", args=[returned.public_id])
        campaign = Campaign.objects.get()
        assert (campaign.state, campaign.title, campaign.hold.open, campaign.submission_no) == (State.SUBMITTED, "커피 구경", 400, 2)
        assert balances.balance(minji).available == 600

    def test_one_that_is_over_is_not_corrected(self, owner, submitted, minji_user, at):
        from campaigns import services

        services.withdraw(campaign=submitted, by=minji_user, at=at)
        answer = owner.post(reverse("campaigns:correct", args=[submitted.public_id]), follow=True)
        assert toasts(answer) == ["지금은 고칠 수 없는 캠페인이에요."]
        assert Draft.objects.count() == 0

    def test_decided_meanwhile_the_correction_is_refused_and_the_hold_stays(self, owner, returned, minji_user, at):
        from campaigns import services

        draft = self.correct(owner, returned)
        services.withdraw(campaign=returned, by=minji_user, at=at)
        assert submit(owner, draft).status_code == 422
        assert Campaign.objects.get().state == State.WITHDRAWN


class TestDuplicating:
    def test_adv_31_copies_design_and_settings_and_says_what_it_left(self, owner, running, minji, operator, at):
        answer = owner.post(reverse("campaigns:duplicate", args=[running.public_id]), {"key": "k"})
        draft = Draft.objects.get()
        assert answer["Location"] == url(draft, "design")
        assert (draft.copied_from, draft.answers["design"]["title"], draft.answers["credit"]["budget"]) == (running, running.title, 1_000)
        assert draft.answers["setting"]["starts_at"] == "2026-11-25T13:00:00+09:00"
        page = owner.get(url(draft, "design")).content.decode()
        assert "복제하면서 옮기지 않은 것 4가지" in page
        assert "묶인 크레딧과 쓴 금액" in page
        assert (Campaign.objects.count(), balances.balance(minji).held) == (1, 1_000)

    def test_adv_31_pressed_twice_is_one_draft(self, owner, running):
        for _ in range(2):
            owner.post(reverse("campaigns:duplicate", args=[running.public_id]), {"key": "k"})
        assert Draft.objects.count() == 1

    def test_adv_31_a_picture_that_is_gone_is_flagged(self, owner, running):
        running.spec["design"]["image"] = str(uuid4())
        running.save(update_fields=["spec"])
        owner.post(reverse("campaigns:duplicate", args=[running.public_id]), {"key": "k"})
        draft = Draft.objects.get()
        assert "image" not in draft.answers["design"]
        assert draft.left_out[-1] == "대표 이미지: 저장된 파일이 없어요. 다시 올려 주세요."


class TestAccess:
    @pytest.fixture
    def draft(self, owner):
        return write(owner)

    @pytest.mark.parametrize("page", ["design", "review", "discard", "preview/detail"])
    def test_another_advertiser_finds_nothing(self, draft, eve_user, page):
        client = browser(eve_user)
        answers = [client.get(url(draft, page)), client.post(url(draft, page))]
        assert {answer.status_code for answer in answers} <= {404, 405}
        assert Draft.objects.get().version == draft.version

    @pytest.mark.parametrize("role", [Membership.Role.REPORTER, Membership.Role.FINANCE])
    def test_adv_32_who_may_not_spend_writes_nothing(self, draft, minji, role):
        person = browser(factories.MembershipFactory(advertiser=minji, role=role).user)
        assert [person.get(path).status_code for path in (NEW, url(draft, "design"), url(draft, "review"))] == [403, 403, 403]
        assert [person.post(path).status_code for path in (NEW, url(draft, "design"), url(draft, "review"))] == [403, 403, 403]
        assert nothing_was_submitted()

    def test_unknown_steps_are_not_there(self, owner, draft):
        assert owner.get(url(draft, "nope")).status_code == 404
        assert owner.get(f"/campaigns/drafts/{uuid4()}/design/").status_code == 404

    def test_reading_changes_nothing(self, owner, draft):
        before = list(Draft.objects.values())
        for page in ("select-type", "design", "reward", "credit", "setting", "review", "preview/list", "preview/detail", "preview/done"):
            assert owner.get(url(draft, page)).status_code == 200, page
        assert list(Draft.objects.values()) == before

    @pytest.mark.parametrize("version", ["", "x", "-1", "9" * 40, "１"])
    def test_a_version_that_is_none_is_an_old_one(self, owner, draft, version):
        sent = {**ANSWERS["reward"], "tickets": "7", "version": version, "tab": "x"}
        assert owner.post(url(draft, "reward"), sent).status_code == 409


def test_too_many_drafts_are_refused_by_name(owner, minji, minji_user, at):
    for number in range(drafts.MOST_OPEN):
        drafts.begin(advertiser=minji, by=minji_user, at=at - timedelta(minutes=number), key=f"k{number}", answers={})
    answer = owner.post(NEW, {"key": "one-more", "type": "VISIT"})
    assert (answer.status_code, toasts(answer)) == (422, [drafts.TooManyDrafts.message])
