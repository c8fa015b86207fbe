"""Registering an amount beforehand, and manual approval (수동 승인)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from portone_server_sdk import errors
from portone_server_sdk import payment as sdk

from tests.sandbox.conftest import TEST_CHANNEL, Shop, pay_request


def refused_opening(shop: Shop, **changes: Any) -> httpx.Response:
    return shop.sandbox.request("POST", "/_control/payments", json={"request": pay_request(**changes)})


class TestPreRegister:
    def test_pins_amount_and_currency(self, shop: Shop) -> None:
        shop.sdk.pre_register_payment(payment_id="topup_1", total_amount=110_000, currency="KRW")
        for changes in ({"totalAmount": 1_000}, {"currency": "USD"}):
            answer = refused_opening(shop, **changes)
            assert (answer.status_code, answer.json()["code"]) == (409, "AmountNotEqualToPredefined")
        shop.pay()
        assert shop.book()["captured"] == 110_000

    def test_can_be_said_again(self, shop: Shop) -> None:
        shop.sdk.pre_register_payment(payment_id="topup_1", total_amount=55_000)
        shop.sdk.pre_register_payment(payment_id="topup_1", total_amount=110_000)
        shop.pay()

    def test_comes_too_late_for_a_paid_payment(self, shop: Shop) -> None:
        shop.pay()
        with pytest.raises(errors.AlreadyPaidError):
            shop.sdk.pre_register_payment(payment_id="topup_1", total_amount=1)
        assert refused_opening(shop).json()["code"] == "PaymentAlreadyPaid"


@pytest.fixture
def manual(shop: Shop) -> Shop:
    shop.sandbox.control("POST", "/manual-approval", {"channel_key": TEST_CHANNEL, "on": True})
    return shop


class TestConfirm:
    def confirm(self, shop: Shop, token: str, **body: Any) -> Any:
        expected = {"total_amount": 110_000, "currency": "KRW", "is_test": True, **body}
        return shop.sdk.confirm_payment(payment_id="topup_1", payment_token=token, **expected)

    def test_captures_what_the_buyer_agreed_to(self, manual: Shop) -> None:
        token = manual.pay()["result"]["paymentToken"]
        assert isinstance(manual.sdk.get_payment(payment_id="topup_1"), sdk.ReadyPayment)
        assert manual.book()["captured"] == 0
        made = self.confirm(manual, token)
        paid = manual.sdk.get_payment(payment_id="topup_1")
        assert isinstance(paid, sdk.PaidPayment)
        assert (made.pg_tx_id, made.paid_at) == (paid.pg_tx_id, paid.paid_at)
        assert manual.book()["captured"] == 110_000

    @pytest.mark.parametrize(
        "body", [{"total_amount": 109_999}, {"currency": "USD"}, {"is_test": False}, {"tax_free_amount": 1}, {"tx_id": "other"}]
    )
    def test_refuses_other_values_and_takes_nothing(self, manual: Shop, body: dict[str, Any]) -> None:
        token = manual.pay()["result"]["paymentToken"]
        with pytest.raises(errors.InformationMismatchError):
            self.confirm(manual, token, **body)
        assert manual.book()["captured"] == 0
        self.confirm(manual, token)
        assert manual.book()["captured"] == 110_000

    def test_sees_through_a_forged_amount(self, manual: Shop) -> None:
        token = manual.pay(totalAmount=1_000)["result"]["paymentToken"]
        with pytest.raises(errors.InformationMismatchError):
            self.confirm(manual, token)
        assert manual.book()["captured"] == 0

    def test_refuses_a_wrong_token_an_unknown_payment_and_a_second_time(self, manual: Shop) -> None:
        with pytest.raises(errors.PaymentNotFoundError):
            self.confirm(manual, "t")
        token = manual.pay()["result"]["paymentToken"]
        with pytest.raises(errors.InvalidPaymentTokenError):
            self.confirm(manual, token + "x")
        self.confirm(manual, token)
        with pytest.raises(errors.AlreadyPaidError):
            self.confirm(manual, token)
        assert manual.book()["captured"] == 110_000

    def test_is_not_needed_where_the_channel_captures_at_once(self, manual: Shop) -> None:
        manual.sandbox.control("POST", "/manual-approval", {"channel_key": TEST_CHANNEL, "on": False})
        assert "paymentToken" not in manual.pay()["result"]
        assert manual.book()["captured"] == 110_000


class TestBeforeTheWindow:
    @pytest.mark.parametrize(
        "changes, code",
        [
            ({"storeId": "store-of-eve"}, "StoreNotFound"),
            ({"channelKey": "channel-key-of-eve"}, "ChannelNotFound"),
            ({"channelKey": None}, "BadRequest"),
            ({"channelKey": None, "channelGroupId": "g"}, "AllChannelsNotSatisfied"),
            ({"totalAmount": 0}, "BadRequest"),
            ({"totalAmount": "110000"}, "BadRequest"),
            ({"totalAmount": 1.5}, "BadRequest"),
            ({"currency": "won"}, "BadRequest"),
            ({"payMethod": "CASH"}, "BadRequest"),
            ({"paymentId": ""}, "BadRequest"),
            ({"redirectUrl": "javascript:alert(1)"}, "BadRequest"),
            ({"customData": "text"}, "BadRequest"),
        ],
    )
    def test_refuses_without_starting_anything(self, shop: Shop, changes: dict[str, Any], code: str) -> None:
        answer = refused_opening(shop, **changes)
        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert shop.sandbox.control("GET", "/book")["payments"] == []

    def test_takes_the_older_spelling_of_a_currency(self, shop: Shop) -> None:
        shop.open(currency="CURRENCY_KRW")
        assert shop.book()["currency"] == "KRW"


class TestInicis:
    @pytest.mark.parametrize(
        "changes",
        [
            {"paymentId": "p" * 41},
            {"paymentId": "충전_1"},
            {"customer": {"phoneNumber": "01000001234", "email": "a@b.com"}},
            {"customer": {"fullName": "김민지", "email": "a@b.com"}},
            {"customer": {"fullName": "김민지", "phoneNumber": "01000001234"}},
            {"customer": {"fullName": "김민지", "phoneNumber": "01000001234", "email": "ad-team@b.com"}},
            {"customer": {"fullName": "김민지", "phoneNumber": "01000001234", "email": "a_b+c@x.com"}},
            {"customer": {"fullName": "가나다라마바사아자차카", "phoneNumber": "01000001234", "email": "a@b.com"}},
            {"totalAmount": 999},
            {"payMethod": "MOBILE"},
            {"currency": "EUR"},
        ],
    )
    def test_refuses_in_its_window(self, shop: Shop, changes: dict[str, Any]) -> None:
        told = shop.open(**{"payment_id": changes.get("paymentId", "topup_1"), **{k: v for k, v in changes.items() if k != "paymentId"}})
        assert (told["status"], told["result"]["code"]) == ("FAILED", "FAILURE_TYPE_PG")
        assert told["result"]["pgCode"]
        assert told["result"]["pgMessage"]
        failed = shop.sdk.get_payment(payment_id=told["payment_id"])
        assert isinstance(failed, sdk.FailedPayment)
        assert failed.failure.pg_message == told["result"]["pgMessage"]

    @pytest.mark.parametrize(
        "changes, is_mobile",
        [
            ({"paymentId": "p" * 40}, False),
            ({"totalAmount": 1_000}, False),
            ({"totalAmount": 999, "bypass": {"inicis_v2": {"acceptmethod": ["below1000"]}}}, False),
            ({"totalAmount": 999, "redirectUrl": "http://shop/", "bypass": {"inicis_v2": {"P_RESERVED": ["below1000=Y"]}}}, True),
            ({"currency": "USD", "totalAmount": 1_000}, False),
        ],
    )
    def test_accepts_the_edges(self, shop: Shop, changes: dict[str, Any], is_mobile: bool) -> None:
        answer = shop.sandbox.request(
            "POST", "/_control/payments", json={"request": pay_request() | changes, "page": {"isMobile": is_mobile}}
        )
        assert (answer.status_code, answer.json()["status"]) == (200, "READY")
