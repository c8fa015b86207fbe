"""Calls to suppliers: what is known after each kind of failure, and that none is made inside a transaction."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction

from common import transactions
from common.provider import CALLS_AT_ONCE, GatewayError, ProviderClient
from tests.tools import free_port


class Peer:
    """A supplier that reads one request per connection and then says the given bytes, or nothing."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.requests = answer, []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self.requests.append(connection.recv(65_536))
                connection.sendall(self.answer)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def peer() -> Iterator[object]:
    made: list[Peer] = []

    def make(answer: bytes) -> Peer:
        made.append(Peer(answer))
        return made[-1]

    yield make
    for one in made:
        one.close()


def call(url: str, *, patience: float = 20, **options: object) -> object:
    return ProviderClient(name="peer", base_url=url, headers={"X-Key": "k"}, read_timeout=patience).call(
        "POST", "/pay", json={"a": 1}, **options
    )


def code_of(url: str) -> str:
    """Why a call fails."""
    with pytest.raises(GatewayError) as caught:
        call(url, timeout=(20, 4))  # so long that all of them are on their way together
    return caught.value.code


class TestProviderClient:
    def test_returns_the_answer_whatever_its_status(self, peer):
        server = peer(b"HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n\r\n{}")
        answer = call(server.url, headers={"Idempotency-Key": "key-1"})
        assert (answer.status_code, answer.text) == (409, "{}")
        assert b"X-Key: k\r\n" in server.requests[0]
        assert b"Idempotency-Key: key-1\r\n" in server.requests[0]

    def test_follows_no_redirect(self, peer):
        server = peer(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        assert call(server.url).status_code == 302
        assert len(server.requests) == 1

    def test_knows_that_nothing_happened_when_nobody_listens(self):
        with pytest.raises(GatewayError) as caught:
            call(f"http://127.0.0.1:{free_port()}")
        assert (caught.value.known, caught.value.code, caught.value.status) == (True, "CONNECTION_FAILED", 0)

    def test_knows_nothing_after_silence(self, silent_server):
        with pytest.raises(GatewayError) as caught:
            call(f"http://127.0.0.1:{silent_server.port}", patience=0.3)
        assert (caught.value.known, caught.value.code) == (False, "READTIMEOUT")

    def test_makes_a_few_calls_at_once_and_refuses_more_without_waiting(self, silent_server, peer):
        silent, other = f"http://127.0.0.1:{silent_server.port}", peer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        with ThreadPoolExecutor(CALLS_AT_ONCE + 2) as pool:
            codes = list(pool.map(lambda _: code_of(silent), range(CALLS_AT_ONCE + 2)))
        assert sorted(codes) == ["READTIMEOUT"] * CALLS_AT_ONCE + ["TOO_MANY_CALLS"] * 2
        assert call(other.url).status_code == 200  # all of them are closed again

    @pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", b"garbage\r\n\r\n"])
    def test_knows_nothing_when_the_answer_breaks_off(self, peer, answer):
        with pytest.raises(GatewayError) as caught:
            call(peer(answer).url)
        assert caught.value.known is False

    def test_tells_refused_from_unknown_in_its_words(self):
        assert str(GatewayError(known=True, code="X", status=400)) == "X (HTTP 400, refused)"
        assert str(GatewayError(known=False, code="X")) == "X (HTTP 0, outcome unknown)"


class TestTransactions:
    def test_a_call_inside_one_is_a_bug_and_is_not_made(self, db, peer):
        server = peer(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        with transaction.atomic(), pytest.raises(RuntimeError, match="outside transactions"):
            call(server.url)
        assert server.requests == []
        assert call(server.url).status_code == 200

    def test_the_block_around_a_test_does_not_count(self, db):
        assert transactions.inside() is False
        with transaction.atomic():
            assert transactions.inside() is True
        assert transactions.inside() is False

    def test_counts_the_same_without_a_block_around_the_test(self, transactional_db):
        assert transactions.inside() is False
        with transaction.atomic(), transaction.atomic():
            assert transactions.inside() is True

    def test_a_participant_says_what_it_wanted_to_join(self, db):
        with pytest.raises(RuntimeError, match="a ledger entry joins the transaction of its cause"):
            transactions.joined("a ledger entry")
