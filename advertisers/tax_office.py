"""
Asking the tax office whether a business is open (odcloud, nts-businessman status). It confirms what we send and tells nothing else.

An outage never blocks anybody: the state stays UNKNOWN and is asked for again. Source: data.go.kr data set 15081808.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from pydantic import BaseModel, ConfigDict, ValidationError

from advertisers.models import BusinessCheck, BusinessUser
from common.provider import GatewayError, ProviderClient
from identity.models import User

logger = logging.getLogger(__name__)

TaxState = BusinessUser.TaxState
MOST = 100
_STATES = {"01": TaxState.ACTIVE, "02": TaxState.SUSPENDED, "03": TaxState.CLOSED}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one number. tax_type: the office's own words."""

    number: str
    state: BusinessUser.TaxState
    tax_type: str = ""
    code: str = ""
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """False when the office could not be asked."""
        return self.state != TaxState.UNKNOWN


class _Entry(BaseModel):
    model_config = ConfigDict(extra="allow")

    b_no: str
    b_stt_cd: str = ""
    tax_type: str = ""


class _Answer(BaseModel):
    status_code: str
    data: list[_Entry] = []


def standing_of(number: str) -> Standing:
    """One number; UNKNOWN when the office does not answer. A network call: outside transactions."""
    return standings([number])[number]


def standings(numbers: Iterable[str]) -> dict[str, Standing]:
    """Up to 100 numbers in one call; UNKNOWN for those about which nothing was learnt."""
    wanted = list(numbers)[:MOST]
    found = {number: Standing(number, TaxState.UNKNOWN) for number in wanted}
    if not settings.TAX_OFFICE_KEY:
        return found
    try:
        for entry in _ask(wanted):
            if entry.b_no in found:
                state = _STATES.get(entry.b_stt_cd, TaxState.UNREGISTERED if not entry.b_stt_cd else TaxState.UNKNOWN)
                tax_type = entry.tax_type[:60] if entry.b_stt_cd else ""
                found[entry.b_no] = Standing(entry.b_no, state, tax_type, entry.b_stt_cd, entry.model_dump())
    except GatewayError as error:
        logger.warning("The tax office could not be asked: %s", error.code)
    return found


def _ask(numbers: list[str]) -> list[_Entry]:
    client = ProviderClient(name="tax-office", base_url=settings.TAX_OFFICE_URL, read_timeout=5)
    answer = client.call("POST", "/status", params={"serviceKey": settings.TAX_OFFICE_KEY}, json={"b_no": numbers})
    if answer.status_code != 200:
        raise GatewayError(known=answer.status_code < 500, code="TAX_OFFICE", status=answer.status_code)
    try:
        found = _Answer.model_validate(answer.json())
    except (ValueError, ValidationError):
        raise GatewayError(known=False, code="UNREADABLE", status=200) from None
    if found.status_code != "OK":
        raise GatewayError(known=True, code="TAX_OFFICE_REFUSED", status=200)
    return found.data


def write_down(standing: Standing, *, by: User | None, at: datetime) -> None:
    """Keep an answer as it came. Unknown is no answer."""
    if standing.is_known:
        BusinessCheck.objects.create(
            registration_number=standing.number, state=standing.state, code=standing.code, answer=standing.raw, checked_at=at, by=by
        )


def check_again(*, at: datetime, older_than: datetime) -> int:
    """
    Ask about businesses whose last answer is older, or who never got one; how many were learnt about. Owns its transactions.

    The monthly look, and what makes up for an outage at sign-up.
    """
    due = BusinessUser.objects.filter(advertiser__is_active=True).exclude(tax_checked_at__gt=older_than)
    rows = list(due.order_by("tax_checked_at", "pk")[:MOST])
    answers = standings({row.registration_number for row in rows})
    learnt = 0
    for row in rows:
        standing = answers[row.registration_number]
        if not standing.is_known:
            continue
        with transaction.atomic(durable=True):
            BusinessUser.objects.filter(pk=row.pk).update(tax_state=standing.state, tax_type=standing.tax_type, tax_checked_at=at)
            write_down(standing, by=None, at=at)
        learnt += 1
    return learnt
