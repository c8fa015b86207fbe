"""What a member of a team has committed to campaigns alone, and when it takes a second one."""

from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from advertisers import services as advertisers
from advertisers.models import Advertiser
from campaigns.models import CampaignEvent
from common.errors import DomainError
from common.kst import day_from, day_of
from identity.models import User


class OverLimit(DomainError):
    """More than this member may commit alone this month."""

    code = "campaign.over_limit"
    message = "혼자 집행할 수 있는 한도를 넘었어요. 이번 달에는 {left_words}크레딧까지 혼자 집행할 수 있어요."
    http_status = 403

    def __init__(self, *, left: int) -> None:
        super().__init__(left=left, left_words=f"{left:,}")


def commit(*, advertiser: Advertiser, by: User, second: User | None, credits: int, at: datetime) -> dict[str, Any]:
    """
    Let a member commit credits; what the campaign's history has to say about it. Joins the caller's transaction; the wallet is locked,
    so two presses cannot both find room.

    second: the member who agreed; whoever agrees commits it alone as far as limits go.

    :raises OverLimit: it takes a second member.
    """
    refuse_over_limit(advertiser=advertiser, by=second or by, credits=credits, at=at)
    return {"credits": credits} if second is None else {"credits": credits, "second": second.pk}


def refuse_over_limit(*, advertiser: Advertiser, by: User, credits: int, at: datetime) -> None:
    """:raises OverLimit: the person may not commit this much alone."""
    limit = advertisers.limits_for(advertiser=advertiser, user=by).launch
    if limit is None:
        return
    left = max(0, limit - committed_alone(advertiser=advertiser, by=by, at=at))
    if credits > left:
        raise OverLimit(left=left)


def committed_alone(*, advertiser: Advertiser, by: User, at: datetime) -> int:
    """Credits a member committed in this KST month on their own word: as the one who did it, or as the second who agreed."""
    begins_at = day_from(day_of(at).replace(day=1))
    events = CampaignEvent.objects.filter(campaign__advertiser=advertiser, at__gte=begins_at, data__has_key="credits")
    alone = events.filter(by=by).exclude(data__has_key="second") | events.filter(data__second=by.pk)
    amount = Cast(KeyTextTransform("credits", "data"), BigIntegerField())
    return int(alone.aggregate(n=Sum(amount))["n"] or 0)
