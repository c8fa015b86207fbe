"""
`make bench-analytics`: what a dashboard and an analysis cost when 1, 10 and 30 million people took part, in one run on one server.

Participations are written straight into the table, and counted by the product's own counting, so that raw rows and what was counted of
them are both there at every size. Then the product's own reading is timed, its queries are explained, and the same figures are read from
the raw rows beside it. It writes var/bench-analytics.json and ends with 1 when a goal is missed or a count is wrong. It may say no.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import yard
from bench.measure import BUSY_OTHERS
from bench.yard import Yard

VAR = Path(__file__).resolve().parent.parent / "var"
RESULT = VAR / "bench-analytics.json"
CAMPAIGNS, DAYS, UNITS = 50, 30, 1_000
EACH_DAY = CAMPAIGNS * DAYS  # participations of one member, who takes part everywhere every day
BATCH = 100_000
ASKED, ASKED_RAW = 60, 5
FLAT = 1.25  # p95 at the largest size over p95 at the smallest
FASTER = 80.0  # than the raw rows with their index, at 30 million
UPKEEP_US = 3.5  # per participation that is counted
FULL_SIZE = 30_000_000

SEED = """
INSERT INTO campaigns_participation (
       member_id, campaign_id, period_on, public_id, person_key, type, state, attempt, charged_on, slot, price, tickets, dwell_seconds,
       device, started_at, expires_at, opened_at, confirmed_at, beats, score, grant_entry_id)
SELECT m.member, c.campaign, m.on_, gen_random_uuid(), lpad(to_hex(m.member), 64, '0'), 'VISIT', m.state, 1, m.on_, 0, 10, 1, 5,
       CASE WHEN m.member %% 3 = 0 THEN 'ios/safari' ELSE 'android/chrome' END, m.at, m.at + interval '10 minutes', m.at,
       CASE WHEN m.state = 'REWARDED' THEN m.at + interval '10 seconds' END, 0, 80, CASE WHEN m.state = 'REWARDED' THEN 1 END
  FROM (SELECT n %% %(campaigns)s AS place, %(member)s + n / %(each)s AS member,
               %(first_on)s::date + (n / %(campaigns)s %% %(days)s)::int AS on_,
               CASE WHEN n %% 10 = 0 THEN 'EXPIRED' ELSE 'REWARDED' END AS state,
               %(first_at)s::timestamptz
               + make_interval(days => (n / %(campaigns)s %% %(days)s)::int, secs => (n * 7919 %% 86400)::int) AS at
          FROM generate_series(%(from)s::bigint, %(until)s::bigint - 1) AS n) m
  JOIN unnest(%(numbers)s::bigint[]) WITH ORDINALITY AS c (campaign, place) ON c.place - 1 = m.place
"""
RAW = """
SELECT (started_at AT TIME ZONE 'Asia/Seoul')::date, COUNT(*), COUNT(*) FILTER (WHERE state = 'REWARDED'),
       SUM(price) FILTER (WHERE state = 'REWARDED')
  FROM campaigns_participation WHERE campaign_id = %s AND started_at >= %s AND started_at < %s GROUP BY 1
