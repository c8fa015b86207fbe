"""The browser script and the pay window in a real Chromium, on a page whose content policy allows the sandbox as script and frame only."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, FrameLocator, Page

from tests.sandbox.conftest import LIVE_CHANNEL, TEST_CHANNEL, Receiver, Shop, pay_request
from tests.tools import sideways

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PHONE_AGENT = "Mozilla/5.0 (Linux; Android 15; SM-S931N) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
SCRIPT = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
window.pay = (request) => { window.outcome = PortOne.requestPayment(request).then((result) => ({ result }),
  (error) => ({ thrown: { code: error.code, message: error.message } })); };
"""


@pytest.fixture(scope="module")
def host() -> Iterator[ThreadingHTTPServer]:
    """The merchant's pages; `policy` and `html` are set by each test."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/page.js"
            body = (SCRIPT if is_script else self.server.html).encode()  # type: ignore[attr-defined]
            self.send_response(200)
            self.send_header("content-type", "text/javascript" if is_script else "text/html; charset=utf-8")
            self.send_header("content-security-policy", self.server.policy)  # type: ignore[attr-defined]
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


class Merchant:
    """A page of the merchant in one browser window."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.home()

    @property
    def window(self) -> FrameLocator:
        return self.page.frame_locator('[data-testid="portone-frame"]')

    def home(self) -> None:
        self.page.goto(f"{self.origin}/")

    def pay(self, **changes: Any) -> None:
        self.page.evaluate("request => { window.pay(request) }", pay_request(**changes))

    def outcome(self) -> dict[str, Any]:
        outcome: dict[str, Any] = self.page.evaluate("() => window.outcome")
        assert self.page.evaluate("() => window.violations") == []
        return outcome

    def landed(self) -> dict[str, str]:
        self.page.wait_for_url(f"{self.origin}/done**")
        return {name: values[0] for name, values in parse_qs(urlsplit(self.page.url).query).items()}


@pytest.fixture
def origin(host: ThreadingHTTPServer, shop: Shop) -> str:
    sandbox = shop.sandbox.base_url
    host.policy = f"default-src 'none'; script-src 'self' {sandbox}; frame-src {sandbox}"  # type: ignore[attr-defined]
    host.html = (  # type: ignore[attr-defined]
        f'<!doctype html><html lang="ko"><head><meta charset="utf-8"><script src="{sandbox}/portone/browser-sdk.js"></script></head>'
        '<body><h1>충전</h1><script src="/page.js"></script></body></html>'
    )
    return f"http://127.0.0.1:{host.server_port}"


@pytest.fixture
def desktop(browser: Browser, origin: str) -> Iterator[Merchant]:
    page = browser.new_page(viewport=DESKTOP)
    yield Merchant(page, origin)
    page.close()


@pytest.fixture
def phone(browser: Browser, origin: str) -> Iterator[Merchant]:
    page = browser.new_page(viewport=PHONE, user_agent=PHONE_AGENT, is_mobile=True, has_touch=True, device_scale_factor=2)
    yield Merchant(page, origin)
    page.close()


