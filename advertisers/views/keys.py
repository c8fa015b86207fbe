"""Keys for programs. A secret is on the page that made it, and nowhere else."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from advertisers import selectors, services
from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from advertisers.forms import KeyForm
from advertisers.models import ApiKey
from common.errors import DomainError
from identity import step_up
from identity.step_up import Purpose


@require_safe
@advertiser_required(roles=SPENDERS)
def key_list(request: TenantRequest) -> HttpResponse:
    """The keys that work, and a form for another one."""
    return _page(request)


@require_POST
@advertiser_required(roles=SPENDERS)
@step_up.required(Purpose.API_KEY)
def create(request: TenantRequest) -> HttpResponse:
    """Make a key and show its secret, once."""
    form = KeyForm(request.POST)
    if not form.is_valid():
        return _page(request, status=422, form=form)
    try:
        asked = form.value
        new = services.make_key(
            membership=request.membership, name=asked.name, scopes=asked.scopes, is_test=asked.is_test, at=timezone.now()
        )
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _page(request, status=422, form=form)
    return _page(request, status=201, new=new)


@require_POST
@advertiser_required(roles=SPENDERS)
@step_up.required(Purpose.API_KEY)
def rotate(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Make a new key in the place of one, and show its secret, once."""
    key = _managed(request, public_id)
    try:
        new = services.rotate_key(advertiser=request.advertiser, key=key.public_id, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("advertisers:api-keys")
    return _page(request, status=201, new=new, replaced=key)


@require_POST
@advertiser_required(roles=SPENDERS)
def revoke(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Make a key worth nothing, at once."""
    key = _managed(request, public_id)
    try:
        services.revoke_key(advertiser=request.advertiser, key=key.public_id, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "API 키를 폐기했어요. 이 키로 보내는 요청은 바로 거절돼요.")
    return redirect("advertisers:api-keys")


def _managed(request: TenantRequest, public_id: UUID) -> ApiKey:
    """
    A usable key that this member may manage.

    :raises Http404: it is another team's, a colleague's, or worth nothing any more.
    """
    for key in selectors.keys_of(request.membership, at=timezone.now()):
        if key.public_id == public_id:
            return key
    raise Http404("no such key")


def _page(request: TenantRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "keys": selectors.keys_of(request.membership, at=timezone.now()),
        "form": KeyForm(),
        "membership": request.membership,
        **more,
    }
    return TemplateResponse(request, "advertisers/api_keys.html", context, status=status)
