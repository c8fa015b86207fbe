"""The pictures of a team: uploaded once, used in any campaign, each with what reviews said of it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from advertisers.access import SPENDERS, TenantRequest, advertiser_required, require_role
from campaigns import images

PER_PAGE = 24


@require_http_methods(["GET", "POST"])
@advertiser_required()
def image_list(request: TenantRequest) -> HttpResponse:
    """All of them; who may spend may add one."""
    refusal = ""
    if request.method == "POST":
        require_role(request.membership, SPENDERS)
        upload = request.FILES.get("upload")
        try:
            if upload is None:
                raise images.ImageRefused(why="파일을 골라 주세요.")
            images.store(advertiser=request.advertiser, upload=upload, by=request.user, at=timezone.now())
        except images.ImageRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "이미지를 올렸어요. 캠페인을 만들 때 고를 수 있어요.")
            return redirect("campaigns:images")
    context = {
        "page": Paginator(images.library(request.advertiser), PER_PAGE).get_page(request.GET.get("page")),
        "may_add": request.membership.role in SPENDERS,
        "refusal": refusal,
    }
    return TemplateResponse(request, "campaigns/image_list.html", context, status=422 if refusal else 200)
