"""The advertiser's pages of inquiries, and the operators' desk: what one side says the other reads, except the notes."""

import uuid

import pytest
from django.db import transaction
from django.utils import timezone

from backoffice import rights
from common.models import Effect
from identity.models import AccessLog, Notification
from inquiries import guests, services
from inquiries.models import Attachment, Faq, Guide, Inquiry, Message
from inquiries.schemas import GuestIn, InquiryIn, MessageIn
from inquiries.tasks import purge_closed
from tests.advertisers.applicants import file_of, picture
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at as door
from tests.backoffice.pressing import count_queries, said
from tests.inquiries.test_guests import WORDS as GUEST
from tests.pages import document
from tests.signing_in import browser

LIST, NEW = "/my-page/inquiries/", "/my-page/inquiries/new/"
SECRET = "이 광고주는 조심해야 해요"


def key():
    return str(uuid.uuid4())


def ask(client, **changes):
    words = {"topic": "PAYMENT", "title": "영수증이 안 보여요", "text": "어제 결제했어요.", "key": key()}
    return client.post(NEW, {**words, **changes})


@pytest.fixture
def client(minji, minji_user):
    return browser(minji_user)


@pytest.fixture
def support():
    return enter(hire("sora", rights.SUPPORT))


@pytest.fixture
def inquiry(client):
    ask(client)
    return Inquiry.objects.get()


class TestAsking:
    def test_leads_to_the_thread_and_shows_it_to_the_team(self, client, jisoo):
        response = ask(client, file=file_of(picture()))
        inquiry = Inquiry.objects.get()
        assert response.headers["Location"] == f"{LIST}{inquiry.public_id}/"
        page = browser(jisoo).get(response.headers["Location"]).text
        assert [word in page for word in ("영수증이 안 보여요", "어제 결제했어요.", "사업자등록증.jpg")] == [True, True, True]
        assert "영수증이 안 보여요" in client.get(LIST).text

    def test_s_84_draws_the_file_anew_and_keeps_it_where_no_address_leads(self, client, storage):
        ask(client, file=file_of(picture() + b"<script>alert(1)</script>"))
        kept = Attachment.objects.get()
        raw = (storage / kept.file).read_bytes()
        assert (kept.content_type, raw[:3], b"script" in raw, kept.file.startswith("inquiries/")) == (
            "image/jpeg", b"\xff\xd8\xff", False, True,
        )  # fmt: skip

    def test_refuses_a_file_by_its_content_and_keeps_what_was_typed(self, client, storage):
        response = ask(client, file=file_of(b"<svg onload='alert(1)'/>", "scan.png"))
        assert response.status_code == 422
        assert "JPG, PNG, WEBP 사진이나 PDF" in response.text
        assert "어제 결제했어요." in response.text
        assert (Inquiry.objects.count(), storage.exists()) == (0, False)

    def test_sent_twice_is_one_question_with_one_file(self, client, storage):
        once = key()
        for _ in range(2):
            ask(client, key=once, file=file_of(picture()))
        assert (Inquiry.objects.count(), Message.objects.count(), Attachment.objects.count()) == (1, 1, 1)
        assert len(list((storage / "inquiries").iterdir())) == 1

    @pytest.mark.parametrize(("changes", "field"), [
        ({"title": ""}, "title"), ({"topic": "MONEY"}, "topic"), ({"topic": "REWARD"}, "topic"), ({"text": ""}, "text"),
        ({"text": "가" * 2001}, "text"), ({"key": "guess"}, "key"), ({"key": ""}, "__all__"),
    ])  # fmt: skip
    def test_says_beside_the_field_what_is_missing(self, client, changes, field):
        response = ask(client, **changes)
        assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
        assert Inquiry.objects.count() == 0

    def test_of_another_team_does_not_exist(self, client, eve_user, eve, inquiry):
        ask(client, file=file_of(picture()))
        stranger = browser(eve_user)
        file = Attachment.objects.get().public_id
        for address in (f"{LIST}{inquiry.public_id}/", f"{LIST}attachments/{file}/"):
            assert stranger.get(address).status_code == 404
        assert stranger.post(f"{LIST}{inquiry.public_id}/", {"text": "저요", "key": key()}).status_code == 404
        assert stranger.post(f"{LIST}{inquiry.public_id}/close/").status_code == 404
        assert "영수증" not in stranger.get(LIST).text


