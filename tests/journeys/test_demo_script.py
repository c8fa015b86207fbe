"""The demo script of the brief as one journey: an advertiser's wizard, top-up and run; the operators' day; a card payment to its refund."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from playwright.sync_api import Browser, expect

from advertisers.models import Advertiser
from campaigns.models import Campaign
from credits import selectors as balances
from identity.models import User
from inquiries.models import Inquiry
from payments.services import ensure_packages
from rewards.models import Gifticon, Member
from tests.journeys import steps
from tests.journeys.story import Person, people
from tests.live import LiveProduct

pytestmark = pytest.mark.browser

QUESTION, REPLY = "세금계산서는 언제 나오나요?", "다음 달 10일까지 메일로 보내 드려요."
REASON = "신고증을 다시 확인하고 있어요"


def test_s_13_s_14_s_15_the_demo_script_runs_from_the_wizard_to_the_refund(
    live_product: LiveProduct, browser: Browser, owner: User, operator_secret: str, members: list[Member]
) -> None:
    ensure_packages()
    with people("owner", "operator", "member-1", browser=browser, product=live_product, size="desktop") as (minji, operator, suji):
        minji.sign_in("advertiser", "minji@example.com")
        operator.sign_in("backoffice", "operator@example.com", secret=operator_secret)
        suji.sign_in("luckffle", "+821000000001")
        order_id, campaign = wizard_top_up_and_run(minji, operator)
        answers_an_inquiry(minji, operator)
        is_charged_for_a_visit(minji, suji, campaign)
        reads_the_credit_summary(operator)
        hides_and_locks(operator, minji, suji, campaign)
        imports_gifticons(operator)
        is_paid_back(minji, operator, campaign, order_id)
        book = steps.settled_book(live_product)
        assert (book["captured"], book["cancelled"], book["net"]) == (110_000, 99_000, 11_000)
        minji.sees_at_last("/my-page/refunds/", "환불 완료")
        minji.go("/my-page/credit/")
        assert steps.history(minji.page) == [
            ("환불", "−90,000"),
            ("환불 대기", "−90,000"),
            ("예약 해제", "+80,000"),
            ("차감", "−10,000"),
            ("예약", "−90,000"),
            ("충전", "+100,000"),
        ]
        minji.shoot("credits-at-the-end")
    assert live_product.manage("verify_ledger").returncode == 0
    balance = balances.balance(Advertiser.objects.get())
    assert (balance.available, balance.held, balance.frozen) == (0, 0, 0)
    assert set(LogEntry.objects.values_list("user__username", flat=True)) == {"operator"}


def wizard_top_up_and_run(minji: Person, operator: Person) -> tuple[str, str]:
    """S-13: she describes a campaign, tops up on the way without losing the step, and it runs. (order, path of the campaign)"""
    steps.begin_campaign(minji)
    for step in ("design", "reward"):
        steps.answer(minji, step, steps.CAMPAIGN[step])
        steps.go_on(minji)
    steps.answer(minji, "credit", {"unit_price": "10000", "budget": "90000", "daily_cap": "90000"})
    minji.page.locator("button[value^='top_up:']").first.click()
    steps.pay(minji, "110,000")
    order_id = re.findall(r"/payments/orders/([^/]+)/", minji.page.url)[0]
    minji.page.get_by_role("link", name="하던 일 이어서 하기").click()
    expect(minji.page.locator("[name=budget]")).to_have_value("90,000")
    steps.go_on(minji)
    campaign = steps.submit(minji, "90,000")
    steps.approve_campaign(operator, steps.TITLE, "90,000")
    minji.go(campaign)
    minji.shows("진행중")
    return order_id, campaign


def answers_an_inquiry(minji: Person, operator: Person) -> None:
    """S-14: the advertiser asks, the operator takes it from the queue and answers, the advertiser reads it."""
    page = minji.go("/my-page/inquiries/new/")
    page.locator("[name=topic]").select_option("PAYMENT")
    page.locator("[name=title]").fill(QUESTION)
    page.locator("[name=text]").fill("회계 담당자가 물어봐요.")
    page.get_by_role("button", name="문의 보내기").click()
    minji.shows(QUESTION)
    asked = minji.page.url.removeprefix(minji.product.origin)
    operator.go("/backoffice/ad-inquiries/")
    operator.shoot("ad-inquiries")
    operator.page.get_by_role("link", name=QUESTION).click()
    with operator.page.expect_event("load"):
        operator.page.get_by_role("button", name="내가 맡기").click()
    operator.page.locator("#id_answer_text").fill(REPLY)
    operator.shoot("ad-inquiry")
    operator.page.get_by_role("button", name="답변 보내기").click()
    operator.shows(REPLY)
    minji.go(asked)
    minji.shows(REPLY)
    minji.shoot("answered")
    inquiry = Inquiry.objects.unscoped().get()
    assert (inquiry.state, inquiry.assignee.username if inquiry.assignee else "") == (Inquiry.State.ANSWERED, "operator")


def is_charged_for_a_visit(minji: Person, suji: Person, campaign: str) -> None:
    """S-15: a member does the mission; the advertiser is charged for it."""
    steps.visit(suji, steps.TITLE, tickets=3)
    steps.settle(minji.product)
    minji.go(campaign)
    minji.shows("10,000")


def reads_the_credit_summary(operator: Person) -> None:
    """S-14: what we owe equals the books, and each figure opens its lines."""
    page = operator.go("/backoffice/liabilities/")
    figures = page.get_by_role("group", name="요약").locator(".bo-stat b").all_inner_texts()
    assert figures[:3] == ["90,000", "80,000", "0"], figures
    operator.shoot("credit-summary")
    page.get_by_role("region", name="캠페인에 묶인 크레딧").get_by_role("link", name="80,000").click()
    operator.shows("80,000")
    operator.shoot("postings")


def hides_and_locks(operator: Person, minji: Person, suji: Person, campaign: str) -> None:
    """S-14: members see the campaign or do not; a lock stops it, its reason is told, and it goes on afterwards."""
    review = f"/backoffice/review/{campaign.rstrip('/').rsplit('/', 1)[1]}/"
    home = suji.product.origin + "/luckffle/"
    for is_exposed in (False, True):
        page = operator.go(review)
        page.get_by_text("노출 바꾸기").click()
        page.locator("[name=is_exposed]").set_checked(is_exposed)
        page.locator("#id_expose").fill("행사 순서를 맞춰요")
        with page.expect_event("load"):
            page.get_by_role("button", name="노출 저장하기").click()
        assert Campaign.objects.unscoped().get().is_exposed is is_exposed
    operator.go("/backoffice/exposure/")
    operator.shows(steps.TITLE, "켜짐")
    operator.shoot("exposure")
    page = operator.go(review)
    page.get_by_text("캠페인 잠그기").click()
    page.locator("#id_lock").fill(REASON)
    operator.shoot("lock")
    page.get_by_role("button", name="잠그기", exact=True).click()
    operator.shows("운영 잠금", REASON)
    minji.go(campaign)
    minji.shows("운영 잠금", REASON)
    minji.shoot("locked")
    suji.page.goto(home)
    expect(suji.page.get_by_role("link", name=steps.TITLE)).to_have_count(0)
    page = operator.go(review)
    page.locator("#id_lock").fill("확인이 끝났어요")
    with page.expect_event("load"):
        page.get_by_role("button", name="잠금 풀기").click()
    minji.go(campaign)
    minji.shows("진행중")


def imports_gifticons(operator: Person) -> None:
    """S-14: the supplier's list is read, its differences are shown, and nothing counts before the press."""
    page = operator.go("/backoffice/gifticons/")
    with page.expect_event("load"):
        page.get_by_role("button", name="새로 읽기").click()
    operator.sees_at_last("/backoffice/gifticons/", "확인 대기")
    operator.shoot("gifticons")
    page.get_by_role("region", name="상품 가져오기").get_by_role("link").first.click()
    page.get_by_role("link", name="새 상품 60").click()
    operator.shows("딸기 생크림 케이크")
    assert Gifticon.objects.count() == 0
    operator.shoot("gifticon-import")
    page.get_by_role("button", name="반영하기").click()
    operator.shows("목록을 반영했어요")
    operator.go("/backoffice/gifticons/goods/")
    operator.shows("따뜻한 아메리카노")
    operator.shoot("gifticon-goods")
    assert Gifticon.objects.count() == 60


def is_paid_back(minji: Person, operator: Person, campaign: str, order_id: str) -> None:
    """S-15: what was not charged goes back to the card, VAT included."""
    steps.end(minji, campaign)
    steps.settle(minji.product)
    steps.ask_back(minji, order_id, "99,000", phone="01012345678")
    steps.approve_refund(operator, "민지네 커피", "99,000")
