"""
The chain over the audit: every night the new rows of each audit table are hashed into a link, and each link into the next.

A row that was changed, taken away or put among linked ones afterwards no longer fits its link; the proof names day and table. The hash of
each link is also logged, outside the database. Rows appear when their transaction commits, not in the order of their numbers: a link ends
where no transaction that may still bring a lower number is open. Nothing purges these tables (docs/proof.md).
"""

import hashlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from pghistory.models import Event

from backoffice.models import AuditLink, OperatorNote
from campaigns.models import CampaignEvent
from common.kst import day_of
from common.transactions import joined
from identity.models import AccessLog, AccessReview

logger = logging.getLogger(__name__)

PAGE = 5_000
FIRST = -(2**63)  # below every number
LOOKS, PAUSE_SECONDS = 20, 0.1  # how often, and how far apart, we look whether those who were writing have finished
_LOCK = 7_260_431  # of the one who links


@dataclass(frozen=True, slots=True)
class Content:
    """What the rows of one stretch come to."""

    rows: int
    hash: str


def tables() -> dict[str, str]:
    """Every audit table and its key: histories, operators' notes, the access log with its reviews, the moves of campaigns."""
    own: list[type[Model]] = [OperatorNote, AccessLog, AccessReview, CampaignEvent]
    histories = [model for model in apps.get_models() if issubclass(model, Event) and getattr(model, "pgh_tracked_model", None)]
    return {model._meta.db_table: str(model._meta.pk.column) for model in sorted([*own, *histories], key=lambda each: each._meta.db_table)}


def link(*, at: datetime) -> list[AuditLink]:
    """
    Link what came since the last time, one table after the other, each in a transaction of its own.

    A table on which somebody's transaction stays open is left for the next night: what it has would be missing in this link.
    """
    made = []
    for table, key in tables().items():
        until = _cut(table, key)
        if until is None:
            logger.warning("The audit of %s was not linked: a transaction that writes to it stays open", table)
            continue
        with transaction.atomic(durable=True):
            linked = link_table(table, key, until=until, at=at)
        if linked is not None:
            logger.info("Linked %s audit rows of %s, hash %s", linked.rows, table, linked.hash)
            made.append(linked)
    return made


def link_table(table: str, key: str, *, until: int, at: datetime) -> AuditLink | None:
    """
    Link the rows of one table up to a number; None when there are no new ones. Joins the caller's transaction.

    until: no row with a lower number may still appear.
    """
    joined("a link of the audit")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = AuditLink.objects.order_by("-pk").first()
    before = AuditLink.objects.filter(table=table).order_by("-pk").values_list("until_id", flat=True).first()
    if until <= (before or 0):
        return None
    columns = _columns(table)
    row = AuditLink(table=table, key=key, columns=columns, day_on=day_of(at), until_id=until, linked_at=at)
    row.after_id = FIRST if before is None else before
    content = _content(table, key, columns, after=row.after_id, until=until)
    row.rows, row.content = content.rows, content.hash
    row.previous_hash = last.hash if last else ""
    row.hash = _hash(row)
    row.save(force_insert=True)
    return row


def newest(table: str, key: str) -> int:
    """The highest number of a table; 0 when it is empty."""
    name = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COALESCE(MAX({name(key)}), 0) FROM {name(table)}")  # noqa: S608  (our own tables)
        number: int = cursor.fetchone()[0]
    return number


def broken() -> Iterator[str]:
    """Every link that does not follow the one before it, or whose rows are not what they were."""
    previous, ends = "", dict[str, int]()
    for row in AuditLink.objects.order_by("pk").iterator():
        where = f"table={row.table} day={row.day_on}"
        if row.previous_hash != previous or row.hash != _hash(row) or row.after_id != ends.get(row.table, FIRST):
            yield f"audit_link={row.pk} {where} does not follow the link before it"
        previous, ends[row.table] = row.hash, row.until_id
        if gone := sorted({row.key, *row.columns} - set(_columns(row.table))):
            yield f"{where} was linked with columns that are gone: {', '.join(gone)}"
            continue
        found = _content(row.table, row.key, row.columns, after=row.after_id, until=row.until_id)
        if found.rows != row.rows:
            yield f"{where} had {row.rows} audit rows up to number {row.until_id}, now {found.rows}"
        elif found.hash != row.content:
            yield f"{where} has other audit rows up to number {row.until_id} than were linked"


def _cut(table: str, key: str) -> int | None:
    """
    The highest number that is there and below which nothing can appear any more; None while somebody may still bring one.

    Whoever takes a number of the table holds its lock for writers until the transaction is over, and a transaction is seen by others
    before it lets go of its locks. So once everybody who held it just after we looked is gone, all lower numbers are here or never come.
    """
    until = newest(table, key)
    writers = _writers(table)
    for _ in range(LOOKS):
        if not writers:
            return until
        time.sleep(PAUSE_SECONDS)
        writers &= _writers(table)
    return None


def _writers(table: str) -> set[str]:
    """Open transactions of others that may have taken a number of the table."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT virtualtransaction FROM pg_locks
             WHERE locktype = 'relation' AND relation = %s::regclass AND mode = 'RowExclusiveLock' AND granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND pid IS DISTINCT FROM pg_backend_pid()
            """,
            [table],
        )
        return {name for (name,) in cursor.fetchall()}


def _columns(table: str) -> list[str]:
    """The columns of a table; none when there is no such table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped ORDER BY attname",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def _content(table: str, key: str, columns: Sequence[str], *, after: int, until: int) -> Content:
    """The rows with numbers above `after` up to `until`, in order, as one canonical text."""
    name = connection.ops.quote_name
    listed = ", ".join(name(column) for column in [key, *columns])
    query = f"SELECT {listed} FROM {name(table)} WHERE {name(key)} > %s AND {name(key)} <= %s ORDER BY {name(key)} LIMIT {PAGE}"  # noqa: S608
    sha, rows = hashlib.sha256(), 0
    with connection.cursor() as cursor:
        while True:
            cursor.execute(query, [after, until])
            found = cursor.fetchall()
            for number, *values in found:
                sha.update(_line(values))
                after = number
            rows += len(found)
            if len(found) < PAGE:
                return Content(rows, sha.hexdigest())


def _hash(row: AuditLink) -> str:
    facts = [
        row.previous_hash,
        row.table,
        row.key,
        row.columns,
        row.day_on,
        row.after_id,
        row.until_id,
        row.rows,
        row.content,
        row.linked_at,
    ]
    return hashlib.sha256(_line(facts)).hexdigest()


def _line(values: Sequence[Any]) -> bytes:
    return json.dumps(values, default=_plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)
