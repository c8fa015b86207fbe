"""
The proof: sentences about the books that must be true, each a search for rows that break it.

    @proof.invariant("I1", "모든 전표는 단위마다 합이 0이에요.")
    def entries_sum_to_zero() -> Iterable[object]: ...

Other apps put theirs into their own `proof.py`; every run loads them all. `manage.py verify_ledger` and the nightly task run it.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from itertools import islice
from typing import Any

from django.apps import apps
from django.db import connection, transaction

logger = logging.getLogger(__name__)

SHOWN = 1_000  # differences of one invariant that a run keeps
Check = Callable[[], Iterable[object]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """
    One sentence and the search that must find nothing.

    stops_money: when broken, the nightly run stops top-ups and refunds.
    when_settled: true only once everything under way has ended; searched when asked for.
    """

    code: str
    sentence: str
    check: Check
    stops_money: bool
    when_settled: bool


@dataclass(frozen=True, slots=True)
class Result:
    """What one search found: a line of text per row."""

    code: str
    sentence: str
    stops_money: bool
    differences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One run over all invariants."""

    results: tuple[Result, ...]

    @property
    def is_green(self) -> bool:
        """True when nothing was found."""
        return not any(result.differences for result in self.results)

    @property
    def must_stop_money(self) -> bool:
        """True when the book contradicts itself."""
        return any(result.differences and result.stops_money for result in self.results)

    @property
    def counts(self) -> dict[str, int]:
        """Differences by code."""
        counts: dict[str, int] = {}
        for result in self.results:
            counts[result.code] = counts.get(result.code, 0) + len(result.differences)
        return counts

    @property
    def differences(self) -> list[str]:
        """Every difference as "code: row"."""
        return [f"{result.code}: {row}" for result in self.results for row in result.differences]


_INVARIANTS: dict[tuple[str, str], Invariant] = {}
_BEFORE: dict[str, Callable[[datetime], None]] = {}


def invariant(code: str, sentence: str, *, stops_money: bool = False, when_settled: bool = False) -> Callable[[Check], Check]:
    """
    Register a search. It returns rows that break the sentence, as texts or anything that prints well (see `rows`).

    sentence: Korean, true when all is well.
    """

    def register(check: Check) -> Check:
        _INVARIANTS[code, f"{check.__module__}.{check.__qualname__}"] = Invariant(code, sentence, check, stops_money, when_settled)
        return check

    return register


def invariants() -> tuple[Invariant, ...]:
    """Every registered invariant, by code."""
    _load()
    return tuple(found for _, found in sorted(_INVARIANTS.items(), key=lambda item: (_order(item[0][0]), item[0][1])))


@lru_cache(maxsize=1)
def _load() -> None:
    """Import `<app>.proof` of every app that has one, once: looking for modules costs more than half of the searches."""
    for app in apps.get_app_configs():
        if find_spec(f"{app.name}.proof") is not None:
            import_module(f"{app.name}.proof")
    import_module("credits.invariants")


def before_each_night(act: Callable[[datetime], None]) -> Callable[[datetime], None]:
    """Decorator: what is done before the nightly run looks. An app registers it in its `proof.py`."""
    _BEFORE[f"{act.__module__}.{act.__qualname__}"] = act
    return act


def prepare(*, at: datetime) -> None:
    """Do what comes before a nightly run."""
    _load()
    for _, act in sorted(_BEFORE.items()):
        act(at)


def run(only: Sequence[str] = (), *, settled: bool = False) -> Report:
    """
    Search with every invariant (or those of the given codes) in one snapshot of the database.

    settled: nothing is under way any more, so nothing may be left undone either.
    """
    chosen = [found for found in invariants() if (found.code in only if only else settled or not found.when_settled)]
    with _snapshot():
        return Report(tuple(Result(i.code, i.sentence, i.stops_money, tuple(map(str, islice(i.check(), SHOWN)))) for i in chosen))


def rows(sql: str, parameters: Sequence[Any] = ()) -> list[str]:
    """The rows of a query as texts, "entry=12 unit=CREDIT sum=5"."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [" ".join(f"{name}={value}" for name, value in zip(names, row, strict=True)) for row in cursor.fetchmany(SHOWN)]


@contextmanager
def _snapshot() -> Iterator[None]:
    """One moment for all searches, so that movements under way are seen whole or not at all. Inside a transaction: as it sees."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = '5min'")
        yield


def _order(code: str) -> tuple[str, int, str]:
    """I2 before I10."""
    letters = code.rstrip("0123456789")
    number = code[len(letters) :]
    return letters, int(number or 0), code
