"""
Every payment company behind one driver, so that the same suite runs over all of them.

A new gateway adds one driver to DRIVERS and passes every test of test_gateways.py unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Protocol

import pytest
from standardwebhooks import Webhook

from payments.gateways import get_gateway
from payments.gateways.base import Checkout, Gateway
from tests.sandbox_process import SandboxProcess


class Driver(Protocol):
    """
    The other side of a gateway: what the buyer, the card company and the sender of webhooks do.

    modes: the approval modes it knows, automatic (False) or by our server (True).   proof: headers without which a message is refused.
    signs: True when the company signs its messages.
    """

    name: str
    modes: tuple[bool, ...]
    proof: tuple[str, ...]
    signs: bool

    def configure(self, settings: Any, sandbox: SandboxProcess, *, manual: bool) -> None: ...
    def enter(self, parameters: dict[str, Any]) -> None: ...
    def agree(self, ref: str) -> str: ...
    def deposit(self, ref: str) -> None: ...
    def decline(self, ref: str) -> None: ...
    def captured(self, ref: str) -> tuple[int, int]: ...
    def next_cancel(self, outcome: str) -> None: ...
    def console_cancel(self, ref: str, amount: int) -> None: ...
    def spoil(self, *, kind: str, when: str, path: str) -> None: ...
    def say_unknown_state(self, ref: str) -> None: ...
    def message(self, ref: str) -> tuple[dict[str, str], bytes]: ...


class PortOneDriver:
    name = "portone"
    modes = (False, True)
    proof = ("webhook-id", "webhook-timestamp", "webhook-signature")
    signs = True

    def configure(self, settings: Any, sandbox: SandboxProcess, *, manual: bool) -> None:
        self.sandbox, self.secret = sandbox, settings.PORTONE_WEBHOOK_SECRETS[0]
        settings.PORTONE_BASE_URL = sandbox.portone_url
        settings.PORTONE_MANUAL_APPROVAL = manual
        sandbox.control("POST", "/manual-approval", {"channel_key": settings.PORTONE_CHANNEL_KEY_CARD, "on": manual})

    def enter(self, parameters: dict[str, Any]) -> None:
        self.sandbox.control("POST", "/payments", {"request": parameters})

    def agree(self, ref: str) -> str:
        return str(self.sandbox.control("POST", f"/payments/{ref}/approve", {})["result"].get("paymentToken", ""))

    def deposit(self, ref: str) -> None:
        self.sandbox.control("POST", f"/payments/{ref}/deposit", {})

    def decline(self, ref: str) -> None:
        self.sandbox.control("POST", f"/payments/{ref}/decline", {})

    def captured(self, ref: str) -> tuple[int, int]:
        [row] = self.sandbox.control("GET", "/book", payment_id=ref)["payments"]
        return int(row["captured"]), int(row["cancelled"])

    def next_cancel(self, outcome: str) -> None:
        self.sandbox.control("POST", "/next-cancel", {"outcome": outcome})

    def console_cancel(self, ref: str, amount: int) -> None:
        self.sandbox.control("POST", f"/payments/{ref}/console-cancel", {"amount": amount})

    def spoil(self, *, kind: str, when: str, path: str) -> None:
        self.sandbox.control("POST", "/faults", {"kind": kind, "when": when, "path": path})

    def say_unknown_state(self, ref: str) -> None:
        self.sandbox.control("POST", f"/payments/{ref}/overlay", {"status": "SOMETHING_NEW"})

    def message(self, ref: str) -> tuple[dict[str, str], bytes]:
        body = b'{"type":"Transaction.Paid","timestamp":"2026-01-01T00:00:00.000Z","data":{"paymentId":"%s"}}' % ref.encode()
        now = datetime.now(UTC)
        signature = Webhook(self.secret).sign("contract-1", now, body.decode())
        return {"webhook-id": "contract-1", "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}, body


class TossDriver:
    name = "toss"
    modes = (True,)
    proof = ("tosspayments-webhook-transmission-id",)
    signs = False

    def configure(self, settings: Any, sandbox: SandboxProcess, *, manual: bool) -> None:
        self.sandbox = sandbox
        settings.TOSS_BASE_URL = f"{sandbox.base_url}/toss"

    def enter(self, parameters: dict[str, Any]) -> None:
        said = {"client_key": parameters["clientKey"], "customer_key": parameters["customerKey"], "request": parameters["request"]}
        self.sandbox.control("POST", "/toss/payments", said)

    def agree(self, ref: str) -> str:
        return str(self.sandbox.control("POST", f"/toss/payments/{ref}/agree", {})["payment_key"])

    def deposit(self, ref: str) -> None:
        self.sandbox.control("POST", f"/toss/payments/{ref}/deposit", {})

    def decline(self, ref: str) -> None:
        self.sandbox.control("POST", f"/toss/payments/{ref}/decline", {})

    def captured(self, ref: str) -> tuple[int, int]:
        [row] = self.sandbox.control("GET", "/toss/book", order_id=ref)["payments"]
        return int(row["captured"]), int(row["cancelled"])

    def next_cancel(self, outcome: str) -> None:
        self.sandbox.control("POST", "/toss/next-cancel", {"outcome": outcome})

    def console_cancel(self, ref: str, amount: int) -> None:
        self.sandbox.control("POST", f"/toss/payments/{ref}/desk-cancel", {"amount": amount})

    def spoil(self, *, kind: str, when: str, path: str) -> None:
        self.sandbox.control("POST", "/faults", {"service": "toss", "kind": kind, "when": when, "path": path})

    def say_unknown_state(self, ref: str) -> None:
        self.sandbox.control("POST", f"/toss/payments/{ref}/overlay", {"status": "SOMETHING_NEW"})

    def message(self, ref: str) -> tuple[dict[str, str], bytes]:
        body = b'{"eventType":"PAYMENT_STATUS_CHANGED","createdAt":"2026-01-02T14:46:59.65327","data":{"orderId":"%s"}}' % ref.encode()
        headers = {
            "tosspayments-webhook-transmission-id": "contract-1",
            "tosspayments-webhook-transmission-time": "2026-01-02T14:46:59+09:00",
            "tosspayments-webhook-transmission-retried-count": "0",
        }
        return headers, body


DRIVERS = {driver.name: driver for driver in (PortOneDriver, TossDriver)}


class Scene:
    """One gateway, its other side, and a payment of 110,000 won."""

    ref = "BO01CONTRACT0000000000000001"
    token = ""

    def __init__(self, gateway: Gateway, driver: Driver) -> None:
        self.gateway, self.driver = gateway, driver

    def checkout(self, ref: str = "", amount_krw: int = 110_000, method: str = "CARD", due_at: datetime | None = None) -> dict[str, Any]:
        return self.gateway.checkout(
            order=Checkout(
                order_id=ref or self.ref,
                amount_krw=amount_krw,
                title="부스트 크레딧 100,000",
                buyer_id="7c0f8a5e-0000-4000-8000-000000000001",
                buyer_name="김민지",
                buyer_phone="+821000001234",
                buyer_email="minji@example.com",
                return_url="http://127.0.0.1:8000/payments/orders/x/complete/",
                method=method,
                due_at=due_at,
            )
        )

    def pay(self, ref: str = "", amount_krw: int = 110_000) -> str:
        """The buyer pays, and our server confirms where that is needed."""
        ref = ref or self.ref
        self.driver.enter(self.checkout(ref, amount_krw))
        self.token = self.driver.agree(ref)
        if self.gateway.needs_confirm:
            self.gateway.confirm(ref=ref, token=self.token, amount_krw=amount_krw)
        return ref

    def issue(self, due_at: datetime) -> str:
        """The buyer chose a virtual account, and it is there."""
        self.driver.enter(self.checkout(method="VIRTUAL_ACCOUNT", due_at=due_at))
        self.token = self.driver.agree(self.ref)
        if self.gateway.needs_confirm:
            self.gateway.confirm(ref=self.ref, token=self.token, amount_krw=110_000)
        return self.ref


@pytest.fixture(scope="session")
def _contract_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("contracts") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture(
    params=[(name, manual) for name, driver in DRIVERS.items() for manual in driver.modes],
    ids=lambda p: f"{p[0]}-{'manual' if p[1] else 'automatic'}",
)
def scene(request: pytest.FixtureRequest, _contract_sandbox: SandboxProcess, settings: Any, db: None) -> Scene:
    """Every gateway in every approval mode it knows."""
    name, manual = request.param
    _contract_sandbox.reset()
    driver = DRIVERS[name]()
    driver.configure(settings, _contract_sandbox, manual=manual)
    return Scene(get_gateway(name), driver)
