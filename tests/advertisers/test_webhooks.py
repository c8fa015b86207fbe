"""Outgoing webhooks: signed as the standard says, in order, once per event, again for 24 hours, and never to an address inside."""

import json
import socket
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from kombu.exceptions import OperationalError
from pydantic import ValidationError

from advertisers import webhooks
from advertisers.models import WebhookAttempt, WebhookDelivery, WebhookEvent
from advertisers.schemas import WebhookIn
from advertisers.webhooks import calling, events, queue, signing
from advertisers.webhooks.calling import Word
from common import effects, handlers, relay
from common.kst import SEOUL
from common.models import Effect
from identity import retention
from identity.models import Notification
from tests.advertisers.receivers import Receiver, endpoint, fresh, happens, run
from tests.connecting import connect_patiently
from tests.doubler import run_doubled
from tests.sandbox_process import SandboxProcess
from tests.telling import arrived, inbox  # noqa: F401 (fixtures)

State = WebhookDelivery.State
LAST_TRY = 12


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with SandboxProcess(data=tmp_path_factory.mktemp("receivers") / "sandbox.sqlite3") as process:
        yield process


@pytest.fixture
def shop(sandbox, settings):
    """Minji's server, which takes everything."""
    sandbox.reset()
    settings.WEBHOOK_TRUSTED_ORIGINS = [sandbox.base_url]
    return Receiver(sandbox)


@pytest.fixture
def told(minji, minji_user, shop, at):
    """Minji's endpoint, whose receiver checks signatures."""
    new = endpoint(minji, minji_user, shop.url, at=at)
    shop.behaves(secret=new.secret)
    return new.endpoint


def states(row):
    return list(WebhookDelivery.objects.filter(endpoint=row).order_by("number").values_list("state", flat=True))


class TestSignature:
    def test_is_that_of_the_published_vector(self):
        """Source: the vector of the Standard Webhooks libraries."""
        at = datetime.fromtimestamp(1614265330, UTC)
        found = signing.headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', keys=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at=at
        )
        assert found == {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }

    def test_is_the_same_whatever_the_zone_of_the_moment(self):
        at = datetime.fromtimestamp(1614265330, UTC)
        key = signing.new_secret()
        assert signing.headers("m", b"{}", keys=[key], at=at) == signing.headers("m", b"{}", keys=[key], at=at.astimezone(SEOUL))

    def test_of_a_real_call_is_right_for_the_receiver_and_its_message_is_whole(self, told, minji, shop, at):
        happens(minji, "low:1", at=at)
        assert run(at=at) == 1
        [came] = shop.came()
        event = WebhookEvent.objects.get()
        assert (came["verdict"], came["id"], states(told)) == ("right signature", str(event.public_id), [State.DELIVERED])
        assert came["message"] == {
            "id": str(event.public_id),
            "type": "credits.low",
            "timestamp": "2026-11-25T03:00:00Z",
            "sequence": 1,
            "data": {"days_left": 2},
        }

    def test_int_03_a_receiver_with_a_korean_address_gets_its_events(self, minji, minji_user, shop, at):
        row = endpoint(minji, minji_user, f"{shop.url}?매장=강남", at=at).endpoint
        happens(minji, "low:1", at=at)
        run(at=at)
        assert (len(shop.came()), states(row)) == (1, [State.DELIVERED])

    def test_with_another_secret_is_refused_there_and_tried_again(self, told, minji, shop, at):
        shop.behaves(secret=signing.new_secret())
        happens(minji, "low:1", at=at)
        run(at=at)
        attempt = WebhookAttempt.objects.get()
        assert (attempt.status, attempt.word, states(told)) == (401, Word.REFUSED, [State.WAITING])

    def test_int_07_two_secrets_sign_for_a_day_after_a_change_and_one_afterwards(self, told, minji, minji_user, shop, at, monkeypatch):
        new = webhooks.rotate(endpoint=told, by=minji_user, at=at)
        row, day = fresh(told), timedelta(hours=24)
        moments = (at, at + day - timedelta(seconds=1), at + day)
        assert [len(queue.keys_of(row, at=moment)) for moment in moments] == [2, 2, 1]
        assert queue.keys_of(row, at=at + day) == [new.secret]
        monkeypatch.setattr("advertisers.tasks.timezone.now", lambda: at)
        happens(minji, "low:1", at=at)
        run(at=at)  # the receiver still has the old secret
        shop.behaves(secret=new.secret)
        happens(minji, "low:2", at=at)
        run(at=at)
        assert [(came["verdict"], came["signatures"]) for came in shop.came()] == [("right signature", 2)] * 2

    def test_secrets_lie_sealed(self, told, minji_user, at):
        new = webhooks.rotate(endpoint=told, by=minji_user, at=at)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT t::text FROM advertisers_webhookendpoint t UNION ALL SELECT t::text FROM advertisers_webhookendpointevent t"
            )
            stored = "".join(text for (text,) in cursor.fetchall())
        assert new.secret not in stored
        assert new.secret.removeprefix("whsec_") not in stored


