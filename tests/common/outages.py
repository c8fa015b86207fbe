"""What is asked while something that the product leans on is away, and afterwards."""

import statistics
import time
from collections.abc import Callable, Iterable

import httpx
from django.db import transaction
from django.utils import timezone

from common.models import Effect
from identity import notifications
from identity.models import User
from tests import signing_in
from tests.live import LiveProduct

LONGEST = 5.0  # seconds for an answer on a busy machine; whoever waits for a silent supplier takes ten
DONE_WITHIN = 120.0
PAGES = ("/", "/pricing/", "/accounts/login/", "/luckffle/login/", "/backoffice/login/", "/readyz")
OWN_PAGES = ("/dashboard/", "/my-page/payment/")


def slow_or_broken(
    product: LiveProduct, pages: Iterable[str] = PAGES, *, user: User | None = None, status: int = 200
) -> dict[str, tuple[int, float]]:
    """
    Pages that did not answer with this status within LONGEST: what they answered, and in which time.

    The median of five, taken in turns: the first answer opens a connection, and the machine may be busy once, but not every other time.
    user: of an advertiser; looks, signed in, at OWN_PAGES as well.
    """
    with _browser(product) as stranger, _browser(product, user) as person:
        browsers = dict.fromkeys(pages, stranger) | dict.fromkeys(OWN_PAGES if user else (), person)
        times: dict[str, list[float]] = {page: [] for page in browsers}
        answers: dict[str, set[int]] = {page: set() for page in browsers}
        for _ in range(5):
            for page, browser in browsers.items():
                began = time.monotonic()
                answers[page].add(browser.get(page).status_code)
                times[page].append(time.monotonic() - began)
    broken = {page for page in times if answers[page] != {status}}
    usual = {page: statistics.median(taken) for page, taken in times.items()}
    return {page: (max(answers[page]), usual[page]) for page in times if page in broken or usual[page] > LONGEST}


def _browser(product: LiveProduct, user: User | None = None) -> httpx.Client:
    cookies = {name: cookie.value for name, cookie in signing_in.browser(user).cookies.items()} if user else {}
    return httpx.Client(base_url=product.origin, cookies=cookies, timeout=60, trust_env=False)


def promise(user: User, about: str) -> None:
    """Five notices with mails, each in a commit of its own, as requests write them."""
    for number in range(5):
        with transaction.atomic():
            notifications.notify(
                user=user, kind="tests.hello", title="안녕하세요", body="확인이에요.", key=f"{about}:{number}", at=timezone.now()
            )


def until(reached: Callable[[], bool], *, seconds: float = DONE_WITHIN) -> bool:
    """Look again and again; False when it is not reached in time."""
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def all_done(*, seconds: float = DONE_WITHIN) -> bool:
    """Every effect is done, or is so soon."""
    return until(lambda: not Effect.objects.exclude(state=Effect.State.DONE).exists(), seconds=seconds)
