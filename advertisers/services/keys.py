"""Keys for programs: made, replaced, revoked, and found again by their secret."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from advertisers import events
from advertisers.access import OWNERS
from advertisers.models import ACTING, Advertiser, ApiKey, Membership
from advertisers.services.locking import lock_team
from common.errors import DomainError
from common.history import acting
from common.kst import SEOUL
from identity import notifications
from identity.events import Event, Fact
from identity.models import User

PREFIX = "boost_"
TEST_PREFIX = "boost_test_"
MOST = 10  # usable keys of one advertiser
BOTH_WORK_FOR = timedelta(hours=24)  # the old and the new one, so that a program can be switched over without a gap
USE_NOTED_EVERY = timedelta(minutes=1)


class TooManyKeys(DomainError):
    """Enough keys."""

    code = "advertisers.too_many_keys"
    message = "API 키는 10개까지 쓸 수 있어요. 쓰지 않는 키를 먼저 폐기해 주세요."


class KeyGone(DomainError):
    """No usable key of this number in the team."""

    code = "advertisers.key_gone"
    message = "이미 폐기했거나 없는 API 키예요."
    http_status = 404


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key and its secret, which nobody can show again."""

    key: ApiKey
    secret: str


class KeyReplaced(DomainError):
    """The secret was right once; another took its place."""

    code = "advertisers.key_replaced"
    message = "이 API 키는 새 키로 바뀌어서 {until}에 끝났어요. 새 키로 보내 주세요."
    http_status = 401


def make_key(*, membership: Membership, name: str, scopes: Iterable[str], at: datetime, is_test: bool = False) -> NewKey:
    """
    Make a key that acts as this member. is_test: whatever it changes is undone before it is answered.

    :raises TooManyKeys: the advertiser has ten.
    """
    with transaction.atomic(durable=True), acting(by_id=membership.user_id):
        advertiser = lock_team(membership.advertiser)
        if ApiKey.objects.of(advertiser).usable(at).count() >= MOST:
            raise TooManyKeys
        new = _make(membership, name, scopes, is_test=is_test, at=at)
        _tell(events.KEY_MADE, new.key, by=membership.user, facts={"scopes": new.key.scope_words}, at=at)
        return new


def rotate_key(*, advertiser: Advertiser, key: UUID, by: User, at: datetime) -> NewKey:
    """
    Put a new key of the same member, name and scopes in the place of one. The old one works for another day.

    :raises KeyGone: it does not work any more, or is being replaced already.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        lock_team(advertiser)
        old = ApiKey.objects.of(advertiser).usable(at).filter(public_id=key, expires_at__isnull=True).select_related("membership").first()
        if old is None:
            raise KeyGone
        old.expires_at = at + BOTH_WORK_FOR
        old.save(update_fields=["expires_at"])
        _tell(events.KEY_REPLACED, old, by=by, facts={"until": old.expires_at}, at=at)
        return _make(old.membership, old.name, old.scopes, is_test=old.is_test, at=at)


def revoke_key(*, advertiser: Advertiser, key: UUID, by: User, at: datetime) -> None:
    """
    Make a key worth nothing, from the very next request on.

    :raises KeyGone: it was worth nothing already.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        lock_team(advertiser)
        mine = ApiKey.objects.of(advertiser).filter(public_id=key)
        if mine.filter(revoked_at__isnull=True).update(revoked_at=at) != 1:
            raise KeyGone
        _tell(events.KEY_REVOKED, mine.select_related("membership").get(), by=by, facts={}, at=at)


def find_key(*, secret: str, at: datetime) -> ApiKey | None:
    """
    The usable key of a secret, its use noted once a minute; None when it is worth nothing.

    :raises KeyReplaced: it worked until another took its place.
    """
    if not secret.startswith(PREFIX):
        return None
    usable = ApiKey.objects.usable(at).select_related("membership__advertiser", "membership__user")
    key = usable.filter(key_hash=_hash_of(secret)).first()
    if key is None:
        _refuse_replaced(secret, at=at)
    else:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - USE_NOTED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=at)
    return key


def _tell(event: Event, key: ApiKey, *, by: User, facts: Mapping[str, Fact], at: datetime) -> None:
    """Whoever the key acts for hears of it, and the owner of the team."""
    concerned = Membership.objects.select_related("user").filter(
        Q(pk=key.membership_id) | Q(role__in=OWNERS), advertiser=key.membership.advertiser_id, is_active=True, user__is_active=True
    )
    notifications.tell_all(
        event,
        users=[member.user for member in concerned.order_by("user_id")],
        facts={"who": by.get_full_name(), "name": key.name, **facts},
        url="/my-page/api-keys/",
        key=f"{event.kind}:{key.public_id}",
        at=at,
    )


def _refuse_replaced(secret: str, *, at: datetime) -> None:
    """:raises KeyReplaced: all that is wrong with it is its time."""
    ended = ApiKey.objects.filter(key_hash=_hash_of(secret), expires_at__lte=at, revoked_at__isnull=True, **ACTING).first()
    if ended is not None and ended.expires_at is not None:
        raise KeyReplaced(until=f"{ended.expires_at.astimezone(SEOUL):%Y-%m-%d %H:%M}", ended_at=ended.expires_at.isoformat())


def _make(membership: Membership, name: str, scopes: Iterable[str], *, is_test: bool, at: datetime) -> NewKey:
    secret = (TEST_PREFIX if is_test else PREFIX) + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        membership=membership,
        name=name,
        key_hash=_hash_of(secret),
        shown=secret[:16] if is_test else secret[:12],
        scopes=sorted(set(scopes)),
        is_test=is_test,
        created_at=at,
    )
    return NewKey(key, secret)


def _hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
