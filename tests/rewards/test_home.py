"""What the home says: what may be earned today, attendance, missions in a fair order; the tab bar as it was drawn."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from lxml import html

from campaigns import missions, services
from campaigns.models import Campaign
from tests.app import Phone
from tests.campaigns.conftest import spec_of
from tests.campaigns.test_participation import complete
from tests.rewards.raffle_world import opened
from tests.signing_in import browser

HOME = "/luckffle/"


@pytest.fixture
def three(minji, minji_user, operator, at):
    """Three missions of 2, 3 and 5 tickets, the last one the newest."""

    def run(number, tickets):
        spec = spec_of(at, title=f"미션 {number}", budget=300, unit_price=100, tickets=tickets)
        submitted = services.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=at, key=f"m{number}")
        return services.approve(campaign=submitted, by=operator, at=at)

    return [run(number, tickets) for number, tickets in enumerate((2, 3, 5), 1)]


@pytest.fixture(autouse=True)
def clock(at):
    with time_machine.travel(at + timedelta(minutes=1), tick=False):
        yield


class TestEarnable:
    def test_is_what_may_still_be_started_today(self, three, suji, at):
        assert missions.earnable(member_id=suji.pk, at=at) == (3, 10)
        complete(suji, three[1], at)
        assert missions.earnable(member_id=suji.pk, at=at) == (2, 7)
        assert Phone(suji).get("/today").json() == {"open": 2, "earnable": 7, "done": 1, "earned": 3}
        assert "지금 더 받을 수 있어요" in browser(suji.user).get(HOME).content.decode()

    def test_somebody_who_only_looks_sees_it_too(self, three):
        assert "지금 더 받을 수 있어요" in Client().get(HOME).content.decode()


class TestOrder:
    def titles(self, at):
        return [campaign.title for campaign in missions.offered(at)]

    def test_who_got_less_of_what_was_paid_for_comes_first_then_the_newest(self, three, at):
        assert self.titles(at) == ["미션 3", "미션 2", "미션 1"]
        Campaign.objects.filter(pk=three[2].pk).update(captured_credits=100)
        assert self.titles(at) == ["미션 2", "미션 1", "미션 3"]
        Campaign.objects.filter(pk=three[2].pk).update(captured_credits=0)

    def test_the_operators_order_stands_above_it(self, three, at):
        Campaign.objects.filter(pk=three[0].pk).update(exposure_order=-1)
        assert self.titles(at)[0] == "미션 1"

    def test_the_app_goes_on_page_by_page_in_that_order(self, three, suji, at):
        Campaign.objects.filter(pk=three[2].pk).update(captured_credits=100)
        first = Phone(suji).get("/missions?limit=2").json()
        rest = Phone(suji).get(f"/missions?limit=2&cursor={first['next']}").json()
        assert [row["title"] for row in first["items"] + rest["items"]] == ["미션 2", "미션 1", "미션 3"]
        Campaign.objects.filter(pk=three[2].pk).update(captured_credits=0)


class TestTabs:
    def test_are_home_missions_raffles_shop_and_me(self, suji):
        page = html.fromstring(browser(suji.user).get("/luckffle/missions/").content.decode())
        [bar] = page.xpath("//nav[@class='tabbar']")
        assert [link.text_content().strip() for link in bar.xpath("./a")] == ["홈", "미션", "래플", "교환소", "내 정보"]
        assert [link.get("href") for link in bar.xpath("./a[@aria-current]")] == ["/luckffle/missions/"]

    def test_the_tickets_lead_to_the_wallet(self, suji):
        page = html.fromstring(browser(suji.user).get(HOME).content.decode())
        assert page.xpath("//a[contains(@class, 'wallet')]/@href") == ["/luckffle/wallet/"]

    def test_strangers_are_led_to_sign_up(self, db):
        assert "/luckffle/signup/" in Client().get(HOME).content.decode()


class TestRaffles:
    def test_those_that_close_next_are_shown_with_a_way_to_all(self, operator, finance, at):
        raffle = opened(at, by=operator, funder=finance)
        with time_machine.travel(at + timedelta(minutes=1), tick=False):
            page = Client().get("/luckffle/").content.decode()
        assert (f"/luckffle/raffles/{raffle.public_id}/" in page, "곧 마감하는 래플" in page) == (True, True)
        with time_machine.travel(raffle.closes_at, tick=False):
            assert "곧 마감하는 래플" not in Client().get("/luckffle/").content.decode()
