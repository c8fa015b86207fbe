"""What a team does with campaigns that were submitted: many at once, later, against a rejection, and beside its own list."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from advertisers.access import SPENDERS, TenantRequest, advertiser_required
from campaigns import access, services
from campaigns import own_list as lists
from campaigns.forms import AppealForm, BulkForm, ExtendForm, PlanForm
from campaigns.models import Campaign, PlannedChange
from common.errors import DomainError
from common.forms import SchemaForm

SHOWN = 100  # lines of a difference on the page; the file has all of them
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_POST
@advertiser_required(roles=SPENDERS)
def bulk(request: TenantRequest) -> HttpResponse:
    """One deed for every campaign that was chosen, or for none."""
    form = BulkForm({**request.POST.dict(), "campaigns": request.POST.getlist("campaigns")})
    if not form.is_valid():
        messages.error(request, _first(form))
        return redirect("campaigns:list")
    wish = form.value
    try:
        done = services.do_to_all(
            advertiser=request.advertiser,
            campaigns=wish.campaigns,
            deed=wish.deed,
            credits_=wish.credits,
            ends_at=wish.ends_at,
            by=request.user,
            at=timezone.now(),
            key=f"page:{wish.key}",
        )
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"캠페인 {done:,}개를 바꿨어요.")
    return redirect("campaigns:list")


@require_POST
@advertiser_required(roles=SPENDERS)
def appeal(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Ask another operator to look at a rejected version again."""
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    done = "이의를 제기했어요. 다른 심사 담당자가 다시 봐요."
    return _do(request, campaign, AppealForm(request.POST), done, lambda wish, **who: services.appeal(text=wish.text, **who))


@require_POST
@advertiser_required(roles=SPENDERS)
def extend(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Let it end later, at once."""
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    form = ExtendForm(request.POST)
    return _do(request, campaign, form, "종료를 늦췄어요.", lambda wish, **who: services.extend(ends_at=wish.ends_at, **who))


@require_POST
@advertiser_required(roles=SPENDERS)
def plan(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Plan a change for a later moment."""
    campaign = access.get_campaign(request, public_id, roles=SPENDERS)
    form = PlanForm(request.POST)

    def planned(wish: Any, **who: Any) -> PlannedChange:
        return services.plan(kind=wish.kind, credits_=wish.credits, due_at=wish.due_at, **who)

    return _do(request, campaign, form, "변경을 예약했어요.", planned)


@require_POST
@advertiser_required(roles=SPENDERS)
def plan_cancel(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Take a planned change back."""
    try:
        made = services.cancel_plan(advertiser=request.advertiser, public_id=public_id, by=request.user, at=timezone.now())
    except services.PlanUnknown:
        raise Http404("no such plan of this team") from None
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("campaigns:list")
    messages.success(request, "예약을 취소했어요.")
    return redirect("campaigns:detail", made.campaign.public_id)


def _do(request: TenantRequest, campaign: Campaign, form: SchemaForm, done: str, service: Any) -> HttpResponse:
    """One call with what was written, then the campaign's page with a sentence."""
    if not form.is_valid():
        messages.error(request, _first(form))
        return redirect("campaigns:detail", campaign.public_id)
    try:
        service(form.value, campaign=campaign, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("campaigns:detail", campaign.public_id)


def _first(form: SchemaForm) -> str:
    """The first thing that is wrong, with the name of its field."""
    name, errors = next(iter(form.errors.items()))
    return f"{form.fields[name].label}: {errors[0]}" if name in form.fields else str(errors[0])


@require_http_methods(["GET", "POST"])
@advertiser_required()
def own_list(request: TenantRequest, public_id: UUID) -> HttpResponse:
    """Upload one's own list of conversions and read it beside ours; `intent=file` answers the differences as a spreadsheet."""
    campaign = access.get_campaign(request, public_id)
    context: dict[str, Any] = {"campaign": campaign, "most": lists.MOST_ROWS, "column": lists.COLUMN}
    upload = request.FILES.get("file")
    if request.method == "GET":
        return TemplateResponse(request, "campaigns/own_list.html", context)
    try:
        if upload is None:
            raise lists.OwnListRefused(why="파일을 골라 주세요.")
        comparison = lists.compare(campaign, lists.read(upload))
    except lists.OwnListRefused as refusal:
        return TemplateResponse(request, "campaigns/own_list.html", {**context, "refusal": str(refusal)}, status=422)
    if request.POST.get("intent") == "file":
        answer = HttpResponse(lists.file_of(comparison), content_type=XLSX)
        answer["Content-Disposition"] = 'attachment; filename="own-list.xlsx"'
        return answer
    shown = {"theirs": comparison.theirs[:SHOWN], "ours": comparison.ours[:SHOWN]}
    return TemplateResponse(request, "campaigns/own_list.html", {**context, "comparison": comparison, **shown})
