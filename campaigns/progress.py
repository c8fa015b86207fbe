"""Where a member stands in a mission of several steps. Nothing here writes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from campaigns.models import Campaign, EarnedStep, Evidence
from campaigns.types.parts import Part

OPEN, WAITING, EARNED, LATER = "OPEN", "WAITING", "EARNED", "LATER"
WORDS = {OPEN: "지금 할 수 있어요", WAITING: "확인중", EARNED: "마침", LATER: "아직 열리지 않았어요"}


@dataclass(frozen=True, slots=True)
class StepStanding:
    """
    One step as its member sees it. opens_at: when a step that waits for a day opens; None while the one before is not earned.
    reason: why the last thing sent for it was refused, Korean.   tries_left: how often something may still be sent.
    """

    part: Part
    state: str
    opens_at: datetime | None = None
    reason: str = ""
    tries_left: int = 0

    @property
    def words(self) -> str:
        return WORDS[self.state]

    @property
    def is_open(self) -> bool:
        return self.state == OPEN

    @property
    def is_earned(self) -> bool:
        return self.state == EARNED

    @property
    def is_waiting(self) -> bool:
        return self.state == WAITING


def parts_of(campaign: Campaign) -> tuple[Part, ...]:
    """The campaign's steps with what each is worth; empty for a mission in one piece."""
    declared = campaign.declared
    if declared.parts is None:
        return ()
    return declared.parts(declared.read(campaign.details), campaign.unit_price, campaign.reward_tickets)


def of(campaign: Campaign, participation: UUID, *, at: datetime) -> tuple[StepStanding, ...]:
    """Every step of a running participation, in order. Two queries."""
    declared = campaign.declared
    in_order = declared.in_order(declared.read(campaign.details))
    earned = dict(EarnedStep.objects.filter(participation=participation).values_list("step", "at"))
    sent = list(Evidence.objects.filter(participation=participation, step__gt=0).order_by("at", "pk"))
    return tuple(
        _standing(part, earned, [row for row in sent if row.step == part.number], in_order=in_order, at=at) for part in parts_of(campaign)
    )


def _standing(part: Part, earned: dict[int, datetime], sent: list[Evidence], *, in_order: bool, at: datetime) -> StepStanding:
    if part.number in earned:
        return StepStanding(part, EARNED)
    if any(row.is_waiting for row in sent):
        return StepStanding(part, WAITING)
    before = earned.get(part.number - 1)
    if part.number > 1 and (in_order or part.after_days) and before is None:
        return StepStanding(part, LATER)
    opens_at = before + timedelta(days=part.after_days) if before is not None and part.after_days else None
    if opens_at is not None and (opens_at > at or not part.is_sent):
        return StepStanding(part, LATER, opens_at=opens_at)
    refused = [row.reason for row in sent if row.verdict == Evidence.Verdict.REFUSED]
    return StepStanding(part, OPEN, reason=refused[-1] if refused else "", tries_left=part.tries - len(sent))
