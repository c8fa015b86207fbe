"""The house for tests that walk through all of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from advertisers.models import Advertiser
from identity.models import User
from rewards.models import Member
from tests import factories
from tests.house.world import World, build
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def sandbox_of_the_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("house-sandbox") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture
def at() -> datetime:
    """Two days ago, so that whenever the tests run a day of the ledger is over and closed."""
    return timezone.now().replace(minute=5, second=0, microsecond=0) - timedelta(days=2)  # minutes later it is still the same hour


@pytest.fixture
def world(
    sandbox_of_the_house: SandboxProcess,
    settings: Settings,
    minji: Advertiser,
    minji_user: User,
    jisoo: User,
    eve: Advertiser,
    eve_user: User,
    suji: Member,
) -> World:
    members = {"suji": suji, "hana": factories.MemberFactory(user__username="hana", user__phone="+821000000002", nickname="하나")}
    people = {"minji": minji_user, "jisoo": jisoo, "eve": eve_user, **{name: member.user for name, member in members.items()}}
    at = timezone.now() - timedelta(hours=3)
    return build(sandbox_of_the_house, settings, at=at, minji=minji, eve=eve, people=people, members=members)
