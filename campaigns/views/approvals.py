"""What is above a member's limit: whoever asked and whoever may decide see the same list."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from campaigns import seconds, services
from common.errors import DomainError


@require_safe
@advertiser_required()
def approval_list(request: TenantRequest) -> HttpResponse:
    """Everything that waits or waited for a second member."""
    context = {"lines": seconds.lines(request.advertiser, user=request.user), "may_decide": request.membership.role in SPENDERS}
    return TemplateResponse(request, "campaigns/approvals.html", context)


@require_POST
@advertiser_required(roles=SPENDERS)
def approve(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Agree; what waited happens at once."""
    try:
        campaign = services.approve_as_second(advertiser=request.advertiser, request=public_id, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("campaigns:approvals")
    messages.success(request, "승인했어요. 바로 진행됐어요.")
    return redirect("campaigns:detail", campaign.public_id)


@require_POST
@advertiser_required(roles=SPENDERS)
def refuse(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Say no, or take one's own request back."""
    reason = request.POST.get("reason", "").replace("\x00", "")[:200]
    try:
        services.refuse_as_second(advertiser=request.advertiser, request=public_id, by=request.user, reason=reason, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "요청을 닫았어요. 묶인 크레딧은 없어요.")
    return redirect("campaigns:approvals")
