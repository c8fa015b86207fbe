"""Surety policies: noted as they are taken out; an end may move, nothing else does, and nothing is deleted."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from backoffice import rights
from backoffice.admin.base import ReadOnlyAdmin, won_column
from backoffice.rights import Right
from backoffice.site import operator_of, site
from common.history import acting
from common.kst import day_of
from payments.models import SuretyPolicy


class SuretyPolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A policy as the paper says it, and why it is noted or changed."""

    amount_krw = forms.IntegerField(label="가입 금액(원)", min_value=1, max_value=10**12, widget=UnfoldAdminIntegerFieldWidget)
    valid_from = forms.DateField(label="시작일", widget=UnfoldAdminDateWidget)
    valid_until = forms.DateField(label="종료일", widget=UnfoldAdminDateWidget, help_text="이날까지 보증해요.")
    reason = forms.CharField(label="이유", max_length=200, widget=UnfoldAdminTextInputWidget, help_text="기록에 남아요.")

    class Meta:
        model = SuretyPolicy
        fields = ("number", "insurer", "amount_krw", "valid_from", "valid_until")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begins = data.get("valid_from") or self.instance.valid_from
        if begins and data.get("valid_until") and data["valid_until"] < begins:
            self.add_error("valid_until", "종료일이 시작일보다 빠를 수 없어요.")
        return data


@admin.register(SuretyPolicy, site=site)
class SuretyPolicyAdmin(ReadOnlyAdmin):
    """What is insured today is the sum of those valid today; the liabilities page warns at 70, 85 and 95 percent of it."""

    sees = Right.SEE_PAYMENTS
    form = SuretyPolicyForm
    list_display = ("number", "insurer", "amount", "valid_from", "valid_until", "is_valid")
    list_filter = ("valid_until",)
    search_fields = ("number", "insurer")
    ordering = ("-valid_until", "number")
    amount = won_column("amount_krw", label="가입 금액")

    @admin.display(description="오늘 유효", boolean=True)
    def is_valid(self, row: SuretyPolicy) -> bool:
        """Whether it covers today."""
        return row.valid_from <= day_of(timezone.now()) <= row.valid_until

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights.has(request.user, Right.EDIT_PACKAGES)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights.has(request.user, Right.EDIT_PACKAGES)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else ("number", "insurer", "amount_krw", "valid_from")

    def save_model(self, request: HttpRequest, obj: SuretyPolicy, form: Any, change: bool) -> None:
        with acting(by_id=operator_of(request).pk, reason=form.cleaned_data["reason"]):
            obj.save()

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:
        """What changed from what to what, and why; kept with who and when."""
        changes = [f"{form.fields[name].label}: {form.cleaned_data[name]}" for name in form.changed_data if name != "reason"]
        return f"{', '.join(changes) or '바뀐 값 없음'} · {form.cleaned_data['reason']}"
