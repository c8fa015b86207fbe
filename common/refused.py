"""
How many calls at our machine doors were refused because nobody proved who they were, by the hour: a secret that was changed on one side
only looks like this, and so does a forger. Nothing of the calls themselves is kept.
"""

import logging
from datetime import datetime

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


def count(door: str, *, at: datetime) -> None:
    """Count one refused call. The caller gets the same answer whether or not it could be counted."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO common_refusedcall (door, hour_at, calls) VALUES (%s, %s, 1)
                ON CONFLICT (door, hour_at) DO UPDATE SET calls = common_refusedcall.calls + 1
                """,
                [door[:40], hour],
            )
    except DatabaseError:
        logger.exception("Unable to count a refused call at %s", door)
