"""The running product while PostgreSQL restarts, and while the payment company swallows every call."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
import pytest
from django.db import connection
from django.utils import timezone
from lxml import html

from bench.proxy import FaultProxy
from common import handlers
from common.models import Effect
from credits import selectors as balances
from payments import services as payments
from payments.models import PaymentOrder
from tests import factories
from tests.common.outages import PAGES, all_done, promise, slow_or_broken, until
from tests.live import LiveProduct, database_url
from tests.payments.conftest import Buyer, Till, point_at

AWAY_SECONDS = 3.0
TABS = 24  # three times the threads of the web process


@pytest.fixture
def postgres(transactional_db: None) -> Iterator[FaultProxy]:
    """What the product believes to be the database server."""
    at = urlsplit(database_url())
    host, _, port = at.netloc.rpartition("@")[2].partition(":")
    folder = unquote(host)
    with FaultProxy(upstream=f"{folder}/.s.PGSQL.{port or 5432}" if folder.startswith("/") else (folder, int(port or 5432))) as proxy:
        yield proxy


@pytest.fixture
def product(postgres: FaultProxy, tmp_path: Path) -> Iterator[LiveProduct]:
    """Web and a relay that works alone; they meet database and payment company only through proxies."""
    at = urlsplit(database_url())
    user = at.netloc.rpartition("@")[0]
    started = LiveProduct(folder=tmp_path, database_url=f"postgresql://{user}@127.0.0.1:{postgres.port}{at.path}", workers=1)
    with FaultProxy(upstream=("127.0.0.1", started.sandbox.port)) as proxy:
        started.environment["PORTONE_BASE_URL"] = f"http://127.0.0.1:{proxy.port}/portone"
        started.portone = proxy
        started.start()
        with started.working():
            yield started
        started.stop()


@pytest.fixture
def till(product: LiveProduct, settings) -> Till:
    """Minji, who is about to pay. The test itself speaks to the sandbox past the proxy."""
    handlers.load()
    point_at(settings, product.sandbox)
    settings.PORTAL_ORIGINS = dict.fromkeys(settings.PORTAL_ORIGINS, product.origin)
    owner = factories.MembershipFactory(advertiser__name="민지네 커피", user__username="minji", user__email="minji@example.com")
    packages = {package.credits: package for package in payments.ensure_packages()}
    return Till(advertiser=owner.advertiser, user=owner.user, buyer=Buyer(product.sandbox), packages=packages, at=timezone.now())


def tab(product: LiveProduct) -> httpx.Client:
    return httpx.Client(base_url=product.origin, timeout=60, trust_env=False)


def returns(browser: httpx.Client, order: PaymentOrder) -> tuple[int, str]:
    """The browser comes back from the pay window: the status, and the heading of the page."""
    page = browser.get(f"/payments/orders/{order.order_id}/complete/")
    return page.status_code, html.fromstring(page.text).findtext(".//h1") or ""


def refreshes(product: LiveProduct, order: PaymentOrder, calm: threading.Event) -> set[tuple[int, str]]:
    """A tab that is refreshed until all is calm; what it showed."""
    seen = set()
    with tab(product) as browser:
        while not calm.is_set():
            seen.add(returns(browser, order))
            calm.wait(1)
    return seen


@pytest.mark.xdist_group("live")
class TestARestartingDatabase:
    def test_ends_no_process_and_loses_nothing(self, product: LiveProduct, postgres: FaultProxy, till: Till) -> None:
        order = till.order()
        assert slow_or_broken(product, user=till.user) == {}

        postgres.refuse(True)
        with connection.cursor() as cursor:  # what a fast shutdown says to every session
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        promise(till.user, "meanwhile")
        till.buyer.pays(order, paid_at=timezone.now())  # the card company's message about it finds the door shut
        gone = time.monotonic()
        assert slow_or_broken(product, ["/healthz"]) == {}
        assert slow_or_broken(product, ["/readyz", "/luckffle/", f"/payments/orders/{order.order_id}/complete/"], status=503) == {}
        time.sleep(max(0.0, gone + AWAY_SECONDS - time.monotonic()))
        postgres.refuse(False)

        assert slow_or_broken(product, user=till.user) == {}
        with tab(product) as browser:
            assert returns(browser, order) == (200, "충전이 끝났어요")
        assert all_done()
        assert {name: process.poll() for name, process in product.processes.items()} == {"web": None, "relay": None}
        assert [(row.state, row.captured_krw) for row in PaymentOrder.objects.all()] == [("PAID", order.amount_krw)]
        assert balances.balance(till.advertiser).available == order.credits + order.bonus_credits
        assert Effect.objects.filter(kind="identity.mail", attempts=1).count() >= 5


@pytest.mark.xdist_group("live")
class TestASilentPaymentCompany:
    def test_delays_nobody_who_does_not_pay_and_loses_no_payment(self, product: LiveProduct, till: Till) -> None:
        order = till.order()
        product.portone.black_hole(True)
        till.buyer.pays(order, paid_at=timezone.now())

        with ThreadPoolExecutor(TABS) as pool:
            calm = threading.Event()
            tabs = [pool.submit(refreshes, product, order, calm) for _ in range(TABS)]
            try:
                assert until(lambda: PaymentOrder.objects.filter(hinted_at__isnull=False).exists())
                assert slow_or_broken(product, ["/healthz", *PAGES], user=till.user) == {}
            finally:
                calm.set()
            seen = {word for tab in tabs for word in tab.result()}
        assert seen == {(200, "결제를 확인하고 있어요")}
        assert not PaymentOrder.objects.credited().exists()

        product.portone.black_hole(False)
        product.portone.reset_all()  # what was swallowed stays lost
        with tab(product) as browser:
            assert returns(browser, order) == (200, "충전이 끝났어요")
        assert all_done()
        assert [(row.state, row.captured_krw) for row in PaymentOrder.objects.all()] == [("PAID", order.amount_krw)]
        assert balances.balance(till.advertiser).available == order.credits + order.bonus_credits
