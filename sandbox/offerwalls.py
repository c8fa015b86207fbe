"""
Offerwalls of four kinds: a page of offers for one member, and the caller that tells the product what was earned. Every caller signs as its
company documents, and can misbehave in the ways that real ones do.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode

import httpx
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from sandbox.clock import instant
from sandbox.context import Sandbox, sandbox_of
from sandbox.control import route
from sandbox.pages import walls

TIMEOUT_SECONDS = 20.0
KEPT = 50
ELSEWHERE = "127.0.0.2"  # this machine too, under another address
_LOG = "offerwall_calls"
Fault = Literal["none", "duplicate", "wrong_signature", "wrong_address", "garbage", "unknown_member"]
Fields = dict[str, str]


class Job(BaseModel):
    """
    What to tell, and how to spoil it. usn: the number that the product gave for its member.

    fault: duplicate sends it twice at once · wrong_signature · wrong_address calls from 127.0.0.2 · garbage sends something else
    altogether · unknown_member names nobody.   reverses: transaction of a reward that is taken back (hmac).   key: another than ours.
    url: of the product's door; ours by default.
    """

    model_config = ConfigDict(extra="forbid")

    network: Literal["adpopcorn", "tnk", "tapjoy", "hmac"]
    usn: str = Field(min_length=1, max_length=64)
    transaction: str = Field(default="", max_length=100)
    tickets: int = Field(default=150, ge=0, le=10_000_000)
    offer: str = Field(default="camp-7", max_length=60)
    reverses: str = Field(default="", max_length=100)
    fault: Fault = "none"
    key: str = Field(default="", max_length=100)
    url: str = Field(default="", max_length=500)


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way."""

    method: str
    fields: Fields
    headers: Fields = field(default_factory=dict)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _adpopcorn(job: Job, key: str) -> Call:
    signed = hmac.new(key.encode(), f"{job.usn}{job.transaction}{job.tickets}{job.offer}".encode(), "md5").hexdigest()
    fields = {"usn": job.usn, "reward_key": job.transaction, "quantity": str(job.tickets), "campaign_key": job.offer}
    return Call("GET", fields | {"signed_value": signed, "campaign_name": "오늘의 참여", "adid": "00000000-aaaa-bbbb-cccc-000000000001"})


def _tnk(job: Job, key: str) -> Call:
    fields = {"seq_id": job.transaction, "pay_pnt": str(job.tickets), "md_user_nm": job.usn, "app_id": job.offer}
    return Call("POST", fields | {"md_chk": _md5(f"{key}{job.usn}{job.transaction}"), "actn_id": "2"})


def _tapjoy(job: Job, key: str) -> Call:
    fields = {"id": job.transaction, "snuid": job.usn, "currency": str(job.tickets)}
    return Call("GET", fields | {"verifier": _md5(f"{job.transaction}:{job.usn}:{job.tickets}:{key}"), "mac_address": "02:00:00:00:00:00"})


def _hmac(job: Job, key: str) -> Call:
    fields = {"user_id": job.usn, "transaction_id": job.transaction, "amount": str(job.tickets), "offer_id": job.offer}
    fields |= {"reverses": job.reverses} if job.reverses else {}
    signed = hmac.new(key.encode(), urlencode(sorted(fields.items())).encode(), "sha256").hexdigest()
    return Call("POST", fields, {"X-Signature": signed})


CALLERS: dict[str, Callable[[Job, str], Call]] = {"adpopcorn": _adpopcorn, "tnk": _tnk, "tapjoy": _tapjoy, "hmac": _hmac}


def call_of(job: Job, key: str) -> Call:
    """The request of a job."""
    used = key[::-1] if job.fault == "wrong_signature" else key
    named = job.model_copy(update={"usn": secrets.token_hex(16)}) if job.fault == "unknown_member" else job
    call = CALLERS[job.network](named, used)
    return Call(call.method, {"whatever": "\x00가나다", "usn": "%00"}) if job.fault == "garbage" else call


async def send(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Carry out a job and answer what the door said to each call."""
    job = Job.model_validate(body)
    if not job.transaction:
        job = job.model_copy(update={"transaction": f"{job.network}-{secrets.token_hex(8)}"})
    url = job.url or f"{sandbox.settings.offerwall_callback_url}{job.network}/"
    if not url.startswith("http"):
        raise ValueError("nobody told the sandbox where the product's door is")
    call = call_of(job, job.key or dict(sandbox.settings.offerwall_keys)[job.network])
    transport = httpx.AsyncHTTPTransport(local_address=ELSEWHERE if job.fault == "wrong_address" else None)
    async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False, transport=transport) as client:
        answers = list(await asyncio.gather(*(_sent(client, url, call) for _ in range(2 if job.fault == "duplicate" else 1))))
    told = [{"at": instant(), "network": job.network, "transaction": job.transaction, **answer} for answer in answers]
    with sandbox.book.write():
        sandbox.book.set_switch(_LOG, [*told[::-1], *sandbox.book.switch(_LOG, [])][:KEPT])
    return {"answers": told}


async def _sent(client: httpx.AsyncClient, url: str, call: Call) -> dict[str, Any]:
    where: dict[str, Any] = {"params": call.fields} if call.method == "GET" else {"data": call.fields}
    try:
        response = await client.request(call.method, url, headers=call.headers, **where)
    except httpx.HTTPError as error:
        return {"status": None, "body": type(error).__name__}
    return {"status": response.status_code, "body": response.text[:500]}


async def page(request: Request) -> Response:
    """The list of offers of one network for one member; finishing one tells the product."""
    sandbox, network = sandbox_of(request), request.path_params["network"]
    if network not in CALLERS:
        return Response(status_code=404)
    usn = request.query_params.get("usn", "")
    log = [call for call in sandbox.book.switch(_LOG, []) if call["network"] == network]
    if request.method == "GET":
        return HTMLResponse(walls.page(network, usn, log, ""))
    form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
    offer = form.get("offer", "")
    _, tickets = walls.OFFERS.get(offer, ("", 0))
    job = {"network": network, "usn": usn, "offer": offer, "tickets": tickets}
    try:
        await send(sandbox, {}, job | {"fault": form.get("fault", "none")})
    except ValueError:
        words = "제품의 주소를 모르거나, 회원 번호가 없어요. 럭플의 오퍼월 화면에서 들어와 주세요."
        return HTMLResponse(walls.page(network, usn, log, words), status_code=422)
    return RedirectResponse(f"/offerwalls/{network}/?{urlencode({'usn': usn})}", 303)


CONTROLS = [route("POST", "/offerwalls", send)]
ROUTES = [Route("/offerwalls/{network}/", page, methods=["GET", "POST"])]
