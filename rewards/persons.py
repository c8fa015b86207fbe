"""Keys that stand for people where a row must not name them: one person, one participation, and one welcome."""

import hashlib
import hmac

from django.conf import settings


def member_key(member_id: int) -> str:
    """64 hex digits that stand for the member where the row must not name them; with an identity check its hash is used instead."""
    return hmac.new(settings.PERSON_HASH_KEY.encode(), f"member:{member_id}".encode(), hashlib.sha256).hexdigest()


def phone_key(phone: str) -> str:
    """64 hex digits that stand for a number (E.164) of somebody who left."""
    return hmac.new(settings.PERSON_HASH_KEY.encode(), f"phone:{phone}".encode(), hashlib.sha256).hexdigest()
