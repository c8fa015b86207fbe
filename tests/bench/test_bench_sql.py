"""pgbench must send what the product sends, or its rate says nothing about ours."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bench import pgbench
from campaigns import services, tokens
from campaigns.models import Campaign
from rewards.models import Member
from tests.campaigns.conftest import DEVICE, launch, submit  # noqa: F401  (fixtures)

STEPS = ("start", "open", "confirm")


def statement_of(script: str) -> str:
    """The one SQL statement of a pgbench script."""
    lines = [line for line in (pgbench.SQL / f"{script}.sql").read_text().splitlines() if line and not line.startswith(("--", "\\"))]
    assert len(lines) == 1
    return lines[0].rstrip(";")


def split(statement: str) -> tuple[str, int, str]:
    """What stands before the arguments of the function, how many there are, and what stands behind."""
    call = re.search(r"campaigns_\w+\(", statement)
    assert call is not None
    depth, count, at = 1, 1, call.end()
    while depth:
        depth += {"(": 1, ")": -1}.get(statement[at], 0)
        count += statement[at] == "," and depth == 1
        at += 1
    return statement[: call.end()], count, statement[at - 1 :]


@contextmanager
def executed(into: list[str]) -> Iterator[None]:
    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "campaigns_" in sql and " f" in sql:
            into.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield


@pytest.mark.django_db(transaction=True)
class TestPgbenchSendsWhatTheProductSends:
    def test_start_open_and_confirm_are_the_same_statements(self, launch: Callable[..., Campaign], suji: Member, at: datetime) -> None:  # noqa: F811
        campaign = launch()
        sent: list[str] = []
        with executed(sent):
            taking = services.start(member=suji.pk, campaign=campaign.public_id, device=DEVICE, at=at)
            read = tokens.read(taking.token(at=at), device=DEVICE)
            services.open_landing(member=suji.pk, token=read, at=at)
            services.confirm(member=suji.pk, token=read, beats=0, at=at + timedelta(seconds=30))
        assert [split(sql) for sql in sent] == [split(statement_of(script)) for script in STEPS]

    def test_a_statement_with_another_column_is_noticed(self) -> None:
        statement = statement_of("start")
        assert split(statement) != split(statement.replace("f.code, ", ""))
        assert split(statement) != split(statement.replace("now(), ", "", 1))


class TestScripts:
    def test_every_script_is_short_and_says_where_it_is_from(self) -> None:
        scripts = sorted(Path(pgbench.SQL).glob("*.sql"))
        assert {script.stem for script in scripts} >= set(STEPS)
        assert all(script.read_text().startswith("-- ") for script in scripts)
