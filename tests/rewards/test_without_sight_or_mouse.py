"""USR-28: with the keyboard alone, what a screen reader calls things, and text four times as large: a mission, a raffle and a coffee."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from campaigns import services as campaigns
from campaigns.models import Participation
from credits import services as credits
from rewards.models import GifticonOrder, Member, RaffleEntry
from tests import factories
from tests.campaigns.conftest import spec_of
from tests.factories import PASSWORD
from tests.live import LiveProduct
from tests.rewards.gifticon_world import gifticon, known_member
from tests.rewards.raffle_world import opened
from tests.tools import comes_back, sideways

pytestmark = pytest.mark.browser

LARGE = {"width": 320, "height": 640}  # a window of 1,280 pixels at 400 per cent (WCAG 1.4.10)
MOST_TABS = 90
PATIENCE_MS = 60_000  # a busy machine is slow, not wrong


class Keyboard:
    """Finds things by role and name, as a screen reader tells them, and reaches them by the tab key."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, thing: Locator) -> None:
        """Press the tab key until the thing has the focus, and see it."""
        expect(thing).to_be_enabled(timeout=PATIENCE_MS)
        for _ in range(MOST_TABS):
            if thing.evaluate("thing => thing === document.activeElement"):
                expect(thing).to_be_in_viewport()
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the tab key does not reach {thing}")

    def press(self, role: Any, name: str) -> None:
        self.reach(self.page.get_by_role(role, name=name).first)
        self.page.keyboard.press("Enter")

    def write(self, label: str, text: str) -> None:
        self.reach(self.page.get_by_role("textbox", name=label, exact=True))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def fits(self) -> None:
        """Nothing has to be pushed sideways."""
        assert sideways(self.page) == []


@pytest.fixture
def keyboard(browser: Browser) -> Any:
    context = browser.new_context(locale="ko-KR", timezone_id="Asia/Seoul", viewport=LARGE)
    context.set_default_timeout(PATIENCE_MS)
    context.route("https://coffee.example.com/**", lambda route: route.fulfill(body="<h1>coffee</h1>", content_type="text/html"))
    yield Keyboard(context.new_page())
    context.close()


def prepare() -> dict[str, Any]:
    """A mission of five seconds, an open raffle, a coffee, and a member with a thousand tickets."""
    now = timezone.now()
    team = factories.MembershipFactory(advertiser__name="민지네 커피", user__name="김민지")
    operator, finance = (factories.UserFactory(kind="OPERATOR", is_staff=True) for _ in range(2))
    member = factories.MemberFactory(user__phone="+821000000001", nickname="수지")
    known_member(member, now, tickets=1_000)
    with transaction.atomic():
        credits.top_up(advertiser=team.advertiser, credits=1_000, order_id="order", gateway="portone", key="top_up", at=now)
    spec = spec_of(now, dwell_seconds=5)
    mission = campaigns.submit_campaign(advertiser=team.advertiser, spec=spec, by=team.user, at=now, key="keyboard")
    campaigns.approve(campaign=mission, by=operator, at=now)
    raffle = opened(now, by=operator, funder=finance, closes_at=now + timedelta(hours=2))
    return {"mission": mission, "raffle": raffle, "coffee": gifticon(now)}


def test_usr_28_a_mission_a_raffle_and_a_coffee_without_sight_or_mouse(live_product: LiveProduct, keyboard: Keyboard) -> None:
    things, page = prepare(), keyboard.page
    address = f"{live_product.origin}/luckffle/"

    page.goto(f"{address}missions/{things['mission'].public_id}/")
    keyboard.press("link", "로그인하고 참여하기")
    page.wait_for_url("**/login/**")
    keyboard.write("휴대전화 번호", "01000000001")
    keyboard.write("비밀번호", PASSWORD)
    page.keyboard.press("Enter")

    keyboard.press("button", "참여 시작하기")
    with page.context.expect_page() as landing:
        keyboard.press("button", "광고 페이지 열기")
    landing.value.wait_for_url("https://coffee.example.com/hello")
    landing.value.close()
    comes_back(page)
    confirm = page.get_by_role("button", name="완료하고 티켓 받기")
    expect(confirm).to_be_enabled(timeout=PATIENCE_MS)
    expect(page.locator("[data-stay]")).to_have_attribute("aria-live", "polite")
    keyboard.press("button", "완료하고 티켓 받기")
    expect(page.get_by_text("티켓 1장을 받았어요.").first).to_be_visible(timeout=PATIENCE_MS)
    assert Participation.objects.get().state == "REWARDED"
    keyboard.fits()

    page.goto(f"{address}raffles/{things['raffle'].public_id}/")
    keyboard.write("응모할 번호 1번에 티켓 1장", "5")
    keyboard.press("button", "티켓으로 응모하기")
    expect(page.get_by_text("응모했어요").first).to_be_visible(timeout=PATIENCE_MS)
    assert RaffleEntry.objects.get().chances == 5
    keyboard.fits()

    page.goto(f"{address}shop/{things['coffee'].public_id}/")
    keyboard.write("비밀번호", PASSWORD)
    keyboard.press("button", "장으로 교환하기")
    page.wait_for_url("**/shop/box/**")
    order = GifticonOrder.objects.get()
    assert (order.member_id, order.gifticon_id) == (Member.objects.get(nickname="수지").pk, things["coffee"].pk)
    keyboard.fits()
