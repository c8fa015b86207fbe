"""Offering a place in the team by mail, and taking it."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.crypto import salted_hmac

from advertisers import events
from advertisers.models import Advertiser, Invitation, Membership
from advertisers.notifications import tell_team
from advertisers.services.locking import lock_team
from common import effects
from common.errors import DomainError
from common.history import acting
from identity.models import User

VALID_FOR = timedelta(days=7)
MOST_A_DAY = 30  # new invitations of one advertiser; with MOST_MAILS nobody can make us a mail cannon
MOST_MAILS = 5  # of one invitation


class TooManyInvitations(DomainError):
    """Enough mails are out."""

    code = "advertisers.too_many_invitations"
    message = "초대를 너무 많이 보냈어요. 하루 뒤에 다시 보내 주세요."
    http_status = 429


class AlreadyInTeam(DomainError):
    """The address belongs to somebody who is here."""

    code = "advertisers.already_in_team"
    message = "이미 팀에 있는 구성원이에요."


class InvitationGone(DomainError):
    """Unknown, expired, revoked, replaced by a newer mail, or taken."""

    code = "advertisers.invitation_gone"
    message = "쓸 수 없는 초대예요. 기한이 지났거나 취소됐을 수 있어요. 초대한 사람에게 다시 보내 달라고 해 주세요."
    http_status = 404


class InvitationForSomebodyElse(DomainError):
    """A forwarded link opens nothing."""

    code = "advertisers.invitation_for_somebody_else"
    message = "다른 이메일로 보낸 초대예요. 초대받은 이메일의 계정으로 로그인해 주세요."
    http_status = 403


def token_of(invitation: Invitation) -> str:
    """
    What the newest mail's link carries. Derived, so that a mail which has to be sent again is the same mail; the row keeps its hash
    only, and a copy of the database opens no team.
    """
    return salted_hmac("advertisers.invitation", f"{invitation.public_id}:{invitation.sent_no}", algorithm="sha256").hexdigest()


def hash_of(token: str) -> str:
    """The form in which a token is kept and looked up."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def invite(*, advertiser: Advertiser, email: str, role: str, by: User, at: datetime) -> Invitation:
    """
    Offer a role below the owner's to an address, by mail. An address that was invited before gets a new mail with a new link and
    time; its earlier link is worth nothing.

    :raises AlreadyInTeam: somebody of that address is in the team.   :raises TooManyInvitations: enough mails are out.
    """
    email = email.lower()
    with transaction.atomic(durable=True):
        lock_team(advertiser)
        if Membership.objects.acting().of(advertiser).filter(user__email__iexact=email).exists():
            raise AlreadyInTeam
        known = Invitation.objects.filter(advertiser=advertiser, email=email, state=Invitation.State.OPEN).first()
        row = known or Invitation(advertiser=advertiser, email=email, invited_by=by, created_at=at, sent_no=0)
        if row.sent_no >= MOST_MAILS or (known is None and _made_today(advertiser, at=at) >= MOST_A_DAY):
            raise TooManyInvitations
        row.role, row.sent_no, row.expires_at = role, row.sent_no + 1, at + VALID_FOR
        row.token_hash = hash_of(token_of(row))
        row.save()
        effects.add(
            "advertisers.invitation", key=f"invitation:{row.public_id}:{row.sent_no}", at=at, invitation=row.pk, sent_no=row.sent_no
        )
        return row


def _made_today(advertiser: Advertiser, *, at: datetime) -> int:
    return Invitation.objects.filter(advertiser=advertiser, created_at__gt=at - timedelta(days=1)).count()


def revoke(*, advertiser: Advertiser, invitation: UUID, at: datetime) -> None:
    """
    Take an offer back; its link is worth nothing from now on.

    :raises InvitationGone: it does not wait any more.
    """
    rows = Invitation.objects.filter(advertiser=advertiser, public_id=invitation, state=Invitation.State.OPEN)
    if rows.update(state=Invitation.State.REVOKED, closed_at=at) != 1:
        raise InvitationGone


def find_invitation(*, token: str, at: datetime) -> Invitation:
    """
    The invitation that a link opens. Reads only: mail programs look at links before people do.

    :raises InvitationGone: none, or it does not wait any more.
    """
    rows = Invitation.objects.open(at).select_related("advertiser", "invited_by")
    row = rows.filter(token_hash=hash_of(token), advertiser__is_active=True).first()
    if row is None:
        raise InvitationGone
    return row


def accept(*, token: str, by: User, at: datetime) -> Membership:
    """
    Join the team under the offered role. A link works once, and only for the account of the invited address.

    :raises InvitationGone, InvitationForSomebodyElse: nothing was written; the latter too when the account was closed meanwhile.
    """
    found = find_invitation(token=token, at=at)
    if by.email.lower() != found.email or by.kind != User.Kind.ADVERTISER:
        raise InvitationForSomebodyElse
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        advertiser = lock_team(found.advertiser)
        if not User.objects.select_for_update(no_key=True).get(pk=by.pk).is_active:
            raise InvitationForSomebodyElse
        taken = Invitation.objects.filter(pk=found.pk, token_hash=found.token_hash).open(at)
        if not advertiser.is_active or taken.update(state=Invitation.State.ACCEPTED, accepted_by=by, closed_at=at) != 1:
            raise InvitationGone
        row, created = Membership.objects.get_or_create(user=by, advertiser=advertiser, defaults={"role": found.role})
        if not created and not row.is_active:
            row.role, row.is_active = Membership.Role(found.role), True
            row.save(update_fields=["role", "is_active"])
        tell_team(
            events.JOINED,
            advertiser=advertiser,
            facts={"who": by.get_full_name(), "role": row.get_role_display(), "team": advertiser.name},
            url="/my-page/team/",
            key=f"invitation:{found.public_id}:accepted",
            at=at,
        )
        return row
