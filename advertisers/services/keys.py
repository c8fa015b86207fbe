"""Keys for programs: made, replaced, revoked, and found again by their secret."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from advertisers.models import Advertiser, ApiKey, Membership
from advertisers.services.locking import lock_team
from common.errors import DomainError
from common.history import acting
from identity.models import User

PREFIX = "boost_"
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


def make_key(*, membership: Membership, name: str, scopes: Iterable[str], at: datetime) -> NewKey:
    """
    Make a key that acts as this member.

    :raises TooManyKeys: the advertiser has ten.
    """
    with transaction.atomic(durable=True), acting(by_id=membership.user_id):
        advertiser = lock_team(membership.advertiser)
        if ApiKey.objects.of(advertiser).usable(at).count() >= MOST:
            raise TooManyKeys
        return _make(membership, name, scopes, at=at)


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
        return _make(old.membership, old.name, old.scopes, at=at)


def revoke_key(*, advertiser: Advertiser, key: UUID, by: User, at: datetime) -> None:
    """
    Make a key worth nothing, from the very next request on.

    :raises KeyGone: it was worth nothing already.
    """
    with transaction.atomic(durable=True), acting(by_id=by.pk):
        lock_team(advertiser)
        if ApiKey.objects.of(advertiser).filter(public_id=key, revoked_at__isnull=True).update(revoked_at=at) != 1:
            raise KeyGone


def find_key(*, secret: str, at: datetime) -> ApiKey | None:
    """The usable key of a secret, its use noted once a minute; None when it is worth nothing."""
    if not secret.startswith(PREFIX):
        return None
    usable = ApiKey.objects.usable(at).select_related("membership__advertiser", "membership__user")
    key = usable.filter(key_hash=_hash_of(secret)).first()
    if key is not None:
        stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - USE_NOTED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=at)
    return key


def _make(membership: Membership, name: str, scopes: Iterable[str], *, at: datetime) -> NewKey:
    secret = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        membership=membership, name=name, key_hash=_hash_of(secret), shown=secret[:12], scopes=sorted(set(scopes)), created_at=at
    )
    return NewKey(key, secret)


def _hash_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
