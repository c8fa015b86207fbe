"""
What a member's page or app carries between start and confirm: the participation token, and the chain of heartbeats.

Both are signed and stateless. The token names the participation, the device it is bound to and the start it belongs to; a beat
adds to the one before it, at least `BEAT_SECONDS` later, so that beats cannot be made faster than time passes.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core import signing

from campaigns.types.visit import BEAT_SECONDS
from common.errors import DomainError

LONGEST = 1_000
MOST_BEATS = 1_000


class TokenRefused(DomainError):
    code = "participation.token_refused"
    message = "이 참여를 확인할 수 없어요. 미션을 다시 열어 주세요."
    http_status = 403


class BeatTooEarly(DomainError):
    code = "participation.beat_too_early"
    message = "신호가 너무 빨라요."
    http_status = 429


@dataclass(frozen=True, slots=True)
class ParticipationToken:
    """issued_at: whole seconds, on the clock that services are given.   dwell_seconds: what the type asked for at the start."""

    participation: UUID
    campaign: UUID
    period_on: date
    type: str
    attempt: int
    device: str
    dwell_seconds: int
    issued_at: datetime

    def signed(self) -> str:
        """The token as text."""
        period, issued = self.period_on.isoformat(), int(self.issued_at.timestamp())
        return _signer("participation").sign_object(
            [self.participation.hex, self.campaign.hex, period, self.type, self.attempt, self.device, self.dwell_seconds, issued]
        )


@dataclass(frozen=True, slots=True)
class Beat:
    """The newest heartbeat of a chain. count: beats so far."""

    participation: UUID
    attempt: int
    count: int
    at: datetime

    def signed(self) -> str:
        """The beat as text."""
        return _signer("beat").sign_object([self.participation.hex, self.attempt, self.count, int(self.at.timestamp())])


def read(text: str, *, device: str) -> ParticipationToken:
    """
    The token, when we signed it for this device.

    :raises TokenRefused: forged, mangled, or carried to another device.
    """
    parts = _unsigned(text, "participation")
    participation, campaign, period, kind, attempt, bound_to, dwell_seconds, issued = parts
    token = ParticipationToken(
        participation=UUID(participation),
        campaign=UUID(campaign),
        period_on=date.fromisoformat(period),
        type=kind,
        attempt=attempt,
        device=bound_to,
        dwell_seconds=dwell_seconds,
        issued_at=datetime.fromtimestamp(issued, UTC),
    )
    if token.device != device:
        raise TokenRefused
    return token


def next_beat(token: ParticipationToken, *, last: str, at: datetime) -> Beat:
    """
    The beat after `last` (text; empty for the first).

    :raises TokenRefused: `last` is of another participation, or forged.   :raises BeatTooEarly: it is not time yet.
    """
    count, since = 0, token.issued_at
    if last:
        before = read_beat(token, last)
        count, since = before.count, before.at
    if (at - since).total_seconds() < BEAT_SECONDS:
        raise BeatTooEarly
    return Beat(token.participation, token.attempt, min(count + 1, MOST_BEATS), at)


def read_beat(token: ParticipationToken, text: str) -> Beat:
    """:raises TokenRefused: the beat is of another participation, or forged."""
    parts = _unsigned(text, "beat")
    beat = Beat(UUID(parts[0]), parts[1], parts[2], datetime.fromtimestamp(parts[3], UTC))
    if (beat.participation, beat.attempt) != (token.participation, token.attempt):
        raise TokenRefused
    return beat


def _signer(purpose: str) -> signing.Signer:
    return signing.Signer(key=settings.PARTICIPATION_TOKEN_KEY, salt=f"campaigns.{purpose}")


def _unsigned(text: str, purpose: str) -> list[Any]:
    if len(text) > LONGEST or not text.isascii():
        raise TokenRefused
    try:
        parts: list[Any] = _signer(purpose).unsign_object(text)
    except (signing.BadSignature, ValueError):
        raise TokenRefused from None
    return parts
