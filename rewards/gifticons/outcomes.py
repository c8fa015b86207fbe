"""How an order ends: issued, or the tickets are back. Everything joins the transaction that closes the order's effect."""

from datetime import date, datetime, timedelta

from django.db.models import F

from common import effects
from common.kst import day_from, day_of
from common.sealed import seal
from credits import services as credits
from credits.models import Kind
from identity import notifications
from rewards import push
from rewards.gifticons.rules import REMIND_DAYS
from rewards.gifticons.supplier import CouponState
from rewards.models import Gifticon, GifticonOrder, Member
from rewards.models.gifticons import OPEN_STATES, OrderState

MESSAGE = "rewards.gifticon_message"
WATCH = "rewards.gifticon_watch"
_MORNING = timedelta(hours=10)
ANSWERS_WITHIN = timedelta(minutes=10)


def wait(order: GifticonOrder, *, why: str, at: datetime) -> None:
    """The supplier certainly has nothing: the tickets stay set aside, the member hears it once, and it is asked again later."""
    GifticonOrder.objects.filter(pk=order.pk, state__in=OPEN_STATES).update(state=OrderState.HELD, why=why)
    _tell(order, kind="rewards.gifticon_waits", title="기프티콘 발급이 늦어지고 있어요", body=f"‘{order.gifticon.name}’ {why}", at=at)


def lose_sight(order: GifticonOrder) -> None:
    """Nobody knows whether there is a coupon."""
    GifticonOrder.objects.filter(pk=order.pk, state__in=OPEN_STATES).update(state=OrderState.UNKNOWN)


def issue(order: GifticonOrder, *, pin: str, valid_until: date | None, at: datetime) -> None:
    """There is a coupon. With its number the member has it at once; without, the supplier sends it by message."""
    until = valid_until or day_of(at) + timedelta(days=order.gifticon.valid_days)
    moved = GifticonOrder.objects.filter(pk=order.pk, state__in=OPEN_STATES).update(
        state=OrderState.DELIVERED if pin else OrderState.ISSUED, sealed_pin=seal(pin) if pin else "", issued_at=at, valid_until=until,
        why="",
    )  # fmt: skip
    if not moved:
        raise RuntimeError(f"order {order.pk} had an end before its effect")
    if not pin:
        effects.add(MESSAGE, key=f"gifticon:{order.public_id}:message:0", at=at, order=order.pk)
    _watch(order, until=until, at=at)
    _tell(order, kind="rewards.gifticon_issued", title="기프티콘이 도착했어요", body=_arrived(order, pin=pin), at=at)


def _arrived(order: GifticonOrder, *, pin: str) -> str:
    where = "보관함에서 바코드를 볼 수 있어요." if pin else "쿠폰을 문자로 보내 드려요."
    return f"‘{order.gifticon.name}’ 쿠폰이 준비됐어요. {where}"


def _watch(order: GifticonOrder, *, until: date, at: datetime) -> None:
    """A look some days before the last day, and one after it."""
    early = max(day_from(until - timedelta(days=REMIND_DAYS.at(at))) + _MORNING, at)
    effects.add(WATCH, key=f"gifticon:{order.public_id}:remind", at=at, due_at=early, order=order.pk)
    effects.add(WATCH, key=f"gifticon:{order.public_id}:end", at=at, due_at=day_from(until + timedelta(days=1)) + _MORNING, order=order.pk)


def fail(order: GifticonOrder, *, why: str, at: datetime) -> None:
    """There is certainly no coupon: the tickets go back, once, and what we had left grows by it."""
    if order.state not in OPEN_STATES:
        return
    if order.tickets:
        credits.grant(
            member_id=order.member_id, amount=order.tickets, kind=Kind.EXCHANGED, key=f"gifticon-return:{order.public_id}", at=at,
            reason="기프티콘을 발급하지 못함",
        )  # fmt: skip
    moved = GifticonOrder.objects.filter(pk=order.pk, state__in=OPEN_STATES).update(
        state=OrderState.FAILED, why=why, closed_at=at, returned_at=at if order.tickets else None
    )
    if not moved:
        raise RuntimeError(f"order {order.pk} had an end before its effect")  # takes the tickets back out
    if order.took_stock:
        Gifticon.objects.filter(pk=order.gifticon_id, stock__isnull=False).update(stock=F("stock") + 1)
    if not order.tickets:
        _alert_prize(order, at=at)
    rest = f"쓴 티켓 {order.tickets:,}장은 돌려드렸어요." if order.tickets else "다른 방법으로 전해 드릴게요."
    body = f"‘{order.gifticon.name}’ {why} {rest}"
    _tell(order, kind="rewards.gifticon_failed", title="기프티콘을 발급하지 못했어요", body=body, at=at)


def _alert_prize(order: GifticonOrder, *, at: datetime) -> None:
    notifications.alert_operators(
        kind="rewards.gifticon_prize", title="경품 기프티콘을 발급하지 못했어요", body=f"{order.tr_id} 경품을 다른 방법으로 전해 주세요.",
        url="/backoffice/rewards/gifticonorder/", key=f"gifticon:{order.public_id}:prize", at=at,
    )  # fmt: skip


def deliver(order: GifticonOrder) -> None:
    """The message with the coupon has gone out."""
    GifticonOrder.objects.filter(pk=order.pk, state=OrderState.ISSUED).update(state=OrderState.DELIVERED)


def observe(order: GifticonOrder, state: CouponState, *, at: datetime) -> None:
    """What the supplier says became of a usable coupon: used, expired, or time to remind."""
    usable = GifticonOrder.objects.filter(pk=order.pk, state__in=(OrderState.ISSUED, OrderState.DELIVERED))
    is_over = order.valid_until is not None and day_of(at) > order.valid_until
    if state is CouponState.USED:
        usable.update(state=OrderState.USED, closed_at=at, why="")
    elif state is CouponState.EXPIRED or is_over:
        usable.update(state=OrderState.EXPIRED, closed_at=at, why="")
    elif state is CouponState.CANCELLED:
        _alert_cancelled(order, at=at)
    elif order.valid_until is not None:
        body = f"‘{order.gifticon.name}’ 쿠폰은 {order.valid_until:%Y. %-m. %-d.}까지 쓸 수 있어요. 기간은 늘릴 수 없어요."
        _tell(order, kind="rewards.gifticon_expiring", title="기프티콘 유효기간이 곧 끝나요", body=body, at=at)


def _alert_cancelled(order: GifticonOrder, *, at: datetime) -> None:
    notifications.alert_operators(
        kind="rewards.gifticon_cancelled", title="공급사가 쿠폰을 취소했어요", body=f"거래 번호 {order.tr_id}를 확인해 주세요.",
        url="/backoffice/rewards/gifticonorder/", key=f"gifticon:{order.public_id}:cancelled", at=at,
    )  # fmt: skip


def stop_selling(order: GifticonOrder) -> None:
    """The supplier does not sell the good any more."""
    Gifticon.objects.filter(pk=order.gifticon_id).update(is_sold=False)


def _tell(order: GifticonOrder, *, kind: str, title: str, body: str, at: datetime) -> None:
    member = Member.objects.select_related("user").get(pk=order.member_id)
    url = f"/luckffle/shop/box/{order.public_id}/"
    key = f"gifticon:{order.public_id}:{kind}"
    notifications.notify(user=member.user, kind=kind, title=title, body=body, url=url, key=key, at=at)
    is_answer = at - order.ordered_at < ANSWERS_WITHIN  # the member has just pressed the button
    push.tell(member_id=member.pk, key=key, title=title, body=body, url=url, at=at, is_answer=is_answer)
