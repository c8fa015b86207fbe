"""The dashboard asks for its figures by itself: how often, out of sight, in trouble, while somebody is in it, and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Route, expect

from tests.house.test_pages_in_chromium import ORIGIN
from tests.signing_in import browser as signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

OUT_OF_SIGHT = """hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
    Object.defineProperty(document, 'visibilityState', {value: hidden ? 'hidden' : 'visible', configurable: true});
    document.dispatchEvent(new Event('visibilitychange')) }"""
COUNTING = """window.open_requests = 0;
    document.addEventListener('htmx:beforeRequest', () => window.open_requests++);
    document.addEventListener('htmx:afterRequest', () => window.open_requests--)"""


class Dashboard:
    """The page in a browser whose clock we turn. asked: how often it asked for itself again; status: what it is answered."""

    def __init__(self, page: Page, html: str) -> None:
        self.page, self.html, self.asked, self.status = page, html, 0, 200
        page.route("**/*", self._answer)
        page.add_init_script(COUNTING)
        page.clock.install()
        page.goto(f"{ORIGIN}/dashboard/")
        self.began = int(page.evaluate("Date.now()"))

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        if route.request.is_navigation_request():
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        elif path.startswith(settings.STATIC_URL) and (found := finders.find(path.removeprefix(settings.STATIC_URL))):
            route.fulfill(path=found)
        elif path == "/dashboard/":
            self.asked += 1
            news = self.html.replace("반가워요", f"{self.asked}번째예요")
            route.fulfill(status=self.status, body=news, content_type="text/html; charset=utf-8")
        else:
            route.abort()

    def by(self, second: int) -> int:
        """How often it has asked by this second. The clock goes on by itself too, so nothing is looked at near a turn."""
        self.page.clock.run_for(max(1, self.began + second * 1000 - int(self.page.evaluate("Date.now()"))))
        while self.page.evaluate("window.open_requests"):  # the network is real, and a busy machine is slow
            self.page.wait_for_timeout(10)
        self.page.clock.run_for(50)  # what came is put in
        return self.asked

    def hide(self, hidden: bool) -> None:
        self.page.evaluate(OUT_OF_SIGHT, hidden)


@pytest.fixture
def html(eve_user) -> str:
    return signed_in(eve_user).get("/dashboard/").content.decode()


@pytest.fixture
def dashboard(browser_page: Page, html: str) -> Iterator[Dashboard]:
    return Dashboard(browser_page, html)


class TestTheDashboard:
    def test_s_78_asks_every_half_minute_and_shows_what_it_is_told(self, dashboard: Dashboard) -> None:
        expect(dashboard.page.locator("h1")).to_contain_text("반가워요")
        assert [dashboard.by(second) for second in (20, 40, 65)] == [0, 1, 2]
        expect(dashboard.page.locator("h1")).to_contain_text("2번째예요")

    def test_out_of_sight_asks_half_as_often_each_time_and_at_once_when_seen_again(self, dashboard: Dashboard) -> None:
        dashboard.hide(True)
        assert [dashboard.by(second) for second in (20, 40, 80, 100, 190, 220, 320)] == [0, 1, 1, 2, 2, 3, 3]
        dashboard.hide(False)
        assert [dashboard.by(second) for second in (321, 340, 360)] == [4, 4, 5]

    def test_never_waits_longer_than_ten_minutes(self, dashboard: Dashboard) -> None:
        dashboard.hide(True)
        assert [dashboard.by(second) for second in (40, 100, 220, 460, 940)] == [1, 2, 3, 4, 5]
        assert [dashboard.by(second) for second in (1510, 1540, 2110, 2140)] == [5, 6, 6, 7]

    def test_in_trouble_asks_less_often_says_nothing_and_recovers(self, dashboard: Dashboard) -> None:
        dashboard.status = 503
        assert [dashboard.by(second) for second in (40, 80, 100, 190)] == [1, 1, 2, 2]
        expect(dashboard.page.locator(".toast-line")).to_have_count(0)
        dashboard.status = 200
        assert [dashboard.by(second) for second in (220, 230, 250)] == [3, 3, 4]
        expect(dashboard.page.locator("h1")).to_contain_text("4번째예요")

    def test_leaves_alone_whoever_is_in_it_with_the_keyboard(self, dashboard: Dashboard) -> None:
        inside = dashboard.page.locator("[data-poll] a").first
        inside.focus()
        dashboard.page.keyboard.press("Shift+Tab")
        dashboard.page.keyboard.press("Tab")
        expect(inside).to_be_focused()
        assert dashboard.by(100) == 0
        inside.blur()
        assert dashboard.by(130) == 1

    def test_says_all_of_it_without_a_script(self, browser: Browser, html: str) -> None:
        context = browser.new_context(java_script_enabled=False, locale="ko-KR")
        page = context.new_page()
        page.route("**/*", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        page.goto(f"{ORIGIN}/dashboard/")
        expect(page.get_by_role("heading", level=1)).to_contain_text("반가워요")
        for name in ("첫 캠페인까지", "쓸 수 있는 크레딧", "확인해 주세요"):
            expect(page.get_by_role("heading", name=name)).to_be_visible()
        expect(page.get_by_role("main").get_by_role("link", name="새 캠페인").first).to_be_visible()
        context.close()
