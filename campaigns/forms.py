"""Fields that people type numbers and moments into, and the form for raising a budget."""

import uuid
from collections.abc import Iterable
from typing import Annotated, Any, ClassVar

from django import forms
from pydantic import BaseModel, StringConstraints

from campaigns import types
from campaigns.models import Export, PlannedChange, ReportSchedule
from campaigns.questions import AnalyticsIn, FileIn, ReportIn
from campaigns.schemas import EARLIEST_YEAR, LATEST_YEAR, Credits, Moment
from campaigns.wishes import BulkWish, PlanWish
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

    def to_python(self, value: Any) -> Any:
        """A moment of our time: nobody means another one, and the calendar ends soon after the last that could be written."""
        moment = super().to_python(value)
        if moment is not None and not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise forms.ValidationError(self.error_messages["invalid"])
        return moment


class RaiseWish(Input):
    """credits: to add.   key: one per opened page."""

    credits: Credits
    key: Token


class RaiseForm(SchemaForm):
    """How much to add to the budget."""

    schema = RaiseWish

    credits = WholeField(label="더할 크레딧", widget=forms.TextInput(attrs=MONEY))
    key = forms.CharField(widget=forms.HiddenInput)


class BulkPress(BulkWish):
    """The page's wish with its key, one per opened page."""

    key: Token


class BulkForm(SchemaForm):
    """One deed for the campaigns that were chosen in the list."""

    schema = BulkPress

    campaigns = forms.MultipleChoiceField(label="캠페인", choices=())
    deed = forms.CharField(label="할 일")
    credits = WholeField(label="더할 크레딧")
    ends_at = MomentField(label="새 종료 시각")
    key = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: dict[str, Any]) -> None:
        super().__init__(data)
        chosen = self.fields["campaigns"]
        chosen.choices = [(value, value) for value in data.get("campaigns", ())]  # type: ignore[attr-defined]


class Appeal(Input):
    """text: what speaks for the rejected version."""

    text: Annotated[str, StringConstraints(min_length=2, max_length=1000)]


class AppealForm(SchemaForm):
    """Why another operator should look again."""

    schema = Appeal

    text = forms.CharField(label="다시 볼 이유", widget=forms.Textarea(attrs={"rows": 4, "maxlength": 1000}))


class Extension(Input):
    """ends_at: the new end."""

    ends_at: Moment


class ExtendForm(SchemaForm):
    """A later end."""

    schema = Extension

    ends_at = MomentField(label="새 종료 시각")


class PlanForm(SchemaForm):
    """A change for later."""

    schema = PlanWish

    kind = forms.ChoiceField(label="할 일", choices=PlannedChange.Kind.choices)
    due_at = MomentField(label="실행할 때")
    credits = WholeField(label="크레딧", widget=forms.TextInput(attrs=MONEY))


def fresh_key() -> str:
    """A key for one opened page."""
    return str(uuid.uuid4())


class DayField(forms.DateField):
    """A KST day, written by the browser's own date control or by hand."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    default_error_messages = {"invalid": "날짜를 다시 확인해 주세요."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%Y.%m.%d", "%Y%m%d"], **kwargs)


class AnalyticsForm(SchemaForm):
    """What to look at. campaigns: (public number, title) of those that may be chosen."""

    schema: ClassVar[type[BaseModel]] = AnalyticsIn

    first = DayField(label="시작일")
    last = DayField(label="종료일")
    campaign = forms.CharField(label="캠페인", widget=forms.Select)
    type = forms.CharField(label="유형", widget=forms.Select)
    compare = forms.CharField(label="비교", widget=forms.Select(choices=(("", "비교 안 함"), ("before", "바로 앞 기간"))))

    def __init__(self, *args: Any, campaigns: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["campaign"].widget.choices = [("", "모든 캠페인"), *campaigns]  # type: ignore[attr-defined]
        kinds = [(one.key, one.name) for one in types.all_types()]
        self.fields["type"].widget.choices = [("", "모든 유형"), *kinds]  # type: ignore[attr-defined]


class ExportIn(FileIn):
    """The same from a page. key: one per opened page."""

    key: Token


class ExportForm(AnalyticsForm):
    """The same choices as the page's, and what file to make."""

    schema = ExportIn

    what = forms.ChoiceField(label="내용", choices=Export.What.choices)
    form = forms.ChoiceField(label="형식", choices=Export.Form.choices)
    key = forms.CharField(widget=forms.HiddenInput)


class ReportForm(SchemaForm):
    """When a report goes to whom. recipients: (public number, address) of those that the team's owner may choose."""

    schema = ReportIn

    every = forms.ChoiceField(label="주기", choices=ReportSchedule.Every.choices)
    weekday = forms.ChoiceField(label="요일(매주)", choices=[(str(n), f"{name}요일") for n, name in enumerate("월화수목금토일")])
    day = forms.ChoiceField(label="날짜(매달)", choices=[(str(n), f"{n}일") for n in range(1, 29)])
    hour = forms.ChoiceField(label="시각", choices=[(str(n), f"{n}시") for n in range(24)])
    recipient = forms.CharField(label="받는 사람", widget=forms.Select)

    def __init__(self, *args: Any, recipients: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["recipient"].widget.choices = [("", "나"), *recipients]  # type: ignore[attr-defined]
