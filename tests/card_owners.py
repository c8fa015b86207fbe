"""Somebody with cards, at each payment company that keeps them; and a look into what it keeps. Everything goes over HTTP."""

from __future__ import annotations

from typing import Any, Protocol

from tests.sandbox_process import SandboxProcess


class CardOwner(Protocol):
    """The other side of a gateway's `cards`."""

    name: str
    declined: str

    def keeps(self, parameters: dict[str, Any]) -> dict[str, str]: ...
    def kept(self) -> list[str]: ...
    def declines(self, times: int) -> None: ...
    def spoil(self, *, kind: str, when: str, path: str, count: int | None = 1) -> None: ...
    def charges(self) -> int: ...


class PortOneCardOwner:
    """declined: what a refused charge looks like to the caller: PortOne answers 502 and keeps a failed payment."""

    name, declined = "portone", "PG_PROVIDER"

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox

    def keeps(self, parameters: dict[str, Any]) -> dict[str, str]:
        ref = self.sandbox.control("POST", "/cards", {"request": parameters})["ref"]
        query: dict[str, str] = self.sandbox.control("POST", f"/cards/{ref}/agree", {})["way_back"]["query"]
        return query

    def kept(self) -> list[str]:
        return [card["status"] for card in self.sandbox.control("GET", "/cards")["cards"]]

    def declines(self, times: int) -> None:
        self.sandbox.control("POST", "/next-charges", {"codes": ["1195"] * times})

    def spoil(self, *, kind: str, when: str, path: str, count: int | None = 1) -> None:
        self.sandbox.control("POST", "/faults", {"kind": kind, "when": when, "path": path, "count": count})

    def charges(self) -> int:
        return len(self.sandbox.control("GET", "/calls", method="POST", path="/billing-key")["calls"])


class TossCardOwner:
    name, declined = "toss", "REJECT_CARD_PAYMENT"

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox

    def keeps(self, parameters: dict[str, Any]) -> dict[str, str]:
        said = {"client_key": parameters["clientKey"], "customer_key": parameters["customerKey"], "request": parameters["request"]}
        ref = self.sandbox.control("POST", "/toss/cards", said)["ref"]
        query: dict[str, str] = self.sandbox.control("POST", f"/toss/cards/{ref}/agree", {})["way_back"]["query"]
        return query

    def kept(self) -> list[str]:
        return [card["status"] for card in self.sandbox.control("GET", "/toss/cards")["cards"]]

    def declines(self, times: int) -> None:
        self.sandbox.control("POST", "/toss/next-charges", {"codes": [self.declined] * times})

    def spoil(self, *, kind: str, when: str, path: str, count: int | None = 1) -> None:
        path = "/v1/billing/" if path == "/billing-key" else path
        self.sandbox.control("POST", "/faults", {"service": "toss", "kind": kind, "when": when, "path": path, "count": count})

    def charges(self) -> int:
        calls = self.sandbox.control("GET", "/calls", service="toss", method="POST", path="/v1/billing/")["calls"]
        return len([call for call in calls if "authorizations" not in call["path"]])


CARD_OWNERS = {owner.name: owner for owner in (PortOneCardOwner, TossCardOwner)}
