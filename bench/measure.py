"""Counting: readings of one load, series of repeated ones, ratios of interleaved pairs, and who else used the machine meanwhile."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
CPUS = os.cpu_count() or 1
BUSY_OTHERS = 15.0  # percent of the machine: above it a run is called disturbed


@dataclass(frozen=True)
class Reading:
    """
    One load. rate: per second.   p50_ms, p99_ms: of single answers, where they were timed.

    others: percent of the machine.   cpu_us: our own CPU per thing counted, load generator and database included.
    """

    count: int
    rate: float
    p50_ms: float | None = None
    p99_ms: float | None = None
    others: float = 0.0
    cpu_us: float = 0.0


@dataclass
class Series:
    """Repetitions of one load, in their order."""

    readings: list[Reading] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return [reading.rate for reading in self.readings]

    @property
    def median(self) -> float:
        return statistics.median(self.rates)

    def as_data(self) -> dict[str, Any]:
        """For var/bench.json."""
        data: dict[str, Any] = {
            "median_per_second": round(self.median, 1),
            "runs_per_second": [round(rate, 1) for rate in self.rates],
            "count_per_run": [reading.count for reading in self.readings],
            "cpu_us": round(statistics.median(reading.cpu_us for reading in self.readings)),
            "others_percent": [round(reading.others, 1) for reading in self.readings],
        }
        for name in ("p50_ms", "p99_ms"):
            timed = [value for reading in self.readings if (value := getattr(reading, name)) is not None]
            if timed:
                data[name] = round(statistics.median(timed), 1)
        return data


class Cpu:
    """
    CPU used by others while a block runs: what /proc/stat counts as busy, less what our processes used.

    roots: process numbers whose descendants are ours too. On a system without /proc everything reads 0 and `is_known` is False.
    """

    def __init__(self, roots: Callable[[], list[int]]) -> None:
        self.roots = roots
        self.is_known = Path("/proc/stat").exists()
        self.others = self.own_seconds = 0.0

    def applied(self, reading: Reading) -> Reading:
        """The reading of the block that was watched last, with what it cost and who disturbed it."""
        return replace(reading, others=self.others, cpu_us=self.own_seconds / reading.count * 1_000_000)

    @contextmanager
    def watch(self) -> Iterator[None]:
        """Set `others`, in percent of the machine, and `own_seconds` when the block ends."""
        busy, total, own = self._read()
        yield
        busy_after, total_after, own_after = self._read()
        elapsed = total_after - total
        self.own_seconds = (own_after - own) / TICKS
        self.others = max(0.0, 100.0 * ((busy_after - busy) - (own_after - own)) / elapsed) if elapsed else 0.0

    def _read(self) -> tuple[float, float, float]:
        if not self.is_known:
            return 0.0, 0.0, 0.0
        numbers = [int(part) for part in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        idle = numbers[3] + numbers[4]
        return float(sum(numbers) - idle), float(sum(numbers)), float(_ticks_of(set(self.roots())))


def _ticks_of(roots: set[int]) -> int:
    """CPU ticks of these processes and everything below them, children that ended and were waited for included."""
    parents: dict[int, int] = {}
    used: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        parents[int(entry.name)] = int(fields[1])
        used[int(entry.name)] = sum(int(part) for part in fields[11:15])

    def is_ours(pid: int) -> bool:
        while pid > 1:
            if pid in roots:
                return True
            pid = parents.get(pid, 0)
        return False

    return sum(ticks for pid, ticks in used.items() if is_ours(pid))


@dataclass
class Book:
    """
    Everything that was measured in one run.

    findings: what was not as it must be after a load.   left_out: loads that this machine cannot run.
    """

    series: dict[str, Series] = field(default_factory=dict)
    findings: list[str] = field(default_factory=list)
    checks: int = 0
    left_out: list[str] = field(default_factory=list)

    def leave_out(self, *names: str) -> None:
        """Note loads as not measured."""
        self.left_out += [name for name in names if name not in self.left_out]

    def add(self, name: str, reading: Reading) -> None:
        self.series.setdefault(name, Series()).readings.append(reading)

    def ratio(self, over: str, under: str) -> float:
        """Median of the ratios of the repetitions that ran side by side."""
        pairs = zip(self.series[over].rates, self.series[under].rates, strict=True)
        return statistics.median(above / below for above, below in pairs)

    def check(self, what: str, *, found: object, wanted: object) -> None:
        """Note a finding when a count is not exactly what the load must have left."""
        self.checks += 1
        if found != wanted:
            self.findings.append(f"{what}: {found} instead of {wanted}")

    @property
    def others(self) -> float:
        """Median percent of the machine that others used."""
        return statistics.median(reading.others for series in self.series.values() for reading in series.readings)


def interleave(book: Book, sides: Mapping[str, Callable[[], Reading]], *, turn: int) -> None:
    """Run each side once, in the other order every second turn, so that neither always has the warmer machine."""
    names = list(sides)
    for name in names if turn % 2 == 0 else reversed(names):
        book.add(name, sides[name]())
