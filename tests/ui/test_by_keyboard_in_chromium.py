"""What advertisers come for, done with the keyboard alone: a word to us, a period, a key, a question, a choice of notices."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from advertisers.models import ApiKey
from identity.models import NoticeChoice, StepUpGrant, User
from inquiries.models import Inquiry
from tests.rewards.test_without_sight_or_mouse import Keyboard
from tests.signing_in import browser as signed_in
from tests.signing_in import step_up

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def enter(page: Page, live_server: Any, user: User) -> None:
    client = step_up(signed_in(user), user, StepUpGrant.Purpose.API_KEY)
    page.context.add_cookies([{"name": name, "value": morsel.value, "url": live_server.url} for name, morsel in client.cookies.items()])


def tick(keyboard: Keyboard, name: str) -> None:
    keyboard.reach(keyboard.page.get_by_role("checkbox", name=name, exact=True).first)
    keyboard.page.keyboard.press("Space")


def test_s_08_s_78_nobody_needs_a_mouse(browser_page: Page, live_server: Any, minji_user: User) -> None:
    page, keyboard = browser_page, Keyboard(browser_page)

    page.goto(f"{live_server.url}/contact/")
    keyboard.write("이름", "정하나")
    keyboard.write("이메일", "hana@example.com")
    keyboard.write("제목", "단가가 궁금해요")
    keyboard.write("내용", "한 달에 얼마나 드나요?")
    tick(keyboard, "개인정보 수집·이용에 동의해요")
    keyboard.press("button", "문의 보내기")
    page.wait_for_url("**/contact/sent/")
    assert (Inquiry.objects.get().title, Inquiry.objects.get().kind) == ("단가가 궁금해요", Inquiry.Kind.GUEST)

    enter(page, live_server, minji_user)
    page.goto(f"{live_server.url}/my-page/analytics/")
    keyboard.press("link", "30일")
    expect(page.get_by_role("navigation", name="자주 보는 기간").locator("[aria-current]")).to_have_text("30일")
    expect(page.get_by_text("· 30일").first).to_be_visible()

    page.goto(f"{live_server.url}/my-page/api-keys/")
    keyboard.write("이름", "보고서 프로그램")
    tick(keyboard, "캠페인 조회")
    keyboard.press("button", "키 만들기")
    expect(page.locator("#new-key")).to_contain_text("boost_")
    assert (ApiKey.objects.get().name, ApiKey.objects.get().scopes) == ("보고서 프로그램", ["campaigns.read"])

    page.goto(f"{live_server.url}/my-page/inquiries/new/")
    keyboard.write("제목", "영수증이 안 보여요")
    keyboard.write("내용", "어제 결제한 것이에요.")
    keyboard.press("button", "문의 보내기")
    expect(page.get_by_role("main")).to_contain_text("어제 결제한 것이에요.")
    assert Inquiry.objects.get(asker=minji_user).title == "영수증이 안 보여요"

    page.goto(f"{live_server.url}/my-page/notifications/preferences/")
    group = page.get_by_role("group", name="가상계좌를 발급했을 때")
    keyboard.reach(group.get_by_role("checkbox", name="메일"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")  # from wherever one is in the long form
    expect(page.get_by_text("알림 설정을 저장했어요.")).to_be_visible()
    assert list(NoticeChoice.objects.values_list("channel", "is_on")) == [("MAIL", False)]
    expect(group.get_by_role("checkbox", name="메일")).not_to_be_checked()
