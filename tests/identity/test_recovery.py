"""Finding an account again, by the phone and by mail; and that nobody else learns from it who has an account."""

import re
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import process_time

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

import identity
from common.models import DatedSetting, Effect
from identity import mail_links
from identity.models import AccessLog, MailLink, Notification, User
from tests import factories
from tests.factories import PASSWORD
from tests.signing_in import browser

FIND, RESET = "/accounts/find-id/", "/accounts/password/reset/"
PHONE = "01012345678"
NEW = "가을하늘 공활한데 2026"
TRIES, SIGN_INS, MOST_GAP = 200, 40, 0.020  # people known and people unknown, one after the other; seconds between their medians


@pytest.fixture
def owner(minji_user):
    User.objects.filter(pk=minji_user.pk).update(phone="+821012345678")
    minji_user.refresh_from_db()
    return minji_user


def person(number=1):
    return Client(REMOTE_ADDR=f"10.1.{number // 250}.{number % 250}")


def enters(password):
    return Client().post("/accounts/login/", {"login": "minji", "password": password}).status_code == 302


def mailed_link(outside, to="minji@example.com"):
    outside.works()
    return outside.link(to)


class TestFindingTheId:
    def test_s_24_by_the_phone(self, owner, outside):
        client = person()
        assert client.post(FIND, {"action": "send", "phone": "010-1234-5678"}).status_code == 302
        outside.works()
        page = client.post(FIND, {"action": "code", "code": outside.digits(PHONE)}).content.decode()
        assert "로그인 아이디를 찾았어요" in page
        assert ">minji<" in page

    def test_s_24_by_mail(self, owner, outside):
        person().post(FIND, {"action": "mail", "email": "Minji@Example.com"})
        outside.works()
        [mail] = outside.messages(channel="MAIL", to="minji@example.com")
        assert (mail["subject"], "로그인 아이디는 minji예요" in mail["body"]) == ("[부스트] 아이디를 알려드려요", True)

    def test_of_another_kind_of_person_is_not_found_here(self, suji, outside):
        person().post(FIND, {"action": "send", "phone": "010-0000-0001"})
        outside.works()
        assert outside.messages() == []


