"""Our books beside those of the payment companies: scores, comparisons, settlement lists, open differences."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import rights, services
from backoffice.admin.base import refusals_as_messages
from backoffice.forms import SettlementSheet, first_error
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from backoffice.words import word_of
from payments import services as payments
from payments.causes import cause_of
from payments.models import ReconciliationItem, ReconciliationRun, SettlementFile
from payments.scores import Scores, scores_of
from payments.settlements import read_csv

LAST = 20


@room(Right.SEE_PAYMENTS)
@require_GET
def reconciliation(request: HttpRequest) -> HttpResponse:
    """How well the books meet, and what waits."""
    return _page(request, form=SettlementSheet())


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """The scores of one payment company, in words."""

    name: str
    scores: Scores
    tone: str
    complete: str
    timely: str
    cleared: str


def _card(gateway: str, *, at: datetime) -> ScoreCard:
    scores = scores_of(gateway, at=at)
    tone = "amber" if scores.is_old(at) else "red" if scores.too_old else "green"
    return ScoreCard(word_of(gateway), scores, tone, _percent(scores.complete), _percent(scores.timely), _percent(scores.cleared))


def _percent(hundredths: int | None) -> str:
    """9998 → "99.98%"; a dash without anything to count."""
    return "–" if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02}%"


def _page(request: HttpRequest, *, form: SettlementSheet, status: int = 200) -> HttpResponse:
    at = timezone.now()
    waiting = ReconciliationItem.objects.filter(state=ReconciliationItem.State.OPEN).select_related("order__advertiser")
    context: dict[str, Any] = {
        "title": "대사",
        "at": at,
        "cards": [_card(name, at=at) for name in settings.PAYMENT_GATEWAYS],
        "items": [(item, cause_of(item)) for item in waiting.order_by("opened_at", "pk")[:LAST]],
        "waiting": waiting.count(),
        "runs": [(run, word_of(run.gateway)) for run in ReconciliationRun.objects.order_by("-pk")[:LAST]],
        "files": [(file, word_of(file.gateway)) for file in SettlementFile.objects.select_related("taken_by").order_by("-pk")[:LAST]],
        "may_settle": rights.has(operator_of(request), Right.SETTLE_DIFFERENCES),
        "form": form,
    }
    return page(request, "backoffice/reconciliation.html", context, status=status)


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def reconciliation_run(request: HttpRequest) -> HttpResponse:
    """Compare with every payment company; it happens outside the request."""
    with refusals_as_messages(request, done="결제사와 대사를 시작했어요. 끝나면 이 화면에 결과가 보여요."):
        services.ask_for_reconciliation(by=operator_of(request), at=timezone.now())
    return redirect("admin:reconciliation")


@room(Right.SETTLE_DIFFERENCES)
@require_POST
def settlement_upload(request: HttpRequest) -> HttpResponse:
    """Take a settlement list that somebody exported from a payment company's console."""
    form = SettlementSheet(request.POST, request.FILES)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _page(request, form=form, status=422)
    said = form.cleaned_data
    with refusals_as_messages(request):
        operator, at = operator_of(request), timezone.now()
        file, items = payments.take_settlement(
            gateway=said["gateway"],
            first_on=said["first_on"],
            last_on=said["last_on"],
            name=said["file"].name,
            lines=read_csv(said["file"].read()),
            by=operator,
            at=at,
        )
        services.keep(row=file, by=operator, reason=f"정산 목록 {file.lines:,}줄을 올렸어요", at=at)
        messages.success(request, f"정산 {file.lines:,}줄을 읽었어요. 다른 곳은 {len(items):,}건이에요.")
    return redirect("admin:reconciliation")
