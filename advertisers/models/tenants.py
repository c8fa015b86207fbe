"""Advertisers and the people who act for them."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models

PROFILE_BROKEN = "23514"  # a check violation: PostgreSQL's own code, so that Django raises IntegrityError


def exactly_one_profile(*advertiser_ids: str) -> pgtrigger.Trigger:
    """
    At commit, the advertisers named by these SQL expressions have exactly one profile, of their kind.

    Deferred: signing up writes two rows, and turning a person into a business exchanges one for another, each in one transaction.
    """
    return pgtrigger.Trigger(
        name="exactly_one_profile",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        timing=pgtrigger.Deferred,
        func=f"""
            IF EXISTS (
                SELECT FROM advertisers_advertiser a
                WHERE a.id IN ({", ".join(advertiser_ids)})
                AND ((SELECT count(*) FROM advertisers_personaluser WHERE advertiser_id = a.id) <> (a.kind = 'PERSONAL')::int
                  OR (SELECT count(*) FROM advertisers_businessuser WHERE advertiser_id = a.id) <> (a.kind = 'BUSINESS')::int)
            ) THEN
                RAISE EXCEPTION 'an advertiser has exactly one profile, of its kind' USING ERRCODE = '{PROFILE_BROKEN}';
            END IF;
            RETURN NULL;
        """,  # noqa: S608  (our own constants)
    )


class Advertiser(models.Model):
    """One paying customer, a person or a business by its one profile. Everything a tenant owns hangs on this row."""

    class Kind(models.TextChoices):
        PERSONAL = "PERSONAL", "개인"
        BUSINESS = "BUSINESS", "사업자"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=10, choices=Kind.choices)
    name = models.CharField("이름", max_length=100)
    is_active = models.BooleanField("사용 중", default=True)
    restricted_reason = models.CharField("제한 이유", max_length=200, blank=True)
    restricted_at = models.DateTimeField("제한한 때", null=True, blank=True)
    created_at = models.DateTimeField("가입", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "광고주"
        triggers = [exactly_one_profile("NEW.id", "OLD.id")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_restricted(self) -> bool:
        """True when an operator or a money rule stopped new spending."""
        return bool(self.restricted_reason)


class Membership(models.Model):
    """A person's role at an advertiser."""

    class Role(models.TextChoices):
        OWNER = "OWNER", "소유자"
        MANAGER = "MANAGER", "운영 담당"
        FINANCE = "FINANCE", "재무 담당"
        REPORTER = "REPORTER", "보고서 열람"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships", verbose_name="사람")
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="memberships", verbose_name="광고주")
    role = models.CharField("역할", max_length=10, choices=Role.choices)
    is_active = models.BooleanField("사용 중", default=True)
    created_at = models.DateTimeField("등록", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "구성원"
        constraints = [models.UniqueConstraint(fields=["user", "advertiser"], name="advertisers_membership_once")]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.user_id}"
