"""Bonus rules and coupons: rows with dates. One that was promised is never changed, only ended or given more budget, each with a reason."""

import uuid
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from backoffice import rights, services
from backoffice.admin.base import ReadOnlyAdmin, ReasonForm, decision, hx_redirect, person_column, refusals_as_messages
from backoffice.rights import Right
from backoffice.site import operator_of, site
from campaigns import types
from payments.models import Offer, OfferUse

COUNTED = ("budget_credits", "reserved_credits", "granted_credits")
MOMENT = UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"})


class OfferForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is offered, from when to when, and why. Dates are Korean time."""

    code = forms.CharField(
        label="쿠폰 번호",
        required=False,
        max_length=20,
        widget=UnfoldAdminTextInputWidget,
        help_text="비우면 모두에게 저절로 적용하는 규칙이에요. 적으면 번호를 적은 광고주에게 한 번만 적용해요.",
    )
    from_credits = forms.IntegerField(label="이 크레딧부터", min_value=0, max_value=100_000_000, widget=UnfoldAdminIntegerFieldWidget)
    percent = forms.DecimalField(
        label="비율(%)", required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2, widget=UnfoldAdminTextInputWidget
    )
    fixed_credits = forms.IntegerField(
        label="정해진 크레딧", required=False, min_value=1, max_value=100_000_000, widget=UnfoldAdminIntegerFieldWidget,
        help_text="비율과 정해진 크레딧 중 하나만 적어요.",
    )  # fmt: skip
    budget_credits = forms.IntegerField(label="예산", min_value=1, max_value=10_000_000_000, widget=UnfoldAdminIntegerFieldWidget)
    lifetime_days = forms.IntegerField(
        label="사용 기한(일)", required=False, min_value=1, max_value=3650, widget=UnfoldAdminIntegerFieldWidget,
        help_text="비우면 보너스 크레딧의 정책을 따라요.",
    )  # fmt: skip
    campaign_types = forms.MultipleChoiceField(
        label="쓸 수 있는 캠페인",
        required=False,
        choices=lambda: [(declared.key, declared.name) for declared in types.all_types()],
        widget=forms.CheckboxSelectMultiple,
        help_text="고르지 않으면 모든 캠페인에 쓸 수 있어요.",
    )
    starts_at = forms.DateTimeField(label="시작", widget=MOMENT)
    ends_at = forms.DateTimeField(label="끝", widget=MOMENT)
    reason = forms.CharField(label="이유", max_length=200, widget=UnfoldAdminTextInputWidget, help_text="기록에 남아요.")

    class Meta:
        model = Offer
        fields = (
            "name", "code", "from_credits", "percent", "fixed_credits", "budget_credits", "lifetime_days", "campaign_types",
            "starts_at", "ends_at",
        )  # fmt: skip

    def clean_code(self) -> str:
        """Codes are compared in upper case."""
        return str(self.cleaned_data["code"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        """What the constraints of the table would refuse without words."""
        data = super().clean() or {}
        if (data.get("percent") is None) == (data.get("fixed_credits") is None):
            self.add_error("percent", "비율과 정해진 크레딧 중 하나만 적어 주세요.")
        elif data.get("percent") is not None and data["percent"] <= 0:
            self.add_error("percent", "0보다 큰 비율을 적어 주세요.")
        if "starts_at" in data and "ends_at" in data and data["starts_at"] >= data["ends_at"]:
            self.add_error("ends_at", "시작보다 늦은 시각을 적어 주세요.")
        if data.get("code") and Offer.objects.filter(code=data["code"]).exists():
            self.add_error("code", "이미 쓰고 있는 쿠폰 번호예요.")
        return data


SHOWN = (*OfferForm.Meta.fields, "reserved_credits", "granted_credits", "author")


class BudgetForm(ReasonForm):
    """How much more may be promised, and why. key: one per opened dialog, so that a double press raises once."""

    credits = forms.IntegerField(label="더할 예산(크레딧)", min_value=1, max_value=10_000_000_000, widget=UnfoldAdminIntegerFieldWidget)
    key = forms.CharField(widget=forms.HiddenInput, initial=lambda: str(uuid.uuid4()), max_length=40)
    field_order = ("credits", "reason", "key")


@admin.register(OfferUse, site=site)
class OfferUseAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PAYMENTS
    list_display = ("reserved_at", "offer", "advertiser", "order", "credits", "state", "decided_at")
    list_filter = ("state", "offer")
    list_select_related = ("offer", "advertiser", "order")
    search_fields = ("offer__code", "offer__name", "advertiser__name", "order__order_id")
    ordering = ("-pk",)


@admin.register(Offer, site=site)
class OfferAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PAYMENTS
    form = OfferForm
    list_display = ("name", "code", "gives", "from_credits", "starts_at", "ends_at", *COUNTED, "left")
    list_filter = ("starts_at",)
    search_fields = ("name", "code")
    ordering = ("-ends_at", "-pk")
    actions_detail = ("end_offer", "raise_budget")
    author = person_column("created_by", label="등록한 사람")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """One that exists is only shown."""
        return super().get_fields(request, obj) if obj is None else SHOWN

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else SHOWN

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights.has(request.user, Right.EDIT_PACKAGES)

    def has_edit_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.EDIT_PACKAGES)

    @admin.display(description="보너스")
    def gives(self, offer: Offer) -> str:
        """The rate or the fixed amount."""
        return f"{offer.percent.normalize():f}%" if offer.percent is not None else f"{offer.fixed_credits:,}"

    @admin.display(description="남은 예산")
    def left(self, offer: Offer) -> str:
        """What may still be promised."""
        return f"{offer.left_credits:,}"

    def save_model(self, request: HttpRequest, obj: Offer, form: OfferForm, change: bool) -> None:
        obj.created_by = operator_of(request)
        super().save_model(request, obj, form, change)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:
        """Why it was made; kept with who and when."""
        return str(form.cleaned_data["reason"])

    @decision(
        "지금 끝내기",
        icon="event_busy",
        permission="edit",
        title="이 보너스를 지금 끝낼까요?",
        consequence="새 주문에는 적용하지 않아요. 이미 약속한 주문은 결제하면 그대로 드려요.",
    )
    def end_offer(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        offer = get_object_or_404(Offer, pk=object_id)
        with refusals_as_messages(request, done="혜택을 끝냈어요."):
            services.end_offer(offer=offer, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return hx_redirect(request, "backoffice:payments_offer_change", object_id)

    @decision(
        "예산 늘리기",
        icon="add_card",
        permission="edit",
        title="예산을 얼마나 늘릴까요?",
        consequence="늘린 만큼 더 많은 주문에 보너스를 약속해요. 줄일 수는 없어요.",
        form_class=BudgetForm,
    )
    def raise_budget(self, request: HttpRequest, form: BudgetForm, object_id: str) -> HttpResponse:
        offer = get_object_or_404(Offer, pk=object_id)
        with refusals_as_messages(request, done="예산을 늘렸어요."):
            services.raise_offer_budget(
                offer=offer,
                credits=form.cleaned_data["credits"],
                by=operator_of(request),
                reason=form.cleaned_data["reason"],
                at=timezone.now(),
                key=form.cleaned_data["key"],
            )
        return hx_redirect(request, "backoffice:payments_offer_change", object_id)
