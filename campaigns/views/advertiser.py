"""Pages of the advertiser: the list, one campaign, and what can be done with it. New ones are written in the wizard."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
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
from django.views.decorators.http import require_POST, require_safe

from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from campaigns import access, locks, reports, seconds, services, stats, types
from campaigns.effective import effective
from campaigns.forms import AppealForm, ExtendForm, PlanForm, RaiseForm, fresh_key
from campaigns.models import Campaign, State
from campaigns.pacing import rooms
from common.errors import DomainError
from common.kst import day_from, day_of
from identity.models import ApprovalRequest

PER_PAGE = 20
TABS = {"": "성과", "settings": "설정", "history": "변경 이력"}
PERIODS = {"": "전체", "week": "7일", "today": "오늘"}
WAITS_FOR_SECOND = "혼자 집행할 수 있는 한도를 넘어서 다른 구성원의 승인을 기다려요. 승인하면 바로 진행돼요."


@require_safe
@advertiser_required()
def campaign_list(request: TenantRequest) -> HttpResponse:
    """Every campaign, newest first, by state, type and words of the title; several may be chosen for one deed."""
    chosen = request.GET.get("state", "")
    chosen = chosen if chosen in reports.FILTERS else ""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:60]
    kind = request.GET.get("type", "")
    kind = kind if types.is_known(kind) else ""
    found = reports.campaigns_of(request.advertiser, chosen=chosen, words=words, kind=kind)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    tabs = reports.tabs(request.advertiser)
    context = {
        "page": page,
        "rows": reports.rows(list(page.object_list), at=timezone.now()),
        "tabs": [(_query(state=tab.value, q=words, type=kind), tab.label, tab.count, tab.value == chosen) for tab in tabs],
        "types": types.all_types(),
        "kind": kind,
        "key": fresh_key(),
        "chosen": chosen,
        "words": words,
        "may_spend": request.membership.role in SPENDERS,
        "waiting": seconds.waiting_count(request.advertiser),
    }
    return TemplateResponse(request, "campaigns/list.html", context)


@require_safe
@advertiser_required()
def detail(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """One campaign: where it stands, its money and what can be done; below, by tab, its results, its settings or its history."""
    return _detail_page(request, access.get_campaign(request, public_id))


def _detail_page(request: TenantRequest, campaign: Campaign, *, form: RaiseForm | None = None, shortfall: int = 0) -> HttpResponse:
    now = timezone.now()
    tab, period = _chosen(request, "tab", TABS), _chosen(request, "period", PERIODS)
    report = reports.report(campaign, at=now)
    standing = effective(campaign, room=rooms([campaign], at=now).get(campaign.pk), at=now)
    version = services.newest_version(campaign)
    back = reverse("campaigns:detail", args=[campaign.public_id])
    context = {
        "campaign": campaign,
        "tab": tab,
        "tabs": [(f"{back}{_query(tab=value)}", label, None, value == tab) for value, label in TABS.items()],
        "period": period,
        "periods": tuple(PERIODS.items()),
        "status": standing.status,
        "reasons": [reason for reason in standing.reasons if reason.code != "campaign.locked"],  # the lock has words of its own above
        "version": version,
        "remarks": [(locks.label_of(path, campaign.type), text) for path, text in version.remarks.items()],
        "changes": [locks.label_of(path, campaign.type) for path in version.changes],
        "may_appeal": campaign.state == State.REJECTED and version.may_be_appealed,
        "plans": campaign.plans.waiting().order_by("due_at"),
        "appeal_form": AppealForm(),
        "extend_form": ExtendForm(initial={"ends_at": campaign.ends_at}),
        "plan_form": PlanForm(),
        "report": report,
        "insight": stats.insight(campaign, since=_since(period, at=now)) if tab == "" and campaign.poured_on else None,
        "events": reports.events(campaign) if tab == "history" else [],
        "taken_back": reports.taken_back(campaign) if tab == "history" else [],
        "declared": campaign.declared,
        "may_spend": request.membership.role in SPENDERS,
        "raise_form": form or RaiseForm(initial={"key": fresh_key()}),
        "refused": form,
        "duplicate_key": fresh_key(),
        "shortfall": shortfall,
        "top_up_url": _top_up_url(shortfall, back=back) if shortfall else "",
        "now": now,
    }
    return TemplateResponse(request, "campaigns/detail.html", context, status=422 if form is not None else 200)


def _chosen(request: TenantRequest, name: str, words: Mapping[str, str]) -> str:
    """What the address asks for, if there is such a thing; else the first."""
    value = request.GET.get(name, "")
    return value if value in words else ""


def _since(period: str, *, at: datetime) -> datetime | None:
    """The first moment of a period that ends now; None for everything."""
    days = {"today": 0, "week": 6}.get(period)
    return None if days is None else day_from(day_of(at) - timedelta(days=days))


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
