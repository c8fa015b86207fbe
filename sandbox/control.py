"""The control API for tests and the demo: faults, clock, calls, inbox, reset. Services add their own operations."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from sandbox import inbox
from sandbox.context import Sandbox, sandbox_of
from sandbox.faults import Fault
from sandbox.portone.errors import ApiError, BrowserError
from sandbox.toss.errors import TossError

Operation = Callable[[Sandbox, Mapping[str, str], Any], "dict[str, Any] | Awaitable[dict[str, Any]]"]


class Advance(BaseModel):
    """How far the shifted clock jumps."""

    model_config = ConfigDict(extra="forbid")

    seconds: float = Field(ge=0)


def route(method: str, path: str, operation: Operation) -> Route:
    """One control operation. It gets path and query values in one mapping, and the JSON body ({} without one)."""

    async def endpoint(request: Request) -> JSONResponse:
        raw = await request.body()
        try:
            done = operation(sandbox_of(request), {**request.query_params, **request.path_params}, json.loads(raw) if raw else {})
            return JSONResponse(await done if inspect.isawaitable(done) else done)
        except ValidationError as error:
            return JSONResponse({"errors": json.loads(error.json(include_url=False, include_context=False))}, status_code=422)
        except ValueError as error:
            return JSONResponse({"errors": [{"msg": str(error)}]}, status_code=422)
        except (ApiError, TossError) as refusal:
            return refusal.response()
        except BrowserError as refusal:
            return JSONResponse({"code": refusal.code, "message": refusal.message}, status_code=409)

    return Route(path, endpoint, methods=[method])


def reset(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    sandbox.book.reset()
    return {}


def list_faults(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return {"faults": [fault.model_dump() for fault in sandbox.faults.listed()]}


def add_fault(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    fault = Fault.model_validate(body)
    sandbox.faults.add(fault)
    return {"fault": fault.model_dump()}


def clear_faults(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    sandbox.faults.clear(named.get("service", ""))
    return {}


def list_calls(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Every API call received, oldest first; `path` is a part of the path below the service's mount."""
    rows = sandbox.book.rows("SELECT * FROM calls ORDER BY seq")
    calls = [
        {**dict(row), "fault": json.loads(row["fault"]) if row["fault"] else None}
        for row in rows
        if named.get("service", "portone") == row["service"]
        and named.get("method", "").upper() in ("", row["method"])
        and named.get("path", "") in row["path"]
    ]
    return {"calls": calls}


def forget_calls(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    with sandbox.book.write():
        sandbox.book.run("DELETE FROM calls")
    return {}


def show_clock(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return {"now": sandbox.clock.now(), "offset": sandbox.clock.offset}


def advance_clock(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    offset = sandbox.clock.advance(Advance.model_validate(body).seconds)
    sandbox.webhooks.woken.set()
    sandbox.toss_webhooks.woken.set()
    return {"now": sandbox.clock.now(), "offset": offset}


def list_messages(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return {"messages": inbox.listed(sandbox.book, channel=named.get("channel", ""), to=named.get("to", ""))}


def accept_message(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    return {"seq": inbox.accept(sandbox.book, inbox.Message.model_validate(body))}


ROUTES = [
    route("POST", "/reset", reset),
    route("GET", "/faults", list_faults),
    route("POST", "/faults", add_fault),
    route("DELETE", "/faults", clear_faults),
    route("GET", "/calls", list_calls),
    route("DELETE", "/calls", forget_calls),
    route("GET", "/clock", show_clock),
    route("POST", "/clock/advance", advance_clock),
    route("GET", "/inbox", list_messages),
    route("POST", "/inbox", accept_message),
]
