"""Which missions there are, what I took part in, the story of each, and what to do when the reward did not come."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from campaigns import history, services, timeline
from common import cursors
from common.errors import DomainError
from common.http import PortalRequest
from credits import selectors as balances
from rewards.access import MemberRequest, member_of, member_required

PER_PAGE = 30


@require_safe
def mission_list(request: PortalRequest) -> HttpResponse:
    """Every mission of this moment. Anybody may look."""
    member = member_of(request)
    context = {"member": member, "tickets": balances.member_tickets(member.pk) if member else None, "now": timezone.now()}
    return TemplateResponse(request, "campaigns/missions.html", context)


@require_safe
@member_required
def participations(request: MemberRequest) -> HttpResponse:
    """Newest first."""
    cursor = cursors.known(request.GET.get("cursor", ""), of=history.LIST)
    rows, older = history.history_of(request.member.pk, cursor=cursor, limit=PER_PAGE)
    context = {
        "rows": rows, "older": older, "first": request.path if cursor else "", "tickets": balances.member_tickets(request.member.pk),
    }  # fmt: skip
    return TemplateResponse(request, "campaigns/participations.html", context)


@require_safe
@member_required
def participation(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """One of mine: what happened when, and what was answered to me."""
    row, at = history.own_participation(request.member.pk, public_id), timezone.now()
    if row is None:
        raise Http404("no such participation of this member")
    context = {"row": row, "moments": timeline.of(row, at=at), "claims": timeline.claims_of(row), "at": at}
    return TemplateResponse(request, "campaigns/participation.html", context)


@require_POST
@member_required
def claim(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """The reward did not come: answered at once."""
    try:
        found = services.claim_reward(member=request.member, participation=public_id, at=timezone.now())
    except services.ParticipationNotFound:
        raise Http404("no such participation of this member") from None
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, found.words)
    return redirect("campaigns:participation", public_id)
