"""The switch over top-ups and refunds, for the hour in which the books disagree."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import rights, selectors, services
from backoffice.admin.base import refusals_as_messages
from backoffice.forms import ReasonSheet, first_error
from backoffice.rights import Right
from backoffice.site import operator_of, page, room


@room(Right.SEE_LEDGER)
@require_GET
def money_switch(request: HttpRequest) -> HttpResponse:
    """Whether money moves, and who decided so when and why."""
    return _page(request, form=ReasonSheet())


def _page(request: HttpRequest, *, form: ReasonSheet, status: int = 200) -> HttpResponse:
    at = timezone.now()
    context = {
        "title": "충전·환불 스위치",
        "stopped": selectors.is_money_stopped(at=at),
        "turns": selectors.money_turns(),
        "proof": selectors.last_proof(at=at),
        "may_switch": rights.has(operator_of(request), Right.STOP_MONEY),
        "form": form,
    }
    return page(request, "backoffice/money_switch.html", context, status=status)


def _turn(request: HttpRequest, *, stop: bool, done: str) -> HttpResponse:
    form = ReasonSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _page(request, form=form, status=422)
    with refusals_as_messages(request):
        services.switch_money(stop=stop, by=operator_of(request), reason=form.value.reason, at=timezone.now())
        messages.success(request, done)
    return redirect("admin:money-switch")


@room(Right.STOP_MONEY)
@require_POST
def money_stop(request: HttpRequest) -> HttpResponse:
    """No new top-up and no new refund from now on."""
    return _turn(request, stop=True, done="새 충전과 환불을 멈췄어요.")


@room(Right.STOP_MONEY)
@require_POST
def money_resume(request: HttpRequest) -> HttpResponse:
    """Money moves again."""
    return _turn(request, stop=False, done="충전과 환불을 다시 시작했어요.")
