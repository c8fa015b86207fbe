"""
Proving who one is at an identity agency: start a try, let the person go to the window, ask the agency server to server, use the
result once.

    check = identity_checks.start(purpose=Purpose.SIGN_UP, user=None, browser=…, address=…, at=at)
    identity_checks.complete(public_id=check.public_id, callback=request.POST, at=at)
    with transaction.atomic(durable=True):
        person = identity_checks.claim(public_id=check.public_id, purpose=…, browser=…, at=at)

A result counts only for the browser that started the try, for its purpose, and once. Of the CI only a keyed hash is kept.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from common import dated, sealed
from common.errors import DomainError
from common.provider import GatewayError
from common.transactions import joined
from identity import access_log
from identity.agencies import get_agency
from identity.agencies.base import NotBelieved, NotVerified, Person
from identity.models import IdentityCheck, User

logger = logging.getLogger(__name__)

Purpose, State, Provider = IdentityCheck.Purpose, IdentityCheck.State, IdentityCheck.Provider
ADULT_AT = 19
_WINDOW = timedelta(minutes=10)
_CLAIM_WITHIN = timedelta(minutes=30)
_PER_BROWSER_A_DAY, _PER_ADDRESS_AN_HOUR = 5, 20

SAME_PERSON = dated.define("identity.same_person_on_several_accounts", default=True, label="한 사람이 광고주 계정을 여러 개 만들 수 있음")


class TooManyTries(DomainError):
    """Five tries a day for a browser or person, twenty an hour for an address."""

    code = "identity.too_many_tries"
    message = "본인확인을 여러 번 시도했어요. 하루가 지난 뒤 다시 해 주세요."
    http_status = 429


class NotProved(DomainError):
    """There is no result that this browser may use now."""

    code = "identity.not_proved"
    message = "본인확인이 끝나지 않았어요. 다시 확인해 주세요."
    http_status = 422


class NotAdult(DomainError):
    """Accounts of advertisers are for people of 19 years or more."""

    code = "identity.not_adult"
    message = "광고주 계정은 만 19세부터 만들 수 있어요."
    http_status = 403


class AnotherPerson(DomainError):
    """The account was proved by somebody else before."""

    code = "identity.another_person"
    message = "이 계정에 등록한 분과 달라요. 본인이 직접 확인해 주세요."
    http_status = 403


class PersonKnown(DomainError):
    """The person has an account already, and policy allows one only."""

    code = "identity.person_known"
    message = "이미 이 이름으로 본인확인을 마친 계정이 있어요. 그 계정으로 로그인하거나 아이디를 찾아 주세요."


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What a check told about a person, without the CI.

    person_hash: keyed, 64 hex digits.   phone: E.164 or empty.   sex: "M", "F" or empty.   is_foreigner: None when not said.
    """

    person_hash: str
    name: str
    birth_on: date
    phone: str
    sex: str
    is_foreigner: bool | None

    def is_adult(self, *, on: date) -> bool:
        """Nineteen full years, in Korea."""
        return adult_from(self.birth_on) <= on


def start(*, purpose: str, user: User | None, browser: str, address: str, at: datetime, provider: str = "") -> IdentityCheck:
    """
    Begin a try. Owns the transaction.

    user: the person who is signed in, if any.   provider: of IdentityCheck.Provider; default settings.IDENTITY_PROVIDER.

    :raises TooManyTries: a limit is reached.
    """
    if not browser:
        raise ValueError("a try belongs to a browser")
    provider = provider or settings.IDENTITY_PROVIDER
    with transaction.atomic(durable=True):
        mine = Q(browser=browser) | (Q(user=user) if user else Q())
        tries = IdentityCheck.objects.filter(mine, started_at__gt=at - timedelta(days=1))
        of_address = IdentityCheck.objects.filter(address_hash=address, started_at__gt=at - timedelta(hours=1))
        if tries.exclude(state=State.VERIFIED).count() >= _PER_BROWSER_A_DAY or of_address.count() >= _PER_ADDRESS_AN_HOUR:
            raise TooManyTries
        return IdentityCheck.objects.create(
            provider=provider,
            purpose=purpose,
            user=user,
            browser=browser,
            address_hash=address,
            ref=get_agency(provider).new_ref(),
            started_at=at,
        )


