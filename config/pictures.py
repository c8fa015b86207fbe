"""
`make screenshots`: the pictures of the README and of the landing page, taken in Chromium of the demo that runs at ORIGIN (`make demo`).

Those of the landing page are written with their hashes, so that a test sees a picture which the product did not draw.
"""

import hashlib
import io
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import django
from PIL import Image
from playwright.sync_api import Error, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
LANDING_PICTURES = ROOT / "static" / "img" / "landing"
LANDING_HASHES = ROOT / "docs" / "landing_pictures.json"
LARGEST, LARGEST_ON_LANDING = 150 * 1024, 60 * 1024  # bytes
QUALITY = 82
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 800}},
    "phone": {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True},
    "share": {"viewport": {"width": 1200, "height": 630}},
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Person:
    """An account of the demo and its entrance. operator: whose second factor is asked for."""

    entrance: str
    login: str
    operator: str = ""


OWNER = Person("/accounts/login/", "owner@demo.boost")
MEMBER = Person("/luckffle/login/", "010-0000-0001")
OPERATOR = Person("/backoffice/login/", "operator@demo.boost", operator="operator")
STRANGER = Person("", "")


def follow(path: str, link: str) -> Callable[[Page, str], object]:
    """Go to a page and on to where its first such link leads."""

    def go(page: Page, origin: str) -> None:
        page.goto(origin + path)
        page.goto(origin + str(page.locator(link).first.get_attribute("href")))

    return go


def visit(path: str) -> Callable[[Page, str], object]:
    """Go to a page."""
    return lambda page, origin: page.goto(origin + path)


Shots = Mapping[str, tuple[Person, Callable[[Page, str], object], tuple[str, ...]]]

# Name of the picture → whose page it is, how to get there, at which sizes.
SHOTS: Shots = {
    "top-up": (OWNER, visit("/payments/top-up/"), ("desktop", "phone")),
    "campaign": (OWNER, follow("/campaigns/", "main tbody tr:has-text('진행중') a"), ("desktop", "phone")),
    "refund": (OWNER, follow("/my-page/payment/", "main a[href$='/refund/']"), ("desktop", "phone")),
    "mission": (MEMBER, follow("/luckffle/", "main a[href*='/luckffle/missions/']:not([href$='/missions/'])"), ("desktop", "phone")),
    "refund-desk": (OPERATOR, follow("/backoffice/refunds/", "tbody th a"), ("desktop",)),
}


LANDING: Shots = {
    "dashboard": (OWNER, visit("/dashboard/"), ("desktop",)),
    "campaign": (OWNER, follow("/campaigns/", "main tbody tr:has-text('진행중') a"), ("desktop",)),
    "mission": (MEMBER, follow("/luckffle/", "main a[href*='/luckffle/missions/']:not([href$='/missions/'])"), ("phone",)),
    "share": (STRANGER, visit("/"), ("share",)),
}


def sign_in(page: Page, origin: str, person: Person) -> None:
    """Walk through the entrance of this person, the second factor included."""
    from backoffice.demo import people

    page.goto(origin + person.entrance)
    page.locator("input[name=login]").fill(person.login)
    page.locator("input[name=password]").fill(people.PASSWORD)
    page.get_by_role("button", name="로그인", exact=True).click()
    if person.operator:
        page.locator("input[name=code]").fill(people.second_factor(person.operator, at=datetime.now(UTC)))
        page.locator("main form button").first.click()
        page.wait_for_url("**/backoffice/")


def take(origin: str, *, folder: Path = PICTURES) -> list[Path]:
    """
    Take every picture of the README; returns the files.

    :raises RuntimeError: there is no Chromium, or a picture is too large.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, size, page in _pages(origin, SHOTS):
        path = folder / f"{name}-{size}.png"
        page.screenshot(path=str(path))
        written.append(_small(path, LARGEST))
    return written


def take_landing(origin: str, *, folder: Path = LANDING_PICTURES, hashes: Path = LANDING_HASHES) -> list[Path]:
    """
    Take every picture of the landing page and write down their hashes; returns the files. The one that shared links show is a PNG,
    because not every messenger reads WebP.

    :raises RuntimeError: there is no Chromium, or a picture is too large.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, size, page in _pages(origin, LANDING):
        path = folder / f"{name}.{'png' if size == 'share' else 'webp'}"
        with Image.open(io.BytesIO(page.screenshot())) as shot:
            shot.convert("RGB").save(path, quality=QUALITY, method=6, optimize=True)
        written.append(_small(path, LARGEST if size == "share" else LARGEST_ON_LANDING))
    hashes.write_text(json.dumps({path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(written)}, indent=2) + "\n")
    return written


def _small(path: Path, largest: int) -> Path:
    if path.stat().st_size > largest:
        raise RuntimeError(f"{path.name} has {path.stat().st_size} bytes; at most {largest} please")
    return path


def _pages(origin: str, shots: Shots) -> Iterator[tuple[str, str, Page]]:
    """Name, size and the page that is to be taken, one after the other."""
    browser_path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser_path is None:
        raise RuntimeError("There is no Chromium on the path; on Debian: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        for person in (STRANGER, OWNER, MEMBER, OPERATOR):  # whoever sees pictures looks before they are written anew
            for size, options in SIZES.items():
                wanted = {name: go for name, (whose, go, sizes) in shots.items() if whose == person and size in sizes}
                if not wanted:
                    continue
                context = browser.new_context(locale="ko-KR", timezone_id="Asia/Seoul", reduced_motion="reduce", **options)
                page = context.new_page()
                if person != STRANGER:
                    sign_in(page, origin, person)
                for name, go in wanted.items():
                    go(page, origin)
                    page.wait_for_load_state("networkidle")
                    time.sleep(0.3)  # charts are drawn in the next frames
                    yield name, size, page
                context.close()
        browser.close()


def main() -> int:
    """The command; `landing` takes those of the landing page only. 1 when the demo does not answer or a picture is not as it should be."""
    origin = os.environ.get("ORIGIN") or f"http://127.0.0.1:{os.environ.get('PORT') or 8000}"
    django.setup()
    try:
        for path in [*([] if "landing" in sys.argv[1:] else take(origin)), *take_landing(origin)]:
            print(f"{path.relative_to(ROOT)} ({path.stat().st_size // 1024} kB)")
    except (Error, RuntimeError) as refusal:
        print(
            f"No pictures: {refusal}\nIs the demo running at {origin}? Otherwise: make screenshots ORIGIN=http://127.0.0.1:8100",
            file=sys.stderr,
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
