"""What members own. Their tickets are in the ledger (`credits`); a member row only says who they are to us."""

import uuid

from django.conf import settings
from django.db import models

from rewards.regions import Region


class Member(models.Model):
    """
    A person in Luckffle.

    birth_year, sex: only from an identity check.   region: as the member says, since region_said_at.
    is_plus: of a second tier that is reserved; it means something where settings.LUCKFFLE_PLUS is on.
    tokens_valid_from: app and participation tokens issued before it are refused.
    """

    class Sex(models.TextChoices):
        FEMALE = "FEMALE", "여성"
        MALE = "MALE", "남성"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="member", verbose_name="사용자")
    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    nickname = models.CharField("별명", max_length=30)
    person_hash = models.CharField("본인 해시", max_length=64, blank=True)
    birth_year = models.PositiveSmallIntegerField("태어난 해", null=True, blank=True)
    sex = models.CharField("성별", max_length=6, choices=Sex.choices, blank=True)
    region = models.CharField("사는 지역", max_length=9, choices=Region.choices, blank=True, default="", db_default="")
    region_said_at = models.DateTimeField("지역을 알린 때", null=True, blank=True)
    is_plus = models.BooleanField("플러스", default=False, db_default=False)
    is_active = models.BooleanField("사용 중", default=True)
    tokens_valid_from = models.DateTimeField("토큰 기준")
    created_at = models.DateTimeField("가입")

    class Meta:
        verbose_name = verbose_name_plural = "회원"

    def __str__(self) -> str:
        return self.nickname
