"""Every status of a payment, read by the official client."""

from __future__ import annotations

import json
from typing import Any

import pytest
from portone_server_sdk import errors
from portone_server_sdk import payment as sdk

from tests.sandbox.conftest import LIVE_CHANNEL, STORE, TEST_CHANNEL, Shop


class TestGetPayment:
    def test_knows_nothing_before_a_window_opens(self, shop: Shop) -> None:
        shop.sdk.pre_register_payment(payment_id="topup_1", total_amount=110_000, currency="KRW")
        with pytest.raises(errors.PaymentNotFoundError):
            shop.sdk.get_payment(payment_id="topup_1")

    def test_is_ready_while_the_window_is_open_and_after_it_was_left(self, shop: Shop) -> None:
        told = shop.open()
        found = shop.sdk.get_payment(payment_id="topup_1")
        assert isinstance(found, sdk.ReadyPayment)
        assert (found.id, found.transaction_id, found.store_id, found.version) == ("topup_1", told["transaction_id"], STORE, "V2")
        assert (found.amount.total, found.amount.vat, found.amount.supply, found.amount.paid) == (110_000, 10_000, 100_000, 0)
        left = shop.act("topup_1", "close")
        assert left["result"]["code"] == "FAILURE_TYPE_PG"
        assert shop.sdk.get_payment(payment_id="topup_1") == found

    def test_is_paid_after_approval(self, shop: Shop) -> None:
        told = shop.pay(customData={"topupId": "01J", "한글": True})
        found = shop.sdk.get_payment(payment_id="topup_1")
        assert isinstance(found, sdk.PaidPayment)
        assert (found.amount.total, found.amount.paid, found.amount.cancelled, found.currency) == (110_000, 110_000, 0, "KRW")
        assert (found.channel.type, found.channel.key, found.channel.pg_provider) == ("TEST", TEST_CHANNEL, "INICIS_V2")
        assert found.channel.pg_merchant_id == "INIpayTest"
        assert found.method is not None
        assert found.method.card.issuer == "SHINHAN_CARD"
        assert found.disputes == []
        assert json.loads(found.custom_data) == {"topupId": "01J", "한글": True}
        assert found.customer.name == "김민지"
        assert told["result"] == {"transactionType": "PAYMENT", "txId": told["transaction_id"], "paymentId": "topup_1"}
        slip = shop.sandbox.request("GET", found.receipt_url)
        assert slip.status_code == 200
        assert "110,000" in slip.text

    def test_is_failed_after_a_decline_and_may_be_tried_again(self, shop: Shop) -> None:
        first = shop.open()
        declined = shop.act("topup_1", "decline")
        assert (declined["result"]["code"], declined["result"]["pgCode"], declined["result"]["pgMessage"]) == (
            "FAILURE_TYPE_PG",
            "1195",
            "한도초과",
        )
        found = shop.sdk.get_payment(payment_id="topup_1")
        assert isinstance(found, sdk.FailedPayment)
        assert (found.failure.reason, found.failure.pg_code) == ("한도초과", "1195")
        second = shop.pay()
        assert second["transaction_id"] != first["transaction_id"]
        assert isinstance(shop.sdk.get_payment(payment_id="topup_1"), sdk.PaidPayment)
        items = shop.sdk.get_payment_transactions(payment_id="topup_1").items
        assert [(type(item).__name__, item.id, item.payment_id) for item in items] == [
            ("FailedPaymentTransaction", first["transaction_id"], "topup_1"),
            ("PaidPaymentTransaction", second["transaction_id"], "topup_1"),
        ]

    def test_stays_paid_when_an_older_window_is_declined_late(self, shop: Shop) -> None:
        older = shop.open()
        shop.pay()
        shop.act("topup_1", "decline", transaction_id=older["transaction_id"])
        assert isinstance(shop.sdk.get_payment(payment_id="topup_1"), sdk.PaidPayment)

    def test_is_never_paid_twice(self, shop: Shop) -> None:
        older = shop.open()
        shop.pay()
        answer = shop.sandbox.request("POST", "/_control/payments/topup_1/approve", json={"transaction_id": older["transaction_id"]})
        assert (answer.status_code, answer.json()["code"]) == (409, "PaymentAlreadyPaid")
        assert shop.book()["captured"] == 110_000

    def test_pays_once_when_the_same_window_is_approved_twice(self, shop: Shop) -> None:
        first = shop.pay()
        assert shop.act("topup_1", "approve") == first
        assert shop.book()["captured"] == 110_000

    def test_is_pending_until_the_pg_decides(self, shop: Shop) -> None:
        shop.open()
        shop.act("topup_1", "pend")
        assert isinstance(shop.sdk.get_payment(payment_id="topup_1"), sdk.PayPendingPayment)
        shop.act("topup_1", "approve")
        assert isinstance(shop.sdk.get_payment(payment_id="topup_1"), sdk.PaidPayment)

    def test_waits_for_money_on_an_issued_account(self, shop: Shop) -> None:
        shop.pay(payMethod="VIRTUAL_ACCOUNT")
        found = shop.sdk.get_payment(payment_id="topup_1")
        assert isinstance(found, sdk.VirtualAccountIssuedPayment)
        assert found.method.bank == "SHINHAN"
        assert shop.book()["captured"] == 0
        shop.act("topup_1", "deposit")
        paid = shop.sdk.get_payment(payment_id="topup_1")
        assert isinstance(paid, sdk.PaidPayment)
        assert (paid.transaction_id, paid.method.account_number) == (found.transaction_id, found.method.account_number)

    def test_closes_an_issued_account(self, shop: Shop) -> None:
        shop.pay(payMethod="VIRTUAL_ACCOUNT")
        assert shop.sdk.close_virtual_account(payment_id="topup_1").closed_at.endswith("Z")
        assert isinstance(shop.sdk.get_payment(payment_id="topup_1"), sdk.FailedPayment)

    def test_shows_partly_and_wholly_cancelled(self, shop: Shop) -> None:
        shop.pay()
        shop.sdk.cancel_payment(payment_id="topup_1", reason="고객 요청", amount=30_000)
        part = shop.sdk.get_payment(payment_id="topup_1")
        assert isinstance(part, sdk.PartialCancelledPayment)
        assert (part.amount.total, part.amount.cancelled) == (110_000, 30_000)
        shop.act("topup_1", "console-cancel")
        whole = shop.sdk.get_payment(payment_id="topup_1")
        assert isinstance(whole, sdk.CancelledPayment)
        assert [(c.total_amount, c.vat_amount, c.trigger, c.reason) for c in whole.cancellations] == [
            (30_000, 2_727, "API", "고객 요청"),
            (80_000, 7_273, "CONSOLE", "관리자페이지취소"),
        ]

    def test_shows_disputes(self, shop: Shop) -> None:
        shop.pay()
        shop.act("topup_1", "dispute", reason="모르는 결제")
        [dispute] = shop.sdk.get_payment(payment_id="topup_1").disputes
        assert (dispute.status, dispute.reason) == ("UNRESOLVED", "모르는 결제")
        shop.act("topup_1", "resolve-dispute")
        [dispute] = shop.sdk.get_payment(payment_id="topup_1").disputes
        assert dispute.status == "RESOLVED"

    def test_leaves_absent_values_out(self, shop: Shop) -> None:
        shop.open()
        shown = shop.rest("GET", "/payments/topup_1").json()
        assert None not in shown.values()
        assert {"method", "customData", "pgTxId", "paidAt", "cancellations", "disputes", "failure"} & shown.keys() == set()
        assert shown["requestedAt"].endswith("Z")

    def test_cuts_a_long_order_name_as_inicis_does(self, shop: Shop) -> None:
        shop.open(orderName="광고 크레딧 충전 그리고 보너스 크레딧")
        name = shop.sdk.get_payment(payment_id="topup_1").order_name
        assert name == "광고 크레딧 충전 그리고 보..."
        assert len(name.encode()) <= 40

    def test_reads_ids_that_need_encoding(self, shop: Shop) -> None:
        shop.open("a/b c%")
        assert shop.sdk.get_payment(payment_id="a/b c%").id == "a/b c%"


