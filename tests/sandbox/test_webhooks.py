"""Webhooks: what is told, how it is signed, when it is repeated, and how it can go wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

import pytest
import time_machine
from portone_server_sdk import errors
from portone_server_sdk import webhook as sdk
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox.portone.webhooks import sign
from tests.sandbox.conftest import WEBHOOK_SECRETS, Receiver, Shop

AT = 1_767_225_600
V1 = (
    b'{"type":"Transaction.Paid","timestamp":"2026-01-01T00:00:00.000Z","data":{"storeId":"store-00000000-0000-4000-8000-000000000001",'
    b'"paymentId":"topup_01JGFJJZ00TESTPAID0000001","transactionId":"0194200a-0000-7000-8000-000000000001"}}'
)
V3 = (
    b'{"type":"Transaction.PartialCancelled","timestamp":"2026-01-01T00:00:00.000Z","data":{"storeId":'
    b'"store-00000000-0000-4000-8000-000000000001","paymentId":"topup_01JGFJJZ00TESTPAID0000001","transactionId":'
    b'"0194200a-0000-7000-8000-000000000001","cancellationId":"0194200b-0000-7000-8000-000000000001"}}'
)
V4 = base64.b64decode(
    "eyAidHlwZSI6ICJUcmFuc2FjdGlvbi5Tb21ldGhpbmdOZXciLCAidGltZXN0YW1wIjogIjIwMjYtMDEtMDFUMDA6MDA6MDAuMDAwWiIsICJkYXRhIjogeyAic3Rv"
    "cmVJZCI6ICJzdG9yZS0wMDAwMDAwMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEiLCAi66mU66qoIjogIuyVjCDsiJgg7JeG64qUIOydtOuypO2KuCIgfSB9Cg=="
)
IDS = {1: "3f0a6c1e-7a55-4d0e-9a4e-2f0b8f1d0001", 3: "3f0a6c1e-7a55-4d0e-9a4e-2f0b8f1d0003", 4: "3f0a6c1e-7a55-4d0e-9a4e-2f0b8f1d0004"}
SIGNATURES = {
    1: "v1,Dhg4H0fQN6z1rtvfAgspegfZAI8yCEotO/Bqp8yh4YY=",
    2: "v1,Oahk7OuE9zk9Q2YN97+JzyLwedP8wqDcHq87EXh/PkQ=",
    3: "v1,j0LpFCkr0oXC8CE5DYHpxYFPUkaoS57WHAZ/emnnjk0=",
    4: "v1,IJ5j3eST0uWBzdqayPGQc6lKwSiWfekOXjS9wmd8w6M=",
    5: "v1,RnrQePoZq5tBdPFH3d/lVaopaudlIV9IQEQHbXEULhU=",
}


class TestSignature:
    """The published scheme, by vectors that two independent verifiers accept."""

    @pytest.mark.parametrize("vector, body, size, digest", [(1, V1, 231, "6b4aa20d"), (3, V3, 299, "52e6879c"), (4, V4, 187, "2db2b062")])
    def test_equals_the_vector(self, vector: int, body: bytes, size: int, digest: str) -> None:
        assert (len(body), hashlib.sha256(body).hexdigest()[:8]) == (size, digest)
        signature = sign(webhook_id=IDS[vector], timestamp=AT, body=body, secrets=WEBHOOK_SECRETS[:1])
        assert signature == SIGNATURES[vector]
        self.accepted(IDS[vector], body, signature, WEBHOOK_SECRETS[0])

    def test_changes_with_the_body(self) -> None:
        tampered = V1.replace(b'0000001","transactionId', b'0000009","transactionId')
        assert sign(webhook_id=IDS[1], timestamp=AT, body=tampered, secrets=WEBHOOK_SECRETS[:1]) == SIGNATURES[2]
        with pytest.raises(sdk.WebhookVerificationError):
            self.accepted(IDS[1], tampered, SIGNATURES[1], WEBHOOK_SECRETS[0])

    def test_carries_one_part_per_secret_during_rotation(self) -> None:
        signature = sign(webhook_id=IDS[1], timestamp=AT, body=V1, secrets=reversed(WEBHOOK_SECRETS))
        assert signature == f"{SIGNATURES[5]} {SIGNATURES[1]}"
        for secret in WEBHOOK_SECRETS:
            self.accepted(IDS[1], V1, signature, secret)
        with pytest.raises(sdk.WebhookVerificationError):
            self.accepted(IDS[1], V1, signature, "whsec_" + base64.b64encode(b"somebody else's secret").decode())

    @pytest.mark.parametrize("seconds, is_accepted", [(10, True), (300, True), (301, False), (-300, True), (-301, False)])
    def test_is_good_for_five_minutes(self, seconds: int, is_accepted: bool) -> None:
        verdict = True
        try:
            self.accepted(IDS[1], V1, SIGNATURES[1], WEBHOOK_SECRETS[0], now=AT + seconds)
        except sdk.WebhookVerificationError:
            verdict = False
        assert verdict is is_accepted

    def accepted(self, webhook_id: str, body: bytes, signature: str, secret: str, *, now: int = AT) -> None:
        headers = {"webhook-id": webhook_id, "webhook-timestamp": str(AT), "webhook-signature": signature}
        with time_machine.travel(now, tick=False):
            sdk.verify(secret, body.decode(), headers)
            Webhook(secret).verify(body, headers)


class TestEvents:
    def test_tell_the_story_of_a_payment(self, shop: Shop, receiver: Receiver) -> None:
        told = shop.pay()
        shop.cancel(amount=30_000)
        shop.act("topup_1", "console-cancel")
        shop.act("topup_1", "dispute")
        shop.act("topup_1", "resolve-dispute")
        shop.settle()
        assert sorted(receiver.types) == sorted(
            [
                "Transaction.Ready",
                "Transaction.Paid",
                "Transaction.PartialCancelled",
                "Transaction.Cancelled",
                "Transaction.DisputeCreated",
                "Transaction.DisputeResolved",
            ]
        )
        bodies = {json.loads(delivery["body"])["type"]: json.loads(delivery["body"]) for delivery in receiver.received}
        assert bodies["Transaction.Paid"]["data"] == {
            "storeId": "store-00000000-0000-4000-8000-000000000001",
            "paymentId": "topup_1",
            "transactionId": told["transaction_id"],
        }
        cancels = [cancel["id"] for cancel in shop.book()["cancels"]]
        assert bodies["Transaction.PartialCancelled"]["data"]["cancellationId"] == cancels[0]
        assert bodies["Transaction.Cancelled"]["data"]["cancellationId"] == cancels[1]

    def test_tell_of_failure_pending_accounts_and_undecided_cancels(self, shop: Shop, receiver: Receiver) -> None:
        shop.open("failed")
        shop.act("failed", "decline")
        shop.open("pending")
        shop.act("pending", "pend")
        shop.pay("account", payMethod="VIRTUAL_ACCOUNT")
        shop.act("account", "deposit")
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        shop.cancel("account", refundAccount={"bank": "SHINHAN", "number": "110123456789", "holderName": "김민지"})
        shop.act("account", "approve-cancel")
        shop.settle()
        assert sorted(set(receiver.types) - {"Transaction.Ready"}) == [
            "Transaction.CancelPending",
            "Transaction.Cancelled",
            "Transaction.Failed",
            "Transaction.Paid",
            "Transaction.PayPending",
            "Transaction.VirtualAccountIssued",
        ]

    def test_say_nothing_of_a_cancel_that_fails_later(self, shop: Shop, receiver: Receiver) -> None:
        shop.pay()
        shop.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        shop.cancel()
        shop.act("topup_1", "fail-cancel")
        shop.settle()
        assert sorted(receiver.types) == ["Transaction.CancelPending", "Transaction.Paid", "Transaction.Ready"]

    def test_pass_both_verifiers_with_either_secret(self, shop: Shop, receiver: Receiver) -> None:
        shop.pay()
        shop.settle()
        assert len(receiver.received) == 2
        for delivery in receiver.received:
            headers = {name.lower(): value for name, value in delivery["headers"].items()}
            assert headers["content-type"] == "application/json"
            for secret in WEBHOOK_SECRETS:
                told: Any = sdk.verify(secret, delivery["body"].decode(), headers)
                assert told.data.payment_id == "topup_1"
                Webhook(secret).verify(delivery["body"], headers)
            with pytest.raises(WebhookVerificationError):
                Webhook("whsec_" + base64.b64encode(b"x" * 24).decode()).verify(delivery["body"], headers)

    def test_can_be_signed_with_other_secrets(self, shop: Shop, receiver: Receiver) -> None:
        secret = "whsec_" + base64.b64encode(b"y" * 24).decode()
        shop.sandbox.control("POST", "/webhooks/config", {"secrets": [secret]})
        shop.open()
        shop.settle()
        [delivery] = receiver.received
        Webhook(secret).verify(delivery["body"], {name.lower(): value for name, value in delivery["headers"].items()})

    def test_go_to_the_notice_addresses_instead(self, shop: Shop, receiver: Receiver) -> None:
        elsewhere = [receiver.url.replace("webhooks", name) for name in ("one", "two")]
        shop.pay(noticeUrls=elsewhere)
        shop.settle()
        assert sorted(delivery["path"] for delivery in receiver.received) == ["/payments/one/portone/"] * 2 + ["/payments/two/portone/"] * 2

    def test_are_skipped_when_the_caller_says_so(self, shop: Shop, receiver: Receiver) -> None:
        shop.pay()
        shop.cancel(amount=1, skipWebhook=True)
        shop.settle()
        assert sorted(receiver.types) == ["Transaction.Paid", "Transaction.Ready"]

    def test_are_not_made_without_an_address(self, shop: Shop) -> None:
        shop.pay()
        assert shop.sandbox.control("GET", "/deliveries") == {"deliveries": []}

    def test_never_hold_up_the_answer(self, shop: Shop, receiver: Receiver) -> None:
        receiver.sleep = 30
        began = time.monotonic()
        shop.pay()
        assert time.monotonic() - began < 20
        shop.sandbox.reset()

    def test_can_be_about_a_payment_that_never_was(self, shop: Shop, receiver: Receiver) -> None:
        shop.sandbox.control("POST", "/webhooks/test-call", {"data": {"storeId": "s", "paymentId": "nobody", "transactionId": "t"}})
        shop.settle()
        assert receiver.types == ["Transaction.Paid"]
        assert shop.rest("GET", "/payments/nobody").status_code == 404

    def test_may_be_of_a_kind_from_the_future(self, shop: Shop, receiver: Receiver) -> None:
        shop.sandbox.control("POST", "/drift", {"unknown_webhook_type": True})
        shop.open()
        shop.settle()
        assert sorted(receiver.types) == ["Transaction.Ready", "Transaction.SomethingNew"]


class TestRetries:
    def test_follow_the_plan_and_give_up_after_six(self, shop: Shop, receiver: Receiver) -> None:
        receiver.then = 500
        shop.open()
        shop.settle()
        counts = [len(receiver.received)]
        for minutes in (1, 4, 16, 64, 256):
            shop.sandbox.control("POST", "/clock/advance", {"seconds": minutes * 60 - 5})
            shop.settle()
            counts.append(len(receiver.received))
            shop.sandbox.control("POST", "/clock/advance", {"seconds": 5})
            shop.settle()
            counts.append(len(receiver.received))
        shop.sandbox.control("POST", "/clock/advance", {"seconds": 10**6})
        shop.settle()
        counts.append(len(receiver.received))
        assert counts == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
        assert len(set(receiver.ids)) == 1
        assert len({delivery["body"] for delivery in receiver.received}) == 1
        [delivery] = shop.sandbox.control("GET", "/deliveries")["deliveries"]
        assert (delivery["state"], delivery["executions"]) == ("FAILED", 6)

    def test_are_stamped_and_signed_anew_with_real_time(self, shop: Shop, receiver: Receiver) -> None:
        receiver.answers = [500]
        shop.open()
        shop.settle()
        time.sleep(1.1)
        shop.sandbox.control("POST", "/clock/advance", {"seconds": 3600})
        shop.settle()
        first, second = [{name.lower(): value for name, value in delivery["headers"].items()} for delivery in receiver.received]
        assert first["webhook-id"] == second["webhook-id"]
        assert 1 <= int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) < 60
        assert first["webhook-signature"] != second["webhook-signature"]
        Webhook(WEBHOOK_SECRETS[0]).verify(receiver.received[1]["body"], second)

    @pytest.mark.parametrize("status, is_delivered", [(200, True), (201, False), (204, False), (302, False), (404, False), (503, False)])
    def test_stop_at_exactly_200(self, shop: Shop, receiver: Receiver, status: int, is_delivered: bool) -> None:
        receiver.answers = [status]
        shop.open()
        shop.settle()
        [logged] = shop.rest("GET", "/payments/topup_1").json()["webhooks"]
        assert logged["status"] == ("SUCCEEDED" if is_delivered else "FAILED_NOT_OK_RESPONSE")
        assert (logged["response"]["code"], logged["currentExecutionCount"], logged["maxExecutionCount"]) == (str(status), 1, 6)

    def test_also_follow_a_dead_server(self, shop: Shop) -> None:
        shop.sandbox.control("POST", "/webhooks/config", {"url": "http://127.0.0.1:1/nobody"})
        shop.open()
        shop.settle()
        [logged] = shop.sdk.get_payment(payment_id="topup_1").webhooks
        assert (logged.status, logged.response) == ("FAILED_UNEXPECTED_ERROR", None)

    def test_survive_a_restart(self, shop: Shop, receiver: Receiver) -> None:
        receiver.answers = [500]
        shop.open()
        shop.settle()
        shop.sandbox.restart()
        shop.sandbox.control("POST", "/clock/advance", {"seconds": 60})
        shop.settle()
        assert len(receiver.received) == 2
        assert len(set(receiver.ids)) == 1

    def test_repeat_what_a_crash_interrupted(self, shop: Shop, receiver: Receiver) -> None:
        receiver.sleep = 30  # so long that the crash comes before the answer
        shop.open()
        while not receiver.received:
            time.sleep(0.01)
        shop.sandbox.kill()
        receiver.sleep = 0
        shop.sandbox.start()
        shop.settle()
        assert len(receiver.received) == 2
        assert len(set(receiver.ids)) == 1


class TestResend:
    def test_sends_the_newest_again_under_its_id(self, shop: Shop, receiver: Receiver) -> None:
        shop.pay()
        shop.settle()
        again = shop.sdk.resend_webhook(payment_id="topup_1").webhook
        shop.settle()
        assert receiver.ids.count(again.id) == 2
        assert receiver.types.count("Transaction.Paid") == 2
        assert again.trigger == "MANUAL"

    def test_sends_a_named_one(self, shop: Shop, receiver: Receiver) -> None:
        shop.pay()
        shop.settle()
        ready = receiver.ids[receiver.types.index("Transaction.Ready")]
        shop.sdk.resend_webhook(payment_id="topup_1", webhook_id=ready)
        shop.settle()
        assert receiver.ids.count(ready) == 2

    def test_refuses_what_is_not_there(self, shop: Shop, receiver: Receiver) -> None:
        with pytest.raises(errors.PaymentNotFoundError):
            shop.sdk.resend_webhook(payment_id="nobody")
        shop.pay()
        with pytest.raises(errors.WebhookNotFoundError):
            shop.sdk.resend_webhook(payment_id="topup_1", webhook_id="nobody")

    def test_has_an_end(self, shop: Shop, receiver: Receiver) -> None:
        shop.open()
        for _ in range(20):
            shop.sdk.resend_webhook(payment_id="topup_1")
        with pytest.raises(errors.MaxWebhookRetryCountReachedError):
            shop.sdk.resend_webhook(payment_id="topup_1")


class TestFaults:
    def script(self, shop: Shop, **fault: Any) -> None:
        shop.sandbox.control("POST", "/webhooks/faults", fault)

    def test_drop(self, shop: Shop, receiver: Receiver) -> None:
        self.script(shop, kind="drop", types=["Transaction.Paid"])
        shop.pay()
        shop.settle()
        assert receiver.types == ["Transaction.Ready"]
        assert [delivery["state"] for delivery in shop.sandbox.control("GET", "/deliveries")["deliveries"]] == ["SUCCEEDED", "DROPPED"]

    def test_duplicate(self, shop: Shop, receiver: Receiver) -> None:
        self.script(shop, kind="duplicate", types=["Transaction.Paid"], copies=20)
        shop.pay()
        shop.settle()
        assert receiver.types.count("Transaction.Paid") == 20
        assert len(set(receiver.ids)) == 2

    def test_hold_and_release(self, shop: Shop, receiver: Receiver) -> None:
        self.script(shop, kind="hold", count=None)
        shop.pay()
        shop.settle()
        assert receiver.types == []
        assert shop.sandbox.control("POST", "/webhooks/release", {}) == {"released": 2}
        shop.settle()
        assert receiver.types == ["Transaction.Ready", "Transaction.Paid"]

    def test_hold_and_release_backwards(self, shop: Shop, receiver: Receiver) -> None:
        self.script(shop, kind="hold", count=2)
        shop.pay()
        shop.sandbox.control("POST", "/webhooks/release", {"last_first": True})
        shop.settle()
        assert receiver.types == ["Transaction.Paid", "Transaction.Ready"]

    def test_reorder(self, shop: Shop, receiver: Receiver) -> None:
        self.script(shop, kind="reorder", count=3)
        shop.pay()
        shop.settle()
        assert receiver.types == []
        shop.cancel(amount=1)
        shop.settle()
        assert receiver.types == ["Transaction.PartialCancelled", "Transaction.Paid", "Transaction.Ready"]

    def test_delay(self, shop: Shop, receiver: Receiver) -> None:
        self.script(shop, kind="delay", seconds=3600, types=["Transaction.Paid"])
        shop.pay()
        shop.settle()
        assert receiver.types == ["Transaction.Ready"]
        shop.sandbox.control("POST", "/clock/advance", {"seconds": 3600})
        shop.settle()
        assert receiver.types == ["Transaction.Ready", "Transaction.Paid"]

    def test_clear(self, shop: Shop, receiver: Receiver) -> None:
        self.script(shop, kind="drop", count=None)
        shop.sandbox.control("DELETE", "/webhooks/faults")
        shop.open()
        shop.settle()
        assert receiver.types == ["Transaction.Ready"]

    def test_shake_the_order_the_same_way_for_one_seed(self, shop: Shop, receiver: Receiver) -> None:
        orders = []
        for _ in range(2):
            shop.sandbox.reset()
            shop.sandbox.control("POST", "/webhooks/config", {"url": receiver.url, "jitter_seconds": 100_000, "seed": 7})
            for number in range(6):
                shop.open(f"topup_{number}")
            deliveries = shop.sandbox.control("GET", "/deliveries")["deliveries"]
            orders.append([delivery["payment_id"] for delivery in sorted(deliveries, key=lambda delivery: delivery["due_at"])])
        assert orders[0] == orders[1] != [f"topup_{number}" for number in range(6)]
