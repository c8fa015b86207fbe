"""Which of several advertisers a person acts for."""

from datetime import datetime
from uuid import UUID

from advertisers.models import Membership
from identity.models import User


def choose(*, user: User, advertiser: UUID, at: datetime) -> Membership | None:
    """The person's membership at this advertiser, noted as the one to start with next time; None when they have none there."""
    mine = Membership.objects.acting().filter(user=user, advertiser__public_id=advertiser)
    if mine.update(chosen_at=at) != 1:
        return None
    return mine.select_related("advertiser").get()
