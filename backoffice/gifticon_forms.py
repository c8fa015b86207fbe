"""Forms of the gifticon rooms."""

from typing import Annotated, Any

from django import forms
from pydantic import AwareDatetime, BeforeValidator, Field

from backoffice.forms import Reason
from campaigns.forms import MomentField
from common.forms import SchemaForm
from common.schemas import FormWhole, Input


def _none_when_empty(value: Any) -> Any:
    return None if value in ("", None) else value


class Markup(Reason):
    """A mark-up for a good or a brand, by its code."""

    thing: str = Field(min_length=1, max_length=20)
    markup_percent: Annotated[FormWhole, Field(ge=-50, le=100)]
    effective_from: AwareDatetime


class MarkupSheet(SchemaForm):
    """The face of a mark-up."""

    schema = Markup
    thing = forms.CharField(label="상품이나 브랜드 코드", widget=forms.TextInput(attrs={"maxlength": 20}))
    markup_percent = forms.CharField(label="더하는 비율(%)", widget=forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "5"}))
    effective_from = MomentField(label="시작")
    reason = forms.CharField(label="이유", widget=forms.TextInput(attrs={"maxlength": 200}))


class Deposit(Reason):
    """Money that we paid to the supplier; below zero when it came back."""

    amount_krw: Annotated[FormWhole, Field(ge=-1_000_000_000, le=1_000_000_000)]


class DepositSheet(SchemaForm):
    """The face of a deposit."""

    schema = Deposit
    amount_krw = forms.CharField(label="금액(원)", widget=forms.TextInput(attrs={"inputmode": "numeric", "placeholder": "1,000,000"}))
    reason = forms.CharField(label="내용", widget=forms.TextInput(attrs={"maxlength": 200, "placeholder": "이체 번호나 이유"}))


Stock = Annotated[Annotated[FormWhole, Field(ge=0, le=1_000_000)] | None, BeforeValidator(_none_when_empty)]


class Offer(Input):
    """stock: how many more are given away; empty: as many as the supplier has.   was: what the page showed."""

    stock: Stock = None
    was: Stock = None
    is_shown: bool = False


class OfferSheet(SchemaForm):
    """The face of an offer."""

    schema = Offer
    stock = forms.CharField(label="남은 수량", required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    was = forms.CharField(label="보고 있던 수량", required=False, widget=forms.HiddenInput)
    is_shown = forms.BooleanField(label="보임", required=False)


class Application(Input):
    """with_jumps: also what changed so much that somebody has to look."""

    with_jumps: bool = False


class ApplicationSheet(SchemaForm):
    """The face of applying an import."""

    schema = Application
    with_jumps = forms.BooleanField(label="크게 바뀐 가격과 많이 사라진 상품도 반영", required=False)
