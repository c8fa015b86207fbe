"""
`make bench-analytics`: what a dashboard and an analysis cost when 1, 10 and 30 million people took part, in one run on one server.

Participations are written straight into the table in the order of their starts, as members write them, and counted by the product's own
counting, so that raw rows and what was counted of them are both there at every size. Then the product's own reading is timed, its queries
are explained (with the pages of the database that they touch, which no other process disturbs), and the same figures are read from the raw
rows beside it. It writes var/bench-analytics.json and ends with 1 when a goal is missed or a count is wrong. It may say no.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench import yard
from bench.measure import BUSY_OTHERS, TICKS
from bench.yard import Yard

VAR = Path(__file__).resolve().parent.parent / "var"
RESULT = VAR / "bench-analytics.json"
CAMPAIGNS, DAYS, UNITS = 50, 30, 1_000
EACH = CAMPAIGNS * DAYS  # participations of one member, who takes part everywhere every day
ASKED, ASKED_RAW = 60, 5
FLAT = 1.25  # the largest size against the smallest: p95 of the time, and pages touched
FASTER = 80.0  # than the raw rows with their index, at 30 million
UPKEEP_US = 3.5  # of the database's CPU, per participation that is counted
FULL_SIZE = 30_000_000
# Only reading and counting are measured; nobody needs what was seeded after a crash.
PARAMETERS = {
    "fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "shared_buffers": "1GB", "max_wal_size": "8GB",
}  # fmt: skip

UNLOGGED = """
DO $$ DECLARE part regclass; BEGIN
    FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'campaigns_participation'::regclass LOOP
        EXECUTE format('ALTER TABLE %s SET UNLOGGED', part);
    END LOOP;
END $$
"""
# Keys and indexes that neither counting nor reading uses only slow the seeding down.
LIGHT = """
ALTER TABLE campaigns_participation DROP CONSTRAINT campaigns_participation_pkey, DROP CONSTRAINT campaigns_participation_once_per_person,
    DROP CONSTRAINT campaigns_participation_public_id;
DROP INDEX campaigns_participation_of_member, campaigns_participation_running, campaigns_participation_confirmed
"""
PEOPLE = "UPDATE rewards_member SET birth_year = 1960 + id %% 45, sex = CASE id %% 2 WHEN 0 THEN 'MALE' ELSE 'FEMALE' END"
# One day of so many members, one participation after the other.
SEED = """
INSERT INTO campaigns_participation (
       member_id, campaign_id, period_on, public_id, person_key, type, state, attempt, charged_on, slot, price, tickets, dwell_seconds,
       device, started_at, expires_at, opened_at, confirmed_at, beats, score, grant_entry_id)
SELECT m.member, m.campaign, %(on)s, uuidv7(), lpad(to_hex(m.member), 64, '0'), 'VISIT', m.state, 1, %(on)s, 0, 10, 1, 5,
       CASE WHEN m.member %% 3 = 0 THEN 'ios/safari' ELSE 'android/chrome' END, m.at, m.at + interval '10 minutes', m.at,
       CASE WHEN m.state = 'REWARDED' THEN m.at + interval '10 seconds' END, 0, 80, CASE WHEN m.state = 'REWARDED' THEN 1 END
  FROM (SELECT %(first)s + n / %(campaigns)s AS member, (%(numbers)s::bigint[])[n %% %(campaigns)s + 1] AS campaign,
               CASE WHEN n %% 10 = 0 THEN 'EXPIRED' ELSE 'REWARDED' END AS state,
               %(at)s::timestamptz + n * interval '1 day' / (%(members)s * %(campaigns)s) AS at
          FROM generate_series(0, %(members)s * %(campaigns)s - 1) AS n) m
"""
RAW = """
SELECT (started_at AT TIME ZONE 'Asia/Seoul')::date, COUNT(*), COUNT(*) FILTER (WHERE state = 'REWARDED'),
       SUM(price) FILTER (WHERE state = 'REWARDED')
  FROM campaigns_participation WHERE campaign_id = %s AND started_at >= %s AND started_at < %s GROUP BY 1
