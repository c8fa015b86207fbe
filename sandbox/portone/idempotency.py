"""The idempotency store: one answer per key, for three hours."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse

from sandbox.context import Sandbox
from sandbox.portone.errors import ApiError

logger = logging.getLogger(__name__)
KEEP_SECONDS = 3 * 60 * 60
KEY = re.compile(r'"(?P<quoted>[\x20\x21\x23-\x5b\x5d-\x7e]{16,256})"|(?P<bare>[A-Za-z0-9_-]{16,256})')


async def once(
    sandbox: Sandbox,
    *,
    header: str | None,
    method: str,
    path: str,
    body: bytes,
    working_seconds: float,
    work: Callable[[], dict[str, Any]],
) -> JSONResponse:
    """
    Do the work and remember its answer, refusals included; a repeat gets that answer and does nothing.

    working_seconds: how long the work pretends to take, while its key is outstanding.

    :raises ApiError: malformed key, key used for something else, or the first call is still being worked on.
    """
    key = read_key(header) if header is not None and method in ("POST", "PUT", "PATCH", "DELETE") else None
    if key is None:
        await asyncio.sleep(working_seconds)
        return _answer(*_worked(work))
    fingerprint = hashlib.sha256(b"\0".join((method.encode(), path.encode(), _canonical(body)))).hexdigest()
    stored = _reserve(sandbox, key, fingerprint)
    if stored is not None:
        return _answer(*stored)
    try:
        await asyncio.sleep(working_seconds)
        with sandbox.book.write():
            status, answer = _worked(work)
            sandbox.book.run("UPDATE answers SET status = ?, body = ? WHERE key = ?", status, json.dumps(answer), key)
    except BaseException:
        with sandbox.book.write():
            sandbox.book.run("DELETE FROM answers WHERE key = ? AND status IS NULL", key)
        raise
    return _answer(status, answer)


def read_key(header: str) -> str:
    """
    The key inside the header: an RFC 8941 string of 16 to 256 characters.

    :raises ApiError: neither that nor the bare form of older documentation, which is taken with a warning.
    """
    found = KEY.fullmatch(header.strip())
    if found is None:
        raise ApiError("INVALID_REQUEST", "Idempotency-Key must be a quoted string of 16 to 256 ASCII characters")
    if found["quoted"] is None:
        logger.warning("Idempotency-Key without quotes: %s", found["bare"])
        return found["bare"]
    return found["quoted"]


def forget_interrupted(sandbox: Sandbox) -> None:
    """After a restart nothing is being worked on."""
    with sandbox.book.write():
        sandbox.book.run("DELETE FROM answers WHERE status IS NULL")


def _reserve(sandbox: Sandbox, key: str, fingerprint: str) -> tuple[int, dict[str, Any]] | None:
    now = sandbox.clock.now()
    with sandbox.book.write():
        sandbox.book.run("DELETE FROM answers WHERE reserved_at < ? AND status IS NOT NULL", now - KEEP_SECONDS)
        found = sandbox.book.row("SELECT fingerprint, status, body FROM answers WHERE key = ?", key)
        if found is None:
            sandbox.book.run("INSERT INTO answers (key, fingerprint, reserved_at) VALUES (?, ?, ?)", key, fingerprint, now)
            return None
        if found["fingerprint"] != fingerprint:
            raise ApiError("INVALID_REQUEST", "Idempotency-Key was used for another request")
        if found["status"] is None:
            raise ApiError("IDEMPOTENCY_OUTSTANDING_REQUEST", "the first request is still being processed")
        return int(found["status"]), json.loads(found["body"])


def _worked(work: Callable[[], dict[str, Any]]) -> tuple[int, dict[str, Any]]:
    try:
        return 200, work()
    except ApiError as refusal:
        return refusal.status, refusal.payload()


def _answer(status: int, body: dict[str, Any]) -> JSONResponse:
    return JSONResponse(body, status_code=status)


def _canonical(body: bytes) -> bytes:
    """The same JSON written differently is the same request."""
    try:
        return json.dumps(json.loads(body), sort_keys=True).encode()
    except ValueError:
        return body
