"""Writing down who signed in, and who looked at whose personal data."""

from datetime import datetime

import structlog

from identity.models import AccessLog, User


def note(*, actor: User | None, action: str, subject: str = "", at: datetime) -> AccessLog:
    """
    Add one line. Joins the caller's transaction when there is one.

    actor: None for somebody we do not know.   action: dotted, e.g. "member.viewed".   subject: "user:<public_id>", never a name.
    """
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    return AccessLog.objects.create(actor=actor, action=action, subject=subject, at=at, request_id=request_id[:64])
