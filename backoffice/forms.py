"""Forms of the desks."""

from datetime import date
from typing import Annotated, Any

from django import forms
from django.utils import timezone
from pydantic import AfterValidator, BeforeValidator, Field

from common import kst
from common.forms import SchemaForm
from common.schemas import Input


class Reason(Input):
    """Why an operator decided so; people read it."""

    reason: str = Field(min_length=2, max_length=200)


class ReasonSheet(SchemaForm):
    """The face of a reason."""

    schema = Reason
    reason = forms.CharField(label="이유", widget=forms.Textarea(attrs={"rows": 4, "maxlength": 200}))


class LongReason(Input):
    """Why a reviewer decided so; the advertiser corrects by it."""

    reason: str = Field(min_length=2, max_length=1000)


class LongReasonSheet(SchemaForm):
    """The face of a long reason."""

    schema = LongReason
    reason = forms.CharField(label="이유", widget=forms.Textarea(attrs={"rows": 6, "maxlength": 1000}))


def _day(value: Any) -> Any:
    """A day as date fields send it; nothing else is one."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise ValueError("날짜를 2027-01-31처럼 적어 주세요.") from None


def _ahead(value: date) -> date:
    if value <= kst.day_of(timezone.now()):
        raise ValueError("내일이나 그 뒤의 날짜를 적어 주세요.")
    return value


class PaperAccepted(Input):
    """expires_on: the first day on which the paper no longer counts; None when it has none."""

    expires_on: Annotated[date, BeforeValidator(_day), AfterValidator(_ahead)] | None = None


class PaperAcceptedSheet(SchemaForm):
    """The face of a yes to a paper."""

    schema = PaperAccepted
    expires_on = forms.CharField(label="만료일", widget=forms.TextInput(attrs={"type": "date"}))


def first_error(form: forms.Form) -> str:
    """One sentence for the top of the page."""
    return next(f"{form.fields[name].label if name in form.fields else '입력'}: {errors[0]}" for name, errors in form.errors.items())