class TestANewPassword:
    def test_s_25_by_mail_ends_the_old_one_and_every_session(self, owner, outside):
        elsewhere = browser(owner)
        assert elsewhere.get("/dashboard/").status_code == 200
        client = person()
        client.post(RESET, {"action": "mail", "email": "minji@example.com"})
        link = mailed_link(outside)
        assert client.get(link).status_code == 200
        assert client.post(link, {"password": NEW}).status_code == 200
        assert (enters(PASSWORD), enters(NEW)) == (False, True)
        assert elsewhere.get("/dashboard/").status_code == 302
        assert AccessLog.objects.filter(actor=owner, action="password.reset").count() == 1
        assert Notification.objects.filter(user=owner, kind="identity.password_reset").count() == 1

    def test_s_25_by_the_phone(self, owner, outside):
        client = person()
        client.post(RESET, {"action": "send", "phone": PHONE})
        outside.works()
        response = client.post(RESET, {"action": "code", "code": outside.digits(PHONE)})
        assert client.post(response.headers["Location"], {"password": NEW}).status_code == 200
        assert enters(NEW)

    def test_adv_08_the_link_works_once(self, owner, outside):
        person().post(RESET, {"action": "mail", "email": "minji@example.com"})
        link = mailed_link(outside)
        assert person().post(link, {"password": NEW}).status_code == 200
        response = person().post(link, {"password": "또 다른 비밀번호 1234"})
        assert response.status_code == 410
        assert "이 링크는 더 쓸 수 없어요" in response.content.decode()
        assert enters(NEW)

    def test_adv_08_the_link_works_for_thirty_minutes(self, owner, outside):
        person().post(RESET, {"action": "mail", "email": "minji@example.com"})
        link, now = mailed_link(outside), timezone.now()
        with time_machine.travel(now + timedelta(minutes=29)):
            assert person().get(link).status_code == 200
        with time_machine.travel(now + timedelta(minutes=30, seconds=1)):
            assert person().get(link).status_code == 410
            assert person().post(link, {"password": NEW}).status_code == 410
        assert enters(PASSWORD)

    def test_adv_08_using_one_link_ends_the_others(self, owner, outside):
        now = timezone.now()
        links = []
        for minute in (0, 2):
            with time_machine.travel(now + timedelta(minutes=minute)):
                person().post(RESET, {"action": "mail", "email": "minji@example.com"})
                outside.works()
                links.append(outside.link("minji@example.com"))
        with time_machine.travel(now + timedelta(minutes=3)):
            assert person().post(links[1], {"password": NEW}).status_code == 200
            assert person().post(links[0], {"password": "또 다른 비밀번호 1234"}).status_code == 410

    def test_g5_looking_at_the_link_does_not_use_it_up_and_gives_no_referer(self, owner, outside):
        person().post(RESET, {"action": "mail", "email": "minji@example.com"})
        link = mailed_link(outside)
        for _ in range(3):
            response = person().get(link)
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response.headers["Cache-Control"]
        assert person().post(link, {"password": NEW}).status_code == 200

    @pytest.mark.parametrize("headers", [{"HTTP_X_FORWARDED_HOST": "evil.example"}, {"HTTP_FORWARDED": "host=evil.example"}])
    def test_g5_the_link_leads_to_our_own_address_whatever_the_headers_say(self, owner, outside, headers, settings):
        person().post(RESET, {"action": "mail", "email": "minji@example.com"}, **headers)
        outside.works()
        body = outside.messages(channel="MAIL")[0]["body"]
        assert settings.PORTAL_ORIGINS["advertiser"] + RESET in body
        assert "evil" not in body

    def test_g5_a_strange_host_is_refused(self, owner, outside):
        assert person().post(RESET, {"action": "mail", "email": "minji@example.com"}, HTTP_HOST="evil.example").status_code == 400

    @pytest.mark.parametrize(("password", "sentence"), [("short", "10자 이상"), ("", "꼭 필요한"), ("minji@example.com", "비밀번호")])
    def test_must_be_a_good_one(self, owner, outside, password, sentence):
        person().post(RESET, {"action": "mail", "email": "minji@example.com"})
        link = mailed_link(outside)
        response = person().post(link, {"password": password})
        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert enters(PASSWORD)

    def test_is_kept_by_no_row_and_no_effect(self, owner, outside):
        person().post(RESET, {"action": "mail", "email": "minji@example.com"})
        token = mailed_link(outside).rstrip("/").rpartition("/")[2]
        link = MailLink.objects.get()
        assert len(link.token_hash) == 64
        assert token not in str(vars(link)) + str([effect.ids for effect in Effect.objects.all()])

    @pytest.mark.parametrize("token", ["x", "../../", "%00", "a" * 5000, "한글"])
    def test_of_a_token_that_never_was_one_is_a_page(self, db, token):
        assert person().get(f"/accounts/password/reset/{token}/").status_code in (404, 410)


