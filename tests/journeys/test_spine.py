"""The main job of the product, walked by four people in real browsers, at desktop and at phone width."""

import re

import pytest
from playwright.sync_api import Browser, expect

from backoffice import rights
from identity.models import User
from payments.services import ensure_packages
from tests import factories
from tests.journeys.story import SIZES, people
from tests.live import LiveProduct
from tests.signing_in import give_second_factor

pytestmark = pytest.mark.browser


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


@pytest.mark.parametrize("size", list(SIZES))
def test_card_to_credits_to_campaign_to_reward_to_refund(
    size: str, live_product: LiveProduct, browser: Browser, owner: User, operator_secret: str
) -> None:
    ensure_packages()
    with people("owner", "operator", browser=browser, product=live_product, size=size) as (minji, operator):
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
        minji.shoot("order")
