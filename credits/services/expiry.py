"""Telling people before their credits expire: 30, 7 and 1 days, once each. The sweep itself is in `grants`."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from advertisers.models import Advertiser
from advertisers.notifications import tell_team
from common.kst import day_of
from credits import events
from credits.models import Lot

EXPIRY_STEPS = (30, 7, 1)


@dataclass(frozen=True, slots=True)
class Expiring:
    """Credits of one advertiser that expire on one day in Seoul. step: 30, 7 or 1, the days about which she is told now."""

    advertiser: Advertiser
    credits: int
    expires_at: datetime
    step: int


def expiring_soon(*, at: datetime) -> list[Expiring]:
    """
    About whom and what to tell at this moment: for each day of expiry the smallest step it has reached. One query.

    A lot that lived no longer than a step when it was given is not told about at that step: its owner has just read its date.
    """
    lots = Lot.objects.filter(available__gt=0, expires_at__gt=at, expires_at__lte=at + timedelta(days=max(EXPIRY_STEPS)))
    found: dict[tuple[int, date, int], Expiring] = {}
    for lot in lots.select_related("advertiser").order_by("advertiser_id", "expires_at", "pk"):
        step = min(step for step in EXPIRY_STEPS if lot.expires_at <= at + timedelta(days=step))
        if lot.expires_at - lot.granted_at <= timedelta(days=step):
            continue
        key = (lot.advertiser_id, day_of(lot.expires_at), step)
        known = found.get(key) or Expiring(lot.advertiser, 0, lot.expires_at, step)
        found[key] = replace(known, credits=known.credits + lot.available)
    return list(found.values())


def tell_of_expiry(expiring: Expiring, *, at: datetime) -> None:
    """Tell the team once per step about credits that are about to expire. Joins the caller's transaction; a repeat tells nothing new."""
    on = day_of(expiring.expires_at)
    tell_team(
        events.EXPIRING,
        advertiser=expiring.advertiser,
        facts={"credits": expiring.credits, "days": expiring.step, "on": on},
        url="/my-page/credit/",
        key=f"credits:expiry:{expiring.advertiser.pk}:{on}:{expiring.step}",
        at=at,
    )
