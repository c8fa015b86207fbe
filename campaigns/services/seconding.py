"""What is above a member's limit waits for a second member of the team; both see it."""

import json
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from pydantic import ValidationError

from advertisers.access import SPENDERS
from advertisers.models import Advertiser, Membership
from advertisers.notifications import tell_team
from campaigns import events, locks
from campaigns.models import Campaign, Draft
from campaigns.schemas import CampaignSpec
from campaigns.services import budget, moves, spending, submission, versions
from common.errors import DomainError
from credits import services as credits
from identity import approvals, notifications
from identity.events import Event
from identity.models import ApprovalRequest, User

SUBMIT, RESUBMIT, RAISE = "campaigns.submit", "campaigns.resubmit", "campaigns.raise"
PAGE = "/campaigns/approvals/"
OVERTAKEN = "같은 초안을 다시 제출해서 이 요청은 닫았어요."


class NothingToDecide(DomainError):
    """No such request in this team."""

    code = "campaign.nothing_to_decide"
    message = "이 팀에는 그런 승인 요청이 없어요."
    http_status = 404


class AskerIsGone(DomainError):
    """Whoever asked may not launch campaigns any more."""

    code = "campaign.asker_is_gone"
    message = "요청한 사람이 지금은 캠페인을 집행할 수 없어요. 요청을 거절하고 직접 제출해 주세요."


class DraftSubmittedSince(DomainError):
    """The draft that was put before a second member is a campaign by now."""

    code = "campaign.draft_submitted_since"
    message = "요청한 뒤에 같은 초안을 이미 제출했어요. 이 요청은 거절해 주세요."


class ChangedSinceAsked(DomainError):
    """What the request changes was changed elsewhere meanwhile, or does not go with what was."""

    code = "campaign.changed_since_asked"
    message = "요청한 뒤에 다른 곳에서도 바뀐 항목이 있어요: {names}. 이 요청은 거절하고 지금 내용에서 다시 제출해 주세요."


def subject_of(advertiser: Advertiser) -> str:
    """How the team is named in a request."""
    return f"advertiser:{advertiser.public_id}"


def submit_or_ask(*, advertiser: Advertiser, spec: CampaignSpec, by: User, at: datetime, key: str) -> Campaign | ApprovalRequest:
    """
    Submit a campaign, or, above the member's limit, put it before a second member.

    :raises: what `submit_campaign` raises, except OverLimit.
    """
    try:
        return submission.submit_campaign(advertiser=advertiser, spec=spec, by=by, at=at, key=key)
    except spending.OverLimit:
        return ask_to_submit(advertiser=advertiser, spec=spec, by=by, at=at, key=key)


def ask_to_submit(*, advertiser: Advertiser, spec: CampaignSpec, by: User, at: datetime, key: str) -> ApprovalRequest:
    """
    Put a campaign before a second member; what waits for another version of the same draft is closed.

    :raises SubmissionConflict: the key was used with other content.   :raises DraftSubmittedSince: the draft is a campaign by now.
    """
    return _ask(SUBMIT, advertiser, title=spec.design.title, amount=spec.committed, data=_of(spec, key), by=by, at=at)


def resubmit_or_ask(
    *, campaign: Campaign, spec: CampaignSpec, by: User, at: datetime, key: str, note: str = ""
) -> Campaign | ApprovalRequest:
    """
    Submit a corrected campaign again, or, above the member's limit, put it before a second member.

    :raises: what `resubmit` raises, except OverLimit.
    """
    try:
        return submission.resubmit(campaign=campaign, spec=spec, by=by, at=at, key=key, note=note)
    except spending.OverLimit:
        base = versions.latest_content(campaign)
        return ask_to_resubmit(campaign=campaign, spec=spec, base=base, by=by, at=at, key=key, note=note)


