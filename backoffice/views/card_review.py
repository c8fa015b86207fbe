"""The card review: an account for reviewers, and the pack of pictures that card companies ask for."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from backoffice.admin.base import refusals_as_messages
from backoffice.card_review import building, difference, mode, walk
from backoffice.forms import ReasonSheet, ReviewModeSheet, first_error
from backoffice.models import CardReviewPack
from backoffice.rights import Right
from backoffice.site import operator_of, page, room

NEWEST = 20
TITLES = {stop.name: stop.title for stop in walk.STOPS}


@room(Right.PREPARE_CARD_REVIEW)
@require_safe
def card_review(request: HttpRequest) -> HttpResponse:
    """Whether reviewers may look, and the newest packs."""
    return _page(request)


def _page(request: HttpRequest, *, on: ReviewModeSheet | None = None, off: ReasonSheet | None = None, status: int = 200) -> HttpResponse:
    current = mode.current(at=timezone.now())
    context = {
        "title": "카드 심사",
        "mode": current,
        "password": mode.password_of(current) if current else "",
        "packs": CardReviewPack.objects.select_related("asked_by").order_by("-asked_at", "-pk")[:NEWEST],
        "on": on or ReviewModeSheet(),
        "off": off or ReasonSheet(),
        "can_walk": walk.is_there(),
    }
    return page(request, "backoffice/card_review.html", context, status=status)


@room(Right.PREPARE_CARD_REVIEW)
@require_POST
def mode_on(request: HttpRequest) -> HttpResponse:
    """Let reviewers in with a new account."""
    form = ReviewModeSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _page(request, on=form, status=422)
    with refusals_as_messages(request):
        mode.switch_on(days=form.value.days, by=operator_of(request), reason=form.value.reason, at=timezone.now())
        messages.success(request, "심사 모드를 켰어요. 심사 계정을 카드사에 알려 주세요.")
    return redirect("admin:card-review")


@room(Right.PREPARE_CARD_REVIEW)
@require_POST
def mode_off(request: HttpRequest) -> HttpResponse:
    """End the reviewers' account."""
    form = ReasonSheet(request.POST)
    if not form.is_valid():
        messages.error(request, first_error(form))
        return _page(request, off=form, status=422)
    with refusals_as_messages(request):
        mode.switch_off(by=operator_of(request), reason=form.value.reason, at=timezone.now())
        messages.success(request, "심사 모드를 껐어요.")
    return redirect("admin:card-review")


@room(Right.PREPARE_CARD_REVIEW)
@require_POST
def pack_make(request: HttpRequest) -> HttpResponse:
    """Have a pack made; the relay carries it out."""
    with refusals_as_messages(request):
        pack = building.ask(by=operator_of(request), at=timezone.now())
        messages.success(request, "심사 자료를 만들기 시작했어요. 몇 분 걸려요.")
        return redirect("admin:card-review-pack", pack.public_id)
    return redirect("admin:card-review")


@room(Right.PREPARE_CARD_REVIEW)
@require_safe
def pack_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """How far it is, what has to be put right, what changed, and the files."""
    pack = get_object_or_404(CardReviewPack.objects.select_related("asked_by"), public_id=public_id)
    context = {
        "title": "카드 심사 자료",
        "pack": pack,
        "is_going": pack.state in (CardReviewPack.State.WAITING, CardReviewPack.State.RUNNING),
        "changed": [TITLES.get(name, name) for name in difference.pages_of(pack.difference)],
        "pictures": pack.manifest.get("pictures", []),
        "kinds": tuple(building.FILES) if pack.state == CardReviewPack.State.READY else (),
    }
    return page(request, "backoffice/card_review_pack.html", context)


@room(Right.PREPARE_CARD_REVIEW)
@require_safe
def pack_file(request: HttpRequest, public_id: UUID, kind: str) -> HttpResponse:
    """One file of a pack; who took it is written down."""
    pack = get_object_or_404(CardReviewPack, public_id=public_id, state=CardReviewPack.State.READY)
    if kind not in building.FILES:
        raise Http404("no such file")
    content = building.take_along(pack, kind, by=operator_of(request), at=timezone.now())
    headers = {"Content-Disposition": f'attachment; filename="card-review-{pack.asked_at:%Y%m%d}.{kind}"'}
    return HttpResponse(content, content_type=building.FILES[kind], headers=headers)
