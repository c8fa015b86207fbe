"""The first page: the work that waits, and whether the money is right."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import health, rights, selectors, services
from backoffice.admin.base import refusals_as_messages
from backoffice.navigation import Tile, tiles
from backoffice.rights import Right
from backoffice.site import operator_of, page, room


@room()
@require_GET
def dashboard(request: HttpRequest) -> HttpResponse:
    """What this operator may work on."""
    at = timezone.now()
    operator = operator_of(request)
    shown: tuple[Tile, ...] = tiles(request, at=at)
    context: dict[str, Any] = {"title": "운영 현황", "tiles": shown, "at": at}
    if rights.has(operator, Right.SEE_PAYMENTS):
        context["refunds"] = selectors.oldest_refunds()
    if rights.has(operator, Right.SEE_CAMPAIGNS):
        context["reviews"] = selectors.next_reviews(at=at)
    if rights.has(operator, Right.SEE_LEDGER):
        context |= {
            "proof": selectors.last_proof(at=at),
            "owed": selectors.liabilities(),
            "stopped": selectors.is_money_stopped(at=at),
            "may_prove": rights.has(operator, Right.RUN_PROOF),
        }
    if rights.has(operator, Right.SEE_PAYMENTS) or rights.has(operator, Right.SEE_SYSTEM):
        context["alerts"] = selectors.alerts()
    if rights.has(operator, Right.SEE_SYSTEM):
        context["health"] = health.lines(at=at)
    return page(request, "backoffice/dashboard.html", context)


@room(Right.SEE_PAYMENTS, Right.SEE_SYSTEM)
@require_POST
def alert_dismiss(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take an alert off everybody's list."""
    dismissed = services.dismiss_alert(public_id=public_id, by=operator_of(request), at=timezone.now())
    messages.info(request, "알림을 처리한 것으로 표시했어요." if dismissed else "다른 운영자가 먼저 처리한 알림이에요.")
    return redirect("admin:index")


@room(Right.RUN_PROOF)
@require_POST
def proof_run(request: HttpRequest) -> HttpResponse:
    """Ask for a run of the proof; it happens outside the request."""
    with refusals_as_messages(request, done="원장 증명을 시작했어요. 끝나면 이 화면에 결과가 보여요."):
        services.ask_for_proof(by=operator_of(request), at=timezone.now())
    return redirect("admin:index")
