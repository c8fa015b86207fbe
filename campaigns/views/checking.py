"""The advertiser's side of checking evidence: what was sent in for one campaign, and the decision where it said it would make it."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from campaigns import access, evidence, pictures, services
from campaigns.models import Evidence
from common.errors import DomainError
from identity import access_log

PER_PAGE = 20


@require_safe
@advertiser_required()
def evidence_list(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """What waits for a look, oldest first, or what was decided, newest first. No member is named."""
    campaign = access.get_campaign(request, public_id)
    tab = "decided" if request.GET.get("tab") == "decided" else "waiting"
    found = (evidence.decided() if tab == "decided" else evidence.waiting()).filter(campaign=campaign)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    is_ours = evidence.checked_by_advertiser(campaign)
    context = {
        "campaign": campaign,
        "tab": tab,
        "tabs": [("?", "확인할 참여", None, tab == "waiting"), ("?tab=decided", "확인한 참여", None, tab == "decided")],
        "page": page,
        "cases": evidence.cases(page.object_list),
        "is_ours": is_ours,
        "may_decide": is_ours and request.membership.role in SPENDERS,
    }
    return TemplateResponse(request, "campaigns/evidence.html", context)


@require_safe
@advertiser_required()
def evidence_picture(request: TenantRequest, public_id: UUID, evidence_id: UUID) -> HttpResponse:
    """One picture that was sent in for a campaign whose pictures the advertiser checks."""
    campaign = access.get_campaign(request, public_id)
    row = evidence.find(evidence_id, campaign)
    if row is None or not row.file or not evidence.checked_by_advertiser(campaign):
        raise Http404("no such picture of this campaign")
    access_log.note(actor=request.user, action="evidence.viewed", subject=f"evidence:{row.public_id}", at=timezone.now())
    return pictures.answer(row.file)


@require_POST
@advertiser_required(roles=SPENDERS)
def evidence_approve(request: TenantRequest, public_id: UUID, evidence_id: UUID) -> HttpResponse:
    """It counts: the member gets the tickets, and one unit price is charged."""
    return _decide(request, public_id, evidence_id, is_fine=True, done="통과시켰어요. 회원에게 티켓이 지급됐어요.")


@require_POST
@advertiser_required(roles=SPENDERS)
def evidence_refuse(request: TenantRequest, public_id: UUID, evidence_id: UUID) -> HttpResponse:
    """It does not count; its place goes back into the budget."""
    return _decide(request, public_id, evidence_id, is_fine=False, done="거절했어요. 이 참여는 차감하지 않아요.")


def _decide(request: TenantRequest, public_id: UUID, evidence_id: UUID, *, is_fine: bool, done: str) -> HttpResponse:
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    row = evidence.find(evidence_id, campaign)
    if row is None or not evidence.checked_by_advertiser(campaign) or row.verdict != Evidence.Verdict.WAITING:
        raise Http404("nothing that this advertiser may decide")
    reason = request.POST.get("reason", "").replace("\x00", "")
    try:
        services.decide_evidence(evidence=row, is_fine=is_fine, by=request.user, at=timezone.now(), reason=reason)
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("campaigns:evidence", public_id)
