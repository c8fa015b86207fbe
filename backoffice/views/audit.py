"""What was changed by whom and why, and the monthly look through who looked at personal data."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import access_review, history
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from backoffice.views import deeds
from common import kst
from identity.models import AccessReview


@room(Right.SEE_SYSTEM)
@require_GET
def history_list(request: HttpRequest) -> HttpResponse:
    """Changes of every table that remembers them, newest first."""
    asked = {name: request.GET.get(name, "").replace("\x00", "").strip()[:100] for name in ("q", "table", "first", "last", "until")}
    tables = history.tables()
    wanted = history.Wanted(
        words=asked["q"],
        table=asked["table"] if asked["table"] in tables else "",
        first_on=kst.named_day(asked["first"]),
        last_on=kst.named_day(asked["last"]),
        until=_moment(asked["until"]),
    )
    lines = history.find(wanted)
    context = {
        "title": "변경 기록",
        "asked": asked,
        "tables": [(label, model.pgh_tracked_model._meta.verbose_name) for label, model in tables.items()],  # type: ignore[attr-defined]
        "lines": lines,
        "until": lines[-1].at.isoformat() if len(lines) == history.PER_PAGE else "",
    }
    return page(request, "backoffice/history.html", context)


@room(Right.REVIEW_ACCESS)
@require_GET
def access_review_list(request: HttpRequest) -> HttpResponse:
    """One month of the access log by operator, and which months were reviewed."""
    months = access_review.months(at=timezone.now())
    month = kst.named_day(request.GET.get("month", "")) or months[0]
    if month not in months:
        raise Http404("no such month")
    reviews = {row.month: row for row in AccessReview.objects.filter(month__in=months).select_related("reviewer")}
    context: dict[str, Any] = {
        "title": "접속 기록 점검",
        "months": [(each, reviews.get(each)) for each in months],
        "month": month,
        "review": reviews.get(month),
        "lines": access_review.report(month),
        "many": access_review.MANY_A_DAY,
    }
    return page(request, "backoffice/access_review.html", context)


@room(Right.REVIEW_ACCESS)
@require_POST
def access_review_confirm(request: HttpRequest, month: str) -> HttpResponse:
    """Keep that this operator looked through a month."""
    on = kst.named_day(month)
    if on is None:
        raise Http404("no such month")
    return deeds.carry_out(
        request,
        lambda: access_review.review(month=on, note=request.POST.get("note", ""), by=operator_of(request), at=timezone.now()),
        done="점검을 기록했어요.",
        to=redirect("admin:access-review"),
    )


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
