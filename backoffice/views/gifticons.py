"""The gifticon rooms: our deposit at the supplier, imports with their differences, goods with their margins."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice import gifticon_services as services
from backoffice import rights
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import GOODS, SHELVES, counted
from backoffice.forms import first_error
from backoffice.gifticon_forms import ApplicationSheet, DepositSheet, MarkupSheet, OfferSheet
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from rewards.gifticons import deposit
from rewards.models import Gifticon, GifticonDeposit, GifticonFloat, GifticonImport, GifticonImportLine, GifticonPriceRule

PER_PAGE = 50
NEWEST = 10
TABS: dict[str, tuple[str, Q]] = {
    "look": ("사람이 볼 것", Q(needs_look=True)),
    "new": ("새 상품", Q(kind="NEW")),
    "changed": ("달라짐", Q(kind="CHANGED")),
    "gone": ("사라짐", Q(kind="GONE")),
}
WORDS = {
    "name": "이름", "notice": "유의사항", "image_url": "그림", "face_krw": "판매가", "cost_krw": "구매가", "valid_days": "유효기간",
    "is_voucher": "금액권", "is_sold": "판매 중", "brand_code": "브랜드 코드", "brand_name": "브랜드", "category": "종류",
    "icon_url": "브랜드 그림",
}  # fmt: skip


@room(Right.SEE_GIFTICONS)
@require_safe
def gifticons(request: HttpRequest) -> HttpResponse:
    """What is left of our deposit beside our book, for how many days, and the newest imports."""
    return _overview(request)


def _overview(request: HttpRequest, *, form: DepositSheet | None = None, status: int = 200) -> HttpResponse:
    at = timezone.now()
    runs = GifticonImport.objects.all()
    if request.GET.get("runs") == "waiting":
        runs = runs.filter(state=GifticonImport.State.READY)
    newest = GifticonFloat.objects.order_by("-read_at", "-pk").first()
    context: dict[str, Any] = {
        "title": "기프티콘",
        "newest": newest,
        "book": deposit.book(),
        "days": deposit.days_left(newest.balance_krw, at=at) if newest else None,
        "deposits": GifticonDeposit.objects.select_related("by").order_by("-at", "-pk")[:NEWEST],
        "runs": runs.select_related("by").order_by("-started_at", "-pk")[:NEWEST],
        "form": form or DepositSheet(),
        "may_run": rights.has(request.user, Right.RUN_GIFTICONS),
        "may_fund": rights.has(request.user, Right.FUND_GIFTICONS),
    }
    return page(request, "backoffice/gifticons.html", context, status=status)


@room(Right.FUND_GIFTICONS)
@require_POST
def deposit_note(request: HttpRequest) -> HttpResponse:
    """Write down what was paid to the supplier."""
    form = DepositSheet(request.POST)
    if not form.is_valid():
        return _overview(request, form=form, status=422)
    with refusals_as_messages(request, done="예치금을 적었어요."):
        services.note_deposit(wish=form.value, by=operator_of(request), at=timezone.now())
    return redirect("admin:gifticons")


@room(Right.RUN_GIFTICONS)
@require_POST
def import_start(request: HttpRequest) -> HttpResponse:
    """Read the supplier's catalogue; nothing is applied by that."""
    run = services.start_import(by=operator_of(request), at=timezone.now())
    messages.success(request, "목록을 읽기 시작했어요. 다 읽으면 달라진 것을 보여 드려요.")
    return redirect("admin:gifticon-import", run.public_id)


@room(Right.SEE_GIFTICONS)
@require_safe
def import_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What is different, line by line."""
    run = get_object_or_404(GifticonImport.objects.select_related("by", "applied_by"), public_id=public_id)
    tab = request.GET.get("tab", "look")
    tab = tab if tab in TABS else "look"
    counts = run.lines.aggregate(**{name: Count("pk", filter=wanted) for name, (_, wanted) in TABS.items()})
    rows = Paginator(run.lines.filter(TABS[tab][1]).order_by("code"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "기프티콘 가져오기",
        "run": run,
        "tabs": [(name, label, counts[name]) for name, (label, _) in TABS.items()],
        "tab": tab,
        "rows": rows,
        "lines": [(line, _differences(line)) for line in rows],
        "form": ApplicationSheet(),
        "may_run": rights.has(request.user, Right.RUN_GIFTICONS),
    }
    return page(request, "backoffice/gifticon_import.html", context)


def _differences(line: GifticonImportLine) -> list[tuple[str, str, str]]:
    return [(WORDS[name], _shown(before), _shown(line.found.get(name))) for name, before in line.before.items()]


def _shown(value: Any) -> str:
    """A fact of a good for people."""
    if isinstance(value, bool):
        return "예" if value else "아니요"
    return f"{value:,}" if isinstance(value, int) else str(value)[:200]


@room(Right.RUN_GIFTICONS)
@require_POST
def import_apply(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Make the catalogue what was read."""
    run, form = get_object_or_404(GifticonImport, public_id=public_id), ApplicationSheet(request.POST)
    if form.is_valid():
        with refusals_as_messages(request):
            services.apply_import(run=run, wish=form.value, by=operator_of(request), at=timezone.now())
            messages.success(request, "목록을 반영했어요.")
    return redirect("admin:gifticon-import", public_id)


@room(Right.RUN_GIFTICONS)
@require_POST
def import_drop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Forget what was read."""
    run = get_object_or_404(GifticonImport, public_id=public_id)
    with refusals_as_messages(request):
        services.drop_import(run=run, by=operator_of(request), at=timezone.now())
        messages.success(request, "읽은 목록을 버렸어요.")
    return redirect("admin:gifticon-import", public_id)


@room(Right.SEE_GIFTICONS)
@require_safe
def goods(request: HttpRequest) -> HttpResponse:
    """Goods with price, cost and margin, the thinnest margin first."""
    return _goods(request)


def _goods(request: HttpRequest, *, form: MarkupSheet | None = None, status: int = 200) -> HttpResponse:
    operator = operator_of(request)
    found = GOODS.find(request.GET, by=operator, at=timezone.now())
    context = {
        "title": "기프티콘 상품과 마진",
        "found": found,
        "tabs": counted(SHELVES, Gifticon.objects.all()),
        "rows": Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_export": rights.has(operator, Right.EXPORT),
        "rules": GifticonPriceRule.objects.select_related("gifticon", "brand", "by").order_by("-effective_from", "-pk")[:NEWEST],
        "form": form or MarkupSheet(),
        "may_run": rights.has(request.user, Right.RUN_GIFTICONS),
    }
    return page(request, "backoffice/gifticon_goods.html", context, status=status)


@room(Right.RUN_GIFTICONS)
@require_POST
def markup_set(request: HttpRequest) -> HttpResponse:
    """A mark-up for a good or a brand from a moment on."""
    form = MarkupSheet(request.POST)
    if not form.is_valid():
        return _goods(request, form=form, status=422)
    with refusals_as_messages(request):
        services.set_markup(wish=form.value, by=operator_of(request), at=timezone.now())
        messages.success(request, "가격 규칙을 정했어요.")
    return redirect("admin:gifticon-goods")


@room(Right.RUN_GIFTICONS)
@require_POST
def offer_change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """How many more are given away, and whether the shop shows it."""
    item, form = get_object_or_404(Gifticon, public_id=public_id), OfferSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return redirect("admin:gifticon-goods")
    with refusals_as_messages(request):
        services.change_offer(item=item, wish=form.value, by=operator_of(request), at=timezone.now())
        messages.success(request, "바꿨어요.")
    return redirect("admin:gifticon-goods")
