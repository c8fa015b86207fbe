"""The campaign review desk, the operators' lock, and exposure. Every decision is one call into `campaigns`."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from backoffice import banner_services, campaign_case, review_queue, rights
from backoffice.banner_forms import SlotSheet
from backoffice.desk_lists import REVIEW_TABS, REVIEWED, REVIEWS, counted
from backoffice.forms import DecisionSheet, Exposure, ExposureSheet, PlacesSheet, ReasonSheet
from backoffice.rights import Right
from backoffice.site import framed, operator_of, page, room
from backoffice.views import deeds
from campaigns import images
from campaigns import services as campaigns
from campaigns.models import Campaign, CampaignImage, ExposureSlot
from campaigns.services import versions
from campaigns.wizard import preview
from common.errors import DomainError
from common.portals import BACKOFFICE, URLCONFS

QUEUE, AGAIN = "waiting", "again"
PER_PAGE = 50
Sheet = DecisionSheet | ReasonSheet | ExposureSheet


def _campaigns() -> QuerySet[Campaign]:
    return Campaign.objects.select_related("advertiser", "hold")


@room(Right.SEE_CAMPAIGNS)
@require_GET
def review_list(request: HttpRequest) -> HttpResponse:
    """The versions that wait, by the time left; then campaigns by tab, newest first."""
    operator, at = operator_of(request), timezone.now()
    of = REVIEWED if request.GET.get("tab", QUEUE) in REVIEW_TABS else REVIEWS
    found = of.find(request.GET, by=operator, at=at)
    tabs = [(QUEUE, "심사할 캠페인", review_queue.waiting().count()), (AGAIN, "다시 볼 캠페인", review_queue.to_look_at_again().count())]
    rows = Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "title": "캠페인 심사",
        "found": found,
        "tabs": [*tabs, *counted(REVIEW_TABS, Campaign.objects.filter(advertiser__is_demo=False))],
        "operator": operator,
        "rows": rows,
        "lines": [review_queue.line(version, at=at) for version in rows] if of is REVIEWS else [],
        "may_expose": rights.has(operator, Right.EXPOSE_CAMPAIGNS),
        "may_export": rights.has(operator, Right.EXPORT),
    }
    return page(request, "backoffice/review_list.html", context)


@room(Right.SEE_CAMPAIGNS)
@require_GET
def review_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """What members see now and would see, what changed and what it costs on the left, the decision on the right."""
    campaign = get_object_or_404(_campaigns(), public_id=public_id)
    return _detail(request, campaign, form=DecisionSheet())


def _detail(request: HttpRequest, campaign: Campaign, *, form: Sheet, status: int = 200) -> HttpResponse:
    operator = operator_of(request)
    view = request.GET.get("view", "detail")
    view = view if view in preview.VIEWS else "detail"
    case = campaign_case.case_of(campaign, at=timezone.now(), typed=_remarks(request))
    place, waiting, before, after = review_queue.neighbours(case.version)
    context = {
        "title": "캠페인 심사",
        "case": case,
        "view": view,
        "views": tuple(preview.VIEWS.items()),
        "form": form,
        "operator": operator,
        "may_review": rights.has(operator, Right.REVIEW_CAMPAIGNS),
        "is_own_no": case.version.appeal_of is not None and case.version.appeal_of.decided_by_id == operator.pk,
        "may_lock": rights.has(operator, Right.LOCK_CAMPAIGNS),
        "may_expose": rights.has(operator, Right.EXPOSE_CAMPAIGNS),
        "place": place,
        "waiting": waiting,
        "before": before,
        "after": after,
    }
    return page(request, "backoffice/review_detail.html", context, status=status)


@room(Right.SEE_CAMPAIGNS)
@require_GET
def review_image(request: HttpRequest, public_id: UUID, image: UUID) -> HttpResponse:
    """A picture of one of the campaign's versions."""
    campaign = get_object_or_404(_campaigns(), public_id=public_id)
    if not campaign.versions.filter(spec__design__image=str(image)).exists():
        raise Http404("no version of this campaign shows that picture")
    return images.answer(get_object_or_404(CampaignImage, advertiser=campaign.advertiser, public_id=image))


