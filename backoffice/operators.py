"""
Operators: hiring one, changing what one may do, where from, and letting one go. Nobody does any of it to themselves, and the last one with
every right stays. Each change is one commit with who did it and why; rights are read on every request, so they end with the commit.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime
from ipaddress import ip_network

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from backoffice import rights
from backoffice.services import AlreadyDone, note, take_turn
from campaigns.models import CampaignVersion
from common.errors import DomainError
from identity.models import AllowedNetwork, User
from inquiries.models import Inquiry


class AddressTaken(DomainError):
    """Somebody signs in with this address already."""

    code = "operators.address_taken"
    message = "이미 쓰고 있는 이메일이에요. 다른 주소를 적어 주세요."
    http_status = 422


class NoSuchRole(DomainError):
    """A role that there is not, or none at all."""

    code = "operators.no_such_role"
    message = "역할을 하나 넘게 골라 주세요."
    http_status = 422


class NotOneself(DomainError):
    """An operator wanted to change what they may do themselves."""

    code = "operators.not_oneself"
    message = "자신의 역할과 접속 규칙은 바꿀 수 없어요. 다른 관리자에게 부탁해 주세요."
    http_status = 403


class LastAdmin(DomainError):
    """Without this one nobody could hire anybody."""

    code = "operators.last_admin"
    message = "마지막 관리자는 내보내거나 역할을 뺄 수 없어요. 다른 관리자를 먼저 정해 주세요."


class NotANetwork(DomainError):
    """A line that is no network address."""

    code = "operators.not_a_network"
    message = "‘{line}’은(는) 주소가 아니에요. 한 줄에 하나씩 203.0.113.7이나 203.0.113.0/24처럼 적어 주세요."
    http_status = 422


def hire(*, email: str, name: str, roles: Iterable[str], by: User | None, reason: str, at: datetime) -> tuple[User, str]:
    """
    Make an operator and a first password, which is shown once. A second factor is demanded at the first sign-in.

    by: None at the first one, from the command line.

    :raises AddressTaken, NoSuchRole: nothing was written.
    """
    wanted = _roles(roles)
    password = secrets.token_urlsafe(15)
    with transaction.atomic(durable=True):
        take_turn("hire")
        refuse_taken(email)
        user = User(kind=User.Kind.OPERATOR, username=email, email=email, name=name, is_staff=True)
        user.set_password(password)
        user.save()
        groups = rights.ensure_groups()
        user.groups.set([groups[role] for role in wanted])
        note(row=user, by=by or user, reason=f"운영자를 만들었어요 ({_words(wanted)}) · {reason}", at=at)
    return user, password


def refuse_taken(email: str) -> None:
    """:raises AddressTaken: somebody signs in with this address."""
    if User.objects.filter(email__iexact=email).exists() or User.objects.filter(username__iexact=email).exists():
        raise AddressTaken


def set_roles(*, operator: User, roles: Iterable[str], by: User, reason: str, at: datetime) -> User:
    """
    Give an operator exactly these roles. Open work that needs a right which is gone waits for everybody again.

    :raises NotOneself, NoSuchRole, LastAdmin, AlreadyDone: nothing was written.
    """
    wanted = _roles(roles)
    with transaction.atomic(durable=True):
        row = _locked(operator, by)
        before = rights.roles_of(row)
        if set(before) == set(wanted):
            raise AlreadyDone
        if rights.ADMIN not in wanted:
            _refuse_the_last_admin(row)
        groups = rights.ensure_groups()
        row.groups.set([groups[role] for role in wanted])
        kept = frozenset[rights.Right]().union(*(rights.RIGHTS[role] for role in wanted))
        back = _put_back(row, kept=kept)
        note(row=row, by=by, reason=f"역할 {_words(before)} → {_words(wanted)}{back} · {reason}", at=at)
    return row


def _put_back(row: User, *, kept: frozenset[rights.Right]) -> str:
    """Put back what is in the hands of somebody who may not finish it any more; how many of what, in words for the note."""
    inquiries = reviews = 0
    if rights.Right.ANSWER_INQUIRIES not in kept:
        inquiries = Inquiry.objects.unscoped().waiting().filter(assignee=row).update(assignee=None)
    if rights.Right.REVIEW_CAMPAIGNS not in kept:
        mine = CampaignVersion.objects.filter(state=CampaignVersion.State.WAITING, claimed_by=row)
        reviews = mine.update(claimed_by=None, claimed_at=None)
    return f" (문의 {inquiries}건과 심사 {reviews}건을 되돌려 놓았어요)" if inquiries or reviews else ""


def let_go(*, operator: User, by: User, reason: str, at: datetime) -> User:
    """
    End an operator's work here: sign-ins end, roles go, and what waited for this person waits for everybody again.

    :raises NotOneself, LastAdmin, AlreadyDone: nothing was written.
    """
    with transaction.atomic(durable=True):
        row = _locked(operator, by)
        if not row.is_active:
            raise AlreadyDone
        _refuse_the_last_admin(row)
        row.is_active = False
        row.is_superuser = False
        row.save(update_fields=["is_active", "is_superuser"])
        row.groups.clear()
        Authenticator.objects.filter(user=row).delete()
        keys = list(UserSession.objects.filter(user=row).values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        UserSession.objects.filter(user=row).delete()
        note(row=row, by=by, reason=f"내보냈어요{_put_back(row, kept=frozenset())} · {reason}", at=at)
    return row


def set_networks(*, operator: User, lines: Iterable[str], by: User, reason: str, at: datetime) -> list[AllowedNetwork]:
    """
    Let an operator in from these networks only; none lets them in from everywhere.

    :raises NotOneself, NotANetwork, AlreadyDone: nothing was written.
    """
    networks = sorted({_network(line.strip()) for line in lines if line.strip()})
    with transaction.atomic(durable=True):
        row = _locked(operator, by)
        if networks == sorted(str(network) for network in AllowedNetwork.objects.filter(user=row).values_list("network", flat=True)):
            raise AlreadyDone
        AllowedNetwork.objects.filter(user=row).delete()
        made = AllowedNetwork.objects.bulk_create([AllowedNetwork(user=row, network=network) for network in networks])
        note(row=row, by=by, reason=f"접속 주소 {', '.join(networks) or '제한 없음'} · {reason}", at=at)
    return made


def _network(line: str) -> str:
    try:
        return str(ip_network(line, strict=False))
    except ValueError:
        raise NotANetwork(line=line[:60]) from None


def _roles(roles: Iterable[str]) -> list[str]:
    wanted = sorted(set(roles))
    if not wanted or not set(wanted) <= set(rights.RIGHTS):
        raise NoSuchRole
    return wanted


def _words(roles: Iterable[str]) -> str:
    return ", ".join(rights.LABELS[role] for role in sorted(roles)) or "없음"


def _locked(operator: User, by: User) -> User:
    """The operator's row, after every admin's: two admins who let each other go meet here."""
    if operator.pk == by.pk:
        raise NotOneself
    list(User.objects.filter(groups__name=rights.ADMIN).order_by("pk").select_for_update(of=("self",)))
    return User.objects.select_for_update(of=("self",)).get(pk=operator.pk, kind=User.Kind.OPERATOR)


def _refuse_the_last_admin(row: User) -> None:
    admins = User.objects.filter(kind=User.Kind.OPERATOR, is_active=True, groups__name=rights.ADMIN)
    if admins.filter(pk=row.pk).exists() and not admins.exclude(pk=row.pk).exists():
        raise LastAdmin
