"""The relay and its broker: refused, silent, flushed or doubled, nothing is lost and nothing happens twice."""

import base64
import json
import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import OperationalError, connections
from kombu import pools

from common import effects, relay
from common.effects import Outcome, Result
from common.models import Effect
from common.relay import Relay
from common.tasks import work_effect
from config.celery import app
from tests.tools import free_port

QUICK = 4.0  # seconds: time-outs of half a second on a busy machine; the library alone needs 6 when refused, 25 when silent


@pytest.fixture
def broker():
    """Point Celery at a Redis: broker("redis://…"), with the options the product uses for one."""
    kept = {name: app.conf[name] for name in ("broker_url", "broker_write_url", "broker_read_url", "broker_transport_options")}

    def forget_connections():
        pools.reset()
        app._pool = None
        app.amqp._producer_pool = None

    def point(url):
        app.conf.update(
            broker_url=url, broker_write_url=url, broker_read_url=url, broker_transport_options=dict(settings.REDIS_TRANSPORT_OPTIONS)
        )
        forget_connections()

    yield point
    app.conf.update(**kept)
    forget_connections()


@pytest.fixture
def turn(at):
    """One turn of a relay without hands, so that what it works is worked when the turn is over."""
    turned = {"at": at}
    one = Relay(hands=0, clock=lambda: turned["at"])

    def take(after=timedelta(0)):
        turned["at"] = at + after
        return one.turn(at=at + after)

    return take


def states():
    return list(Effect.objects.order_by("pk").values_list("key", "state", "attempts"))


def quick_turn(turn, add, *, rows):
    """The keys of all rows, once a turn that tried the broker was over soon: a busy machine is slow now and then, waiting is always."""
    keys = []
    for tried in range(3):
        new = [f"thing:{tried}:{number}" for number in range(rows)]
        for key in new:
            add(key)
        began = time.monotonic()
        assert turn(tried * relay.BROKER_REST) == rows
        keys += new
        if time.monotonic() - began < QUICK:
            return keys
    raise AssertionError(f"no turn took less than {QUICK} s")


class TestARedisThatRefuses:
    def test_costs_no_effect_and_little_time(self, db, courier, add, broker, turn):
        broker(f"redis://127.0.0.1:{free_port()}/0")
        keys = quick_turn(turn, add, rows=2)
        assert states() == [(key, "DONE", 1) for key in keys]
        assert courier.does == keys

    def test_is_left_alone_for_a_while_and_then_tried_again(self, db, courier, add, broker, turn, redis_server):
        redis_server.stop()
        broker(redis_server.url)
        add("thing:1")
        turn()
        redis_server.start()
        add("thing:2")
        turn(timedelta(seconds=9))
        assert courier.does == ["thing:1", "thing:2"], "the broker still rests: the relay works it itself"
        add("thing:3")
        assert turn(timedelta(seconds=10)) == 1
        assert (b":1" in redis_server.say("LLEN celery"), courier.does) == (True, ["thing:1", "thing:2"])


class TestARedisThatIsSilent:
    def test_costs_no_effect_and_little_time(self, db, courier, add, broker, turn, silent_server):
        broker(f"redis://127.0.0.1:{silent_server.port}/0")
        keys = quick_turn(turn, add, rows=20)  # only the first of them finds out
        assert [state for _, state, _ in states()] == ["DONE"] * len(keys)
        assert courier.does == keys


class TestARedisThatForgets:
    def test_is_noticed_after_one_lease(self, db, courier, add, broker, turn, redis_server):
        broker(redis_server.url)
        add("thing:1")
        assert turn() == 1
        assert redis_server.say("LLEN celery") == b":1\r\n"
        assert redis_server.say("FLUSHALL") == b"+OK\r\n"
        assert turn(timedelta(seconds=89)) == 0, "a worker may still come"
        assert (states(), courier.sends) == ([("thing:1", "NEW", 0)], [])
        assert turn(timedelta(seconds=90)) == 1
        assert (states(), courier.does) == ([("thing:1", "DONE", 1)], ["thing:1"])

    def test_loses_nothing_when_it_dies_between_two_messages(self, db, courier, add, broker, turn, redis_server):
        broker(redis_server.url)
        add("thing:1")
        turn()
        redis_server.stop()
        add("thing:2")
        turn(timedelta(seconds=1))
        assert states() == [("thing:1", "NEW", 0), ("thing:2", "DONE", 1)]
        turn(timedelta(seconds=90))
        assert [state for _, state, _ in states()] == ["DONE", "DONE"]
        assert sorted(courier.does) == ["thing:1", "thing:2"]


