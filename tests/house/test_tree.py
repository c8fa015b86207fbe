"""The house stands as it was drawn: its folders, its libraries, its layers, its commands."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from config import example, lint, supervisor
from tests.house.trees import imported

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PRODUCT = ("config", "backoffice", "campaigns", "payments", "rewards", "inquiries", "credits", "advertisers", "identity", "common")
# Distribution → the name it is imported by.
CUSTOMERS_LIST = {
    "django": "django", "django-environ": "environ", "psycopg": "psycopg", "django-htmx": "django_htmx", "django-ninja": "ninja",
    "pydantic": "pydantic", "requests": "requests", "celery": "celery", "redis": "redis", "pytest-django": "pytest_django",
    "factory-boy": "factory",
}  # fmt: skip


def declared():
    wanted = [*PROJECT["project"]["dependencies"], *PROJECT["project"]["optional-dependencies"]["dev"]]
    return {re.split(r"[\[<>=~! ]", line, maxsplit=1)[0].lower() for line in wanted}


def sources(*folders):
    for folder in folders:
        yield from (path for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts)


class TestTheTree:
    @pytest.mark.parametrize(
        "folder", [*PRODUCT, "sandbox", "templates", "static", "tests", "bench", "docs", "docs/adr", "docs/handbook", ".github"]
    )
    def test_has_the_folder(self, folder):
        assert (ROOT / folder).is_dir()

    @pytest.mark.parametrize(
        "file",
        [
            "manage.py", "pyproject.toml", "Makefile", "package.json", "package-lock.json", "docker-compose.yml", "Dockerfile", "README.md",
            "CONTRIBUTING.md", ".env.example", ".ci/run", "requirements/base.lock", "requirements/dev.lock", "config/settings.py",
        ],
    )  # fmt: skip
    def test_has_the_file(self, file):
        assert (ROOT / file).is_file()

    def test_is_an_app_for_every_floor(self):
        from django.conf import settings

        assert [app for app in settings.INSTALLED_APPS if app in PRODUCT] == [
            "common", "identity", "advertisers", "credits", "payments", "rewards", "inquiries", "campaigns", "backoffice",
        ]  # fmt: skip

    def test_has_no_drawer_for_everything(self):
        drawers = {"utils.py", "helpers.py", "misc.py", "signals.py", "exceptions.py"}
        assert [str(path.relative_to(ROOT)) for path in sources(*PRODUCT, "sandbox", "tests") if path.name in drawers] == []

    def test_reads_nothing_outside_itself_by_an_absolute_path(self):
        texts = {path: path.read_text() for path in sources(*PRODUCT, "sandbox", "tests", "bench")}
        outside = re.compile(r"[\"'](/(?:work|root|home|opt|srv|mnt)/)")
        assert [str(path.relative_to(ROOT)) for path, text in texts.items() if outside.search(text)] == []


class TestLibraries:
    @pytest.mark.parametrize("name", CUSTOMERS_LIST)
    def test_of_the_customers_list_are_declared(self, name):
        assert name in declared()

    @pytest.mark.parametrize(
        "name, module", [(name, module) for name, module in CUSTOMERS_LIST.items() if name not in ("redis", "pytest-django", "django-htmx")]
    )
    def test_of_the_customers_list_are_imported(self, name, module):
        assert any(module in imported(path) for path in sources(*PRODUCT, "tests"))

    def test_that_work_by_their_names_are_named(self):
        """These three are used without an import statement: as middleware, as Celery's transport, as pytest's plugin."""
        from django.conf import settings

        assert "django_htmx.middleware.HtmxMiddleware" in settings.MIDDLEWARE
        assert "REDIS_URL" in (ROOT / "config" / "settings.py").read_text()
        assert PROJECT["tool"]["pytest"]["ini_options"]["DJANGO_SETTINGS_MODULE"] == "config.settings"

    def test_are_locked_with_hashes_and_without_addresses(self):
        assert lint.lock_files() == []
        for lock in ("base.lock", "dev.lock"):
            locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements" / lock).read_text(), re.MULTILINE))
            assert {name for name in CUSTOMERS_LIST if lock == "dev.lock" or name not in ("pytest-django", "factory-boy")} <= locked

    def test_are_all_explained_and_no_others(self):
        """docs/adr/0002-libraries.md names what pyproject.toml and package.json declare: in the customer's list or in a first column."""
        page = (ROOT / "docs" / "adr" / "0002-libraries.md").read_text().lower()
        customers = re.search(r"named by the customer: (.+?)\.\n\n", page, re.DOTALL)[1]
        columns = [column for column in re.findall(r"^\| ([a-z@][^|]+) \|", page, re.MULTILINE) if column != "library"]
        explained = {re.sub(r" [\d(].*", "", name.strip(), flags=re.DOTALL) for text in (customers, *columns) for name in text.split(",")}
        extras = PROJECT["project"]["optional-dependencies"]
        lines = [*PROJECT["project"]["dependencies"], *extras["dev"], *extras["bench"]]
        wanted = {re.split(r"[\[<>=~! ]", line, maxsplit=1)[0].lower() for line in lines}
        assert explained == wanted | set(json.loads((ROOT / "package.json").read_text())["devDependencies"])


