"""A refund that was approved before its account was restricted does not go out; it waits for a new decision."""

from datetime import timedelta

from django.db import transaction

from advertisers import services as advertisers
from common.models import Effect
from identity import approvals
from identity.models import ApprovalRequest, Notification
from payments import services
from payments.models import Refund
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