@framed
@room(Right.SEE_CAMPAIGNS)
@require_GET
def review_preview(request: HttpRequest, public_id: UUID, number: int, view: str) -> HttpResponse:
    """A version as members would see it, drawn by their own templates; number 0 is what they see now. Shown inside the desk only."""
    campaign = get_object_or_404(_campaigns(), public_id=public_id)
    if view not in preview.VIEWS:
        raise Http404("no such view")
    content = get_object_or_404(campaign.versions, number=number).spec if number else campaign.spec
    at = timezone.now()
    mission = preview.mission_of(versions.whole(content), public_id=campaign.public_id, advertiser=campaign.advertiser, at=at)

    def picture(image: UUID) -> str:
        return reverse("admin:review-image", args=[public_id, image], urlconf=URLCONFS[BACKOFFICE])

    return HttpResponse(preview.drawn(request, mission, picture=picture, view=view, text="usual", at=at))


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_claim(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Take what waits onto one's desk, with a note if somebody else has it."""
    note = request.POST.get("note", "").replace("\x00", "")[:300]
    return _press(request, public_id, campaigns.claim, "이 심사를 맡았어요.", read=lambda _: {"note": note})


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_approve(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let the version run that the reviewer read."""
    done = "캠페인을 승인했어요. 정한 시작 시각에 열려요."
    return _press(request, public_id, campaigns.approve, done, read=lambda _: {"version": _seen(request)})


def _seen(request: HttpRequest) -> int | None:
    """The number of the version on the page that was sent; None when the page did not say."""
    number = request.POST.get("version", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) <= 4 else None


def _remarks(request: HttpRequest) -> dict[str, str]:
    """What was written about single fields, by their path; empty ones are no remarks."""
    written = {name.removeprefix("remark:"): str(text).replace("\x00", "").strip() for name, text in request.POST.items()}
    return {path: text[:300] for path, text in written.items() if f"remark:{path}" in request.POST and text}


def _nothing(_: Any) -> dict[str, Any]:
    return {}


def _reason(value: Any) -> dict[str, Any]:
    return {"reason": value.reason}


def _press(
    request: HttpRequest,
    public_id: UUID,
    deed: Callable[..., Any],
    done: str,
    *,
    form: Sheet | None = None,
    read: Callable[[Any], dict[str, Any]] = _nothing,
) -> HttpResponse:
    """One deed for a campaign. read: what else the call takes, from the value of a valid form."""
    campaign = get_object_or_404(_campaigns(), public_id=public_id)

    def do() -> None:
        deed(campaign=campaign, by=operator_of(request), at=timezone.now(), **read(form.value if form else None))

    def again() -> HttpResponse:
        return _detail(request, campaign, form=form or DecisionSheet(), status=422)

    return deeds.carry_out(request, do, done=done, to=redirect("admin:review-detail", public_id), form=form, again=again)


def _with_reason(request: HttpRequest, public_id: UUID, decide: Callable[..., Any], done: str) -> HttpResponse:
    return _press(request, public_id, decide, done, form=ReasonSheet(request.POST), read=_reason)


def _decided(request: HttpRequest, public_id: UUID, decide: Callable[..., Any], done: str) -> HttpResponse:
    """A no: one reason for all, and one for each field that has something wrong."""

    def read(value: Any) -> dict[str, Any]:
        return {"reason": value.reason, "remarks": _remarks(request), "version": _seen(request)}

    return _press(request, public_id, decide, done, form=DecisionSheet(request.POST), read=read)


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_reject(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Refuse it; the credits of one that was never approved go back."""
    return _decided(request, public_id, campaigns.reject, "반려했어요. 처음 심사한 캠페인이면 묶인 크레딧을 모두 풀었어요.")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_ask_changes(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send it back for correction."""
    return _decided(request, public_id, campaigns.ask_changes, "수정을 요청했어요. 처음 심사한 캠페인이면 14일 동안 예산을 묶어 둬요.")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_hold(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Papers are missing: the clock of the promise stands still."""
    return _with_reason(request, public_id, campaigns.hold, "서류를 요청했어요. 받을 때까지 심사 시간이 멈춰요.")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_go_on(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The papers are there."""
    return _press(request, public_id, campaigns.go_on, "심사 시간이 이어서 흘러요.")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_flag(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Put an approved one on the list of those to look at again."""
    return _with_reason(request, public_id, campaigns.flag, "다시 볼 목록에 올렸어요. 캠페인은 그대로 진행돼요.")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def review_fine(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The second look found nothing."""
    return _press(request, public_id, campaigns.found_fine, "다시 보았다고 적었어요.")


@room(Right.LOCK_CAMPAIGNS)
@require_POST
def review_lock(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Stop new participations at once."""
    return _with_reason(request, public_id, campaigns.lock, "캠페인을 잠갔어요. 새 참여가 바로 멈춰요.")


@room(Right.LOCK_CAMPAIGNS)
@require_POST
def review_unlock(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let it go on."""
    return _with_reason(request, public_id, campaigns.unlock, "잠금을 풀었어요.")


@room(Right.EXPOSE_CAMPAIGNS)
@require_POST
def review_expose(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show it to members or not, and when."""

    def show(*, campaign: Campaign, wish: Exposure, **who: Any) -> Campaign:
        return campaigns.set_exposure(campaign=campaign, order=campaign.exposure_order, **wish.model_dump(), **who)

    return _press(request, public_id, show, "노출을 바꿨어요.", form=ExposureSheet(request.POST), read=lambda value: {"wish": value})


@room(Right.SEE_CAMPAIGNS)
@require_GET
def exposure_order(request: HttpRequest) -> HttpResponse:
    """Campaigns in the order members see them, and the places that are fixed for a while."""
    return _order(request, form=SlotSheet())


def _order(request: HttpRequest, *, form: SlotSheet, status: int = 200) -> HttpResponse:
    rows, operator, at = campaigns.in_order(), operator_of(request), timezone.now()
    context = {
        "title": "노출 순서",
        "rows": rows,
        "seal": campaigns.seal(rows),
        "places": campaigns.held_places(at),
        "now": at,
        "form": form,
        "may_expose": rights.has(operator, Right.EXPOSE_CAMPAIGNS),
    }
    return page(request, "backoffice/exposure_order.html", context, status=status)


@room(Right.EXPOSE_CAMPAIGNS)
@require_POST
def place_hold(request: HttpRequest) -> HttpResponse:
    """Give a campaign a fixed place for a while, unless another one has it then."""
    form = SlotSheet(request.POST)
    if form.is_valid():
        try:
            banner_services.hold_place(wish=form.value, by=operator_of(request), at=timezone.now())
        except DomainError as refusal:
            form.add_error("place", str(refusal))
        else:
            messages.success(request, "자리를 고정했어요. 정한 때가 되면 그 자리에 보여요.")
            return redirect("admin:exposure-order")
    return _order(request, form=form, status=422)


@room(Right.EXPOSE_CAMPAIGNS)
@require_POST
def place_free(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Give a fixed place free from now on."""
    slot, form = get_object_or_404(ExposureSlot.objects.select_related("campaign"), public_id=public_id), ReasonSheet(request.POST)
    return deeds.carry_out(
        request,
        lambda: banner_services.free_place(slot=slot, by=operator_of(request), reason=form.value.reason, at=timezone.now()),
        done="자리를 비웠어요.",
        to=redirect("admin:exposure-order"),
        form=form,
        again=lambda: _order(request, form=SlotSheet(), status=422),
    )


@room(Right.EXPOSE_CAMPAIGNS)
@require_POST
def exposure_reorder(request: HttpRequest) -> HttpResponse:
    """Save the places, if nobody saved others since they were shown."""
    form = PlacesSheet(request.POST)
    try:
        moved = campaigns.reorder(order=form.order(), seen=form.seen, by=operator_of(request), at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"순서를 바꿨어요. 자리가 바뀐 캠페인 {moved:,}개.")
    return redirect("admin:exposure-order")
