"""Becoming a member by oneself, on the web and in the app: a code to the phone, then nickname, password and consents."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from credits.models import Account
from identity import consents
from identity.models import Consent, PhoneCode, User
from rewards import services
from rewards.models import FormerMember, Member
from tests.app import Phone
from tests.campaigns.racing import tally, together
from tests.factories import PASSWORD
from tests.identity.conftest import identity_sandbox, outside

__all__ = ["identity_sandbox", "outside"]
NUMBER, DIGITS = "010-5555-0101", "01055550101"
ANSWER = {"nickname": "새친구", "password": PASSWORD, "is_14": True, "terms": True, "privacy": True}


def asked(outside, phone=None):
    """A code was asked for and sent; what goes back with the digits."""
    sent = (phone or Phone()).post("/signup/code", {"phone": NUMBER})
    assert sent.status_code == 201
    outside.works()
    return {"code": sent.json()["code"], "secret": sent.json()["secret"]}


def proved(outside, phone=None):
    """The secret of a number that was proved."""
    held = asked(outside, phone)
    assert Phone().post("/signup/prove", {**held, "digits": outside.digits(DIGITS)}).status_code == 204
    return held["secret"]


def refusal(answer):
    return answer.status_code, answer.json()["code"]


class TestInTheApp:
    def test_s_06_a_code_a_password_and_consents_make_a_member(self, outside, db):
        secret = proved(outside)
        answer = Phone().post("/signup", {**ANSWER, "secret": secret, "marketing": True})
        assert (answer.status_code, answer.json()["nickname"]) == (201, "새친구")
        member = Member.objects.get()
        assert (member.user.kind, member.user.phone, str(member.public_id)) == ("MEMBER", "+821055550101", answer.json()["id"])
        assert dict(Consent.objects.values_list("kind", "given")) == {"TERMS": True, "PRIVACY": True, "MARKETING": True, "NIGHT": False}
        versions = {text.kind: text.version for text in consents.texts_of("MEMBER")}
        assert dict(Consent.objects.values_list("kind", "version")) == versions
        assert list(Account.objects.filter(member_id=member.pk).values_list("balance", flat=True)) == [0, 0]
        signed_in = Phone().post("/auth/login", {"phone": NUMBER, "password": PASSWORD})
        token = signed_in.json()["meta"]["access_token"]
        assert Phone(token=token).get("/me").json()["nickname"] == "새친구"

    def test_a_number_that_nobody_proved_makes_nobody(self, outside, db):
        held = asked(outside)
        assert refusal(Phone().post("/signup", {**ANSWER, "secret": held["secret"]})) == (422, "signup.phone_not_proved")
        assert refusal(Phone().post("/signup", {**ANSWER, "secret": "x" * 32})) == (422, "signup.phone_not_proved")
        assert not User.objects.exists()

    def test_the_digits_count_for_who_asked_alone(self, outside, db):
        held = asked(outside)
        stolen = {**held, "secret": "y" * 32, "digits": outside.digits(DIGITS)}
        assert refusal(Phone().post("/signup/prove", stolen)) == (422, "phone_code.dead")

    @pytest.mark.parametrize("left_out", ["is_14", "terms", "privacy"])
    def test_without_what_is_needed_nobody_joins(self, outside, db, left_out):
        answer = Phone().post("/signup", {**ANSWER, left_out: False, "secret": proved(outside)})
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["detail"]["fields"]] == [left_out]
        assert not User.objects.exists()

    def test_night_without_marketing_is_refused(self, outside, db):
        answer = Phone().post("/signup", {**ANSWER, "night": True, "secret": proved(outside)})
        assert answer.json()["detail"]["fields"][0]["message"] == "밤에 받으려면 위의 소식 받기에도 동의해 주세요."

    @pytest.mark.parametrize("nickname", ["가", "럭플운영자", "관리자", "공백 있음", "열세글자가넘는긴별명이에요"])
    def test_a_nickname_is_short_and_nobody_of_ours(self, outside, db, nickname):
        answer = Phone().post("/signup", {**ANSWER, "nickname": nickname, "secret": proved(outside)})
        assert answer.json()["detail"]["fields"][0]["field"] == "nickname"

    def test_a_weak_password_is_refused_with_the_reason(self, outside, db):
        answer = Phone().post("/signup", {**ANSWER, "password": "short", "secret": proved(outside)})
        assert refusal(answer) == (422, "signup.password_refused")
        assert "10자 이상" in answer.json()["message"]

    def test_a_number_has_one_account_and_only_its_owner_hears_of_it(self, outside, db):
        assert Phone().post("/signup", {**ANSWER, "secret": proved(outside)}).status_code == 201
        PhoneCode.objects.update(created_at=timezone.now() - timedelta(minutes=2))
        held = asked(outside)
        answer = Phone().post("/signup/prove", {**held, "digits": outside.digits(DIGITS)})
        assert refusal(answer) == (409, "signup.member_phone_taken")
        assert Member.objects.count() == 1


class Refused(Exception):
    """The account was not made."""


def test_of_three_who_finish_at_once_one_account_is_made(transactional_db, outside):
    secret = proved(outside)

    def finish():
        answer = Phone().post("/signup", {**ANSWER, "secret": secret})
        if answer.status_code != 201:
            assert refusal(answer) == (409, "signup.member_phone_taken")
            raise Refused

    assert tally(together([finish] * 3)) == {"won": 1, "Refused": 2}
    assert (User.objects.count(), Member.objects.count(), Consent.objects.count()) == (1, 1, 4)


class TestOnTheWeb:
    SIGNUP, FINISH = "/luckffle/signup/", "/luckffle/signup/finish/"

    def prove(self, client, outside):
        client.post(self.SIGNUP, {"action": "send", "phone": NUMBER})
        outside.works()
        return client.post(self.SIGNUP, {"action": "code", "code": outside.digits(DIGITS)})

    def test_s_06_leads_from_the_number_to_the_home_signed_in(self, outside, db):
        client = Client()
        assert self.prove(client, outside).headers["Location"] == self.FINISH
        page = client.get(self.FINISH).content.decode()
        assert "만 14세 이상이에요" in page
        assert re.search(r"/terms/terms/", page)
        said = {"nickname": "새친구", "password": PASSWORD, "is_14": "on", "terms": "on", "privacy": "on"}
        assert client.post(self.FINISH, said).headers["Location"] == "/luckffle/"
        assert "새친구" in client.get("/luckffle/me/").content.decode()
        assert client.get(self.SIGNUP).headers["Location"] == "/luckffle/"

    def test_the_second_half_waits_for_the_first(self, db):
        assert Client().get(self.FINISH).headers["Location"] == self.SIGNUP

    def test_an_invitation_is_carried_on(self, outside, db):
        client = Client()
        client.post(f"{self.SIGNUP}?invitation=ABC123", {"action": "send", "phone": NUMBER})
        outside.works()
        answer = client.post(f"{self.SIGNUP}?invitation=ABC123", {"action": "code", "code": outside.digits(DIGITS)})
        assert answer.headers["Location"] == f"{self.FINISH}?invitation=ABC123"
        assert 'value="ABC123"' in client.get(answer.headers["Location"]).content.decode()

    def test_says_at_the_field_what_is_missing(self, outside, db):
        client = Client()
        self.prove(client, outside)
        answer = client.post(self.FINISH, {"nickname": "새친구", "password": PASSWORD})
        assert (answer.status_code, set(answer.context["form"].errors)) == (422, {"is_14", "terms", "privacy"})
        assert not User.objects.exists()


class TestAForgottenPassword:
    def test_is_chosen_anew_by_a_code_and_ends_what_was_signed_in(self, outside, suji):
        sent = Phone().post("/password-reset/code", {"phone": "010-0000-0001"}).json()
        outside.works()
        held = {"code": sent["code"], "secret": sent["secret"], "digits": outside.digits("01000000001")}
        token = Phone().post("/password-reset/prove", held).json()["token"]
        assert Phone().post("/password-reset", {"token": token, "password": "another-passw0rd-새로"}).status_code == 204
        assert Phone().post("/password-reset", {"token": token, "password": "another-passw0rd-새로"}).status_code == 410
        assert Phone().post("/auth/login", {"phone": suji.user.phone, "password": PASSWORD}).status_code == 400
        assert Phone().post("/auth/login", {"phone": suji.user.phone, "password": "another-passw0rd-새로"}).status_code == 200

    def test_an_unknown_number_gets_the_same_answer_and_no_message(self, outside, suji):
        known, unknown = (Phone().post("/password-reset/code", {"phone": number}) for number in ("010-0000-0001", "010-7777-1234"))
        assert (known.status_code, set(known.json())) == (unknown.status_code, set(unknown.json()))
        outside.works()
        assert outside.messages(to="01077771234") == []


class TestComingBack:
    def test_usr_26_a_hash_of_number_and_person_is_kept_when_somebody_leaves(self, suji, at):
        Member.objects.filter(pk=suji.pk).update(person_hash="5a" * 32)
        phone = suji.user.phone
        services.leave(member=suji, at=at)
        kept = FormerMember.objects.get()
        assert (len(kept.phone_hash), kept.person_hash, phone in kept.phone_hash) == (64, "5a" * 32, False)
        assert services.was_here(phone=phone)
        assert services.was_here(phone="+821012345678", person_hash="5a" * 32)
        assert not services.was_here(phone="+821012345678", person_hash="")
