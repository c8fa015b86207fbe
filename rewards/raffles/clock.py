"""What the moment asks of raffles. Called every few seconds; each call may be lost, doubled or late."""

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError
from django.db.models import QuerySet

from common.errors import DomainError
from rewards.models import Raffle
from rewards.raffles import claiming, drawing, preparing

logger = logging.getLogger(__name__)


def tick(*, at: datetime) -> None:
    """Open, close, pass prizes on, close the books, give tickets of void raffles back."""
    _each(Raffle.objects.due_to_close(at), drawing.close, at=at)
    _each(Raffle.objects.due_to_open(at), _open_or_void, at=at)
    claiming.lapse(at=at)
    claiming.finish(at=at)
    drawing.return_tickets(at=at)


def due(*, at: datetime) -> dict[str, list[UUID]]:
    """What `tick` would do at this moment, with the public numbers of the raffles. Reads only."""
    opening = Raffle.objects.due_to_open(at)
    found = {
        "close": Raffle.objects.due_to_close(at),
        "open": opening.filter(closes_at__gt=at),
        "void, because its time passed": opening.filter(closes_at__lte=at),
        "pass prizes on of": claiming.with_prizes_to_pass_on(at=at),
        "close the books of": claiming.to_finish(),
        "return tickets of": drawing.with_tickets_to_return(),
    }
    return {deed: list(raffles.order_by("pk").values_list("public_id", flat=True)) for deed, raffles in found.items()}


def _open_or_void(*, raffle: Raffle, at: datetime) -> Raffle:
    """A raffle whose whole time passed before anybody could enter is void."""
    if raffle.closes_at <= at:
        return drawing.void(raffle=raffle, reason="응모 기간에 열지 못했어요.", at=at)
    return preparing.open_raffle(raffle=raffle, at=at)


def _each(raffles: QuerySet[Raffle], step: Callable[..., Raffle], *, at: datetime) -> None:
    for raffle in raffles:
        try:
            step(raffle=raffle, at=at)
        except (DomainError, DatabaseError):
            logger.exception("Unable to move raffle %s", raffle.pk)
