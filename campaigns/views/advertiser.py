"""Pages of the advertiser: the list, a new campaign, one campaign, and what can be done with it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from campaigns import access, reports, seconds, services, types
from campaigns.forms import RaiseForm, VisitForm, answers_of, first_answers, fresh_key
from campaigns.models import Campaign
from common.errors import DomainError
from credits import selectors as balances
from identity.models import ApprovalRequest

PER_PAGE = 20
KEPT = "campaigns.new"  # answers of a page that was left to top up, in the session
FIELD_OF_REFUSAL = {"campaign.price_below_reward": "unit_price", "campaign.already_over": "ends_at", "credits.insufficient": "budget"}
WAITS_FOR_SECOND = "혼자 집행할 수 있는 한도를 넘어서 다른 구성원의 승인을 기다려요. 승인하면 바로 진행돼요."
KEPT_AFTER = ("credits.insufficient", "campaign.submission_conflict")  # refusals that lead to another page


@require_safe
@advertiser_required()
def campaign_list(request: TenantRequest) -> HttpResponse:
    """Every campaign, newest first, by state and words of the title."""
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in reports.FILTERS else ""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    page = Paginator(reports.campaigns_of(request.advertiser, chosen=chosen, words=words), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [reports.row(campaign) for campaign in page.object_list],
        "tabs": [(_query(state=tab.value, q=words), tab.label, tab.count, tab.value == chosen) for tab in reports.tabs(request.advertiser)],
        "chosen": chosen,
        "words": words,
        "may_spend": request.membership.role in SPENDERS,
        "waiting": seconds.waiting_count(request.advertiser),
    }
    return TemplateResponse(request, "campaigns/list.html", context)


@require_http_methods(["GET", "POST"])
@advertiser_required(roles=SPENDERS)
def new(request: TenantRequest) -> HttpResponse:
    """
    A VISIT campaign on one page. Sending it holds the whole budget; a short balance is a sum with a way to top up, and the
    answers are kept for the way back.
    """
    return _written(request, None)


@require_http_methods(["GET", "POST"])
@advertiser_required(roles=SPENDERS)
def correct(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """The same page for a campaign that was sent back or refused; sending it asks for a review again."""
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    if not campaign.is_editable and (request.method == "GET" or request.POST.get("intent")):
        messages.error(request, "지금은 고칠 수 없는 캠페인이에요.")
        return redirect("campaigns:detail", public_id)
    return _written(request, campaign)


def _written(request: TenantRequest, campaign: Campaign | None) -> HttpResponse:
    """One press on the page of a campaign's answers. campaign: the one to correct, None for a new one."""
    if request.method == "GET":
        kept = _kept(request, campaign)
        form = VisitForm(initial=(answers_of(campaign) if campaign else first_answers(timezone.now())) | kept)
        return _form_page(request, campaign, form, is_continued=bool(kept))
    intent = request.POST.get("intent", "")
    if intent == "forget":
        _forget(request)
        return redirect(_form_url(campaign))
    if intent == "top_up":
        _keep(request, campaign)
        cost = _cost(request, campaign, VisitForm(request.POST))
        return redirect(_top_up_url(cost.shortfall, back=_form_url(campaign)))
    if intent == "cost":
        return _form_page(request, campaign, VisitForm(initial=request.POST.dict()))
    form = VisitForm(request.POST)
    if not form.is_valid():
        return _form_page(request, campaign, form)
    try:
        sent = _send(request, campaign, form)
    except services.MoveRefused as refusal:  # decided or sent again meanwhile: its own page shows where it stands
        messages.error(request, str(refusal))
        return redirect("campaigns:list") if campaign is None else redirect("campaigns:detail", campaign.public_id)
    except DomainError as refusal:
        if refusal.code in KEPT_AFTER:
            _keep(request, campaign)
        form.add_error(FIELD_OF_REFUSAL.get(refusal.code), str(refusal))
        return _form_page(request, campaign, form)
    _forget(request)
    if isinstance(sent, ApprovalRequest):
        messages.info(request, WAITS_FOR_SECOND)
        return redirect("campaigns:approvals")
    messages.success(request, "심사를 요청했어요. 영업일 1일 안에 결과를 알려드려요.")
    return redirect("campaigns:detail", sent.public_id)


def _send(request: TenantRequest, campaign: Campaign | None, form: VisitForm) -> Campaign | ApprovalRequest:
    spec, now = form.value.spec(), timezone.now()
    if campaign is None:
        return services.submit_or_ask(advertiser=request.advertiser, spec=spec, by=request.user, at=now, key=f"page:{form.value.key}")
    return services.resubmit_or_ask(campaign=campaign, spec=spec, by=request.user, at=now, key=f"fix:{campaign.pk}:{form.value.key}")


def _form_page(request: TenantRequest, campaign: Campaign | None, form: VisitForm, *, is_continued: bool = False) -> HttpResponse:
    context = {
        "form": form,
        "form_url": _form_url(campaign),
        "campaign": campaign,
        "cost": _cost(request, campaign, form),
        "declared": types.get("VISIT"),
        "is_continued": is_continued,
    }
    template = "campaigns/new.html#cost" if request.htmx else "campaigns/new.html"
    return TemplateResponse(request, template, context, status=422 if form.is_bound and form.errors else 200)


