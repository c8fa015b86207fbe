"""Inbox, console pages, and the control API's own manners."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import Receiver, Shop
from tests.sandbox_process import SandboxProcess


class TestInbox:
    def test_keeps_messages_newest_first(self, shop: Shop) -> None:
        for channel, to in (("SMS", "01000001234"), ("MAIL", "minji@example.com"), ("PUSH", "device-1")):
            shop.sandbox.control("POST", "/inbox", {"channel": channel, "to": to, "subject": "제목", "body": f"본문 {to}"})
        found = shop.sandbox.control("GET", "/inbox")["messages"]
        assert [(message["channel"], message["to"]) for message in found] == [
            ("PUSH", "device-1"),
            ("MAIL", "minji@example.com"),
            ("SMS", "01000001234"),
        ]
        assert [message["to"] for message in shop.sandbox.control("GET", "/inbox", channel="MAIL")["messages"]] == ["minji@example.com"]
        assert shop.sandbox.control("GET", "/inbox", to="nobody") == {"messages": []}

    def test_shows_text_as_text(self, shop: Shop) -> None:
        shop.sandbox.control("POST", "/inbox", {"channel": "MAIL", "to": "<b>", "subject": "<i>", "body": "<script>alert(1)</script>"})
        page = shop.sandbox.request("GET", "/inbox/").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<script>" not in page
        assert "<b>" not in page
        assert "<i>" not in page

    @pytest.mark.parametrize("body", [{}, {"channel": "FAX", "to": "1", "body": "x"}, {"channel": "SMS", "to": "", "body": "x"}])
    def test_refuses_what_is_no_message(self, shop: Shop, body: dict[str, Any]) -> None:
        assert shop.sandbox.request("POST", "/_control/inbox", json=body).status_code == 422
        assert shop.sandbox.control("GET", "/inbox") == {"messages": []}


class TestPages:
    def test_greet_in_korean_when_empty(self, shop: Shop) -> None:
        for path, words in (
            ("/", "아직 결제가 없어요"),
            ("/deliveries/", "아직 보낸 웹훅이 없어요"),
            ("/inbox/", "아직 받은 메시지가 없어요"),
        ):
            answer = shop.sandbox.request("GET", path)
            assert answer.status_code == 200
            assert words in answer.text
            assert '<html lang="ko">' in answer.text

    def test_show_every_state_without_trusting_a_word(self, shop: Shop, receiver: Receiver) -> None:
        shop.pay("<b>1</b>", orderName="<img src=x>")
        shop.settle()
        for path in ("/", "/deliveries/"):
            page = shop.sandbox.request("GET", path).text
            assert "&lt;b&gt;1&lt;/b&gt;" in page
            assert "<img" not in page

    def test_cancel_as_the_console_does(self, shop: Shop, receiver: Receiver) -> None:
        shop.pay("a/b c")
        answer = shop.sandbox.request("POST", "/payments/a%2Fb%20c/cancel", data={"amount": "30,000"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        [made] = shop.book("a/b c")["cancels"]
        assert (made["totalAmount"], made["trigger"], made["reason"]) == (30_000, "CONSOLE", "관리자페이지취소")
        shop.sandbox.request("POST", "/payments/a%2Fb%20c/cancel", data={"amount": ""})
        assert shop.book("a/b c")["status"] == "CANCELLED"
        shop.settle()
        assert sorted(receiver.types)[:2] == ["Transaction.Cancelled", "Transaction.Paid"]

    @pytest.mark.parametrize(
        "amount, notice", [("110001", "refused"), ("0", "amount"), ("-1", "amount"), ("천원", "amount"), ("1.5", "amount")]
    )
    def test_refuse_a_cancel_that_cannot_be(self, shop: Shop, amount: str, notice: str) -> None:
        shop.pay()
        answer = shop.sandbox.request("POST", "/payments/topup_1/cancel", data={"amount": amount})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/?notice={notice}")
        assert shop.book()["cancelled"] == 0
        assert 'role="alert"' in shop.sandbox.request("GET", answer.headers["location"]).text


class TestBook:
    def test_sums_what_was_taken_and_given_back(self, shop: Shop) -> None:
        shop.pay("topup_1")
        shop.pay("topup_2", totalAmount=55_000)
        shop.open("topup_3")
        shop.cancel("topup_1", amount=10_000)
        assert shop.sandbox.control("GET", "/book")["totals"] == {"captured": 165_000, "cancelled": 10_000, "net": 155_000}

    def test_is_empty_after_a_reset(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.reset()
        assert shop.sandbox.control("GET", "/book") == {"payments": [], "totals": {"captured": 0, "cancelled": 0, "net": 0}}
        assert shop.rest("GET", "/payments/topup_1").status_code == 404


class TestControl:
    def test_refuses_a_clock_that_goes_back(self, shop: Shop) -> None:
        assert shop.sandbox.request("POST", "/_control/clock/advance", json={"seconds": -1}).status_code == 422
        assert shop.sandbox.control("GET", "/clock")["offset"] == 0

    @pytest.mark.parametrize(
        "path, body",
        [
            ("/payments/topup_1/approve", {"amonut": 1}),
            ("/next-cancel", {"outcome": "SUCCEEDED"}),
            ("/drift", {"unknown_filed": True}),
            ("/manual-approval", {"channel_key": "nobody", "on": True}),
            ("/webhooks/faults", {"kind": "explode"}),
            ("/payments", {}),
        ],
    )
    def test_refuses_misspelt_scripts(self, shop: Shop, path: str, body: dict[str, Any]) -> None:
        shop.open()
        assert shop.sandbox.request("POST", f"/_control{path}", json=body).status_code == 422
        assert shop.book()["status"] == "READY"

    def test_answers_for_unknown_payments(self, shop: Shop) -> None:
        for action in ("approve", "decline", "close", "deposit", "console-cancel", "dispute", "approve-cancel"):
            assert shop.sandbox.request("POST", f"/_control/payments/nobody/{action}", json={}).status_code == 404

    def test_is_alive(self, shop: Shop) -> None:
        assert shop.sandbox.request("GET", "/healthz").json() == {"status": "ok"}


class TestSettings:
    def test_come_from_the_environment(self, tmp_path: Path) -> None:
        environment = {
            "SANDBOX_API_SECRET": "another",
            "SANDBOX_STORE_ID": "store-x",
            "SANDBOX_CHANNEL_KEY_TEST": "channel-key-x",
            "SANDBOX_MANUAL_APPROVAL": "TEST",
            "SANDBOX_WEBHOOK_URL": "http://127.0.0.1:1/hook",
            "SANDBOX_WEBHOOK_SECRETS": "whsec_YQ==, whsec_Yg==",
        }
        with SandboxProcess(data=tmp_path / "s.sqlite3", environment=environment) as process:
            shop = Shop(process)
            told = shop.pay(storeId="store-x", channelKey="channel-key-x")
            assert told["result"]["paymentToken"]
            assert shop.rest("GET", "/payments/topup_1").status_code == 401
            assert shop.rest("GET", "/payments/topup_1", secret="another").json()["storeId"] == "store-x"
            [delivery] = process.control("GET", "/deliveries")["deliveries"]
            assert delivery["url"] == "http://127.0.0.1:1/hook"
            shop.settle()
            [delivery] = process.control("GET", "/deliveries")["deliveries"]
            assert len(delivery["attempts"][0]["headers"]["webhook-signature"].split(" ")) == 2


class TestDeposits:
    def test_are_made_at_the_console_for_both_companies(self, shop: Shop) -> None:
        shop.open(payMethod="VIRTUAL_ACCOUNT")
        shop.act("topup_1", "approve")
        request = {
            "method": "VIRTUAL_ACCOUNT",
            "amount": {"currency": "KRW", "value": 110_000},
            "orderId": "BO01TOSS0000000000000000001",
            "orderName": "부스트 크레딧 100,000",
            "successUrl": "https://shop.example.com/back",
            "failUrl": "https://shop.example.com/back",
        }
        said = {"client_key": "test_ck_sandbox", "customer_key": "7c0f8a5e-0000-4000-8000-000000000001", "request": request}
        key = shop.sandbox.control("POST", "/toss/payments", said)["payment_key"]
        shop.sandbox.control("POST", f"/toss/payments/{request['orderId']}/agree", {})
        confirmed = {"paymentKey": key, "orderId": request["orderId"], "amount": 110_000}
        header = {"authorization": "Basic dGVzdF9za19zYW5kYm94Og=="}
        assert shop.sandbox.request("POST", "/toss/v1/payments/confirm", json=confirmed, headers=header).status_code == 200

        page = shop.sandbox.request("GET", "/").text
        assert page.count("입금하기") == 2
        assert "토스페이먼츠 결제" in page
        for path, amount in (("/portone-payments/topup_1/deposit", ""), (f"/toss-payments/{request['orderId']}/deposit", "50,000")):
            answer = shop.sandbox.request("POST", path, data={"amount": amount})
            assert (answer.status_code, answer.headers["location"]) == (303, "/")

        assert shop.book()["captured"] == 110_000
        assert shop.sandbox.control("GET", "/toss/book")["totals"]["captured"] == 50_000
        assert "입금하기" not in shop.sandbox.request("GET", "/").text

    def test_of_no_amount_and_into_no_account_are_refused_aloud(self, shop: Shop) -> None:
        shop.open()
        for path, amount, notice in (
            ("/portone-payments/topup_1/deposit", "-5", "amount"),
            ("/portone-payments/topup_1/deposit", "", "refused"),
            ("/toss-payments/nobody/deposit", "", "refused"),
        ):
            answer = shop.sandbox.request("POST", path, data={"amount": amount})
            assert answer.headers["location"] == f"/?notice={notice}"
