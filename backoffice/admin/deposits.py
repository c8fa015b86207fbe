"""Money that fits no order, as the desk decides about it: credit what came, or give it back."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backoffice import limits, rights, services
from backoffice.admin.base import (
    ReadOnlyAdmin,
    ReasonForm,
    decision,
    hx_redirect,
    person_column,
    refusals_as_messages,
    status_column,
    won_column,
    word_column,
)
from backoffice.rights import Right
from backoffice.site import operator_of, site
from backoffice.words import WordsFilter
from common.templatetags.boost import won
from identity.models import ApprovalRequest, User
from payments import services as payments
from payments.gateways import banks
from payments.gateways.base import PayoutAccount
from payments.models import UnallocatedMoney

EMPTY = ("", "카드로 들어온 돈이에요 (계좌 없음)")


class GiveBackForm(ReasonForm):
    """Where the money goes, and why. Money of a card goes back to it and needs no account."""

    bank = forms.ChoiceField(
        label="돌려받을 은행",
        required=False,
        choices=[EMPTY, *((code, name) for code, (name, _) in banks.BANKS.items())],
        widget=UnfoldAdminSelectWidget,
    )
    number = forms.CharField(
        label="계좌번호", required=False, max_length=20, widget=UnfoldAdminTextInputWidget, help_text="숫자만 적어 주세요."
    )
    holder = forms.CharField(label="예금주", required=False, max_length=60, widget=UnfoldAdminTextInputWidget)
    field_order = ("bank", "number", "holder", "reason")

    def account(self) -> PayoutAccount | None:
        """What was typed, or nothing when nothing was."""
        said = {name: str(self.cleaned_data.get(name, "")).strip() for name in ("bank", "number", "holder")}
        return PayoutAccount(**said) if any(said.values()) else None


def _refuse_a_second(done: UnallocatedMoney | ApprovalRequest, operator: User, at: datetime) -> None:
    """:raises services.AlreadyDone: another operator's request waits; this press made none."""
    if isinstance(done, ApprovalRequest) and not services.is_of_this_press(done, by=operator, at=at):
        raise services.AlreadyDone


def _say_that_it_waits(request: HttpRequest, done: UnallocatedMoney | ApprovalRequest) -> None:
    if isinstance(done, ApprovalRequest):
        messages.warning(request, "큰 금액이라 다른 운영자의 승인을 기다려요. 승인하면 바로 처리돼요.")
    else:
        messages.success(request, "처리했어요.")


@admin.register(UnallocatedMoney, site=site)
class UnallocatedMoneyAdmin(ReadOnlyAdmin):
    """The queue: what waits comes first by its filter; both ways out ask for a reason and happen once."""

    sees = Right.SEE_PAYMENTS
    list_display = ("found_at", "advertiser", "order", "amount", "why", "status", "decider", "decided_at")
    list_filter = ("state", "why", ("gateway", WordsFilter))
    list_select_related = ("order__advertiser", "decided_by")
    search_fields = ("order__order_id", "order__advertiser__name")
    ordering = ("-pk",)
    fields = (
        "advertiser", "order", "ordered", "amount", "why", "status", "company", "paid_at", "found_at",
        "decider", "decided_at", "reason", "became", "failure", "cancel_id",
    )  # fmt: skip
    readonly_fields = ("advertiser", "ordered", "amount", "status", "company", "decider")
    actions_detail = ("allocate", "send_back")
    status = status_column("unallocated")
    company = word_column("gateway", label="결제사")
    amount = won_column("amount_krw", label="입금한 금액")
    decider = person_column("decided_by", label="결정한 사람")

    @admin.display(description="광고주", ordering="order__advertiser__name")
    def advertiser(self, row: UnallocatedMoney) -> str:
        """Whose order it is about."""
        return row.order.advertiser.name

    @admin.display(description="주문 금액")
    def ordered(self, row: UnallocatedMoney) -> str:
        """What should have come."""
        return won(row.order.amount_krw)

    def has_settle_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return rights.has(request.user, Right.SETTLE_DIFFERENCES)

    @decision(
        "들어온 만큼 충전하기",
        icon="add_card",
        permission="settle",
        title="들어온 금액만큼 충전할까요?",
        consequence=(
            "충전하지 않은 주문이면 실제로 들어온 금액으로 바뀌고 바로 충전돼요. "
            "이미 충전한 주문이면 같은 금액의 상품으로 새 충전을 만들어요. 환불 기간은 입금한 때부터 세요. 되돌릴 수 없어요."
        ),
    )
    def allocate(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        row = get_object_or_404(UnallocatedMoney.objects.select_related("order__advertiser"), pk=object_id)
        with refusals_as_messages(request):
            operator, why, at = operator_of(request), form.cleaned_data["reason"], timezone.now()
            limits.refuse_above(payments.allocated_krw(row), by=operator, at=at)
            done = payments.allocate(row=row, by=operator, at=at, reason=why)
            _refuse_a_second(done, operator, at)
            services.keep(row=row, by=operator, reason=f"들어온 만큼 충전 · {why}", at=at)
            _say_that_it_waits(request, done)
        return hx_redirect(request, "backoffice:payments_unallocatedmoney_change", object_id)

    @decision(
        "돌려주기",
        icon="undo",
        permission="settle",
        title="이 금액을 돌려줄까요?",
        consequence="들어온 결제사를 통해 바로 돌려보내요. 예금주를 확인한 계좌만 적어 주세요. 되돌릴 수 없어요.",
        form_class=GiveBackForm,
    )
    def send_back(self, request: HttpRequest, form: GiveBackForm, object_id: str) -> HttpResponse:
        row = get_object_or_404(UnallocatedMoney.objects.select_related("order__advertiser"), pk=object_id)
        said: dict[str, Any] = {"account": form.account(), "reason": form.cleaned_data["reason"]}
        with refusals_as_messages(request):
            operator, at = operator_of(request), timezone.now()
            limits.refuse_above(row.amount_krw, by=operator, at=at)
            done = payments.send_back(row=row, by=operator, at=at, **said)
            _refuse_a_second(done, operator, at)
            services.keep(row=row, by=operator, reason=f"돌려주기 · {said['reason']}", at=at)
            _say_that_it_waits(request, done)
        return hx_redirect(request, "backoffice:payments_unallocatedmoney_change", object_id)
