"""
Callers of conversion postbacks: an advertiser's server that signs, and Airbridge that fills in the macros of the address it was given.
Each can misbehave in the ways that real ones do. Beside them a page where Airbridge's tracking links lead.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.clock import instant
from sandbox.context import Sandbox, sandbox_of
from sandbox.control import route
from sandbox.pages import callers

TIMEOUT_SECONDS = 30.0
MAX_LOGGED_BODY = 2_000
KEPT = 50
_LOG = "conversions_sent"


class Job(BaseModel):
    """
    What to send, and how to spoil it.

    url: of the door; for Airbridge the whole address with its macros.   events: one call each, in this order.   fault: duplicate sends
    every call twice at once · out_of_order sends the last event first · late says a moment `seconds` ago · slow sends the body in two
    parts, `seconds` apart · wrong_signature · unknown_click · unreplaced leaves the macros as they are (Airbridge).
    """

    model_config = ConfigDict(extra="forbid")

    caller: Literal["advertiser", "airbridge"]
    url: str = Field(pattern=r"^https?://", max_length=2_000)
    key: str = Field(default="", max_length=100)
    secret: str = Field(default="", max_length=100)
    click_id: str = Field(min_length=1, max_length=64)
    events: list[str] = Field(min_length=1, max_length=10)
    transaction: str = Field(default="", max_length=100)
    fault: Literal["none", "duplicate", "out_of_order", "late", "slow", "wrong_signature", "unknown_click", "unreplaced"] = "none"
    seconds: float = Field(default=400, ge=0, le=86_400)


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way. body: empty for GET.   pause: seconds between its two halves."""

    method: str
    url: str
    body: bytes = b""
    pause: float = 0.0


def calls_of(job: Job) -> list[Call]:
    """The requests of a job, in the order of sending."""
    events = job.events[::-1] if job.fault == "out_of_order" else job.events
    click = secrets.token_hex(17) if job.fault == "unknown_click" else job.click_id
    make = _signed if job.caller == "advertiser" else _filled_in
    return [make(job, click, event) for event in events]


def _signed(job: Job, click: str, event: str) -> Call:
    """HMAC-SHA256 over moment, click, event and transaction, joined by dots."""
    moment = str(int(time.time() - (job.seconds if job.fault == "late" else 0)))
    message = ".".join((moment, click, event, job.transaction)).encode()
    signature = hmac.new(job.secret.encode(), message, hashlib.sha256).hexdigest()
    facts = {
        "key": job.key, "click_id": click, "event": event, "transaction": job.transaction, "timestamp": moment,
        "signature": signature[::-1] if job.fault == "wrong_signature" else signature,
    }  # fmt: skip
    return Call("POST", job.url, json.dumps(facts).encode(), pause=job.seconds if job.fault == "slow" else 0.0)


def _filled_in(job: Job, click: str, event: str) -> Call:
    """The address with Airbridge's macros replaced, as far as it knows their values."""
    now = int((time.time() - (job.seconds if job.fault == "late" else 0)) * 1_000)
    macros = {
        "{attributionResult.attributedClickID}": click,
        "{attributionResult.attributedSubPublisher}": "luckffle",
        "{attributionResult.attributedTimestamp}": str(now - 180_000),
        "{attributionResult.attributedMatchingType}": "referrer",
        "{eventTimestamp}": str(now),
        "{eventData.isFirstPerDevice}": "true",
        "{app.packageName}": "kr.example.sandbox",
        "{@postback.eventName}": event,
        "{eventData.value}": "0",
        "{eventData.goal.semanticAttributes.transactionID}": job.transaction,
    }  # fmt: skip
    parts = urlsplit(job.url)
    path = _other_token(parts.path) if job.fault == "wrong_signature" else parts.path
    known = {} if job.fault == "unreplaced" else macros
    query = [(name, known.get(value, value)) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
    return Call("GET", urlunsplit(parts._replace(path=path, query=urlencode(query))))


def _other_token(path: str) -> str:
    """The address with the last letter of its secret changed."""
    bare = path.rstrip("/")
    return f"{bare[:-1]}{'1' if bare.endswith('0') else '0'}/"


async def send(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Carry out a job and answer what the door said to each call."""
    job = Job.model_validate(body)
    copies = 2 if job.fault == "duplicate" else 1
    answers: list[dict[str, Any]] = []
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        for call in calls_of(job):
            answers += await asyncio.gather(*(_sent(client, call) for _ in range(copies)))
    with sandbox.book.write():
        sandbox.book.set_switch(_LOG, [*answers[::-1], *sandbox.book.switch(_LOG, [])][:KEPT])
    return {"answers": answers}


async def _sent(client: httpx.AsyncClient, call: Call) -> dict[str, Any]:
    began = time.monotonic()
    told: dict[str, Any] = {"at": instant(), "method": call.method, "url": call.url, "status": None, "body": ""}
    try:
        response = await client.request(call.method, call.url, content=_halves(call) if call.body else None, headers=_headers(call))
        told |= {"status": response.status_code, "body": response.text[:MAX_LOGGED_BODY]}
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        told["body"] = type(error).__name__
    return told | {"took_ms": int((time.monotonic() - began) * 1_000)}


def _headers(call: Call) -> dict[str, str]:
    return {"content-type": "application/json", "content-length": str(len(call.body))} if call.body else {}


async def _halves(call: Call) -> AsyncIterator[bytes]:
    """The body, with a pause in its middle."""
    middle = len(call.body) // 2
    yield call.body[:middle]
    await asyncio.sleep(call.pause)
    yield call.body[middle:]


async def page(request: Request) -> Response:
    """The form, and what was sent."""
    sandbox = sandbox_of(request)
    if request.method == "GET":
        return HTMLResponse(callers.page(sandbox.book.switch(_LOG, []), {}, ""))
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    typed = form | {"events": [name.strip() for name in form.get("events", "").split(",") if name.strip()]}
    try:
        await send(sandbox, {}, {name: value for name, value in typed.items() if value})
    except ValueError:
        words = "빈 칸이 있거나 주소가 http로 시작하지 않아요."
        return HTMLResponse(callers.page(sandbox.book.switch(_LOG, []), form, words), status_code=422)
    return RedirectResponse("/conversions/", 303)


async def tracking(request: Request) -> Response:
    """Where a tracking link leads: the store's page, with what the link carried on it. Every call stands in the book."""
    return HTMLResponse(callers.store(request.path_params["app"], dict(request.query_params)))


CONTROLS = [route("POST", "/conversions", send)]
ROUTES = [Route("/conversions/", page, methods=["GET", "POST"])]
LINKS = [Route("/@{app}/{channel}", tracking, methods=["GET"])]
