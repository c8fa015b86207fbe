"""
Passwords that somebody would guess, judged offline: breached ones, names, words and keyboard runs with a number or a year behind them,
the same few letters again and again.

Beside Django's list of 20,000 breached passwords: at ten letters or more few people choose one of a list, many choose a variation of one.
"""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from zxcvbn import zxcvbn

from identity.models import User

FEWEST_GUESSES = 10**6
JUDGED = 24  # letters looked at: the work grows steeply with them, and who needs a million guesses for these is safe already


class GuessableValidator:
    """Refuses what a guesser reaches within a million tries. Knows nothing of the person: another validator does."""

    def validate(self, password: str, user: User | AnonymousUser | None = None) -> None:
        """:raises ValidationError: it is too easy to guess."""
        if zxcvbn(password[:JUDGED])["guesses"] < FEWEST_GUESSES:
            raise ValidationError("쉽게 맞힐 수 있는 비밀번호예요. 흔한 낱말, 키보드 순서, 반복은 피해 주세요.", code="password_guessable")

    def get_help_text(self) -> str:
        """The rule in a sentence."""
        return "흔한 낱말에 숫자만 붙인 것처럼 쉽게 맞힐 수 있는 비밀번호는 쓸 수 없어요."
