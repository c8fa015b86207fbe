"""
The advertisers' doors to campaigns. They tell counts and credits; who took part is nobody's business but ours.

`Idempotency-Key` on what spends: one per intent, so that a repeat after a silence finds the first result.
"""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import pydantic
from django.utils import timezone
from ninja import Header, Query, Router, Status
from ninja.errors import ValidationError
from pydantic import Field, StringConstraints

from advertisers.access import SPENDERS, require_role
from campaigns import access, figures, gifts, landing, services, stats, types
from campaigns.api import shapes
from campaigns.api.shapes import CampaignOut, DayOut, HourOut, PlanOut, StatusOut, VersionOut
from campaigns.api.team_auth import READS, WRITES, TeamRequest
from campaigns.effective import Effective, effective
from campaigns.models import Campaign
from campaigns.pacing import rooms
from campaigns.schemas import CampaignSpec, Credits
from campaigns.wishes import BulkWish, PlanWish
from common import cursors
from common.kst import day_from, day_until
from common.schemas import Day, FormWhole, Input, Output
from identity.models import ApprovalRequest

router = Router(tags=["캠페인"])
PER_PAGE = 20
IntentKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,60}$"), Header(alias="Idempotency-Key")]


class PageQuery(Input):
    """cursor: `next` of the page before; empty for the first."""

    cursor: Annotated[str, StringConstraints(max_length=cursors.LONGEST)] = ""
    limit: Annotated[FormWhole, Field(ge=1, le=100)] = PER_PAGE


class DayQuery(Input):
    """on: a KST day."""

    on: Day


class RaiseIn(Input):
    """credits: to add to the budget."""

    credits: Credits


class PatchIn(Input):
    """What to change: only the fields that are sent. note: a word to the reviewer."""

    type: str | None = None
    design: dict[str, Any] = {}
    details: dict[str, Any] = {}
    reward: dict[str, Any] = {}
    credit: dict[str, Any] = {}
    setting: dict[str, Any] = {}
    note: Annotated[str, StringConstraints(max_length=1000)] = ""


class AppealIn(Input):
    """text: what speaks for the rejected version."""

    text: Annotated[str, StringConstraints(min_length=2, max_length=1000)]


class BulkOut(Output):
    """done: how many campaigns were changed."""

    done: int


class TypeOut(Output):
    """lowest_price, highest_price: credits per confirmed participation.   charged_when: in plain words."""

    key: str
    name: str
    summary: str
    lowest_price: int
    highest_price: int
    charged_when: str


class CampaignPage(Output):
    """next: cursor of the following page; empty at the end."""

    items: list[CampaignOut]
    next: str


class GiftOut(Output):
    """A gifticon of the catalogue. value_krw: market value of one, held for each.   is_limited: only so many are left."""

    id: UUID
    name: str
    value_krw: int
    is_limited: bool


class WaitingOut(Output):
    """It is above the member's limit and waits for a second member of the team; nothing is held yet.   approval: number of the request."""

    approval: UUID
    state: str
    summary: str


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


@router.get("/prize-catalogue", auth=READS, response=list[GiftOut], summary="경품 목록")
def prize_catalogue(request: TeamRequest) -> list[GiftOut]:
    """What may be a prize of a raffle, the cheapest first. Send id as `gift` with this name and value."""
    return [
        GiftOut(id=gift.public_id, name=gifts.name_of(gift), value_krw=gift.face_krw, is_limited=gift.stock is not None)
        for gift in gifts.on_sale()
    ]


@router.get("/campaigns", auth=READS, response=CampaignPage, summary="캠페인 목록")
def campaign_list(request: TeamRequest, page: Query[PageQuery]) -> CampaignPage:
    """The team's campaigns, newest first."""
    found, following = figures.campaign_page(request.auth.advertiser, cursor=page.cursor, limit=page.limit)
    at = timezone.now()
    left = rooms(found, at=at)
    items = [shapes.campaign(row, effective(row, room=left.get(row.pk), at=at)) for row in found]
    return CampaignPage(items=items, next=following)


