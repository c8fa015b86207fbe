"""Which generations of a campaign's postback secrets hold at a moment: the newest, and the one before it until its time is over."""

from datetime import datetime

from campaigns.models import Campaign, PostbackSecret
from campaigns.postbacks.keys import FIRST


def newest(campaign: Campaign) -> PostbackSecret | None:
    """The row of the newest generation; None while the first one holds. One query."""
    return PostbackSecret.objects.filter(campaign=campaign).order_by("-generation").first()


def valid(campaign: Campaign, *, at: datetime) -> tuple[int, ...]:
    """The generations that a proof may be made with, the newest first. One query."""
    row = newest(campaign)
    if row is None:
        return (FIRST,)
    return (row.generation, row.generation - 1) if at < row.earlier_until else (row.generation,)
