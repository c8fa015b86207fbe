"""The campaign review desk and the operators' lock, pressed like an operator presses them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from lxml import html

from backoffice import rights
from campaigns import services
from campaigns import services as campaigns
from campaigns.models import CampaignEvent, State
from campaigns.schemas import CampaignSpec
from credits import selectors as credits
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, count_queries, said
from tests.campaigns.conftest import spec_of
from tests.campaigns.test_preview import main_of
from tests.signing_in import browser


@pytest.fixture
def submit(minji, minji_user):
    """Submit a campaign of Minji's that starts tomorrow and takes all of her 1,000 credits, or `budget` of them."""

    def submit(key="first", **changes):
        now = timezone.now()
        days = {"starts_at": now + timedelta(days=1), "ends_at": now + timedelta(days=11)}
        return campaigns.submit_campaign(advertiser=minji, spec=spec_of(now, **{**days, **changes}), by=minji_user, at=now, key=key)

    return submit


@pytest.fixture
def submitted(submit):
    return submit()


class TestTheList:
    def test_shows_what_waits_with_its_budget_and_leads_to_the_desk(self, desk, submitted):
        page = desk(rights.REVIEWER).get(at("review-list"))
        assert page.status_code == 200
        assert "민지네 커피 구경하기" in page.text
        assert "1,000" in page.text
        assert at("review-detail", submitted.public_id) in page.text

    def test_asks_as_many_questions_for_one_row_as_for_many(self, desk, submit):
        client = desk(rights.REVIEWER)
        submit("one", budget=100)
        one = count_queries(client, at("review-list"))
        submit("two", budget=100)
        submit("three", budget=100)
        assert count_queries(client, at("review-list")) == one


class TestApproving:
    def test_lets_it_wait_for_its_start_and_moves_no_money(self, minji, submitted):
        client = enter(hire("boram", rights.REVIEWER))
        assert "1,000크레딧 캠페인 승인" in client.get(at("review-detail", submitted.public_id)).text
        page = client.post(at("review-approve", submitted.public_id), follow=True)
        submitted.refresh_from_db()
        assert submitted.state == State.SCHEDULED
        assert "캠페인을 승인했어요" in said(page)
        balance = credits.balance(minji)
        assert (balance.available, balance.held) == (0, 1_000)

    def test_by_two_operators_happens_once_and_the_second_sees_the_state(self, submitted):
        first, second = (enter(hire(name, rights.REVIEWER)) for name in ("boram", "chanho"))
        first.post(at("review-approve", submitted.public_id))
        page = second.post(at("review-approve", submitted.public_id), follow=True)
        assert "지금 상태에서는 할 수 없는 일이에요" in said(page)
        assert "시작 예정" in page.text
        moves = CampaignEvent.objects.filter(campaign=submitted, to_state=State.APPROVED)
        assert [event.by.username for event in moves] == ["boram"]

    def test_after_a_rejection_is_refused_and_the_credits_stay_free(self, minji, submitted):
        first, second = (enter(hire(name, rights.REVIEWER)) for name in ("boram", "chanho"))
        first.post(at("review-reject", submitted.public_id), {"reason": "광고 표시가 빠졌어요"})
        page = second.post(at("review-approve", submitted.public_id), follow=True)
        assert "지금 상태에서는 할 수 없는 일이에요" in said(page)
        submitted.refresh_from_db()
        assert submitted.state == State.REJECTED
        assert (credits.balance(minji).available, credits.balance(minji).held) == (1_000, 0)


