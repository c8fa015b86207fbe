"""What members were shown: how often a campaign's card was on a list, and its page open."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from campaigns.models import Showing

_SHOW = """
    INSERT INTO campaigns_showing AS s (campaign_id, hour_at, part, listed, read)
    SELECT c.id, date_trunc('hour', %(at)s), %(part)s, (c.public_id = ANY(%(listed)s))::int, (c.public_id = ANY(%(read)s))::int
      FROM campaigns_campaign c WHERE c.public_id = ANY(%(listed)s) OR c.public_id = ANY(%(read)s) ORDER BY c.id
    ON CONFLICT (campaign_id, hour_at, part) DO UPDATE SET listed = s.listed + EXCLUDED.listed, read = s.read + EXCLUDED.read
"""


def show(*, member: int, listed: Sequence[UUID], read: Sequence[UUID], at: datetime) -> None:
    """Note that a member had these campaigns' cards on a list, and these campaigns' pages open. Unknown numbers are nobody's."""
    facts: dict[str, Any] = {"listed": list(listed), "read": list(read), "part": member % Showing.PARTS, "at": at}
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_SHOW, facts)
