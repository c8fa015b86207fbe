"""What the container files name must exist in the product. No engine runs here: files are parsed and compared."""

import json
import re
import shlex
from pathlib import Path

import yaml
from django.core.management import get_commands
from django.urls import resolve
from granian.cli import cli as granian

BASE_DIR = Path(__file__).resolve().parent.parent.parent
COMPOSE = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())
DOCKERFILE = (BASE_DIR / "Dockerfile").read_text().replace("\\\n", " ")
SETTINGS = set(re.findall(r"(?:env\.\w+|_secret)\(\s*[\'\"]([A-Z_]+)", (BASE_DIR / "config" / "settings.py").read_text()))
OURS = ("migrate", "web", "relay", "worker", "beat")
SERVER = next(json.loads(line[4:]) for line in DOCKERFILE.splitlines() if line.startswith("CMD "))


def commands(service):
    """The command lines of one service as lists of words."""
    command = COMPOSE["services"][service].get("command", SERVER)
    if command[:2] == ["sh", "-ec"]:
        return [shlex.split(line) for line in command[2].strip().splitlines()]
    return [command]


class TestComposeFile:
    def test_names_the_seven_processes_and_the_one_that_migrates(self):
        assert set(COMPOSE["services"]) == {"postgres", "redis", *OURS}

    def test_calls_management_commands_that_exist(self):
        named = [line[2] for service in OURS for line in commands(service) if line[:2] == ["python", "manage.py"]]

        assert named == ["migrate", "createcachetable", "grant_app_role", "relay"]
        assert set(named) - set(get_commands()) == set()

    def test_calls_celery_with_options_that_it_has(self):
        for service in ("worker", "beat"):
            [line] = commands(service)
            assert line[:3] == ["celery", "-A", "config"]
            assert line[3] == service

    def test_sets_only_variables_that_a_setting_reads(self):
        for service in OURS:
            assert set(COMPOSE["services"][service]["environment"]) - SETTINGS == set()

    def test_migrates_as_owner_and_runs_everything_else_as_the_application_role(self):
        roles = {name: re.match(r"postgresql://(\w+):", COMPOSE["services"][name]["environment"]["DATABASE_URL"])[1] for name in OURS}

        assert roles == {"migrate": "boost_owner", "web": "boost_app", "relay": "boost_app", "worker": "boost_app", "beat": "boost_app"}
        assert "CREATE ROLE boost_app LOGIN" in COMPOSE["configs"]["application-role"]["content"]

    def test_starts_nothing_before_the_migration_is_through(self):
        for service in ("web", "relay", "worker", "beat"):
            assert COMPOSE["services"][service]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}

    def test_publishes_only_the_port_the_server_listens_on_and_only_here(self):
        published = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}

        assert published == {"web": ["127.0.0.1:8000:8000"]}


class TestDockerfile:
    def test_runs_the_wsgi_application_with_options_granian_has(self):
        assert SERVER[0] == "granian"
        assert SERVER[-1] == "config.wsgi:application"
        options = {option for parameter in granian.params for option in parameter.opts}
        assert {word for word in SERVER if word.startswith("--")} - options == set()

    def test_listens_where_it_says(self):
        assert SERVER[SERVER.index("--port") + 1] == re.search(r"^EXPOSE (\d+)$", DOCKERFILE, re.MULTILINE)[1] == "8000"

    def test_asks_a_health_path_that_answers_without_a_redirect(self, client, settings):
        port, path = re.search(r"HEALTHCHECK .*http://127\.0\.0\.1:(\d+)(/\w+)", DOCKERFILE).groups()
        settings.SECURE_SSL_REDIRECT = True
        settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

        assert port == "8000"
        assert resolve(path, urlconf="config.urls.everywhere").url_name == "healthz"
        assert client.get(path, headers={"X-Forwarded-Proto": "https"}).json() == {"status": "ok"}
        assert client.get(path).status_code == 301

    def test_installs_only_what_the_lock_file_has_hashes_for(self):
        [install] = [line for line in DOCKERFILE.splitlines() if "pip install" in line]

        assert "--require-hashes" in install
        assert "requirements/base.lock" in DOCKERFILE

    def test_ends_as_a_user_without_rights(self):
        assert re.findall(r"^USER (\w+)$", DOCKERFILE.split(" AS runtime")[1], re.MULTILINE) == ["boost"]

    def test_copies_nothing_that_git_does_not_keep(self):
        ignored = (BASE_DIR / ".dockerignore").read_text().split()

        assert {".env", ".venv", ".git", "var", "node_modules"} - set(ignored) == set()
