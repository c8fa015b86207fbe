"""Load over HTTP by wrk: requests made beforehand, each sent once, at so little CPU that the machine works for the product."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.measure import Reading

SCRIPT = Path(__file__).resolve().parent / "wrk.lua"
SECONDS = 60  # by then every answer is there, or one is missing
IDLE = ("/healthz", '{"status": "ok"}')  # what connections ask that have nothing left to send, and its answer


class NoAnswer(Exception):
    """Not every request was answered; the message is what wrk said."""


def is_there() -> bool:
    """Whether wrk is installed; without it nothing over HTTP is measured."""
    return shutil.which("wrk") is not None


def request(path: str, *, port: int, headers: Mapping[str, str], body: bytes = b"", content_type: str = "application/json") -> bytes:
    """A POST as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def as_body(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


def send_all(requests: Sequence[bytes], *, port: int, connections: int) -> tuple[Reading, Counter[int]]:
    """
    Send every request once; the reading, and how often each status was answered.

    :raises NoAnswer: an answer is missing; a load must not lose one.
    """
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(b"%d\n%b" % (len(request), request) for request in requests))
        file.flush()
        command = [
            "wrk", "--threads=1", f"--connections={connections}", f"--duration={SECONDS}s", f"--timeout={SECONDS}s", f"--script={SCRIPT}",
            f"http://127.0.0.1:{port}", "--", file.name, *IDLE,
        ]  # fmt: skip
        said = ""
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            for line in process.stdout or ():
                said += line
                if line == "ALL\n":
                    process.send_signal(signal.SIGINT)
    duration, p50, p99, *counts = next((line.split()[1:] for line in said.splitlines() if line.startswith("RESULT ")), ["0"] * 3)
    statuses = Counter({int(status): int(count) for status, count in (pair.split("=") for pair in counts)})
    if statuses.total() != len(requests):
        raise NoAnswer(f"{len(requests) - statuses.total()} of {len(requests)} answers are missing: {said[-1500:]}")
    rate = len(requests) / float(duration) * 1_000_000
    return Reading(count=len(requests), rate=rate, p50_ms=float(p50) / 1000, p99_ms=float(p99) / 1000), statuses
