"""The idempotency store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.conftest import Shop

KEY = '"refund-01JGFJJZ00-1"'


class TestKey:
    def test_gives_the_first_answer_again_and_cancels_once(self, shop: Shop) -> None:
        shop.pay()
        first, again = (shop.cancel(key=KEY, amount=30_000) for _ in range(2))
        assert (again.status_code, again.json()) == (first.status_code, first.json()) == (200, first.json())
        assert shop.book()["cancelled"] == 30_000

    def test_gives_a_refusal_again_even_when_it_would_succeed_now(self, shop: Shop) -> None:
        shop.open()
        first = shop.cancel(key=KEY)
        shop.act("topup_1", "approve")
        again = shop.cancel(key=KEY)
        assert [(answer.status_code, answer.json()["type"]) for answer in (first, again)] == [(409, "PAYMENT_NOT_PAID")] * 2
        assert shop.book()["cancelled"] == 0

    def test_gives_a_pg_error_again_without_spending_another_scripted_one(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "PG_PROVIDER", "count": 2})
        assert [shop.cancel(key=KEY).status_code for _ in range(3)] == [502, 502, 502]
        assert [shop.cancel().status_code for _ in range(2)] == [502, 200]

    def test_reads_the_same_json_however_it_is_written(self, shop: Shop) -> None:
        shop.pay()
        headers = {"authorization": "PortOne sandbox-secret", "idempotency-key": KEY}
        bodies = [b'{"reason":"x","amount":1}', b'{ "amount" : 1, "reason" : "x" }']
        answers = [shop.sandbox.request("POST", "/portone/payments/topup_1/cancel", content=body, headers=headers) for body in bodies]
        assert answers[0].json() == answers[1].json()
        assert shop.book()["cancelled"] == 1

    @pytest.mark.parametrize("other", [{"amount": 2}, {"amount": 1, "reason": "다른 이유"}])
    def test_refuses_another_body(self, shop: Shop, other: dict[str, object]) -> None:
        shop.pay()
        shop.cancel(key=KEY, amount=1)
        answer = shop.cancel(key=KEY, **other)
        assert (answer.status_code, answer.json()["type"]) == (400, "INVALID_REQUEST")
        assert shop.book()["cancelled"] == 1

    def test_refuses_another_payment(self, shop: Shop) -> None:
        shop.pay("topup_1")
        shop.pay("topup_2")
        shop.cancel("topup_1", key=KEY)
        assert shop.cancel("topup_2", key=KEY).status_code == 400
        assert shop.book("topup_2")["cancelled"] == 0

    def test_is_forgotten_after_three_hours(self, shop: Shop) -> None:
        shop.pay()
        shop.cancel(key=KEY, amount=1)
        shop.sandbox.control("POST", "/clock/advance", {"seconds": 3 * 3600 - 5})
        shop.cancel(key=KEY, amount=1)
        assert shop.book()["cancelled"] == 1
        shop.sandbox.control("POST", "/clock/advance", {"seconds": 10})
        shop.cancel(key=KEY, amount=1)
        assert shop.book()["cancelled"] == 2

    def test_is_ignored_on_a_get(self, shop: Shop) -> None:
        shop.open()
        answers = [shop.rest("GET", "/payments/topup_1", idempotency_key=KEY).json()["status"]]
        shop.act("topup_1", "approve")
        answers.append(shop.rest("GET", "/payments/topup_1", idempotency_key=KEY).json()["status"])
        assert answers == ["READY", "PAID"]

    @pytest.mark.parametrize(
        "key", ['"short"', '"' + "a" * 15 + '"', '"' + "a" * 257 + '"', "a" * 15, '"unclosed-unclosed', "has space in bare key"]
    )
    def test_must_have_the_documented_form(self, shop: Shop, key: str) -> None:
        shop.pay()
        answer = shop.cancel(key=key)
        assert (answer.status_code, answer.json()["type"]) == (400, "INVALID_REQUEST")
        assert shop.book()["cancelled"] == 0

    @pytest.mark.parametrize("key", ['"' + "a" * 16 + '"', '"' + "a" * 256 + '"', "a" * 16])
    def test_may_have_sixteen_to_256_characters_and_lack_its_quotes(self, shop: Shop, key: str) -> None:
        shop.pay()
        assert [shop.cancel(key=key, amount=1).status_code for _ in range(2)] == [200, 200]
        assert shop.book()["cancelled"] == 1

    def test_does_not_remember_a_call_that_was_not_allowed_in(self, shop: Shop) -> None:
        shop.pay()
        assert (
            shop.rest("POST", "/payments/topup_1/cancel", {"reason": "고객 요청"}, secret="wrong", idempotency_key=KEY).status_code == 401
        )
        assert shop.cancel(key=KEY).status_code == 200

    def test_works_for_other_posts_too(self, shop: Shop) -> None:
        said = {"totalAmount": 110_000}
        assert shop.rest("POST", "/payments/topup_1/pre-register", said, idempotency_key=KEY).json() == {}
        shop.pay()
        assert shop.rest("POST", "/payments/topup_1/pre-register", said, idempotency_key=KEY).json() == {}
        assert shop.rest("POST", "/payments/topup_1/pre-register", said).json() == {"type": "ALREADY_PAID"}


class TestOutstanding:
    def test_answers_409_while_the_first_call_is_worked_on(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/faults", {"kind": "delay", "when": "during", "seconds": 4.0, "path": "/cancel"})
        with ThreadPoolExecutor() as pool:
            slow = pool.submit(shop.cancel, key=KEY, amount=1)
            while not shop.calls(path="/cancel"):
                pass
            second = shop.cancel(key=KEY, amount=1)
            assert (second.status_code, second.json()["type"]) == (409, "IDEMPOTENCY_OUTSTANDING_REQUEST")
            assert slow.result().status_code == 200
        assert shop.cancel(key=KEY, amount=1).json() == slow.result().json()
        assert shop.book()["cancelled"] == 1

    def test_ends_with_a_crash(self, shop: Shop) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/faults", {"kind": "delay", "when": "during", "seconds": 60, "path": "/cancel"})
        with ThreadPoolExecutor() as pool:
            lost = pool.submit(shop.cancel, key=KEY, amount=1)
            while not shop.calls(path="/cancel"):
                pass
            shop.sandbox.kill()
            assert lost.exception() is not None
        shop.sandbox.start()
        assert shop.cancel(key=KEY, amount=1).status_code == 200
        assert shop.book()["cancelled"] == 1


class TestBook:
    def test_survives_a_restart_with_its_answers(self, shop: Shop) -> None:
        shop.pay()
        first = shop.cancel(key=KEY, amount=30_000).json()
        shop.sandbox.restart()
        assert shop.cancel(key=KEY, amount=30_000).json() == first
        assert (shop.book()["captured"], shop.book()["cancelled"]) == (110_000, 30_000)
