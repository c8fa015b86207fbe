"""What the advertisers' doors to campaigns answer, and how a row becomes it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from campaigns.effective import Effective
from campaigns.models import Campaign, CampaignVersion, PlannedChange
from common.schemas import Output


class ReasonOut(Output):
    """One thing that keeps members from starting. level: ACCOUNT, CAMPAIGN, TODAY or HOURS.   until: when it passes by itself."""

    level: str
    code: str
    message: str
    until: datetime | None


class StatusOut(Output):
    """Whether members can start right now. status: the word of the page.   reasons: from the account inwards; empty when they can."""

    status: str
    is_serving: bool
    reasons: list[ReasonOut]


class CampaignOut(Output):
    """
    Money in credits. captured: taken from the hold so far.   held: still reserved.   prizes: held for the prizes of its raffle at
    submission.   raffle: that its completions enter.
    """

    id: UUID
    type: str
    title: str
    body: str
    landing_url: str
    details: dict[str, Any]
    tickets: int
    unit_price: int
    budget: int
    daily_cap: int
    captured: int
    held: int
    prizes: int
    raffle: UUID | None
    state: str
    effective: StatusOut
    is_locked: bool
    locked_reason: str
    decision_reason: str
    starts_at: datetime
    ends_at: datetime
    submitted_at: datetime
    version: int


class VersionOut(Output):
    """One submission. changes: paths of the fields that differ.   due_at: when we promised an answer.   remarks: reason by path."""

    number: int
    state: str
    changes: list[str]
    is_appeal: bool
    note: str
    reason: str
    remarks: dict[str, str]
    held_reason: str
    submitted_at: datetime
    due_at: datetime
    decided_at: datetime | None
    spec: dict[str, Any]


class PlanOut(Output):
    """A planned change. credits: added for RAISE, the new daily cap for CAP.   outcome: why it was not done."""

    id: UUID
    kind: str
    credits: int
    due_at: datetime
    state: str
    outcome: str


class DayOut(Output):
    """One KST day. started, returned, confirmed: participations.   credits: of the confirmed ones."""

    on: date
    started: int
    returned: int
    confirmed: int
    credits: int


class HourOut(Output):
    """
    One hour. at: its first moment.   listed, read: times its card was on a list, its page open.   started: of them went, sent, confirmed,
    refused, expired, reversed, running.   credits, tickets: of the confirmed ones.
    """

    at: datetime
    listed: int
    read: int
    started: int
    went: int
    sent: int
    confirmed: int
    refused: int
    expired: int
    reversed: int
    running: int
    credits: int
    tickets: int


def status(found: Effective) -> StatusOut:
    reasons = [ReasonOut(level=one.level, code=one.code, message=one.sentence, until=one.until) for one in found.reasons]
    return StatusOut(status=found.status, is_serving=found.is_serving, reasons=reasons)


def campaign(row: Campaign, found: Effective) -> CampaignOut:
    """The hold and the advertiser come with the row."""
    return CampaignOut(
        id=row.public_id,
        type=row.type,
        title=row.title,
        body=row.body,
        landing_url=row.landing_url,
        details=row.details,
        tickets=row.reward_tickets,
        unit_price=row.unit_price,
        budget=row.budget_credits,
        daily_cap=row.daily_cap_credits,
        captured=row.captured_credits,
        held=row.hold.open,
        prizes=row.prize_credits,
        raffle=row.raffle.public_id if row.raffle is not None else None,
        state=row.state,
        effective=status(found),
        is_locked=row.is_locked,
        locked_reason=row.locked_reason,
        decision_reason=row.decision_reason,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        submitted_at=row.submitted_at,
        version=row.submission_no,
    )


def version(row: CampaignVersion) -> VersionOut:
    return VersionOut(
        number=row.number,
        state=row.state,
        changes=row.changes,
        is_appeal=row.is_appeal,
        note=row.note,
        reason=row.reason,
        remarks=row.remarks,
        held_reason=row.held_reason,
        submitted_at=row.submitted_at,
        due_at=row.due_at,
        decided_at=row.decided_at,
        spec=row.spec,
    )


def plan(row: PlannedChange) -> PlanOut:
    return PlanOut(id=row.public_id, kind=row.kind, credits=row.credits, due_at=row.due_at, state=row.state, outcome=row.outcome)
