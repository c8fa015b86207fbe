"""The advertiser's side before a campaign runs: submit, correct and submit again, appeal, withdraw."""

import hashlib
import uuid
from datetime import datetime

from django.db import transaction

from advertisers.models import Advertiser
from campaigns import locks
from campaigns.models import Campaign, State
from campaigns.schemas import CampaignSpec
from campaigns.services import budget, content, desk, edits, moves, prizes, spending, trust, versions
from common.errors import DomainError
from credits import selectors as balances
from credits import services as credits
from credits.models import Hold, Unit
from identity.models import User


class AppealedBefore(DomainError):
    code = "campaign.appealed_before"
    message = "이 버전은 이미 이의를 제기했어요. 내용을 고쳐서 다시 제출해 주세요."


class SubmissionConflict(DomainError):
    code = "campaign.submission_conflict"
    message = "같은 요청 번호로 다른 내용을 이미 제출했어요. 새 화면에서 다시 제출해 주세요."


def submit_campaign(*, advertiser: Advertiser, spec: CampaignSpec, by: User, at: datetime, key: str) -> Campaign:
    """
    Create the campaign and hold its whole budget, or do neither.

    key: one per intent; pressing twice, or repeating after a silence, returns the first campaign.

    :raises InsufficientCredits: the available balance is below the budget; context has the shortfall.
    :raises OverLimit: it takes a second member (campaigns.services.seconding).
    :raises AlreadyOver, PriceBelowReward, NotYourImage, NotYourList, AccountRestricted, SubmissionConflict: nothing was written.
    """
    with transaction.atomic(durable=True):
        credits.lock_wallet(advertiser)
        return submit_locked(advertiser=advertiser, spec=spec, by=by, at=at, key=key)


def submit_locked(*, advertiser: Advertiser, spec: CampaignSpec, by: User, at: datetime, key: str, second: User | None = None) -> Campaign:
    """The same, joining the transaction of a caller who holds the wallet's lock. second: the member who agreed, where one had to."""
    fingerprint = hash_of(spec)
    if known := Campaign.objects.owned_by(advertiser).filter(submission_key=key).first():
        if known.submission_hash != fingerprint:
            raise SubmissionConflict
        return known
    content.refuse_what_cannot_run(advertiser, spec, at=at)
    committed = spending.commit(advertiser=advertiser, by=by, second=second, credits=spec.committed, at=at)
    refuse_short(advertiser, spec, ready=0)
    public_id = uuid.uuid4()
    hold = credits.place_hold(
        advertiser=advertiser,
        credits=spec.credit.budget,
        subject=f"campaign:{public_id}",
        subject_label=spec.design.title,
        key=f"campaign:{public_id}:hold:1",
        at=at,
        campaign_type=spec.type,
        actor=moves.actor_of(by),
    )
    campaign = Campaign(public_id=public_id, advertiser=advertiser, hold=hold, state=State.SUBMITTED, state_changed_at=at)
    content.write_down(campaign, spec, at=at)
    campaign.submitted_at, campaign.submission_key, campaign.submission_hash = at, key, fingerprint
    prizes.put_up(campaign, spec, by=by, at=at)
    campaign.save(force_insert=True)
    version = versions.submitted(campaign, spec, by=by, at=at)
    moves.record(campaign, moves.Kind.MOVED, by=by, at=at, to_state=State.SUBMITTED, data=committed)
    desk.received(campaign, version, at=at)
    return trust.let_pass(campaign, version, at=at)


class NothingChanged(DomainError):
    code = "campaign.nothing_changed"
    message = "바뀐 내용이 없어요. 고친 뒤에 다시 제출해 주세요."
    http_status = 422


