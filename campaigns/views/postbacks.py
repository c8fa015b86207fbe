"""The conversion page of a campaign: what the developer has to set up, a lab to try it in, and the log of everything that came."""

from typing import Annotated, Literal
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from pydantic import StringConstraints

from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from campaigns import access
from campaigns.models import Campaign
from campaigns.postbacks import console
from campaigns.types.flows import Flow
from common.errors import DomainError
from common.forms import SchemaForm
from common.schemas import Input

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


@require_safe
@advertiser_required()
def postback_list(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Keys and addresses (for those who may spend), the lab, and the log."""
    campaign = _campaign(request, public_id)
    return _page(request, campaign, TrialForm(initial={"event": campaign.details["event"]}))


@require_POST
@advertiser_required(roles=SPENDERS)
def postback_try(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Fire a test conversion; nothing real moves."""
    campaign = _campaign(request, public_id)
    form = TrialForm(request.POST)
    if not form.is_valid():
        return _page(request, campaign, form, status=422)
    trial = form.value
    try:
        console.fire(campaign=campaign, click=trial.click, event=trial.event, is_signed=trial.proof == "right", at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "시험 전환을 보냈어요. 기록의 맨 위에서 결과를 확인해 주세요.")
    return redirect("campaigns:postbacks", public_id)


def _page(request: TenantRequest, campaign: Campaign, form: TrialForm, *, status: int = 200) -> HttpResponse:
    page = Paginator(console.log_of(campaign), PER_PAGE).get_page(request.GET.get("page"))
    may_spend = request.membership.role in SPENDERS
    context = {
        "campaign": campaign,
        "setup": console.setup_of(campaign) if may_spend else None,
        "form": form,
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
