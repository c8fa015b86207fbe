"""Toss's REST API as documented: who may call, what a confirm and a cancel refuse, keys that remember everything, deadlines, webhooks."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from tests.sandbox_process import SandboxProcess

# From the fact sheet of the API: the colon after the key is required.
HEADER = "Basic dGVzdF9za19zYW5kYm94Og=="
ORDER = "BO01TOSS0000000000000000001"


class TossShop:
    """The receiver as Toss knows him: opens windows, confirms, cancels, asks."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {"authorization": HEADER} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.sandbox.request(method, f"/toss{path}", json=body, headers=named)

    def opens(self, order: str = ORDER, *, method: str = "CARD", amount: int = 110_000, **changes: Any) -> str:
        request = {
            "method": method,
            "amount": {"currency": "KRW", "value": amount},
            "orderId": order,
            "orderName": "부스트 크레딧 100,000",
            "successUrl": "https://shop.example.com/back?a=1",
            "failUrl": "https://shop.example.com/back",
            **changes,
        }
        said = {"client_key": "test_ck_sandbox", "customer_key": "7c0f8a5e-0000-4000-8000-000000000001", "request": request}
        return str(self.sandbox.control("POST", "/toss/payments", said)["payment_key"])

    def agrees(self, order: str = ORDER, **wish: Any) -> str:
        return str(self.sandbox.control("POST", f"/toss/payments/{order}/agree", wish)["payment_key"])

    def confirms(self, payment_key: str, order: str = ORDER, amount: int = 110_000, **headers: str) -> httpx.Response:
        return self.call("POST", "/v1/payments/confirm", {"paymentKey": payment_key, "orderId": order, "amount": amount}, **headers)

    def paid(self, order: str = ORDER, **options: Any) -> str:
        self.opens(order, **options)
        key = self.agrees(order)
        assert self.confirms(key, order).status_code == 200
        return key

    def cancels(self, payment_key: str, *, key: str = "", **body: Any) -> httpx.Response:
        headers = {"idempotency_key": key} if key else {}
        return self.call("POST", f"/v1/payments/{payment_key}/cancel", {"cancelReason": "고객 요청", **body}, **headers)


@pytest.fixture
def toss(shop: Any) -> TossShop:
    return TossShop(shop.sandbox)


