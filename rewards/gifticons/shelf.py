"""What the shop and a member's box show."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import F, Q

from common.kst import day_of
from common.sealed import unseal
from rewards.gifticons.rules import MOST_RESENDS
from rewards.models import Gifticon, GifticonBrand, GifticonOrder
from rewards.models.gifticons import GifticonQuerySet, OrderState

SUPPLIER = "주식회사 케이티알파"
STAMP_DUTY = "인지세 삼성 세무서장 후납승인 2019년 100007555호"
STAMP_DUTY_FROM_KRW = 50_000
ARTS, TONES = 6, 4


@dataclass(frozen=True, slots=True)
class Card:
    """
    One gifticon as members see it.

    missing: tickets that the member lacks; 0 for strangers.   left: how many are left, when that is worth saying; else empty.
    art, tone: colours of the place where a picture stands.
    """

    item: Gifticon
    tickets: int
    missing: int
    left: int | None
    is_out: bool
    art: int
    tone: int

    @property
    def stamp_duty(self) -> str:
        """The line that the law wants on dear goods."""
        return STAMP_DUTY if self.item.face_krw >= STAMP_DUTY_FROM_KRW and not self.item.is_voucher else ""


FEW = 20


def offered(*, at: datetime, category: str = "", words: str = "") -> GifticonQuerySet:
    """What can be had, cheapest first. words: part of the name of a good or of its brand."""
    rows = Gifticon.objects.offered(at).select_related("brand")
    if category:
        rows = rows.filter(brand__category=category)
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(brand__name__icontains=words))
    return rows.order_by(F("tickets"), "pk")


def categories() -> list[str]:
    """Kinds of which there is something, in the order of the alphabet."""
    rows = GifticonBrand.objects.filter(gifticons__is_sold=True, gifticons__is_shown=True).exclude(category="")
    return list(rows.order_by("category").values_list("category", flat=True).distinct())


def cards(items: Iterable[Gifticon], *, purse: int | None) -> Iterator[Card]:
    """Cards of priced items. purse: the member's tickets, None for strangers."""
    for item in items:
        price = int(item.tickets)  # type: ignore[attr-defined]  # annotated by `priced`
        few = item.stock is not None and 0 < item.stock <= FEW
        yield Card(
            item=item, tickets=price, missing=max(0, price - purse) if purse is not None else 0, left=item.stock if few else None,
            is_out=item.is_out, art=item.brand_id % ARTS + 1, tone=item.brand_id % TONES + 1,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Coupon:
    """An order as its member sees it. pin: empty when only the message carries it.   days_left: until its last day, None after it."""

    order: GifticonOrder
    pin: str
    days_left: int | None
    resends_left: int
    art: int
    tone: int


def coupon(order: GifticonOrder, *, at: datetime) -> Coupon:
    """The member's own view; the number is opened for nobody else."""
    return Coupon(
        order=order, pin=unseal(order.sealed_pin) if order.is_usable and order.sealed_pin else "",
        days_left=_days_left(order.valid_until, day_of(at)) if order.is_usable else None,
        resends_left=max(0, MOST_RESENDS.at(at) - order.resends) if order.is_usable else 0,
        art=order.gifticon.brand_id % ARTS + 1, tone=order.gifticon.brand_id % TONES + 1,
    )  # fmt: skip


def usable_count(member_id: int) -> int:
    """Coupons that wait in the box."""
    return GifticonOrder.objects.of(member_id).filter(state__in=(OrderState.ISSUED, OrderState.DELIVERED)).count()


def _days_left(until: date | None, today: date) -> int | None:
    return (until - today).days if until is not None and until >= today else None
