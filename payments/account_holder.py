"""
Asking a bank in whose name an account is, through PortOne. A network call: outside transactions.

Source: PortOne REST API 1.16.0, GET /platform/bank-accounts/{bank}/{accountNumber}/holder.
"""

import re
from dataclasses import dataclass

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from common.provider import GatewayError, ProviderClient
from payments.gateways import banks

READ_SECONDS = 10.0
_CORPORATE = re.compile(r"주식회사|유한회사|합자회사|합명회사|\((?:주|유|합)\)|㈜|㈲")
_NOISE = re.compile(r"[\s().,·\-]")


@dataclass(frozen=True, slots=True)
class Holder:
    """What the bank said. verification_id: names the answer at PortOne."""

    name: str
    verification_id: str


class _Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore")

    holder_name: str = Field(min_length=1, max_length=60)
    account_verification_id: str = Field(default="", max_length=100)


def holder_of(*, bank: str, number: str, business_number: str = "") -> Holder:
    """
    In whose name the account is. bank: three digits.   number: digits only.   business_number: ten digits, lets the bank check the owner.

    :raises GatewayError: known=True when there is no such account or the bank is not served, known=False after a silence.
    """
    client = ProviderClient(
        name="account-holder",
        base_url=settings.PORTONE_BASE_URL,
        headers={"Authorization": f"PortOne {settings.PORTONE_API_SECRET}"},
        read_timeout=READ_SECONDS,
    )
    asked = {"test": "false" if settings.PORTONE_REQUIRE_LIVE else "true"}
    asked |= {"businessRegistrationNumber": business_number} if business_number else {}
    answer = client.call("GET", f"/platform/bank-accounts/{banks.for_portone(bank)}/{number}/holder", params=asked)
    if answer.status_code != 200:
        raise GatewayError(known=answer.status_code < 500, code="ACCOUNT_HOLDER", status=answer.status_code)
    try:
        told = _Answer.model_validate(answer.json())
    except (ValueError, ValidationError):
        raise GatewayError(known=False, code="UNREADABLE", status=200) from None
    return Holder(name=told.holder_name, verification_id=told.account_verification_id)


def is_same_name(one: str, other: str) -> bool:
    """True when two names are the same but for spaces, dots and the words for a company's legal form; banks cut and write them freely."""
    return bool(_plain(one)) and _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return _NOISE.sub("", _CORPORATE.sub("", name)).casefold()
