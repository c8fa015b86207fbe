"""
Counting who started on the days that are over, by age, sex, region and system. Like the hours, a day is counted again whole.

Only days that are over are counted: while a day runs, one more in a group would say who just came.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from campaigns.models import PeopleStat
from campaigns.services.counting import AT_MOST_BACK
from common.kst import day_from, day_of

LATELY = timedelta(days=3)
OLDEST_BAND = 60

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('campaigns_peoplestat'))"
# Days some hour of which was counted after their people were, and days whose people never were.
_DUE = """
    SELECT d.campaign_id, d.day_on
      FROM (SELECT campaign_id, (hour_at AT TIME ZONE 'Asia/Seoul')::date AS day_on, SUM(started) AS started, MAX(counted_at) AS counted_at
              FROM campaigns_hourlystat WHERE hour_at >= %(since)s AND hour_at < %(until)s GROUP BY 1, 2) d
      LEFT JOIN (SELECT campaign_id, day_on, MIN(counted_at) AS counted_at
                   FROM campaigns_peoplestat WHERE day_on >= %(since_on)s GROUP BY 1, 2) k USING (campaign_id, day_on)
     WHERE k.campaign_id IS NULL AND d.started > 0 OR k.counted_at < d.counted_at
"""
_FORGET = """
    DELETE FROM campaigns_peoplestat p USING unnest(%(campaigns)s::bigint[], %(days)s::date[]) AS d (campaign_id, day_on)
     WHERE p.campaign_id = d.campaign_id AND p.day_on = d.day_on
"""
_COUNT = """
    INSERT INTO campaigns_peoplestat (campaign_id, day_on, trait, value, started, confirmed, is_shown, counted_at)
    WITH due AS (SELECT * FROM unnest(%(campaigns)s::bigint[], %(days)s::date[]) AS d (campaign_id, day_on)),
    groups AS (
        SELECT d.campaign_id, d.day_on, t.trait, t.value, COUNT(*) AS started,
               COUNT(*) FILTER (WHERE p.state IN ('CONFIRMED', 'REWARDED')) AS confirmed
          FROM due d
          JOIN campaigns_participation p
            ON p.campaign_id = d.campaign_id AND p.started_at >= d.day_on::timestamp AT TIME ZONE 'Asia/Seoul'
           AND p.started_at < (d.day_on + 1)::timestamp AT TIME ZONE 'Asia/Seoul'
          LEFT JOIN rewards_member m ON m.id = p.member_id
         CROSS JOIN LATERAL (VALUES
               ('AGE', CASE WHEN m.birth_year IS NULL THEN '' ELSE
                       LEAST(GREATEST((EXTRACT(YEAR FROM d.day_on)::int - m.birth_year) / 10 * 10, 10), %(oldest)s)::text END),
               ('SEX', COALESCE(m.sex, '')),
               ('REGION', COALESCE(m.region, '')),
               ('SYSTEM', CASE split_part(p.device, '/', 1) WHEN 'android' THEN 'ANDROID' WHEN 'ios' THEN 'IOS' ELSE '' END)
               ) AS t (trait, value)
         GROUP BY 1, 2, 3, 4
    ),
    -- From the smallest group on; smaller: people in all groups before this one.
    ranked AS (
        SELECT g.*, COALESCE(SUM(g.started) OVER (PARTITION BY g.campaign_id, g.day_on, g.trait ORDER BY g.started, g.value
                             ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS smaller
          FROM groups g
    )
    SELECT campaign_id, day_on, trait, value, started, confirmed, started >= %(floor)s AND smaller NOT BETWEEN 1 AND %(floor)s - 1, %(at)s
      FROM ranked
"""


def count_people(*, at: datetime, back: timedelta = LATELY) -> int:
    """Count the days that are over and may have changed, so far back; how many were. While another count runs, this one leaves it to it."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_LOCK)
        if not cursor.fetchone()[0]:
            return 0
        today = day_of(at)
        since_on = today - back
        cursor.execute(_DUE, {"since": day_from(since_on), "until": day_from(today), "since_on": since_on})
        due = cursor.fetchall()
        if due:
            _count(cursor, due, at=at)
        return len(due)


def recount_people(*, at: datetime) -> int:
    """The same for every day that the hours are still counted again for."""
    return count_people(at=at, back=AT_MOST_BACK)


def _count(cursor: CursorWrapper, due: list[tuple[int, date]], *, at: datetime) -> None:
    facts: dict[str, Any] = {
        "campaigns": [campaign for campaign, _ in due],
        "days": [on for _, on in due],
        "oldest": OLDEST_BAND,
        "floor": PeopleStat.FLOOR,
        "at": at,
    }
    cursor.execute(_FORGET, facts)
    cursor.execute(_COUNT, facts)
