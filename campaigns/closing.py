"""What of campaigns stands in the way of closing an advertiser's account."""

from django.urls import reverse

from advertisers.closing import Blocker
from advertisers.models import Advertiser
from campaigns.models import Campaign, State

DONE = (State.SETTLED, State.WITHDRAWN, State.REJECTED)


def blockers(advertiser: Advertiser, *, lock: bool) -> list[Blocker]:
    """Every campaign that may still spend, or whose settlement is not written. The wallet's lock holds them."""
    return [
        Blocker("campaign", _words(campaign), reverse("campaigns:detail", args=[campaign.public_id]), "캠페인 보기")
        for campaign in Campaign.objects.owned_by(advertiser).exclude(state__in=DONE).order_by("pk")
    ]


def _words(campaign: Campaign) -> str:
    if campaign.state == State.ENDED:
        return f"‘{campaign.title}’ 캠페인을 정산하고 있어요. 정산이 끝나면 닫을 수 있어요."
    return f"‘{campaign.title}’ 캠페인이 끝나지 않았어요. 먼저 끝내거나 철회해 주세요."
