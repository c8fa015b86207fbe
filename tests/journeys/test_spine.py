"""PAY-CYCLE, the main job of the product, walked by four people in real browsers, at desktop and at phone width."""

import re
import time
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from advertisers.models import Advertiser
from backoffice import rights
from common.kst import SEOUL
from credits import selectors as balances
from identity.models import User
from payments.services import ensure_packages
from rewards.models import Member
from tests import factories
from tests.journeys.story import SIZES, people
from tests.live import LiveProduct
from tests.signing_in import give_second_factor

pytestmark = pytest.mark.browser

TITLE = "가을 신메뉴 둘러보기"
CAMPAIGN: dict[str, dict[str, str]] = {
    "design": {
        "title": TITLE,
        "body": "새로 나온 밤 라테를 만나 보세요.",
        "landing_url": "https://shop.example.com/autumn",
        "details-dwell_seconds": "5",
    },
    "reward": {"tickets": "3"},
    "credit": {"unit_price": "10000", "budget": "50000", "daily_cap": "50000"},
}


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
    """An operator who reviews campaigns and decides refunds; the secret of her authenticator app."""
    user = factories.UserFactory(kind=User.Kind.OPERATOR, username="operator", email="operator@example.com", is_staff=True, name="오정원")
    groups = rights.ensure_groups()
    user.groups.set([groups[rights.REVIEWER], groups[rights.FINANCE]])
    return give_second_factor(user)


