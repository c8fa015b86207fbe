"""What people may say about their team and their advertiser."""

from typing import Annotated, Self

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import AfterValidator, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from advertisers.models import ApiKey, Invitation, Membership
from advertisers.webhooks import events
from advertisers.webhooks.calling import is_trusted
from common import outside
from common.schemas import FormWhole, Input

LARGEST_LIMIT = 10_000_000_000


def _is_address(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        raise PydanticCustomError("email_unclear", "이메일 주소를 name@example.com처럼 적어 주세요.") from None
    return value


Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_is_address)]


class InvitationIn(Input):
    """role: below the owner's."""

    email: Email
    role: str

    @field_validator("role")
    @classmethod
    def _may_be_offered(cls, value: str) -> str:
        if value not in [role.value for role in Invitation.INVITABLE]:
            raise PydanticCustomError("role_unknown", "고를 수 있는 역할이 아니에요.")
        return value


Limit = Annotated[FormWhole, Field(ge=0, le=LARGEST_LIMIT)] | None


class LimitIn(Input):
    """Credits per month; None for no limit."""

    monthly_credits: Limit = None
    monthly_top_up_credits: Limit = None


class RecipientIn(Input):
    """An address for reports."""

    email: Email


class KeyIn(Input):
    """name: what the key is for.   scopes: at least one.   is_test: what it changes is undone."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    scopes: Annotated[list[str], Field(min_length=1, max_length=10)]
    is_test: bool = False

    @field_validator("scopes")
    @classmethod
    def _are_known(cls, value: list[str]) -> list[str]:
        if not set(value) <= {scope.value for scope in ApiKey.Scope}:
            raise PydanticCustomError("scope_unknown", "고를 수 있는 범위가 아니에요.")
        return value


class WebhookIn(Input):
    """name: what the receiver is for.   url: https, a public name.   events: at least one."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    url: Annotated[str, StringConstraints(min_length=1, max_length=outside.LONGEST)]
    events: Annotated[list[str], Field(min_length=1, max_length=len(events.TYPES))]

    @field_validator("url")
    @classmethod
    def _leads_outside(cls, value: str) -> str:
        return value if is_trusted(value) else outside.checked(value)

    @field_validator("events")
    @classmethod
    def _are_known(cls, value: list[str]) -> list[str]:
        if not set(value) <= events.KEYS:
            raise PydanticCustomError("event_unknown", "고를 수 있는 이벤트가 아니에요.")
        return value


class ProfileIn(Input):
    """name: one line, shown to members beside campaigns."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)]

    @field_validator("name")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if any(character in value for character in "\r\n\t"):
            raise PydanticCustomError("name_one_line", "이름은 한 줄로 적어 주세요.")
        return value


INVITABLE_CHOICES = [(role.value, Membership.Role(role).label) for role in Invitation.INVITABLE]


Hour = Annotated[FormWhole, Field(ge=0, le=23)]


class QuietHoursIn(Input):
    """When nothing rings: whole hours in Seoul, half-open, over midnight when from is the later one. is_quiet: there are such hours."""

    is_quiet: bool = False
    hour_from: Hour
    hour_until: Hour

    @model_validator(mode="after")
    def _end(self) -> Self:
        if self.is_quiet and self.hour_from == self.hour_until:
            raise PydanticCustomError("quiet_hours_end", "시작과 끝을 다르게 골라 주세요.")
        return self

    @property
    def hours(self) -> tuple[int, int] | None:
        """From and until; None when there are none."""
        return (self.hour_from, self.hour_until) if self.is_quiet else None
