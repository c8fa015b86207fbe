"""Operators by role, each with a second factor, and a client that is signed in to the back office."""

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client

from backoffice import rights
from identity.models import User
from tests import factories

INDEX = "/backoffice/"


def enter(user: User) -> Client:
    """A browser in which this person is signed in to the back office."""
    client = Client()
    client.force_login(user)
    client.cookies["boost_backoffice"] = client.cookies.pop(settings.SESSION_COOKIE_NAME).value
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
