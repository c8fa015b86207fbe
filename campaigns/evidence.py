"""What people who check evidence read: what waits, oldest first, and what was decided. Nothing here writes, and nobody is named."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from campaigns import progress
from campaigns.models import Campaign, Evidence, FraudSignal, Participation

State, Verdict = Participation.State, Evidence.Verdict
DECIDED = (Verdict.APPROVED, Verdict.REFUSED)


@dataclass(frozen=True, slots=True)
class Case:
    """One piece of evidence. guide: what it must show.   doubts: Korean.   words: what was sent, line by line."""

    evidence: Evidence
    campaign: Campaign
    guide: str
    doubts: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def link(self) -> str:
        """The address that was sent in; it was read as https and public before it was kept."""
        return str(self.evidence.data.get("text", "")) if self.evidence.kind == Evidence.Kind.LINK else ""

    @property
    def has_picture(self) -> bool:
        return bool(self.evidence.file)


def waiting() -> QuerySet[Evidence]:
    """Everything that waits for a person, oldest first: pictures, and whatever lies in quarantine."""
    held = Participation.objects.filter(public_id=OuterRef("participation"), period_on=OuterRef("period_on"), state=State.QUARANTINED)
    open_ones = Q(verdict=Verdict.WAITING) | Q(Exists(held), verdict=Verdict.PASSED)
    return Evidence.objects.filter(open_ones).select_related("campaign__advertiser").order_by("at", "pk")


def decided() -> QuerySet[Evidence]:
    """What was decided, newest first, with who did."""
    return Evidence.objects.filter(verdict__in=DECIDED).select_related("campaign__advertiser", "decided_by").order_by("-decided_at", "-pk")


def checked_by_advertiser(campaign: Campaign) -> bool:
    """True when the advertiser said that it would look at the pictures."""
    return bool(campaign.details.get("checker") == "ADVERTISER")


def find(public_id: UUID, campaign: Campaign | None = None) -> Evidence | None:
    """One piece of evidence; of this campaign only, when one is given."""
    rows = Evidence.objects.select_related("campaign__advertiser", "decided_by").filter(public_id=public_id)
    return (rows.filter(campaign=campaign) if campaign is not None else rows).first()


def cases(found: Iterable[Evidence]) -> list[Case]:
    """With what a person needs to decide. One query more, however many there are."""
    rows = list(found)
    signals: dict[UUID, list[str]] = {}
    for signal in FraudSignal.objects.filter(participation__in=[row.participation for row in rows]):
        signals.setdefault(signal.participation, []).append(signal.code)
    return [_case(row, signals.get(row.participation, [])) for row in rows]


def _case(row: Evidence, codes: list[str]) -> Case:
    declared = row.campaign.declared
    labels = {rule.code: rule.label for rule in declared.fraud_rules} | EXTRA_DOUBTS
    task = declared.task(declared.read(row.campaign.details), "")
    return Case(
        evidence=row,
        campaign=row.campaign,
        guide=_guide_of_step(row) if row.step else str(task.get("guide", declared.charged_when)),
        doubts=tuple(labels.get(code, code) for code in codes),
        words=_words(row.data),
    )


def _guide_of_step(row: Evidence) -> str:
    part = next((one for one in progress.parts_of(row.campaign) if one.number == row.step), None)
    return f"{part.number}단계 {part.title}: {part.guide}" if part else ""


EXTRA_DOUBTS = {"upload.seen": "다른 참여에 쓴 사진을 먼저 올렸어요", "postback.unsigned": "서명 없는 태그로 알려 왔어요"}


def _words(data: dict[str, Any]) -> tuple[str, ...]:
    """Answers and postbacks as lines."""
    lines = []
    for name, value in data.items():
        if isinstance(value, list):
            lines += [f"{number}. {_one(item)}" for number, item in enumerate(value, start=1)]
        elif value not in ("", None):
            lines.append(f"{name}: {value}")
    return tuple(lines)


def _one(item: Any) -> str:
    if isinstance(item, dict):
        return str(item.get("text") or ", ".join(str(place) for place in item.get("picked", ())))
    return str(item)
