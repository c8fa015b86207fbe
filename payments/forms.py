"""The HTML face of the schemas."""

import uuid
from typing import Any

from django import forms

from common.forms import SchemaForm
from payments.gateways import banks
from payments.schemas import AccountWish, RefundWish, TopUpChoice

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
        choices=[("CARD", "신용·체크카드"), ("VIRTUAL_ACCOUNT", "가상계좌")],
        widget=forms.RadioSelect,
        initial="CARD",
    )
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
    key = forms.CharField(widget=forms.HiddenInput)


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
