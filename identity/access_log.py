"""
Writing down who signed in, and who looked at whose personal data.

Where a line came from (network address, view) is known to the request, not to the service that writes it: the gate says so once
(`come_in`), and every line of that request carries it. An operator who looks at an advertiser's pages is the one who looked
(`looking_as`), whoever's pages they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from identity.models import AccessLog, User


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line comes from. looks: the operator behind the eyes of another, if there is one."""

    address: str = ""
    door: str = ""
    looks: User | None = None


NOWHERE = Place()
_place: ContextVar[Place] = ContextVar("place", default=NOWHERE)


@contextmanager
def come_in(*, address: str) -> Iterator[None]:
    """Every line of this block was caused from this network address."""
    token = _place.set(Place(address=address))
    try:
        yield
    finally:
        _place.reset(token)


def at_door(name: str) -> None:
    """The view of the request, once it is known."""
    _place.set(replace(_place.get(), door=name[:100]))


def looking_as(operator: User | None) -> None:
    """From now on in this request the operator is the one who looks."""
    _place.set(replace(_place.get(), looks=operator))


def note(*, actor: User | None, action: str, subject: str = "", at: datetime, reason: str = "") -> AccessLog:
    """
    Add one line. Joins the caller's transaction when there is one.

    actor: None for somebody we do not know.   action: dotted, e.g. "member.viewed".   subject: "user:<public_id>", never a name.
    """
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    place = _place.get()
    return AccessLog.objects.create(
        actor=place.looks or actor,
        action=action,
        subject=subject,
        at=at,
        request_id=request_id[:64],
        address=place.address or None,
        door=place.door,
        reason=reason[:200],
    )
