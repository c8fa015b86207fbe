"""Scripted misbehaviour of a service, and the door that records every call and applies it."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.book import Book
from sandbox.clock import instant

HANG_SECONDS = 120.0
HTML_ERROR = "<html><head><title>{status}</title></head><body><center><h1>{status} Server Error</h1></center></body></html>"


class Fault(BaseModel):
    """
    One rule. It applies to the next `count` matching calls (null: until cleared), oldest rule first, one rule per call.

    kind      delay     answer after `seconds`
              error     answer `status` with JSON (`type`, `message`, `extra`) or, with `html`, a proxy's error page
              garbage   answer 200 with something that is not JSON (or `text`)
              timeout   never answer (the connection stays open for `seconds`)
              drop      close the connection without a byte
              drip      answer one byte every `seconds`
    when      before    nothing has happened yet; the service never saw the call
              during    (delay only) while the call is being worked on: its idempotency key is outstanding
              after     the effect has happened, only the answer suffers
    method, path   optional filters; `path` is a part of the path below the service's mount
    """

    model_config = ConfigDict(extra="forbid")

    service: str = "portone"
    kind: Literal["delay", "error", "garbage", "timeout", "drop", "drip"]
    when: Literal["before", "during", "after"] = "before"
    count: int | None = Field(default=1, ge=1)
    method: str = ""
    path: str = ""
    seconds: float | None = Field(default=None, ge=0)
    status: int = Field(default=500, ge=400, le=599)
    html: bool = False
    type: str = "INTERNAL"
    message: str = "scripted by the sandbox"
    extra: dict[str, Any] = Field(default_factory=dict)
    text: str = '{"status": "PAI'

    @model_validator(mode="after")
    def _during_is_a_delay(self) -> Fault:
        if self.when == "during" and self.kind != "delay":
            raise ValueError("only a delay can happen during the work")
        return self

    def matches(self, service: str, method: str, path: str) -> bool:
        """Whether this rule speaks about that call."""
        return self.service == service and self.method.upper() in ("", method) and self.path in path

    def response(self) -> Response:
        """The answer of an error or garbage rule."""
        if self.kind == "garbage":
            return Response(self.text, media_type="application/json")
        if self.html:
            return HTMLResponse(HTML_ERROR.format(status=self.status), status_code=self.status)
        name = "code" if self.service == "toss" else "type"
        return JSONResponse({name: self.type, "message": self.message, **self.extra}, status_code=self.status)


class Faults:
    """The rules in force, oldest first. They live in the book, so a restart does not forget them."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def listed(self) -> list[Fault]:
        """Every rule that still has calls to spoil."""
        return [Fault.model_validate(rule) for rule in self._book.switch("faults", [])]

    def add(self, fault: Fault) -> None:
        """Put a rule at the end of the queue."""
        with self._book.write():
            self._save([*self.listed(), fault])

    def clear(self, service: str = "") -> None:
        """Drop all rules, or those of one service."""
        with self._book.write():
            self._save([rule for rule in self.listed() if service and rule.service != service])

    def take(self, *, service: str, method: str, path: str) -> Fault | None:
        """The rule for this call, with one use of it spent."""
        with self._book.write():
            rules = self.listed()
            found = next((rule for rule in rules if rule.matches(service, method, path)), None)
            if found is not None and found.count is not None:
                found.count -= 1
                self._save([rule for rule in rules if rule.count != 0])
            return found

    def _save(self, rules: list[Fault]) -> None:
        self._book.set_switch("faults", [rule.model_dump() for rule in rules])


class Door:
    """Stands in front of one service: writes the call down, then lets it through, spoiled as scripted."""

    def __init__(self, app: ASGIApp, *, service: str, book: Book, faults: Faults) -> None:
        self._app = app
        self._service = service
        self._book = book
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        path = scope["path"].removeprefix(scope.get("root_path", "")) or "/"
        fault = self._faults.take(service=self._service, method=request.method, path=path)
        call = self._record(request, path, body, fault)

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        if fault is not None and fault.when == "before" and fault.kind != "drip":
            if fault.kind == "delay":
                await asyncio.sleep(fault.seconds or 0)
            else:
                await self._spoil(fault, call, scope, receive, send)
                return
        if fault is not None and fault.when == "during":
            scope.setdefault("state", {})["working_seconds"] = fault.seconds or 0
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, replay, keep)
        self._finish(call, messages)
        if fault is not None and fault.when == "after" and fault.kind not in ("delay", "drip"):
            await self._spoil(fault, call, scope, receive, send)
            return
        if fault is not None and fault.when == "after" and fault.kind == "delay":
            await asyncio.sleep(fault.seconds or 0)
        drip = (fault.seconds or 0.05) if fault is not None and fault.kind == "drip" else None
        for message in messages:
            await _send(message, send, drip=drip)

    async def _spoil(self, fault: Fault, call: int, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "drop":
            scope["sandbox.drop"]()
            return
        if fault.kind == "timeout":
            try:
                await asyncio.wait_for(_gone(receive), timeout=fault.seconds or HANG_SECONDS)
            except TimeoutError:
                scope["sandbox.drop"]()
            return
        response = fault.response()
        with self._book.write():
            self._book.run("UPDATE calls SET status = ? WHERE seq = ?", response.status_code, call)
        await response(scope, receive, send)

    def _record(self, request: Request, path: str, body: bytes, fault: Fault | None) -> int:
        with self._book.write():
            self._book.run(
                "INSERT INTO calls (service, method, path, query, idempotency_key, body, fault, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                self._service,
                request.method,
                path,
                request.url.query,
                request.headers.get("idempotency-key"),
                body.decode("utf-8", "replace"),
                json.dumps({"kind": fault.kind, "when": fault.when}) if fault else None,
                instant(),
            )
            found = self._book.row("SELECT last_insert_rowid() AS seq")
            return int(found["seq"]) if found else 0

    def _finish(self, call: int, messages: list[Message]) -> None:
        status = next((message["status"] for message in messages if message["type"] == "http.response.start"), None)
        with self._book.write():
            self._book.run("UPDATE calls SET status = ? WHERE seq = ?", status, call)


async def _gone(receive: Receive) -> None:
    """Wait until the caller hangs up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(message: Message, send: Send, *, drip: float | None) -> None:
    if drip is None or message["type"] != "http.response.body":
        await send(message)
        return
    body: bytes = message.get("body", b"")
    for index in range(len(body)):
        await send({"type": "http.response.body", "body": body[index : index + 1], "more_body": True})
        await asyncio.sleep(drip)
    await send({"type": "http.response.body", "body": b"", "more_body": message.get("more_body", False)})
