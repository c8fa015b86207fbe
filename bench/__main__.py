"""
`make bench`: what the product reaches on this machine, as ratios of loads that ran side by side, against the goals of bench/goals.toml.

It writes var/bench.json. It ends with 1 when a goal is missed or a count is wrong after a load, and with 3 when a goal could not be
measured because there is no wrk (and no count is wrong). It may say no.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import goals, pgbench, yard
from bench.measure import BUSY_OTHERS, CPUS, Book
from bench.yard import Yard

VAR = Path(__file__).resolve().parent.parent / "var"
RESULT = VAR / "bench.json"
NOT_MEASURED = 3
LAST_TURN_SECONDS = 300  # a busy machine gets fewer repetitions, not a longer wait


def run(*, repeats: int) -> int:
    """Measure everything; 0 when every goal is reached and every count is right."""
    started = time.monotonic()
    book = Book()
    say(f"bench: PostgreSQL of its own with fsync on, web with {yard.WORKERS} workers x {yard.THREADS} threads, {repeats} repetitions")
    with Yard(folder=VAR / "bench") as place:
        measure(place, book, repeats=repeats, deadline=started + LAST_TURN_SECONDS)
        say("proof ...")
        proof = place.manage("verify_ledger", "--dry-run")
        book.check("verify_ledger", found=(proof.returncode, proof.stdout[-2000:] if proof.returncode else ""), wanted=(0, ""))
        server = server_facts()
        tools = pgbench.version()
    judged = goals.judge(goals.read(), book)
    seconds = time.monotonic() - started
    show(book, judged)
    machine = {**machine_facts(), "postgresql": server, "pgbench": tools}
    RESULT.write_text(json.dumps(as_data(book, judged, machine=machine, seconds=seconds), ensure_ascii=False, indent=2) + "\n")
    reached = sum(entry.is_reached for entry in judged)
    say(f"\n{seconds:.0f} s; {reached} of {len(judged)} goals reached, {len(book.findings)} of {book.checks} checks wrong")
    say(f"written to {RESULT.relative_to(VAR.parent)}")
    shutil.rmtree(VAR / "bench", ignore_errors=True)
    return exit_code(book, judged)


def exit_code(book: Book, judged: list[goals.Judged]) -> int:
    """1: a count is wrong, or a goal is missed.   3: no count is wrong, but something was not measured."""
    if book.findings:
        return 1
    if book.left_out:
        return NOT_MEASURED
    return 1 if any(not entry.is_reached for entry in judged) else 0


def measure(place: Yard, book: Book, *, repeats: int, deadline: float) -> None:
    """All parts, turn after turn, on the same data; no new turn begins after the deadline (monotonic clock)."""
    # These speak through the product's models, which can be imported only now that Django is set up.
    from bench import ledger, participation, webhooks

    say("members and campaigns ...")
    people, launcher = yard.settle(participation.MEMBERS + ledger.MEMBERS), yard.Launcher()
    course = participation.Course(yard=place, book=book, people=people, launcher=launcher)
    inbox = webhooks.Inbox(yard=place, book=book)
    with ledger.Postings(yard=place, book=book, people=people) as postings:
        analyze()
        course.warm_up()
        for turn in range(repeats):
            if turn and time.monotonic() > deadline:
                say(f"stopped after {turn} of {repeats} turns: the time is used up")
                return
            say(f"turn {turn + 1} ...")
            course.turn(turn)
            postings.turn(turn)
            inbox.turn(turn)


def analyze() -> None:
    """Let the planner know what was just made."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def server_facts() -> dict[str, str]:
    """What the figures depend on."""
    from django.db import connection

    names = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_connections")
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [list(names)])
        return dict(cursor.fetchall())


def machine_facts() -> dict[str, Any]:
    """The machine in a few words."""
    memory, cpu = Path("/proc/meminfo"), Path("/proc/cpuinfo")
    models = (
        [line.partition(":")[2].strip() for line in cpu.read_text().splitlines() if line.startswith("model name")] if cpu.exists() else []
    )
    kilobytes = int(memory.read_text().split()[1]) if memory.exists() else 0
    return {
        "cpus": CPUS,
        "cpu": models[0] if models else platform.processor(),
        "memory_gib": round(kilobytes / 2**20, 1),
        "system": platform.system(),
        "python": platform.python_version(),
    }


def as_data(book: Book, judged: list[goals.Judged], *, machine: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The content of var/bench.json."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "machine": machine,
        "others_percent": round(book.others, 1),
        "is_calm": book.others <= BUSY_OTHERS,
        "loads": {name: series.as_data() for name, series in book.series.items()},
        "goals": [
            {
                "name": entry.goal.name, "over": entry.goal.over, "under": entry.goal.under, "bound": entry.goal.bound,
                "ratio": None if entry.ratio is None else round(entry.ratio, 3), "is_reached": entry.is_reached,
            }
            for entry in judged
        ],
        "not_measured": book.left_out,
        "checks": book.checks,
        "findings": book.findings,
    }  # fmt: skip


def show(book: Book, judged: list[goals.Judged]) -> None:
    """The two tables people read."""
    say(f"\n{'load':<28}{'median/s':>10}   {'p50 ms':>7} {'p99 ms':>7}  {'cpu us':>7} {'others %':>8}  runs/s")
    for name, series in book.series.items():
        data = series.as_data()
        timed = [f"{data[key]:>7}" if key in data else " " * 7 for key in ("p50_ms", "p99_ms")]
        others = max(data["others_percent"])
        runs = " ".join(f"{rate:,.0f}" for rate in series.rates)
        say(f"{name:<28}{series.median:>10,.0f}   {timed[0]} {timed[1]} {data['cpu_us']:>7} {others:>8.0f}  {runs}")
    for name in book.left_out:
        say(f"{name:<28}{'not measured':>13}")
    say("")
    for entry in judged:
        reached = "not measured" if entry.ratio is None else f"{entry.ratio:.2f}"
        verdict = "ok  " if entry.is_reached else "MISS" if entry.is_missed else "?   "
        say(f"{verdict} {entry.goal.name:<40} {reached:>12}  goal {entry.goal.bound}")
    if book.left_out:
        say("\nNothing over HTTP was measured: install wrk (apt-get install wrk).")
    if book.others > BUSY_OTHERS:
        say(f"\nOthers used {book.others:.0f} % of the machine meanwhile: not a calm run.")
    for finding in book.findings:
        say(f"WRONG {finding}")


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the product against the same SQL by pgbench.")
    parser.add_argument("--repeats", type=int, default=3)
    return run(repeats=parser.parse_args().repeats)


if __name__ == "__main__":
    sys.exit(main())
