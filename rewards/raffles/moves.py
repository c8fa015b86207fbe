"""Locking a raffle, moving it and writing down what happened. Everything joins the caller's transaction."""

from datetime import datetime
from uuid import UUID

from identity.models import User
from rewards.models import Raffle, RaffleEvent
from rewards.models.raffles import MOVES, State
from rewards.raffles.errors import RaffleMoved, RaffleNotFound

Kind = RaffleEvent.Kind


def lock(raffle: Raffle) -> Raffle:
    """The row, for a change: waits until entries in flight are in."""
    return Raffle.objects.select_for_update().get(pk=raffle.pk)


def share(public_id: UUID) -> Raffle:
    """
    The row, for an entry: many at once, none while somebody changes it.

    :raises RaffleNotFound: there is none.
    """
    found = list(Raffle.objects.raw('SELECT * FROM "rewards_raffle" WHERE "public_id" = %s FOR SHARE', [public_id]))
    if not found:
        raise RaffleNotFound
    return found[0]


def move(raffle: Raffle, to: State, kind: Kind, *, at: datetime, by: User | None = None, detail: str = "") -> None:
    """
    Save a locked raffle in its next state, with the event.

    :raises RaffleMoved: there is no such way; nothing was written.
    """
    require(raffle, to)
    raffle.state = to
    raffle.save()
    record(raffle, kind, at=at, by=by, detail=detail)


def require(raffle: Raffle, to: State) -> None:
    """:raises RaffleMoved: a raffle in this state does not move there."""
    if to not in MOVES[State(raffle.state)]:
        raise RaffleMoved


def record(raffle: Raffle, kind: Kind, *, at: datetime, by: User | None = None, detail: str = "") -> None:
    """Write down one event."""
    RaffleEvent.objects.create(raffle=raffle, kind=kind, at=at, by=by, detail=detail)
