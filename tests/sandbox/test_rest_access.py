"""Who may call, and what a malformed call is told."""

from __future__ import annotations

from typing import Any

import pytest
from portone_server_sdk import AuthClient, PaymentClient, errors

from tests.sandbox.conftest import API_SECRET, Shop

ENDPOINTS = [
    ("GET", "/payments/topup_1"),
    ("GET", "/payments"),
    ("GET", "/payments-by-cursor"),
    ("GET", "/payments/topup_1/transactions"),
    ("POST", "/payments/topup_1/cancel"),
    ("POST", "/payments/topup_1/pre-register"),
    ("POST", "/payments/topup_1/confirm"),
    ("POST", "/payments/topup_1/resend-webhook"),
    ("POST", "/payments/topup_1/virtual-account/close"),
]


class TestSecret:
    @pytest.mark.parametrize("method, path", ENDPOINTS)
    @pytest.mark.parametrize(
        "authorization",
        [
            "",
            API_SECRET,
            f"Bearer {API_SECRET}",
            f"portone {API_SECRET}",
            "PortOne",
            "PortOne INIpayTest-signkey",
            f"PortOne {API_SECRET}x",
        ],
    )
    def test_opens_every_endpoint_and_nothing_else_does(self, shop: Shop, method: str, path: str, authorization: str) -> None:
        shop.pay()
        answer = shop.sandbox.request(method, f"/portone{path}", json={"reason": "x"}, headers={"authorization": authorization})
        assert (answer.status_code, answer.json()) == (401, {"type": "UNAUTHORIZED"})
        assert shop.book()["cancelled"] == 0

    def test_is_missing_altogether(self, shop: Shop) -> None:
        assert shop.sandbox.request("GET", "/portone/payments").status_code == 401

    def test_is_understood_by_the_official_client(self, shop: Shop) -> None:
        with pytest.raises(errors.UnauthorizedError):
            PaymentClient(secret="wrong", base_url=shop.sandbox.portone_url).get_payment(payment_id="topup_1")


class TestTokens:
    def login(self, shop: Shop) -> Any:
        return AuthClient(secret=API_SECRET, base_url=shop.sandbox.portone_url).login_via_api_secret(api_secret=API_SECRET)

    def bearer(self, shop: Shop, token: str) -> int:
        return shop.sandbox.request("GET", "/portone/payments", headers={"authorization": f"Bearer {token}"}).status_code

    def test_are_issued_for_the_secret_only(self, shop: Shop) -> None:
        with pytest.raises(errors.UnauthorizedError):
            AuthClient(secret=API_SECRET, base_url=shop.sandbox.portone_url).login_via_api_secret(api_secret="wrong")
        assert self.bearer(shop, self.login(shop).access_token) == 200

    def test_end_after_half_an_hour(self, shop: Shop) -> None:
        token = self.login(shop).access_token
        shop.sandbox.control("POST", "/clock/advance", {"seconds": 29 * 60})
        assert self.bearer(shop, token) == 200
        shop.sandbox.control("POST", "/clock/advance", {"seconds": 61})
        assert self.bearer(shop, token) == 401

    def test_are_refreshed_once_and_earlier_refresh_tokens_end(self, shop: Shop) -> None:
        first, second = self.login(shop), self.login(shop)
        client = AuthClient(secret=API_SECRET, base_url=shop.sandbox.portone_url)
        with pytest.raises(errors.UnauthorizedError):
            client.refresh_token(refresh_token=first.refresh_token)
        third = client.refresh_token(refresh_token=second.refresh_token)
        assert self.bearer(shop, third.access_token) == 200
        with pytest.raises(errors.UnauthorizedError):
            client.refresh_token(refresh_token=second.refresh_token)

    def test_do_not_swap_roles(self, shop: Shop) -> None:
        assert self.bearer(shop, self.login(shop).refresh_token) == 401


class TestBody:
    @pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff\xfe", b'{"reason": 1}'])
    def test_is_refused_when_it_is_not_what_is_documented(self, shop: Shop, body: bytes) -> None:
        shop.pay()
        answer = shop.sandbox.request(
            "POST", "/portone/payments/topup_1/cancel", content=body, headers={"authorization": f"PortOne {API_SECRET}"}
        )
        assert (answer.status_code, answer.json()["type"]) == (400, "INVALID_REQUEST")
        assert shop.book()["cancelled"] == 0

    def test_may_travel_in_the_query_of_a_get(self, shop: Shop) -> None:
        shop.pay("topup_1")
        shop.pay("topup_2")
        wanted = '{"page":{"number":0,"size":1}}'
        by_query = shop.sandbox.request(
            "GET", "/portone/payments", params={"requestBody": wanted}, headers={"authorization": f"PortOne {API_SECRET}"}
        )
        by_body = shop.sandbox.request("GET", "/portone/payments", content=wanted, headers={"authorization": f"PortOne {API_SECRET}"})
        assert by_query.json() == by_body.json()
        assert by_query.json()["page"] == {"number": 0, "size": 1, "totalCount": 2}
        assert len(by_query.json()["items"]) == 1

    def test_of_an_unknown_path_is_never_read(self, shop: Shop) -> None:
        assert shop.rest("POST", "/no-such-thing").status_code == 404


class TestBanks:
    def test_are_public(self, shop: Shop) -> None:
        items = shop.sandbox.request("GET", "/portone/banks").json()["items"]
        assert {"bank": "SHINHAN", "name": {"ko": "신한은행"}} in items


class TestThingsWithoutABookYet:
    @pytest.mark.parametrize(
        "method, path, type",
        [
            ("GET", "/billing-keys/b", "BILLING_KEY_NOT_FOUND"),
            ("DELETE", "/billing-keys/b", "BILLING_KEY_NOT_FOUND"),
            ("POST", "/payments/topup_1/schedule", "BILLING_KEY_NOT_FOUND"),
            ("GET", "/identity-verifications/i", "IDENTITY_VERIFICATION_NOT_FOUND"),
        ],
    )
    def test_are_not_found(self, shop: Shop, method: str, path: str, type: str) -> None:
        answer = shop.rest(method, path)
        assert (answer.status_code, answer.json()) == (404, {"type": type})
