"""How much a role may commit to campaigns in a month without a second member."""

from datetime import datetime

from django.db import transaction

from advertisers.models import Advertiser, Membership, RoleLimit
from advertisers.services.locking import lock_team
from common.history import acting
from identity.models import User


def set_limit(*, advertiser: Advertiser, role: str, monthly_credits: int | None, by: User, at: datetime) -> RoleLimit:
    """Say what a role may commit per month without a second member. monthly_credits: whole, ≥ 0; None for no limit."""
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        lock_team(advertiser)
        row, _ = RoleLimit.objects.update_or_create(advertiser=advertiser, role=role, defaults={"monthly_credits": monthly_credits})
        return row


def limit_of(*, advertiser: Advertiser, role: str) -> int | None:
    """Credits per KST month; None for no limit. Owners have none."""
    return RoleLimit.objects.filter(advertiser=advertiser, role=role).values_list("monthly_credits", flat=True).first()


def limit_for(*, advertiser: Advertiser, user: User) -> int | None:
    """The same for a person, by the role they have in the team now. One query."""
    role = Membership.objects.of(advertiser).filter(user=user, is_active=True).values("role")
    return RoleLimit.objects.filter(advertiser=advertiser, role__in=role).values_list("monthly_credits", flat=True).first()
