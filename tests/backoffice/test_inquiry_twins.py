"""Members' and advertisers' inquiries at the desk: one suite over both twins."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from backoffice import rights
from backoffice.models import CannedReply
from inquiries import services
from inquiries.models import Attachment, Inquiry, Message
from inquiries.schemas import InquiryIn
from tests.advertisers.applicants import picture
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, count_queries
from tests.signing_in import browser

DOORS = {
    "MEMBER": ("inquiry-list", "ad-inquiry-list", "/luckffle/inquiries/"),
    "ADVERTISER": ("ad-inquiry-list", "inquiry-list", "/my-page/inquiries/"),
}


@pytest.fixture(params=sorted(DOORS))
def twin(request, minji, minji_user, suji):
    """(kind, who asks, for which advertiser)."""
    return {"MEMBER": ("MEMBER", suji.user, None), "ADVERTISER": ("ADVERTISER", minji_user, minji)}[request.param]


@pytest.fixture
def sora(db):
    return hire("sora", rights.SUPPORT)


def ask(twin, key="form", topic="OTHER", title="언제 되나요?"):
    _, asker, advertiser = twin
    question = InquiryIn(topic=topic, title=title, text="기다리고 있어요.")
    return services.ask(asker=asker, advertiser=advertiser, question=question, key=key, at=timezone.now())


class TestTheQueue:
    def test_ops_21_holds_its_own_kind_only(self, twin, sora):
        inquiry, client = ask(twin), enter(sora)
        ours, others, _ = DOORS[twin[0]]
        assert inquiry.title in client.get(at(ours)).text
        assert inquiry.title not in client.get(at(others)).text

    def test_ops_21_shows_the_clock_of_each_and_late_ones_in_red(self, twin, sora):
        inquiry, client = ask(twin), enter(sora)
        door = at(DOORS[twin[0]][0])
        assert "약속까지" in client.get(door).text
        Inquiry.objects.filter(pk=inquiry.pk).update(waiting_since=timezone.now() - timedelta(days=30))
        assert "넘겼어요" in client.get(door).text
        assert "넘겼어요" in client.get(at("inquiry-detail", inquiry.public_id)).text

    def test_ops_21_leaves_mine_nobodys_a_topic_or_words(self, twin, sora):
        first, second = ask(twin, "one", title="영수증이 안 보여요"), ask(twin, "two", "PAYMENT", "결제가 안 돼요")
        services.assign(inquiry=first, to=sora, by=sora, at=timezone.now())
        client, door = enter(sora), at(DOORS[twin[0]][0])
        for query, shown in (("who=me", [first]), ("who=nobody", [second]), ("topic=PAYMENT", [second]), ("q=영수증", [first])):
            assert list(client.get(f"{door}?{query}").context["rows"]) == shown, query

    def test_asks_no_more_for_more_rows(self, twin, sora):
        ask(twin, "one")
        client, door = enter(sora), at(DOORS[twin[0]][0])
        before = count_queries(client, door)
        ask(twin, "two")
        ask(twin, "three")
        assert count_queries(client, door) == before


class TestTheThread:
    def test_ops_21_is_taken_answered_and_ended_and_the_asker_reads_the_answer(self, twin, sora):
        inquiry, client = ask(twin), enter(sora)
        client.post(at("inquiry-take", inquiry.public_id))
        client.post(at("inquiry-answer", inquiry.public_id), {"text": "지금 보고 있어요.", "key": str(uuid4())})
        inquiry.refresh_from_db()
        assert (inquiry.state, inquiry.assignee) == (Inquiry.State.ANSWERED, sora)
        page = browser(twin[1]).get(f"{DOORS[twin[0]][2]}{inquiry.public_id}/")
        assert "지금 보고 있어요." in page.text
        client.post(at("inquiry-close", inquiry.public_id))
        inquiry.refresh_from_db()
        assert inquiry.is_closed

    def test_ops_21_a_double_press_leaves_one_row_of_who_did_it(self, twin, sora):
        inquiry, client = ask(twin), enter(sora)
        answer, note = ({"text": words, "key": str(uuid4())} for words in ("지금 보고 있어요.", "까다로운 분이에요."))
        for _ in range(2):
            client.post(at("inquiry-take", inquiry.public_id))
            client.post(at("inquiry-answer", inquiry.public_id), answer)
            client.post(at("inquiry-note", inquiry.public_id), note)
        said = LogEntry.objects.filter(object_id=str(inquiry.pk)).values_list("change_message", flat=True)
        assert sorted(said) == ["답변했어요", "메모를 남겼어요", "문의를 맡았어요"]

    def test_ops_21_keeps_notes_inside(self, twin, sora):
        inquiry, client = ask(twin), enter(sora)
        client.post(at("inquiry-note", inquiry.public_id), {"text": "까다로운 분이에요.", "key": str(uuid4())})
        assert Message.objects.filter(side=Message.Side.NOTE).count() == 1
        assert "까다로운" in client.get(at("inquiry-detail", inquiry.public_id)).text
        assert "까다로운" not in browser(twin[1]).get(f"{DOORS[twin[0]][2]}{inquiry.public_id}/").text

    @pytest.mark.parametrize("door", ["inquiry-answer", "inquiry-note"])
    def test_ops_21_takes_attachments_by_their_content_and_not_by_their_name(self, twin, sora, settings, tmp_path, door):
        settings.STORAGES = {
            **settings.STORAGES,
            "private": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
        }
        inquiry, client = ask(twin), enter(sora)
        evil = SimpleUploadedFile("bill.pdf", b"<svg onload='alert(1)'/>", "application/pdf")
        answer = client.post(at(door, inquiry.public_id), {"text": "영수증이에요.", "key": str(uuid4()), "file": evil})
        assert answer.status_code == 422
        assert "JPG, PNG, WEBP 사진이나 PDF" in answer.text
        assert "영수증이에요." in answer.text
        assert Message.objects.count() == 1
        good = SimpleUploadedFile("쿠폰사진.png", picture() + b"<script>alert(1)</script>", "image/png")
        client.post(at(door, inquiry.public_id), {"text": "영수증이에요.", "key": str(uuid4()), "file": good})
        kept = Attachment.objects.get(message__text="영수증이에요.")
        assert (kept.content_type, b"script" in (tmp_path / kept.file).read_bytes()) == ("image/jpeg", False)
        seen = browser(twin[1]).get(f"{DOORS[twin[0]][2]}{inquiry.public_id}/").text
        assert ("쿠폰사진" in seen) == (door == "inquiry-answer")

    def test_ops_21_offers_ready_answers_that_fit(self, twin, sora):
        kind = twin[0]
        other = next(each for each in DOORS if each != kind)
        CannedReply.objects.create(title="모두에게", text="확인할게요.")
        CannedReply.objects.create(title="이 주제", text="영수증은 여기 있어요.", topic="PAYMENT", kind=kind)
        CannedReply.objects.create(title="다른 문의", text="다른 답이에요.", kind=other)
        CannedReply.objects.create(title="안 쓰는 답", text="예전 답이에요.", is_active=False)
        client = enter(sora)
        shown = client.get(at("inquiry-detail", ask(twin, topic="PAYMENT").public_id)).context["replies"]
        assert [reply.title for reply in shown] == ["모두에게", "이 주제"]
        assert [reply.title for reply in client.get(at("inquiry-detail", ask(twin, "two").public_id)).context["replies"]] == ["모두에게"]

    @pytest.mark.parametrize("role", [rights.REVIEWER, rights.FINANCE, rights.CONTENT])
    def test_is_for_those_who_answer(self, twin, desk, role):
        inquiry, client = ask(twin), desk(role)
        for name, args in ((DOORS[twin[0]][0], ()), ("inquiry-detail", (inquiry.public_id,)), ("backoffice_cannedreply_changelist", ())):
            assert client.get(at(name, *args)).status_code == 403


class TestReadyAnswers:
    def test_are_written_by_those_who_answer_and_never_deleted(self, sora):
        client = enter(sora)
        form = {"kind": "", "topic": "", "title": "인사", "text": "안녕하세요.", "place": "1", "is_active": "on"}
        client.post(at("backoffice_cannedreply_add"), form)
        row = CannedReply.objects.get()
        client.post(at("backoffice_cannedreply_change", row.pk), {**form, "is_active": ""})
        row.refresh_from_db()
        assert (row.title, row.is_active) == ("인사", False)
        assert client.post(at("backoffice_cannedreply_delete", row.pk), {"post": "yes"}).status_code == 403
