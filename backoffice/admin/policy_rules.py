"""Rules on wording, edited by those who review campaigns; a rule that judges its own samples wrongly is not saved."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from backoffice import rights
from backoffice.admin.base import ReadOnlyAdmin
from backoffice.rights import Right
from backoffice.site import site
from campaigns import linter
from campaigns.models import PolicyRule
from common.errors import DomainError


class PolicyRuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """A rule with its samples, and why it changes."""

    reason = forms.CharField(label="이유", max_length=200, widget=UnfoldAdminTextInputWidget, help_text="기록에 남아요.")

    class Meta:
        model = PolicyRule
        fields = ("name", "field", "words", "unless", "message", "bad", "good", "is_active")
        widgets = {
            "name": UnfoldAdminTextInputWidget,
            "field": UnfoldAdminSelectWidget,
            "message": UnfoldAdminTextInputWidget,
            "is_active": UnfoldBooleanSwitchWidget,
            **{name: UnfoldAdminTextareaWidget(attrs={"rows": 4}) for name in ("words", "unless", "bad", "good")},
        }
        help_texts = {
            "words": "한 줄에 하나씩 적어요. 띄어쓰기와 대소문자는 보지 않아요.",
            "unless": "한 줄에 하나씩 적어요. 이 말이 함께 있으면 걸리지 않아요.",
            "bad": "한 줄에 하나씩 적어요. 저장할 때 모두 걸리는지 확인해요.",
            "good": "한 줄에 하나씩 적어요. 저장할 때 모두 걸리지 않는지 확인해요.",
        }

    def clean(self) -> dict[str, Any]:
        """The rule is tried on its samples before it is saved."""
        data = super().clean() or {}
        if not self.errors:
            own = {name: value for name, value in data.items() if name != "reason"}
            try:
                linter.refuse_wrong(PolicyRule(**own))
            except DomainError as refusal:
                self.add_error(None, str(refusal))
        return data


@admin.register(PolicyRule, site=site)
class PolicyRuleAdmin(ReadOnlyAdmin):
    """Switched off rather than deleted: what was said to advertisers can be looked up."""

    sees = Right.SEE_CAMPAIGNS
    form = PolicyRuleForm
    list_display = ("name", "field", "message", "is_active")
    list_filter = ("is_active", "field")
    search_fields = ("name", "words", "message")
    ordering = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights.has(request.user, Right.REVIEW_CAMPAIGNS)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights.has(request.user, Right.REVIEW_CAMPAIGNS)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:
        """Which fields changed, and why; kept with who and when."""
        changed = ", ".join(str(form.fields[name].label) for name in form.changed_data if name != "reason")
        return f"{changed or '바뀐 값 없음'} · {form.cleaned_data['reason']}"
