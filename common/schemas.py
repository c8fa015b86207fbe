"""
What the outside may say to us: the strict base of every pydantic schema.

Plain pydantic and django-ninja accept `true`, `"100"` and unknown fields, and let NUL and lone surrogates through to the
database driver, which answers 500. Everything that takes input derives from `Input`.
"""

import unicodedata
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError


def _whole(value: Any) -> Any:
    """Accept an int, or its plain decimal text from an HTML form; refuse bool, float and anything else."""
    if isinstance(value, str):
        text = value.replace(",", "").strip()
        if text.removeprefix("-").isascii() and text.removeprefix("-").isdigit() and len(text) <= 19:
            return int(text)
    return value


# A whole number in JSON; strict: true, "100" and 1e3 are refused. 2^53-1 is the largest int every JSON client keeps exact.
Whole = Annotated[int, Field(strict=True, ge=-(2**53 - 1), le=2**53 - 1)]
# The same for HTML forms, where everything is text.
FormWhole = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=-(2**53 - 1), le=2**53 - 1)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=100)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


def clean_text(value: Any) -> Any:
    """NFC for every text inside; refuses NUL, lone surrogates and other control characters but newline and tab."""
    if isinstance(value, str):
        if any(0xD800 <= ord(c) <= 0xDFFF or (unicodedata.category(c) == "Cc" and c not in "\n\r\t") for c in value):
            raise PydanticCustomError("text_not_clean", "사용할 수 없는 글자가 들어 있어요.")
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {clean_text(key): clean_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_text(item) for item in value]
    return value


class Input(BaseModel):
    """Base of every schema for input: unknown fields are refused, values are frozen, text is stripped and clean."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, str_max_length=10_000)

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, data: Any) -> Any:
        return clean_text(data)


class Output(BaseModel):
    """Base of every schema for answers."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
