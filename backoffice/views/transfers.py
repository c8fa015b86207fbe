"""Refunds by bank transfer, step by step, beside the refund desk. Each press is one call into `payments`."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from backoffice import limits, services
from backoffice.admin.base import refusals_as_messages
from backoffice.forms import ReasonSheet, TakeOverSheet, TransferNumberSheet, first_error
from backoffice.rights import Right
from backoffice.site import operator_of, room
from common.forms import SchemaForm
from payments import services as payments
from payments.models import BankTransfer, Refund


def _transfer(public_id: UUID) -> BankTransfer:
    """
    The newest transfer of a refund.

    :raises Http404: there is no such refund, or none was asked for.
    """
    transfers = BankTransfer.objects.filter(refund__public_id=public_id).select_related("refund__order__advertiser")
    found = transfers.order_by("-pk").first()
    if found is None:
        raise Http404("no transfer of this refund")
    return found


def _read(request: HttpRequest, form: SchemaForm, act: Callable[[SchemaForm], None]) -> None:
    """Act on a valid form; say on the next page what was wrong with another one."""
    if form.is_valid():
        act(form)
    else:
        messages.error(request, first_error(form))


@room(Right.DECIDE_REFUNDS)
@require_POST
def transfer_ask(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ask a second operator to let a failed refund go by bank."""
    refund = get_object_or_404(Refund.objects.select_related("order__advertiser"), public_id=public_id)

    def act(form: SchemaForm) -> None:
        with refusals_as_messages(request):
            services.ask_transfer(refund=refund, by=operator_of(request), reason=form.value.reason, at=timezone.now())
            messages.success(request, "계좌 환불을 요청했어요. 다른 운영자의 승인이 필요해요.")

    _read(request, ReasonSheet(request.POST), act)
    return redirect("admin:refund-detail", public_id)


@room(Right.DECIDE_REFUNDS)
@require_POST
def transfer_approve(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Give the second yes."""
    transfer = _transfer(public_id)
    with refusals_as_messages(request):
        operator, at = operator_of(request), timezone.now()
        limits.refuse_above(transfer.refund.amount_krw, by=operator, at=at)
        payments.approve_transfer(transfer=transfer, by=operator, at=at)
        services.keep(row=transfer, by=operator, reason="계좌 환불을 승인했어요", at=at)
        messages.success(request, "계좌 환불을 승인했어요. 이체를 시작하면 계좌 번호가 보여요.")
    return redirect("admin:refund-detail", public_id)


@room(Right.DECIDE_REFUNDS)
@require_POST
def transfer_start(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take the transfer on; its page then shows the whole account number to this operator."""
    transfer = _transfer(public_id)
    with refusals_as_messages(request):
        operator, at = operator_of(request), timezone.now()
        services.start_transfer(transfer=transfer, by=operator, at=at)
        services.keep(row=transfer, by=operator, reason="이체를 시작했어요", at=at)
        messages.success(request, "이체를 시작했어요. 은행에서 보낸 뒤 이체 번호를 적어 주세요.")
    return redirect("admin:refund-detail", public_id)


@room(Right.DECIDE_REFUNDS)
@require_POST
def transfer_take_over(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Have it in place of a colleague who began it and is away."""
    transfer = _transfer(public_id)

    def act(form: SchemaForm) -> None:
        with refusals_as_messages(request):
            operator, at, said = operator_of(request), timezone.now(), form.value
            payments.take_over_transfer(transfer=transfer, holder=said.holder, reason=said.reason, by=operator, at=at)
            services.keep(row=transfer, by=operator, reason=f"{said.holder} 대신 이체를 넘겨받았어요 · {said.reason}", at=at)
            messages.success(request, "이체를 넘겨받았어요. 통장 거래 내역부터 확인해 주세요.")

    _read(request, TakeOverSheet(request.POST), act)
    return redirect("admin:refund-detail", public_id)


@room(Right.DECIDE_REFUNDS)
@require_POST
def transfer_finish(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Keep the number that the bank gave."""
    transfer = _transfer(public_id)

    def act(form: SchemaForm) -> None:
        with refusals_as_messages(request):
            operator, at, number = operator_of(request), timezone.now(), form.value.transfer_no
            if payments.finish_transfer(transfer=transfer, transfer_no=number, by=operator, at=at).ended_at != at:
                raise services.AlreadyDone
            services.keep(row=transfer, by=operator, reason=f"이체를 기록했어요 · {number}", at=at)
            messages.success(request, "이체를 기록하고 환불을 끝냈어요.")

    _read(request, TransferNumberSheet(request.POST), act)
    return redirect("admin:refund-detail", public_id)


@room(Right.DECIDE_REFUNDS)
@require_POST
def transfer_call_off(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """No money was sent and none will be by this transfer."""
    transfer = _transfer(public_id)

    def act(form: SchemaForm) -> None:
        with refusals_as_messages(request):
            operator, at, reason = operator_of(request), timezone.now(), form.value.reason
            payments.call_off_transfer(transfer=transfer, by=operator, reason=reason, at=at)
            services.keep(row=transfer, by=operator, reason=f"계좌 환불을 취소했어요 · {reason}", at=at)
            messages.success(request, "계좌 환불을 취소했어요. 환불은 다시 처리할 수 있어요.")

    _read(request, ReasonSheet(request.POST), act)
    return redirect("admin:refund-detail", public_id)
