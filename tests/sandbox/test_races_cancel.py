"""Thirty-two cancels at once: exactly what was paid goes back, and no won more."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from sandbox.book import Book
from sandbox.context import Sandbox
from sandbox.portone import cancels, transitions
from sandbox.portone.attempts import Attempt, Attempts
from sandbox.portone.checkout import Page, open_window
from sandbox.portone.errors import ApiError
from sandbox.settings import SandboxSettings
from tests.sandbox.conftest import API_SECRET, Shop, pay_request
from tests.sandbox_process import SandboxProcess

CLIENTS = 32


def together(act: Callable[[int], Any]) -> list[Any]:
    """Let every client go at the same moment."""
    barrier = threading.Barrier(CLIENTS)

    def run(number: int) -> Any:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(run, range(CLIENTS)))


class TestCancelRace:
    def test_gives_back_exactly_what_was_paid(self, shop: Shop) -> None:
        shop.pay()
        answers = together(lambda number: shop.cancel(amount=10_000))
        assert Counter(answer.status_code for answer in answers) == {200: 11, 409: 21}
        assert {answer.json()["type"] for answer in answers if answer.status_code == 409} <= {
            "PAYMENT_ALREADY_CANCELLED",
            "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT",
        }
        book = shop.book()
        assert (book["status"], book["cancelled"], len(book["cancels"])) == ("CANCELLED", 110_000, 11)

    def test_lets_one_of_all_who_believe_in_the_same_rest_through(self, shop: Shop) -> None:
        shop.pay()
        answers = together(lambda number: shop.cancel(amount=1_000, currentCancellableAmount=110_000))
        assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 31}
        assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN"}
        assert shop.book()["cancelled"] == 1_000

    def test_cancels_once_for_one_key(self, shop: Shop) -> None:
        shop.pay()
        answers = together(lambda number: shop.cancel(key='"refund-01JGFJJZ00-1"', amount=1_000))
        assert {answer.status_code for answer in answers} <= {200, 409}
        assert {answer.json()["type"] for answer in answers if answer.status_code == 409} <= {"IDEMPOTENCY_OUTSTANDING_REQUEST"}
        assert len({answer.json()["cancellation"]["id"] for answer in answers if answer.status_code == 200}) == 1
        assert shop.book()["cancelled"] == 1_000

    def test_holds_for_two_processes_on_one_book(self, tmp_path: Path) -> None:
        with SandboxProcess(data=tmp_path / "shared.sqlite3") as first, SandboxProcess(data=first.data) as second:
            first.control("POST", "/payments", {"request": pay_request()})
            first.control("POST", "/payments/topup_1/approve", {})

            def cancel(number: int) -> httpx.Response:
                return (first, second)[number % 2].request(
                    "POST",
                    "/portone/payments/topup_1/cancel",
                    json={"reason": "x", "amount": 10_000},
                    headers={"authorization": f"PortOne {API_SECRET}"},
                )

            assert Counter(answer.status_code for answer in together(cancel)) == {200: 11, 409: 21}
            [row] = second.control("GET", "/book")["payments"]
            assert row["cancelled"] == 110_000


class OpenBook(Book):
    """A book without its lock: what `Book.write` is there to prevent."""

    @contextmanager
    def write(self) -> Iterator[None]:
        yield


class TestNegativeControl:
    """The same race in one process, with and without the transaction around check and effect."""

    def cancelled(self, book: Book, monkeypatch: Any, *, slow_look: bool) -> int:
        sandbox = Sandbox.open(SandboxSettings(), book)
        opened = open_window(sandbox, request=pay_request(), page=Page(), user_agent="", ip_address="")
        transitions.approve(sandbox, opened.transaction_id)
        if slow_look:
            everybody_looked = threading.Barrier(CLIENTS)
            look = Attempts.payment

            def look_and_wait(attempts: Attempts, payment_id: str) -> Attempt | None:
                found = look(attempts, payment_id)
                everybody_looked.wait(30)
                return found

            monkeypatch.setattr(Attempts, "payment", look_and_wait)

        def cancel(number: int) -> int:
            try:
                return cancels.cancel(sandbox, "topup_1", reason="x", amount=10_000).total
            except ApiError:
                return 0

        given_back = sum(together(cancel))
        book.close()
        return given_back

    def test_gives_back_too_much_without_the_lock(self, tmp_path: Path, monkeypatch: Any) -> None:
        assert self.cancelled(OpenBook(tmp_path / "open.sqlite3"), monkeypatch, slow_look=True) == 320_000

    def test_gives_back_what_was_paid_with_it(self, tmp_path: Path, monkeypatch: Any) -> None:
        assert self.cancelled(Book(tmp_path / "closed.sqlite3"), monkeypatch, slow_look=False) == 110_000
