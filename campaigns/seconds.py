"""What waits in a team for a second member, for its pages."""

from dataclasses import dataclass

from advertisers.models import Advertiser
from campaigns.services.seconding import RAISE, RESUBMIT, SUBMIT, subject_of
from identity.models import ApprovalRequest, User

SHOWN = 50
WORDS = {SUBMIT: "캠페인 제출", RESUBMIT: "고쳐서 다시 제출", RAISE: "예산 늘리기"}


@dataclass(frozen=True, slots=True)
class Line:
    """One request. is_mine: this person asked, and may only take it back."""

    row: ApprovalRequest
    words: str
    is_mine: bool


def waiting_count(advertiser: Advertiser) -> int:
    """How many requests of the team wait. One query."""
    return ApprovalRequest.objects.waiting().filter(subject=subject_of(advertiser), kind__in=WORDS).count()


def lines(advertiser: Advertiser, *, user: User) -> tuple[Line, ...]:
    """The team's requests, waiting ones first, then newest first. One query."""
    rows = ApprovalRequest.objects.filter(subject=subject_of(advertiser), kind__in=WORDS).select_related("made_by", "decided_by")
    newest = sorted(rows.order_by("-pk")[:SHOWN], key=lambda row: not row.is_waiting)
    return tuple(Line(row, WORDS[row.kind], row.made_by_id == user.pk) for row in newest)
