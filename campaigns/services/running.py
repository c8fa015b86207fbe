"""A campaign's life after approval: begin, pause, resume, end. Credits move only at submission, capture and settlement."""

from datetime import datetime

from django.db import transaction

from campaigns.models import LIVE, Campaign, State
from campaigns.services import budget, moves
from campaigns.services.submission import AlreadyOver
from common.kst import day_of
from identity.models import User


def begin(*, campaign: Campaign, at: datetime) -> Campaign:
    """Start an approved campaign whose time has come; anything else is left alone. The clock calls it, and a start that came first."""
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if row.state in (State.APPROVED, State.SCHEDULED) and row.starts_at <= at:
            if row.state == State.APPROVED:
                moves.move(row, State.SCHEDULED, by=None, at=at)
            begin_locked(row, at=at)
        return row


def begin_locked(campaign: Campaign, *, at: datetime) -> None:
    """SCHEDULED → RUNNING with today's units poured, joining the transaction of a caller who holds the campaign's lock."""
    moves.move(campaign, State.RUNNING, by=None, at=at)
    budget.pour_locked(campaign, on=day_of(at), at=at)


def pause(*, campaign: Campaign, by: User, at: datetime) -> Campaign:
    """
    Let nothing new start; what was started may finish inside its time.

    :raises MoveRefused: it does not run.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        moves.move(row, State.PAUSED, by=by, at=at)
        return row


def resume(*, campaign: Campaign, by: User, at: datetime) -> Campaign:
    """
    Run again, today with what the budget was raised by meanwhile.

    :raises MoveRefused: it is not paused.   :raises CampaignLocked: an operator stopped it.   :raises AlreadyOver: its end has passed.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        moves.refuse_when_locked(row)
        if row.state == State.PAUSED and row.ends_at <= at:
            raise AlreadyOver
        moves.move(row, State.RUNNING, by=by, at=at)
        budget.pour_locked(row, on=day_of(at), at=at)
        budget.widen_locked(row, on=day_of(at))
        return row


def end(*, campaign: Campaign, by: User | None, at: datetime) -> Campaign:
    """
    End a live campaign for good and close its slots; money follows at settlement. by: empty for the clock.

    :raises MoveRefused: it does not run.   :raises CampaignLocked: an operator stopped it and an advertiser tried.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        if by is not None and by.kind != User.Kind.OPERATOR:
            moves.refuse_when_locked(row)
        if row.state not in LIVE:
            raise moves.MoveRefused(state=row.state, to=State.ENDED.value)
        moves.move(row, State.ENDED, by=by, at=at, ended_at=at)
        budget.close_slots(row)
        return row
