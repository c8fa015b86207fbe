"""The versions of a campaign: written when something is submitted, decided once. All functions join the caller's transaction."""

import json
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from campaigns.models import Campaign, CampaignVersion
from campaigns.schemas import CampaignSpec
from campaigns.services import outgoing
from common import business_hours, dated
from identity.models import User

REVIEW_HOURS = dated.define("campaigns.review_hours", default=8, label="심사를 약속한 영업시간")
NEWER = "더 새로운 버전을 제출했어요."


def submitted(
    campaign: Campaign,
    spec: CampaignSpec,
    *,
    by: User,
    at: datetime,
    before: dict[str, Any] | None = None,
    changes: list[str] | None = None,
    appeal_of: CampaignVersion | None = None,
    note: str = "",
) -> CampaignVersion:
    """
    Write what was submitted as the version `campaign.submission_no`; one that still waits is withdrawn. The campaign is locked.

    before: the content it is compared with, None for the first.   changes: those of its fields that are to be reviewed, if not every
    one that differs.   appeal_of: the rejected version it asks to look at again.
    """
    withdraw(campaign, at=at, reason=NEWER)
    content = spec.model_dump(mode="json")
    return CampaignVersion.objects.create(
        campaign=campaign,
        number=campaign.submission_no,
        spec=content,
        changes=changes if changes is not None else changed(whole(before), content) if before is not None else [],
        appeal_of=appeal_of,
        note=note,
        submitted_by=by,
        submitted_at=at,
        due_at=business_hours.after(at, timedelta(hours=REVIEW_HOURS.at(at))),
    )


def newest(campaign: Campaign) -> CampaignVersion:
    """The last one that was submitted, whatever became of it."""
    return CampaignVersion.objects.filter(campaign=campaign).select_related("appeal").latest("number")


def latest_content(campaign: Campaign) -> dict[str, Any]:
    """What an edit starts from: the content that runs, with what already waits for a review over it. One query."""
    version = waiting(campaign)
    base = whole(campaign.spec)
    return merged(base, whole(version.spec), version.changes) if version is not None else base


def waiting(campaign: Campaign) -> CampaignVersion | None:
    """The one that waits for a decision. The campaign is locked, so it stays the one."""
    return CampaignVersion.objects.filter(campaign=campaign, state=CampaignVersion.State.WAITING).first()


def decide(
    version: CampaignVersion,
    state: CampaignVersion.State,
    *,
    by: User | None,
    at: datetime,
    reason: str = "",
    remarks: dict[str, str] | None = None,
) -> None:
    """Say what became of a version that waits. The campaign is locked."""
    version.state, version.decided_by, version.decided_at = state, by, at
    version.reason, version.remarks = reason, remarks or {}
    version.save(update_fields=["state", "decided_by", "decided_at", "reason", "remarks"])
    outgoing.decided(version, at=at)


def withdraw(campaign: Campaign, *, at: datetime, reason: str) -> CampaignVersion | None:
    """Take back what waits, if anything does; nobody has to decide it any more."""
    if version := waiting(campaign):
        decide(version, CampaignVersion.State.WITHDRAWN, by=None, at=at, reason=reason)
    return version


def whole(content: dict[str, Any]) -> dict[str, Any]:
    """A stored content as it would be written today: fields that were added since have their usual values."""
    try:
        return read(content).model_dump(mode="json")
    except ValidationError:  # a rule became stricter since; it is compared as it is
        return content


def read(content: dict[str, Any]) -> CampaignSpec:
    """
    A stored content as a specification.

    :raises ValidationError: a rule became stricter since it was written.
    """
    return CampaignSpec.model_validate_json(json.dumps(content))


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Paths of the fields that differ between two whole contents, in the order of the schema: `design.title`, `type` …"""
    left, right = flat(before), flat(after)
    return [path for path in dict.fromkeys((*right, *left)) if not same(path, left.get(path), right.get(path))]


def flat(content: dict[str, Any]) -> dict[str, Any]:
    """A whole content by path of the field; a step's fields stand under the step."""
    fields: dict[str, Any] = {}
    for step, value in content.items():
        fields.update({f"{step}.{name}": inner for name, inner in value.items()} if isinstance(value, dict) else {step: value})
    return fields


def merged(base: dict[str, Any], other: dict[str, Any], paths: list[str]) -> dict[str, Any]:
    """`base` with the fields of these paths taken from `other`."""
    content = {step: dict(value) if isinstance(value, dict) else value for step, value in base.items()}
    for path in paths:
        step, _, name = path.partition(".")
        if name:
            content[step][name] = other[step][name]
        else:
            content[step] = other[step]
    return content


_MOMENTS = ("setting.starts_at", "setting.ends_at")


def same(path: str, left: Any, right: Any) -> bool:
    """
    True when a page would write both alike: moments are compared by the minute, which is what people can write there, and texts
    whatever ends their lines.
    """
    if path in _MOMENTS and left and right:
        left, right = (datetime.fromisoformat(value).replace(second=0, microsecond=0) for value in (left, right))
    if isinstance(left, str) and isinstance(right, str):
        left, right = left.replace("\r\n", "\n"), right.replace("\r\n", "\n")
    return bool(left == right)
