"""The product and its sandbox share nothing but HTTP: no module, no database, no setting; looked at from both sides."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as product
from django.db import connection

from sandbox.book import TABLES
from tests.house.test_tree import PRODUCT, sources
from tests.house.trees import imported
from tests.sandbox_process import SandboxProcess

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCT_LIBRARIES = {"django", "psycopg", "celery", "environ", "allauth", "unfold", "ninja"}


def loaded(statement: str, **environment: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after a statement."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


class TestModules:
    def test_no_source_of_the_product_names_the_sandbox(self):
        guilty = [str(path) for path in sources(*PRODUCT) if "sandbox" in imported(path)]
        assert guilty == []

    def test_no_source_of_the_sandbox_names_the_product_or_its_libraries(self):
        guilty = [(str(path), sorted(names)) for path in sources("sandbox") if (names := imported(path) & {*PRODUCT, *PRODUCT_LIBRARIES})]
        assert guilty == []

    def test_the_running_product_has_not_loaded_the_sandbox(self):
        modules = loaded("import config.wsgi\nfrom common import handlers\nhandlers.load()")
        assert {"config", "payments", "backoffice"} <= modules, "or this looks at nothing"
        assert "sandbox" not in modules

    def test_the_running_sandbox_has_not_loaded_the_product(self):
        modules = loaded("import sandbox.__main__, sandbox.app")
        assert {"sandbox", "starlette"} <= modules, "or this looks at nothing"
        assert modules & {*PRODUCT, *PRODUCT_LIBRARIES} == set()


class TestDatabases:
    def test_the_products_database_has_no_table_of_the_sandbox(self, db):
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor))
        assert "payments_paymentorder" in tables
        assert tables & set(TABLES) == set()
        assert [name["ENGINE"].rpartition(".")[2] for name in product.DATABASES.values()] == ["postgresql"]

    def test_the_sandbox_lives_without_the_products_database_and_settings(self, tmp_path, monkeypatch):
        for name in [name for name in os.environ if name.startswith(("PORTONE_", "DJANGO_", "REDIS_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
        data = tmp_path / "book.sqlite3"
        with SandboxProcess(data=data) as sandbox:
            assert sandbox.control("GET", "/calls")["calls"] == []
        with sqlite3.connect(data) as book:
            tables = {name for (name,) in book.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert tables - {"sqlite_sequence"} == set(TABLES)

    def test_the_product_is_ready_without_the_sandbox(self, db, client, settings):
        settings.PORTONE_BASE_URL = "http://127.0.0.1:1/portone"  # nobody listens there
        assert client.get("/readyz").status_code == 200

    @pytest.mark.parametrize("word", ["sqlite3", "SANDBOX_DATA"])
    def test_the_product_never_opens_the_book(self, word):
        assert [str(path) for path in sources(*PRODUCT) if word in path.read_text() and path.name != "supervisor.py"] == []
