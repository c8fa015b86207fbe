"""Becoming a business."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from advertisers import conversion
from advertisers.access import OWNERS, TenantRequest, advertiser_required
from advertisers.models import Advertiser
from advertisers.signup.forms import BusinessForm
from common.errors import DomainError


@require_http_methods(["GET", "POST"])
@advertiser_required(roles=OWNERS)
def business(request: TenantRequest) -> HttpResponse:
    """The certificate, line by line; afterwards the papers are asked for."""
    if request.advertiser.kind != Advertiser.Kind.PERSONAL:
        raise Http404("a business already")
    form = BusinessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            conversion.convert(advertiser=request.advertiser, answer=form.value, by=request.user, at=timezone.now())
        except DomainError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, "사업자 회원으로 바꿨어요. 사업자등록증을 올려 주세요.")
            return redirect("advertisers:papers")
    return TemplateResponse(request, "advertisers/business.html", {"form": form}, status=422 if form.errors else 200)
