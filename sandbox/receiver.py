"""
An advertiser's server that takes Boost's webhooks: it checks their signature as receivers do, keeps what came, and misbehaves as told.

`/receiver/<name>` is one receiver. `POST /_control/receivers/<name>` says how it answers from now on, `GET` what it was sent.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sandbox.clock import instant
from sandbox.context import Sandbox, sandbox_of
from sandbox.control import route

KEPT = 500
_PIECE = b"x" * 65_536


class Manners(BaseModel):
    """
    How a receiver answers. secret: it checks signatures with it; empty: it takes everything.   status: of its answers.   redirect: sends
    callers elsewhere.   delay: seconds before it answers.   body_bytes, body_seconds: size of the answer, and how long it takes to come.
    times: answers that are given so, then it takes everything; null: until told otherwise.
    """

    model_config = ConfigDict(extra="forbid")

    secret: str = Field(default="", max_length=100)
    status: int = Field(default=204, ge=200, le=599)
    redirect: str = Field(default="", max_length=500)
    delay: float = Field(default=0, ge=0, le=120)
    body_bytes: int = Field(default=0, ge=0, le=1_000_000_000)
    body_seconds: float = Field(default=0, ge=0, le=120)
    times: int | None = Field(default=None, ge=1)


async def receive(request: Request) -> Response:
    """Take one message."""
    sandbox, name, body = sandbox_of(request), request.path_params["name"], await request.body()
    manners = _manners(sandbox, name)
    verdict = _verdict(manners.secret, request, body)
    came = {
        "at": instant(),
        "id": request.headers.get("webhook-id", ""),
        "signatures": len(request.headers.get("webhook-signature", "").split()),
        "verdict": verdict,
        "status": manners.status if verdict != "wrong signature" else 401,
        "body": body.decode("utf-8", "replace"),
    }
    with sandbox.book.write():
        sandbox.book.set_switch(f"receiver:{name}:came", [*sandbox.book.switch(f"receiver:{name}:came", []), came][-KEPT:])
        if manners.times is not None:
            left = manners.times - 1
            following = manners.model_copy(update={"times": left}) if left else Manners(secret=manners.secret)
            sandbox.book.set_switch(f"receiver:{name}", following.model_dump())
    await asyncio.sleep(manners.delay)
    if verdict == "wrong signature":
        return Response(status_code=401)
    headers = {"location": manners.redirect} if manners.redirect else {}
    if manners.body_bytes:
        return StreamingResponse(_slowly(manners), status_code=manners.status, headers=headers)
    return Response(status_code=manners.status, headers=headers)


async def _slowly(manners: Manners) -> AsyncIterator[bytes]:
    pieces = max(1, manners.body_bytes // len(_PIECE))
    for _ in range(pieces):
        yield _PIECE
        await asyncio.sleep(manners.body_seconds / pieces)


def _verdict(secret: str, request: Request, body: bytes) -> str:
    if not secret:
        return "unchecked"
    try:
        Webhook(secret).verify(body, dict(request.headers))
    except (WebhookVerificationError, ValueError):
        return "wrong signature"
    return "right signature"


def _manners(sandbox: Sandbox, name: str) -> Manners:
    return Manners.model_validate(sandbox.book.switch(f"receiver:{name}", {}))


def teach(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Say how a receiver answers from now on."""
    manners = Manners.model_validate(body)
    with sandbox.book.write():
        sandbox.book.set_switch(f"receiver:{named['name']}", manners.model_dump())
    return manners.model_dump()


def show(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """What a receiver was sent, oldest first; `message` is the body as JSON."""
    came = sandbox.book.switch(f"receiver:{named['name']}:came", [])
    return {"came": [{**one, "message": json.loads(one["body"] or "null")} for one in came]}


CONTROLS = [route("POST", "/receivers/{name}", teach), route("GET", "/receivers/{name}", show)]
ROUTES = [Route("/{name}", receive, methods=["POST"])]
