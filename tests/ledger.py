"""
What the ledger needs of a test run: its guard against TRUNCATE stands aside while a transactional test is flushed away.

Django empties the tables after such a test. As owner of the test database we switch off exactly those triggers, for exactly
that flush; tests/credits/test_append_only.py proves that they are on otherwise.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.test import TransactionTestCase

from common import guards


@contextmanager
def truncate_allowed() -> Iterator[None]:
    """Switch the guards against TRUNCATE off, and on again."""
    _switch("DISABLE")
    try:
        yield
    finally:
        _switch("ENABLE")


def _switch(word: str) -> None:
    with connection.cursor() as cursor:
        for table, trigger in guards.truncate_guards():
            cursor.execute(f'ALTER TABLE "{table}" {word} TRIGGER "{trigger}"')


def install() -> None:
    """Wrap the flush of Django's transactional tests."""
    flush = TransactionTestCase._fixture_teardown

    def flush_with_truncate_allowed(case: Any) -> None:
        with truncate_allowed():
            flush(case)

    TransactionTestCase._fixture_teardown = flush_with_truncate_allowed
