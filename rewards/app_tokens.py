"""What the reward app's access token says about the member."""

from typing import Any

from identity.models import User
from rewards.models import Member


def claims_of(user: User) -> dict[str, Any]:
    """The member's row number, so that taking part needs no query to find it; nothing for somebody who is no active member."""
    member_id = Member.objects.filter(user=user, is_active=True).values_list("pk", flat=True).first()
    return {} if member_id is None else {"member_id": member_id}
