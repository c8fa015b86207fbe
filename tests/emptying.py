"""
How a database is emptied after a transactional test.

Django's flush truncates every table and makes the content types and permissions anew, with new numbers: it took most of a second a
test, and a web process that runs through the whole session remembered numbers that were gone. Here only rows that exist go, those two
tables stay, and no transaction is left running beside it. The guards of append-only tables rest for exactly that statement, as they do
on a replica; tests/credits/test_append_only.py proves that they are on otherwise.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase

WRITTEN_BY_MIGRATIONS = {model._meta.db_table for model in (MigrationRecorder.Migration, ContentType, Permission)}
TRIES = 3


def empty() -> None:
    """
    Delete every committed row but the names of models, permissions and migrations. Waits for transactions that still run.

    A late request of a running product may lock the same tables in another order; one of the two is ended, and it may be us.
    """
    for left in reversed(range(TRIES)):
        try:
            return _empty()
        except OperationalError:
            if not left:
                raise


def _empty() -> None:
    models = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    tables = sorted({*models, settings.CACHES["default"]["LOCATION"]} - WRITTEN_BY_MIGRATIONS)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '15s'; SET LOCAL session_replication_role = replica")
        cursor.execute("LOCK TABLE " + ", ".join(f'"{table}"' for table in tables) + " IN ACCESS EXCLUSIVE MODE")
        cursor.execute(" UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT FROM \"{table}\")" for table in tables))
        for (table,) in cursor.fetchall():
            cursor.execute(f'DELETE FROM "{table}"')


def install() -> None:
    """In place of the flush of Django's transactional tests."""

    def teardown(case: Any) -> None:
        empty()

    TransactionTestCase._fixture_teardown = teardown
