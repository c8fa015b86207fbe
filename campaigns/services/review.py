"""The operators' side: deciding what may run, and stopping what must not. Two operators cannot decide one submission."""

from datetime import datetime

from django.db import transaction

from campaigns.models import Campaign, CampaignVersion, State
from campaigns.services import budget, moves, running, versions
from campaigns.services.submission import AlreadyOver
from credits import services as credits
from identity.models import User


def approve(*, campaign: Campaign, by: User, at: datetime) -> Campaign:
    """
    Let a submitted campaign run from its start on; one whose start has passed runs at once.

    :raises MoveRefused: somebody decided it before.   :raises AlreadyOver: its end has passed.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if row.state == State.SUBMITTED and row.ends_at <= at:
            raise AlreadyOver
        moves.move(row, State.APPROVED, by=by, at=at, approved_at=at, decision_reason="")
        moves.move(row, State.SCHEDULED, by=by, at=at)
        _decided(row, CampaignVersion.State.APPROVED, by=by, at=at)
        if row.starts_at <= at:
            running.begin_locked(row, at=at)
        return row


def reject(*, campaign: Campaign, by: User, at: datetime, reason: str) -> Campaign:
    """
    Refuse a submitted campaign and release its credits. reason: shown to the advertiser.

    :raises MoveRefused: somebody decided it before.   :raises ReasonMissing: without a reason.
    """
    text = moves.stated(reason)
    with transaction.atomic(durable=True):
        credits.lock_wallet(campaign.advertiser)
        row = moves.lock(campaign)
        moves.move(row, State.REJECTED, by=by, at=at, reason=text, decision_reason=text)
        _decided(row, CampaignVersion.State.REJECTED, by=by, at=at, reason=text)
        budget.release_down_to(row, keep=0, at=at)
        return row


def ask_changes(*, campaign: Campaign, by: User, at: datetime, reason: str) -> Campaign:
    """
    Send a submitted campaign back for correction; its credits stay on hold for two weeks. reason: shown to the advertiser.

    :raises MoveRefused: somebody decided it before.   :raises ReasonMissing: without a reason.
    """
    text = moves.stated(reason)
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        moves.move(row, State.CHANGES_ASKED, by=by, at=at, reason=text, decision_reason=text)
        _decided(row, CampaignVersion.State.CHANGES_ASKED, by=by, at=at, reason=text)
        return row


def lock(*, campaign: Campaign, by: User, at: datetime, reason: str) -> Campaign:
    """
    Stop a campaign whatever its state: nothing starts, the advertiser cannot resume or end it, its money stays on hold.

    :raises MoveRefused: it is over.   :raises ReasonMissing: without a reason.
    """
    text = moves.stated(reason)
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if row.is_over:
            raise moves.MoveRefused(state=row.state, to="locked")
        row.is_locked, row.locked_reason = True, text
        row.save(update_fields=["is_locked", "locked_reason"])
        moves.record(row, moves.Kind.LOCKED, by=by, at=at, reason=text)
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
        moves.record(row, moves.Kind.UNLOCKED, by=by, at=at, reason=text)
        return row


def set_exposure(
    *,
    campaign: Campaign,
    is_exposed: bool,
    order: int,
    exposed_from: datetime | None,
    exposed_until: datetime | None,
    by: User,
    at: datetime,
    reason: str = "",
) -> Campaign:
    """
    Decide whether, when and how high members see a campaign. order: the smaller, the earlier.   exposed_*: half-open, or empty.

    :raises MoveRefused: it is over, or the schedule ends before it begins.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if row.is_over or (exposed_from and exposed_until and exposed_until <= exposed_from):
            raise moves.MoveRefused(state=row.state, to="exposed")
        row.is_exposed, row.exposure_order, row.exposed_from, row.exposed_until = is_exposed, order, exposed_from, exposed_until
        row.save(update_fields=["is_exposed", "exposure_order", "exposed_from", "exposed_until"])
        moves.record(row, moves.Kind.EXPOSED, by=by, at=at, reason=reason, data={"is_exposed": is_exposed, "order": order})
        return row


def _decided(campaign: Campaign, state: CampaignVersion.State, *, by: User, at: datetime, reason: str = "") -> None:
    if version := versions.waiting(campaign):
        versions.decide(version, state, by=by, at=at, reason=reason)
