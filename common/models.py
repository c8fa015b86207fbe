"""Rows that belong to no domain: effects (the outbox), the webhook inbox, dated settings."""

from datetime import datetime

from django.db import models
from django.db.models import Q


class EffectQuerySet(models.QuerySet["Effect"]):
    """Vocabulary of the queue."""

    def due(self, at: datetime) -> "EffectQuerySet":
        """Rows that may be worked now: new or unknown ones whose time has come, and sent ones whose lease ran out."""
        waiting = Q(state__in=[Effect.State.NEW, Effect.State.UNKNOWN], due_at__lte=at)
        return self.filter(waiting | Q(state=Effect.State.SENT, lease_until__lte=at))

    def unfinished(self) -> "EffectQuerySet":
        """Rows that still need work or a person."""
        return self.exclude(state__in=[Effect.State.DONE, Effect.State.FAILED])


class Effect(models.Model):
    """
    One thing that must happen outside, or later. Written in the transaction of its cause; the key is made before any call.

    `ids` carries public or primary keys, never personal data.
    """

    class State(models.TextChoices):
        NEW = "NEW", "대기"
        SENT = "SENT", "보냄"
        UNKNOWN = "UNKNOWN", "결과 모름"
        DONE = "DONE", "완료"
        FAILED = "FAILED", "실패"
        PARKED = "PARKED", "멈춤"

    kind = models.CharField("종류", max_length=60)
    key = models.CharField("키", max_length=200, unique=True)
    ids = models.JSONField("대상", default=dict)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.NEW)
    attempts = models.PositiveIntegerField("시도", default=0)
    failures = models.PositiveSmallIntegerField("연속 실패", default=0)
    due_at = models.DateTimeField("예정")
    lease_until = models.DateTimeField("임대 만료", null=True, blank=True)
    detail = models.CharField("내용", max_length=300, blank=True)
    request_id = models.CharField("요청 번호", max_length=64, blank=True)
    created_at = models.DateTimeField("생성")
    finished_at = models.DateTimeField("끝", null=True, blank=True)

    objects = EffectQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "바깥 작업"
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state__in=["NEW", "UNKNOWN"]), name="common_effect_due"),
            models.Index(fields=["lease_until"], condition=Q(state="SENT"), name="common_effect_leased"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class InboundWebhook(models.Model):
    """A verified message from a supplier, kept raw. A hint, never evidence."""

    class State(models.TextChoices):
        STORED = "STORED", "받음"
        PARKED = "PARKED", "주문 기다림"
        DONE = "DONE", "처리함"
        IGNORED = "IGNORED", "해당 없음"

    gateway = models.CharField("보낸 곳", max_length=30)
    event_id = models.CharField("메시지 번호", max_length=200)
    type = models.CharField("종류", max_length=100)
    ref = models.CharField("대상", max_length=100, blank=True)
    body = models.BinaryField("원문")
    headers = models.JSONField("머리글", default=dict)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.STORED)
    deliveries = models.PositiveIntegerField("받은 횟수", default=1)
    received_at = models.DateTimeField("받은 때")

    class Meta:
        verbose_name = verbose_name_plural = "받은 웹훅"
        constraints = [models.UniqueConstraint(fields=["gateway", "event_id"], name="common_inboundwebhook_once_per_event")]
        indexes = [models.Index(fields=["ref"], name="common_inboundwebhook_ref")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.type} {self.event_id}"


class DatedSetting(models.Model):
    """A policy value from a moment on. Old rows stay: an order keeps the rule it was paid under."""

    name = models.CharField("이름", max_length=80)
    value = models.JSONField("값")
    effective_from = models.DateTimeField("시작")
    reason = models.CharField("이유", max_length=200)
    created_at = models.DateTimeField("등록", auto_now_add=True)
    created_by_id = models.BigIntegerField("등록한 사람", null=True, blank=True)  # identity lives above: no foreign key

    class Meta:
        verbose_name = verbose_name_plural = "날짜 있는 설정"
        constraints = [models.UniqueConstraint(fields=["name", "effective_from"], name="common_datedsetting_one_per_moment")]

    def __str__(self) -> str:
        return f"{self.name} {self.in_words}"

    @property
    def in_words(self) -> str:
        """The value as a person says it."""
        if isinstance(self.value, bool):
            return "예" if self.value else "아니요"
        return str(self.value)


class JobRun(models.Model):
    """When one job of the clock last came to its end, and when it last broke. failure: the name of what was raised."""

    name = models.CharField("작업", max_length=80, unique=True)
    succeeded_at = models.DateTimeField("마지막 성공", null=True, blank=True)
    failed_at = models.DateTimeField("마지막 실패", null=True, blank=True)
    failure = models.CharField("실패 내용", max_length=100, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "정기 작업"

    def __str__(self) -> str:
        return self.name


class RefusedCall(models.Model):
    """
    How many calls at one machine door were refused in one hour, because nobody proved who they were. door: e.g. "payments.portone".
    """

    door = models.CharField("문", max_length=40)
    hour_at = models.DateTimeField("시간")
    calls = models.PositiveIntegerField("횟수")

    class Meta:
        verbose_name = verbose_name_plural = "거절한 호출"
        constraints = [models.UniqueConstraint(fields=["door", "hour_at"], name="common_refusedcall_one_count_an_hour")]

    def __str__(self) -> str:
        return f"{self.door} {self.calls}"
