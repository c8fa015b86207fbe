"""
How much of the surety insurance is used: prepaid credits that advertisers have paid for and not used, against the insured amount.

Bonus and goodwill credits are nobody's money and do not count.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, Sum

from common import dated
from common.errors import DomainError
from common.kst import day_of
from credits.models import Lot
from identity import notifications
from payments.models import SuretyPolicy

# Counts only as long as no policy was ever noted: from the first one on, the policies valid on the day are the limit.
INSURED_LIMIT_KRW = dated.define("payments.insured_limit_krw", default=30_000_000, label="보증보험 가입 금액(증권을 적기 전)", unit="원")
STOP_AT_LIMIT = dated.define("payments.stop_at_insured_limit", default=False, label="보증 한도 95%에서 카드 충전 멈춤")
WARNINGS = (95, 85, 70)  # percent, the highest first


class InsuredLimitReached(DomainError):
    """The insured amount is nearly used up, and operators chose to stop there."""

    code = "payments.insured_limit_reached"
    message = "지금은 카드로 충전할 수 없어요. 조금 뒤에 다시 시도하거나 고객센터에 계좌이체로 충전하고 싶다고 알려 주세요."


@dataclass(frozen=True, slots=True)
class Cover:
    """outstanding: paid credits that are left, in won.   limit: the insured amount."""

    outstanding: int
    limit: int

    @property
    def percent(self) -> int:
        """How much of it is used, in whole percent, rounded down; 100 without any insurance."""
        return self.outstanding * 100 // self.limit if self.limit else 100

    @property
    def warning(self) -> int:
        """The highest line that is crossed: 95, 85, 70, or 0."""
        return next((line for line in WARNINGS if self.outstanding * 100 >= self.limit * line), 0)

    def with_more(self, credits: int) -> "Cover":
        """The same after another top-up."""
        return Cover(self.outstanding + credits, self.limit)


def cover_at(at: datetime) -> Cover:
    """What is outstanding now against the limit valid at a moment. At most three queries."""
    left = Lot.objects.filter(kind=Lot.Kind.PAID).aggregate(n=Sum(F("available") + F("held") + F("frozen"), default=0))["n"]
    return Cover(int(left), limit_at(at))


def limit_at(at: datetime) -> int:
    """What is insured at a moment, in won: the sum of the policies valid on that day in Korea. Two queries."""
    if not SuretyPolicy.objects.exists():
        return INSURED_LIMIT_KRW.at(at)
    return int(SuretyPolicy.objects.valid_on(day_of(at)).aggregate(n=Sum("amount_krw", default=0))["n"])


def refuse_over_limit(credits: int, *, at: datetime) -> None:
    """:raises InsuredLimitReached: the stop is on, and a top-up of this size would come to the highest line."""
    if STOP_AT_LIMIT.at(at) and cover_at(at).with_more(credits).warning >= WARNINGS[0]:
        raise InsuredLimitReached


def warn(*, at: datetime) -> Cover:
    """Tell the operators which line is crossed, once a day for each line."""
    cover = cover_at(at)
    if cover.warning:
        stopped = " 새 카드 충전을 멈췄어요." if cover.warning >= WARNINGS[0] and STOP_AT_LIMIT.at(at) else ""
        with transaction.atomic():
            notifications.alert_operators(
                kind="payments.insured_limit",
                title=f"보증 한도의 {cover.warning}%를 넘었어요",
                body=f"남은 충전 크레딧 {cover.outstanding:,}원, 가입 금액 {cover.limit:,}원이에요.{stopped}",
                key=f"payments:insured:{cover.warning}:{day_of(at)}",
                at=at,
            )
    return cover
