"""
The arithmetic of money in and back. Pure: whole numbers in, whole numbers out, nothing is loaded or written.

A top-up of `credits` costs `credits + vat_krw`. Giving n credits back returns n plus its share of the VAT, and the parts of any
split add up to the whole. A bonus is taken back in proportion; what of it was used already is paid for with paid credits.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from common import business_hours, dated
from common.kst import day_of, day_until
from payments.gateways.names import every_book
from payments.gateways.validity import LONGEST_VALIDITY_DAYS

VAT_PERCENT = 10

LONGEST_REFUND_WINDOW = timedelta(days=365)
REFUND_WINDOW_HOURS = dated.define(
    "payments.refund_window_hours",
    default=168,
    label="환불할 수 있는 시간(결제 뒤)",
    least=168,
    most=LONGEST_REFUND_WINDOW // timedelta(hours=1),
    unit="시간",
)
SECOND_APPROVAL_ABOVE_KRW = dated.define(
    "payments.second_approval_above_krw", default=1_000_000, label="두 사람이 승인하는 환불 금액(초과)", unit="원"
)
ACCOUNT_DAYS = dated.define("payments.account_days", default=3, label="가상계좌 입금 기한", least=1, most=30, unit="일")
BONUS_LIFETIME_DAYS = dated.define(
    "payments.bonus_lifetime_days", default=90, label="보너스 크레딧 사용 기한", least=1, most=3650, unit="일"
)
REFUND_ACCOUNT_WAIT_HOURS = dated.define(
    "payments.refund_account_wait_hours", default=24, label="새 환불 계좌를 쓰기 전 기다리는 시간", most=24 * 14, unit="시간"
)
OFFER_KEPT_HOURS = dated.define(
    "payments.offer_kept_hours", default=24, label="결제 전 보너스를 맡아 두는 시간", least=1, most=24 * 30, unit="시간"
)
REFUND_BUSINESS_DAYS = dated.define(
    "payments.refund_business_days", default=3, label="환불을 끝내야 하는 영업일", least=1, most=10, unit="일"
)
DELAY_INTEREST_PERCENT = dated.define(
    "payments.delay_interest_percent", default=15, label="환불이 늦을 때 붙는 지연 이자(연)", most=100, unit="%"
)
# What was supplied is not what was shown or agreed: from the supply, and from the day on which it was known. Source: 전자상거래법 17③.
DIFFERENT_MONTHS, DIFFERENT_DAYS = 3, 30
LEAST_PAID_LIFE_DAYS = 365
PAID_LIFE_DAYS = {
    name: dated.define(
        f"payments.paid_life_days.{name}",
        default=5 * 365,
        label=f"충전 크레딧 유효 기간({name})",
        least=LEAST_PAID_LIFE_DAYS,
        most=20 * 365,
        unit="일",
    )
    for name in every_book()
}
# What the contract with a payment company allows at most; 0: nothing is agreed.
MAX_VALIDITY_DAYS = {
    name: dated.define(
        f"payments.max_validity_days.{name}",
        default=LONGEST_VALIDITY_DAYS.get(name, 0),
        label=f"결제사가 허용하는 유효 기간({name}, 0은 제한 없음)",
        most=20 * 365,
        unit="일",
    )
    for name in every_book()
}


def valid_until(*, gateway: str, paid_at: datetime) -> datetime:
    """When paid credits expire, by the rule of the moment they were paid; what the payment company allows wins, but never below a year."""
    days, allowed = (rules[gateway].at(paid_at) for rules in (PAID_LIFE_DAYS, MAX_VALIDITY_DAYS))
    return paid_at + timedelta(days=max(LEAST_PAID_LIFE_DAYS, min(days, allowed or days)))


def vat_of(credits: int) -> int:
    """The VAT on a supply value, rounded half up to whole won."""
    return (credits * VAT_PERCENT * 2 + 100) // 200


def vat_inside(amount_krw: int) -> int:
    """The VAT that an amount contains: one eleventh, rounded half up to whole won."""
    return (amount_krw * 2 + 11) // 22


def policy_at(paid_at: datetime) -> dict[str, Any]:
    """The refund rule valid at payment, as it is frozen on the order: later changes of policy do not touch it."""
    return {"refund_window_hours": REFUND_WINDOW_HOURS.at(paid_at), "unused_only": True, "bonus": "proportional"}


def refundable_until(*, paid_at: datetime, policy: dict[str, Any]) -> datetime:
    """The first moment at which a refund may no longer be asked for: hours, not calendar days, from the payment."""
    return paid_at + timedelta(hours=int(policy["refund_window_hours"]))


def different_until(*, paid_at: datetime, known_on: date) -> datetime:
    """
    The first moment at which nobody may withdraw any more because the goods are not as shown: three months from the supply, or thirty
    days from the day on which it was known, whichever ends first. The first day does not count, the last counts whole, in Korea.
    """
    supplied_on = day_of(paid_at)
    month = supplied_on.month - 1 + DIFFERENT_MONTHS
    year, month = supplied_on.year + month // 12, month % 12 + 1
    last_on = date(year, month, min(supplied_on.day, monthrange(year, month)[1]))
    return day_until(last_on if known_on >= last_on else min(last_on, known_on + timedelta(days=DIFFERENT_DAYS)))


def due_at(requested_at: datetime) -> datetime:
    """Until when the money must be back: the end of the third business day after the request. Source: 전자상거래법 18②."""
    return business_hours.end_of_workday(requested_at, REFUND_BUSINESS_DAYS.at(requested_at))


def delay_interest(*, amount_krw: int, due_at: datetime, ended_at: datetime, percent: int) -> int:
    """
    The interest owed on a refund that came late, by begun days, rounded down; 0 in time. percent: a year.

    Source: 전자상거래법 시행령 21조의3.
    """
    late = max(0, -((due_at - ended_at) // timedelta(days=1)))
    return amount_krw * percent * late // (100 * 365)


@dataclass(frozen=True, slots=True)
class TopUp:
    """
    One paid order and what has become of it, in credits (vat_krw in won).

    available: paid credits that are free now.   bonus_available: bonus that is free now.   bonus_spent: used or held by campaigns.
    returned, vat_returned, bonus_taken, promotion_taken: sums over earlier refunds, waiting ones included; no more than was paid, for
    what went back twice is a claim and no part of the order.
    """

    credits: int
    vat_krw: int
    bonus: int
    available: int
    bonus_available: int
    bonus_spent: int
    returned: int = 0
    vat_returned: int = 0
    bonus_taken: int = 0
    promotion_taken: int = 0


@dataclass(frozen=True, slots=True)
class Terms:
    """
    One refund, worked out.

    credits: come back as money.   vat_krw: the VAT that comes with them.   bonus: taken from the bonus credits.
    promotion: taken from the paid credits in place of bonus that was used.   amount_krw: what the card gets.
    """

    credits: int
    vat_krw: int
    bonus: int
    promotion: int

    @property
    def amount_krw(self) -> int:
        """Credits and VAT together, in won."""
        return self.credits + self.vat_krw


def vat_back(*, vat_krw: int, credits: int, returned: int, vat_returned: int, back: int) -> int:
    """The VAT that goes back with `back` more credits: the share of all returned so far, rounded half up, less what went back."""
    return (2 * vat_krw * (returned + back) + credits) // (2 * credits) - vat_returned


def terms_for(top_up: TopUp, back: int) -> Terms:
    """Work out the refund of `back` credits, 0 ≤ back ≤ credits − returned."""
    claim = -(-top_up.bonus * (top_up.returned + back) // top_up.credits)  # ceil, cumulated over all refunds
    claim = max(0, claim - top_up.bonus_taken - top_up.promotion_taken)
    bonus = min(claim, top_up.bonus_available)
    promotion = min(claim - bonus, max(0, top_up.bonus_spent - top_up.promotion_taken))
    vat = vat_back(vat_krw=top_up.vat_krw, credits=top_up.credits, returned=top_up.returned, vat_returned=top_up.vat_returned, back=back)
    return Terms(credits=back, vat_krw=vat, bonus=bonus, promotion=promotion)


def most_refundable(top_up: TopUp) -> Terms:
    """The largest refund for which the free paid credits suffice, promotion included."""
    low, high = 0, min(top_up.available, top_up.credits - top_up.returned)
    while low < high:  # credits + promotion grows with credits, so halving finds the last that fits
        middle = (low + high + 1) // 2
        if middle + terms_for(top_up, middle).promotion <= top_up.available:
            low = middle
        else:
            high = middle - 1
    return terms_for(top_up, low)


def split_amount(top_up: TopUp, amount_krw: int) -> Terms:
    """
    Read a cancel of `amount_krw` that was not worked out here as credits and VAT: the most credits that fit, the rest is VAT.

    The bonus follows as in any refund; whether paid credits for `promotion` are left is not asked. What is more than the order has left
    went back twice, with its VAT: it is owed in credits, won for won.
    """
    low, high = 0, top_up.credits - top_up.returned
    fits_krw = min(amount_krw, high + top_up.vat_krw - top_up.vat_returned)
    while low < high:
        middle = (low + high + 1) // 2
        if terms_for(top_up, middle).amount_krw <= fits_krw:
            low = middle
        else:
            high = middle - 1
    terms = terms_for(top_up, low)
    return Terms(credits=low + amount_krw - fits_krw, vat_krw=fits_krw - low, bonus=terms.bonus, promotion=terms.promotion)
