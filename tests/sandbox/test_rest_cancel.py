"""Cancels: the arithmetic, every refusal, and the outcomes that are not success."""

from __future__ import annotations

import re
from typing import Any

import pytest
from portone_server_sdk import PaymentClient, errors
from portone_server_sdk import payment as sdk

from tests.sandbox.conftest import API_SECRET, Shop


class TestCancel:
    def test_gives_back_everything_left_when_no_amount_is_named(self, shop: Shop) -> None:
        shop.pay()
        shop.sdk.cancel_payment(payment_id="topup_1", reason="고객 요청", amount=30_000, current_cancellable_amount=110_000)
        made = shop.sdk.cancel_payment(payment_id="topup_1", reason="나머지", current_cancellable_amount=80_000).cancellation
        assert isinstance(made, sdk.SucceededPaymentCancellation)
        assert (made.total_amount, made.vat_amount, made.tax_free_amount, made.trigger) == (80_000, 7_273, 0, "API")
        book = shop.book()
        assert (book["status"], book["captured"], book["cancelled"]) == ("CANCELLED", 110_000, 110_000)

    def test_splits_the_tax_without_a_won_lost(self, shop: Shop) -> None:
        shop.pay()
        vats = [shop.cancel(amount=amount).json()["cancellation"]["vatAmount"] for amount in (1, 3, 33_333, 76_663)]
        assert vats == [0, 0, 3_030, 6_970]
        assert sum(vats) == 10_000

    def test_keeps_tax_free_parts_apart(self, shop: Shop) -> None:
        shop.pay(taxFreeAmount=50_000, vatAmount=5_454)
        made = shop.cancel(amount=40_000, taxFreeAmount=40_000, vatAmount=0).json()["cancellation"]
        assert (made["taxFreeAmount"], made["vatAmount"]) == (40_000, 0)
        rest = shop.cancel().json()["cancellation"]
        assert (rest["totalAmount"], rest["taxFreeAmount"], rest["vatAmount"]) == (70_000, 10_000, 5_454)
        assert shop.rest("GET", "/payments/topup_1").json()["amount"]["cancelledTaxFree"] == 50_000

    @pytest.mark.parametrize(
        "body, status, type, error",
        [
            ({"amount": 110_001}, 409, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT", errors.CancelAmountExceedsCancellableAmountError),
            (
                {"amount": 1, "currentCancellableAmount": 109_999},
                409,
                "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN",
                errors.CancellableAmountConsistencyBrokenError,
            ),
            (
                {"amount": 100, "taxFreeAmount": 60, "vatAmount": 41},
                409,
                "SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT",
                errors.SumOfPartsExceedsCancelAmountError,
            ),
            (
                {"amount": 100, "taxFreeAmount": 1, "vatAmount": 0},
                409,
                "CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT",
                errors.CancelTaxFreeAmountExceedsCancellableTaxFreeAmountError,
            ),
            (
                {"amount": 20_000, "taxFreeAmount": 0, "vatAmount": 10_001},
                409,
                "CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT",
                errors.CancelTaxAmountExceedsCancellableTaxAmountError,
            ),
            ({"amount": 0}, 400, "INVALID_REQUEST", errors.InvalidRequestError),
            ({"amount": -1}, 400, "INVALID_REQUEST", errors.InvalidRequestError),
            ({"amount": True}, 400, "INVALID_REQUEST", errors.InvalidRequestError),
            ({"amount": "100"}, 400, "INVALID_REQUEST", errors.InvalidRequestError),
            ({"amount": 1.0}, 400, "INVALID_REQUEST", errors.InvalidRequestError),
            ({"reason": ""}, 400, "INVALID_REQUEST", errors.InvalidRequestError),
            ({"reason": 1}, 400, "INVALID_REQUEST", errors.InvalidRequestError),
            ({"requester": "EVE"}, 400, "INVALID_REQUEST", errors.InvalidRequestError),
            ({"refundAccount": {"bank": "SHINHAN"}}, 400, "INVALID_REQUEST", errors.InvalidRequestError),
        ],
    )
    def test_refuses_and_gives_nothing_back(self, shop: Shop, body: dict[str, Any], status: int, type: str, error: type[Exception]) -> None:
        shop.pay()
        answer = shop.cancel(**body)
        assert (answer.status_code, answer.json()["type"]) == (status, type)
        named = {"reason": "x"} | {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name): value for name, value in body.items()}
        with pytest.raises(error):
            shop.sdk.cancel_payment(payment_id="topup_1", **named)
        assert (shop.book()["cancelled"], shop.book()["cancels"]) == (0, [])

    def test_refuses_another_store(self, shop: Shop) -> None:
        shop.pay()
        stranger = PaymentClient(secret=API_SECRET, base_url=shop.sandbox.portone_url, store_id="store-of-eve")
        for call in (
            lambda: stranger.cancel_payment(payment_id="topup_1", reason="x"),
            lambda: stranger.get_payment(payment_id="topup_1"),
            lambda: stranger.pre_register_payment(payment_id="topup_1"),
            lambda: stranger.resend_webhook(payment_id="topup_1"),
            lambda: stranger.confirm_payment(payment_id="topup_1", payment_token="t"),
            lambda: stranger.get_payment_transactions(payment_id="topup_1"),
            lambda: stranger.get_all_payments_by_cursor(),
            lambda: stranger.close_virtual_account(payment_id="topup_1"),
        ):
            with pytest.raises(errors.ForbiddenError):
                call()
        assert shop.book()["cancelled"] == 0

    def test_refuses_unknown_unpaid_and_gone_payments(self, shop: Shop) -> None:
        with pytest.raises(errors.PaymentNotFoundError):
            shop.sdk.cancel_payment(payment_id="nobody", reason="x")
        shop.open()
        with pytest.raises(errors.PaymentNotPaidError):
            shop.sdk.cancel_payment(payment_id="topup_1", reason="x")
        shop.act("topup_1", "approve")
        shop.sdk.cancel_payment(payment_id="topup_1", reason="x")
        with pytest.raises(errors.PaymentAlreadyCancelledError):
            shop.sdk.cancel_payment(payment_id="topup_1", reason="x", amount=1)
        assert shop.book()["cancelled"] == 110_000

    def test_stops_after_a_hundred_cancels(self, shop: Shop) -> None:
        shop.pay()
        for _ in range(100):
            assert shop.cancel(amount=1).status_code == 200
        answer = shop.cancel(amount=1)
        assert (answer.status_code, answer.json()) == (409, {"type": "MAX_CANCEL_COUNT_REACHED"})
        assert shop.book()["cancelled"] == 100


