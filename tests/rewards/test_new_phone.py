"""Another number: the password, the identity check where there was one, and a code. Coupons go to it from then on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from identity.models import IdentityCheck, PhoneCode, User
from rewards.models import Member
from tests.app import Phone
from tests.factories import PASSWORD, MemberFactory
from tests.identity.conftest import identity_sandbox, outside
from tests.signing_in import browser

__all__ = ["identity_sandbox", "outside"]
PAGE, NEW, STORED, DIGITS = "/luckffle/me/phone/", "010-7777-8888", "+821077778888", "01077778888"


def proved(member, *, ago=timedelta(0)):
    """The member showed who they are so long ago."""
    at = timezone.now() - ago
    IdentityCheck.objects.create(
        provider="PORTONE", purpose="MEMBER", user=member.user, browser="x", address_hash="x", ref="ref", state="VERIFIED",
        person_hash="5a" * 32, started_at=at, claimed_at=at,
    )  # fmt: skip
    Member.objects.filter(pk=member.pk).update(person_hash="5a" * 32)


def number_of(member):
    return User.objects.get(pk=member.user_id).phone


class TestOnTheWeb:
    def change(self, client, outside, **fields):
        sent = client.post(PAGE, {"action": "send", "phone": NEW, "password": PASSWORD, **fields})
        if sent.status_code != 302:
            return sent
        outside.works()
        return client.post(PAGE, {"action": "code", "code": outside.digits(DIGITS)})

    def test_usr_12_the_password_and_a_code_replace_it_and_the_old_one_is_told(self, suji, outside):
        old = suji.user.phone
        assert self.change(browser(suji.user), outside).headers["Location"] == "/luckffle/me/"
        outside.works()
        assert number_of(suji) == STORED
        assert "휴대전화 번호를 바꿨어요" in outside.messages(to="0" + old.removeprefix("+82"))[0]["body"]

    def test_a_wrong_password_sends_nothing(self, suji, outside):
        answer = self.change(browser(suji.user), outside, password="not-the-password")
        assert (answer.status_code, "비밀번호가 맞지 않아요" in answer.content.decode()) == (422, True)
        assert not PhoneCode.objects.exists()

    @pytest.mark.parametrize("ago", [timedelta(0), timedelta(minutes=11)])
    def test_usr_12_who_proved_who_they_are_proves_it_again(self, suji, outside, ago):
        proved(suji, ago=ago)
        answer = self.change(browser(suji.user), outside)
        assert (answer.status_code, number_of(suji) == STORED) == ((302, True) if not ago else (422, False))
        assert not ago or "본인확인을 다시 해 주세요" in answer.content.decode()

    def test_a_number_of_another_member_stays_theirs(self, suji, outside):
        MemberFactory(user__phone=STORED)
        answer = self.change(browser(suji.user), outside)
        assert (answer.status_code, number_of(suji) == STORED) == (422, False)


class TestInTheApp:
    def test_usr_12_the_same_steps(self, suji, outside):
        phone = Phone(suji)
        wrong = phone.post("/me/phone/code", {"phone": NEW, "password": "not-the-password"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "member.password_wrong")
        sent = phone.post("/me/phone/code", {"phone": NEW, "password": PASSWORD}).json()
        outside.works()
        said = {"code": sent["code"], "secret": sent["secret"], "digits": outside.digits(DIGITS)}
        assert phone.post("/me/phone", said).status_code == 204
        assert number_of(suji) == STORED

    def test_a_check_that_is_older_than_ten_minutes_is_not_enough(self, suji, outside):
        proved(suji, ago=timedelta(minutes=11))
        answer = Phone(suji).post("/me/phone/code", {"phone": NEW, "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (403, "member.identity_again")
        assert not PhoneCode.objects.exists()