class TestSayingNo:
    def test_rejecting_needs_a_reason_and_writes_nothing_without_one(self, minji, submitted):
        page = enter(hire("boram", rights.REVIEWER)).post(at("review-reject", submitted.public_id), {"reason": " "})
        assert page.status_code == 422
        submitted.refresh_from_db()
        assert submitted.state == State.SUBMITTED
        assert credits.balance(minji).held == 1_000
        assert CampaignEvent.objects.filter(campaign=submitted).count() == 1

    def test_rejecting_frees_the_credits_and_keeps_the_reason(self, minji, submitted):
        client = enter(hire("boram", rights.REVIEWER))
        page = client.post(at("review-reject", submitted.public_id), {"reason": "광고 표시가 빠졌어요"}, follow=True)
        submitted.refresh_from_db()
        assert (submitted.state, submitted.decision_reason) == (State.REJECTED, "광고 표시가 빠졌어요")
        assert (credits.balance(minji).available, credits.balance(minji).held) == (1_000, 0)
        assert "광고 표시가 빠졌어요" in page.text

    def test_asking_for_changes_keeps_the_credits_on_hold(self, minji, submitted):
        client = enter(hire("boram", rights.REVIEWER))
        assert client.post(at("review-ask-changes", submitted.public_id), {"reason": ""}).status_code == 422
        client.post(at("review-ask-changes", submitted.public_id), {"reason": "제목을 고쳐 주세요"})
        submitted.refresh_from_db()
        assert (submitted.state, submitted.decision_reason) == (State.CHANGES_ASKED, "제목을 고쳐 주세요")
        assert (credits.balance(minji).available, credits.balance(minji).held) == (0, 1_000)


class TestTheLock:
    def test_ops_13_needs_a_reason_and_shows_it_until_it_is_lifted(self, submitted):
        client = enter(hire("boram", rights.REVIEWER))
        client.post(at("review-approve", submitted.public_id))
        assert client.post(at("review-lock", submitted.public_id), {"reason": ""}).status_code == 422
        submitted.refresh_from_db()
        assert not submitted.is_locked
        page = client.post(at("review-lock", submitted.public_id), {"reason": "신고를 확인하고 있어요"}, follow=True)
        submitted.refresh_from_db()
        assert (submitted.is_locked, submitted.locked_reason) == (True, "신고를 확인하고 있어요")
        assert "신고를 확인하고 있어요" in page.text
        client.post(at("review-unlock", submitted.public_id), {"reason": "문제가 없었어요"})
        submitted.refresh_from_db()
        assert (submitted.is_locked, submitted.state) == (False, State.SCHEDULED)


class TestOthers:
    @pytest.mark.parametrize("role", [rights.FINANCE, rights.SUPPORT, rights.CONTENT])
    @pytest.mark.parametrize("press", ["review-approve", "review-reject", "review-ask-changes", "review-lock", "review-unlock"])
    def test_may_look_but_not_decide(self, desk, submitted, role, press):
        client = desk(role)
        page = client.get(at("review-detail", submitted.public_id))
        assert page.status_code == 200
        assert "캠페인 승인" not in page.text
        assert client.post(at(press, submitted.public_id), {"reason": "눌러 봤어요"}).status_code == 403
        submitted.refresh_from_db()
        assert (submitted.state, submitted.is_locked) == (State.SUBMITTED, False)

    def test_an_operator_without_a_role_sees_nothing(self, desk, submitted):
        client = desk()
        assert client.get(at("review-list")).status_code == 403
        assert client.get(at("review-detail", submitted.public_id)).status_code == 403

    def test_a_decision_is_never_a_link(self, desk, submitted):
        for press in ("review-approve", "review-reject", "review-ask-changes", "review-lock", "review-unlock"):
            assert desk_get(desk, at(press, submitted.public_id)) == 405
        submitted.refresh_from_db()
        assert submitted.state == State.SUBMITTED


def desk_get(desk, url: str) -> int:
    return int(enter(hire(f"admin-{url.rstrip(chr(47)).rpartition(chr(47))[2]}", rights.ADMIN)).get(url).status_code)


