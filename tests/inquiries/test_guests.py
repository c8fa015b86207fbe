"""Questions of people without an account: into the same engine, answered by mail, limited, with nothing readable at rest."""

import re
import threading
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.db import connection, connections
from django.utils import timezone

from backoffice import rights
from common import effects, handlers
from common.models import Effect
from identity.models import Notification
from inquiries import guests, services
from inquiries.models import Guest, Inquiry, Message
from inquiries.schemas import GuestIn, InquiryIn, MessageIn
from inquiries.tasks import purge_closed
from tests.backoffice.conftest import enter, hire
from tests.connecting import connect_patiently

CONTACT = "/contact/"
WORDS = {
    "name": "박손님",
    "company": "손님 상사",
    "email": "guest@example.com",
    "phone": "02-1234-5678",
    "topic": "CAMPAIGN",
    "title": "광고 문의",
    "text": "얼마부터 할 수 있나요?",
}


def ask(client, **changes):
    return client.post(CONTACT, {**WORDS, "agreed": "on", "key": str(uuid.uuid4()), **changes})


def asked(at, *, key="k", address="a" * 64, **changes):
    return guests.ask(guest=GuestIn(**{**WORDS, "agreed": True, **changes}), address=address, key=key, at=at)


@pytest.fixture
def support(db):
    return enter(hire("sora", rights.SUPPORT))


class TestAsking:
    def test_s_84_opens_an_inquiry_without_an_account_and_tells_the_operators(self, client, db):
        response = ask(client)
        assert response.headers["Location"] == "/contact/sent/"
        inquiry = Inquiry.objects.get()
        assert (inquiry.kind, inquiry.state, inquiry.asker, inquiry.advertiser) == ("GUEST", "RECEIVED", None, None)
        assert inquiry.messages.get().text == "얼마부터 할 수 있나요?"
        assert Notification.objects.for_operators().get().title == "비회원 문의가 들어왔어요"
        assert "적어 준 이메일로 답변을" in client.get("/contact/sent/").text

    def test_keeps_address_and_number_sealed(self, client, db):
        ask(client)
        guest = Guest.objects.get()
        assert (guest.mail_address, guest.phone_number) == ("guest@example.com", "02-1234-5678")
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(g)::text FROM inquiries_guest g")
            kept = cursor.fetchone()[0]
        assert [word for word in ("guest@example.com", "1234-5678", "127.0.0.1") if word in kept] == []

    @pytest.mark.parametrize(
        "changes, sentence",
        [
            ({"name": ""}, "이름"),
            ({"email": "어디"}, "이메일 주소를 name@example.com처럼"),
            ({"phone": "전화"}, "전화번호를 02-1234-5678처럼"),
            ({"agreed": ""}, "개인정보 수집·이용에 동의해 주세요"),
            ({"topic": "REWARD"}, "주제"),
            ({"title": "줄\n바꿈"}, "제목은 한 줄로"),
            ({"text": ""}, "내용"),
            ({"key": "x"}, "화면"),
        ],
    )
    def test_refuses_what_cannot_be_answered_and_writes_nothing(self, client, db, changes, sentence):
        response = ask(client, **changes)
        assert response.status_code == 422
        assert sentence in response.text
        assert not Inquiry.objects.unscoped().exists()

    def test_twice_from_one_form_is_once_and_other_words_under_its_key_are_refused(self, client, db):
        key = str(uuid.uuid4())
        assert [ask(client, key=key).status_code, ask(client, key=key).status_code] == [302, 302]
        assert ask(client, key=key, text="다른 질문이에요.").status_code == 409
        assert (Inquiry.objects.count(), Message.objects.count()) == (1, 1)

    def test_a_machine_hears_the_same_and_leaves_nothing(self, client, db):
        assert ask(client, website="https://spam.example").headers["Location"] == "/contact/sent/"
        assert not Inquiry.objects.unscoped().exists()

    def test_needs_the_form_of_this_browser(self, db):
        from django.test import Client

        assert ask(Client(enforce_csrf_checks=True)).status_code == 403
        assert not Inquiry.objects.unscoped().exists()


