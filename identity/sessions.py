"""
How long a session lives: a limit without activity and a limit altogether, per portal (settings.SESSION_LIMITS).

Both are kept in the session and judged by our clock on every request, so that a copied cookie gains nothing. Activity is written
at most once per TOUCH_EVERY, not on every request; so a session may end up to that much early, never late.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

TOUCH_EVERY = timedelta(minutes=1)
REMEMBERED_FOR = timedelta(hours=1)  # row and cookie outlive the limit, so that whoever comes back is told why they are signed out
ACTING_FOR = "advertiser"  # whom a person of several tenants acts for; survives the end of the person's time
_SIGNED_IN, _SEEN = "signed_in_at", "seen_at"


def begin(session: SessionBase, *, portal: str, at: datetime) -> None:
    """Start both clocks, at sign-in."""
    session[_SIGNED_IN] = session[_SEEN] = int(at.timestamp())
    _keep(session, portal=portal, at=at)


def is_over(session: SessionBase, *, portal: str, at: datetime) -> bool:
    """True when either limit has passed. A session whose clocks were not started yet is not over."""
    idle, absolute = settings.SESSION_LIMITS[portal]
    now, signed_in, seen = int(at.timestamp()), session.get(_SIGNED_IN), session.get(_SEEN)
    if signed_in is None or seen is None:
        return False
    return now - seen >= idle or (absolute is not None and now - signed_in >= absolute)


def touch(session: SessionBase, *, portal: str, at: datetime) -> None:
    """Note that the person is still there."""
    if _SIGNED_IN not in session or _SEEN not in session:
        begin(session, portal=portal, at=at)
    elif int(at.timestamp()) - session[_SEEN] >= TOUCH_EVERY.total_seconds():
        session[_SEEN] = int(at.timestamp())
        _keep(session, portal=portal, at=at)


def _keep(session: SessionBase, *, portal: str, at: datetime) -> None:
    """Let cookie and row end a while after the nearer limit."""
    idle, absolute = settings.SESSION_LIMITS[portal]
    left = idle if absolute is None else min(idle, session[_SIGNED_IN] + absolute - int(at.timestamp()))
    session.set_expiry(left + int(REMEMBERED_FOR.total_seconds()))
