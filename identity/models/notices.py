"""What people are told, in which words, and how they want to hear of it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.guards import append_only
from identity.models.people import User

INSIDE = r"\A/([^/\\\s][^\\\s]*)?\Z"  # a path: no host, no scheme, nothing that a browser would read as one


class Channel(models.TextChoices):
    """By what a person hears of an event."""

    IN_APP = "IN_APP", "알림함"
    MAIL = "MAIL", "메일"
    SMS = "SMS", "문자·알림톡"


class MessageTemplate(models.Model):
    """
    One version of the words in which an event is told; the newest holds, without one the declared words do. Never changed.

    event: the kind of `identity.events`.   title, body: with {facts} of the event.   alimtalk_id: the template that Kakao approved for
    exactly these words; without one the phone gets an SMS.
    """

    event = models.CharField("알림 종류", max_length=60)
    number = models.PositiveIntegerField("버전")
    title = models.CharField("제목", max_length=120)
    body = models.TextField("내용", max_length=1000)
    alimtalk_id = models.CharField("알림톡 템플릿", max_length=60, blank=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="쓴 사람")
    written_at = models.DateTimeField("쓴 때")
    reason = models.CharField("이유", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "알림 문구"
        constraints = [
            models.UniqueConstraint(fields=["event", "number"], name="identity_messagetemplate_number_once"),
            models.CheckConstraint(condition=~Q(title="") & ~Q(body="") & ~Q(reason=""), name="identity_messagetemplate_says_something"),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.event} {self.number}"


class NotificationQuerySet(models.QuerySet["Notification"]):
    """Vocabulary of notices."""

    def shown_to(self, user: User) -> "NotificationQuerySet":
        """What a person sees in the list of the portal."""
        return self.filter(user=user, in_app=True)

    def for_operators(self) -> "NotificationQuerySet":
        """Alerts addressed to the operators together."""
        return self.filter(user__isnull=True)

    def unread(self) -> "NotificationQuerySet":
        """Not read yet."""
        return self.filter(read_at__isnull=True)


class Notification(models.Model):
    """
    One notice to one person; without a person it is an alert to the operators together.

    key: one per recipient and cause, a repeat is the same notice.   url: a path inside the recipient's portal, or empty.
    alimtalk_id, facts: the words that Kakao approved and what is filled in there, if the phone is to get an AlimTalk.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="notifications", verbose_name="받는 사람"
    )
    kind = models.CharField("종류", max_length=60)
    title = models.CharField("제목", max_length=120)
    body = models.TextField("내용", max_length=2000)
    url = models.CharField("주소", max_length=300, blank=True)
    key = models.CharField("키", max_length=160)
    in_app = models.BooleanField("화면에 보임", default=True)
    alimtalk_id = models.CharField("알림톡 템플릿", max_length=60, blank=True, default="", db_default="")
    facts = models.JSONField("채운 값", default=dict, db_default={}, blank=True)
    created_at = models.DateTimeField("보낸 때")
    read_at = models.DateTimeField("읽은 때", null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "알림"
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], nulls_distinct=False, name="identity_notification_once_per_cause"),
            models.CheckConstraint(condition=Q(url="") | Q(url__regex=INSIDE), name="identity_notification_leads_inside"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="identity_notification_list"),
            models.Index(fields=["user"], condition=Q(read_at__isnull=True, in_app=True), name="identity_notification_unread"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_read(self) -> bool:
        """True once the recipient opened or dismissed it."""
        return self.read_at is not None


class NoticeChoice(models.Model):
    """What a person chose for one event and channel; without a row the event's own default holds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_choices", verbose_name="사람")
    event = models.CharField("알림 종류", max_length=60)
    channel = models.CharField("받는 방법", max_length=10, choices=Channel.choices)
    is_on = models.BooleanField("받음")
    changed_at = models.DateTimeField("바꾼 때")

    class Meta:
        verbose_name = verbose_name_plural = "알림 설정"
        constraints = [
            models.UniqueConstraint(fields=["user", "event", "channel"], name="identity_noticechoice_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="identity_noticechoice_channel_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.event} {self.channel}"


class QuietHours(models.Model):
    """
    When a person wants no mail and no SMS: what is not urgent waits. Without a row they hear at once.

    hour_from, hour_until: whole hours in Seoul, half-open; over midnight when from is the later one.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="quiet_hours", verbose_name="사람"
    )
    hour_from = models.PositiveSmallIntegerField("조용한 시간 시작")
    hour_until = models.PositiveSmallIntegerField("조용한 시간 끝")

    class Meta:
        verbose_name = verbose_name_plural = "조용한 시간"
        constraints = [
            models.CheckConstraint(condition=Q(hour_from__lte=23, hour_until__lte=23), name="identity_quiethours_are_hours"),
            models.CheckConstraint(condition=~Q(hour_from=F("hour_until")), name="identity_quiethours_end"),
        ]

    def __str__(self) -> str:
        return f"{self.hour_from}–{self.hour_until}"