class TestEvents:
    def test_are_told_once_per_cause_and_only_to_those_who_asked(self, minji, minji_user, eve, eve_user, shop, at):
        wants = endpoint(minji, minji_user, shop.url, at=at, wanted=[events.CREDITS_LOW]).endpoint
        other = endpoint(minji, minji_user, shop.url, at=at, wanted=[events.BUDGET_LOW]).endpoint
        stranger = endpoint(eve, eve_user, shop.url, at=at).endpoint
        for _ in range(2):
            happens(minji, "low:1", at=at)
        assert [states(row) for row in (wants, other, stranger)] == [[State.WAITING], [], []]
        assert run(at=at) == 1
        assert len(shop.came()) == 1

    def test_without_an_endpoint_write_nothing(self, minji, at):
        happens(minji, "low:1", at=at)
        assert (WebhookEvent.objects.count(), Effect.objects.count()) == (0, 0)

    def test_join_the_transaction_of_their_cause(self, told, minji, at):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            webhooks.emit(advertiser=minji, type=events.CREDITS_LOW, key="low:1", data={}, at=at)
            raise ZeroDivisionError
        assert (WebhookEvent.objects.count(), Effect.objects.count(), fresh(told).last_number) == (0, 0, 0)

    @pytest.mark.parametrize("declared", events.TYPES, ids=lambda one: one.key)
    def test_have_an_example_without_anything_personal(self, declared):
        text = json.dumps(declared.example)
        assert declared.label
        assert not any(word in text for word in ("name", "phone", "email", "member", "person", "device", "reason"))

    def test_are_forgotten_after_thirty_days(self, told, minji, at):
        happens(minji, "low:1", at=at)
        run(at=at)
        assert retention.purge(at=at + timedelta(days=29))["advertisers.webhooks"] == 0
        assert retention.purge(at=at + timedelta(days=30))["advertisers.webhooks"] == 3
        assert (WebhookEvent.objects.count(), WebhookDelivery.objects.count(), WebhookAttempt.objects.count()) == (0, 0, 0)


