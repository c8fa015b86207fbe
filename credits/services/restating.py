"""
Restating: balances, lots and holds worked out again from the postings, which are the truth.

What is kept for speed must equal what the postings say; where it does not, somebody changed a row behind the guards.
"""

import logging

from django.db import connection

from common.transactions import joined
from credits.proof import SHOWN

logger = logging.getLogger(__name__)

_LOT_FATES = """
    SELECT p.lot_id AS id,
           COALESCE(SUM(p.amount) FILTER (WHERE a.kind = 'AVAILABLE'), 0) AS available,
           COALESCE(SUM(p.amount) FILTER (WHERE a.kind = 'HELD'), 0) AS held,
           COALESCE(SUM(p.amount) FILTER (WHERE a.kind = 'FROZEN'), 0) AS frozen,
           COALESCE(SUM(p.amount) FILTER (WHERE a.kind IN ('REVENUE', 'REWARD_COST')
                                             OR a.kind = 'PROMOTION' AND l.kind = 'PAID'), 0) AS used,
           COALESCE(SUM(p.amount) FILTER (WHERE a.kind = 'BREAKAGE'), 0) AS expired,
           COALESCE(SUM(p.amount) FILTER (WHERE starts_with(a.kind, 'FUNDING:')
                                             OR a.kind IN ('GOODWILL', 'ADJUSTMENT', 'RECEIVABLE', 'DEMO')
                                             OR a.kind = 'PROMOTION' AND l.kind <> 'PAID'), 0) + MAX(l.granted) AS returned
      FROM credits_posting p JOIN credits_account a ON a.id = p.account_id JOIN credits_lot l ON l.id = p.lot_id
     GROUP BY p.lot_id
"""
_HOLD_PARTS = """
      FROM credits_entry e JOIN credits_posting p ON p.entry_id = e.id JOIN credits_account a ON a.id = p.account_id
     WHERE a.kind = 'HELD' AND e.hold_id IS NOT NULL
"""
_MOVED = """
           COALESCE(SUM(p.amount) FILTER (WHERE e.kind IN ('HOLD', 'RAISE')), 0) AS placed,
           COALESCE(-SUM(p.amount) FILTER (WHERE e.kind IN ('CAPTURE', 'REVERSAL')), 0) AS captured,
           COALESCE(-SUM(p.amount) FILTER (WHERE e.kind = 'RELEASE'), 0) AS released
"""

# Table → the columns that are worked out, and the query that does it: one row per `id`.
PROJECTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "credits_account": (
        ("balance",),
        """SELECT a.id, COALESCE(SUM(p.amount), 0) AS balance FROM credits_account a
             LEFT JOIN credits_posting p ON p.account_id = a.id WHERE a.balance IS NOT NULL GROUP BY a.id""",
    ),
    "credits_lot": (("available", "held", "frozen", "used", "returned", "expired"), _LOT_FATES),
    "credits_hold": (("placed", "captured", "released"), f"SELECT e.hold_id AS id, {_MOVED} {_HOLD_PARTS} GROUP BY e.hold_id"),
    "credits_holdpart": (
        ("placed", "captured", "released"),
        f"""SELECT h.id, m.placed, m.captured, m.released FROM credits_holdpart h
              JOIN (SELECT e.hold_id, p.lot_id, {_MOVED} {_HOLD_PARTS} GROUP BY e.hold_id, p.lot_id) m
                ON m.hold_id = h.hold_id AND m.lot_id = h.lot_id""",  # noqa: S608
    ),
}


def stale_projections() -> list[str]:
    """Rows whose columns differ from what the postings say, "credits_lot 12: available 90 → 100"."""
    return [line for table, (columns, query) in PROJECTIONS.items() for line in _stale(table, columns, query)]


def restate() -> list[str]:
    """
    Make every balance, lot and hold what the postings say; what was changed. Joins the caller's transaction and holds every wallet.

    Nothing is written where they agree. Postings, entries and closed days are never touched.
    """
    joined("restating")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM credits_account WHERE balance IS NOT NULL ORDER BY id FOR UPDATE")
        changed = stale_projections()
        for table, (columns, query) in PROJECTIONS.items():
            values = ", ".join(f"{name} = truth.{name}" for name in columns)
            cursor.execute(
                f"UPDATE {table} t SET {values} FROM ({query}) truth WHERE truth.id = t.id AND {_differ(columns)}"  # noqa: S608
            )
    if changed:
        logger.warning("Restated %s rows", len(changed))
    return changed


def _stale(table: str, columns: tuple[str, ...], query: str) -> list[str]:
    pairs = ", ".join(f"t.{name}, truth.{name}" for name in columns)
    statement = f"SELECT t.id, {pairs} FROM {table} t JOIN ({query}) truth ON truth.id = t.id WHERE {_differ(columns)} ORDER BY t.id"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [_told(table, columns, row) for row in cursor.fetchmany(SHOWN)]


def _differ(columns: tuple[str, ...]) -> str:
    ours, truth = (", ".join(f"{side}.{name}" for name in columns) for side in ("t", "truth"))
    return f"({ours}) IS DISTINCT FROM ({truth})"


def _told(table: str, columns: tuple[str, ...], row: tuple[int, ...]) -> str:
    pairs = zip(columns, row[1::2], row[2::2], strict=True)
    return f"{table} {row[0]}: " + ", ".join(f"{name} {ours} → {truth}" for name, ours, truth in pairs if ours != truth)
