"""
Would a migration stop the product while it runs? squawk looks at the locks that its SQL takes, django-migration-linter at what the
code of the last release would still write. `make lint` asks both about every migration of ours after the first set.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from config import embedded

BASE_DIR = Path(__file__).resolve().parent.parent
DATA = BASE_DIR / "var" / "postgres-lint"
CREATED = re.compile(r'^CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?', re.MULTILINE)
TOUCHED = re.compile(r'^(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX "?\w+"? ON) "?(\w+)"?')

LEFT_OUT = ["RUNPYTHON_MODEL_VARIABLE_NAME"]  # how a variable is called stops nobody
ADVICE = "Take smaller steps (CONTRIBUTING, A migration), or write down in pyproject.toml why not: [tool.boost.migrations.accepted]."


def complaints(*, first: dict[str, int], accepted: dict[str, str]) -> list[str]:
    """
    What the two tools say, each line with the migration's name.

    first: app -> number of its last migration in the first set. Those met empty tables, so their locks kept nobody waiting.
    accepted: `<app>.<migration>` -> why it may do what the tools complain about.
    """
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    names = [f"{app}.{name}" for app, name in MigrationLoader(connection).disk_migrations if _is_ours(app)]
    asked = [name for name in sorted(names) if _number(name) > first.get(name.split(".")[0], 0) and name not in accepted]
    stale = [f"{name}: accepted in pyproject.toml, but there is no such migration" for name in sorted(set(accepted) - set(names))]
    return stale + _locks(asked) + _old_code(asked)


def on_old_tables(sql: str) -> str:
    """The SQL without lines about tables that the same migration makes: those are empty, and nobody knows them yet."""
    new = set(CREATED.findall(sql))
    return "\n".join(line for line in sql.splitlines() if not ((table := TOUCHED.match(line)) and table[1] in new))


def _locks(names: Iterable[str]) -> list[str]:
    """What squawk says; its rules are in .squawk.toml."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.sql" for name in names}
        for name, path in files.items():
            path.write_text(on_old_tables(_sql(name)))
        if not files:
            return []
        squawk = (str(Path(sys.executable).parent / "squawk"), "--config", str(BASE_DIR / ".squawk.toml"), "--reporter", "gcc")
        done = subprocess.run([*squawk, *map(str, files.values())], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(done.stderr)
        return done.stdout.replace(f"{folder}/", "").splitlines()


def _old_code(names: Iterable[str]) -> list[str]:
    """What django-migration-linter says; its warnings count."""
    from django_migration_linter import MigrationLinter
    from django_migration_linter.migration_linter import MessageType

    class Linter(MigrationLinter):  # type: ignore[misc]
        def get_sql(self, app_label: str, migration_name: str) -> list[str]:
            return on_old_tables(_sql(f"{app_label}.{migration_name}")).splitlines()

        def print_errors(self, errors: list[Any]) -> None:
            self.said = [error.message for error in errors]

    linter = Linter(no_cache=True, all_warnings_as_errors=True, exclude_migration_tests=LEFT_OUT, quiet=MessageType.values())
    found = []
    for name in names:
        app, migration = name.split(".")
        linter.reset_counters()
        linter.lint_migration(linter.migration_loader.disk_migrations[app, migration])
        found += [f"{name}: {message}" for message in linter.said] if linter.has_errors else []
    return found


def _sql(name: str) -> str:
    from django.core.management import call_command

    return str(call_command("sqlmigrate", *name.split("."), stdout=StringIO()))


def _is_ours(app: str) -> bool:
    from django.apps import apps

    return Path(apps.get_app_config(app).path).parent == BASE_DIR


def _number(name: str) -> int:
    return int(name.split(".")[1].split("_")[0])


def main() -> int:
    """Print the complaints; 1 when there is one. Uses DATABASE_URL, else an empty embedded server that is stopped again."""
    ours = "DATABASE_URL" not in os.environ
    if ours:
        os.environ["DATABASE_URL"] = embedded.start(DATA, database="lint", durable=False)
    try:
        import django

        django.setup()
        rules = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["boost"]["migrations"]
        found = complaints(first=rules["first"], accepted=rules["accepted"])
    finally:
        if ours:
            embedded.stop(DATA)
    for line in [*found, ADVICE] if found else []:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
