"""
Push: the phones that members use, what is said to them, and what became of it on each.

Members have no foreign key in the database where what was done outlives who they were; a device goes with its member.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.guards import legal_moves
from rewards.models.members import Member

AD_LABEL = "(광고)"
OPT_OUT = "수신거부: 럭플 > 내 정보 > 동의 관리"


class Device(models.Model):
    """
    One installation of the reward app, as it told us at its last start. number: the app's own, kept over restarts.

    token: where the push company finds it; a token that turns up under another member belongs to that one from then on.
    may_show: the phone's own setting.   sign_in: under which it was told (identity/devices.py); when that ends, nothing rings here.
    """

    class Platform(models.TextChoices):
        ANDROID = "ANDROID", "안드로이드"
        IOS = "IOS", "아이폰"

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="devices", verbose_name="회원")
    number = models.CharField("기기 번호", max_length=64)
    token = models.CharField("토큰", max_length=512, unique=True)
    platform = models.CharField("종류", max_length=7, choices=Platform.choices)
    app_version = models.CharField("앱 버전", max_length=20, blank=True)
    may_show = models.BooleanField("알림 허용", default=True)
    sign_in = models.CharField("로그인", max_length=32, blank=True, default="", db_default="")
    created_at = models.DateTimeField("처음 본 때")
    last_seen_at = models.DateTimeField("마지막으로 본 때")

    class Meta:
        verbose_name = verbose_name_plural = "기기"
        constraints = [models.UniqueConstraint(fields=["member", "number"], name="rewards_device_once_per_member")]
        indexes = [models.Index(fields=["last_seen_at"], name="rewards_device_last_seen")]

    def __str__(self) -> str:
        return f"{self.platform} {self.pk}"


class PushState(models.TextChoices):
    """What becomes of a message."""

    DRAFT = "DRAFT", "작성 중"
    SCHEDULED = "SCHEDULED", "예약"
    SENDING = "SENDING", "보내는 중"
    STOPPED = "STOPPED", "멈춤"
    DONE = "DONE", "끝"


PUSH_MOVES = {
    PushState.DRAFT: {PushState.SCHEDULED, PushState.STOPPED},
    PushState.SCHEDULED: {PushState.SENDING, PushState.STOPPED},
    PushState.SENDING: {PushState.DONE, PushState.STOPPED},
}


class PushMessage(models.Model):
    """
    One thing that is said: to one member because of an event, or to a segment because an operator wrote it. key: of the event.

    kind: an ad carries its label and the way out in its own text.   is_answer: to something that the member has just done, so it may come
    at night.   segment: whom an operator meant (rewards/push/segments.py).   opened: device up to which deliveries were made, in their
    order; is_handed_out: every device that was meant has one.
    """

    class Kind(models.TextChoices):
        SERVICE = "SERVICE", "서비스"
        AD = "AD", "광고"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField("키", max_length=200, unique=True)
    kind = models.CharField("종류", max_length=7, choices=Kind.choices)
    title = models.CharField("제목", max_length=120)
    body = models.TextField("내용", max_length=1_000)
    url = models.CharField("주소", max_length=300, blank=True)
    is_answer = models.BooleanField("바로 답하는 알림", default=False)
    segment = models.JSONField("받는 사람", default=dict, blank=True)
    state = models.CharField("상태", max_length=9, choices=PushState.choices, default=PushState.DRAFT)
    opened = models.BigIntegerField("어디까지 나눴는지", default=0)
    is_handed_out = models.BooleanField("모두 나눴는지", default=False)
    scheduled_at = models.DateTimeField("예약한 때", null=True, blank=True)
    created_at = models.DateTimeField("만든 때")
    finished_at = models.DateTimeField("끝난 때", null=True, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="만든 사람"
    )

    class Meta:
        verbose_name = verbose_name_plural = "푸시"
        triggers = [legal_moves(PUSH_MOVES, what="a push", code="BR005")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(kind="AD") | (Q(title__startswith=AD_LABEL) & Q(body__endswith=OPT_OUT)),
                name="rewards_pushmessage_ads_say_so",
            ),
            models.CheckConstraint(
                condition=Q(state="DRAFT") | Q(state="STOPPED") | Q(scheduled_at__isnull=False), name="rewards_pushmessage_has_its_time"
            ),
        ]
        indexes = [models.Index(fields=["-created_at"], condition=Q(made_by__isnull=False), name="rewards_pushmessage_composed")]

    def __str__(self) -> str:
        return self.title


class DeliveryState(models.TextChoices):
    """What became of a message on one device."""

    WAITING = "WAITING", "대기"
    SENT = "SENT", "보내는 중"
    DONE = "DONE", "보냄"
    UNKNOWN = "UNKNOWN", "결과 모름"
    REFUSED = "REFUSED", "거절"
    DROPPED = "DROPPED", "보내지 않음"


class PushDelivery(models.Model):
    """
    One message on one device, which may be gone by then: a phone that is forgotten must not stop what somebody is told of.

    part: deliveries of a part are sent one after the other by one effect.   ref: the push company's name of it; accepted there, which
    is not shown yet.   why: of an end that is not DONE.   tries: calls made.
    """

    message = models.ForeignKey(PushMessage, on_delete=models.PROTECT, related_name="deliveries", verbose_name="푸시")
    member_id = models.BigIntegerField("회원")
    device_id = models.BigIntegerField("기기")
    part = models.BigIntegerField("묶음")
    state = models.CharField("상태", max_length=8, choices=DeliveryState.choices, default=DeliveryState.WAITING)
    why = models.CharField("이유", max_length=60, blank=True)
    ref = models.CharField("발송 번호", max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField("시도", default=0)
    sent_at = models.DateTimeField("보낸 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "푸시 발송"
        constraints = [models.UniqueConstraint(fields=["message", "device_id"], name="rewards_pushdelivery_once_per_device")]
        indexes = [
            models.Index(fields=["message", "part"], condition=Q(state__in=["WAITING", "SENT"]), name="rewards_pushdelivery_open"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} {self.state}"
