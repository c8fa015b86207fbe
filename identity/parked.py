"""
A form that was sent when its moment had passed, because the session had ended or the person must show again who they are: it is kept in
the session, and after that the person sends it again with one press. Works for every form of a portal, with or without scripts.

Passwords, codes and files are never kept. What is kept belongs to one person, for half an hour.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from identity.models import User

KEPT_FOR = timedelta(minutes=30)
LARGEST = 60_000
_KEY = "parked_form"
_NEVER = re.compile(r"(?i)password|token|(?<!post)code|secret|otp|card")


@dataclass(frozen=True, slots=True)
class Parked:
    """path: where the form belongs, inside the portal.   fields: (name, value) in the order they came."""

    path: str
    fields: tuple[tuple[str, str], ...]


def keep(request: HttpRequest, *, user_id: int, at: datetime) -> bool:
    """Keep the form of this request for a person; False when there is nothing to keep or too much."""
    fields = [[name, value] for name, values in request.POST.lists() if not _NEVER.search(name) for value in values]
    if not fields or sum(len(name) + len(value) for name, value in fields) > LARGEST:
        return False
    request.session[_KEY] = {"path": request.get_full_path(), "fields": fields, "user": user_id, "until": (at + KEPT_FOR).timestamp()}
    return True


def of(request: HttpRequest, *, at: datetime) -> Parked | None:
    """The form kept for the person who is signed in now, if it is still kept."""
    kept = request.session.get(_KEY)
    if not kept or not isinstance(request.user, User) or kept["user"] != request.user.pk or kept["until"] < at.timestamp():
        return None
    return Parked(path=kept["path"], fields=tuple((name, value) for name, value in kept["fields"]))


def drop(request: HttpRequest) -> None:
    """Forget it: it was sent again, or given up."""
    request.session.pop(_KEY, None)
