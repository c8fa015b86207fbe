"""
Firebase Cloud Messaging: access tokens for a signed assertion, and messages to devices. What was accepted stands in the book and in the
inbox.

Devices to script with, by how their token begins: unreg (gone), bad (no token at all), mismatch (of another sender), quota (too many,
twice, then fine), down (away, once), slow (longer than anybody waits), lost (taken, and then silence), apple (our key there is wrong).
Every other one is fine. Assertions are checked against a public key once control was given one; without one whoever names the account is
let in.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import jwt
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox import inbox
from sandbox.context import Sandbox, sandbox_of
from sandbox.control import route

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
LIFE_SECONDS = 3_600
LARGEST = 4_096
SLOW_SECONDS = 15.0
TARGETS = ("token", "topic", "condition")
_KEY, _TRIES = "fcm_public_key", "fcm_tries"


class Key(BaseModel):
    """The public half of the service account's key, PEM."""

    model_config = ConfigDict(extra="forbid")

    public_key: str = Field(min_length=1)


def refusal(status: int, word: str, message: str, *, code: str = "", wait: int | None = None) -> Response:
    """What Google says instead."""
    details = [{"@type": ERROR, "errorCode": code}] if code else []
    body = {"error": {"code": status, "message": message, "status": word, "details": details}}
    return JSONResponse(body, status, headers={"Retry-After": str(wait)} if wait is not None else None)


async def token(request: Request) -> Response:
    """`POST /token`."""
    sandbox = sandbox_of(request)
    form = {name: values[-1] for name, values in parse_qs((await request.body()).decode()).items()}
    key = sandbox.book.switch(_KEY, "")
    try:
        claims = jwt.decode(
            form.get("assertion", ""), key or "", algorithms=["RS256"], audience=str(request.url), options={"verify_signature": bool(key)}
        )
    except jwt.PyJWTError as error:
        return JSONResponse({"error": "invalid_grant", "error_description": type(error).__name__}, 400)
    is_short = 0 < claims.get("exp", 0) - claims.get("iat", 0) <= LIFE_SECONDS
    known = (claims.get("iss"), claims.get("scope"), form.get("grant_type"), is_short) == (sandbox.settings.fcm_email, SCOPE, GRANT, True)
    if not known:
        return JSONResponse({"error": "invalid_grant", "error_description": "claims"}, 400)
    made = secrets.token_urlsafe(24)
    with sandbox.book.write():
        sandbox.book.run("INSERT INTO tokens VALUES (?, ?, ?)", made, "fcm", time.time() + LIFE_SECONDS)
    return JSONResponse({"access_token": made, "expires_in": LIFE_SECONDS, "token_type": "Bearer"})


def _is_signed_in(request: Request) -> bool:
    offered = request.headers.get("authorization", "").removeprefix("Bearer ")
    row = sandbox_of(request).book.row("SELECT expires_at FROM tokens WHERE token = ? AND kind = 'fcm'", offered)
    return row is not None and row["expires_at"] > time.time()


async def send(request: Request) -> Response:
    """`POST /v1/projects/{project}/messages:send`."""
    sandbox, body = sandbox_of(request), await request.body()
    if not _is_signed_in(request):
        return refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.")
    if request.path_params["project"] != sandbox.settings.fcm_project:
        return refusal(403, "PERMISSION_DENIED", "Permission denied on resource project.")
    message = json.loads(body).get("message", {})
    if wrong := _wrong(message, body):
        return refusal(400, "INVALID_ARGUMENT", wrong, code="INVALID_ARGUMENT")
    device = message.get("token", "")
    if (said := await _scripted(sandbox, device)) is not None:
        return said
    name = _accept(sandbox, device, message)
    if device.startswith("lost"):
        await asyncio.sleep(SLOW_SECONDS)
    return JSONResponse({"name": name})


def _wrong(message: dict[str, Any], body: bytes) -> str:
    if sum(name in message for name in TARGETS) != 1:
        return "Exactly one of token, topic or condition is required"
    if any(not isinstance(value, str) for value in message.get("data", {}).values()):
        return "Invalid value at 'message.data'"
    return "Message too big" if len(body) > LARGEST else ""


async def _scripted(sandbox: Sandbox, device: str) -> Response | None:
    """What a device of such a name gets; None when it is fine."""
    word = device.partition("-")[0]
    if word == "unreg":
        return refusal(404, "NOT_FOUND", "Requested entity was not found.", code="UNREGISTERED")
    if word == "bad":
        text = "The registration token is not a valid FCM registration token"
        return refusal(400, "INVALID_ARGUMENT", text, code="INVALID_ARGUMENT")
    if word == "mismatch":
        return refusal(403, "PERMISSION_DENIED", "SenderId mismatch", code="SENDER_ID_MISMATCH")
    if word == "apple":
        return refusal(401, "UNAUTHENTICATED", "Auth error from APNS or Web Push Service", code="THIRD_PARTY_AUTH_ERROR")
    if word == "slow":
        await asyncio.sleep(SLOW_SECONDS)
        return refusal(500, "INTERNAL", "too late", code="INTERNAL")
    if word == "quota" and _try_of(sandbox, device) <= 2:
        return refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded", code="QUOTA_EXCEEDED", wait=1)
    if word == "down" and _try_of(sandbox, device) <= 1:
        return refusal(503, "UNAVAILABLE", "The service is currently unavailable.", code="UNAVAILABLE")
    return None


def _try_of(sandbox: Sandbox, device: str) -> int:
    """The how many-th call for a device this is."""
    with sandbox.book.write():
        tries = sandbox.book.switch(_TRIES, {})
        tries[device] = tries.get(device, 0) + 1
        sandbox.book.set_switch(_TRIES, tries)
        return int(tries[device])


def _accept(sandbox: Sandbox, device: str, message: dict[str, Any]) -> str:
    name = f"projects/{sandbox.settings.fcm_project}/messages/{secrets.token_hex(8)}"
    with sandbox.book.write():
        sandbox.book.run("INSERT INTO fcm_messages (name, token, doc) VALUES (?, ?, ?)", name, device, json.dumps(message))
    shown = message.get("notification", {})
    inbox.accept(
        sandbox.book, inbox.Message(channel="PUSH", to=device or "topic", subject=shown.get("title", ""), body=shown.get("body", ""))
    )
    return name


def listed(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Everything that was accepted, oldest first."""
    rows = sandbox.book.rows("SELECT * FROM fcm_messages ORDER BY seq")
    return {"messages": [{"name": row["name"], "token": row["token"], **json.loads(row["doc"])} for row in rows]}


def set_key(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """From now on assertions have to be signed by the private half of this key."""
    sandbox.book.set_switch(_KEY, Key.model_validate(body).public_key)
    return {}


def sign_out(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Every access token that was given is worth nothing any more."""
    with sandbox.book.write():
        sandbox.book.run("DELETE FROM tokens WHERE kind = 'fcm'")
    return {}


ROUTES = [Route("/token", token, methods=["POST"]), Route("/v1/projects/{project}/messages:send", send, methods=["POST"])]
CONTROLS = [route("GET", "/fcm/messages", listed), route("POST", "/fcm/key", set_key), route("POST", "/fcm/sign-out", sign_out)]
