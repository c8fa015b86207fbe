"""
The idempotency store: one answer per key, for 15 days.

A key belongs to API key, address and method. The body is no part of it: the same key with another body gets the first answer.
Refusals are remembered too. Source: Toss Payments guide on idempotency.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from sandbox.context import Sandbox
from sandbox.toss.errors import TossError

KEEP_SECONDS = 15 * 24 * 60 * 60
LONGEST_KEY = 300


async def once(
    sandbox: Sandbox, *, header: str | None, secret: str, method: str, path: str, working_seconds: float, work: Callable[[], Any]
) -> Response:
    """
    Do the work and remember its answer; a repeat gets the very same bytes and does nothing.

    :raises TossError: the key is too long, or the first call is still being worked on.
    """
    if header is None or method == "GET":
        await asyncio.sleep(working_seconds)
        return _answer(*_worked(work))
    if not 0 < len(header) <= LONGEST_KEY:
        raise TossError("INVALID_IDEMPOTENCY_KEY")
    name = json.dumps([header, secret, method, path])
    stored = _reserve(sandbox, name)
    if stored is not None:
        return _answer(*stored)
    try:
        await asyncio.sleep(working_seconds)
        with sandbox.book.write():
            status, body = _worked(work)
            sandbox.book.run("UPDATE toss_answers SET status = ?, body = ? WHERE name = ?", status, body, name)
    except BaseException:
        with sandbox.book.write():
            sandbox.book.run("DELETE FROM toss_answers WHERE name = ? AND status IS NULL", name)
        raise
    return _answer(status, body)


def forget_interrupted(sandbox: Sandbox) -> None:
    """After a restart nothing is being worked on."""
    with sandbox.book.write():
        sandbox.book.run("DELETE FROM toss_answers WHERE status IS NULL")


def _reserve(sandbox: Sandbox, name: str) -> tuple[int, str] | None:
    now = sandbox.clock.now()
    with sandbox.book.write():
        sandbox.book.run("DELETE FROM toss_answers WHERE reserved_at < ? AND status IS NOT NULL", now - KEEP_SECONDS)
        found = sandbox.book.row("SELECT status, body FROM toss_answers WHERE name = ?", name)
        if found is None:
            sandbox.book.run("INSERT INTO toss_answers (name, reserved_at) VALUES (?, ?)", name, now)
            return None
        if found["status"] is None:
            raise TossError("IDEMPOTENT_REQUEST_PROCESSING")
        return int(found["status"]), str(found["body"])


def _worked(work: Callable[[], Any]) -> tuple[int, str]:
    try:
        status, body = 200, work()
    except TossError as refusal:
        status, body = refusal.status, refusal.payload()
    return status, "" if body is None else json.dumps(body, ensure_ascii=False)


def _answer(status: int, body: str) -> Response:
    return Response(body, status_code=status, media_type="application/json")
