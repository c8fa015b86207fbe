"""The campaign review desk and the operators' lock. Every decision is one call into `campaigns`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import campaign_case, rights
from backoffice.admin.base import refusals_as_messages
from backoffice.forms import LongReasonSheet, ReasonSheet, first_error
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from campaigns import services as campaigns
from campaigns.models import LIVE, OVER, Campaign, State

TABS: dict[str, tuple[str, Q]] = {
    "waiting": ("심사할 캠페인", Q(state__in=campaign_case.WAITING)),
    "asked": ("수정 요청", Q(state=State.CHANGES_ASKED)),
    "ahead": ("시작 예정", Q(state__in=(State.APPROVED, State.SCHEDULED))),
    "live": ("진행중", Q(state__in=LIVE)),
    "locked": ("운영 잠금", Q(is_locked=True)),
    "over": ("끝난 캠페인", Q(state__in=(*OVER, State.REJECTED))),
}
PER_PAGE = 50
Sheet = LongReasonSheet | ReasonSheet


def _campaigns() -> QuerySet[Campaign]:
    return Campaign.objects.select_related("advertiser", "hold")


@room(Right.SEE_CAMPAIGNS)
@require_GET
def review_list(request: HttpRequest) -> HttpResponse:
    """The submissions that wait, oldest first; the others by tab, newest first."""
    tab = request.GET.get("tab", "waiting")
    tab = tab if tab in TABS else "waiting"
    counts = Campaign.objects.aggregate(**{name: Count("pk", filter=which) for name, (_, which) in TABS.items()})
    order = ("submitted_at", "pk") if tab == "waiting" else ("-submitted_at", "-pk")
    context = {
        "title": "캠페인 심사",
        "tabs": [(name, label, counts[name]) for name, (label, _) in TABS.items()],
        "tab": tab,
        "rows": Paginator(_campaigns().filter(TABS[tab][1]).order_by(*order), PER_PAGE).get_page(request.GET.get("page")),
    }
    return page(request, "backoffice/review_list.html", context)


@room(Right.SEE_CAMPAIGNS)
@require_GET
def review_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What members will see and what it costs on the left, the decision on the right."""
    campaign = get_object_or_404(_campaigns(), public_id=public_id)
    return _detail(request, campaign, form=LongReasonSheet())


def _detail(request: HttpRequest, campaign: Campaign, *, form: Sheet, status: int = 200) -> HttpResponse:
    operator = operator_of(request)
    place, waiting, before, after = campaign_case.neighbours(campaign)
    context = {
        "title": "캠페인 심사",
        "case": campaign_case.case_of(campaign),
        "form": form,
        "may_review": rights.has(operator, Right.REVIEW_CAMPAIGNS),
        "may_lock": rights.has(operator, Right.LOCK_CAMPAIGNS),
        "place": place,
        "waiting": waiting,
        "before": before,
        "after": after,
    }
    return page(request, "backoffice/review_detail.html", context, status=status)


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_approve(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let it run."""
    campaign = get_object_or_404(_campaigns(), public_id=public_id)
    with refusals_as_messages(request):
        campaigns.approve(campaign=campaign, by=operator_of(request), at=timezone.now())
        messages.success(request, "캠페인을 승인했어요. 정한 시작 시각에 열려요.")
    return redirect("admin:review-detail", public_id)


def _with_reason(
    request: HttpRequest,
    public_id: UUID,
    decide: Callable[..., Any],
    done: str,
    *,
    sheet: type[LongReasonSheet] | type[ReasonSheet] = LongReasonSheet,
) -> HttpResponse:
    """One decision that needs a reason."""
    campaign = get_object_or_404(_campaigns(), public_id=public_id)
    form = sheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _detail(request, campaign, form=form, status=422)
    with refusals_as_messages(request):
        decide(campaign=campaign, by=operator_of(request), at=timezone.now(), reason=form.value.reason)
        messages.success(request, done)
    return redirect("admin:review-detail", public_id)


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_reject(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Refuse it; its credits go back."""
    return _with_reason(request, public_id, campaigns.reject, "캠페인을 반려했어요. 묶인 크레딧을 모두 풀었어요.")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_ask_changes(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send it back for correction."""
    return _with_reason(request, public_id, campaigns.ask_changes, "수정을 요청했어요. 14일 동안 예산을 묶어 둬요.")


@room(Right.LOCK_CAMPAIGNS)
@require_POST
def review_lock(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Stop new participations at once."""
    return _with_reason(request, public_id, campaigns.lock, "캠페인을 잠갔어요. 새 참여가 바로 멈춰요.", sheet=ReasonSheet)


@room(Right.LOCK_CAMPAIGNS)
@require_POST
def review_unlock(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let it go on."""
    return _with_reason(request, public_id, campaigns.unlock, "잠금을 풀었어요.", sheet=ReasonSheet)
