"""The people of the journeys, who have done nothing yet."""

import pytest

from backoffice import rights
from identity.models import User
from rewards.models import Member
from tests import factories
from tests.signing_in import give_second_factor


@pytest.fixture
def owner(transactional_db: None) -> User:
    """Minji, who owns a coffee house and has not paid anything yet."""
    return factories.MembershipFactory(
        advertiser__name="민지네 커피",
        user__username="minji",
        user__email="minji@example.com",
        user__name="김민지",
        user__phone="+821012345678",
    ).user


@pytest.fixture
def operator_secret(transactional_db: None) -> str:
    """The operator of a small team, who does everything but the settings; the secret of her authenticator app."""
    user = factories.UserFactory(kind=User.Kind.OPERATOR, username="operator", email="operator@example.com", is_staff=True, name="오정원")
    groups = rights.ensure_groups()
    user.groups.set([groups[role] for role in (rights.REVIEWER, rights.FINANCE, rights.SUPPORT, rights.CONTENT)])
    return give_second_factor(user)


@pytest.fixture
def members(transactional_db: None) -> list[Member]:
    """Three members of Luckffle."""
    return [
        factories.MemberFactory(user__username=f"member{number}", user__phone=f"+82100000000{number}", nickname=f"럭플러{number}")
        for number in (1, 2, 3)
    ]
