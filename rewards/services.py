"""Becoming a member, and proving who one is."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from common import kst
from common.errors import DomainError
from credits import services as credits
from identity import identity_checks, withdrawal
from identity.identity_checks import Facts
from identity.models import IdentityCheck, User
from rewards import data_export
from rewards.models import Device, FormerMember, Member
from rewards.persons import phone_key


def join(*, user: User, nickname: str, at: datetime, person_hash: str = "") -> Member:
    """
    Make a member of a user and open the ticket wallet. Joins the caller's transaction; a user who is one already stays the same.

    person_hash: of an identity check, 64 hex digits, or empty.   Tokens issued before `at` are worth nothing.
    """
    facts = {"nickname": nickname, "person_hash": person_hash, "tokens_valid_from": at, "created_at": at}
    member, is_new = Member.objects.get_or_create(user=user, defaults=facts)
    if is_new:
        credits.open_wallet(member_id=member.pk)
    return member


NAME_OF_THE_GONE = "떠난 회원"


def leave(*, member: Member, at: datetime) -> Member:
    """
    End a member's account for good. Owns the transaction. The row stays, because ledger and participations refer to it, and says nothing
    any more of who it was; what the law wants kept is sealed and put apart, and keyed hashes remember that somebody was here. Tickets that
    are left expire, files of the member's own data are deleted. Sessions and app tokens end with the next request. Leaving twice is leaving
    once.
    """
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        row = Member.objects.select_for_update().select_related("user").get(pk=member.pk)
        if not row.is_active:
            return row
        if row.user.phone:
            FormerMember.objects.create(phone_hash=phone_key(row.user.phone), person_hash=row.person_hash, left_at=at)
        credits.forfeit(member_id=row.pk, key=f"member:{row.public_id}:left", at=at, reason="탈퇴")
        withdrawal.withdraw(user=row.user, facts={"member": str(row.public_id), "nickname": row.nickname}, at=at)
        row.nickname, row.person_hash, row.birth_year, row.sex, row.region = NAME_OF_THE_GONE, "", None, "", ""
        row.is_active, row.tokens_valid_from = False, at
        Device.objects.filter(member=row).delete()
        data_export.forget(member=row)
        row.save(update_fields=["nickname", "person_hash", "birth_year", "sex", "region", "is_active", "tokens_valid_from"])
        return row


def was_here(*, phone: str, person_hash: str = "") -> bool:
    """Whether somebody of this number (E.164), or this person, was a member before and left."""
    known = Q(phone_hash=phone_key(phone))
    if person_hash:
        known |= Q(person_hash=person_hash)
    return FormerMember.objects.filter(known).exists()


YOUNGEST = 14


class TooYoung(DomainError):
    """Under 14 a guardian would have to agree; we do not ask for that."""

    code = "member.too_young"
    message = "만 14세부터 이용할 수 있어요."
    http_status = 403


def prove(*, member: Member, check_id: UUID, browser: str, at: datetime) -> IdentityCheck:
    """
    Ask how an identity check of this member ended, and keep what it says: birth year, sex, and the keyed hash of the person. Owns the
    transaction; a result that was used already changes nothing.

    :raises TooYoung: under 14.   :raises PersonKnown: another member is this person, perhaps since this very moment.
    :raises AnotherPerson: this member was somebody else before.
    """
    check = identity_checks.complete(public_id=check_id, callback={}, at=at)
    if not check.is_verified or check.claimed_at is not None:
        return check
    try:
        _keep_person(member, check, browser=browser, at=at)
    except IntegrityError as error:
        if "person" in (getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""):
            raise identity_checks.PersonKnown from error
        raise
    return check


def _keep_person(member: Member, check: IdentityCheck, *, browser: str, at: datetime) -> None:
    """:raises IntegrityError: another account of this person was faster."""
    with transaction.atomic(durable=True):
        user = User.objects.select_for_update().get(pk=member.user_id)
        facts = identity_checks.claim(public_id=check.public_id, purpose=IdentityCheck.Purpose.MEMBER, browser=browser, user=user, at=at)
        if _age(facts, at=at) < YOUNGEST:
            raise TooYoung
        identity_checks.require_new_person(person_hash=facts.person_hash, kind=User.Kind.MEMBER, at=at, but=user.pk)
        User.objects.filter(pk=user.pk).update(person_hash=facts.person_hash, name=facts.name)
        Member.objects.filter(pk=member.pk).update(
            person_hash=facts.person_hash,
            birth_year=facts.birth_on.year,
            sex={"F": Member.Sex.FEMALE, "M": Member.Sex.MALE}.get(facts.sex, ""),
        )


def _age(facts: Facts, *, at: datetime) -> int:
    """Full years on the day in Seoul."""
    on, born = kst.day_of(at), facts.birth_on
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
