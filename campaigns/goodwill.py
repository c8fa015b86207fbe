"""
What the house paid for a participation that its advertiser never confirmed in time, and how much of that a member may get: limits count
what was paid by itself and what was paid because its member asked.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Sum

from campaigns.models import Participation, PostbackLog, RewardClaim
from common import dated

TICKETS = dated.define("campaigns.goodwill_tickets", default=100, label="한 회원에게 30일 동안 자동으로 보상하는 티켓", unit="장")
TIMES = dated.define("campaigns.goodwill_times", default=3, label="한 회원에게 30일 동안 자동으로 보상하는 횟수", unit="번")
_WINDOW = timedelta(days=30)


def was_paid(participation: UUID) -> bool:
    """Whether the house paid for it, because it was told late or because its member asked."""
    paid = RewardClaim.objects.filter(participation=participation, decision=RewardClaim.Decision.GOODWILL)
    return paid.exists() or PostbackLog.objects.filter(participation=participation, outcome=PostbackLog.Outcome.LATE_PAID).exists()


def is_used_up(row: Participation, *, at: datetime) -> bool:
    """Whether paying for this one too would pass a limit of its member. The caller locked the member's row, so nobody counts beside us."""
    asked = RewardClaim.objects.filter(member_id=row.member_id, decision=RewardClaim.Decision.GOODWILL, at__gt=at - _WINDOW)
    late = PostbackLog.objects.filter(outcome=PostbackLog.Outcome.LATE_PAID, at__gt=at - _WINDOW)
    told = Participation.objects.filter(member_id=row.member_id, public_id__in=late.values("participation"))
    tickets = sum(paid.aggregate(n=Sum("tickets", default=0))["n"] for paid in (asked, told))
    return asked.count() + told.count() >= TIMES.at(at) or tickets + row.tickets > TICKETS.at(at)
