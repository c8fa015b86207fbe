"""The reward app's doors to the shop. Exchanging may be sent again after a silence: the same `Idempotency-Key` is the same order."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field, StringConstraints

from common import cursors
from common.schemas import FormWhole, Input, Output, Whole
from rewards import gifticons, own_password
from rewards.api import PageQuery
from rewards.app_auth import AppRequest, acting_member
from rewards.gifticons import shelf
from rewards.gifticons.errors import GifticonNotFound, OrderNotFound
from rewards.models import Gifticon, GifticonOrder
from rewards.models.gifticons import GifticonOrderQuerySet
from rewards.raffle_api import IntentKey
from rewards.signing_up import Password

router = Router(tags=["교환소"])
SHELF, BOX = "rewards.gifticons", "rewards.gifticon_orders"
Words = Annotated[str, StringConstraints(max_length=40)]


class ShelfQuery(Input):
    """category: one of `categories`.   q: part of a name of a good or of its brand.   cursor: `next` of the page before."""

    category: Words = ""
    q: Words = ""
    cursor: Annotated[str, StringConstraints(max_length=cursors.LONGEST)] = ""
    limit: Annotated[FormWhole, Field(ge=1, le=100)] = 20


class GifticonCard(Output):
    """tickets: the price now.   face_krw: what a shop asks for it.   left: how many are left, when only few are; else empty."""

    id: UUID
    brand: str
    name: str
    image_url: str
    is_voucher: bool
    face_krw: int
    tickets: int
    left: int | None
    is_out: bool


class ShelfPage(Output):
    """categories: kinds to ask for.   next: cursor of the following page; empty at the end."""

    items: list[GifticonCard]
    categories: list[str]
    next: str


class GifticonOut(GifticonCard):
    """valid_days: from the day of issue; nobody can make it longer.   notice, supplier, stamp_duty: to be shown as they are."""

    valid_days: int
    notice: str
    supplier: str
    stamp_duty: str


class ExchangeIn(Input):
    """tickets: the price that the person saw; another one is refused with `gifticon.price_changed`.   password: asked for again."""

    tickets: Annotated[Whole, Field(ge=1, le=2**31 - 1)]
    password: Password


class CouponCard(Output):
    """
    state: HELD, ORDERED, UNKNOWN (being issued), ISSUED (a message is on its way), DELIVERED, USED, EXPIRED, or FAILED (tickets are back).
    why: of a wait or a failure.
    """

    id: UUID
    gifticon: UUID
    brand: str
    name: str
    tickets: int
    state: str
    why: str
    ordered_at: datetime
    valid_until: date | None


class CouponPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[CouponCard]
    next: str


class CouponOut(CouponCard):
    """pin: the number of the barcode (Code 128); empty when only the message carries it.   resends: hand it back to send it again."""

    pin: str
    resends: int
    resends_left: int
    notice: str
    supplier: str


class ResendIn(Input):
    """resends: as the coupon said, so that pressing twice sends once."""

    resends: Annotated[Whole, Field(ge=0, le=1_000)]


@router.get("/shop/gifticons", response=ShelfPage, summary="교환소 상품")
def gifticon_list(request: AppRequest, asked: Query[ShelfQuery]) -> ShelfPage:
    """The cheapest first."""
    acting_member(request)
    rows = shelf.offered(at=timezone.now(), category=asked.category, words=asked.q)
    if asked.cursor:
        tickets, pk = cursors.after(asked.cursor, of=SHELF)
        rows = rows.filter(Q(tickets__gt=tickets) | Q(tickets=tickets, pk__gt=pk))
    cards = list(shelf.cards(rows[: asked.limit + 1], purse=None))
    shown = cards[: asked.limit]
    more = cursors.place([shown[-1].tickets, shown[-1].item.pk], of=SHELF) if len(cards) > asked.limit else ""
    return ShelfPage(items=[GifticonCard(**_card(card)) for card in shown], categories=shelf.categories(), next=more)


@router.get("/shop/gifticons/{gifticon_id}", response=GifticonOut, summary="교환소 상품 하나")
def gifticon(request: AppRequest, gifticon_id: UUID) -> GifticonOut:
    """One gifticon with all that has to be shown before an exchange."""
    acting_member(request)
    item = Gifticon.objects.offered(timezone.now()).select_related("brand").filter(public_id=gifticon_id).first()
    if item is None:
        raise GifticonNotFound
    card = next(shelf.cards([item], purse=None))
    return GifticonOut(**_card(card), valid_days=item.valid_days, notice=item.notice, supplier=shelf.SUPPLIER, stamp_duty=card.stamp_duty)


@router.post("/shop/gifticons/{gifticon_id}/exchange", response={201: CouponCard}, summary="티켓으로 교환")
def exchange(request: AppRequest, gifticon_id: UUID, body: ExchangeIn, key: IntentKey) -> Status[CouponCard]:
    """Take tickets and order the coupon. Ask for the order until its state says how it ended."""
    member = acting_member(request)
    own_password.require(request=request, member=member, password=body.password)
    order = gifticons.exchange(member=member, gifticon=gifticon_id, tickets=body.tickets, key=key, at=timezone.now())
    return Status(201, CouponCard(**_coupon(order)))


@router.get("/shop/orders", response=CouponPage, summary="보관함")
def order_list(request: AppRequest, page: Query[PageQuery]) -> CouponPage:
    """The newest first."""
    rows = _mine(request).order_by("-ordered_at", "-pk")
    if page.cursor:
        ordered_at, pk = cursors.after(page.cursor, of=BOX)
        rows = rows.filter(ordered_at__lte=ordered_at).exclude(ordered_at=ordered_at, pk__gte=pk)
    found = list(rows[: page.limit + 1])
    shown = found[: page.limit]
    more = cursors.place([shown[-1].ordered_at.isoformat(), shown[-1].pk], of=BOX) if len(found) > page.limit else ""
    return CouponPage(items=[CouponCard(**_coupon(order)) for order in shown], next=more)


@router.get("/shop/orders/{order_id}", response=CouponOut, summary="쿠폰 하나")
def order(request: AppRequest, order_id: UUID) -> CouponOut:
    """One coupon with the number of its barcode, for its member alone."""
    found = _mine(request).filter(public_id=order_id).first()
    if found is None:
        raise OrderNotFound
    return _whole(found)


@router.post("/shop/orders/{order_id}/resend", response=CouponOut, summary="문자로 다시 받기")
def resend(request: AppRequest, order_id: UUID, body: ResendIn) -> CouponOut:
    """The same coupon by message to the member's own number."""
    return _whole(gifticons.resend(member=acting_member(request), order=order_id, resends=body.resends, at=timezone.now()))


def _mine(request: AppRequest) -> GifticonOrderQuerySet:
    return GifticonOrder.objects.of(acting_member(request).pk).select_related("gifticon__brand")


def _card(card: shelf.Card) -> dict[str, Any]:
    item = card.item
    return {
        "id": item.public_id, "brand": item.brand.name, "name": item.name, "image_url": item.image_url, "is_voucher": item.is_voucher,
        "face_krw": item.face_krw, "tickets": card.tickets, "left": card.left, "is_out": card.is_out,
    }  # fmt: skip


def _coupon(order: GifticonOrder) -> dict[str, Any]:
    return {
        "id": order.public_id, "gifticon": order.gifticon.public_id, "brand": order.gifticon.brand.name, "name": order.gifticon.name,
        "tickets": order.tickets, "state": order.state, "why": order.why, "ordered_at": order.ordered_at,
        "valid_until": order.valid_until,
    }  # fmt: skip


def _whole(order: GifticonOrder) -> CouponOut:
    seen = shelf.coupon(order, at=timezone.now())
    return CouponOut(
        **_coupon(order), pin=seen.pin, resends=order.resends, resends_left=seen.resends_left, notice=order.gifticon.notice,
        supplier=shelf.SUPPLIER,
    )  # fmt: skip
