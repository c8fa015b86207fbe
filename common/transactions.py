"""Who owns the transaction: use-cases open one, participants join it, and nobody calls the outside within one."""

from typing import Any

from django.db import connection


def inside() -> bool:
    """
    True when the caller runs inside a transaction of the product's own.

    The blocks that a test case wraps around a test do not count, by the mark that Django itself uses to let
    `atomic(durable=True)` work in tests.
    """
    blocks: list[Any] = connection.atomic_blocks
    return any(not block._from_testcase for block in blocks)


def joined(what: str) -> None:
    """:raises RuntimeError: there is no transaction for `what` to join (a bug in the caller)."""
    if not inside():
        raise RuntimeError(f"{what} joins the transaction of its cause")