def complete(*, public_id: UUID, callback: Mapping[str, str], at: datetime) -> IdentityCheck:
    """
    Ask the agency how a try ended. Called by the browser's return, however often and by whomever: only a try that waits is asked about,
    once, and what the browser says is at most where to ask.

    :raises IdentityCheck.DoesNotExist: no such try.
    """
    young = IdentityCheck.objects.filter(public_id=public_id, state=State.STARTED, started_at__gt=at - _WINDOW)
    taken = young.update(state=State.ASKING, asked_at=at)
    check = IdentityCheck.objects.get(public_id=public_id)
    if not taken:
        return check
    agency = get_agency(check.provider)
    try:
        person = agency.fetch(ref=check.ref, callback=callback, started_at=check.started_at)
    except NotBelieved as refusal:
        logger.warning("Identity check %s is not believed: %s", check.public_id, refusal.code)
        return _close(check, State.REFUSED, code=refusal.code, at=at)
    except NotVerified as refusal:
        return _close(check, State.FAILED, code=refusal.code, at=at)
    except GatewayError as error:
        logger.warning("Identity check %s could not be asked about: %s", check.public_id, error.code)
        return _close(check, State.STARTED if agency.repeatable else State.FAILED, code=error.code, at=at)
    return _close(check, State.VERIFIED, code="", at=at, person=person)


def claim(*, public_id: UUID, purpose: str, browser: str, at: datetime, user: User | None = None) -> Facts:
    """
    Use a result, once. Joins the caller's transaction.

    user: who is signed in; must be who started the try, and the person whom the account knows.

    :raises NotProved: no verified, unused result of this browser and purpose.   :raises AnotherPerson: the account is somebody else's.
    """
    joined("an identity check")
    mine = IdentityCheck.objects.select_for_update().filter(
        public_id=public_id, purpose=purpose, browser=browser, user=user, state=State.VERIFIED, claimed_at__isnull=True
    )
    check = mine.filter(finished_at__gt=at - _CLAIM_WITHIN).exclude(browser="").first()
    if check is None:
        raise NotProved
    if user is not None and user.person_hash and user.person_hash != check.person_hash:
        raise AnotherPerson
    facts = facts_of(check)
    check.claimed_at, check.facts = at, ""
    check.save(update_fields=["claimed_at", "facts"])
    return facts


def facts_of(check: IdentityCheck) -> Facts:
    """What a verified, unclaimed check says."""
    known = json.loads(sealed.unseal(check.facts))
    return Facts(**{**known, "birth_on": date.fromisoformat(known["birth_on"])}, person_hash=check.person_hash)


def latest(*, browser: str, purpose: str, user: User | None = None) -> IdentityCheck | None:
    """The newest try of a browser for a purpose."""
    tries = IdentityCheck.objects.filter(browser=browser, purpose=purpose, user=user).exclude(browser="")
    return tries.order_by("-started_at", "-pk").first()


def require_new_person(*, person_hash: str, kind: str, at: datetime, but: int = 0) -> None:
    """
    May this person have one more account of a kind? Members never have two; for advertisers policy decides.

    but: the number of the account that is theirs already.

    :raises PersonKnown: no.
    """
    if kind == User.Kind.ADVERTISER and SAME_PERSON.at(at):
        return
    if person_hash and User.objects.filter(kind=kind, person_hash=person_hash, is_active=True).exclude(pk=but).exists():
        raise PersonKnown


def other_accounts(*, person_hash: str, kind: str) -> int:
    """How many active accounts of a kind this person has."""
    return User.objects.filter(kind=kind, person_hash=person_hash, is_active=True).exclude(person_hash="").count()


def person_hash(ci: str) -> str:
    """The keyed hash of a CI: the same person always gives the same, and nobody without the key can link it to another service."""
    return hmac.new(settings.PERSON_HASH_KEY.encode(), f"ci:{ci}".encode(), hashlib.sha256).hexdigest()


def adult_from(birth_on: date) -> date:
    """The day on which somebody becomes 19; born on a 29 February, the 1 March where there is none."""
    try:
        return birth_on.replace(year=birth_on.year + ADULT_AT)
    except ValueError:
        return date(birth_on.year + ADULT_AT, 3, 1)


def _close(check: IdentityCheck, state: str, *, code: str, at: datetime, person: Person | None = None) -> IdentityCheck:
    """Write the end of a question, if nobody else did."""
    fields: dict[str, object] = {"state": state, "code": code, "finished_at": None if state == State.STARTED else at}
    if person is not None:
        known = {
            "name": person.name,
            "birth_on": person.birth_on.isoformat(),
            "phone": person.phone,
            "sex": person.sex,
            "is_foreigner": person.is_foreigner,
        }
        fields |= {
            "person_hash": person_hash(person.ci),
            "facts": sealed.seal(json.dumps(known)),
            "adult_from": adult_from(person.birth_on),
        }
    with transaction.atomic(durable=True):
        IdentityCheck.objects.filter(pk=check.pk, state=State.ASKING).update(**fields)
        if state != State.STARTED:
            access_log.note(actor=check.user, action=f"identity_check.{state.lower()}", subject=f"identity_check:{check.public_id}", at=at)
    check.refresh_from_db()
    return check