class TestLimits:
    def test_an_address_may_ask_five_times_an_hour(self, client, db):
        assert [ask(client).status_code for _ in range(6)] == [302] * 5 + [429]
        assert "너무 자주 보냈어요" in ask(client).text
        assert Inquiry.objects.count() == 5

    def test_another_address_and_another_hour_are_free(self, db, at):
        for number in range(5):
            asked(at, key=str(number))
        with pytest.raises(guests.TooManyGuests):
            asked(at + timedelta(minutes=59), key="late")
        assert asked(at, key="other", address="b" * 64)
        assert asked(at + timedelta(minutes=60), key="next")

    def test_a_header_does_not_make_another_address(self, client, db):
        for number in range(5):
            ask(client, headers={"x-forwarded-for": f"10.0.0.{number}"})
        assert (
            client.post(CONTACT, {**WORDS, "agreed": "on", "key": str(uuid.uuid4())}, headers={"x-forwarded-for": "10.9.9.9"}).status_code
            == 429
        )

    def test_hold_when_eight_forms_arrive_at_once(self, transactional_db, at):
        assert self._at_once(at) == 5

    def test_would_not_hold_without_the_lock(self, transactional_db, at, monkeypatch):
        class Seen(list):
            def filter(self, **_):
                return self

            def count(self):
                return len(self)

        gate = threading.Barrier(8)
        count = guests.Guest.objects.filter

        def counted(*args, **kwargs):
            found = count(*args, **kwargs)
            newest = list(found)
            gate.wait(timeout=20)
            return type(
                "Counted",
                (),
                {"filter": lambda self, **_: type("N", (), {"count": lambda self: len(newest)})(), "count": lambda self: len(newest)},
            )()

        monkeypatch.setattr(guests, "_LOCK", None)
        monkeypatch.setattr(guests.Guest.objects, "filter", counted)
        assert self._at_once(at) == 8

    @staticmethod
    def _at_once(at):
        def one(number):
            try:
                connect_patiently()
                asked(at, key=str(number))
            except guests.TooManyGuests:
                pass
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return Guest.objects.all().count()


