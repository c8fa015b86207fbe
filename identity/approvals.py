"""
Decisions that take two people of one kind: two operators, or two members of an advertiser's team.

    request = approvals.ask(kind="payments.refund", subject=f"refund:{refund.public_id}", summary="…", data={…}, by=maker, key=…, at=at)
    approvals.approve(request_id=request.pk, by=checker, at=at)

Every function joins the caller's transaction and locks the row, so that the decision and what follows from it are one commit.
"""

from datetime import datetime
from typing import Any

from common.errors import DomainError
from common.transactions import joined
from identity.models import ApprovalRequest, User

State = ApprovalRequest.State


class MakerIsChecker(DomainError):
    """Whoever asked wanted to approve."""

    code = "approval.maker_is_checker"
    message = "요청한 사람은 승인할 수 없어요. 다른 사람에게 승인을 부탁해 주세요."
    http_status = 403


class NotYours(DomainError):
    """An operator wanted to decide for a team, or a team for the operators."""

    code = "approval.not_yours"
    message = "이 승인 요청은 요청한 쪽에서만 처리할 수 있어요."
    http_status = 403


class AlreadyDecided(DomainError):
    """Somebody decided first, or the request expired."""

    code = "approval.already_decided"
    message = "이미 처리된 승인 요청이에요. 새로 고쳐서 결과를 확인해 주세요."


class ReasonMissing(DomainError):
    """A refusal without a reason."""

    code = "approval.reason_missing"
    message = "거절하는 이유를 적어 주세요."
    http_status = 422


def ask(*, kind: str, subject: str, summary: str, data: dict[str, Any], by: User, key: str, at: datetime) -> ApprovalRequest:
    """
    Put a decision before a second person; the same key again returns the request that is there.

    :raises RuntimeError: outside a transaction, or the key was used for another kind or subject (a bug).
    """
    joined("an approval")
    request, created = ApprovalRequest.objects.get_or_create(
        key=key, defaults={"kind": kind, "subject": subject, "summary": summary, "data": data, "made_by": by, "made_at": at}
    )
    if not created and (request.kind, request.subject) != (kind, subject):
        raise RuntimeError(f"the approval key {key} belongs to another request")
    return request


def approve(*, request_id: int, by: User, at: datetime, reason: str = "") -> ApprovalRequest:
    """
    Say yes, as somebody else than who asked.

    :raises MakerIsChecker: `by` made the request.   :raises NotYours: another kind of person did.
    :raises AlreadyDecided: it is not waiting any more.
    """
    request = _waiting(request_id)
    if request.made_by_id == by.pk:
        raise MakerIsChecker
    _refuse_another_kind(request, by)
    return _decide(request, State.APPROVED, by=by, at=at, reason=reason)


def refuse(*, request_id: int, by: User, at: datetime, reason: str) -> ApprovalRequest:
    """
    Say no. Who asked may do so too: that takes the request back.

    :raises ReasonMissing: no reason was given.   :raises NotYours: another kind of person asked.
    :raises AlreadyDecided: it is not waiting any more.
    """
    if not reason.strip():
        raise ReasonMissing
    request = _waiting(request_id)
    _refuse_another_kind(request, by)
    return _decide(request, State.REFUSED, by=by, at=at, reason=reason)


def expire(*, request_id: int, at: datetime, reason: str, by: User | None = None) -> ApprovalRequest:
    """
    Close a request whose subject went away, e.g. a withdrawn refund.

    by: the person who took the subject away; None when it went by itself.

    :raises AlreadyDecided: it is not waiting any more.
    """
    return _decide(_waiting(request_id), State.EXPIRED, by=by, at=at, reason=reason)


def _refuse_another_kind(request: ApprovalRequest, by: User) -> None:
    if request.made_by.kind != by.kind:
        raise NotYours


def _waiting(request_id: int) -> ApprovalRequest:
    joined("an approval")
    request = ApprovalRequest.objects.select_for_update().get(pk=request_id)
    if not request.is_waiting:
        raise AlreadyDecided
    return request


def _decide(request: ApprovalRequest, state: ApprovalRequest.State, *, by: User | None, at: datetime, reason: str) -> ApprovalRequest:
    request.state, request.decided_by, request.decided_at, request.reason = state, by, at, reason.strip()
    request.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    return request
