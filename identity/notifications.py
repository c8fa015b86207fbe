"""
Telling people. A notice is a row; mail and SMS are effects that carry its id, written in the transaction of their cause.

    notifications.tell(PAID, user=user, facts={"credits": 100_000}, url="/my-page/credit/", key=f"order:{order_id}:paid", at=at)

People of the advertiser portal are told events (`identity.events`) as they chose; members and operators are told in the words of the
caller (`notify`, `alert_operators`).
"""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from common import cursors, effects, slack
from common.transactions import joined
from identity import preferences, wording
from identity.events import IN_APP, MAIL, SMS, Event, Fact, said
from identity.models import Channel as By
from identity.models import Consent, Notification, User
from identity.models.notices import INSIDE

LIST = "identity.notices"
Channel = Literal["in_app", "mail", "sms"]
_INSIDE = re.compile(INSIDE)


def tell(
    event: Event, *, user: User, facts: Mapping[str, Fact] | None = None, url: str = "", key: str, at: datetime
) -> Notification | None:
    """Tell one person of an event; see `tell_all`. None when they want to hear of it by no channel."""
    return next(iter(tell_all(event, users=[user], facts=facts, url=url, key=key, at=at)), None)


def tell_all(
    event: Event, *, users: Collection[User], facts: Mapping[str, Fact] | None = None, url: str = "", key: str, at: datetime
) -> list[Notification]:
    """
    Tell people of an event, each by the channels they chose, at an hour that is right. Joins the caller's transaction; the same key for
    the same person is one notice. Three reads, five for advertising, and what is written.

    facts: exactly those of the event.   url: a path inside the portal.   key: one per cause.

    :raises RuntimeError: outside a transaction.   :raises ValueError: other facts than the event's, or an address that leads outside.
    """
    joined("a notice")
    values = said(facts or {})
    if set(values) != set(event.facts):
        raise ValueError(f"{event.kind} wants the facts {sorted(event.facts)}")
    words = wording.current(event)
    title, body = words.told(values)
    channels = preferences.channels_of(event, users)
    quiet = preferences.quiet_hours_of(users)
    night = preferences.having_agreed(Consent.Kind.NIGHT, channels) if event.is_advertising else set()
    told = []
    for user in users:
        if not (wanted := channels[user.pk]):
            continue
        due = {channel: preferences.due_at(event, channel, hours=quiet.get(user.pk), night=user.pk in night, at=at) for channel in wanted}
        told.append(
            _write(
                user, due, key=key, at=at, kind=event.kind, title=title, body=body, url=url,
                alimtalk_id=words.alimtalk_id, facts=values if words.alimtalk_id else {},
            )
        )  # fmt: skip
    return told


def notify(
    *,
    user: User,
    kind: str,
    title: str,
    body: str,
    url: str = "",
    key: str,
    at: datetime,
    channels: Iterable[Channel] = ("in_app", "mail"),
) -> Notification:
    """
    Tell one person in the caller's words: members, whose notices are not of the registry. Joins the caller's transaction; the same key
    for the same person is one notice.

    kind: dotted, e.g. "rewards.won".   title, body: Korean sentences without personal data of others.
    url: a path inside the person's portal.   channels: mail needs an address and SMS a number; without one only the row is written.

    :raises RuntimeError: outside a transaction.   :raises ValueError: an address that leads outside.
    """
    joined("a notice")
    due = {_BY[name]: at for name in channels}
    return _write(user, due, key=key, at=at, kind=kind, title=title, body=body, url=url)


_BY: dict[Channel, By] = {"in_app": IN_APP, "mail": MAIL, "sms": SMS}


def _write(user: User, due: Mapping[By, datetime], *, key: str, at: datetime, url: str, **words: Any) -> Notification:
    """One notice and its messages. due: the channels, and when each may leave."""
    if url and not _INSIDE.match(url):
        raise ValueError("a notice leads to a path inside the portal")
    notice, created = Notification.objects.get_or_create(
        user=user, key=key, defaults={"url": url, "in_app": IN_APP in due, "created_at": at, **words}
    )
    if created and MAIL in due and user.email:
        effects.add("identity.mail", key=f"notice:{notice.public_id}:mail", at=at, due_at=due[MAIL], notification=notice.pk)
    if created and SMS in due and user.phone:
        effects.add("identity.sms", key=f"notice:{notice.public_id}:sms", at=at, due_at=due[SMS], notification=notice.pk)
    return notice


def alert_operators(*, kind: str, title: str, body: str, url: str = "", key: str, at: datetime) -> Notification:
    """
    Tell the operators together: one row that all of them see, one mail to their mailbox, and a message in their Slack channel where one is
    connected. Joins the caller's transaction.

    url: a path inside the back office.

    :raises RuntimeError: outside a transaction.
    """
    joined("an alert")
    notice, created = Notification.objects.get_or_create(
        user=None, key=key, defaults={"kind": kind, "title": title, "body": body, "url": url, "created_at": at}
    )
    if created:
        effects.add("identity.mail", key=f"notice:{notice.public_id}:mail", at=at, notification=notice.pk)
        if slack.is_connected():
            effects.add("identity.slack", key=f"notice:{notice.public_id}:slack", at=at, notification=notice.pk)
    return notice


def unread_count(user: User) -> int:
    """How many notices the person has not read. One query."""
    return Notification.objects.shown_to(user).unread().count()


def newest(user: User, *, cursor: str, limit: int) -> tuple[list[Notification], str]:
    """
    One page of what a person was told, newest first, and the cursor of the next page (empty at the end). One query.

    :raises CursorRefused: the cursor is not ours.
    """
    rows = Notification.objects.shown_to(user).order_by("-pk")
    if cursor:
        rows = rows.filter(pk__lt=cursors.after(cursor, of=LIST)[0])
    found = list(rows[: limit + 1])
    return found[:limit], cursors.place([found[limit - 1].pk], of=LIST) if len(found) > limit else ""


def mark_read(*, user: User, public_id: UUID, at: datetime) -> Notification | None:
    """Mark one notice of the person as read; None when it is not theirs. Reading twice keeps the first time."""
    notice = Notification.objects.shown_to(user).filter(public_id=public_id).first()
    if notice is not None and not notice.is_read:
        Notification.objects.filter(pk=notice.pk, read_at__isnull=True).update(read_at=at)
        notice.read_at = at
    return notice


def mark_all_read(*, user: User, at: datetime) -> int:
    """Mark everything the person has seen so far as read; how many."""
    return Notification.objects.shown_to(user).unread().filter(created_at__lte=at).update(read_at=at)


def dismiss_alert(*, public_id: UUID, at: datetime) -> bool:
    """Mark an operators' alert as dealt with, for all of them; False when it is unknown or already was."""
    return Notification.objects.for_operators().filter(public_id=public_id, read_at__isnull=True).update(read_at=at) == 1
