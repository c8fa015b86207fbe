"""
Editing what was approved: more budget, a later end and another approved picture at once, the rest as a version that waits while the
approved one runs on.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns import events, images, locks
from campaigns.models import Campaign, CampaignVersion
from campaigns.schemas import LONGEST_RUN, CampaignSpec
from campaigns.services import budget, content, desk, moves, versions
from common.errors import DomainError
from identity.models import User

OVERTAKEN = "심사하는 동안 진행이 시작돼서 더는 바꿀 수 없는 항목이 들어 있어요."


class EndTooEarly(DomainError):
    code = "campaign.end_too_early"
    message = "지금 종료 시각보다 늦은 때로, 시작한 날부터 1년 안에서 골라 주세요."
    http_status = 422


def edit_approved(
    campaign: Campaign,
    spec: CampaignSpec,
    *,
    before: dict[str, Any],
    changes: list[str],
    by: User,
    at: datetime,
    second: User | None = None,
    note: str = "",
) -> Campaign:
    """
    Joins the transaction of `submission.resubmit_locked`: wallet and campaign are locked, and the table of locks allows every change.

    :raises: what raising the budget and submitting raise.
    """
    content.refuse_what_cannot_run(campaign.advertiser, spec, at=at)
    old, new = versions.flat(before), versions.flat(spec.model_dump(mode="json"))
    known = {"design.image"} if images.is_approved(campaign.advertiser, spec.design.image) else set()
    reviewed = [path for path in changes if path not in known and locks.needs_review(path, before=old[path], after=new[path])]
    campaign.submission_no += bool(reviewed)
    campaign.save(update_fields=["submission_key", "submission_hash", "submission_no"])
    if "credit.budget" in changes:
        more = spec.credit.budget - campaign.budget_credits
        key = f"campaign:{campaign.public_id}:raise:{campaign.submission_key}"
        campaign = budget.raise_locked(campaign=campaign, credits=more, by=by, at=at, key=key, second=second)
    if "setting.ends_at" in changes and "setting.ends_at" not in reviewed:
        extend_locked(campaign, ends_at=spec.setting.ends_at, by=by, at=at)
    if known & set(changes):
        campaign.spec["design"]["image"] = str(spec.design.image)
        campaign.save(update_fields=["spec"])
        moves.record(campaign, moves.Kind.IMAGE, by=by, at=at, data={"image": str(spec.design.image)})
    if reviewed:
        version = versions.submitted(campaign, spec, by=by, at=at, before=before, changes=reviewed, note=note)
        moves.record(campaign, moves.Kind.VERSION, by=by, at=at, data={"version": version.number})
        desk.received(campaign, version, at=at)
    return campaign


def extend(*, campaign: Campaign, ends_at: datetime, by: User, at: datetime) -> Campaign:
    """
    Let an approved campaign end later, at once.

    :raises EndTooEarly: it is not later, or the run would be longer than a year.
    :raises MoveRefused: it is not approved yet, or over.   :raises CampaignLocked: an operator stopped it.
    :raises FieldLocked: its raffle promised when it closes.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        extend_locked(row, ends_at=ends_at, by=by, at=at)
        return row


def extend_locked(campaign: Campaign, *, ends_at: datetime, by: User, at: datetime) -> None:
    """The same, joining the transaction of a caller who holds the campaign's lock."""
    if campaign.state not in locks.APPROVED:
        raise moves.MoveRefused(state=campaign.state, to="extend")
    moves.refuse_when_locked(campaign)
    if not locks.is_open("setting.ends_at", campaign.state, campaign.type):
        raise locks.locked(["setting.ends_at"], campaign.type, state=campaign.state)
    if ends_at <= max(campaign.ends_at, at) or ends_at - campaign.starts_at > LONGEST_RUN:
        raise EndTooEarly
    campaign.ends_at = ends_at
    content.keep_in_step(campaign)
    campaign.save(update_fields=["ends_at", "spec"])
    moves.record(campaign, moves.Kind.EXTENDED, by=by, at=at, data={"ends_at": ends_at.isoformat()})


def drop_overtaken(campaign: Campaign, *, at: datetime) -> CampaignVersion | None:
    """
    The campaign begins: a version that waits and would change more than its design is withdrawn, and the team is told. Joins the
    caller's transaction.
    """
    version = versions.waiting(campaign)
    if version is None or all(locks.may_go_live(path) for path in version.changes):
        return None
    versions.withdraw(campaign, at=at, reason=OVERTAKEN)
    desk.tell(campaign, events.OVERTAKEN, {"reason": OVERTAKEN}, at=at, key=f"v{version.number}:overtaken")
    return version
