"""A team: minji owns it, mina manages, dohyun pays, jisoo reads; hana works at an agency for two advertisers."""

from datetime import datetime

import pytest

from advertisers.models import Advertiser, Membership
from campaigns import services as campaigns
from campaigns.models import Campaign
from identity.models import User
from tests import factories
from tests.advertisers.applicants import applicant, company, identity_sandbox, outside
from tests.campaigns.conftest import spec_of

__all__ = ["applicant", "company", "identity_sandbox", "outside"]


def join(advertiser: Advertiser, name: str, role: str) -> User:
    """Somebody new in a team."""
    return factories.MembershipFactory(
        advertiser=advertiser, role=role, user__username=name, user__email=f"{name}@example.com", user__name=name
    ).user


@pytest.fixture
def mina(minji: Advertiser) -> User:
    return join(minji, "mina", Membership.Role.MANAGER)


@pytest.fixture
def dohyun(minji: Advertiser) -> User:
    return join(minji, "dohyun", Membership.Role.FINANCE)


@pytest.fixture
def hana(minji: Advertiser, eve: Advertiser) -> User:
    """She manages campaigns of minji and of eve; minji is her first client."""
    hana = join(minji, "hana", Membership.Role.MANAGER)
    factories.MembershipFactory(advertiser=eve, user=hana, role=Membership.Role.MANAGER)
    return hana


def number_of(user: User, advertiser: Advertiser) -> str:
    """The public number of a membership, as addresses carry it."""
    return str(Membership.objects.get(user=user, advertiser=advertiser).public_id)


@pytest.fixture
def running(minji: Advertiser, minji_user: User, operator: User, at: datetime) -> Campaign:
    """A campaign of minji's that runs."""
    campaign = campaigns.submit_campaign(advertiser=minji, spec=spec_of(at), by=minji_user, at=at, key="first")
    return campaigns.approve(campaign=campaign, by=operator, at=at)