class TestOverlay:
    def test_pays_and_resolves(self, shop: Shop, desktop: Merchant, receiver: Receiver) -> None:
        desktop.pay(customData={"a": 1})
        assert desktop.window.get_by_test_id("pay-amount").inner_text() == "110,000원"
        assert desktop.window.get_by_test_id("pay-order-name").inner_text() == "광고 크레딧 충전"
        desktop.window.get_by_text("현대카드").click()
        desktop.window.get_by_label("할부").select_option("3")
        desktop.window.get_by_test_id("pay-approve").click()
        result = desktop.outcome()["result"]
        paid = shop.sdk.get_payment(payment_id="topup_1")
        assert result == {"transactionType": "PAYMENT", "txId": paid.transaction_id, "paymentId": "topup_1"}
        assert (paid.method.card.issuer, paid.method.installment.month) == ("HYUNDAI_CARD", 3)
        assert (paid.origin.platform_type, paid.origin.url) == ("PC", f"{desktop.origin}/")
        assert "Chrome" in paid.origin.user_agent
        assert desktop.page.locator("iframe").count() == 0
        shop.settle()
        assert sorted(receiver.types) == ["Transaction.Paid", "Transaction.Ready"]

    def test_is_declined_and_stays_payable(self, shop: Shop, desktop: Merchant) -> None:
        desktop.pay()
        desktop.window.get_by_test_id("pay-decline").click()
        result = desktop.outcome()["result"]
        assert (result["code"], result["pgCode"], result["pgMessage"]) == ("FAILURE_TYPE_PG", "1195", "한도초과")
        assert shop.book()["status"] == "FAILED"
        desktop.pay()
        desktop.window.get_by_test_id("pay-approve").click()
        assert "code" not in desktop.outcome()["result"]
        assert shop.book()["captured"] == 110_000

    def test_is_closed_without_paying(self, shop: Shop, desktop: Merchant) -> None:
        desktop.pay()
        desktop.window.get_by_test_id("pay-close").click()
        assert desktop.outcome()["result"]["code"] == "FAILURE_TYPE_PG"
        assert (shop.book()["status"], shop.book()["captured"]) == ("READY", 0)

    def test_stays_ready_when_the_whole_browser_goes_away(self, shop: Shop, desktop: Merchant) -> None:
        desktop.pay()
        desktop.window.get_by_test_id("pay-approve").wait_for()
        desktop.page.goto("about:blank")
        assert shop.book()["status"] == "READY"

    def test_resolves_on_a_desktop_even_with_a_redirect_address(self, shop: Shop, desktop: Merchant) -> None:
        desktop.pay(redirectUrl=f"{desktop.origin}/done")
        desktop.window.get_by_test_id("pay-approve").click()
        assert desktop.outcome()["result"]["paymentId"] == "topup_1"
        assert desktop.page.url == f"{desktop.origin}/"

    def test_carries_a_token_under_manual_approval(self, shop: Shop, desktop: Merchant) -> None:
        shop.sandbox.control("POST", "/manual-approval", {"channel_key": TEST_CHANNEL, "on": True})
        desktop.pay()
        desktop.window.get_by_test_id("pay-approve").click()
        token = desktop.outcome()["result"]["paymentToken"]
        assert shop.book()["captured"] == 0
        shop.sdk.confirm_payment(payment_id="topup_1", payment_token=token, total_amount=110_000)
        assert shop.book()["captured"] == 110_000

    def test_shows_why_inicis_refuses(self, shop: Shop, desktop: Merchant) -> None:
        desktop.pay(customer={"fullName": "김민지", "phoneNumber": "01000001234", "email": "ad-team@corp.co.kr"})
        assert "이메일" in desktop.window.get_by_test_id("pay-error").inner_text()
        desktop.window.get_by_test_id("pay-return").click()
        assert desktop.outcome()["result"]["code"] == "FAILURE_TYPE_PG"
        assert shop.book()["status"] == "FAILED"

    def test_lets_a_second_window_of_a_paid_order_take_nothing(self, shop: Shop, desktop: Merchant, browser: Browser) -> None:
        other = Merchant(browser.new_page(viewport=DESKTOP), desktop.origin)
        for tab in (desktop, other):
            tab.pay()
            tab.window.get_by_test_id("pay-approve").wait_for()
        desktop.window.get_by_test_id("pay-approve").click()
        assert "code" not in desktop.outcome()["result"]
        other.window.get_by_test_id("pay-approve").click()
        assert other.outcome()["result"]["code"] == "PaymentAlreadyPaid"
        assert shop.book()["captured"] == 110_000
        other.page.close()

    def test_takes_a_forged_amount_currency_and_channel(self, shop: Shop, desktop: Merchant) -> None:
        desktop.pay(totalAmount=1_000, channelKey=LIVE_CHANNEL, currency="USD")
        assert desktop.window.get_by_test_id("pay-amount").inner_text() == "10.00 USD"
        desktop.window.get_by_test_id("pay-approve").click()
        assert "code" not in desktop.outcome()["result"]
        paid = shop.sdk.get_payment(payment_id="topup_1")
        assert (paid.amount.total, paid.currency, paid.channel.type) == (1_000, "USD", "LIVE")


class TestThrown:
    @pytest.mark.parametrize(
        "changes, code",
        [
            ({"totalAmount": "110000"}, "BadRequest"),
            ({"storeId": "store-of-eve"}, "StoreNotFound"),
            ({"channelKey": "channel-key-of-eve"}, "ChannelNotFound"),
        ],
    )
    def test_before_the_window_opens(self, shop: Shop, desktop: Merchant, changes: dict[str, Any], code: str) -> None:
        desktop.pay(**changes)
        assert desktop.outcome()["thrown"]["code"] == code
        assert desktop.page.locator("iframe").count() == 0
        assert shop.sandbox.control("GET", "/book")["payments"] == []

    def test_for_a_paid_order_even_when_a_redirect_is_forced(self, shop: Shop, desktop: Merchant) -> None:
        shop.pay()
        desktop.pay(redirectUrl=f"{desktop.origin}/done", forceRedirect=True)
        assert desktop.outcome()["thrown"]["code"] == "PaymentAlreadyPaid"
        assert desktop.page.url == f"{desktop.origin}/"

    def test_when_the_pg_is_down(self, shop: Shop, desktop: Merchant) -> None:
        shop.sandbox.control(
            "POST", "/faults", {"service": "portone-browser", "kind": "error", "status": 503, "html": True, "path": "/checkout"}
        )
        desktop.pay()
        assert desktop.outcome()["thrown"]["code"] == "Unavailable"

    def test_without_a_redirect_address_on_a_phone(self, shop: Shop, phone: Merchant) -> None:
        phone.pay()
        assert phone.outcome()["thrown"]["code"] == "BadRequest"