@router.post("/campaigns", auth=WRITES, response={201: CampaignOut, 202: WaitingOut}, summary="캠페인 제출")
def submit(request: TeamRequest, spec: CampaignSpec, key: IntentKey) -> Status[CampaignOut | WaitingOut]:
    """Submit a campaign; its whole budget is held at once, or nothing happens. 202: above the member's limit, a second member decides."""
    require_role(request.auth, SPENDERS)
    landing.refuse_gone(spec.design.landing_url)
    outcome = services.submit_or_ask(advertiser=request.auth.advertiser, spec=spec, by=request.user, at=timezone.now(), key=f"api:{key}")
    return waiting(outcome) if isinstance(outcome, ApprovalRequest) else Status(201, shown_campaign(outcome))


@router.get("/campaigns/{campaign_id}", auth=READS, response=CampaignOut, summary="캠페인 하나")
def campaign_detail(request: TeamRequest, campaign_id: UUID) -> CampaignOut:
    """One campaign of the team."""
    return shown_campaign(access.get_campaign(request, campaign_id))


@router.get("/campaigns/{campaign_id}/status", auth=READS, response=StatusOut, summary="캠페인의 지금 상태와 까닭")
def campaign_status(request: TeamRequest, campaign_id: UUID) -> StatusOut:
    """Whether members can start now, and every reason why not: account, campaign, today, hours."""
    return shapes.status(_effective(access.get_campaign(request, campaign_id)))


@router.patch("/campaigns/{campaign_id}", auth=WRITES, response={200: CampaignOut, 202: WaitingOut}, summary="캠페인 수정")
def edit(request: TeamRequest, campaign_id: UUID, patch: PatchIn, key: IntentKey) -> Status[CampaignOut | WaitingOut]:
    """
    Change what is sent and nothing else; what may be changed depends on the state. Of an approved campaign more budget and a later end
    take effect at once, the rest waits for a review while it runs on. 202: above the member's limit, a second member decides.
    """
    campaign = access.get_campaign(request, campaign_id, roles=SPENDERS)
    spec = _merged(services.latest_content(campaign), patch)
    outcome = services.resubmit_or_ask(
        campaign=campaign, spec=spec, by=request.user, at=timezone.now(), key=f"edit:{campaign.pk}:api:{key}", note=patch.note
    )
    if isinstance(outcome, ApprovalRequest):
        return waiting(outcome)
    return Status(200, shown_campaign(access.get_campaign(request, campaign_id)))


@router.get("/campaigns/{campaign_id}/versions", auth=READS, response=list[VersionOut], summary="캠페인의 버전과 심사 결과")
def campaign_versions(request: TeamRequest, campaign_id: UUID) -> list[VersionOut]:
    """Everything that was submitted, newest first, and what became of it."""
    campaign = access.get_campaign(request, campaign_id)
    return [shapes.version(row) for row in campaign.versions.order_by("-number")]


@router.post("/campaigns/{campaign_id}/appeal", auth=WRITES, response=CampaignOut, summary="반려에 이의 제기")
def appeal(request: TeamRequest, campaign_id: UUID, answer: AppealIn) -> CampaignOut:
    """Ask another operator to look at a rejected version again, once; its budget is held anew."""
    campaign = access.get_campaign(request, campaign_id, roles=SPENDERS)
    services.appeal(campaign=campaign, text=answer.text, by=request.user, at=timezone.now())
    return shown_campaign(access.get_campaign(request, campaign_id))


@router.get("/campaigns/{campaign_id}/plans", auth=READS, response=list[PlanOut], summary="예약한 변경")
def plan_list(request: TeamRequest, campaign_id: UUID) -> list[PlanOut]:
    """Changes planned for the campaign, the newest first."""
    campaign = access.get_campaign(request, campaign_id)
    return [shapes.plan(row) for row in campaign.plans.order_by("-due_at", "-pk")[:100]]


