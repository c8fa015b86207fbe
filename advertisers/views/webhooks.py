"""Receivers of webhooks: where to, what was sent, and what became of it. A secret is on the page that made it, and nowhere else."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advertisers import selectors, webhooks
from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from advertisers.forms import WebhookForm
from advertisers.models import WebhookEndpoint
from common.cursors import CursorRefused
from common.errors import DomainError
from identity import step_up
from identity.step_up import Purpose


@require_safe
@advertiser_required(roles=SPENDERS)
def endpoint_list(request: TenantRequest) -> HttpResponse:
    """The team's receivers, and a form for another one."""
    return _list(request)


@require_POST
@advertiser_required(roles=SPENDERS)
@step_up.required(Purpose.API_KEY)
def create(request: TenantRequest) -> HttpResponse:
    """Add a receiver and show its secret, once."""
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _list(request, status=422, form=form)
    try:
        webhooks.refuse_unsafe(form.value.url)
        new = webhooks.create(
            advertiser=request.advertiser,
            name=form.value.name,
            url=form.value.url,
            wanted=form.value.events,
            by=request.user,
            at=timezone.now(),
        )
    except webhooks.ReceiverRefused as refusal:
        form.add_error("url", str(refusal))
        return _list(request, status=422, form=form)
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return _list(request, status=422, form=form)
    return _page(request, new.endpoint, status=201, secret=new.secret)


@require_http_methods(["GET", "HEAD", "POST"])
@advertiser_required(roles=SPENDERS)
def endpoint(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """One receiver: its settings, which a form changes, and what was sent to it."""
    row = _endpoint(request, public_id)
    if request.method != "POST":
        return _page(request, row)
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _page(request, row, status=422, form=form)
    try:
        webhooks.refuse_unsafe(form.value.url)
    except webhooks.ReceiverRefused as refusal:
        form.add_error("url", str(refusal))
        return _page(request, row, status=422, form=form)
    webhooks.change(endpoint=row, name=form.value.name, url=form.value.url, wanted=form.value.events, by=request.user, at=timezone.now())
    messages.success(request, "웹훅 설정을 바꿨어요.")
    return redirect("advertisers:webhook", public_id)


@require_POST
@advertiser_required(roles=SPENDERS)
@step_up.required(Purpose.API_KEY)
def rotate(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """A new secret, shown once; the one before signs beside it for another day."""
    new = webhooks.rotate(endpoint=_endpoint(request, public_id), by=request.user, at=timezone.now())
    return _page(request, new.endpoint, status=201, secret=new.secret)


@require_POST
@advertiser_required(roles=SPENDERS)
def try_out(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Send an event that says nothing."""
    webhooks.try_out(endpoint=_endpoint(request, public_id), at=timezone.now())
    messages.success(request, "시험 이벤트를 보냈어요. 결과는 전송 기록에 곧 나타나요.")
    return redirect("advertisers:webhook", public_id)


@require_POST
@advertiser_required(roles=SPENDERS)
def switch_on(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Send again, with or without what waits."""
    with_backlog = request.POST.get("backlog") == "send"
    webhooks.switch_on(endpoint=_endpoint(request, public_id), with_backlog=with_backlog, by=request.user, at=timezone.now())
    messages.success(request, "다시 켰어요. 밀린 이벤트를 순서대로 보내요." if with_backlog else "다시 켰어요. 밀린 이벤트는 건너뛰었어요.")
    return redirect("advertisers:webhook", public_id)


@require_POST
@advertiser_required(roles=SPENDERS)
def switch_off(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Send nothing for now."""
    webhooks.switch_off(endpoint=_endpoint(request, public_id), by=request.user)
    messages.success(request, "전송을 껐어요. 이벤트는 30일 동안 쌓아 두어요.")
    return redirect("advertisers:webhook", public_id)


@require_POST
@advertiser_required(roles=SPENDERS)
def remove(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Forget a receiver."""
    webhooks.remove(endpoint=_endpoint(request, public_id), by=request.user, at=timezone.now())
    messages.success(request, "웹훅 주소를 지웠어요. 더는 아무것도 보내지 않아요.")
    return redirect("advertisers:webhooks")


@require_POST
@advertiser_required(roles=SPENDERS)
def replay(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Send one event again."""
    return _act(request, public_id, webhooks.replay, "다시 보내요. 결과는 전송 기록에 곧 나타나요.")


@require_POST
@advertiser_required(roles=SPENDERS)
def skip(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Pass over one event that waits."""
    return _act(request, public_id, webhooks.skip, "이 이벤트를 건너뛰고 다음 이벤트를 보내요.")


def _act(request: TenantRequest, public_id: UUID, service: Any, done: str) -> HttpResponse:
    """
    Do something to one event of the team.

    :raises Http404: it is another team's, or gone.
    """
    try:
        row = service(advertiser=request.advertiser, delivery=public_id, at=timezone.now())
    except webhooks.EndpointGone:
        raise Http404("no such event") from None
    except webhooks.NotReplayable as refusal:
        messages.error(request, str(refusal))
        return redirect("advertisers:webhooks")
    messages.success(request, done)
    return redirect("advertisers:webhook", row.endpoint.public_id)


def _endpoint(request: TenantRequest, public_id: UUID) -> WebhookEndpoint:
    """:raises Http404: it is another team's, or was removed."""
    row = WebhookEndpoint.objects.owned_by(request.advertiser).filter(public_id=public_id).first()
    if row is None:
        raise Http404("no such receiver")
    return row


def _list(request: TenantRequest, *, status: int = 200, form: WebhookForm | None = None) -> HttpResponse:
    context = {
        "endpoints": selectors.endpoints_of(request.advertiser),
        "form": form or WebhookForm(initial={"events": [one.key for one in webhooks.events.TYPES]}),
        "types": webhooks.events.TYPES,
    }
    return TemplateResponse(request, "advertisers/webhooks.html", context, status=status)


def _page(
    request: TenantRequest, row: WebhookEndpoint, *, status: int = 200, form: WebhookForm | None = None, secret: str = ""
) -> HttpResponse:
    cursor = request.GET.get("cursor", "")
    try:
        deliveries, older = selectors.deliveries_of(row, cursor=cursor)
    except CursorRefused:
        raise Http404("no such page") from None
    context = {
        "endpoint": row,
        "event_words": selectors.event_words(row),
        "deliveries": deliveries,
        "older": older,
        "cursor": cursor,
        "has_old_secret": row.has_old_secret(timezone.now()),
        "form": form or WebhookForm(initial={"name": row.name, "url": row.url, "events": row.events}),
        "secret": secret,
    }
    return TemplateResponse(request, "advertisers/webhook.html", context, status=status)
