"""What is asked while something that the product leans on is away, and afterwards."""

import time
from collections.abc import Callable, Iterable

import httpx
from django.db import transaction
from django.utils import timezone

from common.models import Effect
from identity import notifications
from identity.models import User
from tests.live import LiveProduct

LONGEST = 1.0  # seconds for an answer
DONE_WITHIN = 30.0
PAGES = ("/", "/pricing/", "/accounts/login/", "/luckffle/login/", "/backoffice/login/", "/readyz")


def slow_or_broken(product: LiveProduct, pages: Iterable[str] = PAGES, *, status: int = 200) -> dict[str, tuple[int, float]]:
    """
    Pages that did not answer with this status within LONGEST: what they answered, and how fast at best.

    The best of five, taken in turns: the machine may be busy with other things, and the first answer opens a connection.
    """
    times: dict[str, list[float]] = {page: [] for page in pages}
    answers: dict[str, set[int]] = {page: set() for page in times}
    with httpx.Client(base_url=product.origin, timeout=30, trust_env=False) as browser:
        for _ in range(5):
            for page in times:
                began = time.monotonic()
                answers[page].add(browser.get(page).status_code)
                times[page].append(time.monotonic() - began)
    broken = {page for page in times if answers[page] != {status}}
    return {page: (max(answers[page]), min(times[page])) for page in times if page in broken or min(times[page]) > LONGEST}


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
