"""
What the outside may say to us: the strict base of every pydantic schema.

Plain pydantic and django-ninja accept `true`, `"100"` and unknown fields, and let NUL and lone surrogates through to the
database driver, which answers 500. Everything that takes input derives from `Input`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Any

from annotated_types import BaseMetadata, GroupedMetadata
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from common.kst import FIRST_DAY, LAST_DAY

NESTING_LIMIT = 32  # deeper input is nobody's form; without a limit it would exhaust the stack
_WHOLE_TEXT = re.compile(r"-?(?:[0-9]{1,19}|[0-9]{1,3}(?:,[0-9]{3}){1,6})")


def _whole(value: Any) -> Any:
    """Accept an int, or its decimal text from an HTML form, with or without separators; refuse anything else."""
    if isinstance(value, str) and _WHOLE_TEXT.fullmatch(value.strip()):
        return int(value.strip().replace(",", ""))
    return value


# A whole number in JSON; strict: true, "100" and 1e3 are refused. 2^53-1 is the largest int every JSON client keeps exact.
Whole = Annotated[int, Field(strict=True, ge=-(2**53 - 1), le=2**53 - 1)]
# The same for HTML forms, where everything is text.
FormWhole = Annotated[int, BeforeValidator(_whole), Field(strict=True, ge=-(2**53 - 1), le=2**53 - 1)]
Day = Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)]  # a KST day that may be asked about
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=100)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]


def clean_text(value: Any, *, depth: int = 0) -> Any:
    """NFC for every text inside; refuses NUL, lone surrogates and other control characters but newline and tab."""
    if depth > NESTING_LIMIT:
        raise PydanticCustomError("too_deep", "항목이 너무 깊게 겹쳐 있어요.")
    if isinstance(value, str):
        if any(0xD800 <= ord(c) <= 0xDFFF or (unicodedata.category(c) == "Cc" and c not in "\n\r\t") for c in value):
            raise PydanticCustomError("text_not_clean", "사용할 수 없는 글자가 들어 있어요.")
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {clean_text(key, depth=depth + 1): clean_text(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [clean_text(item, depth=depth + 1) for item in value]
    return value


def _limits(metadata: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """(name, value) of the limits among a field's metadata, in the order in which the last of a name wins."""
    for item in metadata:
        if isinstance(item, GroupedMetadata):
            yield from _limits(item)
        for name in ("gt", "ge", "lt", "le", "min_length", "max_length"):
            if isinstance(item, BaseMetadata) and (value := getattr(item, name, None)) is not None:
                yield name, value


def _is_stricter(limit: str, value: Any, *, than: Any) -> bool:
    return bool(value >= than if limit in ("gt", "ge", "min_length") else value <= than)


class Input(BaseModel):
    """Base of every schema for input: unknown fields are refused, values are frozen, text is stripped and clean."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_strip_whitespace=True, str_max_length=10_000, hide_input_in_errors=True
    )  # an error in a log never quotes what a person typed

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """
        :raises TypeError: a limit of a field has no effect. `credits: Whole = Field(ge=10)` loses its 10 to the type's own limit, which
            comes later; write `credits: Annotated[Whole, Field(ge=10)]`.
        """
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            limits: dict[str, Any] = {}
            for limit, value in _limits(field.metadata):
                if limit in limits and not _is_stricter(limit, value, than=limits[limit]):
                    raise TypeError(
                        f"{cls.__name__}.{name}: {limit}={limits[limit]} is lost to {limit}={value}; use Annotated[…, Field(…)]"
                    )
                limits[limit] = value

    @model_validator(mode="before")
    @classmethod
    def _clean(cls, data: Any) -> Any:
        return clean_text(data)


class Output(BaseModel):
    """Base of every schema for answers."""

    model_config = ConfigDict(frozen=True, from_attributes=True)
