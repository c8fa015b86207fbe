"""The house for tests that walk through all of it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from advertisers.models import Advertiser
from identity.models import User
from rewards.models import Member
from tests.house.world import World, build
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="session")
def sandbox_of_the_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("house-sandbox") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture
def world(
    sandbox_of_the_house: SandboxProcess,
    settings: Settings,
    minji: Advertiser,
    minji_user: User,
    jisoo: User,
    eve_user: User,
    suji: Member,
) -> World:
    people = {"minji": minji_user, "jisoo": jisoo, "eve": eve_user, "suji": suji.user}
    at = timezone.now() - timedelta(hours=3)
    return build(sandbox_of_the_house, settings, at=at, minji=minji, people=people, member=suji)