class TestHelpWhileWriting:
    @pytest.fixture(autouse=True)
    def _help(self, db):
        Faq.objects.all().delete()
        rows = (("1_START", "계정을 어떻게 만드나요?"), ("2_CREDIT", "영수증은 어디에서 받나요?"), ("4_REFUND", "환불은 언제 되나요?"))
        for topic, question in rows:
            Faq.objects.create(topic=topic, question=question, answer="여기에서 해요.")
        Faq.objects.create(topic="4_REFUND", question="숨긴 환불 질문?", answer="-", is_shown=False)
        Guide.objects.create(slug="refund-help", title="환불 받기", summary="환불을 요청하는 방법", text="-", is_shown=True)

    def offered(self, client, **typed):
        page = document(client.get(NEW, typed, headers={"HX-Request": "true"}))
        return [line.text_content().split("?")[0].split(" (")[0].strip() for line in page.xpath("//li//summary | //li//a")]

    @pytest.mark.parametrize("title", ["환불을 받고 싶어요", "환불은요", "언제 환불"])
    def test_s_84_what_has_the_words_stands_first_and_guides_with_it(self, client, title):
        assert self.offered(client, topic="PAYMENT", title=title) == ["환불은 언제 되나요", "영수증은 어디에서 받나요", "환불 받기"]

    def test_s_84_before_a_word_is_typed_what_is_of_the_topic_is_offered(self, client):
        assert self.offered(client, topic="ACCOUNT") == ["계정을 어떻게 만드나요"]
        assert self.offered(client, topic="NONSENSE", title="\x00") == []

    def test_stands_on_the_page_without_scripts_and_stays_when_the_question_is_refused(self, client):
        assert "먼저 찾아볼 수 있어요" in client.get(NEW).text
        refused = ask(client, title="환불이 안 돼요", text="")
        assert (refused.status_code, "환불은 언제 되나요?" in refused.text, 'value="환불이 안 돼요"' in refused.text) == (422, True, True)

    def test_asks_two_questions_however_much_help_there_is(self, client, django_assert_max_num_queries):
        client.get(NEW)
        for number in range(20):
            Faq.objects.create(topic="4_REFUND", question=f"환불 {number}?", answer="-")
        with django_assert_max_num_queries(12):
            assert len(self.offered(client, topic="PAYMENT", title="환불")) == 5


class TestTheList:
    def test_s_84_shows_every_question_page_by_page_and_by_what_became_of_it(self, client, minji, minji_user, operator, at):
        for number in range(21):
            question = InquiryIn(topic="PAYMENT", title=f"질문 {number:02}", text="어제 결제했어요.")
            asked = services.ask(asker=minji_user, advertiser=minji, question=question, key=f"q{number}", at=at)
        services.answer(inquiry=asked, by=operator, message=MessageIn(text="확인했어요."), key="a", at=at)
        assert ["질문 20" in client.get(LIST).text, "질문 00" in client.get(LIST).text] == [True, False]
        assert "질문 00" in client.get(LIST, {"page": "2"}).text
        assert [row.title for row in client.get(LIST, {"state": "answered"}).context["threads"]] == ["질문 20"]
        assert len(client.get(LIST, {"state": "waiting"}).context["threads"]) == 20
        assert "이 상태인 문의가 없어요" in client.get(LIST, {"state": "closed"}).text
        assert len(client.get(LIST, {"state": "nonsense"}).context["threads"]) == 20

    def test_asks_as_many_questions_for_many_rows_as_for_one(self, client, inquiry):
        one = count_queries(client, LIST)
        for _ in range(3):
            ask(client)
        assert count_queries(client, LIST) == one <= 12


class TestTheThread:
    def test_s_84_is_closed_by_the_asker_and_opened_again_by_another_word(self, client, inquiry):
        page = f"{LIST}{inquiry.public_id}/"
        client.post(f"{page}close/")
        inquiry.refresh_from_db()
        assert inquiry.is_closed
        assert "다시 물어보기" in client.get(page).text
        assert client.post(page, {"text": "아직 안 돼요.", "key": key()}).headers["Location"] == page
        inquiry.refresh_from_db()
        assert (inquiry.state, inquiry.closed_at) == ("RECEIVED", None)

    def test_hands_out_a_file_to_be_kept_and_writes_it_down(self, client, minji_user):
        ask(client, file=file_of(picture()))
        kept = Attachment.objects.get()
        response = client.get(f"{LIST}attachments/{kept.public_id}/")
        assert response.headers["Content-Disposition"].startswith("attachment;")
        assert "sandbox" in response.headers["Content-Security-Policy"]
        assert AccessLog.objects.get(action="attachment.viewed").actor == minji_user

    def test_asks_as_many_questions_for_many_words_as_for_one(self, client, inquiry):
        page = f"{LIST}{inquiry.public_id}/"
        one = count_queries(client, page)
        for number in range(3):
            client.post(page, {"text": f"하나 더 {number}", "key": key(), "file": file_of(picture())})
        assert count_queries(client, page) == one


