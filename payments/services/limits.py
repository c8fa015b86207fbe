"""
What the contract with each payment company allows, by means of payment: rows with dates, so that a new contract needs no new code.

How long its credits may be valid stands with the other lives of credits: `policy.MAX_VALIDITY_DAYS`. Sums are won with VAT; 0: no limit is
agreed.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum

from advertisers.models import Advertiser
from common import dated
from common.kst import day_from, day_of
from payments.gateways import get_gateway
from payments.gateways.names import HOUSE_BANK, every_book
from payments.models import PaymentOrder
from payments.services.refusals import MethodNotOffered, OverGatewayLimit

METHODS = {"CARD": "카드", "VIRTUAL_ACCOUNT": "가상계좌", "BANK": "무통장입금"}
_PAIRS = [(gateway, method) for gateway in every_book() for method in METHODS if (gateway == HOUSE_BANK) == (method == "BANK")]
MAX_PER_CHARGE_KRW = {
    pair: dated.define(
        f"payments.max_per_charge_krw.{pair[0]}.{pair[1].lower()}",
        default=0,
        label=f"한 번에 결제할 수 있는 금액({pair[0]} {METHODS[pair[1]]}, 0은 제한 없음)",
        unit="원",
    )
    for pair in _PAIRS
}
MAX_PER_DAY_KRW = {
    pair: dated.define(
        f"payments.max_per_day_krw.{pair[0]}.{pair[1].lower()}",
        default=0,
        label=f"광고주가 하루에 결제할 수 있는 금액({pair[0]} {METHODS[pair[1]]}, 0은 제한 없음)",
        unit="원",
    )
    for pair in _PAIRS
}
TAKES = {
    pair: dated.define(f"payments.takes.{pair[0]}.{pair[1].lower()}", default=True, label=f"결제 수단을 받음({pair[0]} {METHODS[pair[1]]})")
    for pair in _PAIRS
}
# Card companies refuse it for prepaid credits unless it was agreed. Source: PortOne's page on charging points, 2024-01.
RECURRING = {
    name: dated.define(f"payments.recurring.{name}", default=False, label=f"등록한 카드로 자동 충전({name}와 계약함)")
    for name in every_book()
    if name != HOUSE_BANK
}
# People compare every one of these deposits with the statement: below this sum it is offered only where nothing else takes it.
BANK_FROM_KRW = dated.define("payments.bank_from_krw", default=3_000_000, label="무통장입금을 받는 가장 작은 금액", unit="원")


@dataclass(frozen=True, slots=True)
class Room:
    """
    What one advertiser may still pay by one means at one gateway. most_krw: per charge, left_krw: today; None: no limit is agreed.
    """

    is_taken: bool
    most_krw: int | None
    left_krw: int | None

    def refusal_of(self, amount_krw: int) -> str:
        """Why this amount may not be paid so; empty when it may."""
        if not self.is_taken:
            return "지금은 받지 않는 결제 수단이에요."
        if self.most_krw is not None and amount_krw > self.most_krw:
            return f"한 번에 {self.most_krw:,}원까지 결제할 수 있어요."
        if self.left_krw is not None and amount_krw > self.left_krw:
            return f"오늘은 {self.left_krw:,}원까지 더 결제할 수 있어요."
        return ""


def room(*, advertiser: Advertiser, gateway: str, method: str, at: datetime, but: PaymentOrder | None = None) -> Room:
    """What the contract leaves at this moment. but: an order that is not counted. At most four queries."""
    pair = (gateway, method)
    most, daily = MAX_PER_CHARGE_KRW[pair].at(at), MAX_PER_DAY_KRW[pair].at(at)
    left = max(0, daily - _paid_today(advertiser, gateway, method, at=at, but=but)) if daily else None
    return Room(is_taken=TAKES[pair].at(at), most_krw=most or None, left_krw=left)


def refuse_outside(
    *, advertiser: Advertiser, gateway: str, method: str, amount_krw: int, at: datetime, but: PaymentOrder | None = None
) -> None:
    """
    Refuse a payment that the contract does not allow. The wallet is locked, so two windows cannot both find room for the day.

    :raises MethodNotOffered: the means is not taken.   :raises OverGatewayLimit: too much at once, or for today.
    """
    found = room(advertiser=advertiser, gateway=gateway, method=method, at=at, but=but)
    if not found.is_taken:
        raise MethodNotOffered
    if why := found.refusal_of(amount_krw):
        raise OverGatewayLimit(why=why)


def takes_by_bank(*, advertiser: Advertiser, gateway: str, amount_krw: int, at: datetime) -> bool:
    """
    True when a top-up may be sent to the house's own account: a large one, or one that the gateway takes by no other means. At most
    nine queries.
    """
    if not get_gateway(HOUSE_BANK).methods:
        return False
    if amount_krw >= BANK_FROM_KRW.at(at):
        return True
    rooms = (room(advertiser=advertiser, gateway=gateway, method=method, at=at) for method in get_gateway(gateway).methods)
    return all(found.refusal_of(amount_krw) for found in rooms)


def needs_a_person(order: PaymentOrder) -> bool:
    """True when a deposit is larger than a card of its gateway may pay at once: an operator confirms where it came from."""
    most = MAX_PER_CHARGE_KRW.get((order.gateway, "CARD"))
    return most is not None and 0 < most.at(order.created_at) < order.amount_krw


def _paid_today(advertiser: Advertiser, gateway: str, method: str, *, at: datetime, but: PaymentOrder | None) -> int:
    """Won of today's orders that were paid, or whose window is open."""
    begins_at = day_from(day_of(at))
    is_card = Q(method__in=["", "CARD", "EASY_PAY", PaymentOrder.AUTO])
    orders = PaymentOrder.objects.owned_by(advertiser).filter(is_card if method == "CARD" else Q(method=method), gateway=gateway)
    under_way = [PaymentOrder.State.WINDOW_OPEN, PaymentOrder.State.ACCOUNT_ISSUED]
    orders = orders.filter(Q(paid_at__gte=begins_at) | Q(state__in=under_way, window_opened_at__gte=begins_at))
    if but is not None:
        orders = orders.exclude(pk=but.pk)
    return int(orders.aggregate(n=Sum("amount_krw", default=0))["n"])
