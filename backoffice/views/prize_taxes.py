"""
The tax of prizes: who has to tell, who has to pay, what was withheld in which month, and the yearly statement with names. Every decision is
one call; the list itself names nobody.
"""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice import rights, services
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import PRIZE_TAXES, TAX_TABS, counted
from backoffice.forms import ReasonSheet, TaxPaidSheet, first_error
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from rewards.models import PrizeTax
from rewards.prize_tax import reading

PER_PAGE = 50


@room(Right.SETTLE_PRIZE_TAXES)
@require_safe
def prize_tax_list(request: HttpRequest) -> HttpResponse:
    """What waits, the first to fall due first; beside it the months to remit and the years to report."""
    operator, at = operator_of(request), timezone.now()
    found = PRIZE_TAXES.find(request.GET, by=operator, at=at)
    context = {
        "title": "경품 세금",
        "found": found,
        "tabs": counted(TAX_TABS, PrizeTax.objects.all()),
        "rows": Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page")),
        "months": reading.months(),
        "years": reading.years(),
        "may_report": rights.has(operator, Right.SEE_TAX_IDENTITIES),
        "may_export": rights.has(operator, Right.EXPORT),
        "now": at,
    }
    return page(request, "backoffice/prize_tax_list.html", context)


@room(Right.SETTLE_PRIZE_TAXES)
@require_POST
def prize_tax_pay(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The winner's deposit is in the bank's list."""
    tax, form = get_object_or_404(PrizeTax, public_id=public_id), TaxPaidSheet(request.POST)
    if form.is_valid():
        with refusals_as_messages(request):
            asked = form.value
            by, at = operator_of(request), timezone.now()
            services.record_tax_payment(tax=tax, paid_on=asked.paid_on, reference=asked.reference, by=by, at=at)
            messages.success(request, "납부를 확인했어요. 이제 경품을 전할 수 있어요.")
    else:
        messages.error(request, first_error(form))
    return redirect("admin:prize-tax-list")


@room(Right.SETTLE_PRIZE_TAXES)
@require_POST
def prize_tax_forfeit(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The deposit did not come in time: the prize goes to the next in reserve, what the winner told is deleted."""
    tax, form = get_object_or_404(PrizeTax, public_id=public_id), ReasonSheet(request.POST)
    if form.is_valid():
        with refusals_as_messages(request):
            services.forfeit_prize(tax=tax, by=operator_of(request), reason=form.value.reason, at=timezone.now())
            messages.success(request, "경품을 예비 당첨자에게 넘기고, 받은 신고 정보를 지웠어요.")
    else:
        messages.error(request, first_error(form))
    return redirect("admin:prize-tax-list")


@room(Right.SEE_TAX_IDENTITIES)
@require_POST
def prize_tax_statement(request: HttpRequest, year: int) -> HttpResponse:
    """A year's payments with names and numbers, as a spreadsheet for the tax office."""
    if year not in reading.years():
        raise Http404("nothing was paid in this year")
    form = ReasonSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return redirect("admin:prize-tax-list")
    sheet = services.tax_statement(year=year, by=operator_of(request), reason=form.value.reason, at=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="prize-tax-{year}.xlsx"'}
    return HttpResponse(sheet, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", headers=headers)