def refused(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, str(response.json()["code"])


class TestAccess:
    @pytest.mark.parametrize(
        ("header", "answer"),
        [
            ("", (401, "UNAUTHORIZED_KEY")),
            ("Bearer test_sk_sandbox", (401, "UNAUTHORIZED_KEY")),
            ("Basic " + base64.b64encode(b"test_sk_other:").decode(), (401, "UNAUTHORIZED_KEY")),
            ("Basic " + base64.b64encode(b"test_sk_sandbox").decode(), (403, "INCORRECT_BASIC_AUTH_FORMAT")),
            ("Basic !!!", (403, "INCORRECT_BASIC_AUTH_FORMAT")),
        ],
    )
    def test_takes_the_secret_key_with_its_colon_only(self, toss, header, answer):
        assert refused(toss.call("GET", f"/v1/payments/orders/{ORDER}", authorization=header)) == answer

    def test_answers_with_any_error_that_the_test_header_names_before_it_looks_at_anything(self, toss):
        found = toss.confirms("no-such-key", tosspayments_test_code="REJECT_CARD_PAYMENT")

        assert refused(found) == (403, "REJECT_CARD_PAYMENT")


class TestConfirm:
    def test_captures_what_the_window_was_about_and_shows_it_with_its_tax(self, toss):
        toss.opens()
        key = toss.agrees()
        assert toss.call("GET", f"/v1/payments/{key}").json()["status"] == "IN_PROGRESS"

        said = toss.confirms(key).json()

        assert (said["status"], said["method"], said["totalAmount"], said["balanceAmount"]) == ("DONE", "카드", 110_000, 110_000)
        assert (said["suppliedAmount"], said["vat"], said["mId"], said["type"], said["version"]) == (
            100_000, 10_000, "tboost", "NORMAL", "2022-11-16",
        )  # fmt: skip
        assert said["approvedAt"].endswith("+09:00")

    @pytest.mark.parametrize(("amount", "supply", "vat"), [(15_000, 13_636, 1_364), (30_000, 27_273, 2_727), (37_400, 34_000, 3_400)])
    def test_rounds_the_tax_as_real_payments_do(self, toss, amount, supply, vat):
        toss.opens(amount=amount)
        said = toss.confirms(toss.agrees(), amount=amount).json()

        assert (said["suppliedAmount"], said["vat"]) == (supply, vat)

    def test_refuses_another_amount_another_order_and_a_second_time(self, toss):
        toss.opens()
        key = toss.agrees()

        assert refused(toss.confirms(key, amount=1_000)) == (403, "FORBIDDEN_REQUEST")
        assert refused(toss.confirms(key, order="BO01TOSS0000000000000000009")) == (403, "FORBIDDEN_REQUEST")
        assert toss.confirms(key).status_code == 200
        assert refused(toss.confirms(key)) == (400, "ALREADY_PROCESSED_PAYMENT")
        assert refused(toss.confirms("nobody-knows-this")) == (404, "NOT_FOUND_PAYMENT")

    def test_refuses_a_confirm_after_ten_minutes_for_good(self, toss):
        toss.opens()
        key = toss.agrees()
        toss.sandbox.control("POST", "/clock/advance", {"seconds": 599})
        toss.opens("BO01TOSS0000000000000000002")
        other = toss.agrees("BO01TOSS0000000000000000002")
        toss.sandbox.control("POST", "/clock/advance", {"seconds": 1})

        assert refused(toss.confirms(key)) == (404, "NOT_FOUND_PAYMENT_SESSION")
        assert toss.call("GET", f"/v1/payments/{key}").json()["status"] == "EXPIRED"
        assert toss.confirms(other, "BO01TOSS0000000000000000002").status_code == 200

    def test_closes_a_window_nobody_used_after_thirty_minutes(self, toss):
        toss.opens()
        toss.sandbox.control("POST", "/clock/advance", {"seconds": 1_800})

        assert toss.call("GET", f"/v1/payments/orders/{ORDER}").json()["status"] == "EXPIRED"

    def test_ends_a_payment_that_the_card_company_refuses_and_lets_the_order_be_tried_again(self, toss):
        toss.opens()
        toss.sandbox.control("POST", "/toss/next-confirm", {"code": "REJECT_CARD_PAYMENT"})
        key = toss.agrees()

        assert refused(toss.confirms(key)) == (403, "REJECT_CARD_PAYMENT")
        assert toss.call("GET", f"/v1/payments/{key}").json()["failure"]["code"] == "REJECT_CARD_PAYMENT"
        assert toss.paid()
        assert toss.call("GET", f"/v1/payments/orders/{ORDER}").json()["status"] == "DONE"


class TestKeys:
    def test_replay_the_same_bytes_also_for_another_body_and_also_for_a_refusal(self, toss):
        key = toss.paid()

        first = toss.cancels(key, key="refund-1", cancelAmount=33_000)
        assert toss.cancels(key, key="refund-1", cancelAmount=50_000).content == first.content
        wrong = toss.cancels(key, key="refund-2", cancelAmount=500_000)
        assert refused(wrong) == (403, "NOT_CANCELABLE_AMOUNT")
        assert toss.cancels(key, key="refund-2", cancelAmount=10_000).content == wrong.content
        assert toss.call("GET", f"/v1/payments/{key}").json()["balanceAmount"] == 77_000

    def test_are_forgotten_after_fifteen_days_and_never_longer_than_three_hundred_letters(self, toss):
        key = toss.paid()
        toss.cancels(key, key="refund-1", cancelAmount=10_000)
        toss.sandbox.control("POST", "/clock/advance", {"seconds": 15 * 24 * 3_600 + 1})

        assert toss.cancels(key, key="refund-1", cancelAmount=10_000).json()["balanceAmount"] == 90_000
        assert refused(toss.cancels(key, key="k" * 301, cancelAmount=1)) == (400, "INVALID_IDEMPOTENCY_KEY")


class TestCancel:
    def test_stays_partial_when_parts_reached_everything(self, toss):
        key = toss.paid()
        toss.cancels(key, cancelAmount=30_000)
        said = toss.cancels(key).json()

        assert (said["status"], said["balanceAmount"]) == ("PARTIAL_CANCELED", 0)
        assert [(cancel["cancelAmount"], cancel["refundableAmount"]) for cancel in said["cancels"]] == [(30_000, 80_000), (80_000, 0)]
        assert refused(toss.cancels(key)) == (403, "NOT_CANCELABLE_AMOUNT")

    def test_of_everything_at_once_is_canceled_and_refused_when_repeated(self, toss):
        key = toss.paid()

        assert toss.cancels(key).json()["status"] == "CANCELED"
        assert refused(toss.cancels(key)) == (400, "ALREADY_CANCELED_PAYMENT")

    def test_is_refused_for_a_wrong_belief_and_before_money_came(self, toss):
        key = toss.paid()
        waiting = toss.opens("BO01TOSS0000000000000000003")

        assert refused(toss.cancels(key, cancelAmount=1, refundableAmount=1)) == (400, "NOT_MATCHES_REFUNDABLE_AMOUNT")
        assert refused(toss.cancels(waiting)) == (403, "NOT_CANCELABLE_PAYMENT")


class TestVirtualAccounts:
    def issued(self, toss: TossShop) -> str:
        toss.opens(method="VIRTUAL_ACCOUNT", virtualAccount={"dueDate": "2030-01-02T23:59:59"})
        key = toss.agrees()
        said = toss.confirms(key).json()
        assert (said["status"], said["approvedAt"], said["virtualAccount"]["dueDate"]) == (
            "WAITING_FOR_DEPOSIT", None, "2030-01-02T23:59:59+09:00",
        )  # fmt: skip
        assert said["virtualAccount"]["accountNumber"].startswith("X")
        return key

    def test_take_money_once_it_is_paid_in(self, toss):
        key = self.issued(toss)
        toss.sandbox.control("POST", f"/toss/payments/{ORDER}/deposit", {})

        assert toss.call("GET", f"/v1/payments/{key}").json()["status"] == "DONE"

    def test_give_back_to_an_account_only_and_whole_before_a_deposit(self, toss):
        key = self.issued(toss)
        assert refused(toss.cancels(key, cancelAmount=1)) == (403, "NOT_ALLOWED_PARTIAL_REFUND_WAITING_DEPOSIT")
        toss.sandbox.control("POST", f"/toss/payments/{ORDER}/deposit", {})

        assert refused(toss.cancels(key)) == (400, "INVALID_REFUND_ACCOUNT_INFO")
        back = {"bank": "88", "accountNumber": "110123456789", "holderName": "김민지"}
        assert toss.cancels(key, refundReceiveAccount=back).json()["virtualAccount"]["refundReceiveAccount"]["bank"] == "88"

    def test_closed_before_a_deposit_are_canceled_and_took_no_money(self, toss):
        key = self.issued(toss)
        said = toss.cancels(key).json()

        assert (said["status"], said["approvedAt"]) == ("CANCELED", None)
        assert toss.sandbox.control("GET", "/toss/book")["totals"] == {"captured": 0, "cancelled": 0, "net": 0}

    def test_may_lose_their_deposit_again(self, toss):
        key = self.issued(toss)
        toss.sandbox.control("POST", f"/toss/payments/{ORDER}/deposit", {})
        toss.sandbox.control("POST", f"/toss/payments/{ORDER}/reverse-deposit", {})

        assert toss.call("GET", f"/v1/payments/{key}").json()["status"] == "WAITING_FOR_DEPOSIT"


class TestLists:
    def test_of_transactions_walk_page_by_page_over_money_that_moved(self, toss):
        keys = [toss.paid(f"BO01TOSS000000000000000010{number}") for number in range(3)]
        toss.cancels(keys[0], cancelAmount=11_000)
        toss.opens()
        dates = "startDate=2020-01-01T00:00:00&endDate=2100-01-01T00:00:00"

        first = toss.call("GET", f"/v1/transactions?{dates}&limit=3").json()
        rest = toss.call("GET", f"/v1/transactions?{dates}&limit=3&startingAfter={first[-1]['transactionKey']}").json()

        assert sorted(row["amount"] for row in first + rest) == [-11_000, 110_000, 110_000, 110_000]
        assert len({row["transactionKey"] for row in first + rest}) == 4

    def test_of_settlements_name_the_fee_and_what_is_paid_out(self, toss):
        key = toss.paid()
        toss.cancels(key, cancelAmount=11_000)

        came, went = toss.call("GET", "/v1/settlements?startDate=2020-01-01&endDate=2100-01-01").json()

        assert (came["amount"], came["supplyAmount"], came["vat"], came["fee"], came["payOutAmount"]) == (
            110_000,
            3_190,
            319,
            3_509,
            106_491,
        )
        assert (went["amount"], went["fee"], went["payOutAmount"]) == (-11_000, -350, -10_650)


class TestWebhooks:
    def told(self, toss: TossShop, shop: Any) -> list[Any]:
        toss.sandbox.control("POST", "/toss/webhooks/settle", {"timeout_seconds": 60})
        return [json.loads(received["body"]) for received in shop.received]

    def test_carry_the_whole_payment_a_name_for_repeats_and_no_signature(self, toss, receiver):
        toss.sandbox.control("POST", "/toss/webhooks/config", {"url": receiver.url})
        key = toss.paid()
        [said] = self.told(toss, receiver)

        assert (said["eventType"], said["data"]["paymentKey"], said["data"]["status"]) == ("PAYMENT_STATUS_CHANGED", key, "DONE")
        names = {name.lower() for name in receiver.received[0]["headers"]}
        assert {"tosspayments-webhook-transmission-id", "tosspayments-webhook-transmission-time"} <= names
        assert not any("signature" in name for name in names)

    def test_of_a_deposit_come_twice_once_flat_with_the_secret_of_the_payment(self, toss, receiver):
        toss.sandbox.control("POST", "/toss/webhooks/config", {"url": receiver.url})
        toss.opens(method="VIRTUAL_ACCOUNT")
        key = toss.agrees()
        secret = toss.confirms(key).json()["secret"]
        toss.sandbox.control("POST", f"/toss/payments/{ORDER}/deposit", {})

        flat, whole = sorted(self.told(toss, receiver), key=lambda said: "eventType" in said)

        assert (set(flat), flat["secret"], flat["orderId"]) == (
            {"createdAt", "secret", "status", "transactionKey", "orderId"},
            secret,
            ORDER,
        )
        assert whole["data"]["status"] == "DONE"