class TestUndecidedCancel:
    def test_moves_nothing_until_the_pg_approves(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        made = shop.sdk.cancel_payment(payment_id="topup_1", reason="고객 요청", amount=30_000).cancellation
        assert isinstance(made, sdk.RequestedPaymentCancellation)
        paid = shop.sdk.get_payment(payment_id="topup_1")
        assert isinstance(paid, sdk.PaidPayment)
        assert (paid.amount.cancelled, [c.id for c in paid.cancellations]) == (0, [made.id])
        assert (shop.book()["cancelled"], shop.book()["undecided"]) == (0, 30_000)
        shop.act("topup_1", "approve-cancel")
        assert (shop.book()["status"], shop.book()["cancelled"], shop.book()["undecided"]) == ("PARTIAL_CANCELLED", 30_000, 0)

    def test_holds_its_amount_back_from_other_cancels(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        shop.cancel(amount=100_000)
        answer = shop.cancel(amount=10_001)
        assert (answer.status_code, answer.json()["type"]) == (409, "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT")
        assert shop.cancel(amount=10_000).status_code == 200

    def test_frees_its_amount_when_the_pg_refuses_later(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        first = shop.cancel().json()["cancellation"]
        shop.act("topup_1", "fail-cancel", cancellation_id=first["id"])
        assert [c["status"] for c in shop.book()["cancels"]] == ["FAILED"]
        assert isinstance(shop.sdk.get_payment(payment_id="topup_1"), sdk.PaidPayment)
        assert shop.cancel(currentCancellableAmount=110_000).status_code == 200

    def test_is_decided_once(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        shop.cancel()
        shop.act("topup_1", "approve-cancel")
        again = shop.sandbox.request("POST", "/_control/payments/topup_1/approve-cancel")
        assert (again.status_code, again.json()["type"]) == (400, "INVALID_REQUEST")
        assert shop.book()["cancelled"] == 110_000


class TestRefusedCancel:
    def test_answers_200_with_failed(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        assert isinstance(shop.sdk.cancel_payment(payment_id="topup_1", reason="x").cancellation, sdk.FailedPaymentCancellation)
        assert (shop.book()["status"], shop.book()["cancelled"]) == ("PAID", 0)
        assert shop.cancel().json()["cancellation"]["status"] == "SUCCEEDED"

    def test_answers_502_with_the_words_of_the_pg(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "PG_PROVIDER", "pg_code": "500503", "pg_message": "부분취소 불가"})
        with pytest.raises(errors.PgProviderError) as refused:
            shop.sdk.cancel_payment(payment_id="topup_1", reason="x")
        assert (refused.value.pg_code, refused.value.pg_message) == ("500503", "부분취소 불가")
        assert shop.book()["cancels"] == []
        assert shop.cancel().status_code == 200

    def test_lasts_for_as_many_calls_as_scripted(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "PG_PROVIDER", "count": 2})
        assert [shop.cancel().status_code for _ in range(3)] == [502, 502, 200]


class TestConsoleCancel:
    def test_needs_no_call_of_ours(self, shop: Shop) -> None:
        shop.pay()
        shop.act("topup_1", "console-cancel", amount=30_000)
        assert [(c["totalAmount"], c["trigger"], c["reason"]) for c in shop.book()["cancels"]] == [(30_000, "CONSOLE", "관리자페이지취소")]
        assert [call["path"] for call in shop.calls(path="/cancel")] == []

    def test_can_be_a_chargeback(self, shop: Shop) -> None:
        shop.pay()
        shop.act("topup_1", "console-cancel", trigger="CHARGEBACK", reason="카드사 분쟁")
        [made] = shop.sdk.get_payment(payment_id="topup_1").cancellations
        assert (made.trigger, made.reason) == ("CHARGEBACK", "카드사 분쟁")
