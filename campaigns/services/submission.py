"""The advertiser's side before a campaign runs: submit, correct and submit again, appeal, withdraw."""

import hashlib
import uuid
from datetime import datetime

from django.db import transaction

from advertisers.models import Advertiser
from campaigns import audience, images, types
from campaigns.models import Campaign, State
from campaigns.schemas import CampaignSpec
from campaigns.services import budget, moves, spending, versions
from common.errors import DomainError
from credits import services as credits
from credits.models import Hold
from identity.models import User
from rewards import policies as reward_policies


class AlreadyOver(DomainError):
    code = "campaign.already_over"
    message = "종료 시각이 이미 지났어요. 기간을 다시 정해 주세요."
    http_status = 422


class PriceBelowReward(DomainError):
    code = "campaign.price_below_reward"
    message = "티켓 {tickets}장을 주려면 단가가 {lowest}크레딧 이상이어야 해요."
    http_status = 422


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
    content = hash_of(spec)
    if known := Campaign.objects.owned_by(advertiser).filter(submission_key=key).first():
        if known.submission_hash != content:
            raise SubmissionConflict
        return known
    _refuse_what_cannot_run(advertiser, spec, at=at)
    committed = spending.commit(advertiser=advertiser, by=by, second=second, credits=spec.credit.budget, at=at)
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
    _write_down(campaign, spec)
    campaign.submitted_at, campaign.submission_key, campaign.submission_hash = at, key, content
    campaign.save(force_insert=True)
    versions.submitted(campaign, spec, by=by, at=at)
    moves.record(campaign, moves.Kind.MOVED, by=by, at=at, to_state=State.SUBMITTED, data=committed)
    return campaign


def resubmit(*, campaign: Campaign, spec: CampaignSpec, by: User, at: datetime, key: str) -> Campaign:
    """
    Submit a corrected campaign again: after "changes asked" the hold is adjusted, after a rejection (an appeal) it is placed anew.

    :raises MoveRefused: it waits for no correction.   :raises InsufficientCredits and what `submit_campaign` raises.
    """
    with transaction.atomic(durable=True):
        credits.lock_wallet(campaign.advertiser)
        return resubmit_locked(campaign=campaign, spec=spec, by=by, at=at, key=key)


def resubmit_locked(*, campaign: Campaign, spec: CampaignSpec, by: User, at: datetime, key: str, second: User | None = None) -> Campaign:
    """The same, joining the transaction of a caller who holds the wallet's lock. Only what is above the earlier budget is committed."""
    content, row = hash_of(spec), moves.lock(campaign)
    if row.submission_key == key and row.submission_hash == content and row.state == State.SUBMITTED:
        return row  # this intent was carried out before
    if not row.is_editable:
        raise moves.MoveRefused(state=row.state, to=State.SUBMITTED.value)
    _refuse_what_cannot_run(row.advertiser, spec, at=at)
    more = max(0, spec.credit.budget - row.budget_credits)
    committed = spending.commit(advertiser=row.advertiser, by=by, second=second, credits=more, at=at)
    row.hold = _adjusted_hold(row, spec, by=by, at=at)
    before = row.spec
    _write_down(row, spec)
    row.submission_key, row.submission_hash, row.submission_no = key, content, row.submission_no + 1
    row.submitted_at, row.decision_reason = at, ""
    row.save()
    versions.submitted(row, spec, by=by, at=at, before=before)
    moves.move(row, State.SUBMITTED, by=by, at=at, data=committed)
    return row


def withdraw(*, campaign: Campaign, by: User | None, at: datetime, reason: str = "") -> Campaign:
    """
    Take a campaign back before it runs, and its credits with it. by: empty when nobody corrected it in time.

    :raises MoveRefused: it runs, or is over.   :raises CampaignLocked: an operator stopped it.
    """
    with transaction.atomic(durable=True):
        credits.lock_wallet(campaign.advertiser)
        row = moves.lock(campaign)
        moves.refuse_when_locked(row)
        moves.move(row, State.WITHDRAWN, by=by, at=at, reason=reason, ended_at=at)
        versions.withdraw(row, at=at, reason=reason)
        budget.release_down_to(row, keep=0, at=at)
        return row


def _refuse_what_cannot_run(advertiser: Advertiser, spec: CampaignSpec, *, at: datetime) -> None:
    """Wallet locked: restricting and closing an account wait for it, so what is read here holds until the end."""
    now = Advertiser.objects.get(pk=advertiser.pk)
    if now.is_restricted or not now.is_active:
        raise moves.AccountRestricted
    if spec.setting.ends_at <= at:
        raise AlreadyOver
    lowest = spec.reward.tickets * reward_policies.TICKET_COST_KRW.at(at)
    if spec.credit.unit_price < lowest:
        raise PriceBelowReward(tickets=spec.reward.tickets, lowest=f"{lowest:,}")
    images.refuse_foreign(advertiser, spec.design.image)
    audience.refuse_foreign(advertiser, spec.setting.exclusions)


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


def _write_down(campaign: Campaign, spec: CampaignSpec) -> None:
    """Copy what was submitted, and what its type declares, onto the row."""
    declared = types.get(spec.type)
    campaign.type, campaign.title, campaign.body, campaign.landing_url = (
        spec.type,
        spec.design.title,
        spec.design.body,
        spec.design.landing_url,
    )
    campaign.details, campaign.spec = spec.details, spec.model_dump(mode="json")
    campaign.dwell_seconds = declared.verifier.required_seconds(declared.read(spec.details))
    campaign.slot_life_seconds, campaign.is_daily = int(declared.slot_life.total_seconds()), declared.is_daily
    campaign.reward_tickets, campaign.unit_price = spec.reward.tickets, spec.credit.unit_price
    campaign.budget_credits, campaign.daily_cap_credits = spec.credit.budget, spec.credit.daily_cap
    campaign.starts_at, campaign.ends_at = spec.setting.starts_at, spec.setting.ends_at


def hash_of(spec: CampaignSpec) -> str:
    """What was submitted, as a fingerprint: the same key with other content is a conflict."""
    return hashlib.sha256(spec.model_dump_json().encode()).hexdigest()
