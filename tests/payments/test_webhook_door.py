"""The machine door: what is proved is stored and looked up, everything else is refused, and nothing a message says is believed. PAY-07."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from django.test import Client
from portone_server_sdk import webhook as official
from standardwebhooks import Webhook

from common.models import Effect, InboundWebhook
from credits.models import Entry
from payments import doors
from payments.models import PaymentOrder, ReconciliationItem, Refund
from payments.services import webhooks
from tests.credits.book import everything
from tests.payments.conftest import now_is, run_effects
from tests.payments.messages import DOOR, SECRET, event, post, signed


def money():
    """Every row that money depends on."""
    tables = (PaymentOrder, Refund, ReconciliationItem, Effect, InboundWebhook)
    return {**everything(), **{table.__name__: list(table.objects.order_by("pk").values_list()) for table in tables}}


def sign(body: bytes, *, id: str = "evt-1", timestamp: str | None = None, secret: str = SECRET) -> dict[str, str]:
    """The three headers, computed by hand, so that parts can be wrong."""
    timestamp = timestamp or str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mark = base64.b64encode(hmac.new(key, id.encode() + b"." + timestamp.encode() + b"." + body, hashlib.sha256).digest()).decode()
    return {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,{mark}"}


BODY = event("BO01M88AAMW0DF7W1ETDZM2QAVBN")
NOW = str(int(time.time()))


def without(name):
    return lambda: (BODY, {key: value for key, value in sign(BODY).items() if key != f"webhook-{name}"})


def changed(**values):
    return lambda: (BODY, {**sign(BODY), **{f"webhook-{name}": value for name, value in values.items()}})


def signature_of(change):
    def make():
        headers = sign(BODY)
        return BODY, {**headers, "webhook-signature": change(headers["webhook-signature"])}

    return make


def stamped(timestamp):
    return lambda: (BODY, sign(BODY, timestamp=timestamp))


REFUSED = {
    "no headers at all": lambda: (BODY, {}),
    "no id": without("id"),
    "no timestamp": without("timestamp"),
    "no signature": without("signature"),
    "empty id": changed(id=""),
    "empty timestamp": changed(timestamp=""),
    "empty signature": changed(signature=""),
    "another id than was signed": changed(id="evt-2"),
    "another timestamp than was signed": lambda: (BODY, {**sign(BODY), "webhook-timestamp": str(int(time.time()) - 5)}),
    "id with a line break escaped": lambda: (BODY, sign(BODY, id="evt\\n1 2")),
    "id with spaces": lambda: (BODY, sign(BODY, id="evt 1")),
    "id in hangul": lambda: (BODY, sign(BODY, id="메시지")),
    "id of 101 letters": lambda: (BODY, sign(BODY, id="e" * 101)),
    "301 seconds old": lambda: (BODY, sign(BODY, timestamp=str(int(time.time()) - 302))),
    "from the future": lambda: (BODY, sign(BODY, timestamp=str(int(time.time()) + 330))),
    "a day old": lambda: (BODY, sign(BODY, timestamp=str(int(time.time()) - 86_400))),
    "timestamp zero": stamped("0"),
    "negative timestamp": stamped("-1"),
    "timestamp with a fraction": lambda: (BODY, sign(BODY, timestamp=f"{int(time.time())}.5")),
    "timestamp in milliseconds": lambda: (BODY, sign(BODY, timestamp=str(int(time.time() * 1000)))),
    "timestamp no calendar has": stamped("9" * 12),
    "timestamp of fifty digits": stamped("9" * 50),
    "timestamp in words": stamped("now"),
    "timestamp as a date": stamped("2026-11-25T03:00:00Z"),
    "timestamp not a number": stamped("nan"),
    "timestamp with blanks": lambda: (BODY, sign(BODY, timestamp=f" {int(time.time())}")),
    "timestamp in full-width digits": lambda: (BODY, sign(BODY, timestamp="１７００００００００")),
    "timestamp with a plus": lambda: (BODY, sign(BODY, timestamp=f"+{int(time.time())}")),
    "unknown version": signature_of(lambda mark: mark.replace("v1,", "v2,")),
    "asymmetric version": signature_of(lambda mark: mark.replace("v1,", "v1a,")),
    "no version": signature_of(lambda mark: mark.removeprefix("v1,")),
    "version in capitals": signature_of(lambda mark: mark.replace("v1,", "V1,")),
    "half a signature": signature_of(lambda mark: mark[:24]),
    "signature plus a letter": signature_of(lambda mark: mark + "A"),
    "signature without padding": signature_of(lambda mark: mark.rstrip("=")),
    "signature for web addresses": signature_of(lambda mark: mark.replace("+", "-").replace("/", "_") + "-"),
    "signature in hex": lambda: (BODY, {**sign(BODY), "webhook-signature": "v1," + "0" * 64}),
    "signature is not Base64": changed(signature="v1,***"),
    "signature is only a version": changed(signature="v1,"),
    "signature in hangul": changed(signature="v1,서명"),
    "ten thousand signatures": changed(signature=" ".join(["v1,AAAA"] * 500)),
    "signed with another secret": lambda: (BODY, sign(BODY, secret="whsec_" + base64.b64encode(b"guessed-secret-guessed!").decode())),
    "signed with the secret as text": lambda: (
        BODY,
        {**sign(BODY), "webhook-signature": "v1," + base64.b64encode(hmac.digest(SECRET.encode(), b"x", "sha256")).decode()},
    ),
    "one letter of the body changed": lambda: (BODY.replace(b"Paid", b"paid"), sign(BODY)),
    "a blank behind the body": lambda: (BODY + b" ", sign(BODY)),
    "a line break behind the body": lambda: (BODY + b"\n", sign(BODY)),
    "the same JSON in another order": lambda: (json.dumps(dict(reversed(json.loads(BODY).items()))).encode(), sign(BODY)),
    "empty body, signature of a full one": lambda: (b"", sign(BODY)),
    "bytes that are no text": lambda: (b"\xff\xfe\x00", sign(b"\xff\xfe\x00")),
    "a half letter": lambda: (BODY[:-1] + "가".encode()[:2], sign(BODY[:-1] + "가".encode()[:2])),
}

# Truly signed, so proved, but nothing to act on: stored, answered 200, and no effect is written.
ABOUT_NOTHING = {
    "no JSON": b"hello",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"Transaction.Paid"',
    "a number": b"1",
    "half an object": BODY[: len(BODY) // 2],
    "deeply nested": b"[" * 20_000 + b"]" * 20_000,
    "no type": b'{"data":{"paymentId":"BO0100000000000000000000000A"}}',
    "type is a number": b'{"type":1,"data":{"paymentId":"BO0100000000000000000000000A"}}',
    "type nobody knows": event("BO0100000000000000000000000A", "Settlement.Ready"),
    "billing key": event("BO0100000000000000000000000A", "BillingKey.Issued"),
    "no data": b'{"type":"Transaction.Paid"}',
    "data is a list": b'{"type":"Transaction.Paid","data":[]}',
    "data is a text": b'{"type":"Transaction.Paid","data":"x"}',
    "payment is a number": b'{"type":"Transaction.Paid","data":{"paymentId":7}}',
    "payment is null": b'{"type":"Transaction.Paid","data":{"paymentId":null}}',
    "payment is an object": b'{"type":"Transaction.Paid","data":{"paymentId":{"$ne":""}}}',
    "payment is empty": b'{"type":"Transaction.Paid","data":{"paymentId":""}}',
    "payment of 101 letters": event("B" * 101),
    "payment with a null byte": event("BO\x00"),
    "payment in hangul": event("주문"),
}


@pytest.mark.django_db
class TestRefused:
    @pytest.mark.parametrize("name", REFUSED)
    def test_pay_07_what_is_not_proved_is_refused_and_changes_nothing(self, client, name):
        body, headers = REFUSED[name]()
        before = money()

        answer = client.post(DOOR, body, content_type="application/json", headers=headers)

        assert (answer.status_code, answer.content) == (401, b"")
        assert money() == before

    def test_the_corpus_is_large_enough(self):
        assert len(REFUSED) >= 40

    def test_counts_what_it_refuses_by_reason(self, client):
        counter = doors.REFUSED.labels("portone", "signature")
        before = counter._value.get()
        client.post(DOOR, BODY, content_type="application/json", headers={**sign(BODY), "webhook-signature": "v1,AAAA"})
        assert counter._value.get() == before + 1

    def test_refuses_a_body_larger_than_64_kib_before_reading_it(self, client):
        body = b" " * (64 * 1024 + 1)
        assert client.post(DOOR, body, content_type="application/json", headers=sign(body)).status_code == 413
        assert not InboundWebhook.objects.exists()

    def test_takes_a_body_of_exactly_64_kib(self, client):
        body = b" " * (64 * 1024)
        assert client.post(DOOR, body, content_type="application/json", headers=sign(body)).status_code == 200

    @pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head"])
    def test_knows_no_other_method(self, client, method):
        assert getattr(client, method)(DOOR).status_code == 405

    def test_knows_no_other_gateway(self, client):
        assert client.post("/payments/webhooks/tosss/", BODY, content_type="application/json", headers=sign(BODY)).status_code == 404

    def test_a_verifier_that_stumbles_has_proved_nothing(self, client, settings):
        settings.PORTONE_WEBHOOK_SECRETS = ["whsec_***"]
        assert client.post(DOOR, BODY, content_type="application/json", headers=sign(BODY)).status_code == 401
        settings.PORTONE_WEBHOOK_SECRETS = []
        assert client.post(DOOR, BODY, content_type="application/json", headers=sign(BODY)).status_code == 401

    def test_asks_for_no_token_and_no_session(self):
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(DOOR, BODY, content_type="application/json", headers=sign(BODY)).status_code == 200

    def test_says_503_when_the_database_is_away_so_that_it_comes_again(self, client, monkeypatch):
        def away(**_):
            raise OperationalError("server closed the connection")

        monkeypatch.setattr(webhooks, "receive", away)
        assert client.post(DOOR, BODY, content_type="application/json", headers=sign(BODY)).status_code == 503


@pytest.mark.django_db
class TestProved:
    @pytest.mark.parametrize("name", ABOUT_NOTHING)
    def test_a_true_message_about_nothing_of_ours_is_kept_and_answered(self, client, name):
        body = ABOUT_NOTHING[name]

        answer = client.post(DOOR, body, content_type="application/json", headers=sign(body))

        assert (answer.status_code, answer.content) == (200, b"ok")
        row = InboundWebhook.objects.get()
        assert (row.state, row.ref, bytes(row.body)) == ("IGNORED", "", body)
        assert not Effect.objects.exists()
        assert not Entry.objects.exists()

    @pytest.mark.parametrize("late", [0, 298, -295])
    def test_five_minutes_of_real_time_either_way_whatever_the_products_clock_says(self, client, late, at):
        now_is(at + timedelta(days=400))
        assert client.post(**post(BODY, late=late)).status_code == 200

    def test_one_of_several_signatures_is_enough(self, client):
        headers = sign(BODY)
        headers["webhook-signature"] = f"v1a,zzz v1,AAAA {headers['webhook-signature']} v2,x"
        assert client.post(DOOR, BODY, content_type="application/json", headers=headers).status_code == 200

    def test_both_secrets_count_while_they_are_changed(self, client, settings):
        new = "whsec_" + base64.b64encode(b"a-new-secret-a-new-secret").decode()
        settings.PORTONE_WEBHOOK_SECRETS = [new, SECRET]
        for secret in (new, SECRET):
            body = event("BO0100000000000000000000000B")
            assert (
                client.post(DOOR, body, content_type="application/json", headers=sign(body, id=secret[-9:-2], secret=secret)).status_code
                == 200
            )
        settings.PORTONE_WEBHOOK_SECRETS = [new]
        assert client.post(DOOR, BODY, content_type="application/json", headers=sign(BODY, id="late")).status_code == 401

    def test_keeps_the_raw_bytes_and_no_more_headers_than_needed(self, client):
        client.post(DOOR, BODY, content_type="application/json", headers={**sign(BODY), "authorization": "secret", "cookie": "x=1"})
        row = InboundWebhook.objects.get()
        assert bytes(row.body) == BODY
        assert sorted(row.headers) == ["content-type", "webhook-id", "webhook-timestamp"]


@pytest.mark.django_db
class TestAgainstTheOfficialVerifier:
    """PortOne's own library and the Standard Webhooks library as judges that we did not write."""

    def both(self, body, headers):
        try:
            Webhook(SECRET).verify(body, headers)
            standard = True
        except Exception:  # noqa: BLE001 - whatever a judge raises is a refusal
            standard = False
        try:
            official.verify(SECRET, body.decode(), headers)
            portone = True
        except Exception:  # noqa: BLE001
            portone = False
        return standard, portone

    @pytest.mark.parametrize("type", ["Transaction.Ready", "Transaction.Paid", "Transaction.Failed", "Transaction.PayPending"])
    def test_takes_what_both_take(self, client, type):
        body = event("BO0100000000000000000000000C", type)
        message_id, moment = str(uuid.uuid4()), datetime.now(UTC)
        headers = {
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(message_id, moment, body.decode()),
        }
        assert self.both(body, headers) == (True, True)
        assert client.post(DOOR, body, content_type="application/json", headers=headers).status_code == 200

    @pytest.mark.parametrize("name", REFUSED)
    def test_is_never_more_trusting_than_both(self, client, name):
        body, headers = REFUSED[name]()
        standard, portone = self.both(body, headers)
        assert not (standard and portone) or name in STRICTER


