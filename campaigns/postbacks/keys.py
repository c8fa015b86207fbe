"""
What a campaign's developer needs: a key that names the campaign, a secret that proves the sender, and the click that joins a visit
to a participation. Keys and secrets follow from the campaign's number, the generation of its secret and our own key, so nothing secret
lies in the database.
"""

import hashlib
import hmac
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from campaigns.models import Campaign

LIVE, TEST = "live", "test"
FIRST = 1  # generation of the secret that every campaign begins with
CLICK_LENGTH = 34  # 32 hex digits of the participation, 2 of the attempt


@dataclass(frozen=True, slots=True)
class Click:
    """One start of one participation."""

    participation: UUID
    attempt: int

    @property
    def text(self) -> str:
        """What travels through the advertiser's links."""
        return f"{self.participation.hex}{self.attempt:02x}"


def key_of(campaign: Campaign, *, is_test: bool) -> str:
    """The public half: "live_…" or "test_…"."""
    return f"{TEST if is_test else LIVE}_{campaign.public_id.hex}"


def read_key(text: str) -> tuple[UUID, bool] | None:
    """The campaign's number and whether it is a test key; None when it is neither."""
    kind, _, number = text.partition("_")
    if kind not in (LIVE, TEST) or len(number) != 32:
        return None
    try:
        return UUID(number), kind == TEST
    except ValueError:
        return None


def secret_of(key: str, generation: int = FIRST) -> str:
    """The secret half, 64 hex digits."""
    subject = f"campaigns.postback:{key}" if generation == FIRST else f"campaigns.postback:{key}:{generation}"
    return hmac.new(settings.PARTICIPATION_TOKEN_KEY.encode(), subject.encode(), hashlib.sha256).hexdigest()


def token_of(key: str, generation: int = FIRST) -> str:
    """For senders that cannot sign: an address that nobody guesses."""
    return secret_of(f"{key}:token", generation)[:32]


def read_click(text: str) -> Click | None:
    """None for what we never handed out."""
    if len(text) != CLICK_LENGTH:
        return None
    try:
        return Click(UUID(text[:32]), int(text[32:], 16))
    except ValueError:
        return None
