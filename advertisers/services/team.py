"""Who is in the team, in which role, and who owns it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from advertisers import events
from advertisers.models import Advertiser, ApiKey, Membership
from advertisers.notifications import tell_team
from advertisers.services.locking import lock_team
from common.errors import DomainError
from common.history import acting
from identity import notifications
from identity.models import User

Role = Membership.Role


class NotInTeam(DomainError):
    """The person is not in the team (any more)."""

    code = "advertisers.not_in_team"
    message = "팀에 없는 구성원이에요. 화면을 새로 고쳐서 확인해 주세요."
    http_status = 404


class OwnerStays(DomainError):
    """A team always has its owner."""

    code = "advertisers.owner_stays"
    message = "소유자는 내보내거나 역할을 바꿀 수 없어요. 먼저 소유자를 다른 구성원에게 넘겨 주세요."


def change_role(*, advertiser: Advertiser, member: UUID, role: str, by: User, at: datetime) -> Membership:
    """
    Give a member another role below the owner's; it holds from the member's next request on.

    :raises NotInTeam: nobody of this number acts for the advertiser.   :raises OwnerStays: it is the owner, or would become one.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        lock_team(advertiser)
        row = _member(advertiser, member)
        if row.is_owner or role == Role.OWNER:
            raise OwnerStays
        if row.role == role:
            return row
        row.role = Role(role)
        row.save(update_fields=["role"])
        notifications.tell(
            events.ROLE_CHANGED,
            user=row.user,
            facts={"team": advertiser.name, "role": row.get_role_display()},
            url="/my-page/team/",
            key=f"membership:{row.public_id}:role:{at.isoformat()}",
            at=at,
        )
        return row


def remove(*, advertiser: Advertiser, member: UUID, by: User, at: datetime) -> Membership:
    """
    Take somebody out of the team. Their sessions and their API keys are worth nothing here from the very next request on.

    :raises NotInTeam: nobody of this number acts for the advertiser.   :raises OwnerStays: it is the owner.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        lock_team(advertiser)
        row = _member(advertiser, member)
        _end(row, at=at)
        notifications.tell(
            events.REMOVED,
            user=row.user,
            facts={"team": advertiser.name},
            key=f"membership:{row.public_id}:removed:{at.isoformat()}",
            at=at,
        )
        return row


def leave(*, membership: Membership, at: datetime) -> None:
    """
    Go out of the team oneself.

    :raises NotInTeam: the person was out already.   :raises OwnerStays: it is the owner.
    """
    with transaction.atomic(durable=True), acting(by_id=membership.user_id):
        advertiser = lock_team(membership.advertiser)
        go_out(_member(advertiser, membership.public_id), at=at)


def go_out(row: Membership, *, at: datetime) -> None:
    """
    End a membership, locked, because its person goes, and tell the team. Joins the caller's transaction.

    :raises OwnerStays: it is the owner.
    """
    _end(row, at=at)
    tell_team(
        events.LEFT,
        advertiser=row.advertiser,
        facts={"who": row.user.get_full_name(), "team": row.advertiser.name},
        url="/my-page/team/",
        key=f"membership:{row.public_id}:left:{at.isoformat()}",
        at=at,
    )


def transfer_ownership(*, advertiser: Advertiser, member: UUID, by: User, at: datetime) -> Membership:
    """
    Make another member the owner; who owned it so far becomes a manager. There is exactly one owner at every moment.

    :raises NotInTeam: nobody of this number acts for the advertiser, or `by` does not own it (any more).
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        lock_team(advertiser)
        heir = _member(advertiser, member)
        owner = Membership.objects.acting().of(advertiser).filter(user=by, role=Role.OWNER).select_for_update(of=("self",)).first()
        if owner is None:
            raise NotInTeam
        if heir.pk == owner.pk:
            return owner
        owner.role, heir.role = Role.MANAGER, Role.OWNER
        owner.save(update_fields=["role"])
        heir.save(update_fields=["role"])
        tell_team(
            events.OWNER_CHANGED,
            advertiser=advertiser,
            facts={"who": heir.user.get_full_name(), "team": advertiser.name},
            url="/my-page/team/",
            key=f"advertiser:{advertiser.public_id}:owner:{at.isoformat()}",
            at=at,
        )
        return heir


def _member(advertiser: Advertiser, member: UUID) -> Membership:
    """The active member, locked."""
    rows = Membership.objects.of(advertiser).filter(public_id=member, is_active=True).select_related("user", "advertiser")
    row = rows.select_for_update(of=("self",)).first()
    if row is None:
        raise NotInTeam
    return row


def _end(row: Membership, *, at: datetime) -> None:
    if row.is_owner:
        raise OwnerStays
    row.is_active = False
    row.save(update_fields=["is_active"])
    ApiKey.objects.filter(membership=row, revoked_at__isnull=True).update(revoked_at=at)
