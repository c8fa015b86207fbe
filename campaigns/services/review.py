"""The operators' side: deciding what may run, and stopping what must not. Two operators cannot decide one version."""

from datetime import datetime

from django.db import transaction

from campaigns import events, images, locks
from campaigns.models import BEFORE_THE_START, LIVE, Campaign, CampaignVersion, State
from campaigns.services import budget, content, desk, moves, prizes, running, versions
from common.errors import DomainError
from credits import services as credits
from identity.models import User

Decision = CampaignVersion.State


class NewerVersion(DomainError):
    code = "review.newer_version"
    message = "{newest}번 버전이 더 새로워요. 새 내용을 보고 다시 결정해 주세요."


class SameReviewer(DomainError):
    code = "review.same_reviewer"
    message = "반려한 사람은 그 이의를 심사할 수 없어요. 다른 심사 담당자가 결정해요."
    http_status = 403


class OvertakenByStart(DomainError):
    code = "review.overtaken"
    message = "진행이 시작돼서 이 수정은 승인할 수 없어요: {names}. 반려해 주세요."


class DemoIsNotReviewed(DomainError):
    """A campaign of somebody who tries the product: members never see it."""

    code = "review.demo"
    message = "데모 계정의 캠페인은 심사하지 않아요. 회원에게 보이지 않아요."
    http_status = 403


class NotApproved(DomainError):
    code = "review.not_approved"
    message = "승인한 캠페인만 다시 볼 수 있어요."


def approve(*, campaign: Campaign, by: User, at: datetime, version: int | None = None) -> Campaign:
    """
    Let a submitted campaign run from its start on, or put an edit of a running one live; one whose start has passed runs at once.

    version: the one the reviewer read; None for whichever waits.

    :raises MoveRefused: nothing waits; somebody decided it before.   :raises NewerVersion: another one was submitted meanwhile.
    :raises BeingReviewed: somebody else has it on the desk.   :raises SameReviewer: an appeal against one's own decision.
    :raises AlreadyOver: its end has passed.   :raises OvertakenByStart: it changes what a running campaign keeps.
    :raises PrizesNotHeld: the money of its prizes is not on hold.   :raises DemoIsNotReviewed: its advertiser is a demo.
    """
    with transaction.atomic(durable=True):
        prizes.lock_wallet_for(campaign)
        row = moves.lock(campaign)
        return approve_locked(row, _to_decide(row, by=by, seen=version, what=State.APPROVED), by=by, at=at)


def approve_locked(campaign: Campaign, version: CampaignVersion, *, by: User | None, at: datetime, recheck: str = "") -> Campaign:
    """The same, joining the transaction of a caller who holds the campaign's lock. by: None where nobody had to decide."""
    if campaign.advertiser.is_demo:
        raise DemoIsNotReviewed
    if campaign.ends_at <= at:
        raise content.AlreadyOver
    if campaign.state in locks.APPROVED:
        _put_live(campaign, version, by=by, at=at)
    else:
        prizes.refuse_unpaid(campaign)
        moves.move(campaign, State.APPROVED, by=by, at=at, approved_at=at, decision_reason="")
        moves.move(campaign, State.SCHEDULED, by=by, at=at)
    versions.decide(version, Decision.APPROVED, by=by, at=at)
    if by is not None and (image := version.spec["design"].get("image")):
        images.approve(campaign.advertiser, image, at=at)
    if recheck:
        version.recheck = recheck
        version.save(update_fields=["recheck"])
    desk.tell(campaign, events.APPROVED, {"campaign": version.title}, at=at, key=f"v{version.number}:decided")
    if campaign.state in BEFORE_THE_START and campaign.starts_at <= at and credits.disputed_part(campaign.hold) == 0:
        running.begin_locked(campaign, at=at)
    return campaign


def reject(
    *, campaign: Campaign, by: User, at: datetime, reason: str, remarks: dict[str, str] | None = None, version: int | None = None
) -> Campaign:
    """
    Refuse what waits. A campaign that was never approved gives its credits back; an approved one runs on as it is.

    reason: shown to the advertiser.   remarks: reason by path of the field.   version: the one the reviewer read.

    :raises ReasonMissing: without a reason.   :raises: what `approve` raises before it decides.
    """
    text = moves.stated(reason)
    with transaction.atomic(durable=True):
        credits.lock_wallet(campaign.advertiser)
        row = moves.lock(campaign)
        found = _to_decide(row, by=by, seen=version, what=State.REJECTED)
        if row.state == State.SUBMITTED:
            moves.move(row, State.REJECTED, by=by, at=at, reason=text, decision_reason=text)
            budget.release_down_to(row, keep=0, at=at)
            prizes.take_back(row, reason=text, at=at)
        _say_no(row, found, Decision.REJECTED, by=by, at=at, reason=text, remarks=remarks)
        return row


def ask_changes(
    *, campaign: Campaign, by: User, at: datetime, reason: str, remarks: dict[str, str] | None = None, version: int | None = None
) -> Campaign:
    """
    Send what waits back for correction; the credits of a campaign that was never approved stay on hold for two weeks.

    :raises: as `reject`.
    """
    text = moves.stated(reason)
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        found = _to_decide(row, by=by, seen=version, what=State.CHANGES_ASKED)
        if row.state == State.SUBMITTED:
            moves.move(row, State.CHANGES_ASKED, by=by, at=at, reason=text, decision_reason=text)
        _say_no(row, found, Decision.CHANGES_ASKED, by=by, at=at, reason=text, remarks=remarks)
        return row


