"""What campaigns reached over a period: asked by a form, answered in figures, charts and the same figures as tables."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from advertisers.access import TenantRequest, advertiser_required
from campaigns import analytics
from campaigns.analytics import Answer, DayLine
from campaigns.comparing import Change, change, points, tenths
from campaigns.forms import AnalyticsForm
from campaigns.models import Campaign
from campaigns.questions import PRESETS, AnalyticsIn, CampaignUnknown, Period, Question, question_of
from campaigns.stats import Counts
from common.kst import day_of

_AXIS = {"position": "right", "beginAtZero": True, "grid": {"display": False}, "border": {"display": False}}
PROVISIONAL, FINAL = 4, 2  # colours of a day


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure. open: what of it is provisional, in words; empty when nothing is."""

    label: str
    value: str
    unit: str
    change: Change | None
    open: str = ""


@require_safe
@advertiser_required()
def analytics_page(request: TenantRequest) -> HttpResponse:
    """Every number of a period. What cannot be asked is told beside the field, and the last week is shown instead."""
    today = day_of(timezone.now())
    form = AnalyticsForm(request.GET or None, campaigns=_campaigns(request))
    question = _question(request, form, today=today)
    answer = analytics.answer(question)
    context = {
        "form": form,
        "answer": answer,
        "question": question,
        "period": question.period,
        "presets": _presets(request, question, today=today),
        "tiles": _tiles(answer),
        "days_chart": _days_chart(answer.days),
        "hours_chart": _hours_chart(answer.hours),
        "busiest": max(range(24), key=lambda hour: answer.hours[hour].started) if answer.total.counts.started else None,
        "nightly": analytics.NIGHTLY,
        "query": urlencode(_as_query(question)),
    }
    return TemplateResponse(request, "campaigns/analytics.html", context, status=422 if form.errors else 200)


def _campaigns(request: TenantRequest) -> list[tuple[str, str]]:
    began = Campaign.objects.owned_by(request.advertiser).filter(poured_on__isnull=False).order_by("-submitted_at", "-pk")
    return [(str(number), title) for number, title in began.values_list("public_id", "title")]


def _question(request: TenantRequest, form: AnalyticsForm, *, today: date) -> Question:
    asked = form.value if form.is_bound and form.is_valid() else AnalyticsIn()
    try:
        return question_of(asked, advertiser=request.advertiser, today=today)
    except CampaignUnknown as refusal:
        form.add_error("campaign", str(refusal))
        return question_of(AnalyticsIn(), advertiser=request.advertiser, today=today)


def _as_query(question: Question) -> dict[str, str]:
    """The address of a question."""
    said = {
        "first": question.period.first.isoformat(),
        "last": question.period.last.isoformat(),
        "campaign": str(question.campaign.public_id) if question.campaign else "",
        "type": question.type,
        "compare": "before" if question.compares else "",
    }
    return {name: value for name, value in said.items() if value}


def _presets(request: TenantRequest, question: Question, *, today: date) -> list[tuple[str, str, bool]]:
    """(address, words, is it chosen) of the periods that people ask for most."""
    periods = {"오늘": Period(today, today)} | {f"{days}일": Period.ending(today, days=days) for days in PRESETS}
    return [
        (f"?{urlencode(_as_query(replace(question, period=period)))}", words, period == question.period)
        for words, period in periods.items()
    ]


def _tiles(answer: Answer) -> list[Tile]:
    now, before, open_ = answer.total.counts, answer.before, answer.total.open

    def against(number: int, name: str) -> Change | None:
        return change(number, getattr(before, name)) if before is not None else None

    return [
        Tile("노출", f"{now.listed:,}", "회", against(now.listed, "listed")),
        Tile("참여 시작", f"{now.started:,}", "건", against(now.started, "started"), f"참여 중 {now.running:,}건" if now.running else ""),
        Tile(
            "참여 완료",
            f"{now.confirmed:,}",
            "건",
            against(now.confirmed, "confirmed"),
            f"잠정 {open_.confirmed:,}건" if open_.confirmed else "",
        ),
        Tile(
            "완료율",
            tenths(now.rate) if now.started else "–",
            "%" if now.started else "",
            points(now.rate, before.rate) if before else None,
        ),
        Tile("집행 크레딧", f"{now.credits:,}", "", against(now.credits, "credits"), f"잠정 {open_.credits:,}" if open_.credits else ""),
    ]


def _days_chart(days: tuple[DayLine, ...]) -> dict[str, Any]:
    """Bars of credits, provisional days in another colour; a line of completions."""
    bars = {
        "label": "집행", "data": [day.counts.credits for day in days],
        "colors": [FINAL if day.is_final else PROVISIONAL for day in days], "order": 2,
    }  # fmt: skip
    line = {
        "type": "line",
        "label": "참여 완료",
        "data": [day.counts.confirmed for day in days],
        "color": 3,
        "axis": "count",
        "unit": "건",
        "order": 1,
    }
    return {
        "type": "bar",
        "unit": "크레딧",
        "labels": [f"{day.on.month}/{day.on.day}" for day in days],
        "series": [bars, line],
        "axes": {"count": {**_AXIS, "ticks": {"maxTicksLimit": 5, "precision": 0}}},
    }


def _hours_chart(hours: tuple[Counts, ...]) -> dict[str, Any]:
    series = {"label": "참여 시작", "data": [one.started for one in hours], "color": 2}
    return {"type": "bar", "unit": "건", "labels": [str(hour) for hour in range(24)], "series": [series]}
