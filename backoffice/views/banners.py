"""The room of banners: put them up, change, stop, and see the first page of the reward app as somebody will meet it at some moment."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from backoffice import banner_services as services
from backoffice import rights
from backoffice.banner_forms import BannerSeenSheet, BannerSheet, HomeLook, HomeLookSheet
from backoffice.desk_lists import BANNERS
from backoffice.forms import ReasonSheet
from backoffice.rights import Right
from backoffice.site import framed, operator_of, page, room
from backoffice.views.deeds import carry_out
from campaigns import images
from campaigns.banners import Viewer
from campaigns.models import Banner, System, Viewers
from campaigns.wizard import preview
from common.errors import DomainError
from common.portals import BACKOFFICE, URLCONFS
from rewards import home

PER_PAGE = 50


@room(Right.SEE_CAMPAIGNS)
@require_safe
def banner_list(request: HttpRequest) -> HttpResponse:
    """Banners that are up or will be, by place; and those that are over."""
    at = timezone.now()
    found = BANNERS.find(request.GET, by=operator_of(request), at=at)
    rows = Paginator(found.rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "title": "배너",
        "found": found,
        "tabs": [("going", "보이는 배너와 예약"), ("over", "끝난 배너")],
        "rows": rows,
        "lines": [(row, row.standing(at)) for row in rows],
        "may_expose": rights.has(operator_of(request), Right.EXPOSE_CAMPAIGNS),
        "may_export": rights.has(operator_of(request), Right.EXPORT),
    }
    return page(request, "backoffice/banner_list.html", context)


@room(Right.EXPOSE_CAMPAIGNS)
@require_http_methods(["GET", "HEAD", "POST"])
def banner_new(request: HttpRequest) -> HttpResponse:
    """Put one up."""
    form = BannerSheet(request.POST if request.method == "POST" else None, initial={"place": "1"})

    def make() -> HttpResponse:
        made = services.make(wish=form.value, upload=_upload(request), by=operator_of(request), at=timezone.now())
        messages.success(request, "배너를 만들었어요.")
        return redirect("admin:banner-detail", made.public_id)

    if request.method == "POST" and form.is_valid():
        return _kept(form, make, refused=lambda: _form(request, form, status=422))
    return _form(request, form, status=422 if form.errors else 200)


@room(Right.SEE_CAMPAIGNS)
@require_safe
def banner_detail(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """One banner, what may be changed of it, and how to stop it."""
    banner = _found(public_id)
    return _form(request, BannerSheet.of(banner), banner=banner)


@room(Right.EXPOSE_CAMPAIGNS)
@require_POST
def banner_change(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say anew what it shows, where, when and to whom."""
    banner = _found(public_id)
    form, seen = BannerSheet(request.POST, banner=banner), BannerSeenSheet(request.POST)

    def again() -> HttpResponse:
        return _form(request, form, banner=banner, seen=seen, status=422)

    def change() -> HttpResponse:
        version, reason = seen.value.version, seen.value.reason
        wish, upload, operator = form.value, _upload(request), operator_of(request)
        services.change(banner=banner, wish=wish, upload=upload, seen=version, by=operator, reason=reason, at=timezone.now())
        messages.success(request, "배너를 바꿨어요.")
        return redirect("admin:banner-detail", public_id)

    if not (form.is_valid() & seen.is_valid()):
        return again()
    return _kept(form, change, refused=again)


@room(Right.EXPOSE_CAMPAIGNS)
@require_POST
def banner_stop(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Show it to nobody from now on."""
    banner, form = _found(public_id), ReasonSheet(request.POST)
    return carry_out(
        request,
        lambda: services.stop(banner=banner, by=operator_of(request), reason=form.value.reason, at=timezone.now()),
        done="배너를 멈췄어요. 이제 아무에게도 보이지 않아요.",
        to=redirect("admin:banner-detail", public_id),
        form=form,
        again=lambda: _form(request, BannerSheet.of(banner), banner=banner, stopping=form, status=422),
    )


@room(Right.SEE_CAMPAIGNS)
@require_safe
def banner_image(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Its picture, whether it is up or not."""
    return images.answer_file(_found(public_id).file)


@room(Right.SEE_CAMPAIGNS)
@require_safe
def home_preview(request: HttpRequest) -> HttpResponse:
    """The first page of the reward app as somebody will meet it: whose, on what, and when is chosen here."""
    form, look = _look(request)
    said = request.GET.copy()
    context = {"title": "앱 첫 화면 미리보기", "form": form, "look": look, "frame": f"{reverse('admin:home-frame')}?{said.urlencode()}"}
    return page(request, "backoffice/home_preview.html", context, status=422 if form.errors else 200)


@framed
@room(Right.SEE_CAMPAIGNS)
@require_safe
def home_frame(request: HttpRequest) -> HttpResponse:
    """That page itself, by the members' own templates. The database lets nothing be written while it is drawn."""
    _, look = _look(request)
    at = look.when or timezone.now()
    context = {
        **home.sample(is_member=look.viewers != Viewers.GUESTS, at=at),
        "viewer": Viewer(Viewers(look.viewers), System(look.system)),
        "banner_picture": _own_picture,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        return HttpResponse(preview.as_luckffle(request, "rewards/home.html", context))


def _own_picture(banner: Banner) -> str:
    """The operators' own address of the picture: people find it only while the banner is up."""
    return reverse("admin:banner-image", args=[banner.public_id], urlconf=URLCONFS[BACKOFFICE])


def _look(request: HttpRequest) -> tuple[HomeLookSheet, HomeLook]:
    """What was asked to be shown; a question that makes no sense shows now, for a guest."""
    form = HomeLookSheet(request.GET) if request.GET else HomeLookSheet(initial={"viewers": Viewers.GUESTS})
    return form, form.value if form.is_valid() else HomeLook()


def _found(public_id: UUID) -> Banner:
    return get_object_or_404(Banner.objects.select_related("campaign", "raffle", "notice", "made_by"), public_id=public_id)


def _upload(request: HttpRequest) -> Any:
    files: MultiValueDict[str, Any] = request.FILES
    return files.get("image")


def _kept(form: BannerSheet, deed: Callable[[], HttpResponse], *, refused: Callable[[], HttpResponse]) -> HttpResponse:
    """One deed; a refusal of the domain is said above the form, which keeps what was typed."""
    try:
        return deed()
    except DomainError as refusal:
        form.add_error(None, str(refusal))
        return refused()


def _form(
    request: HttpRequest,
    form: BannerSheet,
    *,
    banner: Banner | None = None,
    seen: BannerSeenSheet | None = None,
    stopping: ReasonSheet | None = None,
    status: int = 200,
) -> HttpResponse:
    at = timezone.now()
    may_expose = rights.has(operator_of(request), Right.EXPOSE_CAMPAIGNS)
    context = {
        "title": banner.title if banner else "새 배너",
        "banner": banner,
        "standing": banner.standing(at) if banner else "",
        "is_over": banner is not None and banner.stopped_at is not None,
        "fields": [(field, form.hints.get(field.name, "")) for field in form],
        "sheet": form,
        "seen": seen or BannerSeenSheet(),
        "form": stopping or ReasonSheet(),
        "may_expose": may_expose,
    }
    return page(request, "backoffice/banner_detail.html", context, status=status)
