"""
Counting what happened in each hour of each campaign, away from the members' way.

An hour is never added to: it is counted again from its participations, whole, so that a count that was lost, doubled or late does no
harm, and any stretch of time can be counted anew. One count runs at a time.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from common import dated
from common.kst import day_from, day_of

LOOK_BACK = timedelta(hours=3)  # longer than any stay that ends by itself; what changes later is noted by the trigger of StaleHour
AT_MOST_BACK = timedelta(days=45)
ROWS_PER_SECOND = dated.define("campaigns.counted_per_second", default=5_000, least=1, label="집계가 캠페인마다 1초에 세는 참여 수")

_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('campaigns_hourlystat'))"
# Hours to look at: those that somebody noted, and the newest of whatever ran. One that stands still is left out; one of many rows is
# counted again only after a while, so that counting takes the same share of time however many take part.
_DUE = """
    WITH noted AS (DELETE FROM campaigns_stalehour RETURNING campaign_id, hour_at),
    newest AS (
        SELECT c.id AS campaign_id, h.hour_at
          FROM campaigns_campaign c
         CROSS JOIN generate_series(%(since)s::timestamptz, %(hour)s::timestamptz, interval '1 hour') AS h (hour_at)
          LEFT JOIN campaigns_hourlystat s ON s.campaign_id = c.id AND s.hour_at = h.hour_at
         WHERE c.poured_on >= %(since_on)s
           AND (s.campaign_id IS NULL
                OR (s.running > 0 OR s.counted_at < h.hour_at + interval '61 minutes')
                   AND s.counted_at + make_interval(secs => s.started / %(rows_per_second)s) <= %(at)s)
    ),
    due AS (SELECT campaign_id, hour_at FROM noted UNION SELECT campaign_id, hour_at FROM newest),
"""
_BETWEEN = """
    WITH due AS (
        SELECT c.id AS campaign_id, h.hour_at
          FROM campaigns_campaign c
         CROSS JOIN generate_series(%(since)s::timestamptz, %(hour)s::timestamptz, interval '1 hour') AS h (hour_at)
         WHERE c.poured_on >= %(since_on)s
    ),
