"""
Tokens of the reward app. Access: a JWT (RS256) of five minutes that is checked here without a query. Refresh: thirty days, replaced
on every use. allauth makes and replaces them (docs/app_tokens.md); this module says what they carry and reads them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy
from allauth.headless.tokens.strategies.jwt.internal import decode_token, session_key_from_sid
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string

from identity import devices
from identity.models import User

_ISSUED_AT, _MEMBER = "issued_at", "member_id"


@dataclass(frozen=True, slots=True)
class Claims:
    """
    Whom an access token speaks for.

    user_id, member_id: numbers of rows.   issued_at: aware, UTC, whole seconds, by the product's clock; to be compared with the
    member's `tokens_valid_from`.   sid: of the session it belongs to, sealed (`sign_in_of`).
    """

    user_id: int
    member_id: int
    issued_at: datetime
    sid: str


class MemberTokens(JWTTokenStrategy):  # type: ignore[misc]
    """Tokens for members only; a session number by itself opens nothing."""

    def get_session_token(self, request: HttpRequest) -> str | None:
        """Only an access token names a session; the X-Session-Token header is ignored, so that no portal's cookie value works here."""
        payload = self._get_access_token(request)
        return session_key_from_sid(payload["sid"]) if payload else None

    def get_claims(self, user: User) -> dict[str, Any]:
        """What is needed to act for the member without a query."""
        extra = import_string(settings.APP_TOKEN_CLAIMS)(user) if settings.APP_TOKEN_CLAIMS else {}
        return {**extra, _ISSUED_AT: int(timezone.now().timestamp())}


def member_claims(token: str) -> Claims | None:
    """
    Verify an access token by its signature, times and use, without a query; None when it is worth nothing.

    Whether the member is active, and whether the token is older than `tokens_valid_from`, the caller's own SQL checks.
    """
    payload = decode_token(token, "access")
    if payload is None:
        return None
    subject, member_id, issued_at = payload["sub"], payload.get(_MEMBER), payload.get(_ISSUED_AT)
    if not subject.isdecimal() or not isinstance(member_id, int) or not isinstance(issued_at, int):
        return None
    at = datetime.fromtimestamp(issued_at, tz=UTC)
    return Claims(user_id=int(subject), member_id=member_id, issued_at=at, sid=str(payload["sid"]))


def sign_in_of(claims: Claims) -> str:
    """The number of the sign-in that a token belongs to (`devices.number_of`)."""
    key = session_key_from_sid(claims.sid)
    return devices.number_of_session(key) if key else ""
