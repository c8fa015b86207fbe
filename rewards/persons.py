"""One person, one participation: the key that stands for a member who has not proved who they are."""

import hashlib
import hmac

from django.conf import settings


def member_key(member_id: int) -> str:
    """64 hex digits that stand for the member where the row must not name them; with an identity check its hash is used instead."""
    return hmac.new(settings.PERSON_HASH_KEY.encode(), f"member:{member_id}".encode(), hashlib.sha256).hexdigest()
