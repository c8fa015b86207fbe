"""
What the advertiser's own servers are told of campaigns. Joins the transaction of the cause.

Confirmed participations are told later and in parcels, by the clock: members' way writes nothing for it. Each campaign has a place up to
which they were told; a parcel and the next place are written together, so that every participation is in exactly one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from advertisers import webhooks
from advertisers.models import Advertiser, WebhookEndpoint
from advertisers.webhooks import events
from campaigns import confirmed
from campaigns.models import LIVE, Campaign, CampaignEvent, CampaignVersion, Participation, State, ToldConversions

LOW_PERCENT = 10  # of the budget that is left
DECIDED = (CampaignVersion.State.APPROVED, CampaignVersion.State.CHANGES_ASKED, CampaignVersion.State.REJECTED)
SETTLED_LATELY = timedelta(days=1)
PARCEL = 100
PARCELS_AT_ONCE = 50


def state_changed(campaign: Campaign, line: CampaignEvent) -> None:
    """A line of the history that moved the campaign."""
    data = {"campaign": str(campaign.public_id), "before": str(line.from_state), "state": str(line.to_state)}
    _emit(campaign, events.STATE_CHANGED, f"moved:{line.pk}", data, at=line.at)


def decided(version: CampaignVersion, *, at: datetime) -> None:
    """The review of a version came to a result; what its advertiser withdrew is no result."""
    if version.state in DECIDED:
        data = {"campaign": str(version.campaign.public_id), "version": version.number, "result": str(version.state)}
        _emit(version.campaign, events.REVIEW_DECIDED, f"version:{version.number}", data, at=at)


def budget_low(campaign: Campaign, *, before: int, at: datetime) -> None:
    """Told when what was captured crosses the line; before: captured the last time."""
    line = campaign.budget_credits * (100 - LOW_PERCENT) // 100
    if before < line <= campaign.captured_credits:
        data = {"campaign": str(campaign.public_id), "budget": campaign.budget_credits, "captured": campaign.captured_credits}
        _emit(campaign, events.BUDGET_LOW, f"budget_low:{campaign.budget_credits}", data, at=at)


def invalidated(campaign: Campaign, found: Sequence[Participation], *, key: str, at: datetime) -> None:
    """Participations that were paid do not count; their credits were given back. key: of the credit note."""
    items = [{"id": str(one.public_id), "credits": one.price} for one in found]
    _emit(campaign, events.INVALIDATED, f"invalid:{key}", {"campaign": str(campaign.public_id), "items": items}, at=at)


def tell_confirmed(*, at: datetime) -> int:
    """Tell what was confirmed since the last time, of every campaign whose advertiser wants to know; how many parcels."""
    wanting = WebhookEndpoint.objects.unscoped().wanting(events.CONFIRMED)
    since = {row.advertiser_id: row.events_since for row in wanting.order_by("-events_since")}  # the earliest of each stays
    rows = Campaign.objects.unscoped().filter(advertiser__in=since)
    busy = rows.filter(state__in=(*LIVE, State.ENDED)) | rows.filter(state=State.SETTLED, settled_at__gt=at - SETTLED_LATELY)
    return sum(_tell_of(campaign, since=since[campaign.advertiser_id], at=at) for campaign in busy.order_by("pk"))


def _tell_of(campaign: Campaign, *, since: datetime, at: datetime) -> int:
    told = 0
    while told < PARCELS_AT_ONCE and _tell_parcel(campaign, since=since, at=at):
        told += 1
    return told


def _tell_parcel(campaign: Campaign, *, since: datetime, at: datetime) -> bool:
    """One parcel in one transaction; False when nothing is left."""
    with transaction.atomic(durable=True):
        ToldConversions.objects.get_or_create(campaign=campaign, defaults={"confirmed_at": since, "public_id": confirmed.LOWEST})
        place = ToldConversions.objects.select_for_update().get(campaign=campaign)
        if place.confirmed_at < since:
            place.confirmed_at, place.public_id = since, confirmed.LOWEST
        found = confirmed.settled(campaign, after=(place.confirmed_at, place.public_id), at=at, limit=PARCEL)
        if not found:
            return False
        place.confirmed_at, place.public_id = found[-1].place
        place.save(update_fields=["confirmed_at", "public_id"])
        items = [{"id": str(one.public_id), "confirmed_at": one.moment, "credits": one.credits} for one in found]
        _emit(campaign, events.CONFIRMED, f"confirmed:{found[-1].public_id}", {"campaign": str(campaign.public_id), "items": items}, at=at)
        return True


def _emit(campaign: Campaign, type: str, key: str, data: dict[str, Any], *, at: datetime) -> None:
    owner: Advertiser = campaign.advertiser
    webhooks.emit(advertiser=owner, type=type, key=f"campaign:{campaign.public_id}:{key}", data=data, at=at)