def ask_to_resubmit(
    *, campaign: Campaign, spec: CampaignSpec, base: dict[str, Any] | None, by: User, at: datetime, key: str, note: str = ""
) -> ApprovalRequest:
    """Put a correction before a second member, as `ask_to_submit` does. base: the content that it changes."""
    data = {**_of(spec, key), "campaign": str(campaign.public_id), "note": note, "base": base}
    amount = spec.committed - campaign.committed_credits
    return _ask(RESUBMIT, campaign.advertiser, title=spec.design.title, amount=amount, data=data, by=by, at=at)


def raise_or_ask(*, campaign: Campaign, credits: int, by: User, at: datetime, key: str) -> Campaign | ApprovalRequest:
    """
    Raise a campaign's budget, or, above the member's limit, put it before a second member.

    :raises: what `raise_budget` raises, except OverLimit.
    """
    try:
        return budget.raise_budget(campaign=campaign, credits=credits, by=by, at=at, key=key)
    except spending.OverLimit:
        data = {"campaign": str(campaign.public_id), "credits": credits, "key": key}
        return _ask(RAISE, campaign.advertiser, title=campaign.title, amount=credits, data=data, by=by, at=at)


def approve(*, advertiser: Advertiser, request: UUID, by: User, at: datetime) -> Campaign:
    """
    Agree as a second member, and carry out what waited, in one commit: the yes and the hold stand together or not at all.

    :raises NothingToDecide, AskerIsGone: no such request, or its asker lost the right.
    :raises DraftSubmittedSince: the draft that it is about was submitted another way.
    :raises ChangedSinceAsked: a correction and something else changed the same.
    :raises approvals.MakerIsChecker, approvals.AlreadyDecided: see there.
    :raises OverLimit: the second member may not commit this much either.
    :raises: what carrying it out raises; the request then waits on.
    """
    with transaction.atomic(durable=True):
        credits.lock_wallet(advertiser)
        row = approvals.approve(request_id=_find(advertiser, request).pk, by=by, at=at)
        maker = row.made_by
        if not Membership.objects.acting().of(advertiser).filter(user=maker, role__in=SPENDERS).exists():
            raise AskerIsGone
        campaign = _carry_out(advertiser, row, by=maker, second=by, at=at)
        _tell(row, advertiser, events.SECOND_AGREED, {"who": by.get_full_name()}, at=at)
        return campaign


def refuse(*, advertiser: Advertiser, request: UUID, by: User, reason: str, at: datetime) -> ApprovalRequest:
    """
    Say no; whoever asked may take the request back this way. Nothing was held, so nothing is released.

    :raises NothingToDecide: no such request.   :raises approvals.ReasonMissing, approvals.AlreadyDecided: see there.
    """
    with transaction.atomic(durable=True):
        row = approvals.refuse(request_id=_find(advertiser, request).pk, by=by, reason=reason, at=at)
        if row.made_by_id != by.pk:
            _tell(row, advertiser, events.SECOND_REFUSED, {"who": by.get_full_name(), "reason": row.reason}, at=at)
        return row


def close_overtaken(*, advertiser: Advertiser, draft: str, but: str = "", at: datetime) -> None:
    """
    Close what waits for a draft that is submitted now. The caller holds the wallet's lock, as whoever approves does.

    draft: how the keys of all its versions begin.   but: the key of the one version that stays.
    """
    waiting = ApprovalRequest.objects.waiting().filter(subject=subject_of(advertiser), data__key__startswith=draft)
    for number in waiting.exclude(data__key=but).values_list("pk", flat=True):
        with suppress(approvals.AlreadyDecided):  # somebody said no just now
            approvals.expire(request_id=number, at=at, reason=OVERTAKEN)


def _find(advertiser: Advertiser, request: UUID) -> ApprovalRequest:
    row = ApprovalRequest.objects.filter(subject=subject_of(advertiser), public_id=request).first()
    if row is None:
        raise NothingToDecide
    return row


def _of(spec: CampaignSpec, key: str) -> dict[str, Any]:
    return {"spec": spec.model_dump(mode="json"), "key": key}


def _intent(data: dict[str, Any]) -> dict[str, Any]:
    """What was asked for, whatever the campaign was like at the time."""
    return {name: value for name, value in data.items() if name != "base"}


