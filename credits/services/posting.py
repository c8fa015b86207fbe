"""Writing one entry: the key is looked at under the lock, everything the entry changes is written by one call."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.db import IntegrityError, connection
from django.db.models import Model
from psycopg import errors

from common.errors import DomainError
from common.kst import day_of
from credits.models import Entry, Hold, Lot
from credits.services.wallet import Move, Wallet, busy_if_locked

Lines = dict[tuple[str, Lot | None], int]
Row = TypeVar("Row", bound=Model)

_POST = "SELECT * FROM credits_post(%s::jsonb, %s, %s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[])"


class Line(NamedTuple):
    """One posting as `credits_post` takes it: an owned account by its number, or one of the house by its kind."""

    account: int | None
    house: str | None
    lot: int | None
    column: str | None
    amount: int
    balance: int | None


class IdempotencyConflict(DomainError):
    """The key, or the order of a top-up, was used for another movement."""

    code = "credits.idempotency_conflict"
    message = "같은 번호로 다른 내용을 처리한 적이 있어요. 화면을 새로 열고 다시 시도해 주세요."
    http_status = 409


def whole(credits: int) -> int:
    """:raises ValueError: not a whole number above zero (a bug of the caller)."""
    if type(credits) is not int or credits <= 0:
        raise ValueError(f"a whole amount above zero is expected, not {credits!r}")
    return credits


def movement(**facts: object) -> str:
    """The facts of an intent as one line: what a repeated key is compared with."""
    return " ".join(f"{name}={value}" for name, value in facts.items())


def written(key: str, kind: str, facts: str) -> Entry | None:
    """
    The entry that this key wrote before. Look only while the wallet is locked.

    :raises IdempotencyConflict: it was another movement.
    """
    with connection.cursor() as cursor:  # nearly always there is none: the ORM would cost more than the look
        cursor.execute("SELECT id FROM credits_entry WHERE idempotency_key = %s", [key])
        found = cursor.fetchone()
    if found is None:
        return None
    entry = Entry.objects.select_related("hold").get(pk=found[0])
    if entry.kind != kind or entry.movement != facts:
        raise IdempotencyConflict(key=key)
    return entry


@busy_if_locked()
def post(
    kind: str,
    moves: Iterable[Move],
    *,
    wallet: Wallet,
    key: str,
    facts: str,
    at: datetime,
    now: datetime | None,
    hold: Hold | None = None,
    hold_label: str | None = None,
    reverses: Entry | None = None,
    order_id: str = "",
    subject: str = "",
    actor: str = "",
    reason: str = "",
) -> Entry:
    """
    Write one entry with everything it changes. The caller has locked the wallet and looked up the key.

    at: when it happened.   now: our clock, default `at`; books then, or at the first moment after the last closed day.
    hold: what it counts on the hold and its parts follows from its lines on HELD.   hold_label: it places a new hold of this name.

    :raises InsufficientCredits: a balance would go below zero; nothing was written.
    :raises IdempotencyConflict: another transaction used the key, or topped up the order, at this very moment.
    """
    running = {account_kind: wallet.balance(account_kind) for account_kind in wallet.accounts}
    lines: Lines = defaultdict(int)
    for move in moves:
        wallet.apply(move)
        lines[move.source, move.lot] -= move.amount
        lines[move.target, move.lot] += move.amount
    row: dict[str, Any] = {
        "kind": kind,
        "idempotency_key": key,
        "movement": facts,
        "advertiser_id": wallet.advertiser.pk,
        "hold_id": hold and hold.pk,
        "reverses_id": reverses and reverses.pk,
        "order_id": order_id,
        "subject": subject,
        "occurred_at": at,
        "booked_at": now or at,
        "actor": actor,
        "reason": reason,
    }
    number, hold_number, booked_at = _write(row, hold_label, _postings(lines, wallet, running))
    row |= {"id": number, "hold_id": hold_number, "booked_at": booked_at, "booked_on": day_of(booked_at)}
    return stored(Entry(**row))


def stored(row: Row) -> Row:
    """An object for a row that was just written by hand, so that nobody has to read it back."""
    row._state.adding, row._state.db = False, connection.alias
    return row


def _postings(lines: Lines, wallet: Wallet, running: dict[str, int]) -> list[Line]:
    """The lines as rows. running: the balances before the entry; an owned line carries the balance after it."""
    rows = []
    for (kind, lot), amount in lines.items():
        number, column = (lot.pk, wallet.column(kind, lot)) if lot is not None else (None, None)
        if amount and kind in wallet.accounts:
            running[kind] += amount
            rows.append(Line(wallet.accounts[kind].pk, None, number, column, amount, running[kind]))
        elif amount:
            rows.append(Line(None, kind, number, column, amount, None))
    return rows


def _write(entry: dict[str, Any], hold_label: str | None, rows: list[Line]) -> tuple[int, int | None, datetime]:
    """
    Number of the new entry, number of its hold, and when it was booked.

    :raises IdempotencyConflict: the key or the order is another entry's.
    """
    columns = [list(values) for values in zip(*rows, strict=True)]
    try:
        with connection.cursor() as cursor:
            cursor.execute(_POST, [json.dumps(entry, default=datetime.isoformat), hold_label, *columns])
            number, hold_number, booked_at = cursor.fetchone()
    except IntegrityError as exc:
        cause: Any = exc.__cause__
        if isinstance(cause, errors.UniqueViolation) and cause.diag.table_name == Entry._meta.db_table:
            raise IdempotencyConflict(key=entry["idempotency_key"]) from exc
        raise
    return number, hold_number, booked_at
