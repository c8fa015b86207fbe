"""Fields that people type numbers and moments into, and the form for raising a budget."""

import uuid
from typing import Annotated, Any

from django import forms
from pydantic import StringConstraints

from campaigns.schemas import Credits
from common.forms import SchemaForm
from common.schemas import Input

Token = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{32,36}$")]
MOMENT = "%Y-%m-%dT%H:%M"
MONEY = {"inputmode": "numeric", "data-money": "", "autocomplete": "off"}


class WholeField(forms.CharField):
    """A whole number as people type it, with or without separators; what is no number goes on to the schema, which says so."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        digits = text.replace(",", "") if isinstance(text, str) else ""
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else text


class MomentField(forms.DateTimeField):
    """A moment on Seoul's clock, written by the browser's own date control or by hand."""

    widget = forms.DateTimeInput(format=MOMENT, attrs={"type": "datetime-local", "step": "60"})
    default_error_messages = {"invalid": "날짜와 시각을 다시 확인해 주세요."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs)


class RaiseWish(Input):
    """credits: to add.   key: one per opened page."""

    credits: Credits
    key: Token


class RaiseForm(SchemaForm):
    """How much to add to the budget."""

    schema = RaiseWish

    credits = WholeField(label="더할 크레딧", widget=forms.TextInput(attrs=MONEY))
    key = forms.CharField(widget=forms.HiddenInput)


def fresh_key() -> str:
    """A key for one opened page."""
    return str(uuid.uuid4())
