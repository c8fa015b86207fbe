"""Lists: pages, filters, the cursor."""

from __future__ import annotations

from typing import Any

import pytest
from portone_server_sdk import common, errors
from portone_server_sdk import payment as sdk

from tests.sandbox.conftest import LIVE_CHANNEL, Shop


@pytest.fixture
def full(shop: Shop) -> Shop:
    """Six payments in six states; the last one is live."""
    shop.open("ready")
    shop.open("pending")
    shop.act("pending", "pend")
    shop.pay("account", payMethod="VIRTUAL_ACCOUNT")
    shop.open("failed")
    shop.act("failed", "decline")
    shop.pay("part")
    shop.cancel("part", amount=1)
    shop.pay("live", channelKey=LIVE_CHANNEL)
    return shop


class TestPages:
    def listed(self, shop: Shop, **filter: Any) -> list[str]:
        answer = shop.rest("GET", "/payments", {"page": {"size": 100}, "filter": {"sortBy": "REQUESTED_AT", "sortOrder": "ASC", **filter}})
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    def test_are_read_by_the_official_client(self, full: Shop) -> None:
        found = full.sdk.get_payments(page=common.PageInput(number=0, size=4))
        assert (found.page.number, found.page.size, found.page.total_count, len(found.items)) == (0, 4, 6, 4)
        rest = full.sdk.get_payments(page=common.PageInput(number=1, size=4))
        assert len(rest.items) == 2
        assert {item.id for item in found.items + rest.items} == {"ready", "pending", "account", "failed", "part", "live"}
        assert full.sdk.get_payments(page=common.PageInput(number=2, size=4)).items == []

    def test_default_to_ten(self, shop: Shop) -> None:
        for number in range(11):
            shop.open(f"topup_{number}")
        found = shop.sdk.get_payments()
        assert (len(found.items), found.page.size, found.page.total_count) == (10, 10, 11)

    @pytest.mark.parametrize(
        "filter, expected",
        [
            ({"status": ["PAID"]}, ["live"]),
            ({"status": ["PENDING"]}, ["pending"]),
            ({"status": ["READY", "FAILED"]}, ["ready", "failed"]),
            ({"status": ["PARTIAL_CANCELLED", "VIRTUAL_ACCOUNT_ISSUED", "CANCELLED"]}, ["account", "part"]),
            ({"isTest": False}, ["live"]),
            ({"isTest": True, "status": ["PAID"]}, []),
            ({"methods": ["VIRTUAL_ACCOUNT"]}, ["account"]),
            ({"pgProvider": ["TOSSPAYMENTS"]}, []),
            ({"version": "V1"}, []),
            ({"currency": "USD"}, []),
            ({"textSearch": [{"field": "PAYMENT_ID", "value": "fail"}]}, ["failed"]),
            ({"until": "2020-01-01T00:00:00Z"}, []),
            ({"from": "2099-01-01T00:00:00Z", "until": "2099-02-01T00:00:00Z"}, []),
            ({"from": "2020-01-01T00:00:00+09:00", "timestampType": "CREATED_AT", "status": ["PAID"]}, ["live"]),
        ],
    )
    def test_filter(self, full: Shop, filter: dict[str, Any], expected: list[str]) -> None:
        assert self.listed(full, **filter) == expected

    @pytest.mark.parametrize(
        "body",
        [
            {"page": {"number": -1}},
            {"page": {"number": 600, "size": 100}},
            {"filter": {"status": ["PAY_PENDING"]}},
            {"filter": {"from": "yesterday"}},
            {"filter": {"from": "2026-01-01T00:00:00"}},
            {"filter": {"cardBrand": "VISA"}},
        ],
    )
    def test_refuse_what_they_cannot_do(self, full: Shop, body: dict[str, Any]) -> None:
        answer = full.rest("GET", "/payments", body)
        assert (answer.status_code, answer.json()["type"]) == (400, "INVALID_REQUEST")

    def test_refuse_another_store(self, full: Shop) -> None:
        with pytest.raises(errors.ForbiddenError):
            full.sdk.get_payments(filter=sdk.PaymentFilterInput(store_id="store-of-eve"))


class TestCursor:
    def test_collects_everything_in_order_of_creation(self, full: Shop) -> None:
        collected: list[str] = []
        cursor = None
        while items := full.sdk.get_all_payments_by_cursor(size=4, cursor=cursor).items:
            collected += [item.payment.id for item in items]
            cursor = items[-1].cursor
        assert collected == ["ready", "pending", "account", "failed", "part", "live"]

    def test_respects_a_time_window(self, full: Shop) -> None:
        assert full.sdk.get_all_payments_by_cursor(until="2020-01-01T00:00:00Z").items == []

    @pytest.mark.parametrize("body", [{"cursor": "x"}, {"size": 1_001}, {"size": 0}])
    def test_refuses_nonsense(self, full: Shop, body: dict[str, Any]) -> None:
        assert full.rest("GET", "/payments-by-cursor", body).json()["type"] == "INVALID_REQUEST"
