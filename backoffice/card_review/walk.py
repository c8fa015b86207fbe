"""
The way of a buyer through the shop, in a browser, at two sizes: every page that card companies ask for, as they will see it. Nothing is
ever approved in a pay window.

Runs in a thread of its own and touches no row: what it needs is in the `Plan`, what it saw comes back as `Shot`s.
"""

import os
import queue
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from common.errors import DomainError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Frame, Page

SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 860}},
    "phone": {"viewport": {"width": 390, "height": 780}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2},
}
SIZE_WORDS = {"desktop": "컴퓨터", "phone": "휴대폰"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PAGE_SECONDS, WINDOW_SECONDS, LONGEST_SECONDS = 20, 45, 600
_PEOPLE = (
    re.compile(r"(?<!\d)(?:\+?82[ -]?|0)1[016789][ -]?\d{3,4}[ -]?\d{4}(?!\d)"),
    re.compile(r"(?<![\d-])0\d{1,2}[ -]\d{3,4}[ -]\d{4}(?![\d-])"),
    re.compile(r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
)
_READ = """() => [document.body.innerText, ...[...document.querySelectorAll("input:not([type=password]):not([type=hidden]), textarea")]
    .map((field) => field.value)].join("\\n")"""


class NoBrowser(DomainError):
    """There is nothing to walk with."""

    code = "card_review.no_browser"
    message = (
        "화면을 찍을 브라우저가 없어요. Chromium과 선택 설치 묶음 pack을 설치해 주세요 "
        "(No Chromium or Playwright here: install chromium, fonts-noto-cjk and the extra 'pack'; see docs/operations.md)."
    )
    http_status = 503


class WalkStopped(DomainError):
    """A page did not come, or was not what it should be."""

    code = "card_review.walk_stopped"
    message = "‘{title}’ 화면({size})을 찍지 못했어요. {why}"
    http_status = 503


class Unmasked(DomainError):
    """A page shows how to reach a person. found: shortened."""

    code = "card_review.unmasked"
    message = "‘{title}’ 화면({size})에 가리지 않은 연락처가 있어요: {found}"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What a walk needs. origin: of the shop.   credit_path: the wizard's step where credits are spent, of a draft of the reviewer.
    companies: card companies in the words of the window.   contacts: numbers and addresses that may be shown, our own.
    seen: addresses that the walk itself came by.
    """

    origin: str
    login: str
    password: str
    credit_path: str
    companies: tuple[str, ...]
    contacts: frozenset[str]
    seen: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shot:
    """One window at one moment. png: what was inside the window.   text: everything that could be read in it."""

    name: str
    title: str
    size: str
    url: str
    taken_at: datetime
    png: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One page on the way. go: brings the browser there."""

    name: str
    title: str
    go: "Callable[[Page, Plan], object]"


def _at(path: str, *, shows: str = "") -> "Callable[[Page, Plan], object]":
    """Open a page of ours; `shows` is brought into the window."""

    def go(page: "Page", plan: Plan) -> None:
        page.goto(plan.origin + path)
        if shows:
            page.locator(shows).first.evaluate("(part) => part.scrollIntoView({ block: 'center' })")

    return go


def _sign_in_page(page: "Page", plan: Plan) -> None:
    page.goto(plan.origin + "/accounts/login/")
    page.locator("input[name=login]").fill(plan.login)
    page.locator("input[name=password]").fill(plan.password)


def _choose(page: "Page", plan: Plan) -> None:
    """Sign in with what stands on the page before, and go to where a package is chosen."""
    page.locator("button", has_text=re.compile("^로그인$")).first.click()
    page.wait_for_url(lambda url: "/accounts/login/" not in url)
    page.goto(plan.origin + "/payments/top-up/")


def _sums(page: "Page", plan: Plan) -> None:
    page.locator("#id_agree").check()
    page.locator("#summary").evaluate("(part) => part.scrollIntoView({ block: 'center' })")


def _order(page: "Page", plan: Plan) -> None:
    """Press to pay; the payment company's window opens from the order's page by itself, so it is kept shut for the picture."""
    page.route(re.compile(r"/static/(dist/)?(js/)?pay(\.[0-9a-f]+)?\.js"), lambda route: route.abort())
    page.locator("#summary button").last.click()
    page.wait_for_url(re.compile(r"/payments/orders/"))
    plan.seen["order"] = page.url.partition("#")[0]
    page.unroute_all()


def _window_of(number: int) -> "Callable[[Page, Plan], object]":
    """Open the pay window and point at a card company; nothing further is pressed."""

    def go(page: "Page", plan: Plan) -> None:
        if number == 0:
            page.goto(plan.seen["order"])
            page.locator("[data-pay]").click()
        company = re.compile(rf"(?<![A-Za-z0-9]){re.escape(plan.companies[number])}(?![A-Za-z0-9])")
        for _ in range(WINDOW_SECONDS * 4):
            if any(_pressed(frame, company) for frame in page.frames):
                return
            page.wait_for_timeout(250)
        raise LookupError(f"결제창에 {plan.companies[number]} 카드가 보이지 않아요.")

    return go


def _pressed(frame: "Frame", words: re.Pattern[str]) -> bool:
    """Press what says these words; whether that was done."""
    with _unless_gone(frame):
        found = frame.get_by_text(words)
        if found.count() and found.first.is_visible():
            found.first.click()
            return True
    return False


def _text_of(frame: "Frame") -> str:
    """What a frame says; nothing once it has gone."""
    with _unless_gone(frame):
        return str(frame.evaluate(_READ))
    return ""


@contextmanager
def _unless_gone(frame: "Frame") -> Iterator[None]:
    """A frame may go while it is looked at: windows of payment companies change theirs as they open. That is no fault."""
    from playwright.sync_api import Error

    try:
        yield
    except Error:
        if not frame.is_detached():
            raise


def _refund(page: "Page", plan: Plan) -> None:
    """The request for a refund of the order that was just shown."""
    page.goto(plan.seen["order"] + "refund/")


def _credits(page: "Page", plan: Plan) -> None:
    page.goto(plan.origin + plan.credit_path)


STOPS = (
    Stop("home", "첫 화면", _at("/")),
    Stop("footer", "사업자 정보", _at("/", shows="footer address")),
    Stop("terms", "이용약관", _at("/terms/terms/")),
    Stop("privacy", "개인정보처리방침", _at("/terms/privacy/")),
    Stop("refund-rule", "환불 정책", _at("/terms/refund/")),
    Stop("prices", "상품과 가격", _at("/pricing/")),
    Stop("login", "로그인", _sign_in_page),
    Stop("choose", "상품 선택", _choose),
    Stop("sums", "결제 금액과 환불 안내", _sums),
    Stop("order", "주문서", _order),
    Stop("card-1", "카드 결제창 1", _window_of(0)),
    Stop("card-2", "카드 결제창 2", _window_of(1)),
    Stop("use", "크레딧 사용처", _credits),
    Stop("refund", "환불 요청", _refund),
)


def walk(plan: Plan, *, stops: tuple[Stop, ...] = STOPS) -> Iterator[Shot]:
    """
    Every stop at every size, one after the other.

    :raises NoBrowser: Playwright or Chromium is not installed.   :raises WalkStopped: a page did not come.
    :raises Unmasked: a page shows how to reach a person.
    """
    seen: queue.Queue[Shot | BaseException | None] = queue.Queue()

    def run() -> None:
        try:
            for shot in _taken(plan, stops):
                seen.put(shot)
            seen.put(None)
        except BaseException as error:  # handed over to the caller's thread, which raises it
            seen.put(error)

    threading.Thread(target=run, name="card-review-walk", daemon=True).start()
    while (shot := seen.get(timeout=LONGEST_SECONDS)) is not None:
        if isinstance(shot, BaseException):
            raise shot
        yield shot


def _taken(plan: Plan, stops: tuple[Stop, ...]) -> Iterator[Shot]:
    with _browser() as browser:
        for size, options in SIZES.items():
            context = browser.new_context(
                locale="ko-KR", timezone_id="Asia/Seoul", reduced_motion="reduce", color_scheme="light", **options
            )
            context.set_default_timeout(PAGE_SECONDS * 1000)
            page = context.new_page()
            for stop in stops:
                yield _take(page, stop, plan, size=size)
            context.close()


def _take(page: "Page", stop: Stop, plan: Plan, *, size: str) -> Shot:
    try:
        stop.go(page, plan)
        page.wait_for_load_state("load")
        page.evaluate("() => document.fonts.ready.then(() => true)")
        text = "\n".join(_text_of(frame) for frame in page.frames)
        if found := unmasked(text, contacts=plan.contacts):
            raise Unmasked(title=stop.title, size=SIZE_WORDS[size], found=", ".join(found))
        return Shot(stop.name, stop.title, size, page.url, datetime.now(UTC), page.screenshot(), text)
    except DomainError:
        raise
    except Exception as error:  # whatever a browser says ends in one sentence; the picture is missing all the same
        raise WalkStopped(title=stop.title, size=SIZE_WORDS[size], why=f"{page.url}: {str(error).splitlines()[0][:200]}") from error


def unmasked(text: str, *, contacts: frozenset[str]) -> list[str]:
    """Phone numbers and mail addresses of people in a text, shortened so that saying so tells nobody; ours are no secret."""
    ours = {_digits(contact) for contact in contacts}
    found = {match for pattern in _PEOPLE for match in pattern.findall(text)}
    return sorted(f"{match[:3]}…" for match in found if _digits(match) not in ours)


def _digits(contact: str) -> str:
    return contact.lower() if "@" in contact else "".join(re.findall(r"\d", contact))


@contextmanager
def _browser() -> "Iterator[Browser]":
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as missing:
        raise NoBrowser from missing
    found = browser_path()
    if not found:
        raise NoBrowser
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=["--no-sandbox"] if os.geteuid() == 0 else [])


def is_there() -> bool:
    """True when there is something to walk with."""
    return bool(browser_path()) and find_spec("playwright") is not None


def browser_path() -> str:
    """Where Chromium is; empty when it is not here."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")
