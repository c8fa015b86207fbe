"""PAY-CYCLE, the main job of the product, walked by four people in real browsers, at desktop and at phone width."""

import pytest
from playwright.sync_api import Browser

from advertisers.models import Advertiser
from credits import selectors as balances
from identity.models import User
from payments.services import ensure_packages
from rewards.models import Member
from tests.journeys import steps
from tests.journeys.story import SIZES, people
from tests.live import LiveProduct

pytestmark = pytest.mark.browser


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
        order_id = steps.top_up(minji, "100,000", "110,000")

        # 2. She describes a campaign: 50,000 credits, 10,000 for each visit. The whole budget is held.
        steps.begin_campaign(minji)
        for step, answers in steps.CAMPAIGN.items():
            steps.answer(minji, step, answers)
            steps.go_on(minji)
        campaign = steps.submit(minji, "50,000")

        # 3. An operator approves it with her second factor.
        operator.sign_in("backoffice", "operator@example.com", secret=operator_secret)
        steps.approve_campaign(operator, steps.TITLE, "50,000")

        # 4. Three members complete the mission and get their tickets.
        for number, member in enumerate(crowd):
            member.sign_in("luckffle", f"+82100000000{number + 1}")
            steps.visit(member, steps.TITLE, tickets=3)

        # 5. What they did is charged, the campaign ends, what is left is released.
        steps.settle(live_product)
        minji.go(campaign)
        minji.shows("진행중", "30,000")
        minji.shoot("campaign-running")
        steps.end(minji, campaign)
        steps.settle(live_product)
        minji.go("/my-page/credit/")
        minji.shows("70,000")
        minji.shoot("credits")

        # 6. She asks for the rest back, and the operator agrees: 70,000 credits and 7,000 won of VAT.
        steps.ask_back(minji, order_id, "77,000", phone="01012345678")
        steps.approve_refund(operator, "민지네 커피", "77,000")

        # 7. The card company took exactly 77,000 won back, and everybody can see it.
        book = steps.settled_book(live_product)
        assert (book["captured"], book["cancelled"], book["net"]) == (110_000, 77_000, 33_000)
        minji.sees_at_last("/my-page/refunds/", "환불 완료")
        minji.shows("77,000")
        minji.shoot("refunds")
        minji.go("/my-page/credit/")
        assert steps.history(minji.page) == [
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
