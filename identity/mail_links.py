"""
Links by mail: to confirm an address, to find a login ID, to choose a new password. A link does one thing, once, for a while.

Asking writes one row and one effect whether or not we know the address: the same work, the same answer. Who it is about is looked up
when the mail is made, outside the request; the token is made then too, and only its hash is kept.
"""

import secrets
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from common import effects, portals
from common.errors import DomainError
from common.transactions import joined
from identity import access_log, app_access, browsers, contacts, notifications, security
from identity.backends import KIND_OF_PORTAL, PORTAL_OF_KIND
from identity.models import MailLink, User

Purpose = MailLink.Purpose
LIVES = {
    Purpose.FIND_ID: timedelta(minutes=30),
    Purpose.RESET: timedelta(minutes=30),
    Purpose.CONFIRM: timedelta(hours=24),
    Purpose.STEP_UP: timedelta(minutes=10),
}
_PAGES = {Purpose.RESET: "password-reset-choose", Purpose.CONFIRM: "email-confirm", Purpose.STEP_UP: "step-up-mail"}
AGAIN_AFTER = timedelta(seconds=60)
PER_EMAIL_AN_HOUR, PER_ADDRESS_AN_HOUR = 5, 20
_LOCK = 0x4D41494C


class TooOften(DomainError):
    """A limit of the mail address or of the network address is reached, known or not."""

    code = "mail_link.too_often"
    message = "메일을 너무 자주 요청했어요. 시간이 지난 뒤 다시 해 주세요."
    http_status = 429


class Dead(DomainError):
    """The link expired, was used, or never was one."""

    code = "mail_link.dead"
    message = "이 링크는 더 쓸 수 없어요. 새 메일을 받아 주세요."
    http_status = 410


class EmailTaken(DomainError):
    """The address belongs to another account. Told only to who reads its mail."""

    code = "mail_link.email_taken"
    message = "이 이메일은 다른 계정에서 쓰고 있어요. 그 계정으로 로그인해 주세요."


def ask(*, purpose: str, portal: str, email: str, address: str, at: datetime) -> None:
    """
    Have a mail sent to whoever has this address; nobody learns whether somebody has. Owns the transaction.

    purpose: FIND_ID or RESET.   address: from identity.browsers.

    :raises TooOften: 5 an hour or one a minute for the mail address, 20 an hour for the network address.
    """
    email = email.strip().lower()
    with transaction.atomic(durable=True):
        _require_room(Q(email=email), address=address, at=at)
        _write(purpose=purpose, portal=portal, email=email, address=address, user=None, at=at)


def ask_to_show_oneself(*, user: User, address: str, at: datetime) -> None:
    """
    Have a link sent to a signed-in person's confirmed address, by which they show again who they are. Owns the transaction.

    :raises TooOften: as for every mail.
    """
    with transaction.atomic(durable=True):
        _require_room(Q(email=user.email), address=address, at=at)
        portal = PORTAL_OF_KIND[User.Kind(user.kind)]
        _write(purpose=Purpose.STEP_UP, portal=portal, email=user.email, address=address, user=user, at=at)


def ask_for_new_email(*, user: User, email: str, at: datetime) -> None:
    """
    Have a mail sent that asks whether a new address is this person's; links of earlier ones are worth nothing then. Owns the transaction.

    :raises TooOften: the person asked for one less than a minute ago, or five times within the hour.
    """
    with transaction.atomic(durable=True):
        mine = MailLink.objects.filter(user=user, purpose=Purpose.CONFIRM)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        _refuse_too_many(mine.filter(created_at__gt=at - timedelta(hours=1)), at=at)
        mine.filter(used_at__isnull=True).update(used_at=at)
        ask_to_confirm(user=user, email=email, at=at)


def _require_room(of_email: Q, *, address: str, at: datetime) -> None:
    """:raises TooOften: a limit is reached."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    recent = MailLink.objects.filter(created_at__gt=at - timedelta(hours=1)).exclude(purpose=Purpose.CONFIRM)
    _refuse_too_many(recent.filter(of_email), at=at)
    if recent.filter(address_hash=address).count() >= PER_ADDRESS_AN_HOUR:
        raise TooOften


def _refuse_too_many(of_the_hour: QuerySet[MailLink], *, at: datetime) -> None:
    """:raises TooOften: one came a minute ago, or five did."""
    if of_the_hour.filter(created_at__gt=at - AGAIN_AFTER).exists() or of_the_hour.count() >= PER_EMAIL_AN_HOUR:
        raise TooOften


def ask_to_confirm(*, user: User, email: str, at: datetime) -> None:
    """Have a mail sent that asks whether this address is this person's. Joins the caller's transaction."""
    joined("a mail link")
    _write(purpose=Purpose.CONFIRM, portal=PORTAL_OF_KIND[User.Kind(user.kind)], email=email.strip().lower(), address="", user=user, at=at)


def grant_reset(*, user: User, at: datetime) -> str:
    """A token to choose a new password, for somebody who has just shown that the account's phone is theirs. Owns the transaction."""
    with transaction.atomic(durable=True):
        link = MailLink.objects.create(
            purpose=Purpose.RESET,
            portal=PORTAL_OF_KIND[User.Kind(user.kind)],
            user=user,
            created_at=at,
            expires_at=at + LIVES[Purpose.RESET],
        )
        return make_token(link)


