"""Letting a person go: what the law wants kept is sealed and put apart, the account loses everything that says who it was."""

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession

from common import sealed
from common.kst import day_of
from common.transactions import joined
from identity import access_log
from identity.models import NoticeChoice, Notification, QuietHours, User, WithdrawnPerson

# Source: 전자상거래법 시행령 6①: contracts, withdrawals, payments and supply are kept for five years.
KEPT_FOR = timedelta(days=5 * 366)
NAME_OF_THE_GONE = "탈퇴한 사용자"


def withdraw(*, user: User, facts: dict[str, Any], at: datetime) -> WithdrawnPerson:
    """
    End an account for good. Joins the caller's transaction. The row stays, because ledger and orders refer to it, under a name that says
    nothing; sessions end with the next request. Login ID, address and phone are free for somebody else.

    facts: what else has to be kept, JSON-ready, e.g. the business.
    """
    row = keep(user=user, number=user.public_id, facts=facts, at=at)
    erase(user=user)
    access_log.note(actor=user, action="person.withdrawn", subject=f"user:{user.public_id}", at=at)
    return row


def keep(*, user: User, number: UUID, facts: dict[str, Any], at: datetime) -> WithdrawnPerson:
    """
    Seal what the law wants kept of somebody, and put it apart. Joins the caller's transaction.

    number: under which it is found, the person's or that of a contract which ends without them.   facts: as above.
    """
    joined("a withdrawal")
    kept = {"login_id": user.username, "name": user.name, "email": user.email, "phone": user.phone, **facts}
    return WithdrawnPerson.objects.create(
        person=number,
        kind=user.kind,
        sealed=sealed.seal(json.dumps(kept, ensure_ascii=False)),
        withdrawn_at=at,
        purge_on=day_of(at + KEPT_FOR),
    )


def erase(*, user: User) -> None:
    """Take everything that says who it was from an account and close it. Joins the caller's transaction."""
    joined("a withdrawal")
    user.username, user.name, user.email, user.phone, user.person_hash = f"gone-{user.public_id}", NAME_OF_THE_GONE, "", "", ""
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["username", "name", "email", "phone", "person_hash", "is_active", "password"])
    Authenticator.objects.filter(user=user).delete()
    SocialAccount.objects.filter(user=user).delete()
    UserSession.objects.filter(user=user).delete()
    Notification.objects.filter(user=user).delete()
    NoticeChoice.objects.filter(user=user).delete()
    QuietHours.objects.filter(user=user).delete()


def look(*, person: WithdrawnPerson, by: User, at: datetime) -> dict[str, Any]:
    """What was kept of somebody who left. Every look is written down; the caller demands a reason and a right."""
    access_log.note(actor=by, action="withdrawn.viewed", subject=f"user:{person.person}", at=at)
    found: dict[str, Any] = json.loads(sealed.unseal(person.sealed))
    return found
