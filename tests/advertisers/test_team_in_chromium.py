"""The pages of a team as a browser draws them, on a phone and on a desk, and the ways through them by hand."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from advertisers import services
from advertisers.models import Membership
from advertisers.services.invitations import token_of
from campaigns import services as campaigns
from identity.models import StepUpGrant
from tests import factories
from tests.campaigns.conftest import spec_of
from tests.signing_in import browser as signed_in
from tests.signing_in import step_up
from tests.tools import sideways

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOTS = Path(settings.VAR_DIR) / "screens"
SIZES = ("phone_page", "browser_page")


def enter(page: Page, live_server: Any, user: Any, path: str, *, purpose: StepUpGrant.Purpose | None = None) -> None:
    client = signed_in(user)
    if purpose:
        step_up(client, user, purpose)
    page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in client.cookies.items()])
    page.goto(f"{live_server.url}{path}", wait_until="load")


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    assert sideways(page) == [], name
    page.screenshot(path=str(SHOTS / f"team-{name}-{page.viewport_size['width']}.png"), full_page=True)


@pytest.fixture
def whole_team(minji: Any, minji_user: Any, jisoo: Any, mina: Any, dohyun: Any, hana: Any) -> None:
    """Five people, an open invitation, a report address, a limit, a launch that waits, a key."""
    now = timezone.now()
    services.invite(advertiser=minji, email="newcomer@example.com", role="FINANCE", by=minji_user, at=now)
    services.add_recipient(advertiser=minji, email="boss@example.com", by=minji_user, at=now)
    services.set_limit(advertiser=minji, role="MANAGER", monthly_credits=300, by=minji_user, at=now)
    campaigns.submit_or_ask(advertiser=minji, spec=spec_of(now, budget=500), by=mina, at=now, key="wait")
    services.make_key(membership=mina.memberships.get(), name="사내 대시보드", scopes=["campaigns.read"], at=now)


@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_the_team_fits(size, request, live_server, whole_team, minji, minji_user, jisoo):
    page = request.getfixturevalue(size)
    enter(page, live_server, minji_user, "/my-page/team/")
    shoot(page, "owner")
    for path, name in (
        ("/my-page/profile/", "profile"), ("/my-page/team/history/", "history"), ("/campaigns/approvals/", "approvals"),
        ("/my-page/api-keys/", "keys"), ("/my-page/closing/", "closing"), ("/campaigns/", "campaigns"),
    ):  # fmt: skip
        page.goto(f"{live_server.url}{path}", wait_until="load")
        shoot(page, name)
    page.context.clear_cookies()
    enter(page, live_server, jisoo, "/my-page/team/")
    shoot(page, "reporter")


@pytest.mark.parametrize("size", SIZES)
def test_an_agency_switches_between_its_clients(size, request, live_server, minji, eve, hana):
    page = request.getfixturevalue(size)
    enter(page, live_server, hana, "/dashboard/")
    if size == "phone_page":
        page.get_by_role("button", name="메뉴 열기").click()
    menu = page.locator("#drawer" if size == "phone_page" else "aside.side")
    menu.locator("summary").click()
    shoot(page, "switch")
    menu.get_by_role("button", name="이브 상사").click()
    page.wait_for_url("**/dashboard/")
    expect(page.get_by_text("이제 이브 상사 광고주로 보고 있어요.")).to_be_visible()


@pytest.mark.parametrize("size", SIZES)
def test_the_owner_removes_somebody_after_a_question(size, request, live_server, whole_team, minji, minji_user, jisoo):
    page = request.getfixturevalue(size)
    enter(page, live_server, minji_user, "/my-page/team/", purpose=StepUpGrant.Purpose.MEMBER_REMOVAL)
    number = jisoo.memberships.get().public_id
    opener = page.locator(f"[commandfor='remove-{number}'][command='show-modal']")
    opener.locator("xpath=ancestor::details").locator("summary").click()
    opener.click()
    expect(page.locator(f"#remove-{number}")).to_be_visible()
    shoot(page, "remove")
    page.locator(f"#remove-{number}").get_by_role("button", name="내보내기").click()
    expect(page.get_by_text("구성원을 내보냈어요.")).to_be_visible()
    assert Membership.objects.get(public_id=number).is_active is False


@pytest.mark.parametrize("size", SIZES)
def test_an_invitation_is_accepted_by_its_link(size, request, live_server, minji, minji_user):
    page = request.getfixturevalue(size)
    newcomer = factories.UserFactory(email="newcomer@example.com")
    row = services.invite(advertiser=minji, email="newcomer@example.com", role="MANAGER", by=minji_user, at=timezone.now())
    page.goto(f"{live_server.url}/invitations/{token_of(row)}/", wait_until="load")
    shoot(page, "invitation")
    expect(page.get_by_role("link", name="로그인하고 수락하기")).to_be_visible()
    enter(page, live_server, newcomer, f"/invitations/{token_of(row)}/")
    page.get_by_role("button", name="초대 수락하기").click()
    page.wait_for_url("**/dashboard/")
    assert newcomer.memberships.get().role == "MANAGER"


@pytest.mark.parametrize("size", SIZES)
def test_a_new_key_is_shown_once(size, request, live_server, minji, minji_user):
    page = request.getfixturevalue(size)
    enter(page, live_server, minji_user, "/my-page/api-keys/", purpose=StepUpGrant.Purpose.API_KEY)
    page.get_by_label("이름").fill("보고서 프로그램")
    page.get_by_label("캠페인 조회").check()
    page.get_by_role("button", name="키 만들기").click()
    expect(page.locator("#new-key")).to_contain_text("boost_")
    shoot(page, "new-key")