class TestTheDesk:
    """OPS-02, OPS-03, OPS-04 on the page."""

    def test_ops_02_shows_who_reviews_it_and_lets_a_colleague_take_over_with_a_note(self, submitted):
        first, second = (enter(hire(name, rights.REVIEWER)) for name in ("boram", "chanho"))
        first.post(at("review-claim", submitted.public_id))
        page = second.get(at("review-detail", submitted.public_id))
        assert "님이 심사하고 있어요" in page.text
        assert "넘겨받기" in page.text
        assert "넘겨받은 뒤 처리해 주세요" in said(second.post(at("review-approve", submitted.public_id), follow=True))
        assert "이유를 적고" in said(second.post(at("review-claim", submitted.public_id), {"note": " "}, follow=True))
        assert "이 심사를 맡았어요" in said(second.post(at("review-claim", submitted.public_id), {"note": "휴가예요"}, follow=True))
        second.post(at("review-approve", submitted.public_id))
        submitted.refresh_from_db()
        assert submitted.state == State.SCHEDULED

    def test_ops_03_a_decision_from_an_older_page_is_refused(self, submitted, minji_user):
        client = enter(hire("boram", rights.REVIEWER))
        spec = CampaignSpec.model_validate({**submitted.spec, "design": {**submitted.spec["design"], "title": "새 제목이에요"}})
        services.resubmit(campaign=submitted, spec=spec, by=minji_user, at=submitted.submitted_at, key="edit")
        for press in ("review-approve", "review-reject", "review-ask-changes"):
            answer = client.post(at(press, submitted.public_id), {"version": "1", "reason": "이유예요"}, follow=True)
            assert "2번 버전이 더 새로워요" in said(answer)
        submitted.refresh_from_db()
        assert submitted.state == State.SUBMITTED

    def test_ops_04_reasons_of_single_fields_go_along_and_the_next_reviewer_sees_them(self, submitted, minji_user):
        client = enter(hire("boram", rights.REVIEWER))
        remarks = {"remark:design.title": "광고 표시가 필요해요", "remark:nonsense": "x", "remark:design.body": ""}
        answer = {"version": "1", "reason": "두 가지를 고쳐 주세요", **remarks}
        client.post(at("review-reject", submitted.public_id), answer)
        version = submitted.versions.get()
        assert (version.state, version.remarks) == ("REJECTED", {"design.title": "광고 표시가 필요해요"})
        submitted.refresh_from_db()
        spec = CampaignSpec.model_validate({**submitted.spec, "design": {**submitted.spec["design"], "title": "[광고] 새 제목"}})
        services.resubmit(campaign=submitted, spec=spec, by=minji_user, at=submitted.submitted_at, key="edit")
        page = client.get(at("review-detail", submitted.public_id)).text
        assert "지난 심사: 광고 표시가 필요해요" in page
        assert "민지네 커피 구경하기" in page
        assert "[광고] 새 제목" in page
        assert "바뀐 항목" in page

    def test_adv_20_what_was_typed_is_kept_when_the_reason_is_missing(self, submitted):
        client = enter(hire("boram", rights.REVIEWER))
        page = client.post(at("review-reject", submitted.public_id), {"reason": "", "remark:design.title": "표시가 없어요"})
        assert page.status_code == 422
        assert 'value="표시가 없어요"' in page.text

    def test_shows_the_time_left_and_stops_it_for_papers(self, submitted):
        client = enter(hire("boram", rights.REVIEWER))
        version = submitted.versions.get()
        assert re.search("(남음|지남)", client.get(at("review-list")).text)
        client.post(at("review-hold", submitted.public_id), {"reason": "통신판매업 신고증"})
        assert "서류 대기" in client.get(at("review-list")).text
        client.post(at("review-go-on", submitted.public_id))
        version.refresh_from_db()
        assert not version.is_held

    def test_a_second_look_is_asked_for_and_answered(self, submitted):
        client = enter(hire("boram", rights.REVIEWER))
        client.post(at("review-approve", submitted.public_id))
        client.post(at("review-flag", submitted.public_id), {"reason": "이미지를 다시 봐요"})
        assert "이미지를 다시 봐요" in client.get(at("review-list") + "?tab=again").text
        client.post(at("review-fine", submitted.public_id))
        assert "이미지를 다시 봐요" not in client.get(at("review-list") + "?tab=again").text


