"""Doubted participations that were paid, who may not take part, and the lists of networks and devices. Every decision is one call."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice import rights, services
from backoffice.admin.base import refusals_as_messages
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from campaigns import services as campaigns
from campaigns.fraud import lists, suspicions
from campaigns.models import Block, Campaign, TrafficList
from campaigns.services import blocking
from rewards.models import Member

LARGEST_LIST = 8 * 1024 * 1024
SHOWN = 100


@room(Right.SEE_CAMPAIGNS)
@require_GET
def suspicion_list(request: HttpRequest) -> HttpResponse:
    """By campaign, the most doubted first."""
    context = {
        "title": "의심 참여",
        "groups": suspicions.suspected(at=timezone.now()),
        "look_from": suspicions.FROM.at(timezone.now()),
        "may_decide": rights.has(operator_of(request), Right.REVIEW_CAMPAIGNS),
    }
    return page(request, "backoffice/suspicion_list.html", context)


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def suspicion_invalidate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """They do not count: the advertiser gets the credits back."""
    campaign = get_object_or_404(Campaign, public_id=public_id)
    with refusals_as_messages(request):
        rows = campaigns.invalidate(
            campaign=campaign,
            participations=_chosen(request),
            is_fraud=request.POST.get("is_fraud") == "on",
            by=operator_of(request),
            at=timezone.now(),
            reason=_reason(request),
        )
        messages.success(request, f"참여 {len(rows):,}건을 무효로 하고 {sum(row.price for row in rows):,}크레딧을 돌려줬어요.")
    return redirect("admin:suspicion-list")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def suspicion_clear(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """They are fine."""
    campaign = get_object_or_404(Campaign, public_id=public_id)
    with refusals_as_messages(request):
        operator, at, why = operator_of(request), timezone.now(), _reason(request)
        count = campaigns.clear(participations=_chosen(request), by=operator, at=at, reason=why)
        if not count:
            raise services.AlreadyDone
        services.keep(row=campaign, by=operator, reason=f"참여 {count:,}건의 의심을 풀었어요 · {why}", at=at)
        messages.success(request, f"참여 {count:,}건의 의심을 풀었어요.")
    return redirect("admin:suspicion-list")


@room(Right.SEE_CAMPAIGNS)
@require_GET
def block_list(request: HttpRequest) -> HttpResponse:
    """Who may not take part now."""
    rows = list(blocking.active(at=timezone.now()).select_related("made_by").order_by("-made_at")[:SHOWN])
    numbers = {row.key.removeprefix("member:") for row in rows if row.kind == Block.Kind.MEMBER}
    members = Member.objects.in_bulk([int(number) for number in numbers])
    shown = [(row, members.get(int(row.key.removeprefix("member:"))) if row.kind == Block.Kind.MEMBER else None) for row in rows]
    context = {"title": "참여 차단", "rows": shown, "may_decide": rights.has(operator_of(request), Right.REVIEW_CAMPAIGNS)}
    return page(request, "backoffice/block_list.html", context)


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def block_add(request: HttpRequest) -> HttpResponse:
    """Keep one member out."""
    member = None
    with suppress(ValueError):
        member = Member.objects.filter(public_id=UUID(request.POST.get("member", "").strip())).first()
    days = request.POST.get("days", "").strip()
    if member is None or not (days.isascii() and days.isdigit() and len(days) <= 4):
        messages.error(request, "회원 번호와 날 수(0부터 9999까지)를 다시 확인해 주세요.")
        return redirect("admin:block-list")
    with refusals_as_messages(request):
        operator, at, why = operator_of(request), timezone.now(), _reason(request)
        block = campaigns.block_member(member=member, days=int(days), by=operator, at=at, reason=why)
        services.keep(row=block, by=operator, reason=f"참여를 막았어요 · {why}", at=at)
        messages.success(request, "이 회원의 참여를 막았어요.")
    return redirect("admin:block-list")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def block_lift(request: HttpRequest, number: int) -> HttpResponse:
    """Let somebody take part again."""
    with refusals_as_messages(request):
        operator, at, why = operator_of(request), timezone.now(), _reason(request)
        block = campaigns.lift_block(number=number, by=operator, at=at, reason=why)
        services.keep(row=block, by=operator, reason=f"차단을 풀었어요 · {why}", at=at)
        messages.success(request, "차단을 풀었어요.")
    return redirect("admin:block-list")


@room(Right.SEE_CAMPAIGNS)
@require_http_methods(["GET", "HEAD"])
def traffic_lists(request: HttpRequest) -> HttpResponse:
    """The lists that hold, and the form for a new one."""
    rows = TrafficList.objects.select_related("imported_by").order_by("-imported_at")[:SHOWN]
    context: dict[str, Any] = {
        "title": "주소·기기 목록",
        "rows": rows,
        "first_line": lists.FIRST_LINE,
        "may_decide": rights.has(operator_of(request), Right.REVIEW_CAMPAIGNS),
    }
    return page(request, "backoffice/traffic_lists.html", context)


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def traffic_list_import(request: HttpRequest) -> HttpResponse:
    """Put a file in the place of the list of the same name."""
    upload, name = request.FILES.get("file"), request.POST.get("name", "").replace("\x00", "").strip()[:60]
    if upload is None or not name or not upload.size or upload.size > LARGEST_LIST:
        messages.error(request, "이름을 적고 8MB까지의 파일을 골라 주세요.")
        return redirect("admin:traffic-lists")
    with refusals_as_messages(request):
        operator, at = operator_of(request), timezone.now()
        made = lists.take_over(name=name, content=lists.read(upload.read()), by=operator, at=at)
        services.keep(row=made, by=operator, reason=f"목록 {made.lines:,}줄을 들여왔어요", at=at)
        messages.success(request, f"{made.name} 목록 {made.lines:,}줄을 들여왔어요.")
    return redirect("admin:traffic-lists")


def _chosen(request: HttpRequest) -> list[UUID]:
    """
    The ticked participations.

    :raises Http404: something that no page of ours offers.
    """
    try:
        return [UUID(number) for number in request.POST.getlist("participations")]
    except ValueError:
        raise Http404("no such participation") from None


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\x00", "")
