"""Doubted participations that were paid, who may not take part, and the lists of networks and devices. Every decision is one call."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backoffice import queues, rights, services
from backoffice.admin.base import refusals_as_messages
from backoffice.desk_lists import BLOCKS, SUSPICIONS
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from campaigns import services as campaigns
from campaigns.fraud import lists, suspicions
from campaigns.models import Campaign, TrafficList
from common.errors import DomainError
from common.templatetags.boost import kst_short
from rewards.models import Member

LARGEST_LIST = 8 * 1024 * 1024
SHOWN = 100


class DecidedBefore(DomainError):
    """Somebody else was first."""

    code = "backoffice.suspicion_decided"
    message = "{who} 님이 먼저 {verdict}({when}). 다음 참여로 넘어가요."


@room(Right.SEE_CAMPAIGNS)
@require_GET
def suspicion_list(request: HttpRequest) -> HttpResponse:
    """By campaign, the most doubted first; worked through one by one by keyboard or mouse, or many of a campaign at once."""
    at, operator = timezone.now(), operator_of(request)
    found = SUSPICIONS.find(request.GET, by=operator, at=at)
    count = found.rows.count()
    among = set(found.rows.values_list("public_id", flat=True)) if found.is_narrowed else None
    groups = suspicions.suspected(at=at, among=among)
    numbers = [suspect.participation for group in groups for suspect in group.suspects]
    current, following = queues.chain(numbers, asked=request.GET.get("item", ""))
    context = {
        "title": "의심 참여",
        "found": found,
        "count": count,
        "groups": [(group, [(suspect, following[suspect.participation]) for suspect in group.suspects]) for group in groups],
        "current": current,
        "fine": suspicions.FINE,
        "reasons": suspicions.REASONS,
        "look_from": suspicions.FROM.at(at),
        "may_decide": rights.has(operator, Right.REVIEW_CAMPAIGNS),
        "may_export": rights.has(operator, Right.EXPORT),
    }
    return page(request, "backoffice/suspicion_list.html", context)


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def suspicion_invalidate(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """They do not count: the advertiser gets the credits back."""
    campaign = get_object_or_404(Campaign, public_id=public_id)
    with refusals_as_messages(request):
        chosen = queues.numbers_of(request, "participations")
        try:
            rows = campaigns.invalidate(
                campaign=campaign,
                participations=chosen,
                is_fraud=request.POST.get("is_fraud") == "on",
                by=operator_of(request),
                at=timezone.now(),
                reason=queues.reason_of(request),
            )
        except campaigns.NotAllFinished as refusal:
            raise _first(chosen) or refusal from None
        messages.success(request, f"참여 {len(rows):,}건을 무효로 하고 {sum(row.price for row in rows):,}크레딧을 돌려줬어요.")
    return queues.onward(request, "suspicion-list")


@room(Right.REVIEW_CAMPAIGNS)
@require_POST
def suspicion_clear(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """They are fine."""
    campaign = get_object_or_404(Campaign, public_id=public_id)
    with refusals_as_messages(request):
        chosen = queues.numbers_of(request, "participations")
        operator, at, why = operator_of(request), timezone.now(), queues.reason_of(request)
        if (first := _first(chosen)) is not None:
            raise first
        count = campaigns.clear(participations=chosen, by=operator, at=at, reason=why)
        if not count:
            raise services.AlreadyDone
        services.keep(row=campaign, by=operator, reason=f"참여 {count:,}건의 의심을 풀었어요 · {why}", at=at)
        messages.success(request, f"참여 {count:,}건의 의심을 풀었어요.")
    return queues.onward(request, "suspicion-list")


def _first(chosen: list[UUID]) -> DecidedBefore | None:
    """Who decided about one of these already, as a refusal; None when nobody did."""
    decided = suspicions.decided_before(chosen)
    if decided is None:
        return None
    verdict = "의심을 풀었어요" if decided.is_fine else "무효로 했어요"
    return DecidedBefore(who=decided.who, verdict=verdict, when=kst_short(decided.at))


@room(Right.SEE_CAMPAIGNS)
@require_GET
def block_list(request: HttpRequest) -> HttpResponse:
    """Who may not take part now."""
    operator = operator_of(request)
    found = BLOCKS.find(request.GET, by=operator, at=timezone.now())
    rows = list(found.rows[:SHOWN])
    members = campaigns.members_of_blocks(rows)
    shown = [(row, members.get(row.key)) for row in rows]
    context = {
        "title": "참여 차단",
        "found": found,
        "count": found.rows.count(),
        "rows": shown,
        "may_decide": rights.has(operator, Right.REVIEW_CAMPAIGNS),
        "may_export": rights.has(operator, Right.EXPORT),
    }
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


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").replace("\x00", "")
