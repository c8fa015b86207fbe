"""Every conversion that was told to us, whatever came of it, and what a campaign's developer set up for it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

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
        NOTED = "NOTED", "경과 기록"
        CANCELLED = "CANCELLED", "취소 신호"
        WRONG_SENDER = "WRONG_SENDER", "등록하지 않은 주소"
        TOO_MANY = "TOO_MANY", "1분 한도를 넘음"

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


class PostbackEvent(models.Model):
    """
    A name that a campaign's caller may use besides the one that confirms a participation.

    meaning: STAGE is noted and moves nothing; CANCEL takes a conversion back: it is doubted, and who pays for it is decided by people.
    """

    class Meaning(models.TextChoices):
        STAGE = "STAGE", "경과: 기록만 해요"
        CANCEL = "CANCEL", "취소: 운영팀이 다시 확인해요"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, db_index=False, related_name="postback_events", verbose_name="캠페인")
    name = models.CharField("이벤트 이름", max_length=60)
    meaning = models.CharField("뜻", max_length=6, choices=Meaning.choices)
    made_at = models.DateTimeField("정한 때")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="정한 사람"
    )

    class Meta:
        verbose_name = verbose_name_plural = "포스트백 이벤트"
        constraints = [models.UniqueConstraint("campaign", Lower("name"), name="campaigns_postbackevent_one_meaning")]

    def __str__(self) -> str:
        return self.name


class PostbackSecret(models.Model):
    """
    A new generation of a campaign's postback secrets; the first one has no row. The secrets themselves follow from the number.

    earlier_until: until when the generation before it is taken as well.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, db_index=False, related_name="postback_secrets", verbose_name="캠페인")
    generation = models.PositiveSmallIntegerField("번째")
    made_at = models.DateTimeField("바꾼 때")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="바꾼 사람"
    )
    earlier_until = models.DateTimeField("이전 비밀값을 받는 때까지")

    class Meta:
        verbose_name = verbose_name_plural = "포스트백 비밀값"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "generation"], name="campaigns_postbacksecret_one_of_each"),
            models.CheckConstraint(condition=models.Q(generation__gte=2), name="campaigns_postbacksecret_after_the_first"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}:{self.generation}"


class PostbackMinute(models.Model):
    """How many calls of a postback door one campaign, or one sender, made in one minute. subject: "campaign:<id>" or a hashed address."""

    pk = models.CompositePrimaryKey("subject", "minute")
    subject = models.CharField("누가", max_length=80)
    minute = models.DateTimeField("분")
    calls = models.PositiveIntegerField("호출")

    class Meta:
        verbose_name = verbose_name_plural = "포스트백 1분 호출"

    def __str__(self) -> str:
        return f"{self.subject} {self.calls}"