# Well signed, but with an id or a Base64 that we do not let near our tables.
STRICTER = {
    "id with a line break escaped",
    "id with spaces",
    "id of 101 letters",
    "id in hangul",
    "signature without padding",
    "signature plus a letter",
    "signature for web addresses",
}


class TestTheEffect:
    def test_pay_07_an_order_we_lack_is_parked_and_found_when_it_comes(self, till, buyer, client, at):
        """The message overtook the commit of the order."""
        order = till.order()
        buyer.pays(order, paid_at=at)
        PaymentOrder.objects.filter(pk=order.pk).update(order_id="BOHIDDEN")
        client.post(**signed(order))
        run_effects(at)
        row = InboundWebhook.objects.get()
        assert (row.state, Effect.objects.get(kind="payments.sync_order").failures) == ("PARKED", 0)
        assert not Entry.objects.exists()

        PaymentOrder.objects.filter(pk=order.pk).update(order_id=order.order_id)
        run_effects(at + timedelta(seconds=11))

        row.refresh_from_db()
        assert (row.state, till.balance().available) == ("DONE", 100_000)

    def test_pay_07_an_order_that_never_comes_is_given_up_after_a_day(self, db, buyer, client, at):
        client.post(**post(event("BO01STRANGER00000000000000")))
        moment, tries = at, 0
        while (effect := Effect.objects.get(kind="payments.sync_order")).state not in ("DONE", "PARKED"):
            moment = max(moment, effect.due_at)
            run_effects(moment, rounds=1)
            tries += 1
        assert (effect.state, InboundWebhook.objects.get().state) == ("DONE", "IGNORED")
        assert timedelta(hours=24) <= moment - at <= timedelta(hours=26)
        assert tries < 60
        assert not Entry.objects.exists()

    def test_a_replay_is_counted_and_does_nothing_else(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        message = signed(order)

        assert [client.post(**message).status_code for _ in range(5)] == [200] * 5
        run_effects(at)
        client.post(**message)
        run_effects(at)

        assert InboundWebhook.objects.get().deliveries == 6
        assert Effect.objects.filter(kind="payments.sync_order").count() == 1
        assert (till.balance().available, Entry.objects.count()) == (100_000, 1)

    def test_messages_out_of_order_end_where_the_book_is(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        for type in ("Transaction.Cancelled", "Transaction.Paid", "Transaction.Failed", "Transaction.Ready"):
            client.post(**signed(order, type=type))
            run_effects(at)

        order.refresh_from_db()
        assert (order.state, till.balance().available, Entry.objects.count()) == ("PAID", 100_000, 1)
        assert not ReconciliationItem.objects.exists()

    def test_a_true_message_that_lies_moves_nothing(self, till, buyer, client, at):
        order = till.order()
        buyer.enters(order)  # nobody paid

        client.post(**signed(order, type="Transaction.Paid"))
        run_effects(at)

        order.refresh_from_db()
        assert (order.state, Entry.objects.count()) == ("WINDOW_OPEN", 0)
