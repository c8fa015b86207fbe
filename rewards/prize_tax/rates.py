"""How much is withheld from a prize, and how long who paid it has to be known."""

from dataclasses import dataclass
from datetime import date, datetime

from common import dated

FREE_KRW = dated.define("rewards.prize_tax.free_krw", default=50_000, label="세금을 떼지 않는 경품 값(원)")
INCOME_PERCENT = dated.define("rewards.prize_tax.income_percent", default=20, label="경품 소득세율(%)", most=50)
LOCAL_PERCENT = dated.define("rewards.prize_tax.local_percent", default=10, label="경품 지방소득세율(소득세의 %)", most=50)
SMALLEST_KRW = dated.define("rewards.prize_tax.smallest_krw", default=1_000, label="떼지 않는 소액 소득세(원 미만)")
PAY_WITHIN_DAYS = dated.define("rewards.prize_tax.pay_within_days", default=7, label="제세공과금을 낼 수 있는 기간(일)", least=1)
KEEP_YEARS = dated.define("rewards.prize_tax.keep_years", default=5, label="제세공과금 신고 정보를 보관하는 해", most=10)


@dataclass(frozen=True, slots=True)
class Withheld:
    """Of one prize, whole won: its market value, and what is withheld from it."""

    value_krw: int
    income_tax_krw: int
    local_tax_krw: int

    @property
    def tax_krw(self) -> int:
        return self.income_tax_krw + self.local_tax_krw


def percent(*, at: datetime) -> str:
    """Both taxes together, as people read it: "22"."""
    return f"{INCOME_PERCENT.at(at) * (100 + LOCAL_PERCENT.at(at)) / 100:g}"


def withheld_from(value_krw: int, *, at: datetime) -> Withheld:
    """Up to the minimum nothing; above it the whole value is income, and fractions of a won are left out."""
    income_tax = value_krw * INCOME_PERCENT.at(at) // 100 if value_krw > FREE_KRW.at(at) else 0
    if income_tax < SMALLEST_KRW.at(at):
        return Withheld(value_krw, 0, 0)
    return Withheld(value_krw, income_tax, income_tax * LOCAL_PERCENT.at(at) // 100)


def keep_until(paid_on: date, *, at: datetime) -> date:
    """The last day on which the data may be kept: so many years after the statement of the year is due, at the end of February."""
    return date(paid_on.year + 1 + int(KEEP_YEARS.at(at)), 2, 28)


def remit_by(paid_on: date) -> date:
    """When what was withheld in this month has to be at the tax office."""
    return date(paid_on.year + paid_on.month // 12, paid_on.month % 12 + 1, 10)
