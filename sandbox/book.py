"""The sandbox's own book: one SQLite file that nobody else reads."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS switches (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, service TEXT NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL,
    idempotency_key TEXT, body TEXT NOT NULL, status INTEGER, fault TEXT, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
    at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS attempts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, transaction_id TEXT NOT NULL UNIQUE, payment_id TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS attempts_by_payment ON attempts (payment_id, seq);
CREATE TABLE IF NOT EXISTS registrations (payment_id TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS overlays (payment_id TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER, body TEXT, reserved_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, kind TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id TEXT NOT NULL UNIQUE, payment_id TEXT NOT NULL, state TEXT NOT NULL,
    due_at REAL NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS deliveries_by_payment ON deliveries (payment_id, seq);
CREATE INDEX IF NOT EXISTS deliveries_by_state ON deliveries (state, due_at);
CREATE TABLE IF NOT EXISTS toss_payments (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, payment_key TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS toss_payments_by_order ON toss_payments (order_id, seq);
CREATE TABLE IF NOT EXISTS toss_overlays (order_id TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS toss_answers (name TEXT PRIMARY KEY, status INTEGER, body TEXT, reserved_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS toss_deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, webhook_id TEXT NOT NULL UNIQUE, payment_id TEXT NOT NULL, state TEXT NOT NULL,
    due_at REAL NOT NULL, doc TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS toss_deliveries_by_state ON toss_deliveries (state, due_at);
CREATE TABLE IF NOT EXISTS solapi_messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL, recipient TEXT NOT NULL,
    at TEXT NOT NULL, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS solapi_signatures (signature TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tax_documents (mgt_key TEXT PRIMARY KEY, kind TEXT NOT NULL, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fcm_messages (seq INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, token TEXT NOT NULL, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS gift_coupons (tr_id TEXT PRIMARY KEY, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS gift_money (seq INTEGER PRIMARY KEY AUTOINCREMENT, tr_id TEXT NOT NULL, amount INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS kept_cards (
    ref TEXT PRIMARY KEY, house TEXT NOT NULL, billing_key TEXT UNIQUE, doc TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS identities (ref TEXT PRIMARY KEY, provider TEXT NOT NULL, doc TEXT NOT NULL);
"""
TABLES = (
    "switches",
    "calls",
    "messages",
    "attempts",
    "registrations",
    "overlays",
    "answers",
    "tokens",
    "deliveries",
    "toss_payments",
    "toss_overlays",
    "toss_answers",
    "toss_deliveries",
    "solapi_messages",
    "solapi_signatures",
    "identities",
    "kept_cards",
    "tax_documents",
    "gift_coupons",
    "fcm_messages",
    "gift_money",
)


class Book:
    """
    One connection, one lock. Every change happens inside `write()`, a transaction that holds SQLite's write lock from its first statement,
    so that a second process on the same file cannot slip in between a check and its effect.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)

    @contextmanager
    def write(self) -> Iterator[None]:
        """A transaction; a nested one joins the outer. Nothing inside may wait for anything."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement and return the number of rows it changed. Call it inside `write()`."""
        with self._lock:
            return self._db.execute(sql, values).rowcount

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """The first row of a query, or nothing."""
        with self._lock:
            found: sqlite3.Row | None = self._db.execute(sql, values).fetchone()
            return found

    def switch(self, name: str, default: Any) -> Any:
        """What a named control is set to: any JSON value."""
        found = self.row("SELECT value FROM switches WHERE name = ?", name)
        return default if found is None else json.loads(found["value"])

    def set_switch(self, name: str, value: Any) -> None:
        """Set a named control. It survives a restart and ends with a reset."""
        with self.write():
            self.run("INSERT INTO switches VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", name, json.dumps(value))

    def reset(self) -> None:
        """Forget everything."""
        with self.write():
            for table in TABLES:
                self.run(f"DELETE FROM {table}")  # noqa: S608  (our own constant)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
