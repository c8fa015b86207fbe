"""Many clients at the same moment, each on a PostgreSQL connection of its own; and the ledger with its lock taken away."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from common.errors import DomainError
from credits import proof
from credits.models import ADVERTISER_KINDS, Account
from credits.services import wallet
from tests.connecting import connect_patiently

CLIENTS = 32


def race(attempt: Callable[[int], Any], *, attempts: int = CLIENTS, prepare: Callable[[], None] | None = None) -> list[Any]:
    """
    Run `attempt(number)` in a transaction of its own, from 32 clients that start together; what came of each.

    An outcome is what the attempt returned, or the exception it raised.   prepare: done once on every client's connection.
    """
    start = threading.Barrier(CLIENTS)

    def client(first: int) -> list[Any]:
        try:
            connect_patiently()
            if prepare:
                prepare()
            start.wait(timeout=60)
            return [one(number) for number in range(first, attempts, CLIENTS)]
        finally:
            connection.close()

    def one(number: int) -> Any:
        try:
            with transaction.atomic(durable=True):
                return attempt(number)
        except Exception as exc:  # whatever it is, it is this attempt's outcome, and the test says which ones are right
            return exc

    with ThreadPoolExecutor(CLIENTS) as pool:
        return [outcome for found in pool.map(client, range(CLIENTS)) for outcome in found]


def tally(outcomes: list[Any]) -> dict[str, int]:
    """How many won, and how many were refused by which code; anything that is no refusal stands there by its class."""
    return dict(Counter(_word(outcome) for outcome in outcomes))


def _word(outcome: Any) -> str:
    if isinstance(outcome, DomainError):
        return outcome.code
    return type(outcome).__name__ if isinstance(outcome, Exception) else "won"


def fair(outcomes: list[Any], *, winners: int) -> bool:
    """Exactly so many won, everybody else was refused for want of credits, and the books are whole."""
    expected = {"won": winners, "credits.insufficient": len(outcomes) - winners}
    return tally(outcomes) == {word: count for word, count in expected.items() if count} and proof.run().is_green


def same_answer(outcomes: list[Any]) -> bool:
    """Everybody was given the same row, and the books are whole."""
    return tally(outcomes) == {"won": len(outcomes)} and len({outcome.pk for outcome in outcomes}) == 1 and proof.run().is_green


@contextmanager
def without_the_lock(monkeypatch: Any) -> Iterator[None]:
    """The negative control: `lock_wallet` only looks, and everybody has looked before anybody writes."""
    looked = threading.Barrier(CLIENTS)

    def unlocked(advertiser: Any) -> list[Account]:
        accounts = list(Account.objects.filter(advertiser=advertiser, kind__in=ADVERTISER_KINDS).order_by("pk"))
        looked.wait(timeout=20)
        return accounts

    with monkeypatch.context() as patch:
        patch.setattr(wallet, "_locked", unlocked)
        yield
