"""Which passwords somebody would guess, and that finding out is quick."""

import time

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from identity.guessing import GuessableValidator
from identity.models import User
from tests.signing_in import browser

WORDS = "쉽게 맞힐 수 있는 비밀번호예요. 흔한 낱말, 키보드 순서, 반복은 피해 주세요."


def refusals(password: str) -> list[str]:
    try:
        GuessableValidator().validate(password)
    except ValidationError as error:
        return error.messages
    return []


class TestAGuessablePassword:
    @pytest.mark.parametrize(
        "password",
        [
            "password1234", "P@ssw0rd2024", "qwertyuiop12", "asdfghjkl123", "1q2w3e4r5t", "iloveyou1234", "1234567890", "aaaaaaaaaaaa",
            "abcabcabcabc", "19951225!!", "Monkey123456", "drowssap1234", "x" * 128,
        ],
    )  # fmt: skip
    def test_g7_is_refused_however_long_it_is(self, password):
        assert refusals(password) == [WORDS]

    def test_g7_is_refused_on_the_page_beside_the_field(self, minji_user):
        response = browser(minji_user).post("/accounts/password/", {"oldpassword": "boost-demo-1234!", "password1": "Qwertyuiop2026"})
        assert response.status_code == 422
        assert WORDS in response.content.decode()


class TestAGoodPassword:
    @pytest.mark.parametrize(
        "password", ["봄바람이 분다 2026", "correct horse battery", "boost-demo-1234!", "긴 비밀번호도 괜찮아요", "🦊🐻🐼🐨🐯🦁🐮🐷🐸🐵"]
    )
    def test_g7_of_any_letters_is_taken(self, password):
        validate_password(password, User(kind=User.Kind.ADVERTISER, username="minji"))


class TestTheLists:
    def test_g7_know_tens_of_thousands_of_breached_passwords(self):
        breached = FREQUENCY_LISTS["passwords"]
        assert len(breached) >= 30_000
        assert all(refusals(password) == [WORDS] for password in breached[:2_000:20])

    def test_g7_are_searched_quickly_even_for_a_password_made_to_be_slow(self):
        worst = ("4@8({[</369&#!1|0$5+7%2" * 6)[:128]
        started = time.process_time()
        refusals(worst)
        assert time.process_time() - started < 3, "the library alone needs minutes for all of it"
