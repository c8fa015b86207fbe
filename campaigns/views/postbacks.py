"""The conversion page of a campaign: what the developer has to set up, a lab to try it in, and the log of everything that came."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from pydantic import Field, StringConstraints

from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from campaigns import access
from campaigns.models import Campaign, PostbackEvent
from campaigns.postbacks import console
from campaigns.services import postbacks
from campaigns.types.conversions import EventName
from campaigns.types.flows import Flow
from common.errors import DomainError
from common.forms import SchemaForm
from common.schemas import FormWhole, Input

PER_PAGE = 20


class Trial(Input):
    """One test conversion."""

    click: Literal["test-new", "test-used", "test-late", "test-unknown"]
    event: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    proof: Literal["right", "wrong"]


class TrialForm(SchemaForm):
    """The face of a test conversion."""

    schema = Trial
    click = forms.ChoiceField(label="클릭", choices=list(console.CLICKS.items()))
    event = forms.CharField(label="이벤트 이름", widget=forms.TextInput(attrs={"maxlength": 60}))
    proof = forms.ChoiceField(label="서명", choices=[("right", "맞는 서명"), ("wrong", "틀린 서명")])


class EventInput(Input):
    """Another name of an event, and what it means."""

    name: EventName
    meaning: Literal["STAGE", "CANCEL"]


class EventForm(SchemaForm):
    """The face of another name."""

    schema = EventInput
    name = forms.CharField(label="이벤트 이름", widget=forms.TextInput(attrs={"maxlength": 60}))
    meaning = forms.ChoiceField(label="뜻", choices=PostbackEvent.Meaning.choices)


class RotationInput(Input):
    """How long the secrets before are taken as well."""

    hours: Annotated[FormWhole, Field(ge=0, le=int(postbacks.LONGEST_OVERLAP.total_seconds()) // 3600)]


class RotationForm(SchemaForm):
    """The face of a rotation."""

    schema = RotationInput
    hours = forms.CharField(
        label="이전 비밀값을 함께 받는 시간",
        initial="24",
        help_text="0시간부터 168시간까지 정할 수 있어요.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 3}),
    )


@require_safe
@advertiser_required()
def postback_list(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Keys and addresses (for those who may spend), the lab, and the log."""
    campaign = _campaign(request, public_id)
    return _page(request, campaign)


@require_POST
@advertiser_required(roles=SPENDERS)
def postback_try(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Fire a test conversion; nothing real moves."""
    campaign = _campaign(request, public_id)
    form = TrialForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, trial=form, status=422)
    trial = form.value
    try:
        console.fire(campaign=campaign, click=trial.click, event=trial.event, is_signed=trial.proof == "right", at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "시험 전환을 보냈어요. 기록의 맨 위에서 결과를 확인해 주세요.")
    return redirect("campaigns:postbacks", public_id)


@require_POST
@advertiser_required(roles=SPENDERS)
def postback_event_add(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Give another name of an event its meaning."""
    campaign, form = _campaign(request, public_id), EventForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, event=form, status=422)
    return _done(
        request,
        campaign,
        lambda: postbacks.add_event(
            campaign=campaign, name=form.value.name, meaning=form.value.meaning, by=request.user, at=timezone.now()
        ),
        "이벤트를 더했어요.",
    )


@require_POST
@advertiser_required(roles=SPENDERS)
def postback_event_drop(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Forget what a name means."""
    campaign, name = _campaign(request, public_id), request.POST.get("name", "").replace("\x00", "")
    return _done(request, campaign, lambda: postbacks.drop_event(campaign=campaign, name=name), "이벤트를 지웠어요.")


@require_POST
@advertiser_required(roles=SPENDERS)
def postback_rotate(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """New secrets; those before are taken for a while."""
    campaign, form = _campaign(request, public_id), RotationForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, rotation=form, status=422)
    overlap = timedelta(hours=form.value.hours)
    done = "비밀값을 바꿨어요. 새 값을 서버와 에어브릿지에 넣어 주세요."
    return _done(request, campaign, lambda: postbacks.rotate(campaign=campaign, overlap=overlap, by=request.user, at=timezone.now()), done)


@require_POST
@advertiser_required(roles=SPENDERS)
def postback_end_earlier(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """The secrets before the present ones are taken no longer."""
    campaign = _campaign(request, public_id)
    return _done(request, campaign, lambda: postbacks.end_earlier(campaign=campaign, at=timezone.now()), "이전 비밀값을 더 받지 않아요.")


def _done(request: TenantRequest, campaign: Campaign, step: Callable[[], object], said: str) -> HttpResponse:
    """One change, then the page, which shows what holds now."""
    try:
        step()
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect("campaigns:postbacks", campaign.public_id)


def _page(
    request: TenantRequest,
    campaign: Campaign,
    *,
    trial: TrialForm | None = None,
    event: EventForm | None = None,
    rotation: RotationForm | None = None,
    status: int = 200,
) -> HttpResponse:
    page = Paginator(console.log_of(campaign), PER_PAGE).get_page(request.GET.get("page"))
    may_spend = request.membership.role in SPENDERS
    context = {
        "campaign": campaign,
        "setup": console.setup_of(campaign, at=timezone.now()) if may_spend else None,
        "form": trial or TrialForm(initial={"event": campaign.details["event"]}),
        "event_form": event or EventForm(),
        "rotation_form": rotation or RotationForm(),
        "callers_url": settings.POSTBACK_CALLERS_URL,
        "page": page,
        "lines": console.lines(page.object_list, campaign),
    }
    return TemplateResponse(request, "campaigns/postbacks.html", context, status=status)


def _campaign(request: TenantRequest, public_id: UUID) -> Campaign:
    """The tenant's campaign, if it waits for postbacks at all."""
    campaign = access.get_campaign(request, public_id)
    if campaign.declared.flow != Flow.POSTBACK:
        raise Http404("this campaign has no postbacks")
    return campaign
