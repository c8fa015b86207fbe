"""Make the role that production runs as: it works with every table and cannot rewrite history. Exit codes: 0 made, 1 refused."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg import sql

from common import guards

READ_ONLY = frozenset({"django_migrations"})  # the owner migrates; the application only looks whether it was done
# What the role may and may not; only what differs is changed, because some need a superuser.
ATTRIBUTES = (
    (True, "LOGIN"),
    (False, "NOSUPERUSER"),
    (False, "NOCREATEDB"),
    (False, "NOCREATEROLE"),
    (False, "NOREPLICATION"),
    (False, "NOBYPASSRLS"),
)


class Command(BaseCommand):
    help = (
        "Create or repair the role of settings.APP_ROLE; run it as the owner of the tables after every migrate. "
        "The role may not UPDATE, DELETE or TRUNCATE history, and may not create, change or drop anything."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="print the statements, change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        role = settings.APP_ROLE
        with transaction.atomic():
            _refuse_powerful(role)
            for statement in _statements(role):
                if options["dry_run"]:
                    self.stdout.write(f"{_text(statement)};")
                else:
                    _execute(statement)
            # The password is no part of the statements above, so that it is never printed.
            if settings.APP_ROLE_PASSWORD and not options["dry_run"]:
                _execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(_sealed(role))))
        if not options["dry_run"]:
            self.stdout.write(f"{role} may run the application; {len(guards.append_only_tables())} tables are history to it")


def _refuse_powerful(role: str) -> None:
    """
    Look that the role is not one to which taking rights away means nothing.

    :raises CommandError: it is the one we are, owns tables, or may become somebody who does.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user = %s", [role])
        if cursor.fetchone() == (True,):
            raise CommandError(f"{role} is the role of this connection; connect as the owner of the tables")
        cursor.execute(
            """
            SELECT DISTINCT owner.rolname FROM pg_class c JOIN pg_roles owner ON owner.oid = c.relowner
              JOIN pg_roles app ON app.rolname = %s
             WHERE c.relnamespace = current_schema()::regnamespace
               AND (owner.oid = app.oid OR (NOT app.rolsuper AND pg_has_role(app.oid, owner.oid, 'MEMBER')))
            """,
            [role],
        )
        if owners := sorted(name for (name,) in cursor.fetchall()):
            raise CommandError(f"{role} is, or may become, {', '.join(owners)}, who owns tables; choose another APP_ROLE")


def _statements(role: str) -> Iterator[sql.Composed]:
    """Everything but the password, in order; all of it may be repeated."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database(), current_schema()")
        database, schema = cursor.fetchone()
        cursor.execute(
            "SELECT rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = %s",
            [role],
        )
        found = cursor.fetchone()
        cursor.execute(
            """
            SELECT relname, relkind IN ('v', 'm') OR relispartition FROM pg_class
             WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm') ORDER BY relname
            """
        )
        tables = cursor.fetchall()
    names = {"app": sql.Identifier(role), "db": sql.Identifier(database), "schema": sql.Identifier(schema)}
    if found is None:
        yield sql.SQL("CREATE ROLE {app} LOGIN").format(**names)
    elif wrong := [word for (wanted, word), has in zip(ATTRIBUTES, found, strict=True) if has is not wanted]:
        yield sql.SQL("ALTER ROLE {app} " + " ".join(wrong)).format(**names)
    # A temporary table could stand in front of one of ours inside a trigger; a new one in the schema could too.
    yield sql.SQL("REVOKE TEMPORARY ON DATABASE {db} FROM PUBLIC").format(**names)
    yield sql.SQL("REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC").format(**names)
    yield sql.SQL("REVOKE ALL ON DATABASE {db} FROM {app}").format(**names)
    yield sql.SQL("REVOKE ALL ON SCHEMA {schema} FROM {app}").format(**names)
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {app}").format(**names)
    yield sql.SQL("GRANT CONNECT ON DATABASE {db} TO {app}").format(**names)
    yield sql.SQL("GRANT USAGE ON SCHEMA {schema} TO {app}").format(**names)
    yield sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {app}").format(**names)
    yield sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {app}").format(**names)
    history = set(guards.append_only_tables())
    for table, only_looked_at in tables:  # views, and partitions, whose rows are written through their parent
        rights = (
            "SELECT" if only_looked_at or table in READ_ONLY else "SELECT, INSERT" if table in history else "SELECT, INSERT, UPDATE, DELETE"
        )
        yield sql.SQL("GRANT " + rights + " ON {schema}.{table} TO {app}").format(table=sql.Identifier(table), **names)


def _sealed(role: str) -> str:
    """The password as the server keeps it, so that neither its log nor anybody on the way reads it."""
    sealed: bytes = connection.connection.pgconn.encrypt_password(settings.APP_ROLE_PASSWORD.encode(), role.encode(), b"scram-sha-256")
    return sealed.decode()


def _execute(statement: sql.Composed) -> None:
    # Django hands a query to psycopg as it is, and psycopg knows composed ones.
    with connection.cursor() as cursor:
        cursor.execute(statement)  # type: ignore[arg-type]


def _text(statement: sql.Composed) -> str:
    return statement.as_string(connection.connection)
