"""
Telling people. A notice is a row; mail and SMS are effects that carry its id, written in the transaction of their cause.

    notifications.notify(user=user, kind="payments.receipt", title="충전이 끝났어요", body="…", key=f"order:{order_id}:paid", at=at)
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

from common import cursors, effects
from common.transactions import joined
from identity.models import Notification, User

LIST = "identity.notices"
Channel = Literal["in_app", "mail", "sms"]


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
    Tell one person. Joins the caller's transaction; the same key for the same person is one notice.

    kind: dotted, e.g. "campaigns.approved".   title, body: Korean sentences without personal data of others.
    url: a path inside the person's portal.   channels: mail needs an address and SMS a number; without one only the row is written.

    :raises RuntimeError: outside a transaction.
    """
    joined("a notice")
    wanted = frozenset(channels)
    notice, created = Notification.objects.get_or_create(
        user=user,
        key=key,
        defaults={"kind": kind, "title": title, "body": body, "url": url, "in_app": "in_app" in wanted, "created_at": at},
    )
    if created and "mail" in wanted and user.email:
        effects.add("identity.mail", key=f"notice:{notice.public_id}:mail", at=at, notification=notice.pk)
    if created and "sms" in wanted and user.phone:
        effects.add("identity.sms", key=f"notice:{notice.public_id}:sms", at=at, notification=notice.pk)
    return notice


def alert_operators(*, kind: str, title: str, body: str, url: str = "", key: str, at: datetime) -> Notification:
    """
    Tell the operators together: one row that all of them see, and one mail to the operators' mailbox. Joins the caller's transaction.

    url: a path inside the back office.

    :raises RuntimeError: outside a transaction.
    """
    joined("an alert")
    notice, created = Notification.objects.get_or_create(
        user=None, key=key, defaults={"kind": kind, "title": title, "body": body, "url": url, "created_at": at}
    )
    if created:
        effects.add("identity.mail", key=f"notice:{notice.public_id}:mail", at=at, notification=notice.pk)
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
