"""What people may ask."""

import re
from typing import Annotated

from pydantic import StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from advertisers.schemas import Email
from common.schemas import Input, LongText
from inquiries.models import Inquiry


class MessageIn(Input):
    """One more word."""

    text: LongText


class InquiryIn(MessageIn):
    """A new question. topic: of the list."""

    topic: str
    title: Annotated[str, StringConstraints(min_length=2, max_length=100)]

    @field_validator("topic")
    @classmethod
    def _is_of_the_list(cls, value: str) -> str:
        if value not in Inquiry.Topic.values:
            raise PydanticCustomError("topic_unknown", "고를 수 있는 주제가 아니에요.")
        return value

    @field_validator("title")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if any(character in value for character in "\r\n\t"):
            raise PydanticCustomError("title_one_line", "제목은 한 줄로 적어 주세요.")
        return value


class GuestIn(InquiryIn):
    """A question of somebody without an account. phone: as it was written, or empty.   agreed: to what becomes of name and address."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    company: Annotated[str, StringConstraints(max_length=60)] = ""
    email: Email
    phone: Annotated[str, StringConstraints(max_length=20)] = ""
    agreed: bool

    @field_validator("name", "company")
    @classmethod
    def _fits_on_a_line(cls, value: str) -> str:
        if any(character in value for character in "\r\n\t"):
            raise PydanticCustomError("one_line", "한 줄로 적어 주세요.")
        return value

    @field_validator("phone")
    @classmethod
    def _is_a_number(cls, value: str) -> str:
        if value and not re.fullmatch(r"\+?[0-9][0-9 -]{6,18}", value):
            raise PydanticCustomError("phone", "전화번호를 02-1234-5678처럼 적어 주세요.")
        return value

    @field_validator("agreed")
    @classmethod
    def _has_agreed(cls, value: bool) -> bool:
        if not value:
            raise PydanticCustomError("agree", "답변을 보내려면 개인정보 수집·이용에 동의해 주세요.")
        return value
