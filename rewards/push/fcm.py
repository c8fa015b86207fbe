"""
Firebase Cloud Messaging, HTTP v1, over plain HTTP: the official library fixes the host and brings a second HTTP stack.

Sources: firebase.google.com, FCM HTTP v1 (projects.messages:send), ErrorCode, "FCM throttling and quotas"; OAuth 2.0 for service accounts
(a signed JWT for an access token of an hour).
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from threading import Lock
from time import monotonic
from typing import Any, Final, TypeVar

import jwt
import requests
from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from common import clock
from common.provider import GatewayError, ProviderClient

SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SILENCE_SECONDS: Final = 10
TOKEN_SECONDS: Final = 3_600
RENEWED_BEFORE: Final = 300
QUOTA_WAIT: Final = timedelta(seconds=60)
LONGEST_WAIT: Final = timedelta(hours=1)
S = TypeVar("S", bound=BaseModel)


class Refusal(StrEnum):
    """What FCM says no with, in our words."""

    GONE = "GONE"  # nobody has this token any more, or it is of another sender
    BAD_MESSAGE = "BAD_MESSAGE"  # what we say is wrong, whoever it is said to
    BUSY = "BUSY"  # certainly not sent; again later
    APPLE_KEY = "APPLE_KEY"  # our key at Apple
    NO_ACCESS = "NO_ACCESS"  # our key at Google


class FcmRefused(GatewayError):
    """It said no, for certain. after: before which it need not be asked again."""

    def __init__(self, refusal: Refusal, *, status: int, after: timedelta = QUOTA_WAIT) -> None:
        super().__init__(known=True, code=refusal.value, status=status)
        self.refusal, self.after = refusal, after


@dataclass(frozen=True, slots=True)
class Note:
    """What appears on a phone. ref: ours; the same one again replaces it.   ttl_seconds: after them it is not shown any more."""

    title: str
    body: str
    ref: str
    ttl_seconds: int
    data: dict[str, str]


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class _Token(_Said):
    access_token: str = Field(min_length=1)
    expires_in: int = Field(gt=0)


class _Accepted(_Said):
    name: str = Field(min_length=1, max_length=200)


class _Detail(_Said):
    error_code: str = Field(default="", alias="errorCode")


class _Error(_Said):
    status: str = ""
    message: str = ""
    details: list[_Detail] = Field(default_factory=list)


class _Refused(_Said):
    error: _Error


class Fcm:
    """The company, under the service account of the settings."""

    def __init__(self) -> None:
        self._client = ProviderClient(name="fcm", base_url=settings.FCM_URL, read_timeout=SILENCE_SECONDS)

    def send(self, *, token: str, note: Note) -> str:
        """
        Hand one message over; the company's name of it. Accepted is not shown.

        :raises FcmRefused: certainly not.   :raises GatewayError: known=False when it may have been taken.
        """
        body = json.dumps({"message": _message(token, note)}, ensure_ascii=False).encode()  # Korean escaped would be twice as long
        for is_second in (False, True):
            access = _access_token(renew=is_second)
            headers = {"Authorization": f"Bearer {access}", "Content-Type": "application/json"}
            answer = self._client.call("POST", f"/v1/projects/{settings.FCM_PROJECT_ID}/messages:send", data=body, headers=headers)
            if answer.status_code == 200:
                return _parsed(_Accepted, answer).name
            refused = _refusal(answer)
            if refused.refusal is not Refusal.NO_ACCESS or is_second:
                raise refused
        raise AssertionError("unreachable")


def _message(token: str, note: Note) -> dict[str, Any]:
    """One message for both kinds of phones. Source: FCM HTTP v1, Message."""
    expires = int(clock.real_now().timestamp()) + note.ttl_seconds
    return {
        "token": token,
        "notification": {"title": note.title, "body": note.body},
        "data": note.data,
        "android": {"priority": "high", "ttl": f"{note.ttl_seconds}s", "collapse_key": note.ref},
        "apns": {
            "headers": {
                "apns-priority": "10", "apns-push-type": "alert", "apns-expiration": str(expires), "apns-collapse-id": note.ref[:64],
            },
            "payload": {"aps": {"sound": "default"}},
        },
    }  # fmt: skip


def _refusal(answer: requests.Response) -> FcmRefused:
    """
    :raises GatewayError: known=False; what came is not what the company says.
    """
    error = _parsed(_Refused, answer).error
    code = next((detail.error_code for detail in error.details if detail.error_code), "")
    status = answer.status_code
    if code in ("UNREGISTERED", "SENDER_ID_MISMATCH"):
        return FcmRefused(Refusal.GONE, status=status)
    if code == "INVALID_ARGUMENT" or (not code and status == 400):
        is_the_token = "registration token" in error.message.lower()
        return FcmRefused(Refusal.GONE if is_the_token else Refusal.BAD_MESSAGE, status=status)
    if code in ("QUOTA_EXCEEDED", "UNAVAILABLE", "INTERNAL") or status == 429 or status >= 500:
        return FcmRefused(Refusal.BUSY, status=status, after=_wait(answer))
    if code in ("THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"):
        return FcmRefused(Refusal.APPLE_KEY, status=status)
    return FcmRefused(Refusal.NO_ACCESS, status=status)


def _wait(answer: requests.Response) -> timedelta:
    """As long as the company asks for; a minute where it does not say."""
    said = answer.headers.get("Retry-After", "")
    return min(timedelta(seconds=int(said)), LONGEST_WAIT) if said.isascii() and said.isdigit() and len(said) < 7 else QUOTA_WAIT


_lock = Lock()
_kept: dict[tuple[str, str], tuple[str, float]] = {}  # (where, who) → token and until when by this process's own clock


def _access_token(*, renew: bool) -> str:
    """The token of the hour; one thread fetches it and the others wait."""
    account = (settings.FCM_TOKEN_URL, settings.FCM_CLIENT_EMAIL)
    with _lock:
        token, until = _kept.get(account, ("", 0.0))
        if renew or monotonic() >= until:
            token, seconds = _fetch_token()
            _kept[account] = (token, monotonic() + max(0, seconds - RENEWED_BEFORE))
        return token


def _fetch_token() -> tuple[str, int]:
    """:raises FcmRefused: the key is not taken.   :raises GatewayError: known=True: nothing was sent to anybody by this."""
    now = int(clock.real_now().timestamp())
    claims = {"iss": settings.FCM_CLIENT_EMAIL, "scope": SCOPE, "aud": settings.FCM_TOKEN_URL, "iat": now, "exp": now + TOKEN_SECONDS}
    assertion = jwt.encode(claims, settings.FCM_PRIVATE_KEY, algorithm="RS256")
    client = ProviderClient(name="fcm-token", base_url=settings.FCM_TOKEN_URL, read_timeout=SILENCE_SECONDS)
    try:
        answer = client.call("POST", "", data={"grant_type": GRANT, "assertion": assertion})
    except GatewayError as silence:
        raise GatewayError(known=True, code=f"TOKEN_{silence.code}"[:60]) from silence
    if answer.status_code >= 500 or answer.status_code == 429:
        raise FcmRefused(Refusal.BUSY, status=answer.status_code, after=_wait(answer))
    if answer.status_code != 200:
        raise FcmRefused(Refusal.NO_ACCESS, status=answer.status_code)
    said = _parsed(_Token, answer)
    return said.access_token, said.expires_in


def forget_token() -> None:
    """Let the next message fetch a fresh one."""
    with _lock:
        _kept.clear()


def _parsed(shape: type[S], answer: requests.Response) -> S:
    try:
        return shape.model_validate(answer.json())
    except (ValidationError, ValueError):
        status = answer.status_code
        if status == 429 or status >= 500:
            raise FcmRefused(Refusal.BUSY, status=status, after=_wait(answer)) from None
        raise GatewayError(known=False, code="UNREADABLE", status=status) from None
