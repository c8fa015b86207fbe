"""Papers that businesses hand in: put before the operators, decided about, and over on a day."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet

from advertisers import events
from advertisers.models import BusinessPaper, BusinessUser
from advertisers.notifications import tell_team
from common import uploads
from common.errors import DomainError
from common.transactions import joined
from common.uploads import StoredFile
from identity.models import User

State = BusinessPaper.State
UNUSED = (State.ASKED, State.REFUSED, State.EXPIRED, State.REPLACED)


def store(upload: "UploadedFile[Any]") -> StoredFile:
    """
    Read an upload and store it drawn anew.

    :raises uploads.FileRefused: too large, unreadable, or neither a picture nor a PDF.
    """
    return uploads.store(upload, folder="papers", name="사업자등록증")


def attach(*, business: BusinessUser, stored: StoredFile, by: User, at: datetime) -> BusinessPaper:
    """Put a stored paper before the operators; an earlier one of its kind that waits is replaced. Joins the caller's transaction."""
    joined("a paper")
    business.papers.filter(kind=BusinessPaper.Kind.CERTIFICATE, state=State.WAITING).update(state=State.REPLACED)
    paper = BusinessPaper.objects.create(business=business, uploaded_by=by, uploaded_at=at, **stored.as_json())
    BusinessUser.objects.filter(pk=business.pk).update(papers_state=BusinessUser.PapersState.WAITING)
    return paper


class PaperDecided(DomainError):
    """Somebody decided first, or a newer paper took its place."""

    code = "papers.decided"
    message = "이미 확인이 끝났거나 새 서류로 바뀐 파일이에요. 새로 고쳐서 확인해 주세요."


class PaperReasonMissing(DomainError):
    """A refusal without a reason helps nobody."""

    code = "papers.reason_missing"
    message = "돌려보내는 이유를 적어 주세요."
    http_status = 422


class Decision(StrEnum):
    """What an operator may say of a paper. ASK: another, better one is needed.   REFUSE: what it says cannot be accepted."""

    APPROVE = "APPROVE"
    ASK = "ASK"
    REFUSE = "REFUSE"


_OUTCOMES = {
    Decision.APPROVE: (State.APPROVED, BusinessUser.PapersState.APPROVED, "사업자 서류 확인이 끝났어요"),
    Decision.ASK: (State.ASKED, BusinessUser.PapersState.ASKED, "사업자 서류를 다시 올려 주세요"),
    Decision.REFUSE: (State.REFUSED, BusinessUser.PapersState.REFUSED, "사업자 서류를 받지 않았어요"),
}


def decide(
    *, paper: BusinessPaper, decision: Decision, by: User, at: datetime, reason: str = "", expires_on: date | None = None
) -> BusinessPaper:
    """
    An operator accepts a paper, asks for another one, or refuses it, and the team is told. Joins the caller's transaction.

    reason: of all but a yes; the advertiser reads it.   expires_on: the first day on which an accepted paper no longer counts.

    :raises PaperReasonMissing: a no without a reason.   :raises PaperDecided: it does not wait any more.
    """
    joined("a decision on a paper")
    if decision is not Decision.APPROVE and not reason.strip():
        raise PaperReasonMissing
    state, overall, title = _OUTCOMES[decision]
    changed = BusinessPaper.objects.filter(pk=paper.pk, state=State.WAITING).update(
        state=state, decided_by=by, decided_at=at, reason=reason.strip()[:300], expires_on=expires_on
    )
    if not changed:
        raise PaperDecided
    BusinessUser.objects.filter(pk=paper.business_id).update(papers_state=overall)
    paper.refresh_from_db()
    tell_team(
        events.PAPER_DECIDED,
        advertiser=paper.business.advertiser,
        facts={"outcome": title, "words": paper.reason or f"{paper.get_kind_display()} 확인을 마쳤어요."},
        url="/my-page/papers/",
        key=f"paper:{paper.public_id}:decided",
        at=at,
    )
    return paper


def expire(*, on: date) -> int:
    """
    Let accepted papers whose last day has passed expire; how many. A business that has handed in a newer one stands as that one does.
    Joins the caller's transaction.
    """
    joined("expiring papers")
    over = BusinessPaper.objects.filter(state=State.APPROVED, expires_on__lte=on)
    businesses = set(over.values_list("business_id", flat=True))
    expired = over.update(state=State.EXPIRED)
    newer = BusinessPaper.objects.filter(business__in=businesses, state__in=(State.WAITING, State.APPROVED))
    without = businesses - set(newer.values_list("business_id", flat=True))
    BusinessUser.objects.filter(pk__in=without).update(papers_state=BusinessUser.PapersState.EXPIRED)
    return expired


def destroy(found: QuerySet[BusinessPaper]) -> int:
    """Delete papers, and their files once that holds; how many. Joins the caller's transaction."""
    joined("destroying papers")
    files = list(found.values_list("file", flat=True))
    BusinessPaper.objects.filter(file__in=files).delete()
    transaction.on_commit(lambda: uploads.remove(files))
    return len(files)
