"""What the advertisers' JSON doors read: campaigns page by page, and counts of each day. Nothing here writes or names a member."""

from datetime import datetime
from typing import Any

from django.db.models import Q, Sum

from advertisers.models import Advertiser
from campaigns.models import BudgetSlot, Campaign
from common import cursors

_LIST = "campaigns"


def campaign_page(advertiser: Advertiser, *, cursor: str, limit: int) -> tuple[list[Campaign], str]:
    """
    One page of the advertiser's campaigns, newest first, and the cursor of the next page (empty at the end). One query.

    :raises CursorRefused: the cursor is not ours.
    """
    rows = Campaign.objects.owned_by(advertiser).select_related("hold", "advertiser", "raffle").order_by("-submitted_at", "-pk")
    if cursor:
        moment, last = cursors.after(cursor, of=_LIST)
        submitted_at = datetime.fromisoformat(moment)
        rows = rows.filter(Q(submitted_at__lt=submitted_at) | Q(submitted_at=submitted_at, pk__lt=last))
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, ""
    end = found[limit - 1]
    return found[:limit], cursors.place([end.submitted_at.isoformat(), end.pk], of=_LIST)


def day_counts(campaign: Campaign) -> list[dict[str, Any]]:
    """Counts of each KST day, newest first: on, started, returned, confirmed, credits. One query over at most 16 rows a day."""
    days = BudgetSlot.objects.filter(campaign=campaign).values("day_on").order_by("-day_on")
    sums = days.annotate(started=Sum("taken"), back=Sum("returned"), done=Sum("confirmed"), credits=Sum("confirmed_credits")).values_list(
        "day_on", "started", "back", "done", "credits"
    )
    return [
        {"on": on, "started": started, "returned": back, "confirmed": done, "credits": credits} for on, started, back, done, credits in sums
    ]
