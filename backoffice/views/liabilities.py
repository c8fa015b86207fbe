"""What we owe, and the lines behind every figure of it."""

from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from backoffice.liabilities import Lines, liabilities_at
from backoffice.rewards_owed import rewards_owed_at
from backoffice.rights import Right
from backoffice.site import page, room
from credits.models import Kind, Unit

PER_PAGE = 100


@room(Right.SEE_LEDGER)
@require_GET
def liabilities(request: HttpRequest) -> HttpResponse:
    """Prepaid credits by age, holds, refunds, tickets, prizes, the insured amount, margins, and the house's side of the book."""
    at = timezone.now()
    context = {"title": "크레딧 요약", "owed": liabilities_at(at), "rewards": rewards_owed_at(at)}
    return page(request, "backoffice/liabilities.html", context)


@room(Right.SEE_LEDGER)
@require_GET
def postings(request: HttpRequest) -> HttpResponse:
    """The lines that a figure is the sum of."""
    lines = _lines(request)
    rows = lines.postings().select_related("entry__hold", "account__advertiser", "lot")
    said = request.GET.copy()
    said.pop("page", None)
    context = {
        "title": "기표",
        "rows": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "total": lines.total(),
        "query": said.urlencode(),
    }
    return page(request, "backoffice/postings.html", context)


def _lines(request: HttpRequest) -> Lines:
    """:raises Http404: the address names nothing that can be shown."""
    said = request.GET
    try:
        if (kind := said.get("account", "")) and kind.partition(":")[0] not in Kind.values:
            raise Http404("no such account")
        return Lines(
            account=kind,
            unit=Unit(said.get("unit", Unit.CREDIT)),
            lots=said.get("lots", ""),
            since=_day(said.get("since", "")),
            until=_day(said.get("until", "")),
            hold=_number(said.get("hold", "")),
            owner=_number(said.get("owner", "")),
        )
    except ValueError as exc:
        raise Http404("no such lines") from exc


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise ValueError(text)
    return int(text)
