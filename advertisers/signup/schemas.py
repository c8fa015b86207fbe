"""What people may answer while they sign up."""

from datetime import date
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, ValidationInfo, field_validator

from advertisers import addresses, business_numbers
from common import kst
from common.schemas import Input

EARLIEST = date(1900, 1, 1)


def _number(value: Any) -> str:
    found = business_numbers.read(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("사업자등록번호를 다시 확인해 주세요. 숫자 10자리가 등록증과 같아야 해요.")
    return found


def _email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError:
        raise ValueError("이메일을 name@example.com처럼 적어 주세요.") from None
    return value.lower()


def _opened_on(value: Any) -> date:
    digits = "".join(letter for letter in value if letter.isdigit()) if isinstance(value, str) else ""
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if len(digits) == 8 else None
    except ValueError:
        day = None
    if isinstance(value, date):
        day = value
    if day is None or not EARLIEST <= day <= kst.day_of(timezone.now()):
        raise ValueError("등록증의 개업 연월일을 2026-01-31처럼 적어 주세요.")
    return day


def _postcode(value: str) -> str:
    if not addresses.is_postcode(value):
        raise ValueError("우편번호 5자리를 다시 확인해 주세요.")
    return value


def _address(value: str) -> str:
    if not addresses.begins_with_province(value):
        raise ValueError("주소를 서울, 경기처럼 시·도부터 적어 주세요.")
    if not addresses.names_a_building(value):
        raise ValueError("건물 번호까지 적어 주세요.")
    return value


def _login_id(value: str) -> str:
    return value.lower()


Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(_email)]
BusinessNumber = Annotated[str, BeforeValidator(_number)]


class ConsentsAnswer(Input):
    """The two that are needed, and the two that are not."""

    terms: bool = Field(default=False)
    privacy: bool = Field(default=False)
    marketing: bool = Field(default=False)
    night: bool = Field(default=False)


class BusinessAnswer(Input):
    """
    A business as its registration certificate says it.

    is_as_on_paper: the applicant says so again after the tax office knew another date or name; then the paper decides.
    """

    registration_number: BusinessNumber
    company_name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    representative: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    opened_on: Annotated[date, BeforeValidator(_opened_on)]
    address: Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_address)]
    address_detail: Annotated[str, StringConstraints(max_length=100)] = ""
    postcode: Annotated[str, AfterValidator(_postcode)]
    tax_email: Email
    is_as_on_paper: bool = False

    @field_validator("postcode")
    @classmethod
    def _belongs_to_the_address(cls, value: str, info: ValidationInfo) -> str:
        address = info.data.get("address")
        if address and not addresses.belong_together(value, address):
            raise ValueError("우편번호와 주소의 시·도가 달라요. 등록증의 주소와 그 우편번호를 적어 주세요.")
        return value

    def facts(self) -> dict[str, Any]:
        """What of it is a field of BusinessUser."""
        return self.model_dump(exclude={"is_as_on_paper"})


class AccountAnswer(Input):
    """How the new owner signs in. The password is judged by settings.AUTH_PASSWORD_VALIDATORS."""

    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{4,19}$"), AfterValidator(_login_id)]
    email: Email
    password: Annotated[str, StringConstraints(min_length=1, max_length=128, strip_whitespace=False)]
