"""People in real browsers on the running product: each has a window of their own; every step leaves a screenshot to look at."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, expect

from tests.factories import PASSWORD
from tests.live import LiveProduct
from tests.signing_in import code_of
from tests.tools import PATIENCE_MS, sideways

SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2},
}
SHOTS = Path(settings.VAR_DIR) / "screens" / "journey"
LOGIN = {"advertiser": "/accounts/login/", "luckffle": "/luckffle/login/", "backoffice": "/backoffice/login/"}


class Person:
    """Somebody with a browser. page: their tab. faults: what scripts, the content policy or the server complained about."""

    def __init__(self, *, name: str, context: BrowserContext, product: LiveProduct, size: str) -> None:
        self.name, self.product, self.size, self.context = name, product, size, context
        self.faults: list[str] = []
        self._shots = 0
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: self.faults.append(f"script error: {error.error}"))
        context.on("console", lambda line: self.faults.append(line.text) if "Content Security Policy" in line.text else None)
        context.on("response", lambda answer: self.faults.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None)
        self.page: Page = context.new_page()

    def go(self, path: str) -> Page:
        """Open one of our pages."""
        self.page.goto(self.product.origin + path)
        return self.page

    def sign_in(self, portal: str, login: str, *, secret: str = "") -> None:
        """Walk through the portal's sign-in page; with `secret` through the second factor too."""
        page = self.go(LOGIN[portal])
        page.locator("input[name=login]").fill(login)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="로그인", exact=True).click()
        if secret:
            page.locator("input[name=code]").fill(code_of(secret))
            page.locator("main form button").first.click()
        expect(page).not_to_have_url(re.compile("/login/|/authenticate/"))

    def shows_who_she_is(self, phone: str) -> None:
        """Before something that matters: a code by SMS, then the form that waited goes on."""
        self.page.get_by_role("button", name="인증번호 받기").click()
        self.shows("인증번호를 보냈어요")
        [newest, *_] = self.product.sandbox.control("GET", "/inbox", channel="SMS", to=phone)["messages"]
        self.page.locator("input[name=code]").first.fill(re.findall(r"[0-9]{6}", newest["body"])[0])
        self.page.get_by_role("button", name="확인하기").click()
        self.page.get_by_role("button", name="이어서 보내기").click()

    def shows(self, *texts: str) -> None:
        """Each text stands visibly somewhere on the page."""
        for text in texts:
            expect(self.page.get_by_text(text).filter(visible=True).first).to_be_visible()

    def sees_at_last(self, path: str, text: str) -> None:
        """The page says it once what happens behind it is through: she comes back until it does."""
        deadline = time.monotonic() + 120
        while not self.go(path).get_by_text(text).filter(visible=True).count():
            assert time.monotonic() < deadline, f"{path} never said {text}"
            time.sleep(0.2)

    def shoot(self, title: str) -> None:
        """A screenshot of the whole page; nothing may stick out sideways and no letter of a word may stand alone at a break."""
        self.page.wait_for_load_state("load")
        self._shots += 1
        folder = SHOTS / self.size
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(folder / f"{self.name}-{self._shots:02}-{title}.png"), full_page=True)
        assert sideways(self.page) == [], title

    def pay_window(self) -> Page:
        """The card company's window, which takes the place of our page until the result comes back by redirect."""
        try:
            self.page.wait_for_url(re.compile(re.escape(self.product.sandbox.base_url)))
        except TimeoutError as error:
            raise AssertionError(f"no window opened at {self.page.url}: {self.page.inner_text('body')[:800]}") from error
        return self.page


@contextmanager
def people(*names: str, browser: Browser, product: LiveProduct, size: str) -> Iterator[list[Person]]:
    """One browser window per name; at the end nobody may have seen a fault."""
    with ExitStack() as stack:
        found = []
        for name in names:
            context = browser.new_context(locale="ko-KR", timezone_id="Asia/Seoul", **SIZES["desktop" if name == "operator" else size])
            stack.callback(context.close)
            found.append(Person(name=name, context=context, product=product, size=size))
        yield found
        faults = {person.name: person.faults for person in found if person.faults}
        assert faults == {}, faults
