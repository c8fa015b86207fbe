"""
What all three sides have in common, tried on each by its own pages: the advertiser's team, the member, and the guest behind a mailed link.

One engine answers them; what one of them may do with a thread, each may.
"""

import re
import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from common import effects, handlers
from inquiries import services
from inquiries.models import Attachment, Inquiry, Message
from inquiries.schemas import MessageIn
from tests.advertisers.applicants import file_of, picture
from tests.inquiries.test_guests import WORDS as GUEST
from tests.pages import document, words
from tests.signing_in import browser

QUESTION = {"title": "답이 필요해요", "text": "어제부터 그래요."}
SECRET = "우리끼리 하는 말"


@dataclass
class Side:
    """One side. new: the page on which it asks.   facts: what its form wants beside the question."""

    client: Client
    new: str
    facts: dict[str, str]
    house: str

    def ask(self):
        answer = self.client.post(self.new, {**QUESTION, **self.facts, "key": str(uuid.uuid4())})
        assert answer.status_code == 302, answer.content.decode()
        return Inquiry.objects.get()


@pytest.fixture(params=["advertiser", "member", "guest"])
def side(request, db, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    handlers.load()
    if request.param == "advertiser":
        user = request.getfixturevalue("minji_user")
        request.getfixturevalue("minji")
        return Side(browser(user), "/my-page/inquiries/new/", {"topic": "PAYMENT"}, "부스트 운영팀")
    if request.param == "member":
        return Side(browser(request.getfixturevalue("suji").user), "/luckffle/inquiries/new/", {"topic": "REWARD"}, "럭플 운영팀")
    facts = {name: GUEST[name] for name in ("name", "email", "topic")}
    return Side(Client(), "/contact/", {**facts, "agreed": "on"}, "부스트 운영팀")


@pytest.fixture
def inquiry(side):
    return side.ask()


def say(inquiry, by, text="확인했어요.", files=(), what=services.answer):
    return what(inquiry=inquiry, by=by, message=MessageIn(text=text), files=files, key=str(uuid.uuid4()), at=timezone.now())


def told_address(side, inquiry):
    """Where the newest answer's notice, or mail, leads."""
    effects.run_due(at=timezone.now())
    if inquiry.asker is None:
        (*_, link) = re.findall(r"https?://\S+/contact/threads/\S+/", mail.outbox[-1].body)
        return urlsplit(link).path
    return inquiry.asker.notifications.filter(kind="inquiries.answered").order_by("-pk")[0].url


@pytest.fixture
def thread(side, inquiry, operator):
    """The address of the thread, once it was answered."""
    say(inquiry, operator)
    return told_address(side, inquiry)


def send(side, thread, text, **more):
    return side.client.post(thread, {"text": text, "key": str(uuid.uuid4()), **more})


class TestEverySide:
    def test_s_84_reads_the_answer_where_it_was_told_to_and_who_spoke(self, side, thread):
        page = side.client.get(thread)
        log = words(document(page).xpath('//*[@role="log"]')[0])
        assert [text in log for text in (QUESTION["text"], "확인했어요.", side.house)] == [True, True, True]
        assert "operator" not in page.text

    def test_s_84_answers_back_with_a_file_and_is_answered_again(self, side, inquiry, thread, operator):
        assert send(side, thread, "파일을 보내요.", file=file_of(picture())).headers["Location"] == thread
        inquiry.refresh_from_db()
        assert (inquiry.state, inquiry.waiting_since is not None) == ("RECEIVED", True)
        (link,) = {a.get("href") for a in document(side.client.get(thread)).iter("a") if "/attachments/" in a.get("href", "")}
        file = side.client.get(link)
        assert (file.status_code, file.headers["Content-Type"]) == (200, "image/jpeg")
        assert file.headers["Content-Disposition"].startswith("attachment;")
        say(inquiry, operator, "받았어요.")
        assert "받았어요." in side.client.get(told_address(side, inquiry)).text

    def test_s_84_never_sees_a_note_or_its_file(self, side, inquiry, thread, operator):
        say(inquiry, operator, SECRET, what=services.note)
        assert SECRET not in side.client.get(thread).text

    def test_s_84_ends_it_and_opens_it_again_by_another_word(self, side, inquiry, thread):
        assert side.client.post(f"{thread}close/").headers["Location"] == thread
        inquiry.refresh_from_db()
        assert inquiry.is_closed
        assert "다시 물어보기" in side.client.get(thread).text
        send(side, thread, "아직 안 돼요.")
        inquiry.refresh_from_db()
        assert (inquiry.state, inquiry.closed_at) == ("RECEIVED", None)

    def test_a_form_sent_twice_is_one_word_and_other_words_under_its_key_are_refused(self, side, thread):
        once = str(uuid.uuid4())
        for _ in range(2):
            send(side, thread, "한 번만요.", key=once)
        assert send(side, thread, "다른 말이에요.", key=once).status_code in (409, 422)
        assert Message.objects.filter(side="ASKER").count() == 2

    @pytest.mark.parametrize("text", ["", "가" * 2001, "\x00"])
    def test_what_cannot_be_read_is_refused_and_nothing_is_written(self, side, thread, text):
        assert send(side, thread, text).status_code == 422
        assert Message.objects.filter(side="ASKER").count() == 1

    def test_a_file_is_judged_by_its_content_and_what_was_typed_stays(self, side, thread):
        answer = send(side, thread, "적어 둔 말", file=file_of(b"<svg onload='alert(1)'/>", "scan.png"))
        assert (answer.status_code, "적어 둔 말" in answer.text) == (422, True)
        assert not Attachment.objects.exists()

    def test_of_somebody_else_there_is_nothing(self, side, thread, eve_user, eve):
        stranger = browser(eve_user)
        other = thread[:-2] + ("0" if thread[-2] != "0" else "1") + "/"  # an address that is almost right
        assert stranger.get(other, follow=True).status_code == 404 or "login" in stranger.get(other, follow=True).request["PATH_INFO"]
        assert QUESTION["text"] not in stranger.get(other, follow=True).text
