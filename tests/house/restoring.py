"""A committed database that is put back again and again, for tests whose clients need connections of their own."""

from __future__ import annotations

from django.db import connection, transaction

KEPT = "kept_by_a_test"


class Kept:
    """Copies of all tables as they were, from which `put_back` restores those that have changed since."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
                " AND NOT relispartition ORDER BY relname"
            )
            self.tables = [name for (name,) in cursor.fetchall()]
            cursor.execute(f"DROP SCHEMA IF EXISTS {KEPT} CASCADE")
            cursor.execute(f"CREATE SCHEMA {KEPT}")
            for table in self.tables:
                cursor.execute(f'CREATE TABLE {KEPT}."{table}" AS TABLE public."{table}"')
        self._seen = self._state()

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return {table: count for table, (count, _) in self._state().items()}

    def put_back(self) -> None:
        """Every row as it was. Append-only tables too: their guards rest, as they do for a replica."""
        changed = [table for table, state in self._state().items() if state != self._seen[table]]
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for table in changed:
                cursor.execute(f'DELETE FROM public."{table}"')
                cursor.execute(f'INSERT INTO public."{table}" SELECT * FROM {KEPT}."{table}"')
        self._seen = self._state()

    def forget(self) -> None:
        """The copies go."""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA {KEPT} CASCADE")

    def _state(self) -> dict[str, tuple[int, int]]:
        """Of each table the number of rows and the newest transaction that wrote one."""
        asked = " UNION ALL ".join(
            f"SELECT '{table}', count(*), coalesce(max(xmin::text::bigint), 0) FROM public.\"{table}\"" for table in self.tables
        )
        with connection.cursor() as cursor:
            cursor.execute(asked)
            return {table: (count, newest) for table, count, newest in cursor.fetchall()}
