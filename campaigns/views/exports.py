"""Files of the numbers that analytics shows: asked for, watched while they are made, fetched."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from advertisers.access import TenantRequest, advertiser_required
from campaigns import access
from campaigns.forms import ExportForm, fresh_key
from campaigns.models import Campaign, Export
from campaigns.services import exporting
from common.errors import DomainError

SHOWN = 20


@require_safe
@advertiser_required()
def export_list(request: TenantRequest) -> HttpResponse:
    """The newest files, and the form for another one, filled in as the page that led here was."""
    asked = {name: request.GET[name] for name in ("first", "last", "campaign", "type") if name in request.GET}
    return _page(request, ExportForm(initial={**asked, "key": fresh_key()}, campaigns=_campaigns(request)))


def _page(request: TenantRequest, form: ExportForm) -> HttpResponse:
    newest = Export.objects.owned_by(request.advertiser).select_related("made_by").order_by("-created_at", "-pk")[:SHOWN]
    context = {"form": form, "exports": newest, "kept_days": exporting.KEPT_DAYS}
    return TemplateResponse(request, "campaigns/exports.html", context, status=422 if form.errors else 200)


@require_POST
@advertiser_required()
def create(request: TenantRequest) -> HttpResponse:
    """Let a file be made; its row says how far it is."""
    form = ExportForm(request.POST, campaigns=_campaigns(request))
    if form.is_valid():
        try:
            exporting.ask_for_export(
                advertiser=request.advertiser,
                asked=form.value.question,
                what=form.value.what,
                form=form.value.form,
                by=request.user,
                at=timezone.now(),
                key=form.value.key,
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("campaigns:exports")
    return _page(request, form)


@require_safe
@advertiser_required()
def export_state(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """How far one file is: a line of the list, asked for again while it is being made."""
    return TemplateResponse(request, "campaigns/_export_row.html", {"export": access.get_export(request, public_id)})


@require_safe
@advertiser_required()
def export_file(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """The file itself."""
    return exporting.answer_with(access.get_export(request, public_id))


def _campaigns(request: TenantRequest) -> list[tuple[str, str]]:
    began = Campaign.objects.owned_by(request.advertiser).filter(poured_on__isnull=False).order_by("-submitted_at", "-pk")
    return [(str(number), title) for number, title in began.values_list("public_id", "title")]
