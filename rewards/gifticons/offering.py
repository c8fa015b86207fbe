"""What operators decide about a good beside what the supplier says: its mark-up, how many we give away, whether it is shown."""

from datetime import datetime

from django.db import IntegrityError, transaction

from common.errors import DomainError
from common.transactions import joined
from identity.models import User
from rewards.models import Gifticon, GifticonBrand, GifticonPriceRule


class RuleRefused(DomainError):
    code = "gifticon.rule_refused"
    message = "이 가격 규칙은 쓸 수 없어요. {why}"
    http_status = 422


class StockMoved(DomainError):
    """Members exchanged some, or another operator changed the number, since the page was opened."""

    code = "gifticon.stock_moved"
    message = "화면을 연 뒤에 남은 수량이 바뀌었어요(지금 {left}). 바뀐 수량을 보고 다시 정해 주세요."


def set_markup(*, thing: str, markup_percent: int, effective_from: datetime, reason: str, by: User, at: datetime) -> GifticonPriceRule:
    """
    Offer one good, or every good of a brand, for more than its face value from a moment on. Joins the caller's transaction.

    thing: the code of a good or of a brand.   markup_percent: below zero it is cheaper.

    :raises RuleRefused: nothing has this code, the moment has passed, or another rule begins at it.
    """
    joined("a price rule")
    item, brand = Gifticon.objects.filter(code=thing).first(), GifticonBrand.objects.filter(code=thing).first()
    if item is None and brand is None:
        raise RuleRefused(why="그런 상품이나 브랜드 코드가 없어요.")
    if effective_from < at:
        raise RuleRefused(why="지난 시각부터는 바꿀 수 없어요.")
    try:
        with transaction.atomic():
            return GifticonPriceRule.objects.create(
                gifticon=item, brand=None if item else brand, markup_percent=markup_percent, effective_from=effective_from, reason=reason,
                by=by, created_at=at,
            )  # fmt: skip
    except IntegrityError as exc:
        raise RuleRefused(why="같은 시각에 시작하는 규칙이 이미 있어요.") from exc


def change_offer(*, item: Gifticon, stock: int | None, was: int | None, is_shown: bool) -> Gifticon:
    """
    How many more are given away (None: as many as the supplier has), and whether the shop shows it. Joins the caller's transaction.

    was: the number that was changed to `stock`; where it is the same the number stays as it is.

    :raises StockMoved: it is another one by now; nothing was written.
    """
    joined("an offer")
    row = Gifticon.objects.select_for_update().get(pk=item.pk)
    if stock != was:
        if row.stock != was:
            raise StockMoved(left=left_of(row.stock))
        row.stock = stock
    row.is_shown = is_shown
    row.save(update_fields=["stock", "is_shown"])
    return row


def left_of(stock: int | None) -> str:
    """How many are left, in words."""
    return "제한 없음" if stock is None else f"{stock:,}개"
