"""A worker dies between two steps. What it left is asked about, never repeated blindly."""

from datetime import timedelta

import pytest

from common import effects
from common.effects import LEASE, Result
from common.models import Effect
from tests import doubler

State = Effect.State


class Killed(BaseException):
    """As SIGKILL: nothing in the code under test may catch it."""


def killed(*args, **kwargs):
    raise Killed


class TestAWorkerThatDies:
    def test_before_the_call_leaves_a_row_that_is_asked_about_and_then_sent(self, db, courier, add, at, monkeypatch):
        effect = add()
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(effects, "_call", killed)
            effects.work(effect.pk, at=at)
        assert Effect.objects.get().state == State.SENT
        assert effects.work(effect.pk, at=at + LEASE - timedelta(microseconds=1)) is None
        worked = effects.work(effect.pk, at=at + LEASE)
        assert (worked.state, worked.detail, courier.asks, courier.sends) == (State.NEW, "not there", ["thing:1"], [])
        assert effects.work(effect.pk, at=worked.due_at).state == State.DONE
        assert courier.does == ["thing:1"]

    def test_after_the_call_leaves_a_row_whose_result_is_found_by_asking(self, db, courier, add, at, monkeypatch):
        effect = add()
        with monkeypatch.context() as patched, pytest.raises(Killed):
            patched.setattr(effects, "_close", killed)
            effects.work(effect.pk, at=at)
        worked = effects.work(effect.pk, at=at + LEASE)
        assert (worked.state, worked.detail) == (State.DONE, "found by ask")
        assert (courier.does, courier.records) == (["thing:1"], [("thing:1", Result.DONE)])

    def test_within_the_closing_transaction_writes_nothing(self, db, courier, add, at):
        effect = add()
        courier.on_record = killed
        with pytest.raises(Killed):
            effects.work(effect.pk, at=at)
        assert (Effect.objects.get().state, courier.records) == (State.SENT, [])
        courier.on_record = lambda effect, outcome: None
        assert effects.work(effect.pk, at=at + LEASE).detail == "found by ask"

    def test_five_times_on_the_same_row_parks_it(self, db, courier, add, at, caplog):
        effect = add()
        courier.on_send = courier.on_ask = killed
        for _ in range(5):
            with pytest.raises(Killed):
                effects.work(effect.pk, at=at)
            at += LEASE
        assert effects.work(effect.pk, at=at) is None
        row = Effect.objects.get()
        assert (row.state, row.failures, row.detail, row.lease_until) == (State.PARKED, 5, "its workers died", None)
        assert (len(courier.sends), len(courier.asks)) == (1, 4)
        assert f"Effect {effect.pk} is parked: its workers died" in caplog.text


class TestAWorkerThatIsLate:
    def test_writes_nothing_when_another_one_took_over(self, db, courier, add, at):
        effect = add()
        late, asking = effects._take(effect.pk, at=at)
        outcome = effects._call(late, asking=asking)
        effects.work(effect.pk, at=at + LEASE)
        assert effects._close(late, outcome, at=at + LEASE) is None
        assert Effect.objects.get().detail == "found by ask"
        assert courier.records == [("thing:1", Result.DONE)]

    def test_writes_nothing_while_another_one_is_at_it(self, db, courier, add, at):
        effect = add()
        late, asking = effects._take(effect.pk, at=at)
        outcome = effects._call(late, asking=asking)
        assert effects._take(effect.pk, at=at + LEASE) is not None
        assert effects._close(late, outcome, at=at + LEASE) is None
        row = Effect.objects.get()
        assert (row.state, row.attempts, row.lease_until, courier.records) == (State.SENT, 2, at + 2 * LEASE, [])

    def test_writes_its_result_when_nobody_took_over(self, db, courier, add, at):
        effect = add()
        late, asking = effects._take(effect.pk, at=at)
        outcome = effects._call(late, asking=asking)
        assert effects._close(late, outcome, at=at + 2 * LEASE).state == State.DONE


class TestTheDoubler:
    def test_ends_like_a_good_day(self, db, courier, add, at):
        for n in range(5):
            add(f"plain:{n}")
        plain = doubler.run_plain(at=at)
        for n in range(5):
            add(f"doubled:{n}")
        doubled = doubler.run_doubled(at=at)
        assert [row.state for row in plain] == [row.state for row in doubled] == [State.DONE] * 5
        assert courier.does == [f"plain:{n}" for n in range(5)] + [f"doubled:{n}" for n in reversed(range(5))]
        assert len(courier.records) == 10

    def test_finds_a_handler_that_repeats_blindly(self, db, courier, add, at):
        courier.on_ask = courier.do  # the mistake: sending again instead of asking
        add()
        doubler.run_doubled(at=at)
        assert courier.does == ["thing:1", "thing:1"]

    def test_follows_effects_that_effects_make(self, db, courier, add, at):
        courier.on_record = lambda effect, outcome: (
            effects.add(effect.kind, key=effect.key + ":next", at=at, due_at=at + timedelta(days=1)) if effect.key == "thing:1" else None
        )
        add()
        assert [row.key for row in doubler.run_doubled(at=at)] == ["thing:1", "thing:1:next"]
        assert courier.does == ["thing:1", "thing:1:next"]

    def test_says_so_when_there_is_no_end(self, db, courier, add, at):
        courier.on_ask = courier.on_send = lambda effect: effects.Outcome(Result.PENDING)
        add()
        with pytest.raises(AssertionError, match="still go on"):
            doubler.run_plain(at=at)
