"""Pages of a mission: read it, start, open the advertiser's page, stay, come back, get the tickets."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from pydantic import ValidationError

from campaigns import answers, banners, images, missions, services, tokens, types
from campaigns.device import device_of
from campaigns.fraud.origins import place_of
from campaigns.pictures import PictureRefused
from campaigns.seen import SeenIn
from campaigns.types.flows import Flow
from common.errors import DomainError
from common.http import PortalRequest
from credits import selectors as balances
from rewards.access import MemberRequest, member_of, member_required


@require_safe
def mission(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """One mission and the one thing to do next. Anybody may read it; taking part needs a member."""
    campaign = missions.find(public_id)
    if campaign is None:
        raise Http404("no such mission")
    member, at = member_of(request), timezone.now()
    member_id = member.pk if member else None
    shown = missions.mission(campaign, member_id=member_id, device=device_of(request.headers), at=at)
    context = {
        "mission": shown,
        "campaign": campaign,
        "member": member,
        "tickets": balances.member_tickets(member.pk) if member else None,
        "similar": missions.similar(public_id, member_id=member_id, at=at) if shown.is_closed else [],
    }
    template = "campaigns/mission.html#panel" if request.htmx else "campaigns/mission.html"
    response = TemplateResponse(request, template, context)
    if video := shown.task.get("video_url"):
        response._csp_update = {"media-src": [f"https://{urlsplit(video).netloc}"]}  # type: ignore[attr-defined]
    return response


@require_safe
def image(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The picture of a mission that anybody may read."""
    found = missions.find_image(public_id)
    if found is None:
        raise Http404("no mission shows this picture")
    return images.answer(found)


@require_safe
def banner_image(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The picture of a banner that somebody sees now."""
    found = banners.find_shown(public_id, at=timezone.now())
    if found is None:
        raise Http404("no banner of this moment")
    return images.answer_file(found.file)


@require_POST
@member_required
def seen(request: MemberRequest) -> HttpResponse:
    """Note which missions' cards, and which mission's page, a member had before them."""
    answer = {name: request.POST.getlist(name) for name in ("listed", "read")}
    try:
        told = SeenIn.model_validate(answer)
    except ValidationError:
        return HttpResponse(status=422)
    services.show(member=request.member.pk, listed=told.listed, read=told.read, at=timezone.now())
    return HttpResponse(status=204)


@require_POST
@member_required
def apply(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Ask to be chosen; pressing twice is one application."""

    def ask() -> str:
        text = request.POST.get("text", "").replace("\x00", "")
        device = device_of(request.headers)
        services.apply(member=request.member.pk, campaign=public_id, text=text, device=device, at=timezone.now())
        return "신청했어요. 선정되면 알려드려요."

    return _taking_part(request, public_id, ask)


@require_POST
@member_required
def start(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Take one place; pressing twice is one place. What will make the tickets wait is said at once."""

    def begin() -> str:
        device, place = device_of(request.headers), place_of(request)
        return services.start(member=request.member.pk, campaign=public_id, device=device, at=timezone.now(), place=place).notice

    return _taking_part(request, public_id, begin)


@require_POST
@member_required
def open_landing(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Stamp the moment of leaving and go to the advertiser's page (the form opens this answer in a new tab), or begin to watch."""
    try:
        token = _token(request, public_id)
        taking = services.open_landing(member=request.member.pk, token=token, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("campaigns:mission", public_id)
    if types.get(token.type).flow == Flow.WATCH:
        return redirect("campaigns:mission", public_id)  # what is watched is on our own page
    return TemplateResponse(
        request, "campaigns/mission_open.html", {"landing_url": taking.landing_url, "dwell_seconds": taking.dwell_seconds}
    )


@require_POST
def beat(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """The next signed heartbeat. Stateless: the token says whose it is, and nothing is written."""
    try:
        token = _token(request, public_id)
        answer = tokens.next_beat(token, last=request.POST.get("beat", ""), at=timezone.now())
    except DomainError as refusal:
        return JsonResponse({"code": refusal.code, "message": str(refusal)}, status=refusal.http_status)
    return JsonResponse({"beat": answer.signed()})


@require_POST
@member_required
def confirm(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Finish: the stay is judged on our clock, and the tickets are in the wallet."""

    def finish() -> str:
        token = _token(request, public_id)
        text = request.POST.get("beat", "")
        beats = tokens.read_beat(token, text).count if text else 0
        return _thanks(services.confirm(member=request.member.pk, token=token, beats=beats, at=timezone.now(), place=place_of(request)))

    return _taking_part(request, public_id, finish)


@require_POST
@member_required
def answer(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Send an answer in; right ones are paid at once, and a wrong one says how often another may follow."""

    def send() -> str:
        token = _token(request, public_id)
        sent = answers.from_form(request.POST)
        taking = services.answer(member=request.member.pk, token=token, sent=sent, at=timezone.now(), place=place_of(request))
        return _thanks(taking)

    return _taking_part(request, public_id, send)


@require_POST
@member_required
def picture(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Send a picture in; a person looks at it before the tickets come."""

    def send() -> str:
        upload = request.FILES.get("picture")
        if upload is None:
            raise PictureRefused(why="사진을 골라 주세요.")
        token = _token(request, public_id)
        at, place = timezone.now(), place_of(request)
        return _thanks(services.picture(member=request.member.pk, token=token, upload=upload, at=at, place=place))

    return _taking_part(request, public_id, send)


@require_POST
@member_required
def step(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """Send one step in: a word is judged at once, a picture or an address waits for a person."""

    def send() -> str:
        token, number = _token(request, public_id), request.POST.get("step", "")
        if not (number.isascii() and number.isdigit() and len(number) < 3):
            raise services.StepUnknown
        taking = services.send_step(
            member=request.member.pk,
            token=token,
            step=int(number),
            text=request.POST.get("text", "").replace("\x00", ""),
            upload=request.FILES.get("picture"),
            at=timezone.now(),
            place=place_of(request),
        )
        if not taking.is_new:
            return ""
        return (
            "잘 받았어요. 확인이 끝나면 이 단계의 티켓이 들어와요." if taking.state == "CHECKING" else "단계를 마쳤어요. 티켓이 들어왔어요."
        )

    return _taking_part(request, public_id, send)


def _thanks(taking: services.Taking) -> str:
    if not taking.is_new:
        return ""
    return f"티켓 {taking.tickets:,}장을 받았어요." if taking.state == "REWARDED" else "잘 받았어요. 확인이 끝나면 티켓이 들어와요."


def _taking_part(request: MemberRequest, public_id: UUID, step: Callable[[], Any]) -> HttpResponse:
    """One step, then the mission's page, which shows where the member stands; a refusal is said there."""
    try:
        said = step()
    except DomainError as refusal:
        messages.error(request, str(refusal))
    else:
        if isinstance(said, str) and said:
            messages.success(request, said)
    return redirect("campaigns:mission", public_id)


def _token(request: PortalRequest, public_id: UUID) -> tokens.ParticipationToken:
    """:raises TokenRefused: forged, of another mission, or of another device."""
    token = tokens.read(request.POST.get("token", ""), device=device_of(request.headers))
    if token.campaign != public_id:
        raise tokens.TokenRefused
    return token
