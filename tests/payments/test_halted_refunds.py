"""A refund that was approved before its account was restricted, or its payment disputed, does not go out; it waits for a new decision."""

from datetime import timedelta

import pytest
from django.db import transaction

from advertisers import services as advertisers
from common.models import Effect
from identity import approvals
from identity.models import ApprovalRequest, Notification
from payments import services
from payments.models import Refund
from payments.services.refusals import OrderDisputed
from tests.credits.book import nothing_written
from tests.payments.conftest import run_effects

State = Refund.State


def restrict(till, at):
    with transaction.atomic():
        advertisers.restrict(advertiser=till.advertiser, reason="결제가 취소됐는데 이미 쓴 크레딧이 있어요.", at=at)


def lift(till, at):
    with transaction.atomic():
        advertisers.lift_restriction(advertiser=till.advertiser, at=at)


class TestARestrictionBetweenTheYesAndTheCall:
    def test_ops_06_stops_the_refund_calls_nobody_and_tells_the_operators(self, till, approve, at):
        refund = approve(till.refund(till.paid(), 30_000))
        restrict(till, at + timedelta(hours=2))
        run_effects(at + timedelta(hours=3))
        refund.refresh_from_db()
        assert (refund.state, refund.try_no, refund.decided_by, refund.sent_at) == (State.REQUESTED, 2, None, None)
        assert (till.balance().frozen, till.buyer.calls(method="POST", path="cancel")) == (30_000, [])
        assert Effect.objects.get(kind="payments.refund").state == Effect.State.DONE
        assert Notification.objects.filter(user=None, kind="payments.refund_halted").count() == 1

    def test_ops_06_lifted_it_is_approved_again_and_paid_once(self, till, approve, operator, at):
        refund = approve(till.refund(till.paid(), 30_000))
        restrict(till, at + timedelta(hours=2))
        run_effects(at + timedelta(hours=3))
        lift(till, at + timedelta(hours=4))
        run_effects(at + timedelta(hours=4))
        refund.refresh_from_db()
        assert refund.state == State.REQUESTED
        services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=5))
        run_effects(at + timedelta(hours=5))
        refund.refresh_from_db()
        assert (refund.state, till.buyer.totals()["cancelled"]) == (State.DONE, 33_000)

    def test_ops_11_the_two_yeses_of_a_large_one_are_asked_for_anew(self, till, operator, finance, at):
        refund = till.refund(till.paid(3_000_000), 2_000_000)
        for person in (operator, finance):
            services.approve_refund(refund=refund, by=person, at=at + timedelta(hours=2))
        restrict(till, at + timedelta(hours=2))
        run_effects(at + timedelta(hours=3))
        lift(till, at + timedelta(hours=4))
        refund.refresh_from_db()
        waiting = services.approve_refund(refund=refund, by=finance, at=at + timedelta(hours=5))
        assert isinstance(waiting, ApprovalRequest)
        try:
            services.approve_refund(refund=refund, by=finance, at=at + timedelta(hours=5))
        except approvals.MakerIsChecker:
            pass
        else:
            raise AssertionError("the same operator gave both")
        services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=6))
        run_effects(at + timedelta(hours=6))
        refund.refresh_from_db()
        assert (refund.state, till.buyer.totals()["cancelled"]) == (State.DONE, 2_200_000)


def dispute(till, order, at):
    till.buyer.act(order, "dispute")
    services.sync_order(order_id=order.order_id, at=at)


def win(till, order, at):
    till.buyer.act(order, "resolve-dispute")
    services.sync_order(order_id=order.order_id, at=at)


class TestAComplaintBeforeTheCall:
    def test_pay_18_stops_the_refund_calls_nobody_and_after_it_was_won_one_yes_pays_once(self, till, approve, operator, at):
        refund = approve(till.refund(till.paid(), 30_000))
        dispute(till, refund.order, at + timedelta(hours=2, minutes=30))
        run_effects(at + timedelta(hours=3))

        refund.refresh_from_db()
        assert (refund.state, refund.try_no, refund.decided_by, refund.sent_at) == (State.REQUESTED, 2, None, None)
        assert till.buyer.calls(method="POST", path="cancel") == []
        assert "카드사 이의" in Notification.objects.get(user=None, kind="payments.refund_halted").body

        win(till, refund.order, at + timedelta(hours=4))
        services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=5))
        run_effects(at + timedelta(hours=5))
        refund.refresh_from_db()
        assert (refund.state, till.buyer.totals()["cancelled"]) == (State.DONE, 33_000)

    def test_pay_18_a_refused_refund_is_not_sent_again_while_the_card_company_decides(self, till, approve, operator, at):
        refund = approve(till.refund(till.paid(), 30_000))
        till.buyer.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        run_effects(at + timedelta(hours=3))
        dispute(till, refund.order, at + timedelta(hours=4))

        with nothing_written(), pytest.raises(OrderDisputed):
            services.retry_refund(refund=refund, by=operator, at=at + timedelta(hours=5), reason="다시 보내요.")
        run_effects(at + timedelta(hours=5))
        refund.refresh_from_db()
        assert (refund.state, refund.try_no, till.buyer.totals()["cancelled"]) == (State.FAILED, 1, 0)

        win(till, refund.order, at + timedelta(hours=6))
        services.retry_refund(refund=refund, by=operator, at=at + timedelta(hours=7), reason="이의가 끝났어요.")
        run_effects(at + timedelta(hours=7))
        refund.refresh_from_db()
        assert (refund.state, till.buyer.totals()["cancelled"]) == (State.DONE, 33_000)

    def test_pay_18_a_question_that_may_not_have_arrived_is_looked_up_and_not_repeated(self, till, approve, at):
        refund = approve(till.refund(till.paid(), 30_000))
        till.buyer.fault(kind="drop", when="before", method="POST", path="/cancel")
        run_effects(at + timedelta(hours=3), rounds=1)
        dispute(till, refund.order, at + timedelta(hours=3, minutes=1))
        asked = len(till.buyer.calls(method="POST", path="/cancel"))

        run_effects(at + timedelta(hours=3, minutes=2))
        refund.refresh_from_db()
        assert (refund.state, len(till.buyer.calls(method="POST", path="/cancel"))) == (State.UNKNOWN, asked)

        win(till, refund.order, at + timedelta(hours=3, minutes=5))
        run_effects(at + timedelta(hours=3, minutes=40))
        refund.refresh_from_db()
        assert (refund.state, refund.try_no, till.buyer.totals()["cancelled"]) == (State.DONE, 1, 33_000)