"""


@dataclass(frozen=True)
class Asked:
    """One question, asked often. pages: of 8 kB that its queries touch.   is_clean: none of them reads participations."""

    p50_ms: float
    p95_ms: float
    pages: int
    is_clean: bool


@dataclass(frozen=True)
class Level:
    """
    One size. upkeep_us, upkeep_cpu_us: of counting, per participation, by the clock and in CPU of the database.   one, all: the analysis of
    one campaign, of all.   raw_ms, raw_pages: the days of one campaign from the raw rows, median.
    """

    rows: int
    hours: int
    people_rows: int
    upkeep_us: float
    upkeep_cpu_us: float
    one: Asked
    all: Asked
    dashboard: Asked
    raw_ms: float
    raw_pages: int
    is_right: bool


class Field:
    """The database while it grows."""

    def __init__(self) -> None:
        from campaigns.models import Campaign
        from common.kst import day_from, day_of

        self.launcher = yard.Launcher()
        self.launcher.launch(CAMPAIGNS, units=UNITS)
        self.campaigns = list(Campaign.objects.owned_by(self.launcher.advertiser).order_by("pk"))
        self.at = day_from(day_of(datetime.now(UTC))) + timedelta(hours=3)  # the days before are over and were counted
        self.first_on = day_of(self.at) - timedelta(days=DAYS)
        self.members = 0
        self.people = yard.settle(FULL_SIZE // EACH)
        _sql("SET statement_timeout = 0")  # a page's limit is none for what fills the table
        _sql("SELECT campaigns_keep_partitions(%s, 2)", [self.first_on])
        _sql(UNLOGGED)
        _sql(LIGHT)
        _sql(PEOPLE, {})

    @property
    def rows(self) -> int:
        return self.members * EACH

    def grow(self, rows: int) -> Level:
        """Write participations up to about so many, count them, and measure."""
        until = -(-rows // EACH)
        for number in range(DAYS):
            _sql(SEED, self._facts(self.first_on + timedelta(days=number), until - self.members))
            say(f"  day {number + 1} of {DAYS}")
        self.members = until
        _sql("VACUUM ANALYZE")  # as the server does by itself after a while
        wall, cpu = self._count()
        _sql("VACUUM ANALYZE campaigns_hourlystat, campaigns_peoplestat")
        return self._measured(wall, cpu)

    def _facts(self, on: date, members: int) -> dict[str, Any]:
        from common.kst import day_from

        numbers = [campaign.pk for campaign in self.campaigns]
        first = self.people.first + self.members
        return {"on": on, "at": day_from(on), "first": first, "members": members, "campaigns": CAMPAIGNS, "numbers": numbers}

    def _count(self) -> tuple[float, float]:
        """The product's counting over all days, in microseconds per participation: by the clock, and of the database's CPU."""
        from campaigns.services import counting, counting_people

        _sql("TRUNCATE campaigns_hourlystat, campaigns_peoplestat")  # every size as if it had been there from the start
        with _spent() as spent:
            counting.recount(since=self.at - timedelta(days=DAYS, hours=3), until=self.at, at=self.at)
        counting_people.recount_people(at=self.at)
        return round(spent["wall"] / self.rows * 1_000_000, 2), round(spent["cpu"] / self.rows * 1_000_000, 2)

    def _measured(self, wall: float, cpu: float) -> Level:
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
            upkeep_us=wall,
            upkeep_cpu_us=cpu,
            one=_asked(lambda: analytics.answer(one)),
            all=_asked(lambda: analytics.answer(whole)),
            dashboard=_asked(lambda: dashboard.board(self.launcher.advertiser, at=self.at)),
            raw_ms=_p(50, _times(lambda: _sql(RAW, raw), ASKED_RAW)),
            raw_pages=_explained(lambda: _sql(RAW, raw))[0],
            is_right=(told.started, told.confirmed) == (self.rows, self.rows - self.rows // 10),
        )


def _sql(sql: str, values: Any = None) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@contextmanager
def _spent() -> Iterator[dict[str, float]]:
    """Seconds of a block: wall, and cpu of the server's process behind our connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = cursor.fetchone()[0]
    spent: dict[str, float] = {}
    began, cpu = time.perf_counter(), _cpu(process)
    yield spent
    spent["wall"], spent["cpu"] = time.perf_counter() - began, _cpu(process) - cpu


def _cpu(process: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _asked(ask: Callable[[], object]) -> Asked:
    times = _times(ask, ASKED)
    pages, is_clean = _explained(ask)
    return Asked(p50_ms=_p(50, times), p95_ms=_p(95, times), pages=pages, is_clean=is_clean)


def _times(ask: Callable[[], object], often: int) -> list[float]:
    """How long it takes, in seconds, sorted."""
    ask()  # warm
    spent = []
    for _ in range(often):
        began = time.perf_counter()
        ask()
        spent.append(time.perf_counter() - began)
    return sorted(spent)


def _p(percent: int, times: list[float]) -> float:
    """A percentile in milliseconds."""
    return round(times[min(len(times) - 1, len(times) * percent // 100)] * 1_000, 2)


def _explained(ask: Callable[[], object]) -> tuple[int, bool]:
    """How many pages the queries touch, and whether they leave participations alone."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        ask()
    pages, is_clean = 0, True
    with connection.cursor() as cursor:
        for question in seen.captured_queries:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + question["sql"])
            found = cursor.fetchone()[0]
            (plan,) = json.loads(found) if isinstance(found, str) else found
            pages += plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
            is_clean = is_clean and "campaigns_participation" not in json.dumps(plan)
    return pages, is_clean


def judge(levels: list[Level]) -> list[str]:
    """What was missed, in sentences."""
    first, last = levels[0], levels[-1]
    missed = []
    for level in levels:
        if not level.is_right:
            missed.append(f"{level.rows:,}: the counts are not what was written")
        if not (level.one.is_clean and level.all.is_clean and level.dashboard.is_clean):
            missed.append(f"{level.rows:,}: a query reads participations")
        if level.upkeep_cpu_us > UPKEEP_US:
            missed.append(f"{level.rows:,}: counting takes {level.upkeep_cpu_us} us per participation, goal {UPKEEP_US}")
    if last.rows > first.rows:
        for name in ("one", "all", "dashboard"):
            for what in ("p95_ms", "pages"):
                ratio = getattr(getattr(last, name), what) / getattr(getattr(first, name), what)
                if ratio > FLAT:
                    missed.append(f"{what} of {name} grew {ratio:.2f} times from {first.rows:,} to {last.rows:,}, goal {FLAT}")
    if last.rows >= FULL_SIZE and last.raw_ms / last.one.p50_ms < FASTER:
        missed.append(f"only {last.raw_ms / last.one.p50_ms:.0f} times as fast as the raw rows, goal {FASTER:.0f}")
    return missed


def run(*, millions: list[float]) -> int:
    """Measure at every size; 0 when every goal is reached and every count is right."""
    with Yard(folder=VAR / "bench-analytics", with_web=False, parameters=PARAMETERS) as place:
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
