"""
The advertisers' doors to drafts: the same rows as in the wizard, so that a program may begin what a person finishes.

Fields that are sent have to be good by themselves; fields that are missing are listed under `open` and may come later. A PATCH leaves
every field alone that it does not name, and takes out those that are null.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils import timezone
from ninja import Router, Status
from ninja.errors import ValidationError
from pydantic import Field, StringConstraints

from advertisers.access import SPENDERS, require_role
from campaigns import access, landing
from campaigns.api.advertiser import IntentKey, WaitingOut, shown_campaign, waiting
from campaigns.api.shapes import CampaignOut
from campaigns.api.team_auth import READS, WRITES, TeamRequest
from campaigns.models import Draft
from campaigns.schemas import TypeStep
from campaigns.wizard import drafts, following, steps
from common.schemas import Input, Output, Whole
from identity.models import ApprovalRequest

router = Router(tags=["작성 중인 캠페인"])
PARTS = ("design", "details", "reward", "credit", "setting")
Fields = Annotated[dict[str, Any], Field(max_length=40)]
TypeKey = Annotated[str, StringConstraints(max_length=20)]


class DraftIn(Input):
    """type: a key of `/campaign-types`. The parts are those of `POST /campaigns`, as far as they are known."""

    type: TypeKey
    design: Fields = {}
    details: Fields = {}
    reward: Fields = {}
    credit: Fields = {}
    setting: Fields = {}


class DraftChange(Input):
    """What to change; everything else stays. version: refuse when somebody else changed the draft since."""

    type: TypeKey | None = None
    design: Fields = {}
    details: Fields = {}
    reward: Fields = {}
    credit: Fields = {}
    setting: Fields = {}
    version: Whole | None = None


class OpenOut(Output):
    """One thing to put right before it can be submitted. field: empty for the part as a whole."""

    part: str
    field: str
    message: str


class DraftOut(Output):
    """version: counts every change.   open: what is missing or wrong.   campaign: what became of it."""

    id: UUID
    version: int
    type: str
    design: dict[str, Any]
    details: dict[str, Any]
    reward: dict[str, Any]
    credit: dict[str, Any]
    setting: dict[str, Any]
    open: list[OpenOut]
    campaign: UUID | None
    updated_at: datetime


@router.get("/drafts", auth=READS, response=list[DraftOut], summary="작성 중인 캠페인 목록")
def draft_list(request: TeamRequest) -> list[DraftOut]:
    """Open drafts of the team, the last one written in first."""
    require_role(request.auth, SPENDERS)
    return [_shown(draft) for draft in Draft.objects.owned_by(request.auth.advertiser).open()]


@router.post("/drafts", auth=WRITES, response={201: DraftOut}, summary="작성 시작")
def begin(request: TeamRequest, draft: DraftIn, key: IntentKey) -> Status[DraftOut]:
    """Start a draft. The same key again finds it; the same key with another body is a conflict."""
    require_role(request.auth, SPENDERS)
    changes = _given(draft)
    answers = drafts.merged({}, changes)
    _refuse_unreadable(changes, answers, name="draft")
    row = drafts.begin(
        advertiser=request.auth.advertiser,
        by=request.user,
        at=timezone.now(),
        key=f"api:{key}",
        answers=answers,
        request_hash=drafts.fingerprint(draft.model_dump(mode="json")),
    )
    return Status(201, _shown(row))


@router.get("/drafts/{draft_id}", auth=READS, response=DraftOut, summary="작성 중인 캠페인 하나")
def draft_detail(request: TeamRequest, draft_id: UUID) -> DraftOut:
    """One draft of the team, and what is still open."""
    return _shown(access.get_draft(request, draft_id))


@router.patch("/drafts/{draft_id}", auth=WRITES, response=DraftOut, summary="작성 중인 캠페인 고치기")
def change(request: TeamRequest, draft_id: UUID, change: DraftChange) -> DraftOut:
    """Change single fields; all others stay as they are."""
    row = access.get_draft(request, draft_id)
    changes = _given(change)
    _refuse_unreadable(changes, drafts.merged(row.answers, changes), name="change")
    return _shown(drafts.change(draft=row, changes=changes, seen=change.version, at=timezone.now()))


@router.delete("/drafts/{draft_id}", auth=WRITES, response={204: None}, summary="작성 중인 캠페인 지우기")
def discard(request: TeamRequest, draft_id: UUID) -> Status[None]:
    """Throw it away."""
    drafts.discard(draft=access.get_draft(request, draft_id))
    return Status(204, None)


@router.post("/drafts/{draft_id}/submit", auth=WRITES, response={201: CampaignOut, 202: WaitingOut}, summary="작성한 캠페인 제출")
def submit(request: TeamRequest, draft_id: UUID) -> Status[CampaignOut | WaitingOut]:
    """
    Submit it; its whole budget is held at once, or nothing happens. The draft is the intent: a repeat finds the campaign. 202: above the
    member's limit, a second member decides.
    """
    row = access.get_draft(request, draft_id)
    if row.corrects is not None and row.campaign is None:
        row.answers = following.follow(row, row.corrects).answers
    if row.campaign is None and steps.first_open(row.answers, at=timezone.now()) is None:
        landing.refuse_gone(landing.checked(row.answers["design"]["landing_url"]))
    outcome = drafts.submit(draft=row, by=request.user, at=timezone.now())
    return waiting(outcome) if isinstance(outcome, ApprovalRequest) else Status(201, shown_campaign(outcome))


def _given(body: DraftIn | DraftChange) -> dict[str, Any]:
    """What the caller named, by part."""
    given = body.model_dump(mode="json", include=body.model_fields_set & {"type", *PARTS})
    return {part: value for part, value in given.items() if value is not None}


def _refuse_unreadable(changes: dict[str, Any], answers: dict[str, Any], *, name: str) -> None:
    """
    Fields that are sent are good by themselves.

    :raises ValidationError: with every field that is not, where it stood in the body.
    """
    wrong: list[dict[str, Any]] = []
    if "type" in changes:
        wrong += [_wrong(name, problem) for problem in steps.problems_of("type", TypeStep, {"type": changes["type"]})]
    for part in PARTS:
        schema, given = steps.schema_of(part, answers), changes.get(part, {})
        if schema is None:
            continue
        merged = {**answers.get(part, {}), **{field: value for field, value in given.items() if value is not None}}
        found = steps.problems_of(part, schema, merged)
        wrong += [_wrong(name, problem) for problem in found if given.get(problem.field.split(".")[0]) is not None]
    if changes.get("details") and steps.schema_of("details", answers) is None:
        wrong.append(_wrong(name, steps.Problem("type", "type", "캠페인 유형을 먼저 골라 주세요.")))
    if wrong:
        raise ValidationError(wrong)


def _wrong(name: str, problem: steps.Problem) -> dict[str, Any]:
    """In the shape of pydantic's errors, so that the one handler of the API writes the answer."""
    place = [problem.part, *problem.field.split(".")] if problem.part != "type" else ["type"]
    return {"type": "draft", "loc": ("body", name, *place), "msg": problem.sentence}


def _shown(draft: Draft) -> DraftOut:
    left = [problem for step in steps.STEPS for problem in steps.problems(step, draft.answers, at=timezone.now())]
    answers = draft.answers
    return DraftOut(
        id=draft.public_id,
        version=draft.version,
        type=str(answers.get("type", "")),
        **{part: answers.get(part, {}) for part in PARTS},
        open=[OpenOut(part=one.part, field="" if one.part == "type" else one.field, message=one.sentence) for one in left],
        campaign=draft.campaign.public_id if draft.campaign else None,
        updated_at=draft.updated_at,
    )
