"""Who signs in."""

import uuid
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from common.history import remembered

ENDED = "이용 기간이 끝난 계정이에요. 더 써 보고 싶으면 문의하기로 알려 주세요."


@remembered("kind", "is_active", "is_superuser", name="사용자 변경 이력")
class User(AbstractUser):
    """
    One person of one kind; a kind never enters another portal.

    username: login ID (advertisers), unique over all kinds.   email: unique over all kinds, empty for members.
    phone: E.164 (+8210…), unique per kind.   person_hash: keyed hash of the identity check's CI, unique per kind by policy.
    ends_at: from when on nobody signs in with this account (one to try the product with); empty for everybody else.
    """

    class Kind(models.TextChoices):
        ADVERTISER = "ADVERTISER", "광고주"
        MEMBER = "MEMBER", "럭플 회원"
        OPERATOR = "OPERATOR", "운영자"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=12, choices=Kind.choices)
    name = models.CharField("이름", max_length=60, blank=True)
    email = models.EmailField("이메일", blank=True)
    phone = models.CharField("휴대전화", max_length=20, blank=True)
    person_hash = models.CharField("본인 해시", max_length=64, blank=True)
    ends_at = models.DateTimeField("계정의 끝", null=True, blank=True)

    objects: ClassVar[UserManager["User"]] = UserManager()  # type: ignore[assignment]

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    class Meta:
        verbose_name = verbose_name_plural = "사용자"
        constraints = [
            # Upper: signing in ignores case, and the same expression is the index it uses.
            models.UniqueConstraint(Upper("email"), condition=~Q(email=""), name="identity_user_email_once"),
            models.UniqueConstraint(Upper("username"), name="identity_user_login_id_once"),
            models.UniqueConstraint(fields=["kind", "phone"], condition=~Q(phone=""), name="identity_user_phone_once_per_kind"),
            models.UniqueConstraint(
                fields=["kind", "person_hash"],
                condition=~Q(person_hash="") & Q(kind="MEMBER"),
                name="identity_user_person_once_among_members",
            ),
            models.CheckConstraint(condition=~Q(kind="MEMBER") | Q(email=""), name="identity_user_members_have_no_login_email"),
        ]

    def get_full_name(self) -> str:
        """The name shown on screens."""
        return self.name or self.username

    def has_ended(self, *, at: datetime) -> bool:
        """True when the account had an end and it has come."""
        return self.ends_at is not None and self.ends_at <= at

    def get_short_name(self) -> str:
        """The same; Korean names are not split."""
        return self.get_full_name()


class AllowedNetwork(models.Model):
    """A network from which one operator may come in; an operator without any may come from everywhere. network: CIDR."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="networks", verbose_name="운영자")
    network = models.CharField("주소", max_length=50)

    class Meta:
        verbose_name = verbose_name_plural = "운영자 접속 주소"
        constraints = [models.UniqueConstraint(fields=["user", "network"], name="identity_allowednetwork_once")]

    def __str__(self) -> str:
        return self.network