class TestExposure:
    def test_ops_14_is_switched_off_and_given_a_schedule(self, submitted):
        client = enter(hire("boram", rights.CONTENT))
        answer = {"reason": "명절에만 보여요", "exposed_from": "2026-12-01T09:00", "exposed_until": "2026-12-02T09:00"}
        client.post(at("review-expose", submitted.public_id), answer)
        submitted.refresh_from_db()
        assert (submitted.is_exposed, submitted.exposed_from.isoformat()) == (False, "2026-12-01T00:00:00+00:00")
        wrong = client.post(at("review-expose", submitted.public_id), {**answer, "exposed_until": "2026-11-30T09:00", "is_exposed": "on"})
        assert wrong.status_code == 422
        submitted.refresh_from_db()
        assert not submitted.is_exposed

    def test_ops_14_the_last_save_wins_only_if_it_saw_the_newest_order(self, submit):
        first, second, third = (submit(key=key, budget=100) for key in ("a", "b", "c"))
        boram, chanho = (enter(hire(name, rights.REVIEWER)) for name in ("boram", "chanho"))
        for campaign in (first, second, third):
            boram.post(at("review-approve", campaign.public_id))
        seal = re.search('name="seen" value="([0-9a-f]{64})"', boram.get(at("exposure-order")).text)[1]
        wanted = {f"place:{row.public_id}": str(place) for place, row in enumerate((third, first, second), 1)}
        assert "순서를 바꿨어요" in said(boram.post(at("exposure-reorder"), {"seen": seal, **wanted}, follow=True))
        other = {f"place:{row.public_id}": str(place) for place, row in enumerate((second, third, first), 1)}
        assert "다른 사람이 먼저 순서를 바꿨어요" in said(chanho.post(at("exposure-reorder"), {"seen": seal, **other}, follow=True))
        assert [row.pk for row in services.in_order()] == [third.pk, first.pk, second.pk]

    def test_ops_14_an_order_that_leaves_one_out_is_refused(self, submit):
        client = enter(hire("boram", rights.REVIEWER))
        rows = [submit(key=key, budget=100) for key in ("a", "b")]
        for campaign in rows:
            client.post(at("review-approve", campaign.public_id))
        seal = services.seal(services.in_order())
        answer = client.post(at("exposure-reorder"), {"seen": seal, f"place:{rows[0].public_id}": "1"}, follow=True)
        assert "빠졌거나 두 번" in said(answer)
        assert {row.exposure_order for row in services.in_order()} == {0}


class TestSideBySide:
    """What the desk shows of a version is drawn by the members' own templates."""

    def frames(self, page):
        return [frame.get("src") for frame in html.fromstring(page.text).xpath("//iframe")]

    def edited(self, submitted, minji_user):
        spec = CampaignSpec.model_validate({**submitted.spec, "design": {**submitted.spec["design"], "title": "새 제목이에요"}})
        return services.resubmit(campaign=submitted, spec=spec, by=minji_user, at=submitted.submitted_at, key="edit")

    def test_shows_the_version_before_and_the_newest_as_members_meet_them(self, submitted, minji_user):
        self.edited(submitted, minji_user)
        client = enter(hire("boram", rights.REVIEWER))
        old, new = self.frames(client.get(at("review-detail", submitted.public_id)))
        shown = [html.fromstring(client.get(url).text) for url in (old, new)]
        assert [page.xpath("string(//h1)").strip() for page in shown] == ["민지네 커피 구경하기", "새 제목이에요"]
        assert all(page.xpath("//html/@data-theme") == ["luckffle"] and not page.xpath("//script") for page in shown)

    def test_is_the_page_that_members_get_once_it_is_approved(self, submit, suji, client):
        now = timezone.now()
        campaign = submit(starts_at=now, ends_at=now + timedelta(days=3))
        desk = enter(hire("boram", rights.REVIEWER))
        (url,) = self.frames(desk.get(at("review-detail", campaign.public_id)))
        before = main_of(desk.get(url), "//main")
        desk.post(at("review-approve", campaign.public_id))
        assert before == main_of(browser(suji.user).get(f"/luckffle/missions/{campaign.public_id}/"), "//main")

    def test_other_views_and_what_does_not_exist(self, submitted):
        client = enter(hire("boram", rights.REVIEWER))
        page = client.get(at("review-detail", submitted.public_id) + "?view=list")
        assert self.frames(page) == [at("review-preview", submitted.public_id, 1, "list")]
        answer = client.get(at("review-preview", submitted.public_id, 1, "list"))
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "민지네 커피 구경하기" in answer.text
        assert client.get(at("review-preview", submitted.public_id, 7, "list")).status_code == 404
        assert client.get(at("review-preview", submitted.public_id, 1, "nope")).status_code == 404