def flag(*, campaign: Campaign, by: User, at: datetime, reason: str) -> CampaignVersion:
    """
    Put an approved campaign on the list of those to look at again; it runs on meanwhile.

    :raises NotApproved: it was not approved, or is over.   :raises ReasonMissing: without a reason.
    :raises MoveRefused: it is on the list.
    """
    text = moves.stated(reason)
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        version = row.versions.filter(state=Decision.APPROVED).order_by("-number").first()
        if version is None or row.state not in (*BEFORE_THE_START, *LIVE):
            raise NotApproved
        if version.recheck and version.rechecked_at is None:
            raise moves.MoveRefused(state=row.state, to="flagged")
        version.recheck, version.rechecked_at = text, None
        version.save(update_fields=["recheck", "rechecked_at"])
        moves.record(row, moves.Kind.RECHECK, by=by, at=at, reason=text, data={"version": version.number})
        return version


def found_fine(*, campaign: Campaign, by: User, at: datetime) -> None:
    """
    The second look found nothing; a campaign that is not fine is locked instead.

    :raises NothingWaits: nothing of it is to be looked at again.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        version = row.versions.exclude(recheck="").filter(rechecked_at=None).order_by("-number").first()
        if version is None:
            raise desk.NothingWaits
        version.rechecked_at = at
        version.save(update_fields=["rechecked_at"])
        moves.record(row, moves.Kind.RECHECK, by=by, at=at, data={"version": version.number, "fine": True})


def lock(*, campaign: Campaign, by: User, at: datetime, reason: str) -> Campaign:
    """
    Stop a campaign whatever its state: nothing starts, the advertiser cannot resume or end it, its money stays on hold.

    :raises MoveRefused: it is over, or locked already.   :raises ReasonMissing: without a reason.
    """
    text = moves.stated(reason)
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if row.is_over or row.is_locked:
            raise moves.MoveRefused(state=row.state, to="locked")
        row.is_locked, row.locked_reason = True, text
        row.save(update_fields=["is_locked", "locked_reason"])
        event = moves.record(row, moves.Kind.LOCKED, by=by, at=at, reason=text)
        desk.tell(row, events.LOCKED, {"reason": text}, at=at, key=f"event:{event.pk}")
        return row


def unlock(*, campaign: Campaign, by: User, at: datetime, reason: str) -> Campaign:
    """
    Let a locked campaign go on from the state it is in.

    :raises MoveRefused: it is not locked.   :raises ReasonMissing: without a reason.
    """
    text = moves.stated(reason)
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if not row.is_locked:
            raise moves.MoveRefused(state=row.state, to="unlocked")
        row.is_locked, row.locked_reason = False, ""
        row.save(update_fields=["is_locked", "locked_reason"])
        event = moves.record(row, moves.Kind.UNLOCKED, by=by, at=at, reason=text)
        desk.tell(row, events.UNLOCKED, {"reason": text}, at=at, key=f"event:{event.pk}")
        return row


def _to_decide(campaign: Campaign, *, by: User, seen: int | None, what: State) -> CampaignVersion:
    """The version that waits, if this operator may decide it. The campaign is locked."""
    version = versions.waiting(campaign)
    if seen is not None and seen < campaign.submission_no:
        raise NewerVersion(newest=campaign.submission_no)
    if version is None:
        raise moves.MoveRefused(state=campaign.state, to=what.value)
    desk.refuse_others(version, by=by)
    if version.appeal_of is not None and version.appeal_of.decided_by_id == by.pk:
        raise SameReviewer
    return version


def _put_live(campaign: Campaign, version: CampaignVersion, *, by: User | None, at: datetime) -> None:
    """An approved campaign takes what the version changes."""
    if campaign.state in LIVE and (closed := [path for path in version.changes if not locks.may_go_live(path)]):
        raise OvertakenByStart(names=", ".join(locks.label_of(path, campaign.type) for path in closed))
    content.put_live(campaign, version)
    moves.record(campaign, moves.Kind.DECIDED, by=by, at=at, data={"version": version.number, "decision": Decision.APPROVED.value})


def _say_no(
    campaign: Campaign,
    version: CampaignVersion,
    decision: CampaignVersion.State,
    *,
    by: User,
    at: datetime,
    reason: str,
    remarks: dict[str, str] | None,
) -> None:
    fields = versions.flat(version.spec)
    said = {path: moves.stated(text) for path, text in (remarks or {}).items() if path in fields}
    versions.decide(version, decision, by=by, at=at, reason=reason, remarks=said)
    if (image := version.spec["design"].get("image")) and "design.image" in said:
        images.refuse(campaign.advertiser, image, reason=said["design.image"], at=at)
    if campaign.state in locks.APPROVED:
        moves.record(
            campaign, moves.Kind.DECIDED, by=by, at=at, reason=reason, data={"version": version.number, "decision": decision.value}
        )
    event = events.REJECTED if decision == Decision.REJECTED else events.CHANGES_ASKED
    desk.tell(campaign, event, {"campaign": version.title, "reason": reason}, at=at, key=f"v{version.number}:decided")
