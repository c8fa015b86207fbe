"""How much a member may commit to campaigns, and pay for, in a month without a second member."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from advertisers.access import PAYERS, SPENDERS
from advertisers.models import Advertiser, MemberLimit, Membership, RoleLimit
from advertisers.services.locking import lock_team
from advertisers.services.team import NotInTeam
from common.errors import DomainError
from common.history import acting
from identity.models import User

LIMITED = tuple(role for role in Membership.Role if role in PAYERS | SPENDERS and role != Membership.Role.OWNER)


class NothingToLimit(DomainError):
    """The role spends nothing, or is the owner's."""

    code = "advertisers.nothing_to_limit"
    message = "한도를 정할 수 있는 역할이 아니에요."
    http_status = 422


@dataclass(frozen=True, slots=True)
class Limits:
    """Credits per KST month; None for no limit.   launch: committed to campaigns.   top_up: paid for."""

    launch: int | None = None
    top_up: int | None = None


def set_limit(
    *,
    advertiser: Advertiser,
    role: str,
    monthly_credits: int | None,
    monthly_top_up_credits: int | None = None,
    by: User,
    at: datetime,
) -> RoleLimit:
    """
    Say what everybody of a role may do per month without a second member: both limits, whole, ≥ 0; None for none.

    :raises NothingToLimit: the role spends nothing, or is the owner's.
    """
    if role not in LIMITED:
        raise NothingToLimit
    limits = {"monthly_credits": monthly_credits, "monthly_top_up_credits": monthly_top_up_credits}
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        lock_team(advertiser)
        row, _ = RoleLimit.objects.update_or_create(advertiser=advertiser, role=role, defaults=limits)
        return row


def set_member_limit(
    *, advertiser: Advertiser, member: UUID, monthly_credits: int | None, monthly_top_up_credits: int | None, by: User, at: datetime
) -> MemberLimit:
    """
    The same for one member; None where the role's holds.

    :raises NotInTeam: nobody of that number acts for the advertiser.   :raises NothingToLimit: see `set_limit`.
    """
    limits = {"monthly_credits": monthly_credits, "monthly_top_up_credits": monthly_top_up_credits}
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        lock_team(advertiser)
        membership = Membership.objects.of(advertiser).filter(public_id=member, is_active=True).first()
        if membership is None:
            raise NotInTeam
        if membership.role not in LIMITED:
            raise NothingToLimit
        row, _ = MemberLimit.objects.update_or_create(membership=membership, defaults=limits)
        return row


def limits_of_roles(*, advertiser: Advertiser) -> dict[str, Limits]:
    """By role, for every role that may have one. One query."""
    known = {row.role: Limits(row.monthly_credits, row.monthly_top_up_credits) for row in RoleLimit.objects.filter(advertiser=advertiser)}
    return {role: known.get(role, Limits()) for role in LIMITED}


def limits_for(*, advertiser: Advertiser, user: User) -> Limits:
    """Of a person in the team now: their own, else the role's. Owners have none. Two queries."""
    membership = Membership.objects.of(advertiser).filter(user=user, is_active=True).select_related("limit").first()
    if membership is None or membership.is_owner:
        return Limits()
    role = RoleLimit.objects.filter(advertiser=advertiser, role=membership.role).first()
    own: MemberLimit | None = getattr(membership, "limit", None)
    rows = [row for row in (own, role) if row is not None]
    return Limits(
        launch=next((row.monthly_credits for row in rows if row.monthly_credits is not None), None),
        top_up=next((row.monthly_top_up_credits for row in rows if row.monthly_top_up_credits is not None), None),
    )
