"""Writing and working effects."""

from datetime import timedelta

import pytest
import structlog
from django.db import IntegrityError, OperationalError, transaction

from common import effects
from common.effects import LEASE, Outcome, Result
from common.models import DatedSetting, Effect
from common.provider import GatewayError
from tests.common.conftest import KIND

State = Effect.State
SECOND = timedelta(seconds=1)


def row(effect: Effect) -> Effect:
    return Effect.objects.get(pk=effect.pk)


class TestAdd:
    def test_joins_the_transaction_of_its_cause(self, db, at):
        with pytest.raises(RuntimeError, match="an effect joins the transaction of its cause"):
            effects.add(KIND, key="thing:1", at=at)
        assert Effect.objects.count() == 0

    def test_disappears_with_a_cause_that_was_rolled_back(self, db, at):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            effects.add(KIND, key="thing:1", at=at)
            raise ZeroDivisionError
        assert Effect.objects.count() == 0

    def test_writes_a_new_row_that_is_due_at_once(self, db, add, at):
        effect = row(add(order="B1"))
        assert (effect.state, effect.ids, effect.attempts, effect.due_at, effect.created_at) == (State.NEW, {"order": "B1"}, 0, at, at)
        assert effects.due_ids(at=at) == [effect.pk]

    def test_may_wait(self, db, add, at):
        effect = add(due_at=at + SECOND)
        assert effects.due_ids(at=at) == []
        assert effects.due_ids(at=at + SECOND) == [effect.pk]

    def test_returns_the_row_that_is_there_for_the_same_key(self, db, add, at):
        first, second = add(order=[1, 2]), add(order=(1, 2), at=at + SECOND)
        assert first.pk == second.pk
        assert Effect.objects.count() == 1

    @pytest.mark.parametrize("other", [{"kind": "tests.other", "order": 1}, {"kind": KIND, "order": 2}])
    def test_refuses_a_key_of_another_effect(self, db, add, at, other):
        add(order=1)
        with pytest.raises(RuntimeError, match="thing:1 belongs to another effect"), transaction.atomic():
            effects.add(other["kind"], key="thing:1", at=at, order=other["order"])
        assert Effect.objects.get().ids == {"order": 1}

    def test_keeps_the_request_id_of_its_cause_however_long(self, db, add):
        with structlog.contextvars.bound_contextvars(request_id="r" * 300):
            assert row(add()).request_id == "r" * 64


