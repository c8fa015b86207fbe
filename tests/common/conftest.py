"""A supplier made of two lists, and its effect handler, so that the queue can be watched without any domain."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from common import effects
from common.effects import Outcome, Result
from common.models import Effect

KIND = "tests.thing"


class Courier:
    """
    Handler of `tests.thing`. By default `send` does the thing and says so; `ask` looks whether it was done.

    sends, asks, does: what happened outside.   records: outcomes that reached step 3.
    """

    def __init__(self) -> None:
        self.sends: list[str] = []
        self.asks: list[str] = []
        self.does: list[str] = []
        self.records: list[tuple[str, Result]] = []
        self.on_send: Callable[[Effect], Outcome] = self.do
        self.on_ask: Callable[[Effect], Outcome] = self.look
        self.on_record: Callable[[Effect, Outcome], Any] = lambda effect, outcome: None

    def do(self, effect: Effect) -> Outcome:
        self.does.append(effect.key)
        return Outcome(Result.DONE, detail="done by send")

    def look(self, effect: Effect) -> Outcome:
        return Outcome(Result.DONE, detail="found by ask") if effect.key in self.does else Outcome(Result.AGAIN, detail="not there")

    def send(self, effect: Effect) -> Outcome:
        self.sends.append(effect.key)
        return self.on_send(effect)

    def ask(self, effect: Effect) -> Outcome:
        self.asks.append(effect.key)
        return self.on_ask(effect)

    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None:
        self.on_record(effect, outcome)
        self.records.append((effect.key, outcome.result))


@pytest.fixture
def courier(monkeypatch: pytest.MonkeyPatch) -> Courier:
    """The handler, registered for this test."""
    handler = Courier()
    monkeypatch.setitem(effects._HANDLERS, KIND, handler)
    return handler


@pytest.fixture
def add(at: datetime) -> Callable[..., Effect]:
    """Write an effect of the kind `tests.thing` in a transaction of its own."""

    def write(key: str = "thing:1", **options: Any) -> Effect:
        with transaction.atomic():
            return effects.add(KIND, key=key, at=options.pop("at", at), **options)

    return write
