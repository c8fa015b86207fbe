"""Slack's incoming webhooks: one address, a JSON text, "ok" in plain text; what arrives lies in the inbox."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sandbox import inbox
from sandbox.context import sandbox_of

SECRET = "sandbox"


async def post(request: Request) -> PlainTextResponse:
    """Take one message; refusals are words in plain text, as there."""
    if request.path_params["secret"] != SECRET:
        return PlainTextResponse("invalid_token", 403)
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return PlainTextResponse("invalid_payload", 400)
    text = body.get("text")
    if not isinstance(text, str) or not text:
        return PlainTextResponse("no_text", 400)
    title, _, rest = text.partition("\n")
    where = "{team}/{bot}".format_map(request.path_params)
    inbox.accept(sandbox_of(request).book, inbox.Message(channel="SLACK", to=where, subject=title, body=rest))
    return PlainTextResponse("ok")


ROUTES = [Route("/services/{team}/{bot}/{secret}", post, methods=["POST"])]
