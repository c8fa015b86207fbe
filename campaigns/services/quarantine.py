"""
What waits for a look does not wait for ever. When its time is over a rule decides by the trust that is left: doubtful participations
after a day, pictures that nobody looked at after two weeks. Until then a unit of the budget stays with each of them, so a campaign that
has ended settles at the latest when the last of them is decided.
"""

from datetime import datetime, timedelta

from django.db.models import QuerySet, Sum

from campaigns import evidence
from campaigns.models import Evidence, FraudSignal
from campaigns.services import checking
from common import dated

HOURS = dated.define(
    "campaigns.quarantine_hours",
    default=24,
    label="의심스러운 참여를 사람이 보지 않으면 규칙이 정하는 시간",
    least=1,
    most=720,
    unit="시간",
)
PICTURE_HOURS = dated.define(
    "campaigns.picture_hours", default=336, label="올라온 사진을 사람이 보지 않으면 규칙이 정하는 시간", least=1, most=720, unit="시간"
)
PASS_FROM = dated.define(
    "campaigns.quarantine_pass_from", default=30, label="시간이 지난 참여를 통과시키는 신뢰 점수(이상)", most=100, unit="점"
)
RULE = "quarantine.time_over"
PASSED = "확인 시간이 지나 규칙에 따라 통과했어요."
REFUSED = "의심 신호가 풀리지 않아 인정되지 않았어요: {doubts}"


def overdue(*, at: datetime) -> QuerySet[Evidence]:
    """What nobody decided in time, oldest first."""
    doubtful = evidence.waiting().filter(verdict=Evidence.Verdict.PASSED, at__lte=at - timedelta(hours=HOURS.at(at)))
    pictures = evidence.waiting().filter(verdict=Evidence.Verdict.WAITING, at__lte=at - timedelta(hours=PICTURE_HOURS.at(at)))
    return doubtful | pictures


def trust_of(row: Evidence) -> int:
    """What is left of 100 after every doubt about this start, those that came later included. One query."""
    signals = FraudSignal.objects.filter(participation=row.participation, attempt=row.attempt)
    return max(0, 100 - int(signals.aggregate(n=Sum("penalty"))["n"] or 0))


def end(*, row: Evidence, at: datetime) -> Evidence:
    """
    Decide by the rule.

    :raises EvidenceDecided: somebody decided in between.
    """
    is_fine = trust_of(row) >= PASS_FROM.at(at)
    reason = PASSED if is_fine else REFUSED.format(doubts=", ".join(evidence.doubts_of(row)))
    return checking.decide_by_rule(evidence=row, is_fine=is_fine, rule=RULE, at=at, reason=reason)
