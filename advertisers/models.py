"""Advertisers and the people who act for them."""

import uuid

from django.conf import settings
from django.db import models


class Advertiser(models.Model):
    """One paying customer, a person or a business. Everything a tenant owns hangs on this row."""

    class Kind(models.TextChoices):
        PERSONAL = "PERSONAL", "개인"
        BUSINESS = "BUSINESS", "사업자"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=10, choices=Kind.choices)
    name = models.CharField("이름", max_length=100)
    business_number = models.CharField("사업자등록번호", max_length=10, blank=True)
    is_active = models.BooleanField("사용 중", default=True)
    restricted_reason = models.CharField("제한 이유", max_length=200, blank=True)
    restricted_at = models.DateTimeField("제한한 때", null=True, blank=True)
    created_at = models.DateTimeField("가입", auto_now_add=True)

    class Meta:
        verbose_name = verbose_name_plural = "광고주"

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
