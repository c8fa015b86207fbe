"""What people may answer while they sign up."""

from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from advertisers import business_numbers
from common.schemas import Input


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
    """A business as its registration certificate says it."""

    registration_number: BusinessNumber
    company_name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    representative: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    postcode: Annotated[str, StringConstraints(pattern=r"^[0-9]{5}$")]
    address: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    address_detail: Annotated[str, StringConstraints(max_length=100)] = ""
    tax_email: Email


class AccountAnswer(Input):
    """How the new owner signs in. The password is judged by settings.AUTH_PASSWORD_VALIDATORS."""

    username: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{4,19}$"), AfterValidator(_login_id)]
    email: Email
    password: Annotated[str, StringConstraints(min_length=1, max_length=128, strip_whitespace=False)]
