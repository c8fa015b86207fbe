"""What journeys have in common: one person does one thing through the pages, and leaves a screenshot of each page on the way."""

import re
import time
from datetime import datetime, timedelta

from playwright.sync_api import Page, expect

from common.kst import SEOUL
from tests.journeys.story import Person
from tests.live import LiveProduct
from tests.tools import comes_back

MOMENT = "%Y-%m-%dT%H:%M"
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


# ---- An advertiser -----------------------------------------------------------------------------------------------------
def pay(buyer: Person, amount: str) -> None:
    """From the top-up page with a chosen sum over the card company's window to the page that says it worked."""
    expect(buyer.page.locator("#summary")).to_contain_text(amount)
    buyer.shoot("top-up")
    buyer.page.locator("#id_agree").check()
    buyer.page.get_by_role("button", name=f"{amount}원 결제하기").click()
    window = buyer.pay_window()
    expect(window.get_by_test_id("pay-amount")).to_have_text(f"{amount}원")
    buyer.shoot("pay-window")
    window.get_by_test_id("pay-approve").click()
    buyer.shows("충전이 끝났어요")
    buyer.shoot("paid")


def top_up(buyer: Person, credits: str, amount: str) -> str:
    """Buy credits by card; the number of the order."""
    buyer.go("/payments/top-up/")
    buyer.page.locator("label.choice").filter(has_text=re.compile(rf"{credits}크레딧")).first.click()
    pay(buyer, amount)
    buyer.page.get_by_role("link", name="주문 보기").click()
    buyer.shows(f"{credits}크레딧을 충전했어요")
    buyer.shoot("order")
    return buyer.page.url.rstrip("/").rsplit("/", 1)[1]


def begin_campaign(owner: Person) -> None:
    """Choose the type of a new campaign: a visit."""
    owner.go("/campaigns/new/")
    owner.shoot("new-campaign")
    owner.page.locator("button[name=type][value=VISIT]").click()


def answer(owner: Person, step: str, answers: dict[str, str]) -> None:
    """Fill in one step of the wizard."""
    expect(owner.page).to_have_url(re.compile(f"/{step}/$"))
    for name, value in answers.items():
        owner.page.locator(f"[name={name}]").fill(value)
    owner.shoot(f"wizard-{step}")


def go_on(owner: Person) -> None:
    """To the next step of the wizard."""
    owner.page.get_by_role("button", name="다음 ·").click()


def submit(owner: Person, budget: str) -> str:
    """From the setting, a week from now on, over the last page to the review; the path of the campaign."""
    starts = datetime.now(SEOUL) - timedelta(minutes=1)
    answer(owner, "setting", {"starts_at": starts.strftime(MOMENT), "ends_at": (starts + timedelta(days=7)).strftime(MOMENT)})
    go_on(owner)
    owner.shoot("wizard-review")
    owner.page.get_by_role("button", name=f"{budget}크레딧으로 심사 요청하기").click()
    owner.shows("심사를 요청했어요", "심사중")
    owner.shoot("campaign-waiting")
    return owner.page.url.removeprefix(owner.product.origin)


def end(owner: Person, campaign: str) -> None:
    """End a campaign for good."""
    owner.go(campaign)
    owner.page.get_by_role("button", name="종료", exact=True).click()
    owner.page.get_by_role("button", name="종료하기").click()
    owner.shows("종료했어요.")


def ask_back(owner: Person, order_id: str, amount: str, *, phone: str) -> None:
    """Ask for what is left of an order back, with a code to the phone."""
    owner.go("/my-page/payment/")
    owner.shoot("payments")
    owner.go(f"/payments/orders/{order_id}/refund/")
    expect(owner.page.locator("#terms")).to_contain_text(amount)
    owner.shoot("refund-quote")
    owner.page.get_by_role("button", name="환불 요청하기").click()
    owner.shows_who_she_is(phone)
    owner.shows("환불을 요청했어요")
    owner.shoot("refund-asked")


def history(page: Page) -> list[tuple[str, str]]:
    """What the credit history says, newest first: what happened, and the change it leads with."""
    rows = page.get_by_role("region", name="크레딧 내역").locator("tbody tr")
    for row in rows.all():
        expect(row).to_be_visible()
    return [(row.locator("td").nth(1).inner_text(), row.locator("td").nth(2).locator("span").first.inner_text()) for row in rows.all()]


# ---- A member ----------------------------------------------------------------------------------------------------------
def visit(member: Person, title: str, *, tickets: int) -> None:
    """Complete a visit from the home of Luckffle and get the tickets."""
    member.context.route(
        "https://shop.example.com/**",
        lambda route: route.fulfill(body="<h1>민지네 커피</h1>", content_type="text/html; charset=utf-8"),
    )
    member.go("/luckffle/")
    member.shoot("home")
    member.page.get_by_role("link", name=title).first.click()
    member.shoot("mission")
    member.page.get_by_role("button", name="참여 시작하기").click()
    member.shows("자리를 맡았어요")
    with member.context.expect_page() as landing:
        member.page.get_by_role("button", name="광고 페이지 열기").click()
    expect(landing.value.get_by_role("heading", name="민지네 커피")).to_be_visible()
    landing.value.close()
    comes_back(member.page)
    member.shoot("staying")
    member.page.get_by_role("button", name="완료하고 티켓 받기").click()
    member.shows(f"티켓 {tickets}장을 받았어요")
    member.shoot("done")


# ---- An operator -------------------------------------------------------------------------------------------------------
def approve_campaign(operator: Person, title: str, budget: str) -> None:
    """Open the campaign from the queue and let it run."""
    operator.go("/backoffice/review/")
    operator.shoot("review-list")
    operator.page.get_by_role("link", name=title).click()
    operator.shoot("review")
    operator.page.get_by_role("button", name=f"{budget}크레딧 캠페인 승인").click()
    operator.shows("캠페인을 승인했어요")


def approve_refund(operator: Person, team: str, amount: str) -> None:
    """Open the refund of a team from the queue and agree."""
    operator.go("/backoffice/refunds/")
    operator.shoot("refund-list")
    operator.page.get_by_role("link", name=team).first.click()
    operator.shoot("refund")
    operator.page.get_by_role("button", name=f"{amount}원 환불 승인").click()


# ---- The clock and the card company ------------------------------------------------------------------------------------
def settle(product: LiveProduct) -> None:
    """Charge what was done and release what is left."""
    settled = product.manage("settle_campaigns", "--once")
    assert settled.returncode == 0, settled.stderr


def settled_book(product: LiveProduct) -> dict[str, int]:
    """The card company's own totals, once a cancel has arrived there."""
    deadline = time.monotonic() + 120
    while True:
        totals = dict(product.sandbox.control("GET", "/book")["totals"])
        if totals["cancelled"] or time.monotonic() > deadline:
            return totals
        time.sleep(0.2)
