"""The HTML face of the schemas."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms

from common.forms import SchemaForm
from payments.gateways import banks
from payments.models import Package
from payments.schemas import AccountWish, AutoTopUpIn, RefundWish, TopUpChoice

REASONS = (
    "캠페인 일정이 바뀌었어요",
    "필요한 것보다 많이 충전했어요",
    "다른 결제 수단으로 다시 결제할게요",
    "서비스를 더 쓰지 않아요",
    "다른 이유가 있어요",
)


class TopUpForm(SchemaForm):
    """Package by its id; the page draws the choice cards and the sum itself."""

    schema = TopUpChoice

    package = forms.CharField(label="충전 금액", widget=forms.RadioSelect)
    shown_krw = forms.CharField(widget=forms.HiddenInput)
    shown_bonus = forms.CharField(widget=forms.HiddenInput)
    coupon = forms.CharField(
        label="쿠폰 번호", widget=forms.TextInput(attrs={"maxlength": 20, "autocomplete": "off", "autocapitalize": "characters"})
    )
    method = forms.ChoiceField(
        label="결제 수단",
        choices=[("CARD", "신용·체크카드"), ("VIRTUAL_ACCOUNT", "가상계좌"), ("BANK", "무통장입금")],
        widget=forms.RadioSelect,
        initial="CARD",
    )
    wants_receipt = forms.BooleanField(label="세금계산서 대신 현금영수증(지출증빙)으로 받을게요.")
    agree = forms.BooleanField(label="주문 내용과 환불 정책을 확인했고, 결제에 동의해요.")
    key = forms.CharField(widget=forms.HiddenInput)
    return_to = forms.CharField(widget=forms.HiddenInput)


class RefundForm(SchemaForm):
    """How much to return, and why."""

    schema = RefundWish

    credits = forms.CharField(
        label="환불할 크레딧", widget=forms.TextInput(attrs={"inputmode": "numeric", "data-money": "", "autocomplete": "off"})
    )
    reason = forms.CharField(label="환불 이유", widget=forms.Select(choices=[(reason, reason) for reason in REASONS]))
    memo = forms.CharField(
        label="자세한 내용",
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 90, "placeholder": "운영팀에 전할 내용이 있으면 적어 주세요."}),
    )
    known_on = forms.CharField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput)


class AutoTopUpForm(SchemaForm):
    """When to charge, how much, and how much a month. packages: what is on sale."""

    schema = AutoTopUpIn

    below_credits = forms.CharField(
        label="충전할 기준", widget=forms.TextInput(attrs={"inputmode": "numeric", "data-money": "", "autocomplete": "off"})
    )
    choice = forms.ChoiceField(label="한 번에 충전할 금액", widget=forms.Select)
    monthly_limit_krw = forms.CharField(
        label="한 달 한도", widget=forms.TextInput(attrs={"inputmode": "numeric", "data-money": "", "autocomplete": "off"})
    )
    agree = forms.BooleanField(label="위 내용대로 등록한 카드에서 결제하는 데 동의해요.")

    def __init__(self, *args: Any, packages: Iterable[Package], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = [(choice_of(package), f"{package.credits:,}크레딧 · {package.amount_krw:,}원 결제") for package in packages]
        self.fields["choice"].choices = words  # type: ignore[attr-defined]


def choice_of(package: Package) -> str:
    """How a package and its price are named in the form."""
    return f"{package.pk}-{package.amount_krw}"


class AccountForm(SchemaForm):
    """A bank account in the owner's name."""

    schema = AccountWish

    bank = forms.CharField(
        label="은행", widget=forms.Select(choices=[("", "은행을 골라 주세요"), *((code, name) for code, (name, _) in banks.BANKS.items())])
    )
    number = forms.CharField(
        label="계좌 번호", widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "maxlength": 30})
    )


def fresh_key() -> dict[str, Any]:
    """Initial data of a newly opened form: the key that makes a double click one request."""
    return {"key": str(uuid.uuid4())}
