"""The refund desk. Every decision is one call into `payments`, the same guard as the advertiser's page and the API."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import limits, refund_case, rights, services
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import REFUND_TABS, REFUNDS, counted
from backoffice.forms import ReasonSheet, first_error
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from identity.models import ApprovalRequest
from payments import services as payments
from payments.models import Refund

PER_PAGE = 50


def _refunds() -> QuerySet[Refund]:
    return Refund.objects.select_related("order__advertiser", "requested_by", "decided_by")


@room(Right.SEE_PAYMENTS)
@require_GET
def refund_list(request: HttpRequest) -> HttpResponse:
    """The requests that wait, oldest first; the others by tab, newest first."""
    operator = operator_of(request)
    found = REFUNDS.find(request.GET, by=operator, at=timezone.now())
    context = {
        "title": "환불 요청",
        "found": found,
        "tabs": counted(REFUND_TABS, Refund.objects.all()),
        "rows": Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_export": rights.has(operator, Right.EXPORT),
    }
    return page(request, "backoffice/refund_list.html", context)


@room(Right.SEE_PAYMENTS)
@require_GET
def refund_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The evidence on the left, the decision on the right."""
    refund = get_object_or_404(_refunds(), public_id=public_id)
    return _detail(request, refund, form=ReasonSheet())


def _detail(request: HttpRequest, refund: Refund, *, form: ReasonSheet, status: int = 200) -> HttpResponse:
    case = refund_case.case_of(refund, at=timezone.now())
    place, waiting, before, after = refund_case.neighbours(refund)
    operator = operator_of(request)
    began = case.began_transfer(operator)
    context = {
        "title": "환불 요청",
        "case": case,
        "form": form,
        "may_decide": rights.has(operator, Right.DECIDE_REFUNDS),
        "asked_myself": case.was_asked_by(operator),
        "asked_transfer_myself": case.transfer is not None and case.transfer.asked_by_id == operator.pk,
        "began_transfer_myself": began,
        "account_number": case.transfer.account.number if case.transfer and began else "",
        "place": place,
        "waiting": waiting,
        "before": before,
        "after": after,
    }
    return page(request, "backoffice/refund_detail.html", context, status=status)


@room(Right.DECIDE_REFUNDS)
@require_POST
def refund_approve(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Approve; above the limit the first operator's yes waits for a second."""
    refund = get_object_or_404(_refunds(), public_id=public_id)
    with refusals_as_messages(request):
        operator, at = operator_of(request), timezone.now()
        limits.refuse_above(refund.amount_krw, by=operator, at=at)
        outcome = payments.approve_refund(refund=refund, by=operator, at=at)
        if not services.is_of_this_press(outcome, by=operator, at=at):
            raise services.AlreadyDone
        services.keep(row=refund, by=operator, reason=f"환불 {refund.amount_krw:,}원을 승인했어요", at=at)
        if isinstance(outcome, ApprovalRequest):
            messages.info(request, "큰 금액이라 다른 운영자의 승인이 한 번 더 필요해요.")
        else:
            messages.success(request, "환불을 승인했어요. 결제사에 취소를 보내고 있어요.")
    return redirect("admin:refund-detail", public_id)


@room(Right.DECIDE_REFUNDS)
@require_POST
def refund_deny(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Deny with a reason, which the advertiser reads."""
    refund = get_object_or_404(_refunds(), public_id=public_id)
    form = ReasonSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _detail(request, refund, form=form, status=422)
    with refusals_as_messages(request):
        operator, at = operator_of(request), timezone.now()
        payments.deny_refund(refund=refund, by=operator, reason=form.value.reason, at=at)
        services.keep(row=refund, by=operator, reason=f"환불을 반려했어요 · {form.value.reason}", at=at)
        messages.success(request, "환불을 반려했어요. 잠긴 크레딧을 광고주에게 돌려주었어요.")
    return redirect("admin:refund-detail", public_id)


@room(Right.DECIDE_REFUNDS)
@require_POST
def refund_retry(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Move a refund on that failed or whose end is unknown; `payments` decides whether to look again or to send again."""
    refund = get_object_or_404(_refunds(), public_id=public_id)
    form = ReasonSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _detail(request, refund, form=form, status=422)
    with refusals_as_messages(request):
        services.retry_refund(refund=refund, by=operator_of(request), reason=form.value.reason, at=timezone.now())
        messages.success(request, "결제사에 다시 확인했어요. 결과는 이 화면에서 볼 수 있어요.")
    return redirect("admin:refund-detail", public_id)
