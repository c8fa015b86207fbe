"""
The advertisers' doors to campaigns. They tell counts and credits; who took part is nobody's business but ours.

`Idempotency-Key` on what spends: one per intent, so that a repeat after a silence finds the first result.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils import timezone
from ninja import Header, Query, Router, Status
from pydantic import Field, StringConstraints

from advertisers.access import SPENDERS, require_role
from campaigns import access, figures, services, types
from campaigns.api.team_auth import READS, WRITES, TeamRequest
from campaigns.models import Campaign
from campaigns.schemas import CampaignSpec, Credits
from common import cursors
from common.schemas import FormWhole, Input, Output
from identity.models import ApprovalRequest

router = Router(tags=["캠페인"])
PER_PAGE = 20
IntentKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,60}$"), Header(alias="Idempotency-Key")]


class PageQuery(Input):
    """cursor: `next` of the page before; empty for the first."""

    cursor: Annotated[str, StringConstraints(max_length=cursors.LONGEST)] = ""
    limit: Annotated[FormWhole, Field(ge=1, le=100)] = PER_PAGE


class RaiseIn(Input):
    """credits: to add to the budget."""

    credits: Credits


class TypeOut(Output):
    """lowest_price, highest_price: credits per confirmed participation.   charged_when: in plain words."""

    key: str
    name: str
    summary: str
    lowest_price: int
    highest_price: int
    charged_when: str


class CampaignOut(Output):
    """Money in credits. captured: taken from the hold so far.   held: still reserved."""

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
    state: str
    is_locked: bool
    locked_reason: str
    decision_reason: str
    starts_at: datetime
    ends_at: datetime
    submitted_at: datetime


class CampaignPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[CampaignOut]
    next: str


class WaitingOut(Output):
    """It is above the member's limit and waits for a second member of the team; nothing is held yet.   approval: number of the request."""

    approval: UUID
    state: str
    summary: str


class DayOut(Output):
    """One KST day. started, returned, confirmed: participations.   credits: of the confirmed ones."""

    on: date
    started: int
    returned: int
    confirmed: int
    credits: int


@router.get("/campaign-types", auth=READS, response=list[TypeOut], summary="캠페인 유형")
def type_list(request: TeamRequest) -> list[TypeOut]:
    """What may be run, and what is charged when."""
    return [
        TypeOut(
            key=declared.key,
            name=declared.name,
            summary=declared.summary,
            lowest_price=declared.price.lowest,
            highest_price=declared.price.highest,
            charged_when=declared.charged_when,
        )
        for declared in types.offered_types()
    ]


@router.get("/campaigns", auth=READS, response=CampaignPage, summary="캠페인 목록")
def campaign_list(request: TeamRequest, page: Query[PageQuery]) -> CampaignPage:
    """The team's campaigns, newest first."""
    found, following = figures.campaign_page(request.auth.advertiser, cursor=page.cursor, limit=page.limit)
    return CampaignPage(items=[_shown(campaign) for campaign in found], next=following)


@router.post("/campaigns", auth=WRITES, response={201: CampaignOut, 202: WaitingOut}, summary="캠페인 제출")
def submit(request: TeamRequest, spec: CampaignSpec, key: IntentKey) -> Status[CampaignOut | WaitingOut]:
    """Submit a campaign; its whole budget is held at once, or nothing happens. 202: above the member's limit, a second member decides."""
    require_role(request.auth, SPENDERS)
    outcome = services.submit_or_ask(advertiser=request.auth.advertiser, spec=spec, by=request.user, at=timezone.now(), key=f"api:{key}")
    return _waiting(outcome) if isinstance(outcome, ApprovalRequest) else Status(201, _shown(outcome))


@router.get("/campaigns/{campaign_id}", auth=READS, response=CampaignOut, summary="캠페인 하나")
def campaign_detail(request: TeamRequest, campaign_id: UUID) -> CampaignOut:
    """One campaign of the team."""
    return _shown(access.get_campaign(request, campaign_id))


@router.get("/campaigns/{campaign_id}/days", auth=READS, response=list[DayOut], summary="캠페인의 날짜별 수")
def campaign_days(request: TeamRequest, campaign_id: UUID) -> list[DayOut]:
    """What happened on each KST day, in counts."""
    return [DayOut(**day) for day in figures.day_counts(access.get_campaign(request, campaign_id))]


@router.post("/campaigns/{campaign_id}/pause", auth=WRITES, response=CampaignOut, summary="일시중지")
def pause(request: TeamRequest, campaign_id: UUID) -> CampaignOut:
    """Stop new participations for now."""
    return _act(request, campaign_id, services.pause)


@router.post("/campaigns/{campaign_id}/resume", auth=WRITES, response=CampaignOut, summary="다시 시작")
def resume(request: TeamRequest, campaign_id: UUID) -> CampaignOut:
    """Go on."""
    return _act(request, campaign_id, services.resume)


@router.post("/campaigns/{campaign_id}/end", auth=WRITES, response=CampaignOut, summary="종료")
def end(request: TeamRequest, campaign_id: UUID) -> CampaignOut:
    """End it for good; the rest of the budget comes back at settlement."""
    return _act(request, campaign_id, services.end)


@router.post("/campaigns/{campaign_id}/withdraw", auth=WRITES, response=CampaignOut, summary="철회")
def withdraw(request: TeamRequest, campaign_id: UUID) -> CampaignOut:
    """Take it back before it starts; the whole hold is released."""
    return _act(request, campaign_id, services.withdraw)


@router.post("/campaigns/{campaign_id}/raise-budget", auth=WRITES, response={200: CampaignOut, 202: WaitingOut}, summary="예산 늘리기")
def raise_budget(request: TeamRequest, campaign_id: UUID, answer: RaiseIn, key: IntentKey) -> Status[CampaignOut | WaitingOut]:
    """Hold more credits for it. 202: above the member's limit, a second member decides."""
    campaign = access.get_campaign(request, campaign_id, roles=SPENDERS)
    outcome = services.raise_or_ask(
        campaign=campaign,
        credits=answer.credits,
        by=request.user,
        at=timezone.now(),
        key=f"campaign:{campaign.public_id}:raise:api:{key}",
    )
    if isinstance(outcome, ApprovalRequest):
        return _waiting(outcome)
    return Status(200, _shown(access.get_campaign(request, campaign_id)))


def _waiting(asked: ApprovalRequest) -> Status[CampaignOut | WaitingOut]:
    return Status(202, WaitingOut(approval=asked.public_id, state=asked.state, summary=asked.summary))


def _act(request: TeamRequest, campaign_id: UUID, service: Callable[..., Campaign]) -> CampaignOut:
    campaign = access.get_campaign(request, campaign_id, roles=SPENDERS)
    service(campaign=campaign, by=request.user, at=timezone.now())
    return _shown(access.get_campaign(request, campaign_id))


def _shown(campaign: Campaign) -> CampaignOut:
    return CampaignOut(
        id=campaign.public_id,
        type=campaign.type,
        title=campaign.title,
        body=campaign.body,
        landing_url=campaign.landing_url,
        details=campaign.details,
        tickets=campaign.reward_tickets,
        unit_price=campaign.unit_price,
        budget=campaign.budget_credits,
        daily_cap=campaign.daily_cap_credits,
        captured=campaign.captured_credits,
        held=campaign.hold.open,
        state=campaign.state,
        is_locked=campaign.is_locked,
        locked_reason=campaign.locked_reason,
        decision_reason=campaign.decision_reason,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        submitted_at=campaign.submitted_at,
    )
