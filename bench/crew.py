"""
Two processes with four threads each that post through Django: how the figures behind G6 and G7 were measured, for our ledger and for
django-hordak alike. The parent names a load on one line and gets a line back when it is done.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

from bench.measure import Reading
from bench.yard import ROOT

PROCESSES, THREADS = 2, 4
WORKERS = PROCESSES * THREADS  # numbered from 0, over both processes
STOP_SECONDS = 20


class CrewEnded(Exception):
    """A process ended before it answered; its message is above."""


class Crew:
    """The processes. Each runs `module`, is told the number of its first worker and `facts`, and says when it is ready."""

    def __init__(self, module: str, facts: Mapping[str, object], *, environment: Mapping[str, str]) -> None:
        command = (sys.executable, "-m", module)
        self._processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(PROCESSES)
        ]
        for number, process in enumerate(self._processes):  # one after the other: the first makes what all need
            _say(process, {"first": number * THREADS, **facts})
            _answer(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for process in self._processes:
            if process.stdin:
                process.stdin.close()
        for process in self._processes:
            process.wait(STOP_SECONDS)

    def run(self, load: str, *, each: int, worth: int = 1) -> Reading:
        """Let every worker do the load so many times; the rate counts what each is worth."""
        for process in self._processes:
            _say(process, {"load": load, "each": each})
        seconds = max(_answer(process)["seconds"] for process in self._processes)
        count = WORKERS * each * worth
        return Reading(count=count, rate=count / seconds)


def serve(loads: Mapping[str, Callable[[int, str], None]], *, first: int) -> None:
    """
    The other end: until the input ends, run the load that is asked for in four threads, which keep their connections.

    loads: by name, called with the worker's number and a key that nobody used before.
    """
    ready = threading.Barrier(THREADS)

    def work(worker: int, load: str, each: int, run: int) -> None:
        ready.wait()
        for number in range(each):
            loads[load](worker, f"bench:crew:{load}:{worker}:{run}:{number}")

    with ThreadPoolExecutor(THREADS) as pool:
        say({"seconds": 0.0})
        for run, line in enumerate(sys.stdin):
            asked = json.loads(line)
            started = time.perf_counter()
            list(pool.map(lambda n: work(first + n, asked["load"], asked["each"], run), range(THREADS)))  # noqa: B023 (done before the next)
            say({"seconds": time.perf_counter() - started})


def say(answer: Mapping[str, object]) -> None:
    """One line to the parent."""
    print(json.dumps(answer), flush=True)


def facts() -> dict[str, Any]:
    """The first line from the parent."""
    return dict(json.loads(sys.stdin.readline()))


def _say(process: subprocess.Popen[str], what: Mapping[str, object]) -> None:
    if process.stdin:
        process.stdin.write(f"{json.dumps(what)}\n")
        process.stdin.flush()


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise CrewEnded
    return dict(json.loads(line))
