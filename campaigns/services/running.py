"""A campaign's life after approval: begin, pause, resume, end. Credits move only at submission, capture and settlement."""

from datetime import datetime

from django.db import transaction

from campaigns import events
from campaigns.models import LIVE, Campaign, State
from campaigns.services import budget, content, desk, edits, moves, prizes
from common.kst import day_of
from credits import services as credits
from identity.models import User


def begin(*, campaign: Campaign, at: datetime) -> Campaign:
    """
    Start an approved campaign whose time has come; anything else, and one that something keeps from running, is left alone. The
    clock calls it, and a start that came first.
    """
    with transaction.atomic(durable=True):
        prizes.lock_wallet_for(campaign)
        row = moves.lock(campaign)
        is_due = row.state in (State.APPROVED, State.SCHEDULED) and row.starts_at <= at
        if is_due and not row.constraint and credits.disputed_part(row.hold) == 0:
            if row.state == State.APPROVED:
                moves.move(row, State.SCHEDULED, by=None, at=at)
            begin_locked(row, at=at)
        return row


def begin_locked(campaign: Campaign, *, at: datetime) -> None:
    """SCHEDULED → RUNNING with today's units poured, joining the transaction of a caller who holds the campaign's lock."""
    moves.move(campaign, State.RUNNING, by=None, at=at)
    edits.drop_overtaken(campaign, at=at)
    prizes.open_with(campaign, at=at)
    budget.pour_locked(campaign, on=day_of(at), at=at)
    desk.tell(campaign, events.BEGAN, at=at, key="began")


def pause(*, campaign: Campaign, by: User | None, at: datetime) -> Campaign:
    """
    Let nothing new start; what was started may finish inside its time. by: empty for the clock.

    :raises MoveRefused: it does not run.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        pause_locked(row, by=by, at=at)
        return row


def pause_locked(campaign: Campaign, *, by: User | None, at: datetime, reason: str = "") -> None:
    """The same, joining the transaction of a caller who holds the campaign's lock."""
    moves.move(campaign, State.PAUSED, by=by, at=at, reason=reason)
    who = f"{by.get_full_name()} 님이" if by is not None else "예약한 시각이 되어"
    desk.tell(campaign, events.PAUSED, {"who": who}, at=at, key=f"paused:{at.isoformat()}")


def resume(*, campaign: Campaign, by: User | None, at: datetime) -> Campaign:
    """
    Run again, today with what the budget was raised by meanwhile. Whatever the clock stopped it for is looked at anew.

    :raises MoveRefused: it is not paused.   :raises CampaignLocked: an operator stopped it.   :raises AlreadyOver: its end has passed.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        resume_locked(row, by=by, at=at)
        return row


def resume_locked(campaign: Campaign, *, by: User | None, at: datetime) -> None:
    """The same, joining the transaction of a caller who holds the campaign's lock."""
    moves.refuse_when_locked(campaign)
    if campaign.state != State.PAUSED:  # what waits for its start runs by the clock alone
        raise moves.MoveRefused(state=campaign.state, to=State.RUNNING.value)
    if campaign.ends_at <= at:
        raise content.AlreadyOver
    moves.move(campaign, State.RUNNING, by=by, at=at, constraint="", landing_misses=0)
    budget.pour_locked(campaign, on=day_of(at), at=at)
    budget.widen_locked(campaign, on=day_of(at))


def end(*, campaign: Campaign, by: User | None, at: datetime) -> Campaign:
    """
    End a live campaign for good and close its slots; money follows at settlement. by: empty for the clock.

    :raises MoveRefused: it does not run.   :raises CampaignLocked: an operator stopped it and an advertiser tried.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        end_locked(row, by=by, at=at)
        return row


def end_locked(campaign: Campaign, *, by: User | None, at: datetime) -> None:
    """The same, joining the transaction of a caller who holds the campaign's lock."""
    if by is not None and by.kind != User.Kind.OPERATOR:
        moves.refuse_when_locked(campaign)
    if campaign.state not in LIVE:
        raise moves.MoveRefused(state=campaign.state, to=State.ENDED.value)
    moves.move(campaign, State.ENDED, by=by, at=at, ended_at=at)
    budget.close_slots(campaign)
    desk.tell(campaign, events.ENDED, at=at, key="ended")
