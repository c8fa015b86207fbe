"""Telling people that a way into their account changed: whoever did not do it themselves must hear of it at once."""

from collections.abc import Mapping
from datetime import datetime

from common.transactions import joined
from identity import access_log, notifications
from identity.events import Event, Fact
from identity.models import User


def tell(event: Event, user: User, facts: Mapping[str, Fact] | None = None, *, url: str = "", at: datetime) -> None:
    """Write down and tell the person. Joins the caller's transaction. event: one of `identity.security`.   url: inside their portal."""
    joined("a notice of keys")
    what = event.kind.removeprefix("identity.")
    access_log.note(actor=user, action=f"keys.{what}", subject=f"user:{user.public_id}", at=at)
    notifications.tell(event, user=user, facts=facts, url=url, key=f"keys:{what}:{at.isoformat()}", at=at)
