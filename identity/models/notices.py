"""What people are told."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from identity.models.people import User


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
    created_at = models.DateTimeField("보낸 때")
    read_at = models.DateTimeField("읽은 때", null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "알림"
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], nulls_distinct=False, name="identity_notification_once_per_cause"),
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