class TestTheDesk:
    def test_shows_a_guest_with_a_masked_address(self, client, support):
        ask(client)
        inquiry = Inquiry.objects.get()
        assert "손님 상사" in support.get("/backoffice/ad-inquiries/").text
        shown = support.get(f"/backoffice/inquiries/{inquiry.public_id}/").text
        assert "박손님" in shown
        assert "guest@example.com" not in shown
        assert re.search(r"gu\*+@", shown)

    def test_answers_go_to_the_guests_mailbox_once(self, client, support, operator, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        ask(client)
        inquiry = Inquiry.objects.get()
        for _ in range(2):
            services.answer(inquiry=inquiry, by=operator, message=MessageIn(text="10만 원부터예요."), key="one", at=timezone.now())
        handlers.load()
        effects.run_due(at=timezone.now())
        sent = [message for message in mail.outbox if message.to == ["guest@example.com"]]
        assert len(sent) == 1
        assert sent[0].subject == "[부스트] 문의에 답변을 드려요: 광고 문의"
        assert "박손님님" in sent[0].body
        assert "10만 원부터예요." in sent[0].body
        assert Effect.objects.get(kind="inquiries.guest_answer").state == "DONE"
        inquiry.refresh_from_db()
        assert inquiry.state == "ANSWERED"

    def test_a_guest_is_nobody_who_could_follow_up(self, client, minji_user, db):
        ask(client)
        with pytest.raises(services.NotYours):
            services.follow_up(inquiry=Inquiry.objects.get(), by=minji_user, message=MessageIn(text="저예요."), key="x", at=timezone.now())


class TestTheEnd:
    def test_name_and_address_go_with_the_inquiry(self, operator, at):
        inquiry = asked(at)
        services.close(inquiry=inquiry, by=operator, at=at)
        assert purge_closed(at) > 0
        assert not Guest.objects.exists()


class TestTheLink:
    """What shows that somebody is this guest."""

    @pytest.fixture
    def inquiry(self, operator, at):
        inquiry = asked(at)
        services.answer(inquiry=inquiry, by=operator, message=MessageIn(text="10만 원부터예요."), key="a", at=at)
        return inquiry

    @pytest.fixture
    def page(self, inquiry, at):
        with time_machine.travel(at, tick=False) as clock:
            yield urlsplit(guests.link_of(inquiry, at=at)).path, clock

    def test_shows_this_thread_to_anybody_who_has_it_and_no_account_address_or_number(self, client, page):
        address, _ = page
        answer = client.get(address)
        assert answer.status_code == 200
        assert [word for word in ("guest@example.com", "1234-5678", "박손님") if word in answer.text] == []
        assert ("no-store" in answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == (True, "no-referrer")
        assert 'content="noindex"' in answer.text

    def test_is_over_after_thirty_days_to_the_second(self, client, page, at):
        address, clock = page
        for moment, status in ((guests.LINK_LIVES - timedelta(seconds=1), 200), (guests.LINK_LIVES, 404)):
            clock.move_to(at + moment)
            assert client.get(address).status_code == status
        assert client.post(address, {"text": "늦었어요.", "key": str(uuid.uuid4())}).status_code == 404
        assert client.post(f"{address}close/").status_code == 404
        assert Message.objects.count() == 2

    @pytest.mark.parametrize("change", ["number", "time", "proof", "cut", "nonsense", "huge"])
    def test_that_is_not_ours_says_the_same_as_one_that_is_over(self, client, page, at, change, db):
        address, clock = page
        number, ends, proof = address.split("/")[3].split("-")
        tokens = {
            "number": f"{uuid.uuid4().hex}-{ends}-{proof}",
            "time": f"{number}-{int(ends) + 1}-{proof}",
            "proof": f"{number}-{ends}-{'0' * 64}",
            "cut": f"{number}-{ends}",
            "nonsense": "x",
            "huge": f"{number}-{'9' * 30}-{proof}",
        }
        refused = client.get(f"/contact/threads/{tokens[change]}/")
        clock.move_to(at + guests.LINK_LIVES)
        over = client.get(address)
        assert (refused.status_code, over.status_code) == (404, 404)
        assert refused.text.partition("<main")[2] == over.text.partition("<main")[2]

    def test_opens_no_other_inquiry_and_none_of_a_team(self, client, page, minji, minji_user, at):
        question = InquiryIn(topic="PAYMENT", title="영수증이 안 보여요", text="어제 결제했어요.")
        teams = services.ask(asker=minji_user, advertiser=minji, question=question, key="t", at=at)
        assert client.get(urlsplit(guests.link_of(teams, at=at)).path).status_code == 404
        other = asked(at, key="other", title="다른 문의")
        file = f"{page[0]}attachments/{uuid.uuid4()}/"
        assert client.get(file).status_code == 404
        assert "다른 문의" not in client.get(page[0]).text
        assert other.messages.count() == 1

    def test_looking_and_a_mail_program_that_looks_change_nothing(self, client, page, inquiry):
        before = Inquiry.objects.values().get()
        for _ in range(3):
            client.get(page[0])
            client.head(page[0])
        assert Inquiry.objects.values().get() == before
        assert client.get(f"{page[0]}close/").status_code == 405

    def test_five_words_an_hour_and_the_sixth_waits(self, client, page, at):
        address, clock = page
        clock.move_to(at + timedelta(hours=2))
        statuses = [client.post(address, {"text": f"하나 더 {number}", "key": str(uuid.uuid4())}).status_code for number in range(6)]
        assert statuses == [302] * 5 + [429]
        assert "너무 자주 보냈어요" in client.post(address, {"text": "또요", "key": str(uuid.uuid4())}).text
        clock.move_to(at + timedelta(hours=3, seconds=1))
        assert client.post(address, {"text": "이제요.", "key": str(uuid.uuid4())}).status_code == 302

    def test_the_form_needs_this_browser(self, page):
        from django.test import Client

        assert Client(enforce_csrf_checks=True).post(page[0], {"text": "저예요.", "key": str(uuid.uuid4())}).status_code == 403

    def test_after_the_inquiry_is_forgotten_it_is_worth_nothing(self, client, page, inquiry, operator, at):
        services.close(inquiry=inquiry, by=operator, at=at)
        purge_closed(at)
        assert client.get(page[0]).status_code == 404

    def test_the_answer_by_mail_carries_it_on_our_own_origin_and_not_in_any_row(self, client, inquiry, page, settings, at):
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        handlers.load()
        effects.run_due(at=at)
        assert f"{settings.PORTAL_ORIGINS['advertiser']}{page[0]}" in mail.outbox[-1].body
        assert "30일 동안 열 수 있는 링크" in mail.outbox[-1].body
        assert page[0] in mail.outbox[-1].alternatives[0].content

    def test_words_of_two_tabs_at_once_are_five_an_hour_all_the_same(self, transactional_db, at):
        inquiry = asked(at)
        later, gate = at + timedelta(hours=2), threading.Barrier(8)

        def one(number):
            try:
                connect_patiently()
                gate.wait(timeout=20)
                guests.follow_up(inquiry=inquiry, message=MessageIn(text=f"말 {number}"), key=str(number), at=later)
            except guests.TooManyWords:
                pass
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=[number]) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert inquiry.messages.filter(at=later).count() == guests.WORDS_AN_HOUR
