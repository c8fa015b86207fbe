"""The second yes, or the no."""

from datetime import datetime

from django.db import transaction

from backoffice import limits
from identity import approvals
from identity.models import ApprovalRequest, User
from payments import services as payments
from payments.models import BankTransfer, Refund


def approve(*, request: ApprovalRequest, by: User, at: datetime) -> None:
    """
    Give the second yes and carry out what waited for it, in one commit.

    :raises approvals.MakerIsChecker: `by` made the request.   :raises approvals.AlreadyDecided: it is not waiting any more.
    :raises limits.AboveYourLimit: the amount is more than the roles of `by` may decide about.
    """
    limits.refuse_above(limits.amount_of(request), by=by, at=at)
    if request.kind == "payments.refund":
        refuse_when_decided(request)
        done = payments.approve_refund(refund=_refund_of(request), by=by, at=at)
        if isinstance(done, ApprovalRequest) or not is_of_this_press(done, by=by, at=at):
            raise approvals.AlreadyDecided
        return
    if request.kind == "payments.bank_transfer":
        refuse_when_decided(request)
        payments.approve_transfer(transfer=_transfer_of(request), by=by, at=at)
        return
    if request.kind in payments.MONEY_KINDS:
        payments.carry_out_second(request=request, by=by, at=at)
        return
    if request.kind in payments.MANUAL_KINDS:
        payments.carry_out(request=request, by=by, at=at)
        return
    with transaction.atomic(durable=True):
        approvals.approve(request_id=request.pk, by=by, at=at)


def refuse(*, request: ApprovalRequest, by: User, reason: str, at: datetime) -> None:
    """
    Say no, and end what waited for the second yes. Two commits: the no stands first, and with it nobody can give the second yes.

    :raises approvals.AlreadyDecided: it is not waiting any more.
    """
    with transaction.atomic(durable=True):
        approvals.refuse(request_id=request.pk, by=by, reason=reason, at=at)
    if request.kind == "payments.refund":
        payments.deny_refund(refund=_refund_of(request), by=by, reason=reason, at=at)
    if request.kind == "payments.bank_transfer":
        payments.call_off_transfer(transfer=_transfer_of(request), by=by, reason=reason, at=at)


def is_of_this_press(outcome: Refund | ApprovalRequest, *, by: User, at: datetime) -> bool:
    """Whether this press did it; another one may have come first, and pressing again repeats nothing."""
    if isinstance(outcome, ApprovalRequest):
        return (outcome.made_by_id, outcome.made_at) == (by.pk, at)
    return (outcome.decided_by_id, outcome.decided_at) == (by.pk, at)


def refuse_when_decided(request: ApprovalRequest) -> None:
    """:raises approvals.AlreadyDecided: it is not waiting any more."""
    request.refresh_from_db(fields=["state"])
    if not request.is_waiting:
        raise approvals.AlreadyDecided


def _refund_of(request: ApprovalRequest) -> Refund:
    return Refund.objects.select_related("order__advertiser").get(public_id=request.subject.partition(":")[2])


def _transfer_of(request: ApprovalRequest) -> BankTransfer:
    return BankTransfer.objects.select_related("refund__order__advertiser").get(public_id=request.data["transfer"])
