"""Reports by mail: which ones go out to the person (and, for the owner, to whom else), and a form for another one."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from advertisers import selectors
from advertisers.access import TenantRequest, advertiser_required
from campaigns import access
from campaigns.forms import ReportForm
from campaigns.services import reporting
from common.errors import DomainError
from identity.contacts import masked_email


@require_safe
@advertiser_required()
def report_list(request: TenantRequest) -> HttpResponse:
    """What goes out, and the form for another one."""
    return _page(request, ReportForm(initial={"every": "WEEK", "hour": "9"}, recipients=_recipients(request)))


def _page(request: TenantRequest, form: ReportForm) -> HttpResponse:
    shown = access.report_schedules(request).order_by("next_at", "pk")
    rows = [(row, masked_email(row.email) if row.email else "") for row in shown]
    context = {"form": form, "rows": rows}
    return TemplateResponse(request, "campaigns/reports.html", context, status=422 if form.errors else 200)


def _recipients(request: TenantRequest) -> list[tuple[str, str]]:
    """The addresses that said yes; only the owner may send them something."""
    if not request.membership.is_owner:
        return []
    return [(str(row.public_id), masked_email(row.email)) for row in selectors.report_readers(request.advertiser)]


@require_POST
@advertiser_required()
def create(request: TenantRequest) -> HttpResponse:
    """Send a report from now on."""
    form = ReportForm(request.POST, recipients=_recipients(request))
    if form.is_valid():
        try:
            row = reporting.schedule(advertiser=request.advertiser, member=request.membership, wish=form.value, at=timezone.now())
        except DomainError as refusal:
            form.add_error("recipient", str(refusal))
        else:
            messages.success(request, f"{row.words}에 보고서를 보내드려요.")
            return redirect("campaigns:reports")
    return _page(request, form)


@require_POST
@advertiser_required()
def remove(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Send it no more."""
    reporting.cancel(schedule=access.get_report_schedule(request, public_id))
    messages.success(request, "보고서를 더 보내지 않아요.")
    return redirect("campaigns:reports")
