"""Advertisers whose submissions pass without waiting, because their last ones all did; some of them are looked at afterwards."""

import hashlib
from datetime import datetime

from advertisers.models import Advertiser
from campaigns.models import Campaign, CampaignEvent, CampaignVersion
from campaigns.services import review
from common import dated

PASSED_BEFORE = dated.define("campaigns.trusted_after", default=0, label="심사를 건너뛰려면 이어서 승인받아야 하는 횟수(0이면 모두 심사)")
RECHECK_PERCENT = dated.define("campaigns.recheck_percent", default=20, label="심사를 건너뛴 제출 가운데 다시 볼 비율(%)")
SAMPLED = "심사를 건너뛴 제출을 골라 다시 봐요."


def let_pass(campaign: Campaign, version: CampaignVersion, *, at: datetime) -> Campaign:
    """Approve what a trusted advertiser submitted, but no appeal. Joins the caller's transaction; wallet and campaign are locked."""
    needed = PASSED_BEFORE.at(at)
    if needed <= 0 or version.is_appeal or streak(campaign.advertiser, atmost=needed) < needed:
        return campaign
    recheck = SAMPLED if is_sampled(campaign, version, percent=RECHECK_PERCENT.at(at)) else ""
    return review.approve_locked(campaign, version, by=None, at=at, recheck=recheck)


def streak(advertiser: Advertiser, *, atmost: int) -> int:
    """How many of an advertiser's versions people approved since the last no, and since the last lock. Three queries."""
    versions = CampaignVersion.objects.filter(campaign__advertiser=advertiser)
    no = (CampaignVersion.State.REJECTED, CampaignVersion.State.CHANGES_ASKED)
    last_no = versions.filter(state__in=no).order_by("-decided_at").values_list("decided_at", flat=True).first()
    locks = CampaignEvent.objects.filter(campaign__advertiser=advertiser, kind=CampaignEvent.Kind.LOCKED)
    last_lock = locks.order_by("-at").values_list("at", flat=True).first()
    passed = versions.filter(state=CampaignVersion.State.APPROVED, decided_by__isnull=False)
    for moment in (last_no, last_lock):
        if moment is not None:
            passed = passed.filter(decided_at__gt=moment)
    return passed[:atmost].count()


def is_sampled(campaign: Campaign, version: CampaignVersion, *, percent: int) -> bool:
    """Whether this one is looked at again: the same answer each time, and nobody outside can tell beforehand."""
    digest = hashlib.sha256(f"{campaign.public_id}:{version.number}".encode()).digest()
    return int.from_bytes(digest[:4]) % 100 < percent