@pytest.fixture
def members(transactional_db: None) -> list[Member]:
    """Three members of Luckffle."""
    return [
        factories.MemberFactory(user__username=f"member{number}", user__phone=f"+82100000000{number}", nickname=f"럭플러{number}")
        for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("size", list(SIZES))
def test_pay_cycle_card_to_credits_to_campaign_to_reward_to_refund(
    size: str, live_product: LiveProduct, browser: Browser, owner: User, operator_secret: str, members: list[Member]
) -> None:
    ensure_packages()
    with people("owner", "operator", "member-1", "member-2", "member-3", browser=browser, product=live_product, size=size) as everybody:
        minji, operator, *crowd = everybody
        # 1. Minji tops up 100,000 credits by card.
        minji.sign_in("advertiser", "minji@example.com")
        minji.shoot("dashboard-empty")
        minji.go("/payments/top-up/")
        minji.page.locator("label.choice").filter(has_text=re.compile(r"100,000크레딧")).first.click()
        expect(minji.page.locator("#summary")).to_contain_text("110,000")
        minji.shoot("top-up")
        minji.page.locator("#id_agree").check()
        minji.page.get_by_role("button", name="110,000원 결제하기").click()
        window = minji.pay_window()
        expect(window.get_by_test_id("pay-amount")).to_have_text("110,000원")
        minji.shoot("pay-window")
        window.get_by_test_id("pay-approve").click()
        minji.shows("충전이 끝났어요")
        minji.shoot("paid")
        minji.page.get_by_role("link", name="주문 보기").click()
        minji.shows("100,000크레딧을 충전했어요")
        order_id = minji.page.url.rstrip("/").rsplit("/", 1)[1]
        minji.shoot("order")

        # 2. She describes a campaign: 50,000 credits, 10,000 for each visit. The whole budget is held.
        minji.go("/campaigns/new/")
        minji.shoot("new-campaign")
        minji.page.locator("button[name=type][value=VISIT]").click()
        for step, answers in CAMPAIGN.items():
            for name, value in answers.items():
                minji.page.locator(f"[name={name}]").fill(value)
            minji.shoot(f"wizard-{step}")
            minji.page.get_by_role("button", name="다음 ·").click()
        starts = datetime.now(SEOUL) - timedelta(minutes=1)
        minji.page.locator("[name=starts_at]").fill(starts.strftime("%Y-%m-%dT%H:%M"))
        minji.page.locator("[name=ends_at]").fill((starts + timedelta(days=7)).strftime("%Y-%m-%dT%H:%M"))
        minji.shoot("wizard-setting")
        minji.page.get_by_role("button", name="다음 ·").click()
        minji.shoot("wizard-review")
        minji.page.get_by_role("button", name="50,000크레딧으로 심사 요청하기").click()
        minji.shows("심사를 요청했어요", "심사중")
        campaign = minji.page.url.removeprefix(live_product.origin)
        minji.shoot("campaign-waiting")

        # 3. An operator approves it with her second factor.
        operator.sign_in("backoffice", "operator@example.com", secret=operator_secret)
        operator.go("/backoffice/review/")
        operator.shoot("review-list")
        operator.page.get_by_role("link", name=TITLE).click()
        operator.shoot("review")
        operator.page.get_by_role("button", name="50,000크레딧 캠페인 승인").click()
        operator.shows("승인")

        # 4. Three members complete the mission and get their tickets.
        for number, member in enumerate(crowd):
            member.context.route(
                "https://shop.example.com/**",
                lambda route: route.fulfill(body="<h1>민지네 커피</h1>", content_type="text/html; charset=utf-8"),
            )
            member.sign_in("luckffle", f"+82100000000{number + 1}")
            member.go("/luckffle/")
            member.shoot("home")
            member.page.get_by_role("link", name=TITLE).first.click()
            member.shoot("mission")
            member.page.get_by_role("button", name="참여 시작하기").click()
            member.shows("자리를 맡았어요")
            with member.context.expect_page() as landing:
                member.page.get_by_role("button", name="광고 페이지 열기").click()
            expect(landing.value.get_by_role("heading", name="민지네 커피")).to_be_visible()
            landing.value.close()
            member.shoot("staying")
            member.page.get_by_role("button", name="완료하고 티켓 받기").click()
            member.shows("티켓 3장을 받았어요")
            member.shoot("done")

        # 5. What they did is charged, the campaign ends, what is left is released.
        settled = live_product.manage("settle_campaigns", "--once")
        assert settled.returncode == 0, settled.stderr
        minji.go(campaign)
        minji.shows("진행중", "30,000")
        minji.shoot("campaign-running")
        minji.page.get_by_role("button", name="종료", exact=True).click()
        minji.page.get_by_role("button", name="종료하기").click()
        minji.shows("종료")
        settled = live_product.manage("settle_campaigns", "--once")
        assert settled.returncode == 0, settled.stderr
        minji.go("/my-page/credit/")
        minji.shows("70,000")
        minji.shoot("credits")

        # 6. She asks for the rest back, and the operator agrees: 70,000 credits and 7,000 won of VAT.
        minji.go("/my-page/payment/")
        minji.shoot("payments")
        minji.go(f"/payments/orders/{order_id}/refund/")
        expect(minji.page.locator("#terms")).to_contain_text("77,000")
        minji.shoot("refund-quote")
        minji.page.get_by_role("button", name="환불 요청하기").click()
        minji.shows_who_she_is("01012345678")
        minji.shows("환불을 요청했어요")
        minji.shoot("refund-asked")
        operator.go("/backoffice/refunds/")
        operator.shoot("refund-list")
        operator.page.get_by_role("link", name="민지네 커피").first.click()
        operator.shoot("refund")
        operator.page.get_by_role("button", name="77,000원 환불 승인").click()

        # 7. The card company took exactly 77,000 won back, and everybody can see it.
        book = _settled_book(live_product)
        assert (book["captured"], book["cancelled"], book["net"]) == (110_000, 77_000, 33_000)
        minji.sees_at_last("/my-page/refunds/", "환불 완료")
        minji.shows("77,000")
        minji.shoot("refunds")
        minji.go("/my-page/credit/")
        assert _history(minji.page) == [
            ("환불", "−70,000"),
            ("환불 대기", "−70,000"),
            ("예약 해제", "+20,000"),
            ("차감", "−30,000"),
            ("예약", "−50,000"),
            ("충전", "+100,000"),
        ]
        minji.shoot("credits-at-the-end")
        minji.go("/dashboard/")
        minji.shoot("dashboard")
    assert live_product.manage("verify_ledger").returncode == 0
    balance = balances.balance(Advertiser.objects.get())
    assert (balance.available, balance.held, balance.frozen) == (0, 0, 0)
    assert [balances.member_tickets(member.pk) for member in members] == [3, 3, 3]


def _history(page: Page) -> list[tuple[str, str]]:
    """What the credit history says, newest first: what happened, and the change it leads with."""
    rows = page.get_by_role("region", name="크레딧 내역").locator("tbody tr")
    for row in rows.all():
        expect(row).to_be_visible()
    return [(row.locator("td").nth(1).inner_text(), row.locator("td").nth(2).locator("span").first.inner_text()) for row in rows.all()]


def _settled_book(product: LiveProduct) -> dict[str, int]:
    """The card company's own totals, once a cancel has arrived there."""
    deadline = time.monotonic() + 20
    while True:
        totals = dict(product.sandbox.control("GET", "/book")["totals"])
        if totals["cancelled"] or time.monotonic() > deadline:
            return totals
        time.sleep(0.2)
