"""A Chromium that is signed in to the back office and keeps every complaint of the page."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page

SHOTS = Path(settings.VAR_DIR) / "screens"


@dataclass
class Desk:
    """One browser window. complaints: refusals of the content security policy, script errors and answers ≥ 400."""

    context: BrowserContext
    page: Page
    origin: str
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.origin + path, wait_until="load")
        return self.page

    def shoot(self, name: str, *, width: int = 1440) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.screenshot(path=str(SHOTS / f"backoffice-{name}-{width}.png"), full_page=True)


@contextmanager
def desk_window(browser: Browser, *, client: Client, origin: str, **options: Any) -> Iterator[Desk]:
    """A window that is signed in like `client`."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="ko-KR", timezone_id="Asia/Seoul", **options)
    context.add_cookies([{"name": name, "value": morsel.value, "url": origin} for name, morsel in client.cookies.items()])
    page = context.new_page()
    desk = Desk(context=context, page=page, origin=origin)
    page.on("console", lambda message: desk.complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: desk.complaints.append(str(error)))
    page.on("response", lambda answer: desk.complaints.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    try:
        yield desk
    finally:
        context.close()
