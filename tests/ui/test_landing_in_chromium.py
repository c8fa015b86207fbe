"""The landing page as a browser gets it: what it weighs, whom it asks, whether anything jumps, and whether everybody can use it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, Route

from inquiries import first_content
from payments import services as payments
from tests.house.test_pages_in_chromium import AXE, EVERY_RULE, ORIGIN, ROOT, SIDEWAYS

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

BUDGET = 300_000  # bytes on the wire, fonts aside
SWAP = 0.02  # what letters move inside their lines when their font arrives; 0.1 would still count as good
WIDTHS = (1440, 1280, 390)
PACKED = (".css", ".js", ".svg")  # whitenoise keeps these beside a brotli of themselves
WATCH = """() => { window.shifted = 0; new PerformanceObserver(list => list.getEntries().forEach(entry => {
    if (!entry.hadRecentInput) window.shifted += entry.value })).observe({type: 'layout-shift', buffered: true}) }"""


class Wire:
    """A browser that is handed the page and our static files, and a list of what it asked for."""

    def __init__(self, page: Page, html: bytes, *, has_fonts: bool = True) -> None:
        self.page, self.html, self.has_fonts = page, html, has_fonts
        self.sizes: dict[str, int] = {}
        self.strangers: list[str] = []
        page.route("**/*", self._answer)
        page.add_init_script(f"({WATCH})()")

    def _answer(self, route: Route) -> None:
        address = urlsplit(route.request.url)
        if f"{address.scheme}://{address.netloc}" != ORIGIN:
            self.strangers.append(route.request.url)
            route.abort()
        elif address.path.endswith(".woff2") and not self.has_fonts:
            route.abort()
        elif route.request.is_navigation_request():
            self.sizes["page"] = len(self.html)
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        else:
            found = finders.find(address.path.removeprefix(settings.STATIC_URL))
            assert found, f"{address.path} is not there"
            body = Path(found).read_bytes()
            self.sizes[address.path] = len(brotli.compress(body)) if address.path.endswith(PACKED) else len(body)
            route.fulfill(path=found)

    def carries(self, name: str) -> bool:
        """Whether it is asked for this: pictures are asked for when they come near, and a busy machine scrolls in its own time."""
        for _ in range(200):
            if any(path.endswith(name) for path in self.sizes):
                return True
            self.page.wait_for_timeout(100)
        return False

    @property
    def weight(self) -> int:
        return sum(size for path, size in self.sizes.items() if not path.endswith(".woff2"))


@pytest.fixture
def html() -> bytes:
    payments.ensure_packages()
    first_content.write(at=timezone.now())
    return Client().get("/").content


def looked_at(page: Page, html: bytes, *, width: int, has_fonts: bool = True) -> Wire:
    """The page from top to bottom at a width."""
    page.set_viewport_size({"width": width, "height": 800})
    wire = Wire(page, html, has_fonts=has_fonts)
    page.goto(ORIGIN + "/", wait_until="networkidle")
    page.evaluate("() => document.fonts.ready.then(() => true)")
    for _ in range(12):
        page.mouse.wheel(0, 700)
        page.wait_for_timeout(40)
    page.wait_for_load_state("networkidle")
    return wire


class TestTheLandingPage:
    def test_s_12_is_light_asks_nobody_else_and_does_not_jump(self, browser_page: Page, html: bytes) -> None:
        for width in WIDTHS:
            wire = looked_at(browser_page, html, width=width)
            assert wire.carries("campaign.webp"), width
            assert wire.strangers == []
            assert wire.weight < BUDGET, (width, wire.weight, wire.sizes)
            assert "page" in wire.sizes
            assert browser_page.evaluate("() => window.shifted") < SWAP, width
            assert browser_page.evaluate(SIDEWAYS) == [], width
            browser_page.unroute_all()

    def test_s_12_is_for_everybody_and_the_keyboard_reaches_what_matters(self, browser_page: Page, html: bytes) -> None:
        looked_at(browser_page, html, width=390)
        browser_page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
        assert browser_page.evaluate(AXE % EVERY_RULE) == []
        browser_page.evaluate("() => window.scrollTo(0, 0)")
        reached = []
        for _ in range(80):
            browser_page.keyboard.press("Tab")
            reached.append(browser_page.evaluate("() => document.activeElement.innerText || document.activeElement.ariaLabel || ''"))
        words = " ".join(reached)
        assert [
            name for name in ("본문으로 건너뛰기", "시작하기", "요금 자세히 보기", "환불은 어떻게 받나요?", "문의하기") if name not in words
        ] == []

    def test_s_12_nothing_but_letters_ever_moves(self, browser_page: Page, html: bytes) -> None:
        for width in (1280, 390):
            looked_at(browser_page, html, width=width, has_fonts=False)
            assert browser_page.evaluate("() => window.shifted") == 0, width
            browser_page.unroute_all()

    def test_letters_are_shown_before_their_font_arrived(self) -> None:
        sheet = finders.find("dist/fonts/pretendard.css")
        assert sheet
        faces = Path(sheet).read_text().split("@font-face")[1:]
        assert faces
        assert [face for face in faces if "font-display: swap" not in face and "font-display:swap" not in face] == []