class TestTheDesk:
    def test_s_84_answers_and_the_asker_is_told_by_mail_and_in_the_app(self, support, client, minji_user, inquiry):
        assert inquiry.title in support.get(door("ad-inquiry-list")).text
        page = support.post(door("inquiry-answer", inquiry.public_id), {"text": "다시 보내드렸어요.", "key": key()}, follow=True)
        assert "답변을 보냈어요" in said(page)
        notice = Notification.objects.get(user=minji_user, kind="inquiries.answered")
        assert notice.url == f"{LIST}{inquiry.public_id}/"
        assert Effect.objects.filter(kind="identity.mail", ids={"notification": notice.pk}).exists()
        thread = client.get(notice.url).text
        assert ("다시 보내드렸어요." in thread, "부스트 운영팀" in thread, "sora" in thread) == (True, True, False)
        inquiry.refresh_from_db()
        assert (inquiry.state, inquiry.assignee.username) == ("ANSWERED", "sora")

    def test_s_84_notes_and_their_files_are_never_seen_outside(self, support, client, inquiry):
        support.post(door("inquiry-note", inquiry.public_id), {"text": SECRET, "key": key(), "file": file_of(picture(), "비밀.png")})
        assert SECRET in support.get(door("inquiry-detail", inquiry.public_id)).text
        page = client.get(f"{LIST}{inquiry.public_id}/").text
        assert (SECRET in page, "비밀" in page) == (False, False)
        assert client.get(f"{LIST}attachments/{Attachment.objects.get().public_id}/").status_code == 404
        assert not Notification.objects.filter(kind="inquiries.answered").exists()

    def test_is_taken_and_ended(self, support, inquiry):
        support.post(door("inquiry-take", inquiry.public_id))
        inquiry.refresh_from_db()
        assert (inquiry.state, inquiry.assignee.username) == ("CHECKING", "sora")
        support.post(door("inquiry-close", inquiry.public_id))
        page = support.post(door("inquiry-answer", inquiry.public_id), {"text": "늦었어요.", "key": key()})
        assert page.status_code == 422
        assert Message.objects.filter(side="HOUSE").count() == 0

    def test_writes_down_who_read_what(self, support, client):
        ask(client, file=file_of(picture()))
        inquiry = Inquiry.objects.get()
        support.get(door("inquiry-detail", inquiry.public_id))
        support.get(door("inquiry-attachment", Attachment.objects.get().public_id))
        assert sorted(AccessLog.objects.filter(actor__username="sora").values_list("action", flat=True)) == [
            "attachment.viewed",
            "inquiry.viewed",
        ]

    def test_a_thread_stands_in_the_room_of_who_asked(self, support, suji, inquiry, at):
        question = InquiryIn(topic="REWARD", title="티켓이 안 와요", text="세 장 모았어요.")
        members = services.ask(asker=suji.user, advertiser=None, question=question, key="m", at=at)
        guest = guests.ask(guest=GuestIn(**GUEST, agreed=True), address="a" * 64, key="g", at=at)
        marked = {
            row.kind: document(support.get(door("inquiry-detail", row.public_id))).xpath(
                '//ol//a[contains(concat(@class, " "), " active ")]/@href'
            )
            for row in (inquiry, members, guest)
        }
        assert marked == {
            "ADVERTISER": [door("ad-inquiry-list")], "MEMBER": [door("inquiry-list")], "GUEST": [door("ad-inquiry-list")],
        }  # fmt: skip

    def test_keeps_members_and_advertisers_apart_in_the_queue(self, support, suji, inquiry):
        question = InquiryIn(topic="REWARD", title="티켓이 안 와요", text="세 장 모았어요.")
        services.ask(asker=suji.user, advertiser=None, question=question, key="m", at=timezone.now())
        assert "티켓이 안 와요" not in support.get(door("ad-inquiry-list")).text
        assert "티켓이 안 와요" in support.get(door("inquiry-list")).text

    @pytest.mark.parametrize("role", [rights.REVIEWER, rights.FINANCE, rights.CONTENT])
    def test_is_for_those_with_the_right_only(self, inquiry, role):
        client = enter(hire("other", role))
        assert client.get(door("inquiry-detail", inquiry.public_id)).status_code == 403
        assert client.post(door("inquiry-answer", inquiry.public_id), {"text": "저요", "key": key()}).status_code == 403
        assert Message.objects.count() == 1

    def test_asks_as_many_questions_for_one_row_as_for_many(self, support, client, inquiry):
        one = count_queries(support, door("ad-inquiry-list"))
        ask(client, title="다른 질문")
        ask(client, title="또 다른 질문")
        assert count_queries(support, door("ad-inquiry-list")) == one


class TestForgetting:
    @pytest.mark.django_db(transaction=True)
    def test_takes_the_files_along(self, client, minji_user, storage):
        ask(client, file=file_of(picture()))
        inquiry, at = Inquiry.objects.get(), timezone.now()
        services.follow_up(inquiry=inquiry, by=minji_user, message=MessageIn(text="됐어요."), key=key(), at=at)
        services.close(inquiry=inquiry, by=minji_user, at=at)
        with transaction.atomic():
            assert purge_closed(at) > 0
        assert (Inquiry.objects.count(), list((storage / "inquiries").iterdir())) == (0, [])
