"""Telling people that a way into their account changed: whoever did not do it themselves must hear of it at once."""

from datetime import datetime

from common.transactions import joined
from identity import access_log, notifications
from identity.models import User

_NOT_YOU = "직접 한 일이 아니라면 비밀번호를 바꾸고 바로 고객센터로 알려 주세요."


def tell(user: User, what: str, title: str, *, at: datetime) -> None:
    """
    Write down and tell the person, on the page and by mail. Joins the caller's transaction.

    what: a word for the logs.   title: what was done, a Korean sentence without a full stop.
    """
    joined("a notice of keys")
    access_log.note(actor=user, action=f"keys.{what}", subject=f"user:{user.public_id}", at=at)
    notifications.notify(
        user=user, kind=f"identity.{what}", title=title, body=_NOT_YOU, key=f"keys:{what}:{at.isoformat()}", at=at
    )  # fmt: skip
