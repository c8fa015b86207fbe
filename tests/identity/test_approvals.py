"""Decisions that take two operators."""

import pytest
from django.db import IntegrityError, transaction

from identity import approvals
from identity.models import ApprovalRequest


@pytest.fixture
def request_id(operator, at) -> int:
    with transaction.atomic():
        return ask(operator, at).pk


def ask(by, at, **changes):
    facts = {"kind": "payments.refund", "subject": "refund:1", "summary": "민지네 커피 환불 500,000원", "data": {"amount_krw": 500_000}}
    return approvals.ask(**{**facts, "by": by, "key": "refund:1:1", "at": at, **changes})


class TestAsk:
    def test_writes_one_request_per_key(self, operator, finance, at):
        with transaction.atomic():
            assert ask(operator, at).pk == ask(finance, at).pk
        row = ApprovalRequest.objects.get()
        assert (row.state, row.made_by, row.made_at, row.data) == ("WAITING", operator, at, {"amount_krw": 500_000})

    def test_a_key_used_for_something_else_is_a_bug(self, operator, at):
        with transaction.atomic():
            ask(operator, at)
            with pytest.raises(RuntimeError):
                ask(operator, at, subject="refund:2")

    @pytest.mark.django_db(transaction=True)
    def test_runs_only_inside_a_transaction(self, at):
        with pytest.raises(RuntimeError):
            ask(None, at)


class TestApprove:
    def test_somebody_else_says_yes(self, request_id, finance, at):
        with transaction.atomic():
            approvals.approve(request_id=request_id, by=finance, at=at, reason="확인했어요.")
        row = ApprovalRequest.objects.get()
        assert (row.state, row.decided_by, row.decided_at, row.reason) == ("APPROVED", finance, at, "확인했어요.")

    def test_the_maker_is_refused_and_nothing_changes(self, request_id, operator, at):
        with pytest.raises(approvals.MakerIsChecker) as refusal, transaction.atomic():
            approvals.approve(request_id=request_id, by=operator, at=at)
        assert refusal.value.code == "approval.maker_is_checker"
        assert ApprovalRequest.objects.get().state == "WAITING"

    def test_the_database_refuses_the_maker_too(self, request_id, operator, at):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApprovalRequest.objects.update(state="APPROVED", decided_by=operator, decided_at=at)

    @pytest.mark.parametrize("first", ["approve", "refuse", "expire"])
    def test_a_second_decision_is_refused(self, request_id, finance, at, first):
        with transaction.atomic():
            by = {} if first == "expire" else {"by": finance}
            getattr(approvals, first)(request_id=request_id, at=at, reason="이유", **by)
        state = ApprovalRequest.objects.get().state
        for again in (approvals.approve, approvals.refuse):
            with pytest.raises(approvals.AlreadyDecided), transaction.atomic():
                again(request_id=request_id, by=finance, at=at, reason="다시")
        assert ApprovalRequest.objects.get().state == state


class TestRefuse:
    def test_needs_a_reason(self, request_id, finance, at):
        with pytest.raises(approvals.ReasonMissing), transaction.atomic():
            approvals.refuse(request_id=request_id, by=finance, at=at, reason="  ")
        assert ApprovalRequest.objects.get().state == "WAITING"

    def test_the_maker_may_take_it_back(self, request_id, operator, at):
        with transaction.atomic():
            approvals.refuse(request_id=request_id, by=operator, at=at, reason="잘못 올렸어요.")
        assert ApprovalRequest.objects.get().state == "REFUSED"
