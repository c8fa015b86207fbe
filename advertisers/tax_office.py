"""
Asking the tax office whether a business is open, and whether number, date of opening and representative belong together (odcloud,
nts-businessman status and validate). It confirms what we send and tells nothing else.

An outage never blocks anybody: the answer stays UNKNOWN and is asked for again. Source: data.go.kr data set 15081808.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db import transaction
from pydantic import BaseModel, ConfigDict, ValidationError

from advertisers.models import BusinessCheck, BusinessUser
from common.errors import DomainError
from common.provider import GatewayError, ProviderClient
from identity.models import User

logger = logging.getLogger(__name__)

Row = TypeVar("Row", bound=BaseModel)
TaxState, IdentityState = BusinessUser.TaxState, BusinessUser.IdentityState
MOST = 100
_STATES = {"01": TaxState.ACTIVE, "02": TaxState.SUSPENDED, "03": TaxState.CLOSED}
_MATCHES = {"01": IdentityState.MATCHES, "02": IdentityState.DIFFERS}


class BusinessClosed(DomainError):
    """The tax office says that this number is closed, or was never given out."""

    code = "signup.business_closed"
    message = "국세청에 {what} 사업자로 나와요. 번호를 다시 확인해 주세요."
    http_status = 422


class BusinessDiffers(DomainError):
    """The tax office knows another date of opening or another representative of this number."""

    code = "signup.business_differs"
    message = "국세청에 등록된 개업일이나 대표자 이름과 달라요. 대표자가 여러 명이면 등록증에 먼저 적힌 분을 적어 주세요."
    http_status = 422


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


@dataclass(frozen=True, slots=True)
class Claim:
    """What a business says of itself."""

    number: str
    opened_on: date
    representative: str

    def as_asked(self) -> dict[str, str]:
        """As the office wants it."""
        return {"b_no": self.number, "start_dt": f"{self.opened_on:%Y%m%d}", "p_nm": self.representative.strip()}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Whether a claim is what the office knows."""

    number: str
    state: BusinessUser.IdentityState
    code: str = ""
    raw: dict[str, Any] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """False when the office could not be asked."""
        return self.state != IdentityState.UNKNOWN


class _Entry(BaseModel):
    model_config = ConfigDict(extra="allow")

    b_no: str
    b_stt_cd: str = ""
    tax_type: str = ""


class _Verdict(BaseModel):
    model_config = ConfigDict(extra="allow")

    b_no: str
    valid: str


class _Answer(BaseModel, Generic[Row]):
    status_code: str
    data: list[Row] = []


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
        for entry in _ask("/status", {"b_no": wanted}, of=_Entry):
            if entry.b_no in found:
                state = _STATES.get(entry.b_stt_cd, TaxState.UNREGISTERED if not entry.b_stt_cd else TaxState.UNKNOWN)
                tax_type = entry.tax_type[:60] if entry.b_stt_cd else ""
                found[entry.b_no] = Standing(entry.b_no, state, tax_type, entry.b_stt_cd, entry.model_dump())
    except GatewayError as error:
        logger.warning("The tax office could not be asked: %s", error.code)
    return found


def confirmation_of(claim: Claim) -> Confirmation:
    """One claim; UNKNOWN when the office does not answer. A network call: outside transactions."""
    return confirmations([claim])[claim.number]


def confirmations(claims: Iterable[Claim]) -> dict[str, Confirmation]:
    """Up to 100 claims in one call, by number; UNKNOWN for those about which nothing was learnt."""
    wanted = list(claims)[:MOST]
    found = {claim.number: Confirmation(claim.number, IdentityState.UNKNOWN) for claim in wanted}
    if not settings.TAX_OFFICE_KEY or not wanted:
        return found
    try:
        for verdict in _ask("/validate", {"businesses": [claim.as_asked() for claim in wanted]}, of=_Verdict):
            if verdict.b_no in found and verdict.valid in _MATCHES:
                raw = verdict.model_dump(exclude={"request_param"})  # the representative's name is not kept twice
                found[verdict.b_no] = Confirmation(verdict.b_no, _MATCHES[verdict.valid], verdict.valid, raw)
    except GatewayError as error:
        logger.warning("The tax office could not confirm a business: %s", error.code)
    return found


