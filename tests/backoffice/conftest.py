"""Operators by role, each with a second factor, and a client that is signed in to the back office."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from backoffice import rights
from common import handlers
from identity.backends import PORTAL_OF_KIND
from identity.models import User
from tests import factories
from tests.backoffice.money import Cashier
from tests.sandbox_process import SandboxProcess
from tests.signing_in import browser, cookie_of

INDEX = "/backoffice/"


@pytest.fixture
def storage_of_its_own(settings: Any, tmp_path: Path) -> None:
    """Private files of this test lie apart: other tests, also of another process, neither see nor add any."""
    private = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "private")}}
    settings.STORAGES = {**settings.STORAGES, "private": private}


def enter(user: User) -> Client:
    """A browser in which this person is signed in to the back office."""
    client = browser(user, second_factor=Authenticator.objects.filter(user=user).exists())
    client.cookies["boost_backoffice"] = client.cookies.pop(cookie_of(PORTAL_OF_KIND[user.kind])).value
    return client


def hire(name: str, *roles: str) -> User:
    """An operator with a second factor and these roles."""
    user = factories.UserFactory(
        kind=User.Kind.OPERATOR, username=name, email=f"{name}@staff.example.com", is_staff=True, name=f"{name} 담당"
    )
    groups = rights.ensure_groups()
    user.groups.set([groups[role] for role in roles])
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return user


@pytest.fixture
def desk(db: None) -> Callable[..., Client]:
    """`desk("finance")`: a signed-in browser of a new operator with these roles."""

    def open_desk(*roles: str) -> Client:
        return enter(hire("-".join(roles) or "nobody", *roles))

    return open_desk


@pytest.fixture(scope="session")
def _sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite3") as sandbox:
        yield sandbox


@pytest.fixture
def cashier(db: None, _sandbox: SandboxProcess, settings: Any) -> Cashier:
    """Advertisers who pay and ask for money back, with an empty card company."""
    handlers.load()
    _sandbox.reset()
    settings.PORTONE_BASE_URL = _sandbox.portone_url
    return Cashier(sandbox=_sandbox)