"""
_PART = """(
                   SELECT COALESCE(SUM(e.{what}), 0) FROM campaigns_earnedstep e JOIN campaigns_participation q
                       ON q.campaign_id = e.campaign_id AND q.public_id = e.participation AND q.state IN ('STARTED', 'CHECKING')
                    WHERE e.campaign_id = d.campaign_id AND q.started_at >= d.hour_at AND q.started_at < d.hour_at + interval '1 hour')"""
_COUNT = """
    before AS (SELECT s.* FROM campaigns_hourlystat s JOIN due USING (campaign_id, hour_at)),
    counted AS (
        SELECT d.campaign_id, d.hour_at, COUNT(p.public_id) AS started,
               COUNT(p.opened_at) AS went,
               COUNT(*) FILTER (WHERE p.state NOT IN ('STARTED', 'EXPIRED') OR EXISTS (
                   SELECT 1 FROM campaigns_evidence e WHERE e.participation = p.public_id AND e.attempt = p.attempt)) AS sent,
               COUNT(*) FILTER (WHERE p.state IN ('CONFIRMED', 'REWARDED')) AS confirmed,
               COUNT(*) FILTER (WHERE p.state = 'REFUSED') AS refused,
               COUNT(*) FILTER (WHERE p.state = 'EXPIRED') AS expired,
               COUNT(*) FILTER (WHERE p.state = 'REVERSED') AS reversed,
               COUNT(*) FILTER (WHERE p.state IN ('STARTED', 'SUBMITTED', 'CHECKING', 'QUARANTINED')) AS running,
               COALESCE(SUM(p.price) FILTER (WHERE p.state IN ('CONFIRMED', 'REWARDED')), 0) + {part_credits} AS credits,
               COALESCE(SUM(p.tickets) FILTER (WHERE p.state IN ('CONFIRMED', 'REWARDED')), 0) + {part_tickets} AS tickets
          FROM due d
          LEFT JOIN campaigns_participation p
            ON p.campaign_id = d.campaign_id AND p.started_at >= d.hour_at AND p.started_at < d.hour_at + interval '1 hour'
         GROUP BY d.campaign_id, d.hour_at
    ),
    reasons AS (
        SELECT n.campaign_id, n.hour_at, jsonb_object_agg(n.reason, n.times) AS refused_by
          FROM (SELECT k.campaign_id, k.hour_at, COUNT(*) AS times, COALESCE(
                       (SELECT f.code FROM campaigns_fraudsignal f WHERE f.participation = p.public_id
                         ORDER BY f.penalty DESC, f.code LIMIT 1),
                       (SELECT lower(e.verdict) FROM campaigns_evidence e WHERE e.participation = p.public_id
                         ORDER BY e.at DESC, e.id DESC LIMIT 1),
                       'refused') AS reason
                  FROM counted k JOIN campaigns_participation p
                    ON p.campaign_id = k.campaign_id AND p.started_at >= k.hour_at AND p.started_at < k.hour_at + interval '1 hour'
                 WHERE k.refused > 0 AND p.state = 'REFUSED' GROUP BY k.campaign_id, k.hour_at, reason) n
         GROUP BY n.campaign_id, n.hour_at
    ),
    shown AS (
        SELECT d.campaign_id, d.hour_at, SUM(v.listed) AS listed, SUM(v.read) AS read
          FROM due d JOIN campaigns_showing v USING (campaign_id, hour_at) GROUP BY d.campaign_id, d.hour_at
    ),
    after AS (
        SELECT k.campaign_id, k.hour_at, COALESCE(v.listed, 0) AS listed, COALESCE(v.read, 0) AS read, k.started, k.went, k.sent,
               k.confirmed, k.refused, k.expired, k.reversed, k.running, k.credits, k.tickets, COALESCE(r.refused_by, '{}') AS refused_by
          FROM counted k LEFT JOIN reasons r USING (campaign_id, hour_at) LEFT JOIN shown v USING (campaign_id, hour_at)
         WHERE k.started > 0 OR v.campaign_id IS NOT NULL OR EXISTS (
               SELECT 1 FROM before b WHERE b.campaign_id = k.campaign_id AND b.hour_at = k.hour_at)
    ),
    written AS (
        INSERT INTO campaigns_hourlystat (campaign_id, hour_at, listed, read, started, went, sent, confirmed, refused, expired, reversed,
                                          running, credits, tickets, refused_by, counted_at)
        SELECT a.*, %(at)s FROM after a
        ON CONFLICT (campaign_id, hour_at) DO UPDATE SET
            (listed, read, started, went, sent, confirmed, refused, expired, reversed, running, credits, tickets, refused_by,
             counted_at) = (
            EXCLUDED.listed, EXCLUDED.read, EXCLUDED.started, EXCLUDED.went, EXCLUDED.sent, EXCLUDED.confirmed, EXCLUDED.refused,
            EXCLUDED.expired, EXCLUDED.reversed, EXCLUDED.running, EXCLUDED.credits, EXCLUDED.tickets, EXCLUDED.refused_by,
            EXCLUDED.counted_at)
    )
    SELECT COUNT(*) FROM after a LEFT JOIN before b USING (campaign_id, hour_at)
     WHERE b.campaign_id IS NULL
        OR (a.listed, a.read, a.started, a.went, a.sent, a.confirmed, a.refused, a.expired, a.reversed, a.running, a.credits, a.tickets,
            a.refused_by)
           IS DISTINCT FROM (b.listed, b.read, b.started, b.went, b.sent, b.confirmed, b.refused, b.expired, b.reversed, b.running,
                             b.credits, b.tickets, b.refused_by)
""".replace("{part_credits}", _PART.format(what="credits")).replace("{part_tickets}", _PART.format(what="tickets"))
_NEWEST = "SELECT MAX(counted_at) FROM campaigns_hourlystat"


def count(*, at: datetime) -> int:
    """
    Count the hours that may have changed; how many did. While another count runs, this one leaves everything to it.

    After a standstill it goes back to the last hour that was counted, at most `AT_MOST_BACK`.
    """
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        if not _is_alone(cursor):
            return 0
        cursor.execute(_NEWEST)
        newest = cursor.fetchone()[0] or at - AT_MOST_BACK
        since = max(min(newest, at) - LOOK_BACK, at - AT_MOST_BACK)
        return _counted(cursor, _DUE, since=since, until=at, at=at)


def recount(*, since: datetime, until: datetime, at: datetime, keep: bool = True) -> int:
    """Count every hour that begins in [since, until) anew; how many had been counted wrong or not at all. keep: False takes it back."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('campaigns_hourlystat'))")
        wrong = _counted(cursor, _BETWEEN, since=since, until=until - timedelta(microseconds=1), at=at)
        transaction.set_rollback(not keep)
        return wrong


def recount_yesterday(*, at: datetime) -> int:
    """The same for the last KST day that is over, as a check on the counts of every minute."""
    today = day_from(day_of(at))
    return recount(since=today - timedelta(days=1), until=today, at=at)


def _is_alone(cursor: CursorWrapper) -> bool:
    cursor.execute(_LOCK)
    return bool(cursor.fetchone()[0])


def _counted(cursor: CursorWrapper, due: str, *, since: datetime, until: datetime, at: datetime) -> int:
    facts: dict[str, Any] = {
        "since": _hour(since),
        "hour": _hour(until),
        "since_on": day_of(since),
        "rows_per_second": ROWS_PER_SECOND.at(at),
        "at": at,
    }
    cursor.execute(due + _COUNT, facts)
    return int(cursor.fetchone()[0])


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
