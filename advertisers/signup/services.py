"""Saving a step, and making the account of all of them."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from advertisers import opening, papers, tax_office
from advertisers.models import Advertiser, SignupDraft, SignupStepCount
from advertisers.signup import steps
from advertisers.signup.schemas import AccountAnswer, BusinessAnswer
from advertisers.signup.steps import Step
from advertisers.tax_office import Claim
from common import kst, uploads
from common.errors import DomainError
from common.transactions import joined
from common.uploads import StoredFile
from identity import consents, identity_checks, mail_links
from identity.identity_checks import Facts
from identity.models import IdentityCheck, PhoneCode, User

_TEMPORAL: dict[str, Callable[[str], date]] = {
    "tax_checked_at": datetime.fromisoformat,
    "identity_checked_at": datetime.fromisoformat,
    "opened_on": date.fromisoformat,
}


class StepMissing(DomainError):
    """An earlier step has no answer; nothing is made of half a sign-up."""

    code = "signup.step_missing"
    message = "앞 단계를 먼저 끝내 주세요."


class ConsentsChanged(DomainError):
    """A text holds in another version than the one that was agreed to."""

    code = "signup.consents_changed"
    message = "그 사이에 약관이 바뀌었어요. 새 약관을 확인하고 다시 동의해 주세요."


class LoginIdTaken(DomainError):
    """Somebody signs in with this ID."""

    code = "signup.login_id_taken"
    message = "이미 쓰고 있는 아이디예요. 다른 아이디를 적어 주세요."
    http_status = 422


class PhoneTaken(DomainError):
    """The number belongs to another account. Told only to who has just shown that the number is theirs."""

    code = "signup.phone_taken"
    message = "이 번호로 가입한 계정이 있어요. 그 계정으로 로그인하거나 아이디를 찾아 주세요. 새 계정에는 다른 번호를 써 주세요."


def draft_of(*, kind: str, browser: str) -> SignupDraft | None:
    """The sign-up that this browser is in the middle of."""
    drafts = SignupDraft.objects.filter(kind=kind, browser=browser, finished_at__isnull=True).exclude(browser="")
    return drafts.order_by("-touched_at").first()


def save(*, kind: str, browser: str, step: Step, answer: dict[str, Any], at: datetime) -> SignupDraft:
    """
    Keep the answer to a step, and count it the first time. Owns the transaction; the first answer makes the draft.

    answer: JSON-ready, checked by the caller.

    :raises StepMissing: an earlier step has no answer.
    """
    with transaction.atomic(durable=True):
        found = draft_of(kind=kind, browser=browser)
        if found is None:
            found = SignupDraft.objects.create(kind=kind, browser=browser, created_at=at, touched_at=at)
        draft = SignupDraft.objects.select_for_update().get(pk=found.pk)
        answers = draft.answers
        open_step = steps.first_open(kind, answers)
        order = steps.steps_of(kind)
        if order.index(step) > order.index(open_step):
            raise StepMissing
        if step.slug not in answers:
            _count(kind, step, at=at)
            draft.step = step.slug
        answers[step.slug] = answer
        draft.answers, draft.touched_at = answers, at
        draft.save(update_fields=["sealed_answers", "step", "touched_at"])
    return draft


def save_phone(*, kind: str, browser: str, code: PhoneCode, at: datetime) -> SignupDraft:
    """
    Keep a number that was just proved by a code.

    :raises PhoneTaken: an account of this kind of people has it.
    """
    if User.objects.filter(kind=User.Kind.ADVERTISER, phone=code.phone).exists():
        raise PhoneTaken
    return save(kind=kind, browser=browser, step=steps.PHONE, answer={"phone": code.phone}, at=at)


def save_identity(*, kind: str, browser: str, check: IdentityCheck, at: datetime) -> SignupDraft:
    """
    Use the result of an identity check, once.

    :raises NotProved: there is no usable result.   :raises NotAdult: under 19.   :raises PersonKnown: policy allows one account a person.
    """
    with transaction.atomic(durable=True):
        facts = identity_checks.claim(public_id=check.public_id, purpose=IdentityCheck.Purpose.SIGN_UP, browser=browser, at=at)
    require_welcome(facts, at=at)
    answer = {"name": facts.name, "phone": facts.phone, "person_hash": facts.person_hash, "verified_at": at.isoformat()}
    return save(kind=kind, browser=browser, step=steps.IDENTITY, answer=answer, at=at)


def require_welcome(facts: Facts, *, at: datetime) -> None:
    """:raises NotAdult: under 19.   :raises PersonKnown: policy allows one account a person."""
    if not facts.is_adult(on=kst.day_of(at)):
        raise identity_checks.NotAdult
    identity_checks.require_new_person(person_hash=facts.person_hash, kind=User.Kind.ADVERTISER, at=at)


def save_business(*, kind: str, browser: str, answer: BusinessAnswer, at: datetime) -> SignupDraft:
    """
    Keep a business and what the tax office says of it now; when it says nothing, that is kept.

    :raises tax_office.BusinessClosed, tax_office.BusinessDiffers: see `tax_office.examine`.
    """
    claim = Claim(answer.registration_number, answer.opened_on, answer.representative)
    known = tax_office.examine(claim, is_as_on_paper=answer.is_as_on_paper, by=None, at=at)
    facts = json.loads(json.dumps({**answer.facts(), **known}, cls=DjangoJSONEncoder))
    return save(kind=kind, browser=browser, step=steps.BUSINESS, answer=facts, at=at)


def finish(*, kind: str, browser: str, account: AccountAnswer, at: datetime) -> User:
    """
    Make the account, or nothing: person, advertiser with its profile, owner, consents, papers, and the mail that asks to confirm the
    address. Owns the transaction. Whether the e-mail address is known is told to nobody but its owner, by that mail.

    :raises StepMissing: a step has no answer.   :raises LoginIdTaken, PhoneTaken, PersonKnown: somebody was faster.
    :raises ConsentsChanged: what was agreed to does not hold any more; that step is open again, and nothing else was written.
    """
    if _forgot_old_consents(kind, browser, at=at):
        raise ConsentsChanged
    password = make_password(account.password)  # slow: before anything is locked
    try:
        with transaction.atomic(durable=True):
            draft = _locked(kind, browser)
            if draft is None or steps.first_open(kind, draft.answers) != steps.ACCOUNT:
                raise StepMissing
            user = _make(draft, account, password, at=at)
            _count(kind, steps.ACCOUNT, at=at)
            draft.step, draft.finished_at, draft.answers = steps.ACCOUNT.slug, at, {}
            draft.save(update_fields=["step", "finished_at", "sealed_answers"])
            return user
    except IntegrityError as error:
        raise _refusal_for(error) from error


def _locked(kind: str, browser: str) -> SignupDraft | None:
    """The sign-up that this browser is in the middle of, unless it was finished meanwhile. Joins the caller's transaction."""
    found = draft_of(kind=kind, browser=browser)
    return SignupDraft.objects.select_for_update().filter(pk=found.pk if found else 0, finished_at__isnull=True).first()


