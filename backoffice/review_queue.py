"""What waits at the review desk, in the order of the promise: time left on the business clock, what waits for papers last. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet

from campaigns.locks import APPROVED
from campaigns.models import CampaignVersion
from common import business_hours

SOON = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Line:
    """One version that waits. left: business time until the promise, negative when it was missed.   kind: what it is, in a word."""

    version: CampaignVersion
    left: timedelta
    kind: str

    @property
    def words(self) -> str:
        """How much time is left, in words."""
        if self.version.is_held:
            return "서류 대기"
        minutes = int(abs(self.left).total_seconds()) // 60
        amount = f"{minutes // 60}시간 {minutes % 60}분" if minutes >= 60 else f"{minutes}분"
        return f"{amount} 지남" if self.left < timedelta() else f"{amount} 남음"

    @property
    def tone(self) -> str:
        if self.version.is_held:
            return "gray"
        return "red" if self.left < timedelta() else "amber" if self.left <= SOON else "green"


def waiting() -> QuerySet[CampaignVersion]:
    """Versions that wait, in the order they are to be decided; what demo accounts submit waits for nobody."""
    rows = CampaignVersion.objects.filter(state=CampaignVersion.State.WAITING, campaign__advertiser__is_demo=False)
    rows = rows.select_related("campaign__advertiser", "claimed_by", "appeal_of")
    return rows.order_by(F("held_at").desc(nulls_first=True), "due_at", "pk")


def to_look_at_again() -> QuerySet[CampaignVersion]:
    """Approved versions that somebody, or the sample, put on the list for a second look."""
    rows = CampaignVersion.objects.exclude(recheck="").filter(rechecked_at=None)
    return rows.select_related("campaign__advertiser").order_by("decided_at", "pk")


def line(version: CampaignVersion, *, at: datetime) -> Line:
    """The version with its clock, which stands still while it is held. No query."""
    return Line(version, business_hours.between(version.held_at or at, version.due_at), kind_of(version))


def kind_of(version: CampaignVersion) -> str:
    """What kind of submission it is."""
    if version.is_appeal:
        return "이의 제기"
    if version.campaign.state in APPROVED:
        return "승인 뒤 수정"
    return "첫 제출" if version.number == 1 else "다시 제출"


def neighbours(version: CampaignVersion) -> tuple[int, int, CampaignVersion | None, CampaignVersion | None]:
    """Where a version stands among those that wait: place (0 when it does not wait), how many, the one before, the one after. One query."""
    queue = list(waiting())
    place = next((number for number, row in enumerate(queue, 1) if row.pk == version.pk), 0)
    if place == 0:
        return 0, len(queue), None, queue[0] if queue else None
    return place, len(queue), queue[place - 2] if place > 1 else None, queue[place] if place < len(queue) else None
