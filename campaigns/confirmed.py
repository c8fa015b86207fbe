"""
Confirmed participations in the order of their confirmation, for lists and webhooks: an id, a moment, a price, and nothing about people.

A transaction may take a while to commit, so the youngest seconds are left out: what is shown never gets anything in between later, and
a place in the list stays a place for ever.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID

from django.db.models import Q

from campaigns.models import Campaign, Participation

SETTLES_AFTER = timedelta(seconds=30)  # twice what a statement of the web may take
LOWEST = UUID(int=0)
Place = tuple[datetime, UUID]
FIRST: Place = (datetime(2000, 1, 1, tzinfo=UTC), LOWEST)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One of them. credits: its price.   is_valid: False when it was invalidated since."""

    public_id: UUID
    confirmed_at: datetime
    credits: int
    is_valid: bool

    @property
    def place(self) -> Place:
        """Where it stands in the order."""
        return self.confirmed_at, self.public_id

    @property
    def moment(self) -> str:
        """When it was confirmed, as programs read it: UTC, with a Z."""
        return self.confirmed_at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def settled(campaign: Campaign, *, after: Place, at: datetime, limit: int) -> list[Confirmed]:
    """The next confirmed participations after a place, the oldest first. One query, whatever lies before the place."""
    confirmed_at, public_id = after
    rows = Participation.objects.filter(campaign=campaign, confirmed_at__gte=confirmed_at, confirmed_at__lte=at - SETTLES_AFTER)
    beyond = Q(confirmed_at__gt=confirmed_at) | Q(public_id__gt=public_id)
    found = rows.filter(beyond).order_by("confirmed_at", "public_id").values_list("public_id", "confirmed_at", "price", "state")
    reversed_ = Participation.State.REVERSED
    return [Confirmed(number, cast(datetime, moment), price, state != reversed_) for number, moment, price, state in found[:limit]]
