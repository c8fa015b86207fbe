"""A member's inquiries, on the web and in the app: the twin of the advertiser's side."""

import uuid

import pytest

from backoffice import rights
from identity.models import AccessLog, Notification
from inquiries import services
from inquiries.models import Attachment, Inquiry, Message
from inquiries.schemas import MessageIn
from tests import factories
from tests.advertisers.applicants import file_of, picture
from tests.app import ANDROID, BASE, Phone
from tests.backoffice.conftest import hire
from tests.signing_in import browser

LIST, NEW = "/luckffle/inquiries/", "/luckffle/inquiries/new/"
WORDS = {"topic": "REWARD", "title": "티켓이 안 보여요", "text": "어제 미션을 마쳤어요."}


def key():
    return str(uuid.uuid4())


def send(phone, path, fields, intent=None):
    """Multipart, as an app sends a form with a file or without."""
    headers = {"User-Agent": ANDROID, "Authorization": f"Bearer {phone.token}", "Idempotency-Key": intent or key()}
    return phone.client.post(f"{BASE}{path}", fields, headers=headers)


@pytest.mark.django_db
class TestOnTheWeb:
    def test_s_92_a_question_with_a_file_is_asked_answered_followed_up_and_closed(self, suji, at):
        client = browser(suji.user)
        asked = client.post(NEW, {**WORDS, "key": key(), "file": file_of(picture())})
        inquiry = Inquiry.objects.get()
        assert asked.headers["Location"] == f"{LIST}{inquiry.public_id}/"
        assert (inquiry.kind, inquiry.asker, inquiry.advertiser) == ("MEMBER", suji.user, None)
        operator = hire("sora", rights.SUPPORT)
        services.answer(inquiry=inquiry, by=operator, message=MessageIn(text="확인했어요."), key=key(), at=at)
        services.note(inquiry=inquiry, by=operator, message=MessageIn(text="우리끼리 하는 말"), key=key(), at=at)
        page = client.get(asked.headers["Location"]).content.decode()
        assert ("확인했어요." in page, "우리끼리" in page, "럭플 운영팀" in page) == (True, False, True)
        assert Notification.objects.get(user=suji.user, kind="inquiries.answered").url == f"{LIST}{inquiry.public_id}/"
        client.post(asked.headers["Location"], {"text": "하나 더요.", "key": key()})
        client.post(f"{asked.headers['Location']}close/")
        inquiry.refresh_from_db()
        assert (inquiry.state, inquiry.messages.visible_outside().count()) == ("CLOSED", 3)
        file = client.get(f"{LIST}attachments/{Attachment.objects.get().public_id}/")
        assert (file.status_code, AccessLog.objects.filter(action="attachment.viewed").count()) == (200, 1)

    def test_of_others_does_not_exist(self, suji, at):
        client = browser(suji.user)
        client.post(NEW, {**WORDS, "key": key(), "file": file_of(picture())})
        other, inquiry = browser(factories.MemberFactory().user), Inquiry.objects.get()
        assert [other.get(f"{LIST}{inquiry.public_id}/").status_code, other.post(f"{LIST}{inquiry.public_id}/close/").status_code] == [
            404
        ] * 2
        assert other.get(f"{LIST}attachments/{Attachment.objects.get().public_id}/").status_code == 404

    def test_a_question_of_payments_is_none_of_a_members(self, suji):
        page = browser(suji.user).get(NEW).content.decode()
        assert "결제와 환불" not in page


@pytest.mark.django_db
class TestInTheApp:
    def test_s_92_asks_reads_adds_a_word_and_closes(self, suji):
        phone, intent = Phone(suji), key()
        asked = send(phone, "/inquiries", {**WORDS, "file": file_of(picture())}, intent)
        assert asked.status_code == 201
        again = send(phone, "/inquiries", {**WORDS, "file": file_of(picture())}, intent)
        assert (again.json()["id"], Inquiry.objects.count(), Attachment.objects.count()) == (asked.json()["id"], 1, 1)
        number = asked.json()["id"]
        assert phone.get("/inquiries").json()["items"][0]["id"] == number
        said = send(phone, f"/inquiries/{number}/words", {"text": "하나 더요."}).json()
        assert [word["text"] for word in said["words"]] == [WORDS["text"], "하나 더요."]
        file = said["words"][0]["files"][0]
        assert phone.get(f"/inquiries/files/{file['id']}").headers["Content-Type"] == "image/jpeg"
        assert phone.post(f"/inquiries/{number}/close").json()["state"] == "CLOSED"
        assert Phone(factories.MemberFactory()).get(f"/inquiries/{number}").status_code == 404

    def test_another_question_under_the_same_key_is_a_conflict(self, suji):
        phone, intent = Phone(suji), key()
        send(phone, "/inquiries", WORDS, intent)
        other = send(phone, "/inquiries", {**WORDS, "text": "다른 말이에요."}, intent)
        assert (other.status_code, other.json()["code"]) == (409, "inquiries.key_conflict")
        assert Message.objects.count() == 1

    def test_pages_follow_each_other(self, suji):
        phone = Phone(suji)
        for number in range(3):
            send(phone, "/inquiries", {**WORDS, "title": f"문의 {number}"})
        first = phone.get("/inquiries?limit=2").json()
        rest = phone.get(f"/inquiries?limit=2&cursor={first['next']}").json()
        assert [row["title"] for row in first["items"] + rest["items"]] == ["문의 2", "문의 1", "문의 0"]
