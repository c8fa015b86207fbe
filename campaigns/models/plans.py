"""What a team plans ahead for its campaigns, and what the review desk keeps ready to say."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from advertisers.models import Advertiser
from campaigns.models.campaigns import Campaign


class PlannedChangeQuerySet(models.QuerySet["PlannedChange"]):
    """Vocabulary of planned changes."""

    def owned_by(self, advertiser: Advertiser) -> "PlannedChangeQuerySet":
        """The only scope a tenant may read through."""
        return self.filter(campaign__advertiser=advertiser)

    def waiting(self) -> "PlannedChangeQuerySet":
        """Those whose moment has not come, or was not noticed yet."""
        return self.filter(state=PlannedChange.State.WAITING)


class PlannedChange(models.Model):
    """
    Something to be done to a campaign at a moment, as if its maker pressed it then.

    credits: for RAISE what is added, for CAP the new daily cap; 0 for the others.   outcome: why it was not done, in words.
    """

    class Kind(models.TextChoices):
        PAUSE = "PAUSE", "일시중지"
        RESUME = "RESUME", "다시 시작"
        RAISE = "RAISE", "예산 늘리기"
        CAP = "CAP", "하루 예산 바꾸기"

    class State(models.TextChoices):
        WAITING = "WAITING", "예약"
        DONE = "DONE", "완료"
        REFUSED = "REFUSED", "실행 안 됨"
        CANCELLED = "CANCELLED", "취소"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="plans", verbose_name="캠페인")
    kind = models.CharField("할 일", max_length=8, choices=Kind.choices)
    credits = models.BigIntegerField("크레딧", default=0)
    due_at = models.DateTimeField("실행할 때")
    state = models.CharField("상태", max_length=9, choices=State.choices, default=State.WAITING)
    outcome = models.CharField("결과", max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="예약한 사람"
    )
    made_at = models.DateTimeField("예약한 때")
    done_at = models.DateTimeField("처리한 때", null=True, blank=True)

    objects = PlannedChangeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "예약한 변경"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("RAISE", "CAP"), credits__gt=0) | Q(kind__in=("PAUSE", "RESUME"), credits=0),
                name="campaigns_plannedchange_has_its_credits",
            ),
            models.UniqueConstraint(
                fields=["campaign", "kind", "due_at"], condition=Q(state="WAITING"), name="campaigns_plannedchange_planned_once"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="WAITING"), name="campaigns_plans_due")]

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.kind}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING


class ReviewReason(models.Model):
    """
    A reason that reviewers say often, ready to be chosen; operators edit the list.

    field: path of the field it is about, empty for the whole.   place: order in the list, the smaller the earlier.
    """

    field = models.CharField("항목", max_length=60, blank=True, help_text="비워 두면 전체 의견에 쓸 수 있어요.")
    text = models.CharField("문구", max_length=300, unique=True)
    place = models.PositiveSmallIntegerField("순서", default=100)
    is_active = models.BooleanField("사용", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "심사 문구"

    def __str__(self) -> str:
        return self.text