class TestAReceiverThatFails:
    def test_int_03_is_tried_again_with_growing_waits_for_24_hours_then_parked_and_switched_off(self, told, minji, minji_user, shop, at):
        shop.behaves(status=500)
        happens(minji, "low:1", at=at)
        tried = []
        while fresh(told).is_on:
            moment = fresh(told).next_at
            assert run(at=moment) == 1
            tried.append(moment - at)
        gaps = [later - earlier for earlier, later in zip(tried, tried[1:], strict=False)]
        assert (tried[0], tried[-1], len(tried)) == (timedelta(), timedelta(hours=24), LAST_TRY)
        assert gaps == sorted(gaps)
        assert tried[1:] == webhooks.waits()
        assert len(set(shop.ids())) == 1
        assert len({came["body"] for came in shop.came()}) == 1
        row = fresh(told)
        assert (states(told), row.why_off, row.next_at) == ([State.PARKED], "FAILED", None)
        assert Notification.objects.get(user=minji_user).kind == "advertisers.webhook_off"
        assert run(at=at + timedelta(days=3)) == 0

    def test_int_03_is_given_up_after_24_hours_however_often_somebody_pressed_send_now(self, told, minji, shop, at):
        shop.behaves(status=500)
        happens(minji, "low:1", at=at)
        run(at=at)
        delivery = WebhookDelivery.objects.get().public_id
        for second in range(1, 2 * LAST_TRY):
            webhooks.replay(advertiser=minji, delivery=delivery, at=at + timedelta(seconds=second))
            run(at=at + timedelta(seconds=second))
        row, tried = fresh(told), [at]
        assert (states(told), row.why_off, row.failing_since) == ([State.WAITING], "", at)
        while (row := fresh(told)).is_on:
            tried.append(row.next_at)
            run(at=row.next_at)
        assert (tried[-1] - at, states(told), row.why_off) == (timedelta(hours=24), [State.PARKED], "FAILED")

    def test_int_03_that_had_nothing_to_fail_with_meanwhile_begins_a_new_day(self, told, minji, shop, at):
        """What failed was passed over, and the next event comes long afterwards."""
        shop.behaves(status=500)
        happens(minji, "low:1", at=at)
        run(at=at)
        webhooks.skip(advertiser=minji, delivery=WebhookDelivery.objects.get().public_id, at=at)
        assert fresh(told).failing_since is None
        later = at + timedelta(days=3)
        happens(minji, "low:2", at=later)
        run(at=later)
        assert (states(told), fresh(told).is_on, fresh(told).failing_since) == ([State.SKIPPED, State.WAITING], True, later)

    def test_int_03_that_took_something_meanwhile_begins_a_new_day(self, told, minji, shop, at):
        shop.behaves(status=500)
        happens(minji, "low:1", at=at)
        happens(minji, "low:2", at=at)
        run(at=at)
        row, later = fresh(told), at + timedelta(hours=24)
        first, second = WebhookDelivery.objects.order_by("number")
        refused = {"status": 500, "word": "REFUSED", "took_ms": 1}
        made = [{**refused, "delivery": first.pk, "status": 200, "word": "OK"}, {**refused, "delivery": second.pk}]
        with transaction.atomic():
            queue.took_turn(row, turn=row.turn, made=made, at=later)
        assert (states(told), fresh(told).is_on, fresh(told).failing_since) == ([State.DELIVERED, State.WAITING], True, later)

    @pytest.mark.parametrize("by", ["a-new-event", "send-now"])
    def test_whose_turn_was_parked_is_called_again(self, told, minji, shop, at, by):
        happens(minji, "low:1", at=at)
        Effect.objects.filter(kind=queue.KIND).update(state=Effect.State.PARKED)
        later = at + timedelta(minutes=10)
        if by == "send-now":
            webhooks.replay(advertiser=minji, delivery=WebhookDelivery.objects.get().public_id, at=later)
        else:
            happens(minji, "low:2", at=later)
        run(at=later)
        assert set(states(told)) == {State.DELIVERED}

    def test_whose_turn_is_only_late_gets_no_second_one(self, told, minji, shop, at):
        """The queue of effects is behind: a turn that took the place of the one that waits would only make it wait longer."""
        happens(minji, "low:1", at=at)
        later = at + timedelta(minutes=10)
        happens(minji, "low:2", at=later)
        webhooks.replay(advertiser=minji, delivery=WebhookDelivery.objects.first().public_id, at=later)
        assert (fresh(told).turn, Effect.objects.filter(kind=queue.KIND).count()) == (1, 1)
        run(at=later)
        assert states(told) == [State.DELIVERED] * 2

    def test_int_03_that_is_given_up_is_told_to_the_team(self, told, minji, shop, at, arrived):  # noqa: F811
        shop.behaves(status=410)
        happens(minji, "low:1", at=at)
        run(at=at)
        arrived("advertisers.webhook_off")

    def test_int_03_order_and_ids_stay_while_later_events_wait(self, told, minji, shop, at):
        shop.behaves(status=500, times=2)
        for number in (1, 2, 3):
            happens(minji, f"low:{number}", at=at, days_left=number)
        run(at=at)
        run(at=at + timedelta(seconds=10))
        assert states(told) == [State.WAITING] * 3
        run(at=at + timedelta(minutes=1))
        came = [(one["message"]["sequence"], one["message"]["data"]["days_left"]) for one in shop.came()]
        assert came == [(1, 1), (1, 1), (1, 1), (2, 2), (3, 3)]
        assert list(dict.fromkeys(shop.ids())) == [str(event.public_id) for event in WebhookEvent.objects.order_by("pk")]

    def test_int_03_switched_on_again_gets_everything_in_order_under_the_same_ids(self, told, minji, minji_user, shop, at):
        shop.behaves(status=410)
        happens(minji, "low:1", at=at)
        run(at=at)
        assert (states(told), fresh(told).why_off) == ([State.PARKED], "GONE")
        for number in (2, 3):
            happens(minji, f"low:{number}", at=at)
        assert run(at=at) == 0
        shop.behaves()
        webhooks.switch_on(endpoint=told, with_backlog=True, by=minji_user, at=at)
        run(at=at)
        assert [one["message"]["sequence"] for one in shop.came()] == [1, 1, 2, 3]
        assert shop.ids()[0] == shop.ids()[1]
        assert (states(told), fresh(told).failing_since) == ([State.DELIVERED] * 3, None)

    def test_switched_on_without_the_backlog_begins_with_what_comes(self, told, minji, minji_user, shop, at):
        webhooks.switch_off(endpoint=told, by=minji_user)
        happens(minji, "low:1", at=at)
        webhooks.switch_on(endpoint=told, with_backlog=False, by=minji_user, at=at)
        happens(minji, "low:2", at=at)
        run(at=at)
        assert [one["message"]["sequence"] for one in shop.came()] == [2]
        assert states(told) == [State.SKIPPED, State.DELIVERED]

    def test_int_03_replay_sends_the_same_id_once_however_often_it_is_pressed(self, told, minji, shop, at):
        happens(minji, "low:1", at=at)
        run(at=at)
        delivery = WebhookDelivery.objects.get()
        for _ in range(3):
            webhooks.replay(advertiser=minji, delivery=delivery.public_id, at=at)
        run(at=at)
        assert (len(shop.ids()), len(set(shop.ids())), states(told)) == (2, 1, [State.DELIVERED])

    def test_int_03_replay_of_one_that_waits_tries_now_and_its_old_turn_is_worth_nothing(self, told, minji, shop, at):
        shop.behaves(status=500, times=1)
        happens(minji, "low:1", at=at)
        run(at=at)
        webhooks.replay(advertiser=minji, delivery=WebhookDelivery.objects.get().public_id, at=at)
        run(at=at)
        assert (len(shop.ids()), states(told)) == (2, [State.DELIVERED])
        run(at=at + timedelta(seconds=10))
        assert len(shop.ids()) == 2
        assert set(Effect.objects.filter(kind=queue.KIND).values_list("state", flat=True)) == {"DONE", "FAILED"}

    def test_an_event_may_be_passed_over_for_those_behind_it(self, told, minji, shop, at):
        shop.behaves(status=500, times=1)
        for number in (1, 2):
            happens(minji, f"low:{number}", at=at)
        run(at=at)
        first = WebhookDelivery.objects.order_by("number")[0]
        webhooks.skip(advertiser=minji, delivery=first.public_id, at=at)
        run(at=at)
        assert [one["message"]["sequence"] for one in shop.came()] == [1, 2]
        assert states(told) == [State.SKIPPED, State.DELIVERED]
        with pytest.raises(webhooks.NotReplayable):
            webhooks.skip(advertiser=minji, delivery=first.public_id, at=at)

    @pytest.mark.parametrize(
        ("target", "word"),
        [
            ("http://169.254.169.254/latest/meta-data/", Word.REDIRECT),
            ("http://127.0.0.1:1/", Word.REDIRECT),
            ("https://[::1]/", Word.REDIRECT),
        ],
    )
    def test_is_never_followed_to_where_it_leads(self, told, minji, shop, at, target, word):
        shop.behaves(status=302, redirect=target)
        happens(minji, "low:1", at=at)
        run(at=at)
        assert (WebhookAttempt.objects.get().word, states(told), len(shop.came())) == (word, [State.WAITING], 1)

    def test_and_never_answers_costs_only_its_time(self, told, minji, shop, at, monkeypatch):
        monkeypatch.setattr(calling, "SECONDS", 0.5)
        shop.behaves(delay=30)
        happens(minji, "low:1", at=at)
        began = time.monotonic()
        run(at=at)
        assert (WebhookAttempt.objects.get().word, states(told)) == (Word.TIMEOUT, [State.WAITING])
        assert time.monotonic() - began < 20

    @pytest.mark.parametrize("manners", [{"body_bytes": 1_000_000_000}, {"body_bytes": 200_000, "body_seconds": 60}], ids=["huge", "slow"])
    def test_or_answers_without_end_is_not_read(self, told, minji, shop, at, manners):
        shop.behaves(status=200, **manners)
        happens(minji, "low:1", at=at)
        began = time.monotonic()
        run(at=at)
        assert (states(told), time.monotonic() - began < 20) == ([State.DELIVERED], True)

    def test_and_drips_its_headers_is_hung_up_on(self, monkeypatch, settings):
        monkeypatch.setattr(calling, "SECONDS", 0.6)
        with closing(socket.create_server(("127.0.0.1", 0))) as server:
            port = server.getsockname()[1]
            settings.WEBHOOK_TRUSTED_ORIGINS = [f"http://127.0.0.1:{port}"]
            threading.Thread(target=_drip, args=[server], daemon=True).start()
            began = time.monotonic()
            answer = calling.post(f"http://127.0.0.1:{port}/", b"{}", {})
        assert (answer.word, time.monotonic() - began < 20) == (Word.TIMEOUT, True)

    def test_and_is_not_there_is_a_failure_like_any_other(self, minji, minji_user, at, settings):
        settings.WEBHOOK_TRUSTED_ORIGINS = ["http://127.0.0.1:9"]
        row = endpoint(minji, minji_user, "http://127.0.0.1:9/", at=at).endpoint
        happens(minji, "low:1", at=at)
        run(at=at)
        assert (WebhookAttempt.objects.get().word, states(row)) == (Word.NO_CONNECTION, [State.WAITING])