def _ask(kind: str, advertiser: Advertiser, *, title: str, amount: int, data: dict[str, Any], by: User, at: datetime) -> ApprovalRequest:
    key = f"{kind}:{advertiser.pk}:{data['key']}"
    with transaction.atomic(durable=True):
        credits.lock_wallet(advertiser)
        _refuse_submitted(kind, advertiser, data["key"])
        if draft := Draft.beginning_of(data["key"]):
            close_overtaken(advertiser=advertiser, draft=draft, but=data["key"], at=at)
        row = approvals.ask(
            kind=kind, subject=subject_of(advertiser), summary=f"{title} · {amount:,}크레딧", data=data, by=by, key=key, at=at
        )
        if _intent(row.data) != _intent(data):
            raise submission.SubmissionConflict
        tell_team(
            events.SECOND_ASKED,
            advertiser=advertiser,
            facts={"who": by.get_full_name(), "what": row.summary},
            url=PAGE,
            key=f"approval:{row.public_id}:asked",
            at=at,
        )
        return row


def _carry_out(advertiser: Advertiser, row: ApprovalRequest, *, by: User, second: User, at: datetime) -> Campaign:
    data = row.data
    drafts = _refuse_submitted(row.kind, advertiser, data["key"])
    if row.kind == SUBMIT:
        spec = CampaignSpec.model_validate_json(json.dumps(data["spec"]))
        campaign = submission.submit_locked(advertiser=advertiser, spec=spec, by=by, at=at, key=data["key"], second=second)
        drafts.update(campaign=campaign)
        return campaign
    campaign = Campaign.objects.owned_by(advertiser).select_related("advertiser", "hold").get(public_id=data["campaign"])
    if row.kind == RESUBMIT:
        spec = _spec_now(data, moves.lock(campaign))
        return submission.resubmit_locked(campaign=campaign, spec=spec, by=by, at=at, key=data["key"], second=second, note=data["note"])
    return budget.raise_locked(campaign=campaign, credits=data["credits"], by=by, at=at, key=data["key"], second=second)


def _spec_now(data: dict[str, Any], campaign: Campaign) -> CampaignSpec:
    """
    The correction that was asked for, with what the campaign says now wherever it changes nothing. Wallet and campaign are locked.

    :raises ChangedSinceAsked: see there.
    """
    asked, latest = versions.whole(data["spec"]), versions.latest_content(campaign)
    base = versions.whole(data["base"]) if data.get("base") else latest  # an earlier release did not write it down
    moved, ours = versions.changed(base, latest), versions.changed(base, asked)
    if both := [path for path in moved if path in ours and path in versions.changed(asked, latest)]:
        raise _changed_since(both, campaign)
    try:
        return versions.read(versions.merged(asked, latest, [path for path in moved if path not in ours]))
    except ValidationError as unfit:
        raise _changed_since(moved, campaign) from unfit


def _changed_since(paths: list[str], campaign: Campaign) -> ChangedSinceAsked:
    return ChangedSinceAsked(names=", ".join(locks.label_of(path, campaign.type) for path in paths))


def _refuse_submitted(kind: str, advertiser: Advertiser, key: str) -> QuerySet[Draft]:
    """
    The draft that a key names, where it names one. The wallet is locked, so nobody submits it meanwhile.

    :raises DraftSubmittedSince: it is a campaign already.
    """
    beginning = Draft.beginning_of(key)
    if not beginning:
        return Draft.objects.none()
    found = Draft.objects.owned_by(advertiser).filter(public_id=beginning.split(":")[1])
    made = Campaign.objects.owned_by(advertiser).filter(submission_key__startswith=beginning)
    if found.exclude(campaign=None).exists() or (kind == SUBMIT and made.exists()):
        raise DraftSubmittedSince
    return found


def _tell(row: ApprovalRequest, advertiser: Advertiser, event: Event, facts: dict[str, str], *, at: datetime) -> None:
    notifications.tell(
        event,
        user=row.made_by,
        facts={"team": advertiser.name, "what": row.summary, **facts},
        url=PAGE,
        key=f"approval:{row.public_id}:decided",
        at=at,
    )
