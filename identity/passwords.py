"""What a password must be. Any character is welcome; nothing has to be changed by date."""

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError

from identity.models import User

LONGEST = 128  # longer ones would only keep the hasher busy
SHORTEST, SHORTEST_OF_OPERATORS = 10, 12


class LengthValidator:
    """Ten characters or more, twelve for operators."""

    def validate(self, password: str, user: User | AnonymousUser | None = None) -> None:
        """:raises ValidationError: it is too short or too long."""
        shortest = SHORTEST_OF_OPERATORS if getattr(user, "kind", "") == User.Kind.OPERATOR else SHORTEST
        if len(password) < shortest:
            raise ValidationError(f"비밀번호는 {shortest}자 이상으로 정해 주세요.", code="password_too_short")
        if len(password) > LONGEST:
            raise ValidationError(f"비밀번호는 {LONGEST}자까지 정할 수 있어요.", code="password_too_long")

    def get_help_text(self, *, is_operator: bool = False) -> str:
        """The rule in a sentence."""
        return f"{SHORTEST_OF_OPERATORS if is_operator else SHORTEST}자 이상이면 어떤 글자든 쓸 수 있어요."
