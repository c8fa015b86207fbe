"""
A review that was paid and deleted later. The member is told first and may bring it back; still gone after that, no review mission may be
applied for during a while. What was earned stays.
"""

from datetime import datetime, timedelta
from uuid import UUID

from campaigns.models import Campaign, FraudSignal, Participation
from campaigns.services import telling
from common import dated, effects

AFTER_DAYS = dated.define("campaigns.review_looked_again_days", default=60, label="지급한 후기를 다시 보는 때", most=365, unit="일")
BACK_DAYS = dated.define("campaigns.review_back_days", default=7, label="지운 후기를 되돌릴 수 있는 기간", least=1, most=60, unit="일")
LIMIT_DAYS = dated.define("campaigns.review_limit_days", default=90, label="후기를 지우면 신청을 막는 기간", most=365, unit="일")
DELETED = "review.deleted"
FIRST, LAST = 1, 2


def look_later(*, kind: str, campaign_id: int, participation: UUID, attempt: int, step: int, at: datetime) -> None:
    """Ask for a look at a post whose last part was just earned, by an effect of this kind. Joins the caller's transaction."""
    _ask(kind, campaign_id, participation, attempt, step, look=FIRST, due_at=at + timedelta(days=AFTER_DAYS.at(at)), at=at)


def looked(*, kind: str, campaign_id: int, participation: UUID, attempt: int, step: int, look: int, is_kept: bool, at: datetime) -> None:
    """Write down what a later look found: its writer is told, or limited after the second one. Joins the caller's transaction."""
    row = Participation.objects.filter(campaign_id=campaign_id, public_id=participation, state=Participation.State.REWARDED).first()
    if is_kept or row is None:
        return
    campaign, key = Campaign.objects.unscoped().get(pk=campaign_id), f"participation:{participation}:gone:{look}"
    if look == FIRST:
        days = BACK_DAYS.at(at)
        _ask(kind, campaign_id, participation, attempt, step, look=LAST, due_at=at + timedelta(days=days), at=at)
        telling.post_is_gone(row.member_id, campaign, days=days, key=key, at=at)
        return
    signal = FraudSignal(
        participation=participation, campaign=campaign, member_id=row.member_id, attempt=attempt, code=DELETED, penalty=0, at=at
    )
    FraudSignal.objects.bulk_create([signal], ignore_conflicts=True)
    telling.reviews_limited(row.member_id, campaign, until=at + timedelta(days=LIMIT_DAYS.at(at)), key=key, at=at)


def limited_until(*, member_id: int, at: datetime) -> datetime | None:
    """Until when a member may not apply for reviews; None when they may. One query."""
    written = Participation.objects.filter(member_id=member_id).values("public_id")
    newest = FraudSignal.objects.filter(participation__in=written, code=DELETED).order_by("-at").values_list("at", flat=True).first()
    until = newest + timedelta(days=LIMIT_DAYS.at(newest)) if newest else None
    return until if until and until > at else None


def _ask(kind: str, campaign_id: int, participation: UUID, attempt: int, step: int, *, look: int, due_at: datetime, at: datetime) -> None:
    effects.add(
        kind,
        key=f"participation:{participation}:{attempt}:step:{step}:look:{look}",
        at=at,
        due_at=due_at,
        campaign=campaign_id,
        participation=str(participation),
        attempt=attempt,
        step=step,
        look=look,
    )
