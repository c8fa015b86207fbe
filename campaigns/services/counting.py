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
# Hours of a campaign that follow each other are one stretch, and every stretch is read once, by its index: a LATERAL that groups
# leaves the database no other way, however many rows it thinks there are. What most columns need of a
# participation is its state, so there are few groups; only those that are asked further keep their numbers.
_COUNT = """
    before AS (SELECT s.* FROM campaigns_hourlystat s JOIN due USING (campaign_id, hour_at)),
    stretches AS (
        SELECT campaign_id, MIN(hour_at) AS since, MAX(hour_at) + interval '1 hour' AS until
          FROM (SELECT *, hour_at - ROW_NUMBER() OVER (PARTITION BY campaign_id ORDER BY hour_at) * interval '1 hour' AS stretch FROM due) d
         GROUP BY campaign_id, stretch
    ),
    groups AS (
        SELECT s.campaign_id, g.* FROM stretches s CROSS JOIN LATERAL (
            SELECT date_trunc('hour', p.started_at) AS hour_at, p.state, COUNT(*) AS times, COUNT(p.opened_at) AS went,
                   SUM(p.price) AS credits, SUM(p.tickets) AS tickets,
                   COUNT(*) FILTER (WHERE p.state IN ('STARTED', 'EXPIRED') AND EXISTS (
                       SELECT 1 FROM campaigns_evidence e WHERE e.participation = p.public_id AND e.attempt = p.attempt)) AS sent_so_far,
                   array_agg(p.public_id) FILTER (WHERE p.state IN ('REFUSED', 'STARTED', 'CHECKING')) AS numbers
              FROM campaigns_participation p
             WHERE p.campaign_id = s.campaign_id AND p.started_at >= s.since AND p.started_at < s.until
             GROUP BY date_trunc('hour', p.started_at), p.state
        ) g
    ),
    parts AS (
        SELECT g.campaign_id, g.hour_at, SUM(e.credits) AS credits, SUM(e.tickets) AS tickets
          FROM groups g CROSS JOIN unnest(g.numbers) AS n (number) JOIN campaigns_earnedstep e ON e.participation = n.number
         WHERE g.state IN ('STARTED', 'CHECKING') GROUP BY g.campaign_id, g.hour_at
    ),
    reasons AS (
        SELECT campaign_id, hour_at, jsonb_object_agg(reason, times) AS refused_by
          FROM (SELECT g.campaign_id, g.hour_at, COUNT(*) AS times, COALESCE(
                       (SELECT f.code FROM campaigns_fraudsignal f WHERE f.participation = n.number
                         ORDER BY f.penalty DESC, f.code LIMIT 1),
                       (SELECT lower(e.verdict) FROM campaigns_evidence e WHERE e.participation = n.number
                         ORDER BY e.at DESC, e.id DESC LIMIT 1),
                       'refused') AS reason
                  FROM groups g CROSS JOIN unnest(g.numbers) AS n (number)
                 WHERE g.state = 'REFUSED' GROUP BY g.campaign_id, g.hour_at, reason) n
         GROUP BY campaign_id, hour_at
    ),
    counted AS (
        SELECT campaign_id, hour_at, SUM(times) AS started, SUM(went) AS went,
               SUM(CASE WHEN state IN ('STARTED', 'EXPIRED') THEN sent_so_far ELSE times END) AS sent,
               COALESCE(SUM(times) FILTER (WHERE state IN ('CONFIRMED', 'REWARDED')), 0) AS confirmed,
               COALESCE(SUM(times) FILTER (WHERE state = 'REFUSED'), 0) AS refused,
               COALESCE(SUM(times) FILTER (WHERE state = 'EXPIRED'), 0) AS expired,
               COALESCE(SUM(times) FILTER (WHERE state = 'REVERSED'), 0) AS reversed,
               COALESCE(SUM(times) FILTER (WHERE state IN ('STARTED', 'SUBMITTED', 'CHECKING', 'QUARANTINED')), 0) AS running,
               COALESCE(SUM(credits) FILTER (WHERE state IN ('CONFIRMED', 'REWARDED')), 0) AS credits,
               COALESCE(SUM(tickets) FILTER (WHERE state IN ('CONFIRMED', 'REWARDED')), 0) AS tickets
          FROM groups GROUP BY campaign_id, hour_at
    ),
    shown AS (
        SELECT d.campaign_id, d.hour_at, SUM(v.listed) AS listed, SUM(v.read) AS read
          FROM due d JOIN campaigns_showing v USING (campaign_id, hour_at) GROUP BY d.campaign_id, d.hour_at
    ),
    after AS (
        SELECT campaign_id, hour_at, COALESCE(v.listed, 0) AS listed, COALESCE(v.read, 0) AS read, COALESCE(k.started, 0) AS started,
               COALESCE(k.went, 0) AS went, COALESCE(k.sent, 0) AS sent, COALESCE(k.confirmed, 0) AS confirmed,
               COALESCE(k.refused, 0) AS refused, COALESCE(k.expired, 0) AS expired, COALESCE(k.reversed, 0) AS reversed,
               COALESCE(k.running, 0) AS running, COALESCE(k.credits, 0) + COALESCE(e.credits, 0) AS credits,
               COALESCE(k.tickets, 0) + COALESCE(e.tickets, 0) AS tickets, COALESCE(r.refused_by, '{}') AS refused_by
          FROM due LEFT JOIN counted k USING (campaign_id, hour_at) LEFT JOIN parts e USING (campaign_id, hour_at)
          LEFT JOIN reasons r USING (campaign_id, hour_at) LEFT JOIN shown v USING (campaign_id, hour_at)
          LEFT JOIN before b USING (campaign_id, hour_at)
         WHERE k.started > 0 OR v.listed IS NOT NULL OR b.started IS NOT NULL
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
"""
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
    """
    Count every hour that begins in [since, until) anew, a day at a time; how many had been counted wrong or not at all. One that was broken
    off is begun again: days that were counted already are right.   keep: False takes it back.
    """
    wrong = 0
    while since < until:
        end = min(until, since + timedelta(days=1))
        with transaction.atomic(durable=True), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('campaigns_hourlystat'))")
            wrong += _counted(cursor, _BETWEEN, since=since, until=end - timedelta(microseconds=1), at=at)
            transaction.set_rollback(not keep)
        since = end
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
