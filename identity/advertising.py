"""
What the law asks of advertising, looked at again at the moment of each sending: a consent may have been taken back, and a late try may
fall into the night.

Source: 정보통신망법 제50조, 시행령 제61조, 시행령 별표 6: consent, "(광고)" and the sender first, how to refuse free of charge last.
"""

from datetime import datetime
from typing import Any

from common.effects import Outcome, Result
from identity import preferences
from identity.events import defined
from identity.models import Channel, Consent, Notification


def is_advertising(notice: Notification) -> bool:
    """True when the notice is of an event that advertises."""
    event = defined().get(notice.kind)
    return event is not None and event.is_advertising


def held(notice: Notification, channel: Channel, *, at: datetime) -> Outcome | None:
    """Why a message must not leave now; None when it may."""
    if not is_advertising(notice) or notice.user_id is None:
        return None
    people = [notice.user_id]
    if not preferences.having_agreed(Consent.Kind.MARKETING, people):
        return Outcome(Result.FAILED, detail="the consent was taken back")
    night = bool(preferences.having_agreed(Consent.Kind.NIGHT, people))
    due = preferences.due_at(defined()[notice.kind], channel, hours=None, night=night, at=at)
    return Outcome(Result.PENDING, detail="it is night", after=due - at) if due > at else None


def marks(notice: Notification) -> dict[str, Any]:
    """For the templates of messages: what stands before and after advertising."""
    return {"is_advertising": is_advertising(notice)}
