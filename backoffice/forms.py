"""Forms of the desks."""

from django import forms
from pydantic import Field

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


def first_error(form: forms.Form) -> str:
    """One sentence for the top of the page."""
    return next(f"{form.fields[name].label if name in form.fields else '입력'}: {errors[0]}" for name, errors in form.errors.items())
