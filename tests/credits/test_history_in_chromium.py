"""The credit history as a browser draws it: wide, narrow, and empty."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import expect

from credits import services as credits
from payments import services as payments
from payments.models import PaymentOrder
from tests.signing_in import browser as signed_in
from tests.tools import sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = Path(settings.VAR_DIR) / "screens"


def open_page(page, live_server, user, *, query=""):
    cookies = signed_in(user).cookies
    page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in cookies.items()])
    page.goto(f"{live_server.url}/my-page/credit/{query}", wait_until="load")


def shoot(page, name):
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"credit-history-{name}.png"), full_page=True)


@pytest.fixture
def busy_week(minji, minji_user, paid_order):
    """A week of an advertiser: three top-ups, one with bonus, two campaigns, one refund that waits."""
    now = timezone.now()
    with transaction.atomic():
        for order_id, amount, days in (("BO-261114-0052", 3_000_000, 11), ("BO-261120-0183", 1_500_000, 2)):
            paid_at = now - timedelta(days=days)
            paid_order(minji, minji_user, order_id, amount, paid_at)
            credits.top_up(advertiser=minji, credits=amount, order_id=order_id, gateway="portone", key=order_id, at=paid_at, now=now)
        credits.grant_bonus(advertiser=minji, credits=90_000, key="b", at=now, expires_at=now + timedelta(days=20))
        for number, (label, budget) in enumerate((("봄 신메뉴 둘러보기", 800_000), ("앱 설치하고 첫 주문까지 해 보기", 1_200_000))):
            hold = credits.place_hold(
                advertiser=minji, credits=budget, subject=f"campaign:{number}", subject_label=label, key=f"h{number}", at=now
            )
            for part in range(1, 13):
                credits.capture(hold=hold, credits=1_300 * part, reward_cost=500, key=f"h{number}:c{part}", at=now)
        credits.release(hold=hold, credits=300_000, key="r", at=now)
    order = PaymentOrder.objects.get(order_id="BO-261120-0183")
    payments.request_refund(order=order, credits=500_000, reason="일정이 바뀌었어요", by=minji_user, at=now, key="refund")


def test_wide_screen_shows_all_without_sideways_scrolling(browser_page, live_server, busy_week, minji_user):
    open_page(browser_page, live_server, minji_user)
    shoot(browser_page, "1280")
    assert sideways(browser_page) == []
    assert browser_page.locator("h1").inner_text() == "결제와 크레딧"
    expect(browser_page.get_by_role("region", name="크레딧 내역").locator("tbody tr")).to_have_count(20)
    browser_page.get_by_role("link", name="다음 쪽").click()
    browser_page.wait_for_url("**page=2**")
    browser_page.get_by_role("navigation", name="종류").get_by_role("link", name="환불").click()
    browser_page.wait_for_url("**/?kind=refund")
    expect(browser_page.get_by_role("region", name="크레딧 내역").locator("tbody tr")).to_have_count(1)


def test_phone_shows_amounts_first_and_scrolls_only_tables(phone_page, live_server, busy_week, minji_user):
    open_page(phone_page, live_server, minji_user)
    shoot(phone_page, "390")
    assert sideways(phone_page) == []
    cell = phone_page.get_by_role("region", name="크레딧 내역").locator("tbody tr").first.locator("td").nth(2)
    box = cell.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 390  # the amount is seen without scrolling


def test_phone_shows_the_empty_state(phone_page, live_server, eve, eve_user):
    open_page(phone_page, live_server, eve_user)
    shoot(phone_page, "390-empty")
    assert sideways(phone_page) == []
    expect(phone_page.get_by_role("link", name="크레딧 충전하기")).to_be_visible()
