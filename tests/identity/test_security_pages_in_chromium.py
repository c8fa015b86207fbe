"""The pages around an account's keys and its team as a browser draws them: what axe says, that they fit, and that nothing is refused."""

from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from advertisers import opening
from identity import consents
from identity.models import StepUpGrant, User
from tests import soft_key
from tests.factories import UserFactory
from tests.house.test_pages_in_chromium import AXE, EVERY_RULE, SIDEWAYS
from tests.signing_in import browser as signed_in
from tests.signing_in import step_up

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parent.parent.parent
SHOTS = Path(settings.VAR_DIR) / "screens"
SIZES = ("phone_page", "browser_page")
PAGES = {
    "/accounts/login/": "login",
    "/accounts/2fa/": "security",
    "/accounts/phone/": "phone",
    "/accounts/email/": "email",
    "/accounts/consents/": "consents",
    "/accounts/social/": "social",
    "/accounts/sessions/": "sessions",
    "/accounts/step-up/refund/": "step-up",
    "/my-page/profile/": "profile",
    "/my-page/team/": "team",
}


def enter(page: Page, live_server, user, *, purpose: StepUpGrant.Purpose | None = None) -> None:
    client = signed_in(user)
    if purpose:
        step_up(client, user, purpose)
    page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in client.cookies.items()])


def complaints(page: Page) -> list[str]:
    page.wait_for_load_state("load")
    page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
    found: list[str] = page.evaluate(AXE % EVERY_RULE)
    return found + page.evaluate(SIDEWAYS)


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"keys-{name}-{page.viewport_size['width']}.png"), full_page=True)


@pytest.fixture
def with_services(settings):
    settings.SOCIAL_LOGIN = {key: {**known, "client_id": f"sandbox-{key}"} for key, known in settings.SOCIAL_LOGIN.items()}


@pytest.mark.parametrize("size", SIZES)
def test_s_09_every_page_is_for_everybody(size, request, live_server, minji, minji_user, jisoo, with_services):
    page = request.getfixturevalue(size)
    with transaction.atomic():
        consents.write(user=minji_user, given=["TERMS", "PRIVACY", "MARKETING"], at=timezone.now())
    User.objects.filter(pk=minji_user.pk).update(phone="+821012345678")
    SocialAccount.objects.create(user=minji_user, provider="kakao", uid="1")
    soft_key.keep(minji_user, soft_key.SoftKey())
    found = {}
    for number, (path, name) in enumerate(PAGES.items()):
        if number == 1:
            enter(page, live_server, minji_user)
        page.goto(f"{live_server.url}{path}", wait_until="load")
        assert page.url == f"{live_server.url}{path}", name
        found[name] = complaints(page)
        shoot(page, name)
    assert {name: lines for name, lines in found.items() if lines} == {}
    assert Authenticator.objects.count() == 1


@pytest.mark.parametrize("size", SIZES)
def test_adv_35_a_person_becomes_a_business(size, request, live_server, transactional_db):
    page = request.getfixturevalue(size)
    user = UserFactory(username="solo", email="solo@example.com", name="김솔로")
    with transaction.atomic():
        opening.add_owner(advertiser=opening.open_personal(name="김솔로"), user=user)
    enter(page, live_server, user)
    page.goto(f"{live_server.url}/my-page/business/", wait_until="load")
    assert complaints(page) == []
    shoot(page, "business")
    page.get_by_label("사업자등록번호").fill("123-45-67890")
    page.get_by_role("button", name="사업자로 바꾸기").click()
    expect(page.get_by_text("사업자등록번호를 다시 확인해 주세요.")).to_be_visible()
    assert complaints(page) == []
    shoot(page, "business-refused")
