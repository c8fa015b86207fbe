"""What an advertiser's own server is told: where to, what happened, what was sent, and how it went."""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from advertisers.models.tenants import Advertiser
from common.history import remembered


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    """Vocabulary of endpoints."""

    def owned_by(self, advertiser: Advertiser) -> "WebhookEndpointQuerySet":
        """The tenant's own that were not removed."""
        return self.filter(advertiser=advertiser, removed_at__isnull=True)

    def unscoped(self) -> "WebhookEndpointQuerySet":
        """Of every advertiser, on purpose: for the clock and the queue."""
        return self.filter(removed_at__isnull=True)

    def wanting(self, event: str) -> "WebhookEndpointQuerySet":
        """Those that asked for a type of event; one that is switched off gets it later."""
        return self.filter(events__contains=[event])


@remembered("advertiser", "name", "state", "removed_at", name="웹훅 주소 변경 이력")
class WebhookEndpoint(models.Model):
    """
    An address of the advertiser's that is told of events, one after the other.

    secret, old_secret: of the signatures, sealed; the old one signs beside the new one until old_until.   why_off: why it is off.
    last_number: of its newest delivery.   turn: counts the calls of its queue; next_at: when the current one is due, None: nothing waits.
    failing_since: since when nothing arrives.   events_since: since when it wants confirmed participations.
    """

    class State(models.TextChoices):
        ON = "ON", "켜짐"
        OFF = "OFF", "꺼짐"

    class WhyOff(models.TextChoices):
        OWNER = "OWNER", "직접 껐어요"
        FAILED = "FAILED", "24시간 동안 받지 못해서 껐어요"
        GONE = "GONE", "받는 서버가 더는 받지 않는다고 답해서 껐어요"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="webhook_endpoints", verbose_name="광고주")
    name = models.CharField("이름", max_length=40)
    url = models.CharField("주소", max_length=500)
    events = ArrayField(models.CharField(max_length=60), verbose_name="이벤트")
    events_since = models.DateTimeField("이벤트를 고른 때")
    state = models.CharField("상태", max_length=3, choices=State.choices, default=State.ON)
    why_off = models.CharField("꺼진 까닭", max_length=10, choices=WhyOff.choices, blank=True)
    secret = models.TextField("서명 비밀값(암호화)")
    old_secret = models.TextField("바꾸기 전 비밀값(암호화)", blank=True)
    old_until = models.DateTimeField("바꾸기 전 비밀값 기한", null=True, blank=True)
    last_number = models.BigIntegerField("마지막 순번", default=0)
    turn = models.BigIntegerField("차례", default=0)
    next_at = models.DateTimeField("다음 전송", null=True, blank=True)
    failing_since = models.DateTimeField("실패가 시작된 때", null=True, blank=True)
    created_at = models.DateTimeField("만든 때")
    removed_at = models.DateTimeField("지운 때", null=True, blank=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "웹훅 주소"
        constraints = [
            models.CheckConstraint(condition=Q(events__len__gt=0), name="advertisers_webhookendpoint_wants_something"),
            models.CheckConstraint(
                condition=Q(state="ON", why_off="") | Q(state="OFF") & ~Q(why_off=""), name="advertisers_webhookendpoint_off_has_a_reason"
            ),
            models.CheckConstraint(condition=Q(state="ON") | Q(next_at__isnull=True), name="advertisers_webhookendpoint_off_sends_nothing"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_on(self) -> bool:
        return self.state == self.State.ON

    def has_old_secret(self, at: datetime) -> bool:
        """True while the secret from before the last change still signs too."""
        return self.old_until is not None and at < self.old_until


class WebhookEvent(models.Model):
    """
    Something that happened to an advertiser, as it is told outside. Never changed; public_id is the id of the message everywhere.

    key: names the cause, so that a cause is one event however often it is told.   data: ids, states and credits; nothing personal.
    """

    public_id = models.UUIDField("메시지 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="+", verbose_name="광고주")
    type = models.CharField("종류", max_length=60)
    key = models.CharField("키", max_length=200)
    data = models.JSONField("내용", default=dict)
    at = models.DateTimeField("일어난 때")

    class Meta:
        verbose_name = verbose_name_plural = "웹훅 이벤트"
        constraints = [models.UniqueConstraint(fields=["advertiser", "key"], name="advertisers_webhookevent_once_per_cause")]
        indexes = [models.Index(fields=["at"], name="advertisers_webhookevent_at")]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Vocabulary of deliveries."""

    def owned_by(self, advertiser: Advertiser) -> "WebhookDeliveryQuerySet":
        """The tenant's own."""
        return self.filter(endpoint__advertiser=advertiser, endpoint__removed_at__isnull=True)

    def waiting(self) -> "WebhookDeliveryQuerySet":
        """In the order in which they are sent."""
        return self.filter(state=WebhookDelivery.State.WAITING).order_by("number")


class WebhookDelivery(models.Model):
    """
    One event for one endpoint. number: its place in the endpoint's order, which nothing changes.   tries: calls since it last began
    to wait.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "기다림"
        DELIVERED = "DELIVERED", "전송함"
        PARKED = "PARKED", "멈춤"
        SKIPPED = "SKIPPED", "건너뜀"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", verbose_name="웹훅 주소")
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries", verbose_name="이벤트")
    number = models.BigIntegerField("순번")
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveIntegerField("시도", default=0)
    ended_at = models.DateTimeField("끝난 때", null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "웹훅 전송"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="advertisers_webhookdelivery_once_per_event"),
            models.UniqueConstraint(fields=["endpoint", "number"], name="advertisers_webhookdelivery_one_per_place"),
        ]
        indexes = [models.Index(fields=["endpoint", "number"], condition=Q(state="WAITING"), name="advertisers_webhook_waiting")]

    def __str__(self) -> str:
        return f"{self.endpoint_id}/{self.number}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING


class WebhookAttempt(models.Model):
    """One call. status: HTTP, 0 without an answer.   word: what became of it (advertisers/webhooks/calling.py).   took_ms: how long."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts", verbose_name="전송")
    at = models.DateTimeField("보낸 때")
    status = models.PositiveSmallIntegerField("응답 상태", default=0)
    word = models.CharField("결과", max_length=20)
    took_ms = models.PositiveIntegerField("걸린 시간(ms)")

    class Meta:
        verbose_name = verbose_name_plural = "웹훅 시도"

    def __str__(self) -> str:
        return f"{self.delivery_id} {self.word}"