def _ask(path: str, body: dict[str, Any], *, of: type[Row]) -> list[Row]:
    client = ProviderClient(name="tax-office", base_url=settings.TAX_OFFICE_URL, read_timeout=5)
    answer = client.call("POST", path, params={"serviceKey": settings.TAX_OFFICE_KEY}, json=body)
    if answer.status_code != 200:
        raise GatewayError(known=answer.status_code < 500, code="TAX_OFFICE", status=answer.status_code)
    try:
        found = _Answer[of].model_validate(answer.json())  # type: ignore[valid-type]
    except (ValueError, ValidationError):
        raise GatewayError(known=False, code="UNREADABLE", status=200) from None
    if found.status_code != "OK":
        raise GatewayError(known=True, code="TAX_OFFICE_REFUSED", status=200)
    return found.data


def examine(claim: Claim, *, is_as_on_paper: bool, by: User | None, at: datetime) -> dict[str, Any]:
    """
    Ask both questions about a business that signs up, keep the answers, and return them as fields of BusinessUser. Owns its transaction;
    the answers stay when it is refused.

    is_as_on_paper: go on although date or name differ; a reviewer compares the paper.

    :raises BusinessClosed: the number is closed or was never given out.   :raises BusinessDiffers: date or name differ.
    """
    standing = standing_of(claim.number)
    is_open = standing.state not in (TaxState.CLOSED, TaxState.UNREGISTERED)
    confirmation = confirmation_of(claim) if is_open else Confirmation(claim.number, IdentityState.UNKNOWN)
    with transaction.atomic(durable=True):
        write_down(standing, by=by, at=at)
        write_down(confirmation, by=by, at=at)
    if not is_open:
        raise BusinessClosed(what="폐업한" if standing.state == TaxState.CLOSED else "등록되지 않은")
    if confirmation.state == IdentityState.DIFFERS and not is_as_on_paper:
        raise BusinessDiffers
    return {
        "tax_state": standing.state,
        "tax_type": standing.tax_type,
        "tax_checked_at": at if standing.is_known else None,
        "identity_state": confirmation.state,
        "identity_checked_at": at if confirmation.is_known else None,
    }


def write_down(answer: Standing | Confirmation, *, by: User | None, at: datetime) -> None:
    """Keep an answer as it came. Unknown is no answer."""
    if answer.is_known:
        question = BusinessCheck.Question.STATUS if isinstance(answer, Standing) else BusinessCheck.Question.IDENTITY
        facts = {"state": answer.state, "code": answer.code, "answer": answer.raw, "checked_at": at, "by": by}
        BusinessCheck.objects.create(question=question, registration_number=answer.number, **facts)


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


def confirm_again(*, at: datetime) -> int:
    """Ask about businesses whose date and representative nobody confirmed, as after an outage; how many were learnt about."""
    waiting = BusinessUser.objects.filter(advertiser__is_active=True, identity_state=IdentityState.UNKNOWN, opened_on__isnull=False)
    rows = list(waiting.exclude(representative="").order_by("pk")[:MOST])
    answers = confirmations([Claim(row.registration_number, row.opened_on, row.representative) for row in rows if row.opened_on])
    learnt = 0
    for row in rows:
        answer = answers[row.registration_number]
        if not answer.is_known:
            continue
        unchanged = {"opened_on": row.opened_on, "representative": row.representative}
        with transaction.atomic(durable=True):
            learnt += BusinessUser.objects.filter(pk=row.pk, **unchanged).update(identity_state=answer.state, identity_checked_at=at)
            write_down(answer, by=None, at=at)
    return learnt
