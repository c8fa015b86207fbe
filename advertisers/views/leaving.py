"""Leaving the house, for whoever signed in: in a team or not (any more)."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from advertisers import selectors, services
from common.errors import DomainError
from identity import step_up
from identity.models import User
from identity.step_up import Purpose


@require_http_methods(["GET", "POST"])
@login_required
@step_up.required(Purpose.CLOSE_ACCOUNT)
def leave(request: HttpRequest) -> HttpResponse:
    """The advertisers that stand in the way, or the teams that end, what leaving means, and the button."""
    user = request.user
    if not isinstance(user, User):
        raise Http404("nobody is signed in")
    if request.method == "POST":
        try:
            services.leave_house(user=user, at=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("advertisers:leave")
        logout(request)
        messages.success(request, "로그인 계정을 닫았어요.")
        return redirect("/")
    memberships = selectors.memberships_of(user)
    context = {
        "owned": [one.advertiser for one in memberships if one.is_owner],
        "teams": [one.advertiser for one in memberships if not one.is_owner],
        "acting_for": getattr(request, "advertiser", None),
    }
    return TemplateResponse(request, "advertisers/leave.html", context)
