"""Orders, differences and the price list. Money rows are read-only; the price list is reference data, edited as rows."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from backoffice import rights, services
from backoffice.admin.base import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    ReasonForm,
    decision,
    hx_redirect,
    person_column,
    refusals_as_messages,
    status_column,
    won_column,
    word_column,
)
from backoffice.desks import desk_of
from backoffice.rights import Right
from backoffice.site import operator_of, site
from backoffice.words import WordsFilter, word_of
from common.templatetags.boost import won
from payments import services as payments
from payments.causes import cause_of
from payments.models import Package, PaymentOrder, ReconciliationItem, Refund


class PackageForm(forms.ModelForm):  # type: ignore[type-arg]
    """A price, and why it changes."""

    credits = forms.IntegerField(label="크레딧", min_value=1_000, max_value=100_000_000, widget=UnfoldAdminIntegerFieldWidget)
    bonus_credits = forms.IntegerField(
        label="보너스 크레딧", min_value=0, max_value=100_000_000, initial=0, widget=UnfoldAdminIntegerFieldWidget
    )
    reason = forms.CharField(label="이유", max_length=200, widget=UnfoldAdminTextInputWidget, help_text="기록에 남아요.")

    class Meta:
        model = Package
        fields = ("credits", "bonus_credits", "is_offered")


@admin.register(Package, site=site)
class PackageAdmin(ReadOnlyAdmin):
    """A price that was sold stays: it is taken off sale, never changed or deleted. Orders keep their own copy of the amounts."""

    sees = Right.SEE_PAYMENTS
    form = PackageForm
    list_display = ("credits", "bonus_credits", "vat", "amount", "is_offered")
    search_fields = ("credits",)
    list_filter = ("is_offered",)
    ordering = ("credits",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return rights.has(request.user, Right.EDIT_PACKAGES)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return rights.has(request.user, Right.EDIT_PACKAGES)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return () if obj is None else ("credits",)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:
        """What changed from what to what, and why; kept with who and when."""
        changes = [
            f"{form.fields[name].label}: {form.initial.get(name, '–')} → {form.cleaned_data[name]}"
            for name in form.changed_data
            if name != "reason"
        ]
        return f"{', '.join(changes) or '바뀐 값 없음'} · {form.cleaned_data['reason']}"

    @admin.display(description="부가세")
    def vat(self, package: Package) -> str:
        """VAT added when paying."""
        return won(package.vat_krw)

    @admin.display(description="결제 금액")
    def amount(self, package: Package) -> str:
        """What the card is charged."""
        return won(package.amount_krw)


class RefundInline(ReadOnlyInline):
    model = Refund
    fields = ("requested_at", "desk", "amount", "credits", "bonus", "status", "decider", "done_at")
    amount = won_column("amount_krw", label="환불 금액")
    status = status_column("refund")
    decider = person_column("decided_by", label="결정한 사람")
    show_change_link = False

    @admin.display(description="환불 요청")
    def desk(self, refund: Refund) -> str:
        """A link to the refund desk."""
        return format_html('<a class="text-link" href="{}">{}</a>', desk_of(refund), str(refund.public_id)[:8])


class ItemInline(ReadOnlyInline):
    model = ReconciliationItem
    fields = ("opened_at", "kind", "amount", "status", "settler", "reason")
    amount = won_column("amount_krw", label="금액")
    status = status_column("difference")
    settler = person_column("settled_by", label="처리한 사람")


@admin.register(PaymentOrder, site=site)
class PaymentOrderAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PAYMENTS
    list_display = ("created_at", "order_id", "advertiser", "amount", "credits", "status", "attention", "company", "paid_at")
    list_filter = ("state", "needs_check", "is_late", ("gateway", WordsFilter))
    list_select_related = ("advertiser",)
    search_fields = ("order_id", "advertiser__name")
    ordering = ("-pk",)
    inlines = (RefundInline, ItemInline)
    actions_detail = ("ask_gateway", "open_dispute")
    fieldsets = (
        ("결제", {"fields": ("order_id", "status", "attention", "failure", "advertiser", "buyer", "company", "method_name", "receipt")}),
        ("금액", {"fields": ("credits", "bonus_credits", "vat", "amount", "captured", "cancelled", "rule")}),
        ("시각", {"fields": ("created_at", "window_opened_at", "hinted_at", "paid_at", "credited_at", "next_check_at")}),
    )
    readonly_fields = ("status", "attention", "buyer", "company", "receipt", "vat", "amount", "captured", "cancelled", "rule")
    status = status_column("payment")
    company = word_column("gateway", label="결제사")
    buyer = person_column("created_by", label="주문한 사람")
    amount = won_column("amount_krw", label="결제 금액")
    vat = won_column("vat_krw", label="부가세")
    captured = won_column("captured_krw", label="결제사 승인 금액")
    cancelled = won_column("cancelled_krw", label="결제사 취소 금액")

    @admin.display(description="확인", ordering="needs_check")
    def attention(self, order: PaymentOrder) -> str:
        """Whether an operator has to look, and whether the money came late."""
        return "확인 필요" if order.needs_check else "늦은 결제" if order.is_late else "–"

    @admin.display(description="영수증")
    def receipt(self, order: PaymentOrder) -> str:
        """The way to the card company's receipt."""
        if not order.receipt_url:
            return "–"
        return format_html(
            '<a class="text-link" href="{}" target="_blank" rel="noreferrer noopener">카드 매출전표 보기</a>', order.receipt_url
        )

    @admin.display(description="환불 기준")
    def rule(self, order: PaymentOrder) -> str:
        """The refund rule that this order keeps, in words."""
        hours = order.policy.get("refund_window_hours")
        return f"결제 후 {hours:,}시간 안, 쓰지 않은 크레딧만" if hours else "결제 전이에요"

    def has_settle_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.SETTLE_DIFFERENCES)

    @decision(
        "결제사에 확인하기",
        icon="sync",
        permission="settle",
        title="결제사에 이 주문을 다시 물어볼까요?",
        consequence="결제가 끝나 있으면 크레딧을 충전하고, 다르면 대사 차이로 올려요.",
    )
    def ask_gateway(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        order = get_object_or_404(PaymentOrder, pk=object_id)
        with refusals_as_messages(request, done="결제사에 확인했어요."):
            services.ask_gateway(order=order, by=operator_of(request), reason=form.cleaned_data["reason"], at=timezone.now())
        return hx_redirect(request, "backoffice:payments_paymentorder_change", object_id)

    @decision(
        "카드사 이의 등록",
        icon="gavel",
        permission="settle",
        title="카드사에서 이의 통보를 받았나요?",
        consequence="이 충전분을 바로 묶고 광고주에게 알려요. 이의가 끝나면 대사 차이에서 처리해 주세요.",
    )
    def open_dispute(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        order = get_object_or_404(PaymentOrder.objects.select_related("advertiser"), pk=object_id)
        with refusals_as_messages(request, done="이의를 적었어요. 이 충전분을 묶었어요."):
            operator, why, at = operator_of(request), form.cleaned_data["reason"], timezone.now()
            payments.open_dispute(order=order, by=operator, reason=why, at=at)
            services.keep(row=order, by=operator, reason=f"이의를 적었어요 · {why}", at=at)
        return hx_redirect(request, "backoffice:payments_paymentorder_change", object_id)


@admin.register(ReconciliationItem, site=site)
class ReconciliationItemAdmin(ReadOnlyAdmin):
    sees = Right.SEE_PAYMENTS
    list_display = ("opened_at", "kind", "ref", "advertiser", "amount", "status", "settler", "reason")
    list_filter = ("state", "kind", ("gateway", WordsFilter))
    list_select_related = ("order__advertiser", "settled_by")
    search_fields = ("ref", "cancel_id", "order__advertiser__name")
    ordering = ("-pk",)
    fields = (
        "kind", "status", "order", "advertiser", "company", "ref", "cancel_id", "amount", "both_sides",
        "cause", "opened_at", "settled_at", "settler", "reason",
    )  # fmt: skip
    readonly_fields = ("status", "advertiser", "company", "amount", "both_sides", "cause", "settler")
    actions_detail = ("settle",)
    status = status_column("difference")
    company = word_column("gateway", label="결제사")
    amount = won_column("amount_krw", label="금액")
    settler = person_column("settled_by", label="처리한 사람")

    @admin.display(description="광고주", ordering="order__advertiser__name")
    def advertiser(self, item: ReconciliationItem) -> str:
        """Whose order it is about."""
        return item.order.advertiser.name if item.order else "–"

    @admin.display(description="우리 기록과 결제사 기록")
    def both_sides(self, item: ReconciliationItem) -> str:
        """Each point on which the two books differ."""
        rows = [(word_of(name), _told(name, ours), _told(name, theirs)) for name, (ours, theirs) in item.differences.items()]
        return format_html_join("\n", "{}: 우리 {} · 결제사 {}", rows) or "–"

    @admin.display(description="짐작하는 이유")
    def cause(self, item: ReconciliationItem) -> str:
        """What usually lies behind it."""
        return cause_of(item) or "–"

    def has_settle_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.SETTLE_DIFFERENCES)

    @decision(
        "원장에 반영하고 끝내기",
        icon="done_all",
        permission="settle",
        title="이 차이를 처리할까요?",
        consequence="결제사에서 취소한 금액이면 원장이 결제사를 따라가요. 이유와 이름이 기록에 남고 되돌릴 수 없어요.",
    )
    def settle(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        item = get_object_or_404(ReconciliationItem, pk=object_id)
        with refusals_as_messages(request, done="차이를 처리했어요."):
            operator, why, at = operator_of(request), form.cleaned_data["reason"], timezone.now()
            payments.settle_item(item=item, by=operator, reason=why, at=at)
            services.keep(row=item, by=operator, reason=f"차이를 처리했어요 · {why}", at=at)
        return hx_redirect(request, "backoffice:payments_reconciliationitem_change", object_id)


def _told(name: str, value: str) -> str:
    """One side of a difference, to read."""
    if not value:
        return "없음"
    return won(int(value)) if name.endswith("_krw") and value.removeprefix("-").isdigit() else value
