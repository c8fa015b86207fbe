"""Another phone number, another address, and showing who one is with nothing but a mailbox."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from identity import contacts, mail_links, phone_codes, retention
from identity.models import AccessLog, ContactChange, MailLink, Notification, PhoneCode, StepUpGrant, User
from tests.connecting import connect_patiently
from tests.factories import UserFactory
from tests.signing_in import browser, step_up

PHONE, MAIL = "/accounts/phone/", "/accounts/email/"
OLD, NEW = "01012345678", "01099998888"
Purpose = StepUpGrant.Purpose


@pytest.fixture
def owner(minji_user):
    User.objects.filter(pk=minji_user.pk).update(phone="+821012345678")
    minji_user.refresh_from_db()
    return minji_user


def proved_browser(user, purpose):
    return step_up(browser(user), user, purpose)


class TestAnotherNumber:
    def change(self, client, outside, number=NEW):
        client.post(PHONE, {"action": "send", "phone": number})
        outside.works()
        return client.post(PHONE, {"action": "code", "code": outside.digits(number)})

    def test_s_20_is_taken_after_a_code_and_both_numbers_and_the_mailbox_hear_of_it(self, owner, outside):
        client = proved_browser(owner, Purpose.NEW_PHONE)
        assert "010-****-5678" in client.get(PHONE).content.decode()
        assert self.change(client, outside)["Location"] == "/my-page/profile/"
        owner.refresh_from_db()
        assert owner.phone == "+821099998888"
        outside.works()
        assert "휴대전화 번호를 바꿨어요" in outside.messages(to=OLD)[0]["body"]
        assert outside.messages(channel="MAIL", to="minji@example.com")[0]["subject"] == "[부스트] 휴대전화 번호를 바꿨어요"
        assert Notification.objects.get(user=owner).kind == "identity.phone_changed"
        assert AccessLog.objects.filter(actor=owner, action="keys.phone_changed").count() == 1

    def test_is_not_asked_for_before_the_person_showed_who_they_are(self, owner, outside):
        client = browser(owner)
        assert client.get(PHONE).status_code == 200
        response = client.post(PHONE, {"action": "send", "phone": NEW})
        assert response["Location"].startswith("/accounts/step-up/new-phone/?next=")
        assert not PhoneCode.objects.exists()

    def test_of_another_account_is_refused_to_who_proved_it_and_nothing_is_written(self, owner, eve_user, outside):
        User.objects.filter(pk=eve_user.pk).update(phone="+821099998888")
        response = self.change(proved_browser(owner, Purpose.NEW_PHONE), outside)
        assert response.status_code == 422
        assert "이 번호로 쓰는 다른 계정이 있어요" in response.content.decode()
        owner.refresh_from_db()
        assert owner.phone == "+821012345678"
        assert not ContactChange.objects.exists()

    def test_may_be_a_members_number_too(self, owner, suji, outside):
        assert self.change(proved_browser(owner, Purpose.NEW_PHONE), outside, "01000000001").status_code == 302

    def test_needs_the_right_code_for_this_purpose(self, owner, outside):
        client = proved_browser(owner, Purpose.NEW_PHONE)
        client.post(PHONE, {"action": "send", "phone": NEW})
        outside.works()
        wrong = f"{(int(outside.digits(NEW)) + 1) % 1_000_000:06d}"
        assert client.post(PHONE, {"action": "code", "code": wrong}).status_code == 422
        owner.refresh_from_db()
        assert owner.phone == "+821012345678"

    def test_the_first_one_tells_no_old_number(self, minji_user, outside):
        self.change(proved_browser(minji_user, Purpose.NEW_PHONE), outside)
        assert not ContactChange.objects.exists()
        minji_user.refresh_from_db()
        assert minji_user.phone == "+821099998888"

    def test_i4_the_old_one_is_kept_sealed_and_for_ninety_days(self, owner, outside, at):
        self.change(proved_browser(owner, Purpose.NEW_PHONE), outside)
        change = ContactChange.objects.get()
        assert "12345678" not in change.sealed_old
        assert change.old == "+821012345678"
        assert retention.purge(at=timezone.now() + timedelta(days=89))["identity.contact_changes"] == 0
        assert retention.purge(at=timezone.now() + timedelta(days=91))["identity.contact_changes"] == 1

    @pytest.mark.django_db(transaction=True)
    def test_of_two_accounts_that_prove_one_number_at_once_one_gets_it(self, transactional_db, at):
        people = [UserFactory(username=name, email=f"{name}@example.com") for name in ("ann", "ben")]
        codes = [_proved_code(number) for number in range(2)]
        outcomes = []

        def take(user, code):
            try:
                connect_patiently()
                contacts.change_phone(user=user, code=code, at=at)
                outcomes.append("taken")
            except contacts.PhoneTaken:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=take, args=pair) for pair in zip(people, codes, strict=True)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["refused", "taken"]
        assert User.objects.filter(phone="+821099998888").count() == 1


def _proved_code(number):
    now = timezone.now()
    return PhoneCode.objects.create(
        purpose=phone_codes.Purpose.NEW_PHONE, portal="advertiser", phone="+821099998888", browser=f"browser-{number}", address_hash="a",
        code_hash="h", used_at=now, created_at=now, expires_at=now,
    )  # fmt: skip


class TestAnotherAddress:
    def ask(self, client, email="new@example.com"):
        return client.post(MAIL, {"email": email})

    def test_is_taken_when_its_link_is_pressed_and_the_old_one_hears_of_it(self, owner, outside):
        client = proved_browser(owner, Purpose.NEW_EMAIL)
        assert self.ask(client)["Location"] == "/my-page/profile/"
        outside.works()
        owner.refresh_from_db()
        assert owner.email == "minji@example.com"
        assert client.post(outside.link("new@example.com")).status_code == 200
        owner.refresh_from_db()
        assert owner.email == "new@example.com"
        outside.works()
        assert outside.messages(channel="MAIL", to="minji@example.com")[0]["subject"] == "[부스트] 이메일을 바꿨어요"

    def test_is_not_asked_for_before_the_person_showed_who_they_are(self, owner):
        response = self.ask(browser(owner))
        assert response["Location"].startswith("/accounts/step-up/new-email/?next=")
        assert not MailLink.objects.exists()

    def test_g4_of_another_account_gets_the_same_answer_and_its_owner_a_mail_without_a_link(self, owner, eve_user, outside):
        client = proved_browser(owner, Purpose.NEW_EMAIL)
        response = self.ask(client, "eve@example.com")
        assert (response.status_code, response["Location"]) == (302, "/my-page/profile/")
        outside.works()
        mail = outside.messages(channel="MAIL", to="eve@example.com")[0]
        assert "다른 계정에 쓰려고 했어요" in mail["subject"]
        assert "http" not in mail["body"]

    def test_a_later_one_makes_the_earlier_link_worth_nothing(self, owner, outside):
        client = proved_browser(owner, Purpose.NEW_EMAIL)
        self.ask(client, "first@example.com")
        outside.works()
        first = outside.link("first@example.com")
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            self.ask(client, "second@example.com")
            outside.works()
            assert client.post(first).status_code == 410

    def test_is_asked_for_once_a_minute_and_five_times_an_hour(self, owner, at):
        for minute in range(5):
            mail_links.ask_for_new_email(user=owner, email=f"n{minute}@example.com", at=at + timedelta(minutes=2 * minute))
        for moment in (at + timedelta(minutes=8, seconds=30), at + timedelta(minutes=20)):
            with pytest.raises(mail_links.TooOften):
                mail_links.ask_for_new_email(user=owner, email="more@example.com", at=moment)
        assert MailLink.objects.count() == 5

    @pytest.mark.parametrize("email", ["", "no address", "x" * 300 + "@example.com"])
    def test_that_is_none_is_refused_beside_the_field(self, owner, email):
        assert self.ask(proved_browser(owner, Purpose.NEW_EMAIL), email).status_code == 422


class TestSomebodyWithNothingButAMailbox:
    PAGE = "/accounts/step-up/new-phone/"

    def asks(self, client, outside):
        response = client.post(f"{self.PAGE}?next=/my-page/", {"action": "mail"})
        assert response.status_code == 302
        outside.works()
        return outside.link("minji@example.com")

    def test_s_23_shows_who_they_are_by_a_link_in_the_browser_that_asked(self, minji_user, outside):
        client = browser(minji_user)
        assert "메일로 확인하기" in client.get(self.PAGE).content.decode()
        link = self.asks(client, outside)
        assert client.get(link).status_code == 200
        assert not StepUpGrant.objects.exists(), "looking grants nothing"
        assert client.post(link)["Location"] == "/my-page/"
        [grant] = StepUpGrant.objects.filter(user=minji_user)
        assert (grant.purpose, grant.method) == ("new-phone", "MAIL")
        assert client.post(link).status_code == 404

    def test_another_browser_and_another_person_gain_nothing_from_the_link(self, minji_user, eve_user, outside):
        link = self.asks(browser(minji_user), outside)
        for other in (browser(minji_user), browser(eve_user)):
            assert other.get(link).status_code == 404
            assert other.post(link).status_code == 404
        assert not StepUpGrant.objects.exists()

    def test_the_link_lives_ten_minutes(self, minji_user, outside):
        client = browser(minji_user)
        link = self.asks(client, outside)
        with time_machine.travel(timezone.now() + timedelta(minutes=11)):
            assert client.post(link).status_code == 410

    @pytest.mark.parametrize("better", [{"phone": "+821012345678"}, {"person_hash": "a" * 64}, {"email": ""}])
    def test_whoever_has_something_better_or_no_mailbox_is_offered_no_mail(self, minji_user, better):
        User.objects.filter(pk=minji_user.pk).update(**better)
        client = browser(minji_user)
        assert "메일로 확인하기" not in client.get(self.PAGE).content.decode()
        assert client.post(self.PAGE, {"action": "mail"}).status_code == 422
        assert not MailLink.objects.exists()
