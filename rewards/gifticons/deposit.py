"""Our deposit at the supplier (biz-money): what it should be, what the supplier says, and for how many days it lasts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from common.errors import DomainError
from common.kst import day_of
from identity import notifications
from identity.models import User
from rewards.gifticons.rules import WARN_BELOW_DAYS
from rewards.gifticons.supplier import get_supplier
from rewards.models import GifticonDeposit, GifticonFloat, GifticonOrder

PACE_DAYS = 7
LOOKS = 5
WORDS = "{balance:,}원 남았고, 지금 속도로 {days}일 쓸 수 있어요."


class BookMoves(DomainError):
    """Orders were issued during every look."""

    code = "gifticon.book_moves"
    message = "교환이 계속 들어오고 있어서 예치금을 비교하지 못했어요. 잠시 후 다시 해 주세요."


@dataclass(frozen=True, slots=True)
class Book:
    """What our rows say: expected_krw: deposits less what issued coupons cost.   open_krw: what orders without an end may have cost."""

    expected_krw: int
    open_krw: int


def book() -> Book:
    """Two sums."""
    paid = GifticonDeposit.objects.aggregate(krw=Sum("amount_krw"))["krw"] or 0
    spent = GifticonOrder.objects.issued().aggregate(krw=Sum("cost_krw"))["krw"] or 0
    under_way = GifticonOrder.objects.open().aggregate(krw=Sum("cost_krw"))["krw"] or 0
    return Book(expected_krw=paid - spent, open_krw=under_way)


def days_left(balance_krw: int, *, at: datetime) -> int | None:
    """For how many days a balance lasts at the pace of the last week; None when nothing was issued."""
    recent = GifticonOrder.objects.issued().filter(issued_at__gt=at - timedelta(days=PACE_DAYS), issued_at__lte=at)
    spent = recent.aggregate(krw=Sum("cost_krw"))["krw"] or 0
    return balance_krw * PACE_DAYS // spent if spent else None


def note_deposit(*, amount_krw: int, reason: str, by: User | None, at: datetime) -> GifticonDeposit:
    """Write down money that we paid to the supplier, or that came back (below zero). Joins the caller's transaction."""
    return GifticonDeposit.objects.create(amount_krw=amount_krw, reason=reason, by=by, at=at)


def read(*, at: datetime) -> GifticonFloat:
    """
    Ask the supplier what is left and keep it beside our book; operators hear of a riddle, and of an end that is near. Owns the transaction.
    An order that is issued while the supplier answers belongs to one side only, so it is asked again until our book stood still meanwhile.

    :raises GatewayError: the supplier did not say.   :raises BookMoves: orders came so fast that it never stood still; nothing is written.
    """
    for _ in range(LOOKS):
        before, balance = book(), get_supplier().balance()
        if row := _kept(before, balance, at=at):
            return row
    raise BookMoves


def _kept(before: Book, balance: int, *, at: datetime) -> GifticonFloat | None:
    """The balance beside our book, unless that is another one than before the call."""
    with transaction.atomic(durable=True):
        ours = book()
        if ours != before:
            return None
        row = GifticonFloat.objects.create(balance_krw=balance, expected_krw=ours.expected_krw, open_krw=ours.open_krw, read_at=at)
        if not row.is_explained:
            difference = f"공급사 {row.balance_krw:,}원, 우리 장부 {row.expected_krw:,}원, 차이 {row.difference_krw:,}원이에요."
            _alert("기프티콘 예치금이 장부와 달라요", difference, kind="rewards.gifticon_difference", at=at)
        days = days_left(balance, at=at)
        if days is not None and days < WARN_BELOW_DAYS.at(at):
            _alert("기프티콘 예치금이 얼마 남지 않았어요", WORDS.format(balance=balance, days=days), kind="rewards.gifticon_low", at=at)
    return row


def _alert(title: str, body: str, *, kind: str, at: datetime) -> None:
    notifications.alert_operators(kind=kind, title=title, body=body, url="/backoffice/gifticons/", key=f"{kind}:{day_of(at)}", at=at)
