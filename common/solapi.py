"""
SMS by Solapi, over plain HTTP: the official SDK cannot be pointed at another address, hides HTTP status codes and has no time limit.

Sources: Solapi documentation, api-key authentication, messages/v4 send-many/detail and list, message status codes.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from pydantic import BaseModel, Field, ValidationError

from common import clock
from common.messaging import AlimTalk
from common.provider import GatewayError, ProviderClient

SMS_BYTES, LMS_BYTES = 90, 2_000  # EUC-KR
OUT_OF_MONEY = frozenset({"1030", "2230", "NotEnoughBalance"})
_LOOK_BACK = timedelta(minutes=30)
_READ_SECONDS = 10.0


class _Refused(BaseModel):
    status_code: str = Field(alias="statusCode")


class _Sent(BaseModel):
    failed: list[_Refused] = Field(alias="failedMessageList", default_factory=list)


class _Listed(BaseModel):
    status_code: str = Field(alias="statusCode", default="", max_length=10)
    custom_fields: dict[str, str] = Field(alias="customFields", default_factory=dict)


class _List(BaseModel):
    messages: dict[str, _Listed] = Field(alias="messageList", default_factory=dict)


class SolapiSms:
    """The SMS channel of the house; see common.messaging.SmsChannel."""

    def __init__(self) -> None:
        self.client = ProviderClient(name="solapi", base_url=settings.SOLAPI_BASE_URL, read_timeout=_READ_SECONDS)

    def send(self, *, to: str, text: str, ref: str, alimtalk: AlimTalk | None = None) -> None:
        """
        Hand one message over; as an AlimTalk with the text as its replacement where the house has a channel at KakaoTalk.

        :raises GatewayError: known=True when it was refused, with Solapi's code; known=False when it may have been taken.
        """
        message = {"to": local_digits(to), "from": settings.SOLAPI_SENDER, "text": text, "type": kind_of(text), **kakao_options(alimtalk)}
        body = {"messages": [{**message, "customFields": {"deliveryId": ref}}], "showMessageList": True}
        answer = self._call("POST", "/messages/v4/send-many/detail", json=body)
        try:
            sent = _Sent.model_validate(answer)
        except ValidationError:
            raise GatewayError(known=False, code="UNREADABLE") from None
        if sent.failed:
            raise GatewayError(known=True, code=sent.failed[0].status_code, status=200)

    def was_taken(self, *, to: str, ref: str) -> bool:
        """
        Whether Solapi has the message with our number, after a silence.

        :raises GatewayError: it could not be asked.
        """
        return self._find(to=to, ref=ref, around=clock.real_now()) is not None

    def status_of(self, *, to: str, ref: str, sent_at: datetime) -> str:
        """
        Solapi's status code of a message, e.g. 4000; empty when it does not know it.

        :raises GatewayError: it could not be asked.
        """
        found = self._find(to=to, ref=ref, around=sent_at)
        return found.status_code if found else ""

    def _find(self, *, to: str, ref: str, around: datetime) -> _Listed | None:
        query = {
            "to": local_digits(to),
            "startDate": _instant(around - _LOOK_BACK),
            "endDate": _instant(around + _LOOK_BACK),
            "limit": "100",
        }
        try:
            listed = _List.model_validate(self._call("GET", "/messages/v4/list", params=query))
        except ValidationError:
            raise GatewayError(known=False, code="UNREADABLE") from None
        return next((message for message in listed.messages.values() if message.custom_fields.get("deliveryId") == ref), None)

    def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self.client.call(method, path, headers={"Authorization": authorization(at=clock.real_now())}, **kwargs)
        try:
            body = answer.json()
        except ValueError:
            raise GatewayError(known=False, code="NOT_JSON", status=answer.status_code) from None
        if answer.status_code != 200:
            code = str(body.get("errorCode", "HTTP")) if isinstance(body, dict) else "HTTP"
            raise GatewayError(known=answer.status_code < 500, code=code[:60], status=answer.status_code)
        return body


def authorization(*, at: datetime, salt: str = "") -> str:
    """The header of one call; a signature is good for one call in fifteen minutes, so each gets a salt of its own."""
    date, salt = _instant(at), salt or secrets.token_hex(16)
    signature = hmac.new(settings.SOLAPI_API_SECRET.encode(), (date + salt).encode(), hashlib.sha256).hexdigest()
    return f"HMAC-SHA256 apiKey={settings.SOLAPI_API_KEY}, date={date}, salt={salt}, signature={signature}"


def kakao_options(alimtalk: AlimTalk | None) -> dict[str, Any]:
    """What makes a message an AlimTalk; nothing without a channel at KakaoTalk. Source: Solapi documentation, messages/v4, kakaoOptions."""
    if alimtalk is None or not settings.SOLAPI_KAKAO_CHANNEL:
        return {}
    variables = {f"#{{{name}}}": value for name, value in alimtalk.variables.items()}
    options = {"pfId": settings.SOLAPI_KAKAO_CHANNEL, "templateId": alimtalk.template, "variables": variables, "disableSms": False}
    return {"type": "ATA", "kakaoOptions": options}


def kind_of(text: str) -> str:
    """
    SMS or LMS, by the length in EUC-KR.

    :raises GatewayError: known=True; the text has letters that Solapi refuses, or is too long.
    """
    try:
        length = len(text.encode("euc_kr"))
    except UnicodeEncodeError:
        raise GatewayError(known=True, code="1029") from None
    if length > LMS_BYTES:
        raise GatewayError(known=True, code="1031")
    return "SMS" if length <= SMS_BYTES else "LMS"


def local_digits(e164: str) -> str:
    """+821012345678 as 01012345678."""
    return "0" + e164.removeprefix("+82") if e164.startswith("+82") else e164.removeprefix("+")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
