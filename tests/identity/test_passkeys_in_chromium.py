"""Passkeys in a real browser with a virtual authenticator: making one, signing in with it, as a second factor, and taking it away."""

from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from playwright.sync_api import Page, expect

from identity.models import AccessLog, Notification
from tests.factories import PASSWORD
from tests.signing_in import browser as signed_in
from tests.tools import sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = Path(settings.VAR_DIR) / "screens"
SIZES = ("phone_page", "browser_page")
ROOMS = {"advertiser": ("/accounts/", "/dashboard/"), "backoffice": ("/backoffice/", "/backoffice/")}


@pytest.fixture(autouse=True)
def _fresh_limits(transactional_db):
    cache.clear()


def with_authenticator(page: Page, *, verifies: bool = True) -> None:
    """Give this browser a device that keeps keys and, asked for a finger, has one."""
    client = page.context.new_cdp_session(page)
    client.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    client.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**options, "isUserVerified": verifies, "automaticPresenceSimulation": True}},
    )


def enter(page: Page, live_server, user, path: str) -> None:
    client = signed_in(user)
    page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in client.cookies.items()])
    page.goto(f"{live_server.url}{path}", wait_until="load")


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    assert sideways(page) == [], name
    page.screenshot(path=str(SHOTS / f"passkey-{name}-{page.viewport_size['width']}.png"), full_page=True)


def listened(page: Page) -> list[str]:
    """What the browser's policy or a script complains about."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


@pytest.mark.parametrize("size", SIZES)
def test_g3_an_advertiser_makes_one_signs_in_with_it_renames_and_removes_it(size, request, live_server, minji_user):
    page = request.getfixturevalue(size)
    heard = listened(page)
    with_authenticator(page)
    enter(page, live_server, minji_user, "/accounts/2fa/passkeys/add/")
    page.get_by_role("textbox", name="비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="계속하기").click()
    page.get_by_label("이름").fill("내 휴대전화")
    shoot(page, "add")
    page.get_by_role("button", name="패스키 만들기").click()
    page.wait_for_url("**/accounts/2fa/recovery-codes/")
    page.goto(f"{live_server.url}/accounts/2fa/")
    expect(page.get_by_text("내 휴대전화").first).to_be_visible()
    shoot(page, "security")
    assert Notification.objects.get(user=minji_user, kind="identity.passkey_added").title == "패스키를 등록했어요"

    page.context.clear_cookies()
    page.goto(f"{live_server.url}/accounts/login/?next=/my-page/profile/")
    shoot(page, "login")
    page.get_by_role("button", name="패스키로 로그인").click()
    page.wait_for_url(f"{live_server.url}/my-page/profile/")
    assert AccessLog.objects.filter(action="login.succeeded", actor=minji_user).exists()

    page.goto(f"{live_server.url}/accounts/2fa/")
    page.get_by_role("link", name="이름 바꾸기").click()
    again = page.get_by_role("button", name="패스키로 확인하기")
    expect(again.or_(page.get_by_label("이름")).first).to_be_visible()
    if again.is_visible():
        again.click()
    page.get_by_label("이름").fill("사무실 노트북")
    shoot(page, "rename")
    page.get_by_role("button", name="저장하기").click()
    expect(page.get_by_text("사무실 노트북").first).to_be_visible()
    page.get_by_role("link", name="지우기").click()
    shoot(page, "remove")
    page.get_by_role("button", name="지우기").click()
    page.wait_for_url("**/accounts/2fa/")
    assert not Authenticator.objects.filter(user=minji_user).exists(), "the recovery codes went with the last key"
    assert heard == []


def test_g6_a_passkey_is_the_second_factor_after_a_password(browser_page, live_server, minji_user):
    page = browser_page
    with_authenticator(page)
    make(page, live_server, minji_user, "advertiser")
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("아이디 또는 이메일").fill("minji")
    page.get_by_role("textbox", name="비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="로그인", exact=True).click()
    page.wait_for_url("**/accounts/2fa/authenticate/")
    page.goto(f"{live_server.url}/dashboard/")
    assert "/accounts/login/" in page.url or "/authenticate/" in page.url, "the password alone opens nothing"
    page.goto(f"{live_server.url}/accounts/2fa/authenticate/")
    shoot(page, "second")
    page.get_by_role("button", name="패스키로 확인하기").click()
    page.wait_for_url("**/dashboard/")


def test_g6_an_operator_enters_with_one(browser_page, live_server, operator):
    page = browser_page
    with_authenticator(page)
    make(page, live_server, operator, "backoffice")
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/backoffice/login/")
    page.get_by_role("button", name="패스키로 로그인").click()
    page.wait_for_url(f"{live_server.url}/backoffice/")
    assert page.locator("h1").count() >= 1


def test_f_an_operators_passkey_opens_no_advertisers_door(browser_page, live_server, operator):
    page = browser_page
    with_authenticator(page)
    make(page, live_server, operator, "backoffice")
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_role("button", name="패스키로 로그인").click()
    expect(page.locator("#toasts").get_by_text("패스키를 확인하지 못했어요.")).to_be_visible()
    page.wait_for_url("**/accounts/login/")
    assert AccessLog.objects.filter(action="login.failed", subject="portal:advertiser").exists()


def test_a_device_that_cannot_verify_says_so_and_nothing_is_kept(browser_page, live_server, minji_user):
    page = browser_page
    with_authenticator(page, verifies=False)
    enter(page, live_server, minji_user, "/accounts/2fa/passkeys/add/")
    page.get_by_role("textbox", name="비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="계속하기").click()
    page.get_by_role("button", name="패스키 만들기").click()
    expect(page.locator("[data-passkey-problem]")).to_be_visible()
    assert not Authenticator.objects.filter(user=minji_user).exists()


def make(page: Page, live_server, user, portal: str) -> None:
    under, _ = ROOMS[portal]
    enter(page, live_server, user, f"{under}2fa/passkeys/add/")
    if page.get_by_role("textbox", name="비밀번호").count():
        page.get_by_role("textbox", name="비밀번호").fill(PASSWORD)
        page.get_by_role("button", name="계속하기").click()
    page.get_by_role("button", name="패스키 만들기").click()
    page.wait_for_url(lambda url: "/2fa/" in url and not url.endswith("/add/"))
    assert Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN).count() == 1
