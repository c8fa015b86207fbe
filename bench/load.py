"""
A small HTTP/1.1 load generator: keep-alive connections, requests made beforehand, one thread, a few ten microseconds of CPU per
request, so that the machine works for the product and not for its measuring.
"""

from __future__ import annotations

import json
import selectors
import socket
import statistics
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bench.measure import Reading

SILENCE_SECONDS = 30


class NoAnswer(Exception):
    """The server closed a connection, or said nothing for SILENCE_SECONDS."""


@dataclass
class Answers:
    """statuses: how often each was answered.   bodies: in the order of the requests."""

    statuses: Counter[int] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)


def request(path: str, *, port: int, headers: Mapping[str, str], body: bytes = b"", content_type: str = "application/json") -> bytes:
    """A POST as it goes over the wire."""
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def as_body(data: object) -> bytes:
    return json.dumps(data, separators=(",", ":")).encode()


@dataclass
class _Line:
    """One connection and the request it waits for."""

    socket: socket.socket
    number: int = -1
    sent_at: float = 0.0
    received: bytes = b""


def send_all(requests: Iterable[bytes], *, port: int, connections: int) -> tuple[Reading, Answers]:
    """
    Send every request once, each connection the next one as soon as it has its answer.

    :raises NoAnswer: an answer is missing; a load must not lose one.
    """
    waiting = deque(enumerate(requests))
    count = len(waiting)
    answers = Answers(bodies=[b""] * count)
    took: list[float] = []
    with selectors.DefaultSelector() as selector:
        lines = []
        for _ in range(min(connections, count)):
            connection = socket.create_connection(("127.0.0.1", port), timeout=SILENCE_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            lines.append(_Line(connection))
            selector.register(connection, selectors.EVENT_READ, lines[-1])
        started = time.perf_counter()
        for line in lines:
            _send_next(line, waiting)
        while len(took) < count:
            ready = selector.select(SILENCE_SECONDS)
            if not ready:
                raise NoAnswer(f"{count - len(took)} answers are missing")
            for key, _ in ready:
                line = key.data
                chunk = line.socket.recv(65_536)
                if not chunk:
                    raise NoAnswer("the server closed a connection")
                line.received += chunk
                answer = _complete(line.received)
                if answer is None:
                    continue
                took.append(time.perf_counter() - line.sent_at)
                answers.statuses[answer[0]] += 1
                answers.bodies[line.number] = answer[1]
                line.received = b""
                _send_next(line, waiting)
        seconds = time.perf_counter() - started
        for line in lines:
            line.socket.close()
    took.sort()
    p99 = took[min(len(took) - 1, int(len(took) * 0.99))]
    return Reading(count=count, rate=count / seconds, p50_ms=statistics.median(took) * 1000, p99_ms=p99 * 1000), answers


def _send_next(line: _Line, waiting: deque[tuple[int, bytes]]) -> None:
    if waiting:
        line.number, data = waiting.popleft()
        line.sent_at = time.perf_counter()
        line.socket.sendall(data)


def _complete(received: bytes) -> tuple[int, bytes] | None:
    """Status and body once the whole answer is there."""
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return None
    for name_and_value in head.split(b"\r\n")[1:]:
        name, _, value = name_and_value.partition(b":")
        if name.lower() == b"content-length":
            return (int(head[9:12]), body) if len(body) >= int(value) else None
    raise NoAnswer("an answer without Content-Length")