class TestEqualAnswers:
    """ADV-08 and G4: people we know and people we do not, by turns. That it is the same work too: test_equal_answers.py."""

    @staticmethod
    def known(number):
        return factories.UserFactory(phone=f"+82102{number:07d}", email=f"known{number}@example.com", username=f"known{number}")

    @staticmethod
    def shown(response):
        text = re.sub(rb'csrfmiddlewaretoken" value="[^"]+"', b"", response.content)
        text = re.sub(rb"010-\d{4}-\d{4}", b"", text)
        return response.status_code, response.headers.get("Location"), re.sub(rb"nonce-?[^\" ]*", b"", text)

    @pytest.mark.parametrize(("path", "way"), [(FIND, "send"), (RESET, "mail")])
    def test_adv_08_asking_says_the_same_every_time(self, db, outside, path, way):
        """Each from a browser and an address of its own."""
        for cap in ("hourly", "daily"):
            DatedSetting.objects.create(
                name=f"identity.sms_{cap}_cap_krw", value=10**9, effective_from=timezone.now() - timedelta(days=1), reason="시험"
            )
        for number in range(0, 2 * TRIES, 2):
            self.known(number)
        answers, pages, times = set(), set(), ([], [])
        for number in range(2 * TRIES):
            client = person(number)
            wanted = {"phone": f"+82102{number:07d}"} if way == "send" else {"email": f"known{number}@example.com"}
            before = process_time()
            answers.add(self.shown(client.post(path, {"action": way, **wanted})))
            times[number % 2].append(process_time() - before)
            if number % 20 < 2:
                pages.add(self.shown(client.get(path)))
        assert (len(answers), len(pages)) == (1, 1)
        assert Effect.objects.count() == 2 * TRIES
        assert abs(median(times[0]) - median(times[1])) <= MOST_GAP

    def test_adv_08_signing_in_takes_the_same_time_for_everybody(self, db):
        """No sleep evens it out: whoever is not there costs a hash like everybody else."""
        for number in range(0, 2 * SIGN_INS, 2):
            self.known(number)
        answers, times = set(), ([], [])
        for number in range(2 * SIGN_INS):
            client, before = person(number), process_time()
            answer = client.post("/accounts/login/", {"login": f"known{number}@example.com", "password": "wrong-password"})
            times[number % 2].append(process_time() - before)
            answers.add((answer.status_code, re.sub(rb"known\d+@", b"", self.shown(answer)[2])))
        assert len(answers) == 1
        assert abs(median(times[0]) - median(times[1])) <= MOST_GAP

    def test_adv_08_guessing_a_code_says_the_same(self, db, outside):
        self.known(1)
        answers = []
        for number in (1, 2):
            client = person(number)
            client.post(FIND, {"action": "send", "phone": f"+82102{number:07d}"})
            outside.works()
            answers.append([self.shown(client.post(FIND, {"action": "code", "code": "000000"})) for _ in range(5)])
        assert len(outside.messages()) == 1
        assert answers[0] == answers[1]

    def test_adv_08_the_page_that_waits_says_the_same_after_the_message_went_out_or_not(self, db, outside):
        self.known(1)
        pages = []
        for number in (1, 2):
            client = person(number)
            client.post(FIND, {"action": "send", "phone": f"+82102{number:07d}"})
            outside.works()
            pages.append(self.shown(client.get("/accounts/code/FIND_ID/")))
        assert pages[0] == pages[1]
        assert "인증번호를 보냈어요" in pages[0][2].decode()

    def test_nobody_sleeps_to_make_it_so(self):
        sources = [path.read_text() for path in Path(identity.__file__).parent.rglob("*.py")]
        assert not any("time.sleep" in text or "import sleep" in text for text in sources)


class TestLimits:
    def test_one_mail_a_minute_and_five_an_hour_known_or_not(self, owner, outside):
        for email in ("minji@example.com", "nobody@example.com"):
            now = timezone.now() + timedelta(hours=2 if email.startswith("nobody") else 0)
            statuses = []
            for minute in (0, 0.5, 2, 4, 6, 8, 10):
                with time_machine.travel(now + timedelta(minutes=minute)):
                    response = person(int(minute * 10)).post(RESET, {"action": "mail", "email": email})
                    statuses.append(response.status_code)
            assert statuses == [302, 422, 302, 302, 302, 302, 422]
            assert "메일을 너무 자주 요청했어요" in response.content.decode()

    def test_twenty_an_hour_for_an_address_with_a_forged_header(self, db, outside):
        for number in range(20):
            forged = {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}"}
            assert person().post(FIND, {"action": "mail", "email": f"n{number}@example.com"}, **forged).status_code == 302
        assert person().post(FIND, {"action": "mail", "email": "x@example.com"}, HTTP_X_FORWARDED_FOR="9.9.9.9").status_code == 422
        assert person(2).post(FIND, {"action": "mail", "email": "x@example.com"}).status_code == 302

    @pytest.mark.parametrize("data", [
        {"action": "mail", "email": "no"}, {"action": "mail"}, {"action": "send", "phone": "x"}, {"action": "code"}, {"action": "?"}, {},
        {"action": "mail", "email": "a@b.c\x00"}, {"action": "code", "code": "\x00"},
    ])  # fmt: skip
    def test_bad_input_is_a_page(self, db, data):
        assert person().post(FIND, data).status_code == 422


class TestConfirmingAnAddress:
    @pytest.mark.parametrize("has_looked", [False, True])
    def test_is_refused_when_another_account_took_it_meanwhile(self, owner, outside, monkeypatch, has_looked):
        user = factories.UserFactory(email="")
        with transaction.atomic():
            mail_links.ask_to_confirm(user=user, email="new@example.com", at=timezone.now())
        link = mailed_link(outside, "new@example.com")
        factories.UserFactory(email="NEW@example.com")
        if has_looked:  # and the other one came right after the look
            monkeypatch.setattr(mail_links, "is_taken", lambda link: False)
        response = person().post(link)
        assert response.status_code == 409
        user.refresh_from_db()
        assert user.email == ""
