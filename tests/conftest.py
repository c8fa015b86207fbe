"""People every test knows: minji (owner), jisoo (reporter in her team), eve (another advertiser), operator, finance, suji (a member)."""

from collections.abc import Iterator
from datetime import UTC, datetime

import hypothesis
import pytest
from django.db import connection, transaction

from advertisers.models import Advertiser, Membership
from credits import proof
from credits import services as credits
from credits.models import Entry
from identity.models import User
from payments import proof as payments_proof
from rewards.models import Member
from tests import emptying, factories

emptying.install()
hypothesis.settings.register_profile("suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])  # busy machines
hypothesis.settings.load_profile("suite")


class NotGreenError(AssertionError):
    """A test left books that do not prove; such a test never gets a second look."""


@pytest.fixture(autouse=True)
def orders_are_asked_for_where_they_are_sold(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of the ledger and of campaigns top up without an order; the search for such top-ups runs where orders are paid."""
    if not {"payments", "journeys"} & set(request.path.parts):
        check = payments_proof.top_ups_have_their_order
        monkeypatch.delitem(proof._INVARIANTS, ("I5", f"{check.__module__}.{check.__qualname__}"))


@pytest.fixture(autouse=True)
def proof_is_green(request: pytest.FixtureRequest, orders_are_asked_for_where_they_are_sold: None) -> Iterator[None]:
    """After every test that touched the ledger the whole proof must be green; `@pytest.mark.tampers` is for tests that break it."""
    uses_database = {"db", "transactional_db", "live_server"} & set(request.fixturenames) or request.node.get_closest_marker("django_db")
    if not uses_database:
        yield
        return
    request.getfixturevalue("transactional_db" if "live_server" in request.fixturenames else "db")  # set up before us: torn down after us
    if connection.in_atomic_block:  # a browser or a process beside the test may keep its one transaction waiting
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    yield
    if request.node.get_closest_marker("tampers") or connection.needs_rollback:
        return
    if Entry.objects.exists():
        differences = proof.run().differences
        if differences:
            raise NotGreenError(*differences)


@pytest.fixture
def at() -> datetime:
    """A quiet moment: Wednesday 2026-11-25, 12:00 in Seoul."""
    return datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


@pytest.fixture
def minji(db: None, at: datetime) -> Advertiser:
    """An advertiser whose owner is Minji (`minji_user`); she topped up 1,000 credits with order `minji-order`."""
    advertiser = factories.MembershipFactory(
        advertiser__name="민지네 커피", user__username="minji", user__email="minji@example.com", user__name="김민지"
    ).advertiser
    with transaction.atomic():
        credits.top_up(advertiser=advertiser, credits=1_000, order_id="minji-order", gateway="portone", key="minji:top_up", at=at)
    return advertiser


@pytest.fixture
def minji_user(minji: Advertiser) -> User:
    return User.objects.get(username="minji")


@pytest.fixture
def jisoo(minji: Advertiser) -> User:
    """A reporter in Minji's team."""
    return factories.MembershipFactory(
        advertiser=minji, user__username="jisoo", user__email="jisoo@example.com", role=Membership.Role.REPORTER
    ).user


@pytest.fixture
def eve(db: None) -> Advertiser:
    """Another advertiser; her owner is `eve_user`."""
    return factories.MembershipFactory(advertiser__name="이브 상사", user__username="eve", user__email="eve@example.com").advertiser


@pytest.fixture
def eve_user(eve: Advertiser) -> User:
    return User.objects.get(username="eve")


@pytest.fixture
def operator(db: None) -> User:
    return factories.UserFactory(kind=User.Kind.OPERATOR, username="operator", email="operator@example.com", is_staff=True, name="오정원")


@pytest.fixture
def finance(db: None) -> User:
    return factories.UserFactory(kind=User.Kind.OPERATOR, username="finance", email="finance@example.com", is_staff=True, name="나재무")


@pytest.fixture
def suji(db: None) -> Member:
    """A member of Luckffle."""
    return factories.MemberFactory(user__username="suji", user__phone="+821000000001", nickname="수지")
