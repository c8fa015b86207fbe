"""Every conversion that was told to us, whatever came of it."""

import uuid

from django.db import models

from campaigns.models.campaigns import Campaign
from common.guards import append_only


class PostbackLog(models.Model):
    """
    One call of a postback door, or one try on the test console.

    network: the door.   click_id, event, transaction: as they were read.   query: what came, without signatures and device numbers.
    outcome: what was decided.   is_test: with a test key; nothing moved.   took_ms: until the answer.
    """

    class Outcome(models.TextChoices):
        CONFIRMED = "CONFIRMED", "참여 확정"
        HELD = "HELD", "확인 대기"
        REPEATED = "REPEATED", "같은 신호 다시 옴"
        BAD_SIGNATURE = "BAD_SIGNATURE", "서명이 달라요"
        STALE = "STALE", "보낸 시각이 오래됐어요"
        UNKNOWN_CLICK = "UNKNOWN_CLICK", "모르는 클릭"
        REUSED_CLICK = "REUSED_CLICK", "이미 쓴 클릭"
        UNKNOWN_EVENT = "UNKNOWN_EVENT", "정하지 않은 이벤트"
        TOO_LATE = "TOO_LATE", "기한이 지남"
        LATE_PAID = "LATE_PAID", "기한이 지나 럭플이 보상"
        MALFORMED = "MALFORMED", "읽을 수 없음"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    network = models.CharField("보낸 곳", max_length=20)
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="postbacks",
        verbose_name="캠페인",
    )
    participation = models.UUIDField("참여", null=True, blank=True)
    click_id = models.CharField("클릭", max_length=64, blank=True)
    event = models.CharField("이벤트", max_length=60, blank=True)
    transaction = models.CharField("거래 번호", max_length=100, blank=True)
    query = models.TextField("받은 내용", blank=True)
    outcome = models.CharField("결과", max_length=14, choices=Outcome.choices)
    is_test = models.BooleanField("연습", default=False)
    took_ms = models.PositiveIntegerField("걸린 시간(ms)")
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "받은 포스트백"
        triggers = append_only()
        indexes = [
            models.Index(fields=["campaign", "-id"], name="campaigns_postbacks_of"),
            models.Index(fields=["participation"], condition=models.Q(participation__isnull=False), name="campaigns_postbacks_part"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.outcome}"
