"""
The SQL of one service call, written down while it runs and made into a pgbench script: the same statements in the same order, with
the key and the running balances as variables.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from psycopg import ClientCursor

from advertisers.models import Advertiser
from bench import pgbench
from bench.measure import Reading
from credits import selectors as balances

KEY = "bench:recorded:{}"


class Recording:
    """One call as a pgbench script in `folder`. Replayed on one connection, so that the running balances are what the script says."""

    def __init__(self, name: str, call: Callable[[str], object], *, advertiser: Advertiser, folder: Path) -> None:
        """call: is given the key, and writes to the advertiser's wallet."""
        self.advertiser, self.path, self._runs = advertiser, folder / f"{name}.sql", 0
        with transaction.atomic(durable=True):
            call(f"bench:before:{name}")  # the first one of its kind makes what the house needs
        before = balances.balance(advertiser)
        with transaction.atomic(durable=True), _written_down() as statements:
            call(KEY.format(name))
        after = balances.balance(advertiser)
        changes = {"available": (before.available, after.available), "held": (before.held, after.held)}
        lines = [r"\set n :n + 1"]
        lines += [rf"\set {kind} :{kind} + ({now - then})" for kind, (then, now) in changes.items() if now != then]
        names = {now: kind for kind, (_, now) in changes.items()}
        lines += ["BEGIN;", *(as_script(sql, names=names) for sql in statements), "COMMIT;"]
        self.path.write_text("\n".join(lines) + "\n")

    def replay(self, *, each: int, database_url: str) -> Reading:
        """Run the script so many times."""
        self._runs += 1
        now = balances.balance(self.advertiser)
        values = {"run": self._runs, "available": now.available, "held": now.held}
        return pgbench.run(self.path, database_url=database_url, each=each, clients=1, **values)


def as_script(sql: str, *, names: dict[int, str]) -> str:
    """One statement as a line of a script. names: variables that stand for numbers of this one recording."""
    line = " ".join(sql.split())
    line = re.sub(rf"'([^']*){KEY.format('([a-z]+)')}([^']*)'", r"('\1bench:replay:\2:' || :run || ':' || :n || '\3')", line)
    for number, name in names.items():
        line = re.sub(rf"(?<![\w.'-]){number}\b", f":{name}", line)
    return f"{line};"


@contextmanager
def _written_down() -> Iterator[list[str]]:
    """Every statement that Django sends meanwhile, with its values in it."""
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append(ClientCursor(connection.connection).mogrify(sql, params) if params else sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements
