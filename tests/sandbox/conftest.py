"""One sandbox per test session, emptied before each test, and a merchant's server that writes down every webhook."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from portone_server_sdk import PaymentClient

from tests.sandbox_process import SandboxProcess

STORE = "store-00000000-0000-4000-8000-000000000001"
TEST_CHANNEL = "channel-key-00000000-0000-4000-8000-000000000001"
LIVE_CHANNEL = "channel-key-00000000-0000-4000-8000-000000000003"
API_SECRET = "sandbox-secret"
WEBHOOK_SECRETS = ("whsec_cG9ydG9uZS1zYW5kYm94LXRlc3Qtc2VjcmV0LTAwMDE=", "whsec_cG9ydG9uZS1zYW5kYm94LXRlc3Qtc2VjcmV0LTAwMDI=")


def pay_request(paymentId: str = "topup_1", **changes: Any) -> dict[str, Any]:
    """What an honest page hands to `PortOne.requestPayment`."""
    return {
        "storeId": STORE,
        "channelKey": TEST_CHANNEL,
        "paymentId": paymentId,
        "orderName": "광고 크레딧 충전",
        "totalAmount": 110_000,
        "currency": "KRW",
        "payMethod": "CARD",
        "customer": {"customerId": "adv-1042", "fullName": "김민지", "phoneNumber": "01000001234", "email": "billing@example.com"},
        **changes,
    }


class Shop:
    """The merchant as the sandbox knows him: opens windows, is told, asks."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.sdk = PaymentClient(secret=API_SECRET, base_url=sandbox.portone_url)

    def open(self, payment_id: str = "topup_1", *, page: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        told: dict[str, Any] = self.sandbox.control(
            "POST", "/payments", {"request": pay_request(payment_id, **changes), "page": page or {}}
        )
        return told

    def act(self, payment_id: str, action: str, **body: Any) -> dict[str, Any]:
        told: dict[str, Any] = self.sandbox.control("POST", f"/payments/{payment_id}/{action}", body)
        return told

    def pay(self, payment_id: str = "topup_1", *, forged: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        self.open(payment_id, **changes)
        return self.act(payment_id, "approve", **(forged or {}))

    def rest(self, method: str, path: str, json: Any = None, *, secret: str = API_SECRET, **headers: str) -> httpx.Response:
        """A bare REST call, for what the SDK cannot say or hides."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.sandbox.request(method, f"/portone{path}", json=json, headers={"authorization": f"PortOne {secret}", **named})

    def cancel(self, payment_id: str = "topup_1", key: str | None = None, **body: Any) -> httpx.Response:
        headers = {} if key is None else {"idempotency_key": key}
        return self.rest("POST", f"/payments/{payment_id}/cancel", {"reason": "고객 요청", **body}, **headers)

    def book(self, payment_id: str = "topup_1") -> dict[str, Any]:
        [row] = self.sandbox.control("GET", "/book", payment_id=payment_id)["payments"]
        return dict(row)

    def calls(self, **query: str) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = self.sandbox.control("GET", "/calls", **query)["calls"]
        return calls

    def settle(self) -> None:
        assert self.sandbox.control("POST", "/webhooks/settle", {"timeout_seconds": 60}) == {"settled": True}


class _PatientServer(ThreadingHTTPServer):
    request_queue_size = 128  # many deliveries arrive at once; the default of 5 would turn some away on a busy machine


class Receiver:
    """A merchant's server. `answers` are the statuses of the next deliveries; after them, `then`."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.then = 200
        self.sleep = 0.0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.append({"path": self.path, "headers": dict(self.headers.items()), "body": body})
                status = receiver.answers.pop(0) if receiver.answers else receiver.then
                time.sleep(receiver.sleep)
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = _PatientServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/payments/webhooks/portone/"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def types(self) -> list[str]:
        return [json.loads(delivery["body"])["type"] for delivery in self.received]

    @property
    def ids(self) -> list[str]:
        return [delivery["headers"]["webhook-id"] for delivery in self.received]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture(scope="session")
def _shop(sandbox_process: SandboxProcess) -> Shop:
    return Shop(sandbox_process)  # building the SDK's client is slow


@pytest.fixture
def shop(_shop: Shop) -> Shop:
    _shop.sandbox.reset()
    return _shop


@pytest.fixture
def receiver(shop: Shop) -> Iterator[Receiver]:
    receiver = Receiver()
    shop.sandbox.control("POST", "/webhooks/config", {"url": receiver.url})
    yield receiver
    receiver.close()
