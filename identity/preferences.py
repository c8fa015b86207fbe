"""How people want to hear of events: by which channels, and when not."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction

from common.kst import SEOUL
from identity.events import SMS, Event
from identity.models import Channel, Consent, NoticeChoice, QuietHours, User

NIGHT = (
    21,
    8,
)  # Source: 정보통신망법 제50조③, 시행령 제61조②: no advertising in these hours of Seoul without a consent of its own, but mail
Choices = dict[tuple[str, Channel], bool]


def channels_of(event: Event, users: Collection[User]) -> dict[int, frozenset[Channel]]:
    """By which channels each person hears of an event. One query; two for advertising, which reaches nobody without consent."""
    chosen: dict[int, dict[Channel, bool]] = {user.pk: {} for user in users}
    for row in NoticeChoice.objects.filter(user__in=chosen, event=event.kind):
        chosen[row.user_id][Channel(row.channel)] = row.is_on
    agreed = having_agreed(Consent.Kind.MARKETING, chosen) if event.is_advertising else set(chosen)
    return {pk: _channels(event, said) if pk in agreed else frozenset() for pk, said in chosen.items()}


def choices_of(user: User) -> Choices:
    """What the person chose so far, by event and channel. One query."""
    return {(row.event, Channel(row.channel)): row.is_on for row in NoticeChoice.objects.filter(user=user)}


def is_on(event: Event, channel: Channel, chosen: Choices) -> bool:
    """Whether an event comes by a channel, given what somebody chose."""
    return channel in event.compulsory or chosen.get((event.kind, channel), channel in event.default)


def choose(
    *, user: User, shown: Iterable[Event], wanted: Collection[tuple[str, Channel]], hours: tuple[int, int] | None, at: datetime
) -> None:
    """
    Take over what somebody ticked. Owns the transaction. What is compulsory stays on whatever is ticked.

    shown: the events that stood on the page; others keep their choice.   wanted: what is ticked, by kind and channel.
    hours: in which nothing rings, from and until; None: at any hour.
    """
    with transaction.atomic(durable=True):
        known = choices_of(User.objects.select_for_update(no_key=True).get(pk=user.pk))  # two tabs answer one after the other
        changed = [
            NoticeChoice(user=user, event=event.kind, channel=channel, is_on=(event.kind, channel) in wanted, changed_at=at)
            for event in shown
            for channel in Channel
            if channel not in event.compulsory and is_on(event, channel, known) != ((event.kind, channel) in wanted)
        ]
        NoticeChoice.objects.bulk_create(
            changed, update_conflicts=True, unique_fields=["user", "event", "channel"], update_fields=["is_on", "changed_at"]
        )
        if hours is None:
            QuietHours.objects.filter(user=user).delete()
        else:
            QuietHours.objects.update_or_create(user=user, defaults={"hour_from": hours[0], "hour_until": hours[1]})


def quiet_hours_of(users: Collection[User]) -> dict[int, tuple[int, int]]:
    """The hours of those who have some. One query."""
    return {row.pk: (row.hour_from, row.hour_until) for row in QuietHours.objects.filter(user__in=[user.pk for user in users])}


def having_agreed(kind: Consent.Kind, users: Collection[int]) -> set[int]:
    """Whose newest answer is yes. One query."""
    newest = Consent.objects.filter(user__in=users, kind=kind).order_by("user", "-at", "-pk").distinct("user")
    return {row.user_id for row in newest if row.given}


def due_at(event: Event, channel: Channel, *, hours: tuple[int, int] | None, night: bool, at: datetime) -> datetime:
    """
    When a message may leave: at once, or when the quiet hours or the night are over.

    hours: the person's quiet ones.   night: they agreed to advertising by night.
    """
    if hours is not None and not event.is_urgent:
        at = over(hours, at)
    if event.is_advertising and channel == SMS and not night:
        at = over(NIGHT, at)
        if hours is not None:
            at = over(hours, at)
    return at


def over(hours: tuple[int, int], at: datetime) -> datetime:
    """The moment itself, or the end of the hours in which it lies."""
    start, end = hours
    here = at.astimezone(SEOUL)
    inside = start <= here.hour < end if start < end else here.hour >= start or here.hour < end
    if not inside:
        return at
    until = here.replace(hour=end, minute=0, second=0, microsecond=0)
    return until if until > here else until + timedelta(days=1)


def _channels(event: Event, said: dict[Channel, bool]) -> frozenset[Channel]:
    return event.compulsory | {channel for channel in Channel if said.get(channel, channel in event.default)}
