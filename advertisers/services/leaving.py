"""Closing an account, and becoming a business."""

from datetime import datetime
from typing import Any

from django.db import transaction

from advertisers import closing, events
from advertisers.models import Advertiser, ApiKey, BusinessUser, Invitation, Membership, PersonalUser, ReportRecipient
from advertisers.services.locking import lock_team
from advertisers.services.team import go_out
from common.errors import DomainError
from common.history import acting
from common.transactions import joined
from identity import notifications, withdrawal
from identity.models import User

NAME_OF_THE_CLOSED = "닫은 광고주"


class StillBlocked(DomainError):
    """Something has to be solved first."""

    code = "advertisers.still_blocked"
    message = "아직 닫을 수 없어요. 먼저 해결할 일이 {count}개 있어요."

    def __init__(self, blockers: list[closing.Blocker]) -> None:
        super().__init__(count=len(blockers), blockers=[blocker.code for blocker in blockers])


class StillOwner(DomainError):
    """Whoever owns an advertiser closes it or hands it over before they leave."""

    code = "advertisers.still_owner"
    message = "소유한 광고주가 {count}곳 있어요. 먼저 닫거나 다른 구성원에게 넘겨 주세요."


class NotPersonal(DomainError):
    """It is a business already, or was closed."""

    code = "advertisers.not_personal"
    message = "개인 회원만 사업자 회원으로 바꿀 수 있어요."


def close(*, advertiser: Advertiser, by: User, at: datetime) -> None:
    """
    Close an advertiser's account for good. Nothing of ledger, orders and campaigns is touched; the team, its keys, invitations and report
    addresses end, and the owner, unless they act for somebody else too, leaves the house: what the law wants kept is sealed and put apart.
    An owner who stays leaves later by `leave_house`.

    :raises StillBlocked: something has to be solved first; nothing was written.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        if blockers := closing.blockers_of(advertiser, lock=True):
            raise StillBlocked(blockers)
        row = lock_team(advertiser)
        if not row.is_active:
            return
        members = list(Membership.objects.of(row).filter(is_active=True).select_related("user"))
        facts = {"advertiser": str(row.public_id), **_known_of(row)}
        _end_team(row, at=at)
        if row.kind == Advertiser.Kind.PERSONAL:
            PersonalUser.objects.filter(advertiser=row).update(name=NAME_OF_THE_CLOSED)
        else:
            empty = dict.fromkeys(("representative", "address", "address_detail", "postcode", "tax_email"), "")
            BusinessUser.objects.filter(advertiser=row).update(**empty)
        row.name, row.renamed_at, row.is_active = NAME_OF_THE_CLOSED, at, False
        row.save(update_fields=["name", "renamed_at", "is_active"])
        for member in members:
            _let_go(member, row, facts, at=at)


def leave_house(*, user: User, at: datetime) -> None:
    """
    End the account of somebody who owns no advertiser (any more): they go out of every team they are in, and what the law wants kept of
    them is sealed and put apart. Leaving twice is leaving once.

    :raises StillOwner: they own an advertiser; nothing was written.
    """
    with transaction.atomic(durable=True), acting(by_id=user.pk):
        for team in Advertiser.objects.filter(memberships__in=Membership.objects.acting().filter(user=user)).order_by("pk"):
            lock_team(team)
        row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        if not row.is_active:
            return
        mine = Membership.objects.acting().filter(user=row).select_related("advertiser", "user").select_for_update(of=("self",))
        memberships = list(mine.order_by("pk"))
        if owned := sum(membership.is_owner for membership in memberships):
            raise StillOwner(count=owned)
        for membership in memberships:
            go_out(membership, at=at)
        withdrawal.withdraw(user=row, facts={}, at=at)


def end_demo(*, advertiser: Advertiser, at: datetime) -> None:
    """
    Forget whose a demo was: its team, keys and names, and the people who had no other account. Nothing is kept of them, for they bought
    nothing. Joins the caller's transaction, who has ended its campaigns and credits.

    :raises ValueError: the advertiser is a customer.
    """
    joined("the end of a demo")
    if not advertiser.is_demo:
        raise ValueError(f"advertiser {advertiser.pk} is no demo")
    row = lock_team(advertiser)
    people = [member.user for member in Membership.objects.of(row).filter(is_active=True).select_related("user").order_by("pk")]
    _end_team(row, at=at)
    PersonalUser.objects.filter(advertiser=row).update(name=NAME_OF_THE_CLOSED)
    row.name, row.renamed_at, row.is_active = NAME_OF_THE_CLOSED, at, False
    row.save(update_fields=["name", "renamed_at", "is_active"])
    for person in people:
        if not Membership.objects.acting().filter(user=person).exists():
            withdrawal.erase(user=person)


def become_business(
    *, advertiser: Advertiser, registration_number: str, company_name: str, by: User, at: datetime, **known: Any
) -> BusinessUser:
    """
    Turn a personal advertiser into a business. It stays the same tenant: ledger, orders, campaigns, team and keys are not touched; only
    the profile is exchanged, and the papers of the business are still to come.

    registration_number: ten digits whose check digit the caller tested.   known: other fields of BusinessUser.

    :raises NotPersonal: it is a business already, or was closed.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        row = lock_team(advertiser)
        if row.kind != Advertiser.Kind.PERSONAL or not row.is_active:
            raise NotPersonal
        PersonalUser.objects.filter(advertiser=row).delete()
        business = BusinessUser.objects.create(advertiser=row, registration_number=registration_number, company_name=company_name, **known)
        row.kind, row.name, row.renamed_at = Advertiser.Kind.BUSINESS, company_name, at
        row.save(update_fields=["kind", "name", "renamed_at"])
        return business


def _known_of(row: Advertiser) -> dict[str, Any]:
    if row.kind == Advertiser.Kind.PERSONAL:
        return {"kind": row.kind, "person": PersonalUser.objects.get(advertiser=row).name}
    business = BusinessUser.objects.get(advertiser=row)
    fields = ("registration_number", "company_name", "representative", "postcode", "address", "address_detail", "tax_email")
    return {"kind": row.kind, **{name: getattr(business, name) for name in fields}}


def _end_team(row: Advertiser, *, at: datetime) -> None:
    Membership.objects.of(row).filter(is_active=True).update(is_active=False)
    ApiKey.objects.of(row).filter(revoked_at__isnull=True).update(revoked_at=at)
    Invitation.objects.filter(advertiser=row, state=Invitation.State.OPEN).update(state=Invitation.State.REVOKED, closed_at=at)
    ReportRecipient.objects.filter(advertiser=row).delete()


def _let_go(member: Membership, advertiser: Advertiser, facts: dict[str, Any], *, at: datetime) -> None:
    """
    The owner who acts for nobody else leaves; everybody else keeps their account and is told. What the law wants kept of an owner who
    stays is kept under the number of the advertiser.
    """
    if member.is_owner:
        if not Membership.objects.acting().filter(user=member.user).exists():
            withdrawal.withdraw(user=member.user, facts=facts, at=at)
            return
        withdrawal.keep(user=member.user, number=advertiser.public_id, facts=facts, at=at)
    notifications.tell(events.CLOSED, user=member.user, key=f"membership:{member.public_id}:closed:{at.isoformat()}", at=at)
