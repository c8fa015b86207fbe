"""The content room: pages as rows, legal texts with days, copies from Notion, words of messages; each act with who and why."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from backoffice import rights
from common.kst import day_of
from identity.models import LegalText, MessageTemplate
from inquiries.models import Faq, Guide, GuideSnapshot, Notice
from tests.backoffice.conftest import enter, hire

ROOM = "/backoffice/content/"
WHY = {"reason": "읽기 쉽게 고쳐요"}
TEXT = "## 1. 새 조항\n\n" + "새로 정한 내용이에요. " * 10


@pytest.fixture
def writer(db):
    return enter(hire("mira", rights.CONTENT))


@pytest.fixture
def admin(db):
    return enter(hire("root", rights.ADMIN))


@pytest.fixture
def guide(db):
    return Guide.objects.create(
        slug="charge", title="충전", summary="충전하는 방법", text="여기서 쓴 글", notion_page="a" * 32, is_shown=True
    )


def copy_of(guide, html, *, state="READY"):
    now, by = timezone.now(), hire(f"copy-{state}-{guide.snapshots.count()}", rights.CONTENT)
    published = {"published_at": now, "published_by": by} if state == "PUBLISHED" else {}
    return GuideSnapshot.objects.create(
        guide=guide, state=state, html=html, title="충전", asked_at=now, asked_by=by, edited_at=now, left_out={"embed": 2}, **published
    )


class TestPages:
    def test_a_notice_is_written_with_a_reason_and_read_by_everybody(self, writer, client):
        sent = {"title": "점검 안내", "text": "새벽에 쉬어요.", "shown_from_0": "2026-11-25", "shown_from_1": "09:00:00", **WHY}
        assert writer.post("/backoffice/inquiries/notice/add/", sent).status_code == 302
        notice = Notice.objects.get()
        assert "새벽에 쉬어요." in client.get(f"/notices/{notice.public_id}/").text
        assert LogEntry.objects.get().change_message.endswith(WHY["reason"])

    def test_without_a_reason_nothing_is_written(self, writer):
        assert writer.post("/backoffice/inquiries/notice/add/", {"title": "점검", "text": "글"}).status_code == 200
        assert not Notice.objects.exists()

    def test_a_notice_does_not_end_before_it_begins(self, writer):
        days = {"shown_from_0": "2026-11-25", "shown_from_1": "09:00", "shown_until_0": "2026-11-24", "shown_until_1": "09:00"}
        answer = writer.post("/backoffice/inquiries/notice/add/", {"title": "점검", "text": "글", **days, **WHY})
        assert "보이기 시작하는 때보다 늦어야 해요." in answer.text
        assert not Notice.objects.exists()

    def test_a_question_is_taken_off_view_and_never_deleted(self, writer, client):
        faq = Faq.objects.create(topic="1_START", question="왜요?", answer="그래서요.")
        sent = {"topic": "1_START", "question": "왜요?", "answer": "그래서요.", "position": "1", **WHY}
        assert writer.post(f"/backoffice/inquiries/faq/{faq.pk}/change/", sent).status_code == 302
        assert "왜요?" not in client.get("/faq/").text
        assert writer.post(f"/backoffice/inquiries/faq/{faq.pk}/delete/").status_code == 403

    @pytest.mark.parametrize(
        "url, sentence",
        [
            ("https://evil.example/x", "노션의 임베드 주소(/ebd/)만 쓸 수 있어요."),
            (f"https://boost.notion.site/A-{'b' * 32}", f"https://boost.notion.site/ebd/{'b' * 32}"),
        ],
    )
    def test_s_85_a_guide_embeds_allowed_addresses_only(self, writer, guide, url, sentence):
        sent = {"slug": "charge", "title": "충전", "summary": "한 줄", "position": "1", "embed_url": url, **WHY}
        answer = writer.post(f"/backoffice/inquiries/guide/{guide.pk}/change/", sent)
        assert sentence in answer.text
        guide.refresh_from_db()
        assert guide.embed_url == ""

    def test_a_number_of_notion_is_taken_with_its_dashes(self, writer, guide):
        sent = {
            "slug": "charge",
            "title": "충전",
            "summary": "한 줄",
            "position": "1",
            "notion_page": "bbbbbbbb-bbbb-bbbb-bbbb-bbbbbbbbbbbb",
        }
        assert writer.post(f"/backoffice/inquiries/guide/{guide.pk}/change/", {**sent, **WHY}).status_code == 302
        guide.refresh_from_db()
        assert guide.notion_page == "b" * 32


class TestTheRoom:
    def test_says_what_waits(self, writer, guide):
        copy_of(guide, "<p>새 글</p>")
        shown = writer.get(ROOM).text
        assert [word in shown for word in ("이용약관", "개인정보처리방침", "환불 정책", "2026-11-25", "확인 전")] == [True] * 5

    def test_is_closed_to_who_has_no_business_there(self, db):
        finance = enter(hire("pay", rights.FINANCE))
        assert {finance.get(path).status_code for path in (ROOM, f"{ROOM}messages/", f"{ROOM}texts/terms/")} == {403}


class TestCopies:
    def test_s_85_show_the_difference_and_how_it_will_look(self, writer, guide):
        guide.published = copy_of(guide, "<p>같은 글</p><p>옛 글</p>", state="PUBLISHED")
        guide.save()
        copy_of(guide, "<p>같은 글</p><p>새 <script>alert(1)</script>글</p>")
        shown = writer.get(f"{ROOM}guides/charge/").text
        assert "<del>옛 글</del>" in shown
        assert "<ins>새 " in shown
        assert "alert(1)</script>" not in shown
        assert "embed 2개" in shown

    def test_s_85_are_published_by_a_person_with_a_reason(self, writer, guide, client):
        row = copy_of(guide, "<p>노션의 글</p>")
        assert writer.post(f"{ROOM}copies/{row.public_id}/publish/", {"reason": " "}).status_code == 302
        assert "여기서 쓴 글" in client.get("/guide/charge/").text
        writer.post(f"{ROOM}copies/{row.public_id}/publish/", WHY)
        assert "노션의 글" in client.get("/guide/charge/").text
        entry = LogEntry.objects.get()
        assert (entry.user.username, entry.change_message) == ("mira", f"노션 사본 게시: {WHY['reason']}")

    def test_that_are_dropped_change_nothing(self, writer, guide, client):
        row = copy_of(guide, "<p>노션의 글</p>")
        writer.post(f"{ROOM}copies/{row.public_id}/drop/", WHY)
        writer.post(f"{ROOM}copies/{row.public_id}/publish/", WHY)
        row.refresh_from_db()
        assert row.state == "DROPPED"
        assert "여기서 쓴 글" in client.get("/guide/charge/").text
        assert LogEntry.objects.count() == 1

    def test_are_asked_for_here_and_fetched_by_the_queue(self, writer, guide):
        writer.post(f"{ROOM}guides/charge/copy/")
        assert GuideSnapshot.objects.get().state == "ASKED"
        assert "가져오고 있어요" in writer.get(f"{ROOM}guides/charge/").text


class TestLegalTexts:
    def announce(self, client, **changes):
        on = day_of(timezone.now()) + timedelta(days=10)
        return client.post(
            f"{ROOM}texts/terms/announce/", {"effective_on": f"{on}", "change": "1조를 새로 썼어요.", "text": TEXT, **changes}
        )

    def test_are_announced_with_a_notice_and_kept_with_who(self, admin, client):
        assert self.announce(admin).status_code == 302
        row = LegalText.objects.get()
        assert (row.slug, row.published_by.username) == ("terms", "root")
        assert Notice.objects.get().title.endswith("부터 이용약관이 바뀌어요")
        assert LogEntry.objects.get().change_message == "1조를 새로 썼어요."
        assert f"{row.effective_on}" in admin.get(f"{ROOM}texts/terms/").text

    @pytest.mark.parametrize(
        "changes, sentence",
        [
            ({"effective_on": "2026-11-26"}, "7일 전에 알려야 해서"),
            ({"effective_on": ""}, "시행일"),
            ({"is_adverse": "on"}, "30일 전에 알려야 해서"),
            ({"text": "짧아요"}, "50"),
        ],
    )
    def test_are_refused_with_a_sentence_and_nothing_written(self, admin, changes, sentence):
        answer = self.announce(admin, **changes)
        assert answer.status_code == 422
        assert sentence in answer.text
        assert not LegalText.objects.exists()
        assert not Notice.objects.exists()

    def test_are_not_a_writers_business(self, writer):
        assert self.announce(writer).status_code == 403
        assert "새 문서 공고하기" not in writer.get(f"{ROOM}texts/terms/").text


class TestMessages:
    PAGE = f"{ROOM}messages/inquiries.answered/"

    def test_show_how_they_arrive_and_are_rewritten_with_a_reason(self, admin):
        assert "영수증이 안 보여요" in admin.get(self.PAGE).text
        sent = {"title": "답변을 드렸어요", "body": "{title}에 답했어요.", "after": "0", **WHY}
        assert admin.post(f"{self.PAGE}save/", sent).status_code == 302
        assert "영수증이 안 보여요에 답했어요." in admin.get(self.PAGE).text
        assert MessageTemplate.objects.get().written_by.username == "root"

    def test_of_a_stale_screen_or_with_unknown_facts_are_refused(self, admin):
        sent = {"title": "답변", "body": "{price}원", "after": "0", **WHY}
        assert "이 알림에 없는 값이에요: price" in admin.post(f"{self.PAGE}save/", sent).text
        sent["body"] = "{title}"
        admin.post(f"{self.PAGE}save/", sent)
        assert "다른 사람이 이 문구를 바꿨어요" in admin.post(f"{self.PAGE}save/", sent).text
        assert MessageTemplate.objects.count() == 1

    def test_of_no_event_do_not_exist(self, admin):
        assert admin.get(f"{ROOM}messages/nothing/").status_code == 404
