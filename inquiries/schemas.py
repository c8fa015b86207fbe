"""What people may ask."""

from typing import Annotated

from pydantic import StringConstraints, field_validator
from pydantic_core import PydanticCustomError

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
