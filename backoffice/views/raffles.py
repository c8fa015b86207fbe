"""
The desk for raffles: prepare, let a second person confirm the money, watch. Opening, closing and drawing are the clock's: there is no
button for them. Every decision is one call into `rewards.raffles`.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice import rights, services
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import RAFFLE_TABS, RAFFLES, counted
from backoffice.forms import RaffleSheet, ReasonSheet, first_error
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from rewards.models import PrizeTax, Raffle
from rewards.models.raffles import MOVES, State
from rewards.raffles import board, record

PER_PAGE = 50


def _raffles() -> QuerySet[Raffle]:
    return Raffle.objects.select_related("sponsor", "made_by")


@room(Right.SEE_RAFFLES)
@require_safe
def raffle_list(request: HttpRequest) -> HttpResponse:
    """What is prepared, open, drawn and void, the next to close first."""
    operator = operator_of(request)
    found = RAFFLES.find(request.GET, by=operator, at=timezone.now())
    context = {
        "title": "래플",
        "found": found,
        "tabs": counted(RAFFLE_TABS, Raffle.objects.all()),
        "rows": Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_export": rights.has(operator, Right.EXPORT),
        "may_run": rights.has(request.user, Right.RUN_RAFFLES),
    }
    return page(request, "backoffice/raffle_list.html", context)


@room(Right.RUN_RAFFLES)
@require_http_methods(["GET", "HEAD", "POST"])
def raffle_new(request: HttpRequest) -> HttpResponse:
    """Prepare a raffle; nothing is promised before it opens."""
    form = RaffleSheet(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_as_messages(request):
            made = services.prepare_raffle(wanted=form.value, by=operator_of(request), at=timezone.now())
            messages.success(request, "래플을 준비했어요. 다른 운영자가 경품 금액을 확인하면 시작 시각에 저절로 열려요.")
            return redirect("admin:raffle-detail", made.public_id)
    return page(request, "backoffice/raffle_new.html", {"title": "새 래플", "form": form}, status=422 if form.errors else 200)


@room(Right.SEE_RAFFLES)
@require_safe
def raffle_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What was promised and what happened on the left, the decision on the right."""
    return _detail(request, get_object_or_404(_raffles(), public_id=public_id))


@room(Right.FUND_RAFFLES)
@require_POST
def raffle_fund(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Confirm as a second person that the money for every prize is there."""
    found = get_object_or_404(_raffles(), public_id=public_id)
    with refusals_as_messages(request):
        services.fund_raffle(raffle=found, by=operator_of(request), at=timezone.now())
        messages.success(request, "경품 금액을 확인했어요. 시작 시각에 저절로 열려요.")
    return redirect("admin:raffle-detail", public_id)


@room(Right.RUN_RAFFLES)
@require_POST
def raffle_void(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """End a raffle that was not drawn, with a public reason; every ticket goes back."""
    found = get_object_or_404(_raffles(), public_id=public_id)
    form = ReasonSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _detail(request, found, status=422, form=form)
    with refusals_as_messages(request):
        services.void_raffle(raffle=found, by=operator_of(request), reason=form.value.reason, at=timezone.now())
        messages.success(request, "래플을 무효로 했어요. 쓴 티켓은 모두 돌려드려요.")
    return redirect("admin:raffle-detail", public_id)


@room(Right.RUN_RAFFLES)
@require_POST
def raffle_delivered(request: HttpRequest, public_id: UUID, place: int) -> HttpResponse:
    """A prize that was claimed has reached its winner."""
    found = get_object_or_404(_raffles(), public_id=public_id)
    form = ReasonSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _detail(request, found, status=422, form=form)
    with refusals_as_messages(request):
        services.deliver_prize(raffle=found, place=place, by=operator_of(request), reason=form.value.reason, at=timezone.now())
        messages.success(request, "전달했다고 적었어요.")
    return redirect("admin:raffle-detail", public_id)


def _winners(found: Raffle) -> list[dict[str, Any]]:
    """As everybody sees them, with the tax that has to come before a prize is handed over."""
    owed = {tax.winner.place: tax for tax in PrizeTax.objects.filter(winner__raffle=found).select_related("winner")}
    return [{**row, "tax": owed.get(row["place"])} for row in record.winners_of(found)]


def _detail(request: HttpRequest, found: Raffle, *, status: int = 200, form: ReasonSheet | None = None) -> HttpResponse:
    context: dict[str, Any] = {
        "title": "래플",
        "raffle": found,
        "standing": board.standing_of(found, None, at=timezone.now()),
        "winners": _winners(found),
        "events": found.events.select_related("by").order_by("at", "pk"),
        "form": form or ReasonSheet(),
        "may_run": rights.has(request.user, Right.RUN_RAFFLES),
        "may_fund": rights.has(request.user, Right.FUND_RAFFLES) and found.made_by_id != operator_of(request).pk,
        "may_be_void": State.VOID in MOVES[State(found.state)],
    }
    return page(request, "backoffice/raffle_detail.html", context, status=status)