def _forgot_old_consents(kind: str, browser: str, *, at: datetime) -> bool:
    """Open the step of the consents again when a text that was agreed to has another version by now."""
    with transaction.atomic(durable=True):
        draft = _locked(kind, browser)
        answers = draft.answers if draft else {}
        seen = answers.get(steps.CONSENTS.slug, {}).get("versions", {})
        if draft is None or seen.items() <= consents.versions(User.Kind.ADVERTISER, at=at).items():
            return False
        del answers[steps.CONSENTS.slug]
        draft.answers = answers
        draft.save(update_fields=["sealed_answers"])
        return True


def _make(draft: SignupDraft, account: AccountAnswer, password: str, *, at: datetime) -> User:
    answers = draft.answers
    person = answers[steps.IDENTITY.slug]
    identity_checks.require_new_person(person_hash=person["person_hash"], kind=User.Kind.ADVERTISER, at=at)
    user = User.objects.create(
        kind=User.Kind.ADVERTISER,
        username=account.username,
        phone=answers[steps.PHONE.slug]["phone"] or person["phone"],
        name=person["name"],
        person_hash=person["person_hash"],
        password=password,
    )
    consents.write(user=user, given=answers[steps.CONSENTS.slug]["given"], at=at)
    advertiser = _open(draft.kind, answers, user, at=at)
    opening.add_owner(advertiser=advertiser, user=user)
    mail_links.ask_to_confirm(user=user, email=account.email, at=at)
    return user


def _open(kind: str, answers: dict[str, Any], user: User, *, at: datetime) -> Advertiser:
    person = answers[steps.IDENTITY.slug]
    if kind == Advertiser.Kind.PERSONAL:
        return opening.open_personal(name=person["name"], verified_at=datetime.fromisoformat(person["verified_at"]))
    known = dict(answers[steps.BUSINESS.slug])
    for name, read in _TEMPORAL.items():
        known[name] = read(known[name]) if known.get(name) else None
    advertiser = opening.open_business(**known)
    if stored := answers[steps.PAPERS.slug].get("stored"):
        papers.attach(business=advertiser.business, stored=StoredFile(**stored), by=user, at=at)
    return advertiser


def _refusal_for(error: IntegrityError) -> DomainError | IntegrityError:
    """The refusal that a broken constraint stands for; another one is a bug."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
    if "login_id" in name or "username" in name:
        return LoginIdTaken()
    return PhoneTaken() if "phone" in name else error


def _count(kind: str, step: Step, *, at: datetime) -> None:
    """One more that finished a step today."""
    row, _ = SignupStepCount.objects.get_or_create(day_on=kst.day_of(at), kind=kind, step=step.slug)
    SignupStepCount.objects.filter(pk=row.pk).update(finished=F("finished") + 1)


def count_abandoned(until: datetime) -> int:
    """How many sign-ups nobody went on with since."""
    return _abandoned(until).count()


def _abandoned(until: datetime) -> QuerySet[SignupDraft]:
    return SignupDraft.objects.filter(finished_at__isnull=True, touched_at__lte=until)


def forget(*, until: datetime) -> int:
    """Throw away sign-ups that nobody went on with since, with their files; how many. Joins the caller's transaction."""
    joined("forgetting sign-ups")
    old = list(_abandoned(until).select_for_update())
    SignupDraft.objects.filter(pk__in=[draft.pk for draft in old]).delete()
    uploads.remove([stored["file"] for draft in old if (stored := draft.answers.get(steps.PAPERS.slug, {}).get("stored"))])
    return len(old)
