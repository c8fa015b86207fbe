"""
Every page of advertisers and members as a browser draws it, on a phone and on two desks, light and dark, by hand and by keyboard: what
axe says about access for everybody, that nothing is cut or has to be pushed sideways, that a thumb finds what a page is for, and that the
tab key reaches every control in order, visibly, and gets out again.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from playwright.sync_api import Page, Route

from tests.house.world import World, routes, undone

pytestmark = [pytest.mark.browser, pytest.mark.django_db, pytest.mark.timeout(1800)]

ROOT = Path(__file__).resolve().parent.parent.parent
ORIGIN = "http://page.test"
EVERY_RULE = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']}"
CONTRAST = "{runOnly: {type: 'rule', values: ['color-contrast']}}"  # all that another theme can change
AXE = "axe.run(document, %s).then(found => found.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.html.slice(0, 120))))"
SIDEWAYS = """[document.documentElement, ...document.querySelectorAll('.scroller')].filter(e => e.scrollWidth > e.clientWidth + 1)
    .map(e => 'sideways: ' + (e.getAttribute('aria-label') || 'the page'))"""
LIGHT = """(() => { const root = document.documentElement, drawn = root.dataset.theme ?? '', still = document.createElement('style');
    still.textContent = '*, ::before, ::after { transition: none !important }';
    document.head.append(still);
    root.dataset.theme = {'boost-dark': 'boost-light', 'luckffle-dark': 'luckffle'}[drawn] ?? drawn;
    return drawn })()"""
WHO = {"advertiser": "minji", "luckffle": "suji"}
DESKS = (1440, 1280)
PATIENCE_MS = 60_000  # a busy machine is slow, not wrong
# What somebody sees who has nothing yet: eve advertises, but never began a campaign, asked a question or made a key.
EMPTY = (
    "/dashboard/", "/campaigns/", "/my-page/", "/my-page/payment/", "/my-page/refunds/", "/my-page/notifications/", "/my-page/inquiries/",
    "/my-page/analytics/", "/my-page/analytics/exports/", "/my-page/analytics/reports/", "/my-page/api-keys/", "/my-page/webhooks/",
)  # fmt: skip
# Pieces stand side by side in the one, also those that are made for another width; the other is what a frame of the wizard shows.
NO_PAGES = ("/components/", "/preview/")


def pages(world: World, portal: str) -> Iterator[tuple[str, bytes]]:
    """(name, HTML) of each page of a portal, drawn dark where the page has a dark look."""
    addresses = dict.fromkeys(world.address(pattern) for pattern in routes(portal))
    looks = [(WHO[portal], address) for address in addresses if not any(part in address for part in ("/api/", *NO_PAGES))]
    if portal == "advertiser":
        looks += [("eve", address) for address in EMPTY] + [("anonymous", "/"), ("anonymous", "/contact/"), ("anonymous", "/api/v1/docs")]
    for who, address in looks:
        client = world.client(who)
        client.cookies["theme"] = "boost-dark"
        with undone():
            answer = client.get(address)
        if answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html"):
            yield f"{who} {address}", answer.content


class Screen:
    """A browser that is handed pages; styles, fonts and scripts come from the sources, and suppliers do not answer."""

    def __init__(self, page: Page) -> None:
        self.page, self.html, self.drawn = page, b"", ""
        page.route("**/*", self._answer)
        page.set_default_timeout(PATIENCE_MS)
        page.emulate_media(reduced_motion="reduce")

    def _answer(self, route: Route) -> None:
        path = urlsplit(route.request.url).path
        asked = route.request
        if asked.is_navigation_request() and asked.frame.parent_frame is None:
            route.fulfill(body=self.html, content_type="text/html; charset=utf-8")
        elif path.startswith(settings.STATIC_URL) and (found := finders.find(path.removeprefix(settings.STATIC_URL))):
            route.fulfill(path=found)
        else:
            route.abort()

    def show(self, html: bytes) -> None:
        """Open this page in the light, and the eyes. Colours change at once: those on their way have no contrast yet."""
        self.html = html
        self.page.goto(ORIGIN, wait_until="load")
        self.drawn = str(self.page.evaluate(LIGHT))
        self.page.evaluate((ROOT / "node_modules" / "axe-core" / "axe.min.js").read_text())
        self.page.evaluate((Path(__file__).parent / "looks.js").read_text())

    def say(self, what: str) -> list[str]:
        """What one of the eyes sees (looks.js), or axe."""
        found: list[str] = self.page.evaluate(what)
        return found

    def for_everybody(self) -> list[str]:
        """What axe says, light and dark; the page stays dark. Public pages and those of signing in have no dark look."""
        light = self.say(AXE % EVERY_RULE)
        if not self.drawn.endswith("-dark"):
            return light
        self.page.evaluate("drawn => { document.documentElement.dataset.theme = drawn }", self.drawn)
        return light + [f"in the dark, {line}" for line in self.say(AXE % CONTRAST)]

    def by_keyboard(self) -> list[str]:
        """What the tab key does not reach, or does not show; and whether the first stop leads past the menu."""
        stops = self.page.evaluate("looks.toStart()")
        for _ in range(stops + 2):
            self.page.keyboard.press("Tab")
        return self.say("looks.missed()") + ([] if self._leads_past_the_menu() else ["nothing leads past the menu"])

    def _leads_past_the_menu(self) -> bool:
        if not self.page.locator(".skip").count():
            return self.page.locator("nav").count() == 0
        self.page.locator(".skip").focus()
        self.page.keyboard.press("Enter")
        return bool(self.page.evaluate("document.activeElement.id === 'main'"))


@pytest.fixture
def phone(phone_page: Page) -> Screen:
    return Screen(phone_page)


@pytest.fixture
def desk(browser_page: Page) -> Screen:
    return Screen(browser_page)


def on_a_phone(screen: Screen, html: bytes) -> list[str]:
    screen.show(html)
    return screen.say("[...looks.built(), ...looks.laid(), ...looks.small()]") + screen.for_everybody()


def on_a_desk(screen: Screen, html: bytes) -> list[str]:
    found = []
    screen.show(html)
    for width in DESKS:
        screen.page.set_viewport_size({"width": width, "height": 900})
        found += [f"at {width}, {line}" for line in screen.say("looks.laid()")]
    return found + screen.by_keyboard() + screen.for_everybody()


@pytest.mark.parametrize("portal", WHO)
class TestEveryPage:
    def test_s_08_is_whole_and_for_everybody_at_every_width_in_light_and_dark(
        self, world: World, phone: Screen, desk: Screen, portal: str
    ) -> None:
        found = {name: on_a_phone(phone, html) + on_a_desk(desk, html) for name, html in pages(world, portal)}
        assert len(found) >= {"advertiser": 80, "luckffle": 30}[portal]
        assert {name: lines for name, lines in found.items() if lines} == {}


class TestTheEye:
    """The search can say no."""

    HEAD = """<!doctype html><html lang="ko"><meta name="viewport" content="width=device-width"><title>쪽 · 부스트</title>
        <style>a:focus {outline: 2px solid}</style>"""

    def seen(self, screen: Screen, body: str, *, what: str = "[...looks.built(), ...looks.laid(), ...looks.small()]") -> list[str]:
        screen.show(f"{self.HEAD}{body}".encode())
        return screen.say(what)

    def test_sees_pale_letters_and_a_picture_without_words(self, phone: Screen) -> None:
        pale = '<main><h1>제목</h1><p style="color:#ccc;background:#fff">옅은 글</p><img src="x.png"></main>'
        assert {line.split(":")[0] for line in self.seen(phone, pale, what=AXE % EVERY_RULE)} == {"color-contrast", "image-alt"}

    def test_sees_a_page_and_a_table_that_are_too_wide(self, phone: Screen) -> None:
        region = 'class="scroller" tabindex="0" role="region" aria-label="표" style="overflow:auto"'
        wide = f'<div {region}><p style="width:2000px">넓은 표</p></div>'
        assert self.seen(phone, f"<main><h1>제목</h1>{wide}</main>") == ["sideways: 표"]
        found = self.seen(phone, '<main><h1 style="width:2000px">제목</h1></main>')
        assert found[:2] == ["sideways: the page", "beyond the edge: <h1> 제목"]

    def test_sees_what_is_cut_folded_or_a_letter_wide(self, phone: Screen) -> None:
        cut = '<p style="width:5em;overflow:hidden;white-space:nowrap;text-overflow:ellipsis">여기에서 잘리는 긴 글이에요</p>'
        thin = '<p style="width:1em;line-break:anywhere;word-break:break-all">한글자씩</p>'
        folded = '<button class="btn" style="display:block;width:4em">두 줄이 되는 단추</button>'
        found = self.seen(phone, f"<main><h1>제목</h1>{cut}{thin}{folded}</main>")
        assert [line.split(":")[0] for line in found] == ["a letter a line", "in two lines", "cut"]

    def test_sees_two_headings_a_nameless_page_and_a_small_button(self, phone: Screen) -> None:
        found = self.seen(phone, '<title></title><main><h1>하나</h1><h1>둘</h1><button class="btn-primary">작아요</button></main>')
        assert (found[0], found[1].split(" px")[1]) == ("2 first headings", ": <button> 작아요")
        phone.show(b'<html lang="ko"><title>x</title><h1>x</h1>')
        assert phone.say("looks.built()") == ["the title is \u201cx\u201d"]

    def test_sees_what_the_tab_key_skips_hides_or_cannot_leave(self, desk: Screen) -> None:
        late = '<h1>제목</h1><a href="/1" tabindex="2">나중</a><a href="/2" tabindex="1">먼저</a>'
        assert self.seen(desk, late) == []
        assert desk.by_keyboard() == ["out of order: <a> 먼저"]
        self.seen(desk, '<h1>제목</h1><style>a:focus{outline:none}</style><a href="/1">숨은 초점</a>')
        assert desk.by_keyboard() == ["nobody sees the focus: <a> 숨은 초점"]
        holds = "e => e.key === 'Tab' && document.activeElement.id === 'trap' && e.preventDefault()"
        self.seen(desk, "<h1>제목</h1><nav>차림표</nav>")
        assert desk.by_keyboard() == ["nothing leads past the menu"]
        trap = f"<script>addEventListener('keydown', {holds})</script>"
        self.seen(desk, f'<h1>제목</h1><a href="/1" id="trap">덫</a><a href="/2">뒤</a>{trap}')
        assert desk.by_keyboard() == ["not reached by the tab key: <a> 뒤"]