def _drip(server):
    talk, _ = server.accept()
    with closing(talk):
        for letter in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300:
            time.sleep(0.1)
            try:
                talk.sendall(bytes([letter]))
            except OSError:
                return


def resolving(monkeypatch, *answers):
    """Every question for a name gets the next answer, the last one again and again; who was connected to."""
    asked, called = [], []

    def resolve(host, *args, **kwargs):
        found = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        return [(0, 0, 0, "", (address, 443)) for address in found]

    def connect(place, **kwargs):
        called.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    return called


class TestAnAddressInside:
    @pytest.mark.parametrize(
        "address",
        ["127.0.0.1", "10.0.0.8", "192.168.0.1", "169.254.169.254", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::a00:1"],
    )
    def test_is_refused_at_saving_and_at_sending(self, minji, minji_user, at, monkeypatch, address):
        called = resolving(monkeypatch, [address])
        with pytest.raises(webhooks.ReceiverRefused):
            webhooks.refuse_unsafe("https://hooks.example.com/boost")
        row = endpoint(minji, minji_user, "https://hooks.example.com/boost", at=at).endpoint
        happens(minji, "low:1", at=at)
        run(at=at)
        assert (WebhookAttempt.objects.get().word, states(row), called) == (Word.NOT_PUBLIC, [State.WAITING], [])

    def test_beside_a_public_one_is_refused_too(self, monkeypatch):
        called = resolving(monkeypatch, ["8.8.8.8", "10.0.0.1"])
        assert (calling.post("https://hooks.example.com/", b"{}", {}).word, called) == (Word.NOT_PUBLIC, [])

    def test_behind_a_name_that_changes_its_answer_is_never_called(self, minji, minji_user, at, monkeypatch):
        """The name was public at saving and at the judgement of the call; the address that was judged is the one that is called."""
        called = resolving(monkeypatch, ["8.8.8.8"], ["8.8.8.8"], ["127.0.0.1"])
        webhooks.refuse_unsafe("https://hooks.example.com/boost")
        row = endpoint(minji, minji_user, "https://hooks.example.com/boost", at=at).endpoint
        happens(minji, "low:1", at=at)
        run(at=at)
        run(at=at + timedelta(seconds=10))
        assert called == [("8.8.8.8", 443)]
        assert list(WebhookAttempt.objects.order_by("pk").values_list("word", flat=True)) == [Word.NO_CONNECTION, Word.NOT_PUBLIC]
        assert states(row) == [State.WAITING]

    def test_in_the_clear_is_not_called_even_from_a_row(self, monkeypatch, settings):
        settings.WEBHOOK_TRUSTED_ORIGINS = []
        called = resolving(monkeypatch, ["8.8.8.8"])
        for url in ("http://hooks.example.com/", "https://hooks.example.com:8443/", "http://127.0.0.1:8001/receiver/shop"):
            assert calling.post(url, b"{}", {}).word == Word.NOT_PUBLIC
        assert called == []

    @pytest.mark.parametrize(
        "url",
        [
            "https://8.8.8.8.nip.io/", "https://app.10-0-0-1.sslip.io/", "https://localtest.me/", "https://lvh.me/", "https://127.0.0.1/",
            "https://[::1]/", "https://2130706433/", "https://0x7f000001/", "https://localhost/", "https://db.internal/",
            "https://me:secret@hooks.example.com/", "https://hooks.example.com\\@10.0.0.1/",
        ],
    )  # fmt: skip
    def test_by_a_name_that_hides_where_it_leads_is_refused_at_saving_and_at_sending(self, minji, minji_user, at, monkeypatch, url):
        """Even while the name answers with a public address."""
        called = resolving(monkeypatch, ["8.8.8.8"])
        with pytest.raises(ValidationError):
            WebhookIn(name="주문 서버", url=url, events=[events.CREDITS_LOW])
        row = endpoint(minji, minji_user, url, at=at).endpoint
        happens(minji, "low:1", at=at)
        run(at=at)
        assert (WebhookAttempt.objects.get().word, states(row), called) == (Word.NOT_PUBLIC, [State.WAITING], [])

    def test_of_an_unknown_name_is_said(self, monkeypatch):
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: (_ for _ in ()).throw(socket.gaierror()))
        with pytest.raises(webhooks.ReceiverRefused, match="이름을 찾을 수 없어요"):
            webhooks.refuse_unsafe("https://nowhere.example.com/")
        assert calling.post("https://nowhere.example.com/", b"{}", {}).word == Word.UNKNOWN_NAME

    def test_a_call_inside_a_transaction_is_a_bug(self, db):
        with transaction.atomic(), pytest.raises(RuntimeError):
            calling.post("https://hooks.example.com/", b"{}", {})