class TestAWorkerThatIsDead:
    def test_hides_no_newer_row_from_the_broker(self, db, courier, add, broker, turn, redis_server, monkeypatch):
        monkeypatch.setattr(relay, "BATCH", 2)
        broker(redis_server.url)
        for number in range(5):
            add(f"thing:{number}")
        assert [turn(timedelta(seconds=seconds)) for seconds in (0, 1, 2, 3)] == [2, 2, 1, 0]
        assert redis_server.say("LLEN celery") == b":5\r\n"


class TestAMessage:
    def test_changes_no_row(self, db, courier, add, broker, turn, redis_server):
        broker(redis_server.url)
        add()
        turn()
        assert states() == [("thing:1", "NEW", 0)]

    def test_is_a_number_and_nothing_else(self, db, courier, add, broker, turn, redis_server):
        """Nothing personal that a broker could show, nothing that could be wrong by the time it is read."""
        broker(redis_server.url)
        effect = add(notification=7)
        turn()
        message = json.loads(redis_server.say("LINDEX celery 0").split(b"\r\n", 1)[1])
        arguments, named, _ = json.loads(base64.b64decode(message["body"]))
        assert (arguments, named) == ([effect.pk], {})

    def test_is_written_once_for_each_row(self, db, courier, add, broker, turn, redis_server):
        broker(redis_server.url)
        add()
        assert [turn(timedelta(seconds=seconds)) for seconds in (0, 1, 30)] == [1, 0, 0]
        assert redis_server.say("LLEN celery") == b":1\r\n"

    def test_that_comes_twice_late_or_for_nothing_works_a_row_once(self, db, courier, add, monkeypatch, at):
        monkeypatch.setattr("common.tasks.timezone.now", lambda: at)
        effect = add()
        for _ in range(3):
            work_effect(effect.pk)
        work_effect(effect.pk + 1_000)
        assert (courier.sends, courier.asks, states()) == (["thing:1"], [], [("thing:1", "DONE", 1)])

    def test_after_the_relay_gave_up_waiting_changes_nothing(self, db, courier, add, broker, turn, redis_server, monkeypatch, at):
        broker(redis_server.url)
        effect = add()
        turn()
        turn(timedelta(seconds=90))
        monkeypatch.setattr("common.tasks.timezone.now", lambda: at + timedelta(seconds=91))
        work_effect(effect.pk)
        assert courier.sends == ["thing:1"]


class TestARelayAlone:
    def test_asks_no_broker(self, db, courier, add, at, monkeypatch):
        monkeypatch.setattr(relay.work_effect, "apply_async", lambda *args, **options: pytest.fail("a message was sent"))
        add()
        assert Relay(alone=True, hands=0, clock=lambda: at).turn(at=at) == 1
        assert courier.does == ["thing:1"]

    def test_goes_on_when_one_row_is_poison(self, db, courier, add, at):
        def poisoned(effect):
            if effect.key == "thing:1":
                raise RuntimeError("poison")
            return courier.do(effect)

        courier.on_send = courier.on_ask = poisoned
        add("thing:1"), add("thing:2")
        one = Relay(alone=True, hands=0, clock=lambda: at)
        one.turn(at=at)
        assert states() == [("thing:1", "UNKNOWN", 1), ("thing:2", "DONE", 1)]

    def test_says_when_the_database_is_away(self, db, at, monkeypatch):
        def away(**options):
            raise OperationalError("connection refused")

        monkeypatch.setattr(effects, "due_ids", away)
        with pytest.raises(OperationalError):
            Relay(alone=True, hands=0).turn(at=at)


class TestHands:
    def test_keep_a_slow_supplier_from_stopping_the_others(self, transactional_db, courier, add, at, monkeypatch):
        monkeypatch.setattr(relay, "close_old_connections", connections.close_all)  # the hands outlive the test, their connections not
        holding = threading.Event()

        def slow(effect):
            if effect.key == "thing:slow":
                assert holding.wait(120)
            courier.does.append(effect.key)
            return Outcome(Result.DONE)

        courier.on_send = slow
        add("thing:slow"), add("thing:1"), add("thing:2")
        one = Relay(alone=True, hands=2, clock=lambda: at)
        try:
            assert one.turn(at=at) == 3
            deadline = time.monotonic() + 60
            while len(courier.does) < 2 and time.monotonic() < deadline:
                time.sleep(0.02)
            assert sorted(courier.does) == ["thing:1", "thing:2"]
            assert one.turn(at=at) == 0, "what is being worked is not taken again"
            assert one.finish(seconds=0.1) is False
        finally:
            holding.set()
        assert one.finish(seconds=60) is True
        assert sorted(state for _, state, _ in states()) == ["DONE", "DONE", "DONE"]