class TestWork:
    def test_sends_once_and_records_the_result(self, db, courier, add, at):
        effect = add()
        worked = effects.work(effect.pk, at=at, clock=lambda: at + SECOND)
        assert (worked.state, worked.detail, worked.attempts, worked.finished_at) == (State.DONE, "done by send", 1, at + SECOND)
        assert (worked.lease_until, worked.failures) == (None, 0)
        assert (courier.sends, courier.asks, courier.records) == (["thing:1"], [], [("thing:1", Result.DONE)])

    def test_does_nothing_for_a_row_that_is_finished(self, db, courier, add, at):
        effect = add()
        effects.work(effect.pk, at=at)
        assert effects.work(effect.pk, at=at + LEASE) is None
        assert courier.sends == ["thing:1"]

    def test_does_nothing_before_a_row_is_due(self, db, courier, add, at):
        effect = add(due_at=at + SECOND)
        assert effects.work(effect.pk, at=at) is None
        assert (row(effect).state, courier.sends) == (State.NEW, [])

    def test_is_committed_as_sent_with_a_lease_while_the_supplier_is_called(self, db, courier, add, at):
        seen = []

        def send(effect):
            current = row(effect)
            seen.append((current.state, current.attempts, current.lease_until))
            return Outcome(Result.DONE)

        courier.on_send = send
        effects.work(add().pk, at=at)
        assert seen == [(State.SENT, 1, at + LEASE)]

    def test_is_left_alone_by_others_while_its_lease_runs(self, db, courier, add, at):
        others = []

        def send(effect):
            others.append(effects.work(effect.pk, at=at + LEASE - timedelta(microseconds=1)))
            return Outcome(Result.DONE)

        courier.on_send = send
        effects.work(add().pk, at=at)
        assert (others, len(courier.asks), len(courier.sends)) == ([None], 0, 1)

    def test_ends_as_failed_when_it_must_not_be_tried_again(self, db, courier, add, at):
        courier.on_send = lambda effect: Outcome(Result.FAILED, detail="refused")
        worked = effects.work(add().pk, at=at)
        assert (worked.state, worked.detail, worked.finished_at) == (State.FAILED, "refused", at)

    def test_asks_after_silence_and_never_sends_again(self, db, courier, add, at):
        def send(effect):
            courier.do(effect)
            raise GatewayError(known=False, code="READ_TIMEOUT")

        courier.on_send = send
        worked = effects.work(add().pk, at=at)
        assert (worked.state, worked.detail, worked.failures, worked.due_at) == (State.UNKNOWN, "READ_TIMEOUT", 1, at + 10 * SECOND)
        worked = effects.work(worked.pk, at=at + 10 * SECOND)
        assert (worked.state, worked.detail, worked.failures) == (State.DONE, "found by ask", 0)
        assert (courier.sends, courier.asks, courier.does) == (["thing:1"], ["thing:1"], ["thing:1"])

    def test_sends_again_when_the_supplier_refused_for_certain(self, db, courier, add, at):
        courier.on_send = self.refuse
        worked = effects.work(add().pk, at=at)
        assert (worked.state, worked.failures, worked.due_at) == (State.NEW, 1, at + 10 * SECOND)
        courier.on_send = courier.do
        assert effects.work(worked.pk, at=at + 10 * SECOND).state == State.DONE
        assert (courier.sends, courier.asks) == (["thing:1", "thing:1"], [])

    def test_sends_again_when_the_answer_to_a_question_is_that_nothing_arrived(self, db, courier, add, at):
        courier.on_send = self.stay_silent
        worked = effects.work(add().pk, at=at)
        worked = effects.work(worked.pk, at=worked.due_at)
        assert (worked.state, worked.detail) == (State.NEW, "not there")
        courier.on_send = courier.do
        assert effects.work(worked.pk, at=worked.due_at).state == State.DONE
        assert courier.does == ["thing:1"]

    def test_treats_a_known_refusal_of_a_question_as_not_knowing(self, db, courier, add, at):
        courier.on_send, courier.on_ask = self.stay_silent, self.refuse
        worked = effects.work(add().pk, at=at)
        worked = effects.work(worked.pk, at=worked.due_at)
        assert (worked.state, worked.failures) == (State.UNKNOWN, 2)

    def test_waits_without_a_failure_while_the_supplier_is_still_at_it(self, db, courier, add, at):
        courier.on_send = lambda effect: Outcome(Result.PENDING, detail="requested", after=timedelta(hours=1))
        worked = effects.work(add().pk, at=at)
        assert (worked.state, worked.failures, worked.due_at) == (State.UNKNOWN, 0, at + timedelta(hours=1))
        courier.on_ask = lambda effect: Outcome(Result.PENDING)
        worked = effects.work(worked.pk, at=worked.due_at)
        assert (worked.failures, worked.due_at) == (0, at + timedelta(hours=1, minutes=5))

    def test_parks_after_five_failures_in_a_row_and_stays_there(self, db, courier, add, at, caplog):
        courier.on_send = courier.on_ask = self.stay_silent
        effect, pauses = add(), []
        for _ in range(5):
            worked = effects.work(effect.pk, at=at)
            pauses.append((worked.due_at - at).total_seconds())
            at = worked.due_at
        assert (worked.state, worked.failures, worked.attempts) == (State.PARKED, 5, 5)
        assert pauses[:4] == [10, 30, 60, 120]
        assert f"Effect {effect.pk} is parked after 5 failures" in caplog.text
        assert effects.work(effect.pk, at=at + timedelta(days=1)) is None
        assert effects.due_ids(at=at + timedelta(days=1)) == []

    def test_asks_again_when_an_operator_lets_a_parked_row_go_on(self, db, courier, add, at):
        effect = add()
        Effect.objects.update(state=State.PARKED, failures=5)
        assert effects.unpark([effect.pk], at=at) == 1
        courier.does.append(effect.key)
        worked = effects.work(effect.pk, at=at)
        assert (worked.state, worked.failures, courier.sends, courier.asks) == (State.DONE, 0, [], ["thing:1"])
        assert effects.unpark([effect.pk], at=at) == 0

    def test_a_success_forgets_earlier_failures(self, db, courier, add, at):
        courier.on_send = self.refuse
        worked = effects.work(add().pk, at=at)
        courier.on_send = lambda effect: Outcome(Result.PENDING)
        assert effects.work(worked.pk, at=worked.due_at).failures == 0

    def test_a_bug_in_a_handler_ends_in_the_row_and_not_in_the_queue(self, db, courier, add, at, caplog):
        courier.on_send = lambda effect: 1 / 0
        first, second = add("thing:1"), add("thing:2")
        courier.on_send = lambda effect: 1 / 0 if effect.key == "thing:1" else courier.do(effect)
        assert effects.run_due(at=at) == 2
        assert (row(first).state, row(first).detail, row(first).failures) == (State.UNKNOWN, "ZeroDivisionError", 1)
        assert row(second).state == State.DONE
        assert f"Unable to work effect {first.pk}" in caplog.text

    def test_a_kind_without_a_handler_is_kept(self, db, at):
        with transaction.atomic():
            effect = effects.add("tests.nobody", key="thing:1", at=at)
        worked = effects.work(effect.pk, at=at)
        assert (worked.state, worked.failures, worked.detail) == (State.NEW, 1, "no handler registered")

    def test_takes_each_lease_when_its_row_is_taken(self, db, courier, add, at):
        moments = iter(at + n * timedelta(minutes=1) for n in range(10))
        leases = []
        courier.on_send = lambda effect: leases.append(row(effect).lease_until) or Outcome(Result.DONE)
        add("thing:1"), add("thing:2")
        effects.run_due(at=at, clock=lambda: next(moments))
        assert leases == [at + LEASE, at + timedelta(minutes=2) + LEASE]

    @staticmethod
    def stay_silent(effect):
        raise GatewayError(known=False, code="READ_TIMEOUT")

    @staticmethod
    def refuse(effect):
        raise GatewayError(known=True, code="CONNECTION_REFUSED")


