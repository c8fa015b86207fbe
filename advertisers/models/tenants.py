"""Advertisers and the people who act for them."""

import uuid

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from common.history import remembered

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


class AdvertiserQuerySet(models.QuerySet["Advertiser"]):
    """Vocabulary of advertisers."""

    def real(self) -> "AdvertiserQuerySet":
        """Customers: those whose money, campaigns and numbers are real."""
        return self.filter(is_demo=False)


@remembered("kind", "renamed_at", "is_active", "restricted_reason", name="광고주 변경 이력")
class Advertiser(models.Model):
    """
    One paying customer, a person or a business by its one profile. Everything a tenant owns hangs on this row.

    name: shown to members beside campaigns.   is_demo: one to try the product with. Its credits are play money from the house account
    DEMO, no order of it reaches a payment company, members never see its campaigns, and no figure of the house counts it.
    is_review: a demo for reviewers of card companies. It alone is shown the pay window, and what is paid there is never credited.
    """

    class Kind(models.TextChoices):
        PERSONAL = "PERSONAL", "개인"
        BUSINESS = "BUSINESS", "사업자"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=10, choices=Kind.choices)
    name = models.CharField("이름", max_length=100)
    renamed_at = models.DateTimeField("이름을 바꾼 때", null=True, blank=True)
    is_active = models.BooleanField("사용 중", default=True)
    restricted_reason = models.CharField("제한 이유", max_length=200, blank=True)
    restricted_at = models.DateTimeField("제한한 때", null=True, blank=True)
    is_demo = models.BooleanField("데모", default=False, db_default=False)
    is_review = models.BooleanField("카드사 심사", default=False, db_default=False)
    created_at = models.DateTimeField("가입", auto_now_add=True)

    objects = AdvertiserQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "광고주"
        triggers = [exactly_one_profile("NEW.id", "OLD.id")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_restricted(self) -> bool:
        """True when an operator or a money rule stopped new spending."""
        return bool(self.restricted_reason)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Vocabulary of memberships."""

    def of(self, advertiser: Advertiser) -> "MembershipQuerySet":
        """The tenant's own."""
        return self.filter(advertiser=advertiser)

    def acting(self) -> "MembershipQuerySet":
        """Those under which somebody may act now."""
        return self.filter(is_active=True, advertiser__is_active=True, user__is_active=True)


@remembered("advertiser", "user", "role", "is_active", name="구성원 변경 이력")
class Membership(models.Model):
    """
    A person's role at an advertiser.

    chosen_at: when the person last switched to this advertiser; the newest one is where they start after signing in.
    """

    class Role(models.TextChoices):
        OWNER = "OWNER", "소유자"
        MANAGER = "MANAGER", "운영 담당"
        FINANCE = "FINANCE", "재무 담당"
        REPORTER = "REPORTER", "보고서 열람"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships", verbose_name="사람")
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="memberships", verbose_name="광고주")
    role = models.CharField("역할", max_length=10, choices=Role.choices)
    is_active = models.BooleanField("사용 중", default=True)
    chosen_at = models.DateTimeField("고른 때", null=True, blank=True)
    created_at = models.DateTimeField("등록", auto_now_add=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "구성원"
        constraints = [
            models.UniqueConstraint(fields=["user", "advertiser"], name="advertisers_membership_once"),
            models.UniqueConstraint(
                fields=["advertiser"], condition=Q(role="OWNER", is_active=True), name="advertisers_membership_one_owner"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.user_id}"

    @property
    def is_owner(self) -> bool:
        """True for the one person who decides about the team."""
        return self.role == self.Role.OWNER
