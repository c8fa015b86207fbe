"""Who signs in, what they are told, and what operators decide in pairs."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from common.guards import append_only


class User(AbstractUser):
    """
    One person of one kind; a kind never enters another portal.

    username: login ID (advertisers), unique over all kinds.   email: unique over all kinds, empty for members.
    phone: E.164 (+8210…), unique per kind.   person_hash: keyed hash of the identity check's CI, unique per kind by policy.
    """

    class Kind(models.TextChoices):
        ADVERTISER = "ADVERTISER", "광고주"
        MEMBER = "MEMBER", "럭플 회원"
        OPERATOR = "OPERATOR", "운영자"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=12, choices=Kind.choices)
    name = models.CharField("이름", max_length=60, blank=True)
    email = models.EmailField("이메일", blank=True)
    phone = models.CharField("휴대전화", max_length=20, blank=True)
    person_hash = models.CharField("본인 해시", max_length=64, blank=True)

    objects: ClassVar[UserManager["User"]] = UserManager()  # type: ignore[assignment]

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]

    class Meta:
        verbose_name = verbose_name_plural = "사용자"
        constraints = [
            # Upper: signing in ignores case, and the same expression is the index it uses.
            models.UniqueConstraint(Upper("email"), condition=~Q(email=""), name="identity_user_email_once"),
            models.UniqueConstraint(Upper("username"), name="identity_user_login_id_once"),
            models.UniqueConstraint(fields=["kind", "phone"], condition=~Q(phone=""), name="identity_user_phone_once_per_kind"),
            models.UniqueConstraint(
                fields=["kind", "person_hash"],
                condition=~Q(person_hash="") & Q(kind="MEMBER"),
                name="identity_user_person_once_among_members",
            ),
            models.CheckConstraint(condition=~Q(kind="MEMBER") | Q(email=""), name="identity_user_members_have_no_login_email"),
        ]

    def get_full_name(self) -> str:
        """The name shown on screens."""
        return self.name or self.username

    def get_short_name(self) -> str:
        """The same; Korean names are not split."""
        return self.get_full_name()


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


class ApprovalRequest(models.Model):
    """
    A decision that needs a second operator: whoever asked may not approve.

    kind: what would happen, e.g. "payments.refund".   subject: the row it is about, e.g. "refund:<public_id>".
    summary: the sentence the second operator reads.   data: JSON facts fixed when asked.   key: one per intent.
    EXPIRED: the thing it was about went away before anybody decided.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "승인 대기"
        APPROVED = "APPROVED", "승인"
        REFUSED = "REFUSED", "거절"
        EXPIRED = "EXPIRED", "만료"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("종류", max_length=60)
    subject = models.CharField("대상", max_length=120)
    summary = models.CharField("요약", max_length=300)
    data = models.JSONField("내용", default=dict)
    key = models.CharField("키", max_length=160, unique=True)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.WAITING)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="요청한 사람")
    made_at = models.DateTimeField("요청한 때")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="결정한 사람"
    )
    decided_at = models.DateTimeField("결정한 때", null=True, blank=True)
    reason = models.CharField("이유", max_length=500, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "승인 요청"
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="APPROVED") | ~Q(decided_by=models.F("made_by")),
                name="identity_approvalrequest_maker_is_not_checker",
            ),
            models.CheckConstraint(
                condition=Q(state="WAITING", decided_at__isnull=True)
                | Q(state__in=["APPROVED", "REFUSED"], decided_at__isnull=False, decided_by__isnull=False)
                | Q(state="EXPIRED", decided_at__isnull=False),
                name="identity_approvalrequest_decided_once",
            ),
        ]
        indexes = [models.Index(fields=["made_at"], condition=Q(state="WAITING"), name="identity_approval_waiting")]

    def __str__(self) -> str:
        return self.summary

    @property
    def is_waiting(self) -> bool:
        """True while a second operator may still decide."""
        return self.state == self.State.WAITING


class AccessLog(models.Model):
    """
    Who looked at, exported or changed whose personal data, and who signed in or failed to.

    action: a dotted word, e.g. "login.failed".   subject: the row, e.g. "user:<public_id>"; never a name, phone or address.
    """

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="누가"
    )
    action = models.CharField("무엇을", max_length=60)
    subject = models.CharField("대상", max_length=120, blank=True)
    at = models.DateTimeField("언제")
    request_id = models.CharField("요청 번호", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "접속 기록"
        triggers = append_only()
        indexes = [
            models.Index(fields=["actor", "at"], name="identity_accesslog_actor"),
            models.Index(fields=["subject", "at"], name="identity_accesslog_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"
