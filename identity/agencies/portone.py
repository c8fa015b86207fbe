"""
KG Inicis identity verification through PortOne's window. Our server reads the result by the number it made itself; whatever the browser
brings back is not looked at. Source: PortOne REST API, GET /identity-verifications/{id}; KG Inicis unified identity guide.
"""

import secrets
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from common.provider import GatewayError, ProviderClient
from identity import phones
from identity.agencies.base import NotBelieved, NotVerified, Person, Window

_SKEW = timedelta(minutes=2)
_LONGEST = timedelta(minutes=15)
_SEX = {"MALE": "M", "FEMALE": "F"}


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", hide_input_in_errors=True)


class _Channel(_Wire):
    type: str
    key: str | None = None


class _Customer(_Wire):
    name: str
    birth_date: date | None = None
    phone_number: str | None = None
    gender: str | None = None
    is_foreigner: bool | None = None
    ci: str | None = None


class _Failure(_Wire):
    pg_code: str | None = None


class _Verification(_Wire):
    status: str
    id: str
    channel: _Channel | None = None
    verified_customer: _Customer | None = None
    verified_at: AwareDatetime | None = None
    failure: _Failure | None = None


class PortOneIdentity:
    """See identity.agencies.base.Agency."""

    repeatable = True

    def new_ref(self) -> str:
        """A number nobody can guess."""
        return f"iv_{secrets.token_hex(16)}"

    def window(self, *, ref: str, return_url: str, fail_url: str) -> Window:
        """PortOne's script opens it; on phones the browser leaves and comes back to `return_url`."""
        script = urlsplit(settings.PORTONE_SDK_URL)
        return Window(
            hosts=tuple(dict.fromkeys([f"{script.scheme}://{script.netloc}", *settings.PORTONE_BROWSER_HOSTS])),
            script=settings.PORTONE_SDK_URL,
            parameters={
                "storeId": settings.PORTONE_STORE_ID,
                "channelKey": settings.PORTONE_CHANNEL_KEY_IDENTITY,
                "identityVerificationId": ref,
                "redirectUrl": return_url,
                "bypass": {"inicisUnified": {"flgFixedUser": "N"}},
            },
        )

    def fetch(self, *, ref: str, callback: Mapping[str, str], started_at: datetime) -> Person:
        """
        Ask PortOne who it was. The callback is not needed.

        :raises NotVerified: nobody got through.   :raises NotBelieved: another channel, mode, time or number.
        :raises GatewayError: it could not be asked.
        """
        found = self._read(ref)
        if found.status != "VERIFIED":
            raise NotVerified((found.failure and found.failure.pg_code) or found.status)
        who = found.verified_customer
        if found.id != ref or who is None or found.verified_at is None:
            raise NotBelieved("OTHER_VERIFICATION")
        if found.channel is None or found.channel.key != settings.PORTONE_CHANNEL_KEY_IDENTITY:
            raise NotBelieved("OTHER_CHANNEL")
        if settings.PORTONE_REQUIRE_LIVE and found.channel.type != "LIVE":
            raise NotBelieved("TEST_CHANNEL")
        if not started_at - _SKEW <= found.verified_at <= started_at + _LONGEST:
            raise NotBelieved("OTHER_TIME")
        if not who.ci or who.birth_date is None:
            raise NotVerified("NO_CI")
        return Person(
            ci=who.ci,
            name=who.name.strip(),
            birth_on=who.birth_date,
            phone=phones.normalise(who.phone_number or "") or "",
            sex=_SEX.get(who.gender or "", ""),
            is_foreigner=who.is_foreigner,
        )

    def _read(self, ref: str) -> _Verification:
        client = ProviderClient(
            name="portone-identity",
            base_url=settings.PORTONE_BASE_URL,
            headers={"Authorization": f"PortOne {settings.PORTONE_API_SECRET}"},
            read_timeout=5,
        )
        answer = client.call("GET", f"/identity-verifications/{ref}", params={"storeId": settings.PORTONE_STORE_ID})
        if answer.status_code == 404:
            raise NotVerified("NOT_STARTED")
        if answer.status_code != 200:
            raise GatewayError(known=answer.status_code < 500, code="IDENTITY_NOT_READ", status=answer.status_code)
        try:
            body: Any = answer.json()
            return _Verification.model_validate(body)
        except (ValueError, ValidationError):
            raise GatewayError(known=False, code="UNREADABLE", status=200) from None