class TestForging:
    @pytest.mark.parametrize(
        "forged, path, value",
        [
            ({"amount": 1_000}, ("amount", "total"), 1_000),
            ({"currency": "USD"}, ("currency",), "USD"),
            ({"store_id": "store-of-eve"}, ("store_id",), "store-of-eve"),
            ({"channel_key": "channel-key-of-eve"}, ("channel", "key"), "channel-key-of-eve"),
            ({"channel_type": "LIVE"}, ("channel", "type"), "LIVE"),
            ({"discount": 5_000}, ("amount", "paid"), 105_000),
            ({"paid_at": "2026-01-01T00:00:00Z"}, ("paid_at",), "2026-01-01T00:00:00Z"),
        ],
    )
    def test_pays_otherwise_than_asked(self, shop: Shop, forged: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
        shop.pay(forged=forged)
        found: Any = shop.sdk.get_payment(payment_id="topup_1")
        assert isinstance(found, sdk.PaidPayment)
        for name in path:
            found = getattr(found, name)
        assert found == value

    def test_can_wait_for_the_next_approval_and_is_used_once(self, shop: Shop) -> None:
        shop.sandbox.control("POST", "/next-approval", {"amount": 1_000})
        shop.pay("topup_1")
        shop.pay("topup_2")
        assert [shop.book(name)["captured"] for name in ("topup_1", "topup_2")] == [1_000, 110_000]

    def test_accepts_whatever_amount_and_channel_the_browser_names(self, shop: Shop) -> None:
        shop.pay(totalAmount=1_000, channelKey=LIVE_CHANNEL)
        found = shop.sdk.get_payment(payment_id="topup_1")
        assert (found.amount.total, found.channel.type, found.channel.pg_merchant_id) == (1_000, "LIVE", "MOIsandbox")

    @pytest.mark.parametrize("value", [True, 110_000.0, "110000", None])
    def test_lays_any_value_over_the_answer(self, shop: Shop, value: Any) -> None:
        shop.pay()
        shop.act("topup_1", "overlay", **{"amount.total": value})
        shown = shop.rest("GET", "/payments/topup_1").json()["amount"]["total"]
        assert (shown, type(shown)) == (value, type(value))
        assert shop.book()["captured"] == 110_000
        shop.act("topup_1", "overlay")
        assert shop.rest("GET", "/payments/topup_1").json()["amount"]["total"] == 110_000


class TestDrift:
    def test_adds_fields_and_enum_values_that_the_official_client_survives(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/drift", {"unknown_field": True, "unknown_enum": True})
        shown = shop.rest("GET", "/payments/topup_1").json()
        assert shown["somethingNew"] == {"value": 1}
        found = shop.sdk.get_payment(payment_id="topup_1")
        assert (found.amount.total, found.method.card.brand) == (110_000, "SOMETHING_NEW")

    @pytest.mark.parametrize("switch", ["unknown_status", "unknown_method"])
    def test_adds_kinds_on_which_the_official_client_breaks(self, shop: Shop, switch: str) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/drift", {switch: True})
        with pytest.raises(ValueError):
            shop.sdk.get_payment(payment_id="topup_1")
        shop.sandbox.control("POST", "/drift", {})
        assert isinstance(shop.sdk.get_payment(payment_id="topup_1"), sdk.PaidPayment)
