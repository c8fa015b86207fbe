"""
An operator looks at an advertiser's pages as the advertiser sees them. Every look has a reason, an end, and a line in the access log for
each page; nothing can be changed (config/visits.py refuses it), and the advertiser is told and sees it in the history of the team.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from advertisers.access import OWNERS
from advertisers.models import Advertiser, Membership
from advertisers.notifications import tell_team
from backoffice import rights
from backoffice.events import VISITED
from backoffice.models import ActAsSession
from backoffice.rights import Right
from backoffice.services import note
from common.errors import DomainError
from identity import access_log
from identity.models import User

LONGEST = timedelta(minutes=30)
LINK_FOR = timedelta(minutes=2)


class NobodyToSee(DomainError):
    """The advertiser has no active owner whose pages could be shown."""

    code = "backoffice.nobody_to_see"
    message = "활동 중인 소유자가 없어서 이 광고주의 화면을 볼 수 없어요."


class LinkGone(DomainError):
    """The link was used, is too old, or was never made."""

    code = "backoffice.visit_link_gone"
    message = "이 링크는 이미 썼거나 시간이 지났어요. 운영 화면에서 다시 시작해 주세요."
    http_status = 404


class MayNotVisit(DomainError):
    """The operator's roles do not carry this."""

    code = "backoffice.may_not_visit"
    message = "광고주 화면을 볼 권한이 없어요."
    http_status = 403


def start(*, advertiser: Advertiser, by: User, reason: str, at: datetime) -> tuple[ActAsSession, str]:
    """
    Begin a look and tell the owners. Returns it with the secret of the link that opens it.

    :raises MayNotVisit: `by` is no operator with the right.   :raises NobodyToSee: there is no active owner; nothing was written.
    """
    if by.kind != User.Kind.OPERATOR or not rights.has(by, Right.ACT_AS):
        raise MayNotVisit
    if owner_of(advertiser) is None:
        raise NobodyToSee
    token = secrets.token_urlsafe(32)
    with transaction.atomic(durable=True):
        visit = ActAsSession.objects.create(
            operator=by, advertiser=advertiser, reason=reason[:200], token_hash=_hash(token), started_at=at, ends_at=at + LONGEST
        )
        note(row=advertiser, by=by, reason=f"광고주 화면 보기 · {reason}", at=at)
        access_log.note(actor=by, action="account.visit_started", subject=_subject(visit), at=at, reason=reason)
        tell_team(
            VISITED,
            advertiser=advertiser,
            facts={"who": by.get_full_name(), "reason": reason[:200]},
            url="/my-page/team/history/",
            key=f"visit:{visit.public_id}",
            at=at,
        )
    return visit, token


def waiting(token: str, *, at: datetime) -> ActAsSession:
    """
    The look that a link opens.

    :raises LinkGone: it was used, is too old, or was never made.
    """
    visit = ActAsSession.objects.select_related("operator", "advertiser").filter(token_hash=_hash(token)).first()
    if visit is None or visit.entered_at or visit.ended_at or at >= visit.started_at + LINK_FOR:
        raise LinkGone
    return visit


def enter(token: str, *, at: datetime) -> ActAsSession:
    """
    Use a link, once.

    :raises LinkGone: it was used, is too old, or was never made.
    """
    visit = waiting(token, at=at)
    with transaction.atomic(durable=True):
        if ActAsSession.objects.filter(pk=visit.pk, entered_at=None, ended_at=None).update(entered_at=at) != 1:
            raise LinkGone
    visit.entered_at = at
    return visit


def current(public_id: str, *, at: datetime) -> tuple[ActAsSession, Membership] | None:
    """The open look and the owner whose pages are shown; None when it is over or the operator may not any more. Three queries."""
    visit = ActAsSession.objects.select_related("operator", "advertiser").filter(public_id=public_id).first()
    if visit is None or not visit.is_open(at) or not visit.operator.is_active or not rights.has(visit.operator, Right.ACT_AS):
        return None
    owner = owner_of(visit.advertiser)
    return None if owner is None else (visit, owner)


def end(visit: ActAsSession, *, at: datetime) -> None:
    """End a look; a second time changes nothing."""
    with transaction.atomic(durable=True):
        if ActAsSession.objects.filter(pk=visit.pk, ended_at=None).update(ended_at=at):
            access_log.note(actor=visit.operator, action="account.visit_ended", subject=_subject(visit), at=at)


def looked(visit: ActAsSession, *, at: datetime, refused: bool = False) -> None:
    """Write down one page that was seen, or one deed that was refused."""
    action = "account.visit_refused" if refused else "account.visited"
    access_log.note(actor=visit.operator, action=action, subject=_subject(visit), at=at, reason=visit.reason)


def of(advertiser: Advertiser, *, last: int = 20) -> list[ActAsSession]:
    """The newest looks at one advertiser's pages."""
    return list(ActAsSession.objects.filter(advertiser=advertiser).select_related("operator").order_by("-started_at", "-pk")[:last])


def owner_of(advertiser: Advertiser) -> Membership | None:
    """The active owner whose pages are shown."""
    owners = Membership.objects.acting().of(advertiser).filter(role__in=OWNERS)
    return owners.select_related("user", "advertiser").order_by("pk").first()


def _subject(visit: ActAsSession) -> str:
    return f"advertiser:{visit.advertiser.public_id}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
