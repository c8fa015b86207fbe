"""What happens to a member rings their phone: a conversion that was confirmed late, a coupon, its last days, a won raffle."""

from datetime import timedelta

import pytest

from rewards.models import PushMessage
from tests.campaigns.test_postbacks import click_of, tell
from tests.rewards.gifticon_world import buyer, coffee, press, supplier, work
from tests.rewards.push_world import identity_sandbox, phone

__all__ = ["buyer", "coffee", "identity_sandbox", "supplier"]
DAY = timedelta(days=1)


def said():
    return list(PushMessage.objects.order_by("pk").values_list("title", "is_answer"))


class TestAConversion:
    def test_usr_14_after_twenty_hours_is_confirmed_and_pushed_once(self, launch, suji, at):
        phone(suji, at=at)
        campaign = launch(type="ACTION")
        click, later = click_of(suji, campaign, at), at + timedelta(hours=20)
        assert [tell(campaign, click, later) for _ in range(2)] == ["CONFIRMED", "REPEATED"]
        message = PushMessage.objects.get()
        assert (message.title, message.url, message.kind) == ("미션이 확정됐어요", f"/luckffle/missions/{campaign.public_id}/", "SERVICE")
        assert (message.is_answer, message.created_at) == (False, later)


class TestACoupon:
    @pytest.fixture
    def order(self, supplier, coffee, buyer, at):
        phone(buyer, at=at)
        made = press(buyer, coffee, at=at)
        work(at)
        return made

    def test_that_was_just_asked_for_is_a_direct_answer(self, order):
        assert said() == [("기프티콘이 도착했어요", True)]

    def test_usr_13_near_its_last_day_is_pushed_as_well(self, order, at):
        work(at + 27 * DAY)
        work(at + 28 * DAY)
        assert said()[-1] == ("기프티콘 유효기간이 곧 끝나요", False)
        assert PushMessage.objects.filter(title="기프티콘 유효기간이 곧 끝나요").count() == 1