class TestTheWorstDay:
    def test_int_03_doubled_late_and_in_reverse_order_every_event_arrives_under_one_id(self, told, minji, shop, at):
        for number in (1, 2, 3):
            happens(minji, f"low:{number}", at=at)
        run_doubled(at=at)
        assert states(told) == [State.DELIVERED] * 3
        assert list(dict.fromkeys(shop.ids())) == [str(event.public_id) for event in WebhookEvent.objects.order_by("pk")]

    def test_two_workers_at_once_send_once(self, transactional_db, minji, minji_user, shop, at):
        row = endpoint(minji, minji_user, shop.url, at=at).endpoint
        shop.behaves(delay=0.5)
        happens(minji, "low:1", at=at)
        handlers.load()
        pk = Effect.objects.get(kind=queue.KIND).pk
        _together(lambda: effects.work(pk, at=at), 2)
        assert (len(shop.came()), states(row)) == (1, [State.DELIVERED])

    def test_two_workers_without_the_lease_would_send_twice(self, transactional_db, minji, minji_user, shop, at):
        """The negative control."""
        row = endpoint(minji, minji_user, shop.url, at=at).endpoint
        shop.behaves(delay=0.5)
        happens(minji, "low:1", at=at)
        _together(lambda: list(queue.calls(row, at=at)), 2)
        assert (len(shop.came()), len(set(shop.ids()))) == (2, 1)

    @pytest.mark.parametrize("locked", [True, False], ids=["locked", "without-the-lock"])
    def test_events_of_eight_transactions_get_eight_places(self, transactional_db, minji, minji_user, shop, at, monkeypatch, locked):
        row = endpoint(minji, minji_user, shop.url, at=at).endpoint
        if not locked:  # the negative control: everybody reads the same last number
            barrier = threading.Barrier(8)
            monkeypatch.setattr(queue, "lock_all", lambda found: (list(found), barrier.wait(timeout=20))[0])
        failures = _together(lambda number: happens(minji, f"low:{number}", at=at), 8, numbered=True)
        places = list(WebhookDelivery.objects.filter(endpoint=row).order_by("number").values_list("number", flat=True))
        if locked:
            assert (failures, places, Effect.objects.filter(kind=queue.KIND).count()) == (0, list(range(1, 9)), 1)
        else:
            assert failures == 7
            assert places == [1]

    def test_a_dead_broker_delays_nothing_for_long(self, told, minji, shop, at, monkeypatch):
        def away(*args, **kwargs):
            raise OperationalError

        monkeypatch.setattr(relay.work_effect, "apply_async", away)
        handlers.load()
        happens(minji, "low:1", at=at)
        relay.Relay(hands=0, clock=lambda: at).turn(at=at)
        assert (len(shop.came()), states(told)) == (1, [State.DELIVERED])

    def test_a_backlog_goes_out_in_turns_that_end_within_their_lease(self, told, minji, shop, at):
        for number in range(25):
            happens(minji, f"low:{number}", at=at)
        assert run(at=at) == 2
        assert [one["message"]["sequence"] for one in shop.came()] == list(range(1, 26))
        assert effects.LEASE.total_seconds() > queue.TURN_SECONDS + calling.SECONDS


def _together(act, count, *, numbered=False):
    """Run it in threads at once, each with a connection of its own; how many raised."""
    failures, start = [], threading.Barrier(count)

    def go(number):
        try:
            connect_patiently()
            start.wait(timeout=20)
            act(number) if numbered else act()
        except Exception as exc:
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(failures)