class TestStrictTypes:
    def test_are_checked_by_lint(self):
        assert PROJECT["tool"]["mypy"]["strict"] is True
        assert "mypy" in str(lint.CHECKS["types"][0])


class TestLayers:
    def test_are_kept(self):
        done = subprocess.run(
            [Path(sys.executable).parent / "lint-imports", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout

    def test_are_declared_as_drawn(self):
        layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
        assert layers == [
            "config",
            "backoffice",
            "campaigns",
            "payments | rewards | inquiries",
            "credits",
            "advertisers",
            "identity",
            "common",
        ]

    def test_of_data_follow_those_of_code(self):
        """A ForeignKey never points up."""
        from django.apps import apps

        floor = {
            "common": 0,
            "identity": 1,
            "advertisers": 2,
            "credits": 3,
            "payments": 4,
            "rewards": 4,
            "inquiries": 4,
            "campaigns": 5,
            "backoffice": 6,
        }
        ups = [
            f"{model._meta.label}.{field.name}"
            for model in apps.get_models()
            if model._meta.app_label in floor
            for field in model._meta.get_fields()
            if field.concrete and field.is_relation and floor.get(field.related_model._meta.app_label, 0) > floor[model._meta.app_label]
        ]
        assert ups == []


class TestTheEnvironment:
    def test_example_is_made_from_the_settings(self):
        assert example.complaints() == []

    def test_example_shows_the_defaults_of_production(self):
        shown = {name: default for _, name, default in example.variables()}
        assert shown["PORTONE_BASE_URL"] == "https://api.portone.io"
        assert (shown["PORTONE_API_SECRET"], shown["ALLOWED_HOSTS"], shown["SECRET_KEY"]) == ("", "", "")
        assert (shown["PORTALS"], shown["PORTONE_MANUAL_APPROVAL"]) == ("advertiser,luckffle,backoffice", "false")

    def test_a_stale_example_is_noticed(self, tmp_path, monkeypatch):
        stale = tmp_path / "example"
        stale.write_text(example.make().replace("# REDIS_URL=", "# REDIS="))
        monkeypatch.setattr(example, "EXAMPLE", stale)
        assert example.complaints() == [".env.example is not what config/settings.py says: run `make example`"]


class TestTheSupervisor:
    def test_says_which_port_is_taken_and_what_to_do(self):
        import socket

        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with pytest.raises(supervisor.CannotStart) as refusal:
                supervisor._require_free(port, name="web")
        assert str(refusal.value).startswith(f"Port {port} (for web) cannot be used: ")
        assert str(refusal.value).endswith(f"Choose another one, for example: make demo PORT={port + 100}")

    @pytest.mark.parametrize("value", ["0", "65536", "eighty", "-1"])
    def test_refuses_a_port_that_is_none(self, value, monkeypatch):
        monkeypatch.setenv("PORT", value)
        with pytest.raises(supervisor.CannotStart, match="PORT must be a port number"):
            supervisor._port("PORT", 8000)

    def test_runs_one_process_for_each_part(self):
        together = [program.name for program in supervisor._programs({"web": 8000}, sandbox_port=8001)]
        apart = list(supervisor._programs(supervisor.APP_PORTS, sandbox_port=8001))
        assert together == ["web", "relay", "worker", "sandbox"]
        assert [program.name for program in apart] == ["advertiser", "luckffle", "backoffice", "relay", "worker", "sandbox"]
        assert [program.environment.get("PORTALS") for program in apart[:3]] == ["advertiser", "luckffle", "backoffice"]
        assert supervisor.APP_PORTS == {"advertiser": 3004, "luckffle": 3005, "backoffice": 3006}
