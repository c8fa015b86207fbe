"""
How many units of a campaign may still start: today, and in this hour where its day is spread evenly.

An evenly paced day opens by the clock hour in Seoul: in the k-th of its H open hours k/H of the day's units may have been started. What an
hour leaves over is open in the next one; nothing crosses midnight. The database decides when somebody starts (`campaigns_pace`,
`campaigns_opened`); the same rule here says what a page shows. Nothing here writes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import JSONBAgg
from django.db.models import Aggregate, F, Q, Sum
from django.db.models.functions import JSONArray

from campaigns.models import BudgetSlot, Campaign
from common.kst import SEOUL, day_from, day_of


@dataclass(frozen=True, slots=True)
class Pace:
    """first: hour of the day that opens first.   hours: open on this day.   opened: of them, the running one included."""

    first: int
    hours: int
    opened: int

    def units(self, slot: BudgetSlot, *, opened: int | None = None) -> int:
        """Units of a slot that may have been started by now, or when `opened` hours are. The first slot rounds up, the others down."""
        hours = self.opened if opened is None else opened
        return (slot.allowance * hours + (self.hours - 1 if slot.slot == 0 else 0)) // self.hours


WHOLE_DAY = Pace(first=0, hours=1, opened=1)


@dataclass(frozen=True, slots=True)
class Room:
    """today: units that may still start on this day.   opens_at: when some of them do; None while some are open, or none are left."""

    today: int
    opens_at: datetime | None = None


def pace_of(campaign: Campaign, *, at: datetime) -> Pace:
    """How far the day of this moment is open."""
    if not campaign.pace_until:
        return WHOLE_DAY
    now, starts = at.astimezone(SEOUL), campaign.starts_at.astimezone(SEOUL)
    ends = (campaign.ends_at - timedelta(microseconds=1)).astimezone(SEOUL)
    first = max(campaign.pace_from, starts.hour if starts.date() == now.date() else 0)
    last = min(campaign.pace_until, ends.hour + 1 if ends.date() == now.date() else 24)
    return Pace(first, hours=max(1, last - first), opened=max(0, min(last, now.hour + 1) - first))


def rooms(campaigns: Iterable[Campaign], *, at: datetime) -> dict[int, Room]:
    """What may still start, of the campaigns whose day was poured. One query."""
    asked = {campaign.pk: campaign for campaign in campaigns}
    slots = BudgetSlot.objects.filter(campaign__in=asked, day_on=day_of(at)).values("campaign_id")
    rows: Iterable[Mapping[str, Any]] = slots.annotate(**sums(asked.values(), Q()))
    return {row["campaign_id"]: room(asked[row["campaign_id"]], row["left"], row["slots"], at=at) for row in rows}


def sums(campaigns: Iterable[Campaign], day: Q) -> dict[str, Aggregate]:
    """What `room` needs of the slots of a day, for a query that sums up slots by campaign. Single slots are read of paced ones only."""
    paced = Q(campaign__in=[campaign.pk for campaign in campaigns if campaign.pace_until])
    return {
        "left": Sum(F("allowance") - F("taken") + F("returned"), filter=day),
        "slots": JSONBAgg(JSONArray("slot", "allowance", "taken", "returned"), filter=day & paced),
    }


def room(campaign: Campaign, left: int, rows: Iterable[list[int]] | None, *, at: datetime) -> Room:
    """What may still start, by `sums`. No query."""
    if rows is None:
        return Room(int(left))
    slots = [BudgetSlot(slot=number, allowance=allowance, taken=taken, returned=returned) for number, allowance, taken, returned in rows]
    return Room(int(left), _opens_at(slots, pace_of(campaign, at=at), at=at))


def open_slots(slots: Iterable[BudgetSlot], *, at: datetime) -> list[int]:
    """Numbers of those slots of one campaign's day that have room now; their campaign comes with them."""
    return [slot.slot for slot in slots if pace_of(slot.campaign, at=at).units(slot) > slot.taken - slot.returned]


def _opens_at(slots: list[BudgetSlot], pace: Pace, *, at: datetime) -> datetime | None:
    for opened in range(pace.opened, pace.hours + 1):
        if any(pace.units(slot, opened=opened) > slot.taken - slot.returned for slot in slots):
            opens_at = day_from(day_of(at)) + timedelta(hours=pace.first + opened - 1)
            return opens_at if opened > pace.opened else None
    return None
