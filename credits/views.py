"""The pages on which an advertiser sees what she has, where it came from and what became of it, and takes it home."""

from datetime import datetime, timedelta

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from advertisers.access import PAYERS, REFUNDERS, TenantRequest, advertiser_required
from common.kst import day_from, day_of
from credits import selectors, statements

PER_PAGE = 20
SHOWN_HOLDS = 2
STATEMENT_LINES = 100
EXPIRES_SOON = timedelta(days=30)
GROUPS = (("", "모두"), ("top-up", "충전"), ("bonus", "보너스"), ("campaign", "캠페인"), ("refund", "환불"), ("other", "만료·조정"))
PERIODS = (("", "전체 기간"), ("7", "7일"), ("30", "30일"), ("90", "90일"))


@require_safe
@advertiser_required()
def history(request: TenantRequest) -> HttpResponse:
    """The balance, the lots that are left with their expiry, and every transaction, newest first."""
    advertiser, at = request.advertiser, timezone.now()
    group = _chosen(request.GET.get("kind", ""), GROUPS)
    period = _chosen(request.GET.get("period", ""), PERIODS)
    found = selectors.history(advertiser, group=group, since=_since(period, at=at))
    lots = selectors.lots(advertiser)
    holds = selectors.holds_of_lots(lots)
    expiring, expires_first_at = selectors.expiring(lots, until=at + EXPIRES_SOON)
    context = {
        "at": at,
        "advertiser": advertiser,
        "balance": selectors.balance(advertiser),
        "expiring": expiring,
        "expires_first_at": expires_first_at,
        "lots": [(lot, holds.get(lot.id, ())[:SHOWN_HOLDS], len(holds.get(lot.id, ())[SHOWN_HOLDS:])) for lot in lots],
        "order_ids": [lot.order_id for lot in lots if not lot.is_free],
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "groups": GROUPS,
        "group": group,
        "periods": PERIODS,
        "period": period,
        "may_pay": request.membership.role in PAYERS,
        "may_refund": request.membership.role in REFUNDERS,
    }
    return TemplateResponse(request, "credits/history.html", context)


@require_safe
@advertiser_required()
def statement_list(request: TenantRequest) -> HttpResponse:
    """Every month with its statement; the running one up to the last closed day."""
    page = Paginator(statements.months_of(request.advertiser), PER_PAGE).get_page(request.GET.get("page"))
    return TemplateResponse(request, "credits/statement_list.html", {"page": page})


@require_safe
@advertiser_required()
def statement_detail(request: TenantRequest, period: str) -> HttpResponse:
    """Opening, lines and closing of one period."""
    found = statements.statement_of(request.advertiser, _closed(period))
    page = Paginator(found.lines, STATEMENT_LINES).get_page(request.GET.get("page"))
    return TemplateResponse(request, "credits/statement_detail.html", {"statement": found, "page": page})


@require_safe
@advertiser_required()
def statement_file(request: TenantRequest, period: str, form: str) -> HttpResponse:
    """The statement to keep: the same bytes whenever it is asked for."""
    if form not in statements.FORMATS:
        raise Http404("no such form of a statement")
    found = statements.statement_of(request.advertiser, _closed(period))
    make, content_type = statements.FORMATS[form]
    return HttpResponse(
        make(found),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="boost-statement-{found.period.name}.{form}"'},
    )


def _closed(name: str) -> statements.Period:
    period = statements.period_of(name)
    if period is None:
        raise Http404("no closed period of this name")
    return period


def _chosen(said: str, choices: tuple[tuple[str, str], ...]) -> str:
    """What was chosen in the address; anything unknown means all."""
    return said if said in dict(choices) else ""


def _since(period: str, *, at: datetime) -> datetime | None:
    """The first moment of a period of whole days in Seoul that ends today."""
    return day_from(day_of(at) - timedelta(days=int(period) - 1)) if period else None
