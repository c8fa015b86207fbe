"""What the customer named is there: eleven packages, declared, locked and used, and the places of the tree."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.house import trees

BASE_DIR = Path(__file__).resolve().parent.parent.parent
# Name on the package index -> name in an import.
PACKAGES = {
    "django": "django", "django-environ": "environ", "psycopg": "psycopg", "django-htmx": "django_htmx", "django-ninja": "ninja",
    "pydantic": "pydantic", "requests": "requests", "celery": "celery", "redis": "redis", "pytest-django": "pytest_django",
    "factory-boy": "factory",
}  # fmt: skip
PLACES = (
    "config", "advertisers", "campaigns", "credits", "payments", "identity", "inquiries", "rewards", "backoffice", "templates", "static",
    "tests", "manage.py", "pyproject.toml", "docker-compose.yml", ".github",
)  # fmt: skip
FOLDERS = ("common", "config", "advertisers", "campaigns", "credits", "payments", "identity", "inquiries", "rewards", "backoffice", "tests")


def declared() -> set[str]:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    return {re.split(r"[\[<>=~!; ]", line)[0].lower() for line in lines}


def locked() -> set[str]:
    lines = (BASE_DIR / "requirements" / "dev.lock").read_text().splitlines()
    return {re.split(r"[\[=]", line)[0].lower() for line in lines if re.match(r"[a-zA-Z0-9]", line)}


def imported() -> set[str]:
    """Top-level names that our code imports or, as Django and pytest do, names in its settings."""
    return {name for folder in FOLDERS for path in (BASE_DIR / folder).rglob("*.py") for name in trees.imported(path)}


class TestThePackagesTheCustomerNamed:
    def test_are_eleven(self) -> None:
        assert len(PACKAGES) == 11

    @pytest.mark.parametrize("package", sorted(PACKAGES))
    def test_are_declared_and_locked(self, package: str) -> None:
        assert package in declared()
        assert package in locked()

    @pytest.mark.parametrize("package", sorted(PACKAGES))
    def test_are_imported_by_our_code(self, package: str) -> None:
        assert PACKAGES[package] in imported()


class TestTheTree:
    @pytest.mark.parametrize("place", PLACES)
    def test_has_every_place_and_something_in_it(self, place: str) -> None:
        path = BASE_DIR / place
        assert path.exists()
        assert any(path.iterdir()) if path.is_dir() else path.stat().st_size > 0