def _write(*, purpose: str, portal: str, email: str, address: str, user: User | None, at: datetime) -> None:
    link = MailLink.objects.create(
        purpose=purpose,
        portal=portal,
        user=user,
        email=email,
        address_hash=address,
        created_at=at,
        expires_at=at + LIVES[Purpose(purpose)],
    )
    effects.add("identity.mail_link", key=f"mail_link:{link.public_id}", at=at, link=link.pk)


def recipient_of(link: MailLink) -> User | None:
    """Whom the mail is for: the person who asked to confirm, else the active owner of the address among the portal's kind."""
    if link.user is not None:
        return link.user
    people = User.objects.filter(kind=KIND_OF_PORTAL[link.portal], is_active=True, email__iexact=link.email)
    return people.exclude(email="").first()


def is_taken(link: MailLink) -> bool:
    """Whether the address to be confirmed belongs to another account."""
    return User.objects.filter(email__iexact=link.email).exclude(pk=link.user_id or 0).exists()


def make_token(link: MailLink) -> str:
    """A new token for a link; an earlier one is worth nothing then."""
    token = secrets.token_urlsafe(32)
    link.token_hash = browsers.keyed("mail_link", token)
    MailLink.objects.filter(pk=link.pk).update(token_hash=link.token_hash, user=link.user)
    return token


def open_link(*, token: str, purpose: str, portal: str, at: datetime) -> MailLink:
    """
    The link behind a token. Looking does not use it up: mail programs look at links by themselves.

    :raises Dead: expired, used, of another purpose or portal, or none.
    """
    known = MailLink.objects.select_related("user").filter(token_hash=browsers.keyed("mail_link", token[:200]), purpose=purpose)
    link = known.filter(portal=portal, used_at__isnull=True, expires_at__gt=at, user__is_active=True).exclude(token_hash="").first()
    if link is None:
        raise Dead
    return link


def choose_password(*, token: str, portal: str, password: str, at: datetime) -> User:
    """
    Use a link up and set the new password; every session and app token of the account ends with the old one. Owns the transaction.

    password: judged by the caller.

    :raises Dead: the link cannot be used any more.
    """
    link = open_link(token=token, purpose=Purpose.RESET, portal=portal, at=at)
    secret = make_password(password)  # slow: before anything is locked
    with transaction.atomic(durable=True):
        user = _use(link, at=at)
        User.objects.filter(pk=user.pk).update(password=secret)
        app_access.end(user, at=at)
        MailLink.objects.filter(user=user, purpose=Purpose.RESET, used_at__isnull=True).update(used_at=at)
        access_log.note(actor=user, action="password.reset", subject=f"user:{user.public_id}", at=at)
        notifications.tell(security.PASSWORD_RESET, user=user, key=f"password-reset:{link.public_id}", at=at)
    user.refresh_from_db()
    return user


def confirm(*, token: str, portal: str, at: datetime) -> User:
    """
    Use a link up and give the account its confirmed address. Owns the transaction.

    :raises Dead: the link cannot be used any more.   :raises EmailTaken: another account has the address meanwhile.
    """
    link = open_link(token=token, purpose=Purpose.CONFIRM, portal=portal, at=at)
    try:
        with transaction.atomic(durable=True):
            if is_taken(link):
                raise EmailTaken
            user = User.objects.select_for_update().get(pk=_use(link, at=at).pk)
            if user.email.lower() != link.email:
                contacts.keep_old(user=user, what=contacts.What.EMAIL, old=user.email, at=at)
            User.objects.filter(pk=user.pk).update(email=link.email)
            access_log.note(actor=user, action="email.confirmed", subject=f"user:{user.public_id}", at=at)
    except IntegrityError as error:  # another account confirmed it in the same moment
        raise EmailTaken from error
    user.refresh_from_db()
    return user


def show_oneself(*, token: str, user: User, portal: str, at: datetime) -> None:
    """
    Use a link up by which a signed-in person shows again who they are. Owns the transaction.

    :raises Dead: it cannot be used any more, or is somebody else's.
    """
    link = open_link(token=token, purpose=Purpose.STEP_UP, portal=portal, at=at)
    if link.user_id != user.pk or link.email.lower() != user.email.lower():
        raise Dead
    with transaction.atomic(durable=True):
        _use(link, at=at)


def _use(link: MailLink, *, at: datetime) -> User:
    """:raises Dead: somebody used it first."""
    if link.user is None or MailLink.objects.filter(pk=link.pk, used_at__isnull=True).update(used_at=at) != 1:
        raise Dead
    return link.user


def url_of(link: MailLink) -> str:
    """The address in the mail, with a new token where one is needed; on the portal's own origin."""
    if link.purpose == Purpose.FIND_ID:
        return portals.absolute(link.portal, "account_login")
    return portals.absolute(link.portal, _PAGES[Purpose(link.purpose)], token=make_token(link))
