"""A sandbox of the payment company on a real socket, a buyer who acts in it, and orders on their way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from advertisers.models import Advertiser
from common import effects, handlers
from common.models import Effect
from credits import selectors as balances
from credits import services as ledger
from credits.models import Hold
from identity.models import User
from payments import services
from payments.models import Package, PaymentOrder, Refund
from tests import factories
from tests.sandbox_process import SandboxProcess


class Buyer:
    """Somebody with a card, and a look into the payment company's own book. Everything goes over HTTP."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox

    def enters(self, order: PaymentOrder, **forged: Any) -> str:
        """Open the pay window with the page's parameters, some of them changed on the way; the attempt's id."""
        request = {**services.checkout_of(order), **forged}
        return str(self.sandbox.control("POST", "/payments", {"request": request})["transaction_id"])

    def act(self, order: PaymentOrder | str, action: str, **body: Any) -> dict[str, Any]:
        order_id = order if isinstance(order, str) else order.order_id
        told: dict[str, Any] = self.sandbox.control("POST", f"/payments/{order_id}/{action}", body)
        return told

    def pays(self, order: PaymentOrder, *, paid_at: datetime, **forged: Any) -> dict[str, Any]:
        """Open the window and say yes; `paid_at` is when the card company says it was."""
        self.enters(order)
        return self.act(order, "approve", paid_at=paid_at.isoformat(), **forged)

    def book(self, order: PaymentOrder | str) -> dict[str, Any]:
        """The row of the payment company's book for this order."""
        order_id = order if isinstance(order, str) else order.order_id
        [row] = self.sandbox.control("GET", "/book", payment_id=order_id)["payments"]
        return dict(row)

    def totals(self) -> dict[str, int]:
        """captured, cancelled and net of the whole book."""
        totals: dict[str, int] = self.sandbox.control("GET", "/book")["totals"]
        return totals

    def calls(self, **query: str) -> list[dict[str, Any]]:
        """The API calls the payment company received."""
        calls: list[dict[str, Any]] = self.sandbox.control("GET", "/calls", **query)["calls"]
        return calls

    def fault(self, **rule: Any) -> None:
        """Script a misbehaviour of the API."""
        self.sandbox.control("POST", "/faults", rule)

    def overlay(self, order: PaymentOrder, **values: Any) -> None:
        """Let the API say something else about this payment; dots as double underscores."""
        self.act(order, "overlay", **{name.replace("__", "."): value for name, value in values.items()})


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with SandboxProcess(data=tmp_path_factory.mktemp("payments-sandbox") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture
def buyer(sandbox_process: SandboxProcess, settings: Any) -> Buyer:
    """The buyer of an empty sandbox that the product's settings point to."""
    handlers.load()
    sandbox_process.reset()
    point_at(settings, sandbox_process)
    return Buyer(sandbox_process)


def point_at(settings: Any, sandbox: SandboxProcess) -> None:
    """Let the product meet this sandbox."""
    settings.PORTONE_BASE_URL = sandbox.portone_url
    settings.PORTONE_SDK_URL = f"{sandbox.portone_url}/browser-sdk.js"
    settings.PORTONE_BROWSER_HOSTS = [sandbox.base_url]
    settings.POPBILL_BASE_URL, settings.POPBILL_AUTH_URL = f"{sandbox.base_url}/popbill", f"{sandbox.base_url}/linkhub"
    settings.TAX_OFFICE_URL = f"{sandbox.base_url}/tax-office"
    settings.TOSS_BASE_URL = f"{sandbox.base_url}/toss"
    settings.TOSS_SDK_URL = f"{sandbox.base_url}/toss/v2/standard"
    settings.TOSS_BROWSER_HOSTS = [sandbox.base_url]


@pytest.fixture
def packages(db: None) -> dict[int, Package]:
    """The price list, by credits."""
    return {package.credits: package for package in services.ensure_packages()}


@dataclass
class Till:
    """Makes orders of Minji's, as far along as a test wants them."""

    advertiser: Advertiser
    user: User
    buyer: Buyer
    packages: dict[int, Package]
    at: datetime
    made: int = 0

    def order(self, credits: int = 100_000, *, at: datetime | None = None, method: str = "CARD") -> PaymentOrder:
        """An order whose pay window is open."""
        self.made += 1
        at = at or self.at
        order = services.create_order(
            advertiser=self.advertiser,
            package=self.packages[credits],
            by=self.user,
            at=at,
            key=f"click:{self.advertiser.pk}:{self.made}",
            method=method,
        )
        services.open_window(order=order, at=at)
        order.refresh_from_db()
        return order

    def paid(self, credits: int = 100_000, *, at: datetime | None = None) -> PaymentOrder:
        """An order that was paid and credited."""
        order = self.order(credits, at=at)
        self.buyer.pays(order, paid_at=at or self.at)
        return services.sync_order(order_id=order.order_id, at=at or self.at)

    def refund(self, order: PaymentOrder, credits: int, *, at: datetime | None = None, key: str = "") -> Refund:
        """A request for a refund."""
        self.made += 1
        return services.request_refund(
            order=order,
            credits=credits,
            reason="캠페인 일정이 바뀌었어요",
            by=self.user,
            at=at or self.at + timedelta(hours=1),
            key=key or f"refund:{self.made}",
        )

    def holds(self, credits: int, *, label: str = "가을 캠페인", at: datetime | None = None, name: str = "") -> Hold:
        """Put credits into something that runs. name: for threads, which must not count together."""
        self.made += 1
        name = name or str(self.made)
        with transaction.atomic():
            return ledger.place_hold(
                advertiser=self.advertiser,
                credits=credits,
                subject=f"spending:{name}",
                subject_label=label,
                key=f"hold:{name}",
                at=at or self.at + timedelta(minutes=30),
            )

    def spends(self, credits: int, *, at: datetime | None = None) -> None:
        """Use credits up."""
        hold = self.holds(credits, at=at)
        with transaction.atomic():
            ledger.capture(hold=hold, credits=credits, reward_cost=0, key=f"{hold.pk}:capture", at=at or self.at + timedelta(minutes=30))

    def balance(self) -> balances.Balance:
        return balances.balance(self.advertiser)


@pytest.fixture
def minji(db: None) -> Advertiser:
    """Minji with an empty wallet: here every credit comes from an order."""
    return factories.MembershipFactory(
        advertiser__name="민지네 커피", user__username="minji", user__email="minji@example.com", user__name="김민지"
    ).advertiser


@pytest.fixture
def till(minji: Advertiser, minji_user: User, buyer: Buyer, packages: dict[int, Package], at: datetime) -> Till:
    return Till(advertiser=minji, user=minji_user, buyer=buyer, packages=packages, at=at)


def now_is(at: datetime) -> None:
    """Let the doors of the product believe it is this moment. The webhook window keeps real time, as it must."""
    timezone.now = lambda: at


@pytest.fixture(autouse=True)
def _product_clock(monkeypatch: pytest.MonkeyPatch, at: datetime) -> None:
    """Doors read the clock; here it stands at the test's own moment, whatever day it is outside."""
    monkeypatch.setattr(timezone, "now", timezone.now)  # put back afterwards
    now_is(at)


def run_effects(at: datetime, *, rounds: int = 3) -> None:
    """Work everything that is due, what comes of it included, at this moment."""
    now_is(at)
    for _ in range(rounds):
        if not effects.run_due(at=at):
            return


def effect_of(kind: str) -> Effect:
    """The only effect of a kind."""
    return Effect.objects.get(kind=kind)


@pytest.fixture
def approve(operator: User, at: datetime) -> Callable[[Refund], Refund]:
    """Let the operator say yes."""

    def say_yes(refund: Refund) -> Refund:
        services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=2))
        refund.refresh_from_db()
        return refund

    return say_yes
