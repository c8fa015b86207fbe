"""The second tier is reserved: off, its marks mean nothing; on, they keep others out."""

import pytest

from campaigns import targeting
from campaigns.models import Campaign
from campaigns.targeting import NotForYou
from rewards.models import Member, Raffle
from rewards.raffles.errors import PlusOnly
from tests.campaigns.test_participation import start
from tests.rewards.raffle_world import give, opened, press


@pytest.fixture
def raffle(at, operator, finance):
    found = opened(at, by=operator, funder=finance)
    Raffle.objects.filter(pk=found.pk).update(is_plus=True)
    return found


@pytest.fixture
def mission(running):
    Campaign.objects.filter(pk=running.pk).update(audience="PLUS", is_targeted=True)
    running.refresh_from_db()
    return running


class TestOff:
    def test_s_07_everybody_is_let_in(self, raffle, mission, suji, at):
        give(suji, 5, at)
        press(suji, raffle, key="one", at=at)
        assert start(suji, mission, at).is_new


class TestOn:
    @pytest.fixture(autouse=True)
    def switched(self, settings):
        settings.LUCKFFLE_PLUS = True

    def test_s_07_others_are_told_why(self, raffle, mission, suji, at):
        give(suji, 5, at)
        with pytest.raises(PlusOnly):
            press(suji, raffle, key="one", at=at)
        with pytest.raises(NotForYou, match="플러스 회원만"):
            start(suji, mission, at)
        assert targeting.fitting([mission], member_id=suji.pk, at=at) == []

    def test_s_07_plus_members_are_let_in(self, raffle, mission, suji, at):
        Member.objects.update(is_plus=True)
        give(suji, 5, at)
        press(suji, raffle, key="one", at=at)
        assert start(suji, mission, at).is_new