"""


@dataclass(frozen=True)
class Level:
    """One size. …_p95_ms: of reading what was counted.   raw_ms: the same of one campaign from the raw rows, median."""

    rows: int
    hours: int
    people_rows: int
    upkeep_us: float
    one_p95_ms: float
    all_p95_ms: float
    dashboard_p95_ms: float
    raw_ms: float
    touches_participations: bool
    is_right: bool


class Field:
    """The database while it grows."""

    def __init__(self) -> None:
        from campaigns.models import Campaign
        from common.kst import day_from, day_of

        _sql("SET statement_timeout = 0", None)  # a page's limit is none for what fills the table
        self.launcher = yard.Launcher()
        self.launcher.launch(CAMPAIGNS, units=UNITS)
        self.campaigns = list(Campaign.objects.owned_by(self.launcher.advertiser).order_by("pk"))
        self.at = day_from(day_of(datetime.now(UTC))) + timedelta(hours=3)  # the days before are over and were counted
        self.first_on = day_of(self.at) - timedelta(days=DAYS)
        self.rows = 0
        self.people = yard.settle(FULL_SIZE // EACH_DAY)
        _sql("UPDATE rewards_member SET birth_year = 1960 + id %% 45, sex = CASE id %% 2 WHEN 0 THEN 'MALE' ELSE 'FEMALE' END", {})

    def grow(self, rows: int) -> Level:
        """Write participations up to so many, count them, and measure."""
        while self.rows < rows:
            until = min(rows, self.rows + BATCH)
            _sql(SEED, self._facts(until))
            self.rows = until
            say(f"  {self.rows:>12,} participations")
        _sql("ANALYZE", {})
        upkeep = self._count()
        _sql("ANALYZE", {})
        return self._measured(upkeep)

    def _facts(self, until: int) -> dict[str, Any]:
        from common.kst import day_from

        return {
            "campaigns": CAMPAIGNS, "days": DAYS, "each": EACH_DAY, "member": self.people.first, "from": self.rows, "until": until,
            "first_on": self.first_on, "first_at": day_from(self.first_on), "numbers": [campaign.pk for campaign in self.campaigns],
        }  # fmt: skip

    def _count(self) -> float:
        """The product's counting over all days, in microseconds per participation."""
        from campaigns.services import counting, counting_people

        began = time.perf_counter()
        counting.recount(since=self.at - timedelta(days=DAYS, hours=3), until=self.at, at=self.at)
        seconds = time.perf_counter() - began
        counting_people.recount_people(at=self.at)
        return seconds / self.rows * 1_000_000

    def _measured(self, upkeep: float) -> Level:
        from campaigns import analytics, dashboard
        from campaigns.models import HourlyStat, PeopleStat
        from campaigns.questions import Period, Question

        period = Period(self.first_on, self.first_on + timedelta(days=DAYS - 1))
        whole = Question(advertiser=self.launcher.advertiser, period=period)
        one = Question(advertiser=self.launcher.advertiser, period=period, campaign=self.campaigns[0])
        told = analytics.answer(whole).total.counts
        raw = [self.campaigns[0].pk, period.since, period.until]
        return Level(
            rows=self.rows,
            hours=HourlyStat.objects.count(),
            people_rows=PeopleStat.objects.count(),
            upkeep_us=round(upkeep, 2),
            one_p95_ms=_p(95, lambda: analytics.answer(one)),
            all_p95_ms=_p(95, lambda: analytics.answer(whole)),
            dashboard_p95_ms=_p(95, lambda: dashboard.board(self.launcher.advertiser, at=self.at)),
            raw_ms=_p(50, lambda: _sql(RAW, raw), times=ASKED_RAW),
            touches_participations=any(_touches(lambda ask=ask: analytics.answer(ask)) for ask in (one, whole)),  # type: ignore[misc]
            is_right=(told.started, told.confirmed) == (self.rows, self.rows - -(-self.rows // 10)),
        )


def _sql(sql: str, values: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _p(percent: int, ask: Callable[[], object], *, times: int = ASKED) -> float:
    """A percentile of how long it takes, in milliseconds."""
    ask()  # warm
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        spent.append(time.perf_counter() - began)
    return round(sorted(spent)[min(times - 1, times * percent // 100)] * 1_000, 2)


def _touches(ask: Callable[[], object]) -> bool:
    """True when the database reads a partition of participations to answer."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        ask()
    plans = []
    with connection.cursor() as cursor:
        for question in seen.captured_queries:
            cursor.execute("EXPLAIN " + question["sql"])
            plans += [row[0] for row in cursor.fetchall()]
    return any("campaigns_participation" in line for line in plans)


def judge(levels: list[Level]) -> list[str]:
    """What was missed, in sentences."""
    first, last = levels[0], levels[-1]
    missed = []
    for level in levels:
        if not level.is_right:
            missed.append(f"{level.rows:,}: the counts are not what was written")
        if level.touches_participations:
            missed.append(f"{level.rows:,}: a query reads participations")
        if level.upkeep_us > UPKEEP_US:
            missed.append(f"{level.rows:,}: counting takes {level.upkeep_us} us per participation, goal {UPKEEP_US}")
    if last.rows > first.rows:
        for name in ("one_p95_ms", "all_p95_ms", "dashboard_p95_ms"):
            ratio = getattr(last, name) / getattr(first, name)
            if ratio > FLAT:
                missed.append(f"{name} grew {ratio:.2f} times from {first.rows:,} to {last.rows:,}, goal {FLAT}")
    if last.rows >= FULL_SIZE and last.raw_ms / last.one_p95_ms < FASTER:
        missed.append(f"only {last.raw_ms / last.one_p95_ms:.0f} times as fast as the raw rows, goal {FASTER:.0f}")
    return missed


def run(*, millions: list[float]) -> int:
    """Measure at every size; 0 when every goal is reached and every count is right."""
    with Yard(folder=VAR / "bench-analytics", with_web=False) as place:
        say("members and campaigns ...")
        field, levels = Field(), []
        with place.cpu.watch():
            for size in sorted(millions):
                levels.append(field.grow(int(size * 1_000_000)))
                say(f"  {asdict(levels[-1])}")
        others = place.cpu.others
    shutil.rmtree(VAR / "bench-analytics", ignore_errors=True)
    missed = judge(levels)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    result = {"at": now, "others_percent": round(others, 1), "levels": [asdict(level) for level in levels], "missed": missed}
    RESULT.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    for sentence in missed:
        say(f"MISS {sentence}")
    say(f"others used {others:.0f} % of the machine{'' if others <= BUSY_OTHERS else ': not a calm run'}")
    say(f"written to {RESULT.relative_to(VAR.parent)}")
    return 1 if missed else 0


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.analytics", description="Ask for analytics at growing sizes.")
    parser.add_argument("--millions", type=float, nargs="+", default=[1, 10, 30])
    return run(millions=parser.parse_args().millions)


if __name__ == "__main__":
    sys.exit(main())