def _cost(request: TenantRequest, campaign: Campaign | None, form: VisitForm) -> reports.Cost:
    held = campaign.hold.open if campaign else 0
    return reports.cost(advertiser=request.advertiser, at=timezone.now(), held=held, campaign_type="VISIT", **form.money)


def _form_url(campaign: Campaign | None) -> str:
    return reverse("campaigns:correct", args=[campaign.public_id]) if campaign else reverse("campaigns:new")


def _kept(request: TenantRequest, campaign: Campaign | None) -> dict[str, str]:
    answers: dict[str, str] = request.session.get(KEPT, {}).get(_place(request, campaign), {})
    return answers


def _keep(request: TenantRequest, campaign: Campaign | None) -> None:
    """
    Remember what was written, finished or not, in this person's session and for this page of this advertiser only.

    The key is not kept: what comes back is a new page.
    """
    answers = {name: request.POST.get(name, "")[:600] for name in VisitForm.base_fields if name != "key"}
    request.session[KEPT] = {_place(request, campaign): answers}


def _forget(request: TenantRequest) -> None:
    request.session.pop(KEPT, None)


def _place(request: TenantRequest, campaign: Campaign | None) -> str:
    return f"{request.advertiser.public_id}:{campaign.public_id if campaign else 'new'}"


@require_safe
@advertiser_required()
def detail(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """One campaign: where it stands, its money, its days, what was said about it, what can be done."""
    return _detail_page(request, access.get_campaign(request, public_id))


def _detail_page(request: TenantRequest, campaign: Campaign, *, form: RaiseForm | None = None, shortfall: int = 0) -> HttpResponse:
    now = timezone.now()
    back = reverse("campaigns:detail", args=[campaign.public_id])
    context = {
        "campaign": campaign,
        "status": reports.status_key(campaign),
        "report": reports.report(campaign, at=now),
        "events": reports.events(campaign),
        "declared": campaign.declared,
        "may_spend": request.membership.role in SPENDERS,
        "raise_form": form or RaiseForm(initial={"key": fresh_key()}),
        "refused": form,
        "shortfall": shortfall,
        "top_up_url": _top_up_url(shortfall, back=back) if shortfall else "",
        "available": balances.balance(request.advertiser, campaign_type=campaign.type).available,
        "now": now,
    }
    return TemplateResponse(request, "campaigns/detail.html", context, status=422 if form is not None else 200)


@require_POST
@advertiser_required(roles=SPENDERS)
def pause(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Stop new participations for now."""
    return _act(request, public_id, services.pause, "일시중지했어요. 이미 시작한 참여는 끝낼 수 있어요.")


@require_POST
@advertiser_required(roles=SPENDERS)
def resume(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Go on."""
    return _act(request, public_id, services.resume, "다시 시작했어요.")


@require_POST
@advertiser_required(roles=SPENDERS)
def end(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """End it for good; the rest of the budget comes back at settlement."""
    return _act(request, public_id, services.end, "종료했어요. 남은 예산은 정산이 끝나는 대로 돌아와요.")


@require_POST
@advertiser_required(roles=SPENDERS)
def withdraw(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Take it back before it starts; the whole hold is released."""
    return _act(request, public_id, services.withdraw, "철회했어요. 묶였던 크레딧을 바로 다시 쓸 수 있어요.")


def _act(request: TenantRequest, public_id: UUID, service: Callable[..., Any], done: str) -> HttpResponse:
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    try:
        service(campaign=campaign, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("campaigns:detail", public_id)


@require_POST
@advertiser_required(roles=SPENDERS)
def raise_budget(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Hold more credits for it."""
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    form, shortfall = RaiseForm(request.POST), 0
    if form.is_valid():
        try:
            outcome = services.raise_or_ask(
                campaign=campaign,
                credits=form.value.credits,
                by=request.user,
                at=timezone.now(),
                key=f"campaign:{campaign.public_id}:raise:{form.value.key}",
            )
        except DomainError as refusal:
            shortfall = refusal.context.get("shortfall", 0)
            form.add_error("credits", str(refusal))
        else:
            if isinstance(outcome, ApprovalRequest):
                messages.info(request, WAITS_FOR_SECOND)
                return redirect("campaigns:approvals")
            messages.success(request, f"예산을 {form.value.credits:,}크레딧 늘렸어요.")
            return redirect("campaigns:detail", public_id)
    return _detail_page(request, campaign, form=form, shortfall=shortfall)


def _query(**values: str) -> str:
    """An address of this page with these parameters; empty ones are left out."""
    return "?" + urlencode({name: value for name, value in values.items() if value})


def _top_up_url(credits: int, *, back: str) -> str:
    """Where `credits` can be topped up, and the way back here."""
    return f"{reverse('payments:top-up')}?{urlencode({'credits': credits, 'next': back})}"
