"""Closing an account: first the list of what stands in the way, each with the button that solves it."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from advertisers import services
from advertisers.access import OWNERS, TenantRequest, advertiser_required
from advertisers.closing import blockers_of
from common.errors import DomainError
from identity import step_up
from identity.models import User
from identity.step_up import Purpose


@require_http_methods(["GET", "POST"])
@advertiser_required(roles=OWNERS)
@step_up.required(Purpose.CLOSE_ACCOUNT)
def closing_page(request: TenantRequest) -> HttpResponse:
    """What stands in the way; without anything, what closing means and the button."""
    if request.method == "POST":
        name = request.advertiser.name
        try:
            services.close(advertiser=request.advertiser, by=request.user, at=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
            return redirect("advertisers:closing")
        if User.objects.get(pk=request.user.pk).is_active:
            messages.success(request, f"{name} 계정을 닫았어요. 내 로그인 계정은 광고주 정보에서 닫을 수 있어요.")
            return redirect("/")
        logout(request)
        messages.success(request, f"{name} 계정을 닫았어요.")
        return redirect("/")
    return TemplateResponse(request, "advertisers/closing.html", {"blockers": blockers_of(request.advertiser)})
