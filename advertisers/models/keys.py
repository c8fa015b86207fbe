"""What lets a machine act for a member."""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from advertisers.models.tenants import Advertiser, Membership
from common.history import remembered

# Of a key's member, who still acts for an advertiser that still exists.
ACTING = {"membership__is_active": True, "membership__advertiser__is_active": True, "membership__user__is_active": True}


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """Vocabulary of keys."""

    def of(self, advertiser: Advertiser) -> "ApiKeyQuerySet":
        """The tenant's own."""
        return self.filter(membership__advertiser=advertiser)

    def usable(self, at: datetime) -> "ApiKeyQuerySet":
        """Those that are neither revoked nor past their time, of members who still act for an advertiser that still exists."""
        alive = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
        there = Q(membership__user__ends_at__isnull=True) | Q(membership__user__ends_at__gt=at)
        return self.filter(alive, there, revoked_at__isnull=True, **ACTING)


@remembered("membership", "name", "expires_at", "revoked_at", name="API 키 변경 이력")
class ApiKey(models.Model):
    """
    A secret with which a program does what its member may do, within its scopes. The key dies with the membership.

    key_hash: SHA-256; the secret itself has 256 random bits and is shown once.   shown: its first letters, to tell keys apart.
    expires_at: set when a new key took its place.   is_test: what it changes is undone before it is answered (docs/adr/0014).
    """

    class Scope(models.TextChoices):
        CAMPAIGNS_READ = "campaigns.read", "캠페인 조회"
        CAMPAIGNS_WRITE = "campaigns.write", "캠페인 제출과 변경"
        CREDITS_READ = "credits.read", "크레딧 조회"
        WEBHOOKS_READ = "webhooks.read", "웹훅 기록 조회"
        WEBHOOKS_WRITE = "webhooks.write", "웹훅 다시 보내기"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="api_keys", verbose_name="구성원")
    name = models.CharField("이름", max_length=40)
    key_hash = models.CharField("키 해시", max_length=64, unique=True)
    shown = models.CharField("앞부분", max_length=16)
    scopes = ArrayField(models.CharField(max_length=40, choices=Scope.choices), verbose_name="범위")
    is_test = models.BooleanField("테스트 키", default=False, db_default=False)
    created_at = models.DateTimeField("만든 때")
    last_used_at = models.DateTimeField("마지막 사용", null=True, blank=True)
    expires_at = models.DateTimeField("기한", null=True, blank=True)
    revoked_at = models.DateTimeField("폐기한 때", null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "API 키"
        constraints = [models.CheckConstraint(condition=Q(scopes__len__gt=0), name="advertisers_apikey_has_a_scope")]

    def __str__(self) -> str:
        return self.shown

    @property
    def scope_words(self) -> str:
        """The scopes in words."""
        return ", ".join(str(self.Scope(scope).label) for scope in self.scopes)
