"""Scripted misbehaviour: what the caller sees, and whether the effect happened."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from portone_server_sdk import errors

from sandbox.portone.errors import STATUS_BY_TYPE
from tests.sandbox.conftest import Shop

KNOWN_TO_CANCEL = {
    "INVALID_REQUEST": errors.InvalidRequestError,
    "UNAUTHORIZED": errors.UnauthorizedError,
    "FORBIDDEN": errors.ForbiddenError,
    "PAYMENT_NOT_FOUND": errors.PaymentNotFoundError,
    "PAYMENT_NOT_PAID": errors.PaymentNotPaidError,
    "PAYMENT_ALREADY_CANCELLED": errors.PaymentAlreadyCancelledError,
    "CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN": errors.CancellableAmountConsistencyBrokenError,
    "CANCEL_AMOUNT_EXCEEDS_CANCELLABLE_AMOUNT": errors.CancelAmountExceedsCancellableAmountError,
    "SUM_OF_PARTS_EXCEEDS_CANCEL_AMOUNT": errors.SumOfPartsExceedsCancelAmountError,
    "CANCEL_TAX_FREE_AMOUNT_EXCEEDS_CANCELLABLE_TAX_FREE_AMOUNT": errors.CancelTaxFreeAmountExceedsCancellableTaxFreeAmountError,
    "CANCEL_TAX_AMOUNT_EXCEEDS_CANCELLABLE_TAX_AMOUNT": errors.CancelTaxAmountExceedsCancellableTaxAmountError,
    "NEGATIVE_PROMOTION_ADJUSTED_CANCEL_AMOUNT": errors.NegativePromotionAdjustedCancelAmountError,
    "PROMOTION_DISCOUNT_RETAIN_OPTION_SHOULD_NOT_BE_CHANGED": errors.PromotionDiscountRetainOptionShouldNotBeChangedError,
    "PG_PROVIDER": errors.PgProviderError,
}


def script(shop: Shop, **fault: Any) -> None:
    shop.sandbox.control("POST", "/faults", fault)


class TestError:
    def test_before_the_effect_changes_nothing(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="error", status=503)
        answer = shop.cancel()
        assert (answer.status_code, answer.json()["type"]) == (503, "INTERNAL")
        assert shop.book()["cancelled"] == 0

    def test_after_the_effect_hides_a_cancel_that_happened(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="error", status=502, when="after", html=True, path="/cancel")
        answer = shop.cancel()
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
        assert shop.book()["cancelled"] == 110_000

    def test_can_be_any_refusal_the_official_client_knows(self, shop: Shop) -> None:
        """The refusals that no honest call reaches here, and all others, judged by class."""
        shop.pay()
        for type, status in STATUS_BY_TYPE.items():
            extra = {"pgCode": "1", "pgMessage": "m"} if type == "PG_PROVIDER" else {}
            script(shop, kind="error", status=status, type=type, extra=extra, path="/cancel")
            with pytest.raises(errors.PortOneError) as refused:
                shop.sdk.cancel_payment(payment_id="topup_1", reason="x")
            assert refused.type is KNOWN_TO_CANCEL.get(type, errors.UnknownError), type
        assert shop.book()["cancelled"] == 0


class TestTimeout:
    def test_before_the_effect_changes_nothing(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="timeout", path="/cancel")
        with pytest.raises(httpx.ReadTimeout):
            self.cancel(shop, patience=5)
        assert shop.book()["cancelled"] == 0

    def test_after_the_effect_leaves_a_cancel_that_the_same_key_finds_again(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="timeout", when="after", path="/cancel")
        with pytest.raises(httpx.ReadTimeout):
            self.cancel(shop, patience=5)
        assert shop.book()["cancelled"] == 30_000
        again = self.cancel(shop, patience=60)
        assert again.json()["cancellation"]["id"] == shop.book()["cancels"][0]["id"]
        assert shop.book()["cancelled"] == 30_000

    def test_ends_with_a_cut_when_the_caller_is_patient(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="timeout", seconds=0.3)
        with pytest.raises(httpx.RemoteProtocolError):
            shop.cancel()

    def cancel(self, shop: Shop, *, patience: float) -> httpx.Response:
        return shop.sandbox.request(
            "POST",
            "/portone/payments/topup_1/cancel",
            json={"reason": "x", "amount": 30_000},
            headers={"authorization": "PortOne sandbox-secret", "idempotency-key": '"refund-01JGFJJZ00-1"'},
            timeout=patience,
        )


class TestDrop:
    @pytest.mark.parametrize("when, cancelled", [("before", 0), ("after", 110_000)])
    def test_cuts_the_connection(self, shop: Shop, when: str, cancelled: int) -> None:
        shop.pay()
        script(shop, kind="drop", when=when, path="/cancel")
        with pytest.raises(httpx.TransportError):
            shop.cancel()
        assert shop.book()["cancelled"] == cancelled
        assert shop.rest("GET", "/payments/topup_1").status_code == 200


class TestGarbage:
    def test_is_not_json(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="garbage")
        answer = shop.rest("GET", "/payments/topup_1")
        assert answer.status_code == 200
        with pytest.raises(ValueError):
            answer.json()

    def test_can_be_any_text(self, shop: Shop) -> None:
        script(shop, kind="garbage", text="[]")
        assert shop.rest("GET", "/payments/topup_1").json() == []


class TestDelay:
    @pytest.mark.parametrize("when", ["before", "during", "after"])
    def test_answers_late_and_right(self, shop: Shop, when: str) -> None:
        shop.pay()
        script(shop, kind="delay", when=when, seconds=0.4)
        began = time.monotonic()
        assert shop.cancel().json()["cancellation"]["status"] == "SUCCEEDED"
        assert time.monotonic() - began >= 0.4

    def test_holds_nobody_else_up(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="delay", seconds=30, path="/cancel")
        with pytest.raises(httpx.ReadTimeout):
            shop.sandbox.request("POST", "/portone/payments/topup_1/cancel", headers={"authorization": "PortOne sandbox-secret"}, timeout=2)
        began = time.monotonic()
        assert shop.rest("GET", "/payments/topup_1").status_code == 200
        assert time.monotonic() - began < 20

    def test_may_drip(self, shop: Shop) -> None:
        script(shop, kind="drip", seconds=0.02)
        began = time.monotonic()
        assert shop.rest("GET", "/payments/topup_1").json() == {"type": "PAYMENT_NOT_FOUND"}
        assert time.monotonic() - began >= 0.02 * (len('{"type":"PAYMENT_NOT_FOUND"}') - 1)


class TestRules:
    def test_apply_as_often_as_counted_in_order(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="error", status=500, count=2)
        script(shop, kind="error", status=503)
        assert [shop.rest("GET", "/payments/topup_1").status_code for _ in range(4)] == [500, 500, 503, 200]

    def test_apply_to_the_named_method_and_path_only(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="error", status=503, method="POST", path="/cancel", count=None)
        assert shop.rest("GET", "/payments/topup_1").status_code == 200
        assert [shop.cancel().status_code for _ in range(3)] == [503, 503, 503]
        shop.sandbox.control("DELETE", "/faults")
        assert shop.cancel().status_code == 200

    def test_survive_a_restart(self, shop: Shop) -> None:
        shop.pay()
        script(shop, kind="error", status=503)
        shop.sandbox.restart()
        assert [shop.rest("GET", "/payments/topup_1").status_code for _ in range(2)] == [503, 200]

    def test_end_with_a_reset(self, shop: Shop) -> None:
        script(shop, kind="error", status=503, count=None)
        shop.sandbox.reset()
        assert shop.rest("GET", "/payments/topup_1").status_code == 404

    @pytest.mark.parametrize(
        "body",
        [{}, {"kind": "explode"}, {"kind": "error", "status": 200}, {"kind": "drop", "when": "during"}, {"kind": "drop", "cuont": 1}, []],
    )
    def test_are_refused_when_they_make_no_sense(self, shop: Shop, body: Any) -> None:
        answer = shop.sandbox.request("POST", "/_control/faults", json=body)
        assert answer.status_code == 422
        assert shop.sandbox.control("GET", "/faults") == {"faults": []}


class TestCalls:
    def test_are_written_down_with_key_body_and_answer(self, shop: Shop) -> None:
        shop.pay()
        shop.cancel(key='"refund-01JGFJJZ00-1"', amount=1)
        script(shop, kind="drop", path="/payments/topup_1")
        with pytest.raises(httpx.TransportError):
            shop.rest("GET", "/payments/topup_1")
        posted, dropped = shop.calls()
        assert (posted["method"], posted["path"], posted["idempotency_key"], posted["status"], posted["fault"]) == (
            "POST",
            "/payments/topup_1/cancel",
            '"refund-01JGFJJZ00-1"',
            200,
            None,
        )
        assert '"amount":1' in posted["body"].replace(" ", "")
        assert (dropped["method"], dropped["status"], dropped["fault"]) == ("GET", None, {"kind": "drop", "when": "before"})
        assert len(shop.calls(method="POST", path="/cancel")) == 1

    def test_never_keep_the_secret(self, shop: Shop) -> None:
        shop.rest("GET", "/payments")
        assert "sandbox-secret" not in str(shop.calls())
