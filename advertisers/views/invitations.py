"""The page behind the link of an invitation. Looking at it takes nothing: mail programs look before people do."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from advertisers import access, services
from common.errors import DomainError
from common.http import PortalRequest
from identity.contacts import masked_email
from identity.models import User


@require_safe
@never_cache
def invitation(request: PortalRequest, token: str) -> HttpResponse:
    """Who invites, to what, as what; with the way to sign in or the button to accept."""
    try:
        found = services.find_invitation(token=token, at=timezone.now())
    except services.InvitationGone as refusal:
        return TemplateResponse(request, "advertisers/invitation_gone.html", {"refusal": refusal}, status=404)
    context = {
        "invitation": found,
        "token": token,
        "address": masked_email(found.email),
        "is_theirs": isinstance(request.user, User) and request.user.email.lower() == found.email,
    }
    return TemplateResponse(request, "advertisers/invitation.html", context)


@require_POST
@login_required
def accept_invitation(request: PortalRequest, token: str) -> HttpResponse:
    """Join the team and start there."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101  (login_required)
    try:
        membership = services.accept(token=token, by=user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("advertisers:invitation", token)
    access.switch(request, membership)
    messages.success(request, f"{membership.advertiser.name} 팀에 들어왔어요.")
    return redirect("advertisers:dashboard")