class TestRecord:
    def test_commits_the_domain_row_and_the_effect_together(self, db, courier, add, at):
        courier.on_record = lambda effect, outcome: DatedSetting.objects.create(name="x", value=1, effective_from=at, reason="test")
        effects.work(add().pk, at=at)
        assert (Effect.objects.get().state, DatedSetting.objects.count()) == (State.DONE, 1)

    def test_writes_neither_when_one_of_them_fails(self, db, courier, add, at):
        def record(effect, outcome):
            DatedSetting.objects.create(name="x", value=1, effective_from=at, reason="test")
            raise IntegrityError("no")

        courier.on_record = record
        worked = effects.work(add().pk, at=at)
        assert DatedSetting.objects.count() == 0
        assert (worked.state, worked.detail, worked.failures) == (State.UNKNOWN, "not recorded: IntegrityError", 1)

    def test_asks_and_records_later_what_could_not_be_recorded(self, db, courier, add, at):
        def busy(effect, outcome):
            raise OperationalError("canceling statement due to lock timeout")

        courier.on_record = busy
        worked = effects.work(add().pk, at=at)
        assert worked.state == State.UNKNOWN
        courier.on_record = lambda effect, outcome: None
        worked = effects.work(worked.pk, at=worked.due_at)
        assert (worked.state, courier.does, courier.records) == (State.DONE, ["thing:1"], [("thing:1", Result.DONE)])

    def test_parks_a_row_whose_result_can_never_be_recorded(self, db, courier, add, at):
        courier.on_record = lambda effect, outcome: 1 / 0
        effect = add()
        for _ in range(5):
            worked = effects.work(effect.pk, at=at)
            at = worked.due_at
        assert (worked.state, worked.detail) == (State.PARKED, "not recorded: ZeroDivisionError")
        assert courier.does == ["thing:1"]


class TestRequestId:
    def test_follows_the_effect_into_its_handler_and_is_gone_afterwards(self, db, courier, add, at):
        seen = []
        courier.on_send = lambda effect: seen.append(dict(structlog.contextvars.get_contextvars())) or Outcome(Result.DONE)
        with structlog.contextvars.bound_contextvars(request_id="req-7"):
            effect = add()
        effects.work(effect.pk, at=at)
        assert seen == [{"request_id": "req-7", "effect": "thing:1"}]
        assert structlog.contextvars.get_contextvars() == {}