@router.post("/campaigns/{campaign_id}/plans", auth=WRITES, response={201: PlanOut}, summary="변경 예약")
def plan(request: TeamRequest, campaign_id: UUID, answer: PlanWish) -> Status[PlanOut]:
    """Pause, resume, raise the budget or set another daily cap at a later moment."""
    campaign = access.get_campaign(request, campaign_id, roles=SPENDERS)
    made = services.plan(
        campaign=campaign, kind=answer.kind, credits_=answer.credits, due_at=answer.due_at, by=request.user, at=timezone.now()
    )
    return Status(201, shapes.plan(made))


@router.post("/campaign-plans/{plan_id}/cancel", auth=WRITES, response=PlanOut, summary="변경 예약 취소")
def plan_cancel(request: TeamRequest, plan_id: UUID) -> PlanOut:
    """Take a planned change back."""
    require_role(request.auth, SPENDERS)
    made = services.cancel_plan(advertiser=request.auth.advertiser, public_id=plan_id, by=request.user, at=timezone.now())
    return shapes.plan(made)


@router.post("/campaign-bulk", auth=WRITES, response=BulkOut, summary="여러 캠페인을 한 번에")
def bulk(request: TeamRequest, answer: BulkWish, key: IntentKey) -> BulkOut:
    """Pause, resume, end, raise or let end later: every one of them, or none."""
    require_role(request.auth, SPENDERS)
    done = services.do_to_all(
        advertiser=request.auth.advertiser,
        campaigns=answer.campaigns,
        deed=answer.deed,
        credits_=answer.credits,
        ends_at=answer.ends_at,
        by=request.user,
        at=timezone.now(),
        key=f"api:{key}",
    )
    return BulkOut(done=done)


@router.get("/campaigns/{campaign_id}/days", auth=READS, response=list[DayOut], summary="캠페인의 날짜별 수")
def campaign_days(request: TeamRequest, campaign_id: UUID) -> list[DayOut]:
    """What happened on each KST day, in counts."""
    return [DayOut(**day) for day in figures.day_counts(access.get_campaign(request, campaign_id))]


@router.get("/campaigns/{campaign_id}/hours", auth=READS, response=list[HourOut], summary="캠페인의 시간별 수")
def campaign_hours(request: TeamRequest, campaign_id: UUID, day: Query[DayQuery]) -> list[HourOut]:
    """What became of those who started in each hour of one KST day, counted every minute; hours in which nothing happened are left out."""
    campaign = access.get_campaign(request, campaign_id)
    found = stats.by_hour(stats.hours_of([campaign], since=day_from(day.on), until=day_until(day.on)))
    return [HourOut(at=at, **asdict(counts)) for at, counts in found.items()]


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
        return waiting(outcome)
    return Status(200, shown_campaign(access.get_campaign(request, campaign_id)))


def waiting(asked: ApprovalRequest) -> Status[CampaignOut | WaitingOut]:
    """It waits for a second member."""
    return Status(202, WaitingOut(approval=asked.public_id, state=asked.state, summary=asked.summary))


def _act(request: TeamRequest, campaign_id: UUID, service: Callable[..., Campaign]) -> CampaignOut:
    campaign = access.get_campaign(request, campaign_id, roles=SPENDERS)
    service(campaign=campaign, by=request.user, at=timezone.now())
    return shown_campaign(access.get_campaign(request, campaign_id))


def shown_campaign(campaign: Campaign) -> CampaignOut:
    """A campaign as programs read it."""
    return shapes.campaign(campaign, _effective(campaign))


def _effective(campaign: Campaign) -> Effective:
    at = timezone.now()
    return effective(campaign, room=rooms([campaign], at=at).get(campaign.pk), at=at)


def _merged(base: dict[str, Any], patch: PatchIn) -> CampaignSpec:
    """
    The content with what was sent over it; what was not sent stays.

    :raises ValidationError: the result is no campaign.
    """
    sent = patch.model_dump(exclude_unset=True, exclude={"note"})
    content = {step: {**value, **sent.pop(step, {})} if isinstance(value, dict) else value for step, value in base.items()} | sent
    try:
        return CampaignSpec.model_validate_json(json.dumps(content))
    except pydantic.ValidationError as refusal:
        errors = [{**error, "loc": ("body", "patch", *error["loc"])} for error in refusal.errors(include_url=False)]
        raise ValidationError(errors) from None