def resubmit(*, campaign: Campaign, spec: CampaignSpec, by: User, at: datetime, key: str, note: str = "") -> Campaign:
    """
    Submit a campaign's content anew, in whatever state it is: the one way to edit.

    Before approval the new version replaces the old one and the hold is adjusted. Once approved, more budget and a later end take
    effect at once; the rest waits for a review as a version of its own while the approved content runs on. note: what the advertiser
    has to say about it.

    :raises FieldLocked, OnlyMore: the table of locks does not allow it (campaigns.locks).   :raises NothingChanged: as it was.
    :raises MoveRefused: it is over.   :raises CampaignLocked: an operator stopped it.
    :raises InsufficientCredits and what `submit_campaign` raises.
    """
    with transaction.atomic(durable=True):
        credits.lock_wallet(campaign.advertiser)
        return resubmit_locked(campaign=campaign, spec=spec, by=by, at=at, key=key, note=note)


def resubmit_locked(
    *, campaign: Campaign, spec: CampaignSpec, by: User, at: datetime, key: str, second: User | None = None, note: str = ""
) -> Campaign:
    """The same, joining the transaction of a caller who holds the wallet's lock. Only what is above the earlier budget is committed."""
    fingerprint, row = hash_of(spec), moves.lock(campaign)
    if row.submission_key == key and row.submission_hash == fingerprint:
        return row  # this intent was carried out before
    if row.is_over:
        raise moves.MoveRefused(state=row.state, to=State.SUBMITTED.value)
    moves.refuse_when_locked(row)
    before, after = versions.whole(row.spec), spec.model_dump(mode="json")
    changes = versions.changed(before, after)
    locks.refuse(changes, before=versions.flat(before), after=versions.flat(after), state=row.state)
    if not changes and row.state != State.CHANGES_ASKED:  # what was asked for may have been outside, at the landing page
        raise NothingChanged
    row.submission_key, row.submission_hash = key, fingerprint
    if row.state in locks.APPROVED:
        row = edits.edit_approved(row, spec, before=before, changes=changes, by=by, at=at, second=second, note=note)
        version = versions.waiting(row)
        return trust.let_pass(row, version, at=at) if version is not None else row
    return _submit_again(row, spec, by=by, at=at, second=second, note=note)


def _submit_again(row: Campaign, spec: CampaignSpec, *, by: User, at: datetime, second: User | None, note: str) -> Campaign:
    """Before approval: the content is replaced, and so is the version that waits."""
    content.refuse_what_cannot_run(row.advertiser, spec, at=at)
    more = max(0, spec.committed - row.committed_credits)
    committed = spending.commit(advertiser=row.advertiser, by=by, second=second, credits=more, at=at)
    _hold_again(row, spec, by=by, at=at)
    before = row.spec
    content.write_down(row, spec, at=at)
    row.submission_no += 1
    row.submitted_at, row.decision_reason = at, ""
    row.save()
    version = versions.submitted(row, spec, by=by, at=at, before=before, note=note)
    facts = {**committed, "version": version.number}
    if row.state == State.SUBMITTED:
        moves.record(row, moves.Kind.VERSION, by=by, at=at, data=facts)
    else:
        moves.move(row, State.SUBMITTED, by=by, at=at, data=facts)
    desk.received(row, version, at=at)
    return trust.let_pass(row, version, at=at)


def appeal(*, campaign: Campaign, text: str, by: User, at: datetime) -> Campaign:
    """
    Ask another operator to look at a rejected version again, once; the whole budget is held anew. text: what speaks for it.

    :raises MoveRefused: it is not rejected.   :raises AppealedBefore: this version was appealed, or is an appeal itself.
    :raises ReasonMissing: without a word.   :raises InsufficientCredits and what `submit_campaign` raises.
    """
    note = moves.stated(text)
    with transaction.atomic(durable=True):
        credits.lock_wallet(campaign.advertiser)
        row = moves.lock(campaign)
        rejected = versions.newest(row)
        if row.state != State.REJECTED:
            raise moves.MoveRefused(state=row.state, to=State.SUBMITTED.value)
        if not rejected.may_be_appealed:
            raise AppealedBefore
        spec = versions.read(row.spec)
        content.refuse_what_cannot_run(row.advertiser, spec, at=at)
        _hold_again(row, spec, by=by, at=at)
        row.submission_no += 1
        row.submitted_at, row.decision_reason = at, ""
        row.save()
        version = versions.submitted(row, spec, by=by, at=at, before=row.spec, appeal_of=rejected, note=note)
        moves.move(row, State.SUBMITTED, by=by, at=at, reason=note, data={"version": version.number, "appeal": True})
        desk.received(row, version, at=at)
        return row


