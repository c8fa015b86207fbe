"""
Every page of advertisers and members as a browser draws it, on a phone and on a desk, light and dark: what axe says about access for
everybody, and that nothing has to be pushed sideways.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route

from tests.house.world import World, routes, undone

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

ROOT = Path(__file__).resolve().parent.parent.parent
ORIGIN = "http://page.test"
EVERY_RULE = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"
CONTRAST = "{runOnly: {type: 'rule', values: ['color-contrast']}}"  # all that another theme can change
AXE = "axe.run(document, %s).then(found => found.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 120))))"
SIDEWAYS = """[document.documentElement, ...document.querySelectorAll('.scroller')].filter(e => e.scrollWidth > e.clientWidth + 1)
    .map(e => 'sideways: ' + (e.getAttribute('aria-label') || 'the page'))"""
TWO_PLACES = """new Set([...document.querySelectorAll('.nav-item[aria-current]')].map(a => a.pathname)).size > 1
    ? ['the menu says that we are in two places'] : []"""
WHO = {"advertiser": "minji", "luckffle": "suji"}


def pages(world: World, portal: str, *, theme: str) -> Iterator[tuple[str, bytes]]:
    """(address, HTML) of each page of a portal, drawn in this theme."""
    for address in dict.fromkeys(world.address(pattern) for pattern in routes(portal)):
        with undone():
            client = world.client(WHO[portal])
            client.cookies["theme"] = theme
            answer = client.get(address)
        assert portal != "advertiser" or address != "/dashboard/" or f'data-theme="{theme}"'.encode() in answer.content
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html") and "/api/" not in address:
            yield address, answer.content


class Screen:
    """A browser that is handed pages; styles, fonts and scripts come from the sources, and suppliers do not answer."""

    def __init__(self, page: Page) -> None:
        self.page, self.html = page, b""
        page.route("**/*", self._answer)

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        asked = route.request
        if asked.is_navigation_request() and asked.frame.parent_frame is None:
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        elif path.startswith(settings.STATIC_URL) and (found := finders.find(path.removeprefix(settings.STATIC_URL))):
            route.fulfill(path=found)
        else:
            route.abort()

    def complaints(self, html: bytes, *, rules: str = EVERY_RULE) -> list[str]:
        """What is wrong with this page."""
        self.html = html
        self.page.goto(ORIGIN, wait_until="load")
        self.page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
        found: list[str] = self.page.evaluate(AXE % rules)
        return found + self.page.evaluate(SIDEWAYS) + self.page.evaluate(TWO_PLACES)


@pytest.fixture
def phone(phone_page: Page) -> Screen:
    return Screen(phone_page)


@pytest.fixture
def desk(browser_page: Page) -> Screen:
    return Screen(browser_page)


@pytest.mark.parametrize("portal", WHO)
class TestEveryPage:
    def test_is_for_everybody_on_a_phone(self, world: World, phone: Screen, portal: str) -> None:
        self._is_fine(world, phone, portal, theme="boost-light", rules=EVERY_RULE)

    def test_can_be_read_on_a_desk_in_the_dark(self, world: World, desk: Screen, portal: str) -> None:
        self._is_fine(world, desk, portal, theme="boost-dark", rules=CONTRAST)

    def _is_fine(self, world: World, screen: Screen, portal: str, *, theme: str, rules: str) -> None:
        found = {address: screen.complaints(html, rules=rules) for address, html in pages(world, portal, theme=theme)}
        assert len(found) >= {"advertiser": 15, "luckffle": 2}[portal]
        # Pieces stand side by side there, also those that are made for another width.
        found["/components/"] = [line for line in found.get("/components/", []) if not line.startswith("sideways")]
        assert {address: lines for address, lines in found.items() if lines} == {}


class TestTheEye:
    """The search can say no."""

    def test_sees_pale_letters_and_a_picture_without_words(self, phone: Screen) -> None:
        html = (
            '<html lang="ko"><title>x</title><main><h1>제목</h1><p style="color:#ccc;background:#fff">옅은 글</p><img src="x.png"></main>'
        )
        assert {line.split(":")[0] for line in phone.complaints(html.encode())} == {"color-contrast", "image-alt"}

    def test_sees_a_page_and_a_table_that_are_too_wide(self, phone: Screen) -> None:
        region = 'class="scroller" tabindex="0" role="region" aria-label="표" style="overflow:auto"'
        wide = f'<div {region}><p style="width:2000px">넓은 표</p></div>'
        head = '<html lang="ko"><meta name="viewport" content="width=device-width"><title>x</title>'
        assert phone.complaints(f"{head}<main><h1>제목</h1>{wide}</main>".encode()) == ["sideways: 표"]
        assert phone.complaints(f'{head}<main><h1 style="width:2000px">제목</h1></main>'.encode()) == ["sideways: the page"]
