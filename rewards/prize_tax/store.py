"""
The one place that knows resident registration numbers. Sealed under keys of their own (`TAX_IDENTITY_KEYS`); whatever reads or deletes
them writes a line into the access log in the same transaction. All functions join the caller's transaction.
"""

import json
import re
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from django.conf import settings
from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from common import sealed
from common.schemas import Input
from common.transactions import joined
from identity import access_log
from identity.models import User
from rewards.models import TaxIdentity

_NUMBER = re.compile(r"(\d{2})(\d{2})(\d{2})-?([1-8])\d{6}")
_CENTURIES = {"1": 1900, "2": 1900, "5": 1900, "6": 1900, "3": 2000, "4": 2000, "7": 2000, "8": 2000}


class TaxAnswer(Input):
    """What a winner tells: the name and number on the own registration, and that both may be used for the tax."""

    name: Annotated[str, StringConstraints(min_length=2, max_length=40)]
    number: Annotated[str, StringConstraints(max_length=14)]
    agrees: Annotated[bool, Field(strict=True)]

    @field_validator("number")
    @classmethod
    def _is_a_number(cls, value: str) -> str:
        """Day of birth and kind; numbers issued since October 2020 have no check digit."""
        found = _NUMBER.fullmatch(value.replace(" ", ""))
        if found is None or not _is_a_day(*found.groups()):
            raise PydanticCustomError("resident_number", "주민등록번호 13자리를 다시 확인해 주세요.")
        return f"{value.replace(' ', '').replace('-', '')[:6]}-{value.replace(' ', '').replace('-', '')[6:]}"

    @field_validator("agrees")
    @classmethod
    def _has_agreed(cls, value: bool) -> bool:
        if not value:
            raise PydanticCustomError("not_agreed", "제세공과금 처리에 동의해야 경품을 받을 수 있어요.")
        return value


@dataclass(frozen=True, slots=True)
class Person:
    """Who pays a prize tax."""

    name: str
    number: str


def put(*, tax: UUID, person: Person, at: datetime) -> None:
    """Keep who pays; told again it replaces what was told before."""
    joined("a tax identity")
    text = sealed.seal(json.dumps(asdict(person), ensure_ascii=False), keys=settings.TAX_IDENTITY_KEYS)
    TaxIdentity.objects.update_or_create(tax=tax, defaults={"sealed": text, "made_at": at})
    access_log.note(actor=None, action="tax_identity.given", subject=subject_of(tax), at=at)


def look(*, tax: UUID, by: User, at: datetime) -> Person:
    """
    Who pays, in the clear. The caller has asked for the right and a reason.

    :raises LookupError: it was deleted.
    """
    joined("a look at a tax identity")
    row = TaxIdentity.objects.filter(tax=tax).first()
    if row is None:
        raise LookupError(tax)
    access_log.note(actor=by, action="tax_identity.exported", subject=subject_of(tax), at=at)
    return Person(**json.loads(sealed.unseal(row.sealed, keys=settings.TAX_IDENTITY_KEYS)))


def erase(*, tax: UUID, at: datetime) -> bool:
    """Delete it for good; False when there was nothing."""
    joined("the end of a tax identity")
    gone, _ = TaxIdentity.objects.filter(tax=tax).delete()
    if gone:
        access_log.note(actor=None, action="tax_identity.erased", subject=subject_of(tax), at=at)
    return bool(gone)


def subject_of(tax: UUID) -> str:
    """How the access log names it."""
    return f"prize_tax:{tax}"


def _is_a_day(year: str, month: str, day: str, kind: str) -> bool:
    try:
        date(_CENTURIES[kind] + int(year), int(month), int(day))
    except ValueError:
        return False
    return True
