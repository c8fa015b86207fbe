"""What is kept around a member's account: the file of their data, and that somebody was here before."""

import uuid

from django.db import models
from django.db.models import Q

from common.kst import day_of
from rewards.models.members import Member


class DataExport(models.Model):
    """
    Everything we know of a member, made into a file because they asked for it.

    file: its name in the private storage, empty while it is being made.   expires_at: until when it may be fetched; then it is deleted.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "만드는 중"
        READY = "READY", "받을 수 있음"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="exports", verbose_name="회원")
    state = models.CharField("상태", max_length=8, choices=State.choices, default=State.WAITING)
    file = models.CharField("파일", max_length=200, blank=True)
    requested_at = models.DateTimeField("요청한 때")
    ready_at = models.DateTimeField("만든 때", null=True, blank=True)
    expires_at = models.DateTimeField("받을 수 있는 때까지", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "내 데이터 파일"
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(state="WAITING"), name="rewards_dataexport_one_waits"),
            models.CheckConstraint(
                condition=Q(state="WAITING", file="", ready_at__isnull=True, expires_at__isnull=True)
                | ~Q(file="") & Q(state="READY", ready_at__isnull=False, expires_at__isnull=False),
                name="rewards_dataexport_ready_has_a_file",
            ),
        ]
        indexes = [models.Index(fields=["member", "-requested_at"], name="rewards_dataexport_of")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_ready(self) -> bool:
        return self.state == self.State.READY


class FormerMember(models.Model):
    """
    That somebody was a member and left, so that what is given to newcomers is not given twice. Only keyed hashes, apart from everything
    else, and deleted after the legal time.

    phone_hash, person_hash: 64 hex digits; the second is empty for who never proved who they are.
    """

    phone_hash = models.CharField("휴대전화 해시", max_length=64)
    person_hash = models.CharField("본인 해시", max_length=64, blank=True)
    left_at = models.DateTimeField("떠난 때")

    class Meta:
        verbose_name = verbose_name_plural = "떠난 회원의 해시"
        indexes = [
            models.Index(fields=["phone_hash"], name="rewards_former_phone"),
            models.Index(fields=["person_hash"], condition=~Q(person_hash=""), name="rewards_former_person"),
            models.Index(fields=["left_at"], name="rewards_former_time"),
        ]

    def __str__(self) -> str:
        return f"{day_of(self.left_at)}"
