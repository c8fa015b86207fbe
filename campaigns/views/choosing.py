"""The advertiser's side of missions whose members are chosen: who applied, and the choice. No member is named."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from campaigns import access, applications, services
from campaigns.models import Application
from common.errors import DomainError

PER_PAGE = 20
TABS = {"": Application.State.WAITING, "chosen": Application.State.CHOSEN, "passed": Application.State.NOT_CHOSEN}


@require_safe
@advertiser_required()
def application_list(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Who waits for a choice, oldest first, or who was chosen or not, newest first."""
    campaign = access.get_campaign(request, public_id)
    if not campaign.declared.chooses:
        raise Http404("a mission that everybody may start")
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else ""
    page = Paginator(applications.of(campaign, state=TABS[tab]), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "campaign": campaign,
        "tabs": [(f"?tab={key}" if key else "?", state.label, None, key == tab) for key, state in TABS.items()],
        "page": page,
        "may_decide": request.membership.role in SPENDERS,
    }
    return TemplateResponse(request, "campaigns/applications.html", context)


@require_POST
@advertiser_required(roles=SPENDERS)
def choose(request: TenantRequest, public_id: UUID, application_id: UUID) -> HttpResponse:
    """This member may start; what is handed over is shown to nobody else."""
    return _choose(request, public_id, application_id, is_chosen=True, done="선정했어요. 회원에게 알렸어요.")


@require_POST
@advertiser_required(roles=SPENDERS)
def pass_over(request: TenantRequest, public_id: UUID, application_id: UUID) -> HttpResponse:
    """Not this time."""
    return _choose(request, public_id, application_id, is_chosen=False, done="선정하지 않았어요.")


def _choose(request: TenantRequest, public_id: UUID, application_id: UUID, *, is_chosen: bool, done: str) -> HttpResponse:
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    row = applications.find(campaign, application_id)
    if row is None:
        raise Http404("no such application for this campaign")
    handover = request.POST.get("handover", "").replace("\x00", "")
    try:
        services.choose(application=row, is_chosen=is_chosen, by=request.user, at=timezone.now(), handover=handover)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("campaigns:applications", public_id)
