"""Which way a refund goes: by card, or by a transfer that must then step back or stand in the way."""

from datetime import datetime

from identity import approvals
from identity.models import ApprovalRequest, User
from payments.models import BankTransfer, Refund

State = BankTransfer.State
OPEN = (State.ASKED, State.APPROVED, State.STARTED)


def approval_key(transfer: BankTransfer) -> str:
    """The key of the request for a second yes."""
    return f"transfer:{transfer.public_id}:approval"


def give_way_to_card(refund: Refund, *, at: datetime) -> bool:
    """
    The card company took money back after all. True when no transfer stands against it: an open one that nobody has begun is called off.

    Joins the caller's transaction, in which wallet, order and refund are locked.
    """
    open_one = refund.transfers.select_for_update().filter(state__in=OPEN).first()
    if open_one is None:
        return True
    if open_one.state == State.STARTED:
        return False
    end_transfer(open_one, reason="카드사에서 이미 취소했어요.", at=at)
    return True


def end_transfer(transfer: BankTransfer, *, reason: str, at: datetime, by: User | None = None) -> None:
    """Call a locked transfer off, and what waits for its second yes. Joins the caller's transaction."""
    transfer.state, transfer.ending, transfer.ended_at = State.CALLED_OFF, reason[:200], at
    transfer.save(update_fields=["state", "ending", "ended_at"])
    waiting = ApprovalRequest.objects.filter(key=approval_key(transfer), state=ApprovalRequest.State.WAITING).first()
    if waiting is not None:
        approvals.expire(request_id=waiting.pk, reason=reason, by=by, at=at)
