"""What a person of a team may choose about notices: which events reach them, by what, and when nothing rings."""

from collections.abc import Iterable
from dataclasses import dataclass

from identity import preferences
from identity.events import Event, Topic, defined
from identity.models import Channel, Consent, User


@dataclass(frozen=True, slots=True)
class Cell:
    """One tick. name: what a form posts.   is_fixed: it cannot be switched off."""

    channel: Channel
    name: str
    is_on: bool
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One event and its ticks, in the order of the channels."""

    event: Event
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything on the page. hours: quiet ones, or None.   has_agreed: advertising may reach the person."""

    topics: tuple[tuple[Topic, tuple[Line, ...]], ...]
    hours: tuple[int, int] | None
    has_agreed: bool


def events_for(role: str) -> list[Event]:
    """The events that may reach somebody of this role, in the order in which they are declared."""
    return [event for event in defined().values() if not event.roles or role in event.roles]


def choices_of(user: User, role: str) -> Choices:
    """What the person chose, or would get without choosing. Three queries."""
    chosen = preferences.choices_of(user)
    lines = [_line(event, chosen) for event in events_for(role)]
    topics = [(topic, tuple(line for line in lines if line.event.topic is topic)) for topic in Topic]
    return Choices(
        topics=tuple((topic, found) for topic, found in topics if found),
        hours=preferences.quiet_hours_of([user]).get(user.pk),
        has_agreed=bool(preferences.having_agreed(Consent.Kind.MARKETING, [user.pk])),
    )


def ticked(names: Iterable[str]) -> set[tuple[str, Channel]]:
    """What a form posted, as far as it names channels."""
    pairs = (name.rpartition(":") for name in names)
    return {(kind, Channel(channel)) for kind, _, channel in pairs if channel in Channel.values}


def _line(event: Event, chosen: preferences.Choices) -> Line:
    return Line(
        event,
        tuple(
            Cell(channel, f"{event.kind}:{channel}", preferences.is_on(event, channel, chosen), channel in event.compulsory)
            for channel in Channel
        ),
    )
