"""Pages of the shop: what there is, one gifticon, exchanging tickets, and the box with one's coupons."""

from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from common.errors import DomainError
from common.http import PortalRequest
from credits import selectors as balances
from rewards import gifticons, own_password
from rewards.access import MemberRequest, member_of, member_required
from rewards.forms import ExchangeForm, ResendForm, ShelfForm
from rewards.gifticons import barcodes, shelf
from rewards.gifticons.rules import NEEDS_IDENTITY
from rewards.models import Gifticon, GifticonOrder

PER_PAGE = 20
STALE = "화면이 오래됐어요. 새로 고친 화면에서 다시 눌러 주세요."


@require_safe
def shop(request: PortalRequest) -> HttpResponse:
    """What can be had for tickets, the cheapest first. Anybody may look."""
    member, at, asked = member_of(request), timezone.now(), ShelfForm(request.GET)
    wanted = asked.cleaned_data if asked.is_valid() else {"category": "", "q": ""}
    page = Paginator(shelf.offered(at=at, category=wanted["category"], words=wanted["q"]), PER_PAGE).get_page(request.GET.get("page"))
    tickets = balances.member_tickets(member.pk) if member else None
    context = {
        "member": member,
        "tickets": tickets,
        "cards": list(shelf.cards(page.object_list, purse=tickets)),
        "page": page,
        "categories": shelf.categories(),
        "wanted": wanted,
        "waiting": shelf.usable_count(member.pk) if member else 0,
    }
    return _with_pictures(TemplateResponse(request, "rewards/shop.html", context))


@require_safe
def gifticon(request: PortalRequest, public_id: UUID) -> HttpResponse:
    """One gifticon with its price, its validity and the supplier's notice."""
    member, at = member_of(request), timezone.now()
    item = Gifticon.objects.offered(at).select_related("brand").filter(public_id=public_id).first()
    if item is None:
        raise Http404("no such gifticon on sale")
    tickets = balances.member_tickets(member.pk) if member else None
    context = {
        "card": next(shelf.cards([item], purse=tickets)),
        "member": member,
        "tickets": tickets,
        "key": uuid4(),
        "form": ExchangeForm(),
        "supplier": shelf.SUPPLIER,
        "needs_identity": member is not None and not member.person_hash and NEEDS_IDENTITY.at(at),
    }
    return _with_pictures(TemplateResponse(request, "rewards/gifticon.html", context))


@sensitive_post_parameters("password")
@require_POST
@member_required
def exchange(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """The password again, then take the tickets that the page showed and order the coupon; the same form sent twice is one order."""
    form = ExchangeForm(request.POST)
    if not form.is_valid():
        messages.error(request, STALE)
        return redirect("rewards:gifticon", public_id)
    asked = form.cleaned_data
    try:
        own_password.require(request=request, member=request.member, password=asked["password"])
        order = gifticons.exchange(
            member=request.member, gifticon=public_id, tickets=asked["tickets"], key=str(asked["key"]), at=timezone.now()
        )
    except DomainError as refusal:
        messages.error(request, str(refusal))
        return redirect("rewards:shop") if refusal.http_status == 404 else redirect("rewards:gifticon", public_id)
    messages.success(request, f"티켓 {order.tickets:,}장을 썼어요. 쿠폰을 발급하고 있어요.")
    return redirect("rewards:coupon", order.public_id)


@require_safe
@member_required
@never_cache
def box(request: MemberRequest) -> HttpResponse:
    """One's coupons, the newest first."""
    rows = GifticonOrder.objects.of(request.member.pk).select_related("gifticon__brand").order_by("-ordered_at", "-pk")
    page, at = Paginator(rows, PER_PAGE).get_page(request.GET.get("page")), timezone.now()
    context = {
        "coupons": [shelf.coupon(order, at=at) for order in page.object_list],
        "page": page,
        "tickets": balances.member_tickets(request.member.pk),
    }
    return TemplateResponse(request, "rewards/box.html", context)


@require_safe
@member_required
@never_cache
def coupon(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """One coupon: its barcode for the counter, until when, and what became of it."""
    order = _mine(request, public_id)
    context = {"coupon": shelf.coupon(order, at=timezone.now()), "order": order, "supplier": shelf.SUPPLIER}
    return TemplateResponse(request, "rewards/coupon.html", context)


@require_safe
@member_required
@never_cache
def barcode(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """The barcode as a picture, for its member alone and kept by no cache."""
    pin = shelf.coupon(_mine(request, public_id), at=timezone.now()).pin
    if not pin:
        raise Http404("no barcode")
    return HttpResponse(barcodes.png(pin), content_type="image/png")


@require_POST
@member_required
def resend(request: MemberRequest, public_id: UUID) -> HttpResponse:
    """The same coupon once more, by message to one's own number."""
    form = ResendForm(request.POST)
    try:
        if form.is_valid():
            gifticons.resend(member=request.member, order=public_id, resends=form.cleaned_data["resends"], at=timezone.now())
            messages.success(request, "쿠폰을 문자로 다시 보냈어요. 1분쯤 걸릴 수 있어요.")
        else:
            messages.error(request, STALE)
    except gifticons.OrderNotFound:
        raise Http404("no such coupon of this member") from None
    except DomainError as refusal:
        messages.error(request, str(refusal))
    return redirect("rewards:coupon", public_id)


def _with_pictures(response: TemplateResponse) -> TemplateResponse:
    """These pages alone may show pictures of goods from where the supplier keeps them."""
    response._csp_update = {"img-src": settings.GIFTISHOW_IMAGE_HOSTS}  # type: ignore[attr-defined]
    return response


def _mine(request: MemberRequest, public_id: UUID) -> GifticonOrder:
    """:raises Http404: this member has no such coupon."""
    found = GifticonOrder.objects.of(request.member.pk).select_related("gifticon__brand").filter(public_id=public_id).first()
    if found is None:
        raise Http404("no such coupon of this member")
    return found
