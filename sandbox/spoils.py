"""Faults of settlement lists, of either company: what control plants there, whoever reads it later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sandbox.context import Sandbox
from sandbox.control import route


class Spoil(BaseModel):
    """
    One fault of the next lists: leave a payment's line out, count it twice, take another fee, another amount, or invent a payment.

    by: how many won more.
    """

    model_config = ConfigDict(extra="forbid")

    payment_id: str
    how: Literal["drop", "twice", "fee", "amount", "invent"]
    by: int = 0
    service: Literal["portone", "toss"] = "portone"


def spoils_of(sandbox: Sandbox, service: str) -> list[Spoil]:
    """Every fault of one company's lists."""
    spoils = [Spoil.model_validate(said) for said in sandbox.book.switch("settlement_spoils", [])]
    return [spoil for spoil in spoils if spoil.service == service]


def spoil(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Spoil the lists from now on."""
    said = Spoil.model_validate(body)
    with sandbox.book.write():
        sandbox.book.set_switch("settlement_spoils", [*sandbox.book.switch("settlement_spoils", []), said.model_dump()])
    return {}


def mend(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Lists are right again."""
    sandbox.book.set_switch("settlement_spoils", [])
    return {}


ROUTES = [
    route("POST", "/settlements/spoil", spoil),
    route("POST", "/settlements/mend", mend),
]