def withdraw(*, campaign: Campaign, by: User | None, at: datetime, reason: str = "") -> Campaign:
    """
    Take a campaign back before it runs, and its credits with it. by: empty when nobody corrected it in time.

    :raises MoveRefused: it runs, or is over.   :raises CampaignLocked: an operator stopped it.
    """
    with transaction.atomic(durable=True):
        credits.lock_wallet(campaign.advertiser)
        return withdraw_locked(campaign=campaign, by=by, at=at, reason=reason)


def withdraw_locked(*, campaign: Campaign, by: User | None, at: datetime, reason: str = "") -> Campaign:
    """The same, joining the transaction of a caller who holds the wallet's lock."""
    row = moves.lock(campaign)
    moves.refuse_when_locked(row)
    moves.move(row, State.WITHDRAWN, by=by, at=at, reason=reason, ended_at=at)
    versions.withdraw(row, at=at, reason=reason)
    budget.release_down_to(row, keep=0, at=at)
    prizes.take_back(row, reason=reason or prizes.TAKEN_BACK, at=at)
    return row


def refuse_short(advertiser: Advertiser, spec: CampaignSpec, *, ready: int) -> None:
    """
    Say the whole gap at once where the budget alone would fit. ready: credits that are on hold for it already.

    :raises InsufficientCredits: the balance is below budget and prizes together.
    """
    if spec.prize_credits:
        gap = spec.committed - ready - balances.balance(advertiser, campaign_type=spec.type).available
        if gap > 0:
            raise credits.InsufficientCredits(unit=Unit.CREDIT, shortfall=gap)


def _hold_again(row: Campaign, spec: CampaignSpec, *, by: User, at: datetime) -> None:
    """The holds of budget and prizes follow the new content. Wallet and campaign are locked."""
    refuse_short(row.advertiser, spec, ready=row.held_credits)
    row.hold = _adjusted_hold(row, spec, by=by, at=at)
    prizes.put_up(row, spec, by=by, at=at)


def _adjusted_hold(campaign: Campaign, spec: CampaignSpec, *, by: User, at: datetime) -> Hold:
    """The hold, made to cover the new budget. Wallet and campaign are locked."""
    wanted, hold, number = spec.credit.budget, campaign.hold, campaign.submission_no + 1
    actor = moves.actor_of(by)
    if spec.type != campaign.type:  # some of what is held may be kept for the type it was
        budget.release_down_to(campaign, keep=0, at=at)
        hold.refresh_from_db()
    if hold.open == 0:
        return credits.place_hold(
            advertiser=campaign.advertiser,
            credits=wanted,
            subject=f"campaign:{campaign.public_id}",
            subject_label=spec.design.title,
            key=f"campaign:{campaign.public_id}:hold:{number}",
            at=at,
            campaign_type=spec.type,
            actor=actor,
        )
    if wanted > hold.open:
        key = f"campaign:{campaign.public_id}:hold:{number}"
        return credits.raise_hold(hold=hold, credits=wanted - hold.open, key=key, at=at, campaign_type=spec.type, actor=actor)
    budget.release_down_to(campaign, keep=wanted, at=at)
    hold.refresh_from_db()
    return hold


def hash_of(spec: CampaignSpec) -> str:
    """What was submitted, as a fingerprint: the same key with other content is a conflict."""
    return hashlib.sha256(spec.model_dump_json().encode()).hexdigest()
