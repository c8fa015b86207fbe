"""The push room: write an ad, see how many it reaches, try it on one phone, send it now or later, stop it, read what came of it."""

from typing import Any
from uuid import UUID, uuid4

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice import push_services as services
from backoffice import rights
from backoffice.desk_lists import PUSH_TABS, PUSHES, counted
from backoffice.forms import ReasonSheet
from backoffice.push_forms import AimSheet, MomentSheet, PushSheet, TrialSheet
from backoffice.rights import Right
from backoffice.site import operator_of, page, room
from backoffice.views.deeds import carry_out
from common.forms import SchemaForm
from rewards import push
from rewards.models import Device, Member, PushMessage
from rewards.models.push import DeliveryState, PushState
from rewards.push import rules
from rewards.push.errors import LabelMissing, WayOutMissing
from rewards.push.segments import Segment
from rewards.regions import Region

PER_PAGE = 50
LISTS = ("regions", "sexes", "platforms")


@room(Right.SEE_PUSHES)
@require_safe
def push_list(request: HttpRequest) -> HttpResponse:
    """What operators wrote, the newest first."""
    operator = operator_of(request)
    found = PUSHES.find(request.GET, by=operator, at=timezone.now())
    context = {
        "title": "푸시",
        "found": found,
        "tabs": counted(PUSH_TABS, push.composed()),
        "rows": Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page")),
        "may_export": rights.has(operator, Right.EXPORT),
        "may_send": rights.has(request.user, Right.SEND_PUSHES),
    }
    return page(request, "backoffice/push_list.html", context)


@room(Right.SEND_PUSHES)
@require_http_methods(["GET", "HEAD", "POST"])
def push_new(request: HttpRequest) -> HttpResponse:
    """Write one, or write a known one anew (`?of=`); nothing goes out by that."""
    if request.method != "POST":
        return _writing(request, PushSheet(initial=_beginning(request.GET.get("of", ""))))
    form = PushSheet(request.POST)
    if form.is_valid():
        try:
            made = services.compose(wish=form.value.wish(), by=operator_of(request), at=timezone.now())
        except LabelMissing as refusal:
            form.add_error("title", str(refusal))
        except WayOutMissing as refusal:
            form.add_error("body", str(refusal))
        else:
            return redirect("admin:push-detail", made.public_id)
    return _writing(request, form, status=422)


def _beginning(of: str) -> dict[str, Any]:
    """What the form begins with: label and way out, or the words of another one."""
    title, body = push.labelled("", "")
    begun = {"title": f"{title} ", "body": f"\n{body}", "key": uuid4().hex}
    try:
        found = push.composed().filter(public_id=UUID(of)).first()
    except ValueError:
        return begun
    return {**begun, "title": found.title, "body": found.body, "url": found.url, **found.segment} if found else begun


@room(Right.SEND_PUSHES)
@require_POST
def push_count(request: HttpRequest) -> HttpResponse:
    """How many members what is ticked would reach; nothing is kept."""
    aim = AimSheet(request.POST)
    if not aim.is_valid():
        return _writing(request, PushSheet(request.POST), status=422)
    return _writing(request, PushSheet(initial=_typed(request.POST)), reach=push.reach(aim.value.segment(), at=timezone.now()))


def _typed(posted: QueryDict) -> dict[str, Any]:
    return {name: posted.getlist(name) if name in LISTS else posted[name] for name in posted if name in PushSheet.base_fields}


def _writing(request: HttpRequest, form: PushSheet, *, reach: push.Reach | None = None, status: int = 200) -> HttpResponse:
    fields = [(field, form.hints.get(field.name, "")) for field in form.visible_fields()]
    return page(request, "backoffice/push_new.html", {"title": "새 푸시", "form": form, "fields": fields, "reach": reach}, status=status)


@room(Right.SEE_PUSHES)
@require_safe
def push_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The message, whom it reaches and what came of it on the left, what to do on the right."""
    return _detail(request, _found(public_id))


def _found(public_id: UUID) -> PushMessage:
    return get_object_or_404(push.composed().select_related("made_by"), public_id=public_id)


@room(Right.SEND_PUSHES)
@require_POST
def push_try(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Ring one member's phones."""
    found, form = _found(public_id), TrialSheet(request.POST)
    return _done(
        request,
        found,
        form,
        lambda: services.try_out(message=found, member=form.value.member, by=operator_of(request), at=timezone.now()),
        done="시험으로 보냈어요. 수신 동의가 없는 회원에게는 시험도 가지 않아요.",
    )


@room(Right.SEND_PUSHES)
@require_POST
def push_schedule(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Send it now, or at a moment."""
    found, form, at = _found(public_id), MomentSheet(request.POST), timezone.now()
    return _done(
        request,
        found,
        form,
        lambda: services.schedule(message=found, when=form.value.when or at, by=operator_of(request), at=at),
        done="보내기로 했어요. 결과는 이 화면에서 볼 수 있어요.",
    )


@room(Right.SEND_PUSHES)
@require_POST
def push_stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Let nothing more of it out."""
    found, form = _found(public_id), ReasonSheet(request.POST)
    return _done(
        request,
        found,
        form,
        lambda: services.stop(message=found, reason=form.value.reason, by=operator_of(request), at=timezone.now()),
        done="멈췄어요. 이미 나간 알림은 되돌릴 수 없어요.",
    )


def _done(request: HttpRequest, found: PushMessage, form: SchemaForm, deed: Any, *, done: str) -> HttpResponse:
    return carry_out(
        request,
        deed,
        done=done,
        to=redirect("admin:push-detail", found.public_id),
        form=form,
        again=lambda: _detail(request, found, form=form, status=422),
    )


def _detail(request: HttpRequest, found: PushMessage, *, form: SchemaForm | None = None, status: int = 200) -> HttpResponse:
    at, segment = timezone.now(), Segment.model_validate(found.segment)
    result = push.result_of(found)
    context: dict[str, Any] = {
        "title": "푸시",
        "push": found,
        "aims": _aims(segment),
        "reach": push.reach(segment, at=at),
        "result": [(label, result[state]) for state, label in DeliveryState.choices if result[state]],
        "reasons": push.reasons_of(found),
        "trials": push.trials_of(found).select_related("message").order_by("-pk")[:10],
        "goes_on_at": rules.morning_after(max(at, found.scheduled_at or at)),
        "trial": form if isinstance(form, TrialSheet) else TrialSheet(),
        "moment": form if isinstance(form, MomentSheet) else MomentSheet(),
        "form": form if isinstance(form, ReasonSheet) else ReasonSheet(),
        "is_draft": found.state == PushState.DRAFT,
        "may_stop": found.state in (PushState.DRAFT, PushState.SCHEDULED, PushState.SENDING),
        "may_send": rights.has(request.user, Right.SEND_PUSHES),
    }
    return page(request, "backoffice/push_detail.html", context, status=status)


def _aims(segment: Segment) -> list[tuple[str, str]]:
    """A segment in words; empty when it leaves nobody out."""
    born = f"{segment.born_from or ''}–{segment.born_until or ''}"
    said = (
        ("사는 지역", ", ".join(Region(value).label for value in segment.regions)),
        ("성별", ", ".join(Member.Sex(value).label for value in segment.sexes)),
        ("휴대폰", ", ".join(Device.Platform(value).label for value in segment.platforms)),
        ("태어난 해", "" if born == "–" else born),
    )
    return [(label, words) for label, words in said if words]
