"""The pages on which an advertiser sees what she has, where it came from and what became of it, and takes it home."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from advertisers.access import PAYERS, REFUNDERS, TenantRequest, advertiser_required
from common.kst import day_from, day_of
from credits import history_files, pace, selectors, statements
from credits import services as ledger
from credits.forms import WarningForm
from credits.models import BalanceWatch

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
    balance = selectors.balance_of(lots)
    expiring, expires_first_at = selectors.expiring(lots, until=at + EXPIRES_SOON)
    context = {
        "at": at,
        "advertiser": advertiser,
        "balance": balance,
        "expiring": expiring,
        "expires_first_at": expires_first_at,
        "lots": [(lot, holds.get(lot.id, ())[:SHOWN_HOLDS], len(holds.get(lot.id, ())[SHOWN_HOLDS:])) for lot in lots],
        "order_ids": [lot.order_id for lot in lots if not lot.is_free],
        "page": Paginator(found, PER_PAGE).get_page(request.GET.get("page")),
        "groups": GROUPS,
        "group": group,
        "periods": PERIODS,
        "period": period,
        "days_left": pace.days_left(advertiser, at=at, balance=balance),
        "warn_below": ledger.line_of(BalanceWatch.objects.filter(advertiser=advertiser).first(), at=at),
        "may_pay": request.membership.role in PAYERS,
        "may_refund": request.membership.role in REFUNDERS,
    }
    return TemplateResponse(request, "credits/history.html", context)


@require_safe
@advertiser_required()
def history_file(request: TenantRequest, form: str) -> HttpResponse:
    """The transactions that the page shows, all of them, to keep. kind, period: as the page has them."""
    if form not in history_files.FORMATS:
        raise Http404("no such form of a history")
    group = _chosen(request.GET.get("kind", ""), GROUPS)
    period = _chosen(request.GET.get("period", ""), PERIODS)
    found = selectors.history(request.advertiser, group=group, since=_since(period, at=timezone.now()))
    make, content_type = history_files.FORMATS[form]
    headers = {"Content-Disposition": f'attachment; filename="boost-credits-{day_of(timezone.now())}.{form}"'}
    return HttpResponse(make(found), content_type=content_type, headers=headers)


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


@require_POST
@advertiser_required(roles=PAYERS)
def set_warning(request: TenantRequest) -> HttpResponse:
    """Choose below how many days left the team is warned."""
    form = WarningForm(request.POST)
    if form.is_valid():
        ledger.set_warning(advertiser=request.advertiser, days=form.value.days)
        messages.success(request, "크레딧 부족 알림을 바꿨어요.")
    else:
        messages.error(request, "0일부터 90일까지 숫자로 적어 주세요. 0은 알리지 않아요.")
    return redirect("credits:history")


def _chosen(said: str, choices: tuple[tuple[str, str], ...]) -> str:
    """What was chosen in the address; anything unknown means all."""
    return said if said in dict(choices) else ""


def _since(period: str, *, at: datetime) -> datetime | None:
    """The first moment of a period of whole days in Seoul that ends today."""
    return day_from(day_of(at) - timedelta(days=int(period) - 1)) if period else None
