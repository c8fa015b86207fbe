"""Identity tries without a browser, and answers that lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from sandbox.context import Sandbox
from sandbox.control import route
from sandbox.identity import inicis, people, portone
from sandbox.portone.checkout import Page


class Open(BaseModel):
    """The argument of `PortOne.requestIdentityVerification`, or the fields of Inicis' form."""

    model_config = ConfigDict(extra="forbid")

    request: dict[str, Any] = Field(default_factory=dict)
    form: dict[str, str] = Field(default_factory=dict)


class Finish(BaseModel):
    """person: a name of sandbox.identity.people, empty for leaving.   answer: fields of the server's answer that are told otherwise."""

    model_config = ConfigDict(extra="forbid")

    person: str = ""
    answer: dict[str, Any] = Field(default_factory=dict)


def open_try(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """Begin a try as the browser would."""
    said = Open.model_validate(body)
    if said.request:
        return portone.open_window(sandbox, request=said.request, page=Page())
    if problem := inicis.wrong_with(sandbox, said.form):
        raise ValueError(problem)
    urls = {"success_url": said.form["successUrl"], "fail_url": said.form["failUrl"]}
    return people.open_try(sandbox.book, ref=said.form["mTxId"], provider="INICIS", **urls)


def finish(sandbox: Sandbox, named: Mapping[str, str], body: Any) -> dict[str, Any]:
    """End a try; for Inicis, `callback` is what would travel through the browser."""
    said, ref = Finish.model_validate(body), named["ref"]
    doc = people.get(sandbox.book, ref)
    if doc is None:
        raise ValueError("no such try")
    if doc["provider"] == "INICIS":
        doc = inicis.finish(sandbox, ref, person=said.person, base_url=named.get("base_url", ""))
    else:
        doc = people.finish(sandbox.book, ref, person=said.person)
    with sandbox.book.write():
        people.put(sandbox.book, {**doc, "answer": said.answer})
    return doc


ROUTES = [route("POST", "/identities", open_try), route("POST", "/identities/{ref}/finish", finish)]
