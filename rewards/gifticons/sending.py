"""Around the call to the supplier: the intent before it, and what its result means for the order afterwards."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from common.kst import day_of
from identity import notifications
from rewards.gifticons import outcomes
from rewards.gifticons.rules import GUARD_PERCENT, WAIT_HOURS
from rewards.gifticons.supplier import Good, Refusal
from rewards.models import GifticonOrder
from rewards.models.gifticons import OPEN_STATES, OrderState

WAITS = "공급사 준비가 늦어지고 있어요. 티켓은 따로 보관하고 있고, {hours}시간 안에 발급하지 못하면 돌려드려요."
TOO_LONG = "{hours}시간 안에 발급하지 못했어요."
_SILENT = "SILENT"
TROUBLES = {
    Refusal.BALANCE_SHORT: "기프티콘 예치금이 모자라요",
    Refusal.NO_ACCESS: "기프티콘 공급사가 우리 열쇠를 받지 않아요",
}


def is_too_dear(order: GifticonOrder, good: Good, *, at: datetime) -> bool:
    """The supplier asks so much more than our catalogue says that a person has to look first."""
    return good.cost_krw * 100 > order.cost_krw * (100 + GUARD_PERCENT.at(at))


def begin(order: GifticonOrder, *, cost_krw: int, at: datetime) -> bool:
    """Commit that the supplier is about to be called under this tr_id; False when somebody else did. cost_krw: what it takes now."""
    with transaction.atomic(durable=True):
        mine = GifticonOrder.objects.filter(pk=order.pk, state=OrderState.HELD)
        return bool(mine.update(state=OrderState.ORDERED, called_at=at, cost_krw=cost_krw))


def record(order: GifticonOrder, data: dict[str, Any], *, is_silent: bool, at: datetime) -> None:
    """Write down what the supplier said. Joins the transaction that closes the effect, whose lock lets nobody else do so."""
    if order.state not in OPEN_STATES:
        return
    end = data.get("end")
    if is_silent and order.state != OrderState.HELD:
        outcomes.lose_sight(order)
    elif end == OrderState.DELIVERED:
        outcomes.issue(order, pin=data["pin"], valid_until=None, at=at)
    elif end == OrderState.ISSUED:
        outcomes.issue(order, pin="", valid_until=date.fromisoformat(data["until"]) if data["until"] else None, at=at)
    elif end == OrderState.FAILED:
        outcomes.fail(order, why=data["why"], at=at)
        if data["is_gone"]:
            outcomes.stop_selling(order)
    elif end == OrderState.HELD:
        _wait(order, code=data["code"], at=at)


def _wait(order: GifticonOrder, *, code: str, at: datetime) -> None:
    hours = WAIT_HOURS.at(order.ordered_at)
    if at >= order.ordered_at + timedelta(hours=hours):
        outcomes.fail(order, why=TOO_LONG.format(hours=hours), at=at)
        return
    outcomes.wait(order, why=WAITS.format(hours=hours), at=at)
    if code in TROUBLES:
        warn(code, at=at)


def warn(code: str, *, at: datetime) -> None:
    """Tell operators why orders do not go on, once a day. code: the supplier's word. Joins the caller's transaction."""
    known = code if code in TROUBLES else _SILENT
    notifications.alert_operators(
        kind="rewards.gifticon_trouble", title=TROUBLES.get(code, "기프티콘 공급사가 응답하지 않아요"),
        body="주문이 기다리고 있어요. 티켓은 따로 보관하고 있어요.",
        url="/backoffice/gifticons/", key=f"gifticon-trouble:{known}:{day_of(at)}", at=at,
    )  # fmt: skip