class TestRedirect:
    def test_comes_back_paid_on_a_phone(self, shop: Shop, phone: Merchant) -> None:
        phone.pay(redirectUrl=f"{phone.origin}/done?order=%EC%A3%BC%EB%AC%B8&x=")
        phone.page.get_by_test_id("pay-approve").wait_for()
        assert sideways(phone.page) == []
        phone.page.get_by_test_id("pay-approve").tap()
        landed = phone.landed()
        paid = shop.sdk.get_payment(payment_id="topup_1")
        assert landed == {"order": "주문", "transactionType": "PAYMENT", "txId": paid.transaction_id, "paymentId": "topup_1"}
        assert "&x=&" in phone.page.url
        assert paid.origin.platform_type == "MOBILE"

    def test_comes_back_declined_on_a_phone(self, shop: Shop, phone: Merchant) -> None:
        phone.pay(redirectUrl=f"{phone.origin}/done")
        phone.page.get_by_test_id("pay-decline").tap()
        landed = phone.landed()
        assert (landed["code"], landed["pgCode"], landed["pgMessage"]) == ("FAILURE_TYPE_PG", "1195", "한도초과")
        assert shop.book()["status"] == "FAILED"

    def test_comes_back_closed_on_a_phone(self, shop: Shop, phone: Merchant) -> None:
        phone.pay(redirectUrl=f"{phone.origin}/done")
        phone.page.get_by_test_id("pay-close").tap()
        assert phone.landed()["code"] == "FAILURE_TYPE_PG"
        assert shop.book()["status"] == "READY"

    def test_comes_back_refused_by_inicis_on_a_phone(self, shop: Shop, phone: Merchant) -> None:
        phone.pay(paymentId="p" * 41, redirectUrl=f"{phone.origin}/done")
        phone.page.get_by_test_id("pay-return").tap()
        assert phone.landed()["code"] == "FAILURE_TYPE_PG"

    def test_is_forced_on_a_desktop(self, shop: Shop, desktop: Merchant) -> None:
        desktop.pay(redirectUrl=f"{desktop.origin}/done", forceRedirect=True)
        desktop.page.get_by_test_id("pay-approve").click()
        assert desktop.landed()["paymentId"] == "topup_1"
        assert shop.book()["captured"] == 110_000

    def test_pays_once_when_the_buyer_goes_back_and_presses_again(self, shop: Shop, desktop: Merchant) -> None:
        desktop.pay(redirectUrl=f"{desktop.origin}/done", forceRedirect=True)
        desktop.page.get_by_test_id("pay-approve").click()
        first = desktop.landed()
        desktop.page.go_back()
        desktop.page.reload()
        desktop.page.get_by_test_id("pay-return").click()
        assert desktop.landed() == first
        assert shop.book()["captured"] == 110_000


class TestWindow:
    def test_shows_names_as_text(self, shop: Shop, desktop: Merchant) -> None:
        desktop.pay(orderName='<img src=x onerror="1">')
        assert desktop.window.get_by_test_id("pay-order-name").inner_text() == '<img src=x onerror="1">'

    def test_hands_a_hostile_message_over_as_data(self, shop: Shop, desktop: Merchant) -> None:
        hostile = "</script><script>parent.postMessage(1,'*')</script>"
        desktop.pay()
        desktop.window.get_by_test_id("pay-approve").wait_for()
        shop.act("topup_1", "decline", pg_message=hostile)
        desktop.window.get_by_test_id("pay-approve").click()
        result = desktop.outcome()["result"]
        assert result["code"] == "InvalidEntityState"
        page = shop.sandbox.request("POST", f"/portone/browser/window/{result['txId']}/close").text
        assert "</script><script>parent" not in page
        assert json.loads(page.split('type="application/json"')[1].split(">", 1)[1].split("</script>")[0])["pgMessage"] == hostile

    def test_is_nowhere_for_unknown_attempts(self, shop: Shop) -> None:
        for method, path in (("GET", "window/nobody"), ("POST", "window/nobody/approve"), ("GET", "receipts/nobody")):
            assert shop.sandbox.request(method, f"/portone/browser/{path}").status_code == 404
