"""What operators decide in pairs, who did what, and what people agreed to."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.guards import append_only
from common.history import remembered
from identity.models.people import User


class ApprovalRequestQuerySet(models.QuerySet["ApprovalRequest"]):
    """Vocabulary of decisions in pairs."""

    def for_operators(self) -> "ApprovalRequestQuerySet":
        """Those that operators asked each other; a team's own are the team's."""
        return self.filter(made_by__kind=User.Kind.OPERATOR)

    def waiting(self) -> "ApprovalRequestQuerySet":
        """Not decided yet."""
        return self.filter(state=ApprovalRequest.State.WAITING)


@remembered("kind", "subject", "state", "made_by", "decided_by", name="승인 요청 변경 이력")
class ApprovalRequest(models.Model):
    """
    A decision that needs a second person of the same kind: whoever asked may not approve.

    kind: what would happen, e.g. "payments.refund".   subject: the row it is about, e.g. "refund:<public_id>".
    summary: the sentence the second person reads.   data: JSON facts fixed when asked.   key: one per intent.
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

    objects = ApprovalRequestQuerySet.as_manager()

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
        """True while a second person may still decide."""
        return self.state == self.State.WAITING


class AccessLog(models.Model):
    """
    Who looked at, exported or changed whose personal data, and who signed in or failed to.

    action: a dotted word, e.g. "login.failed".   subject: the row, e.g. "user:<public_id>"; never a name, phone or address.
    address: from where on the network.   door: the name of the view.   reason: why, where somebody had to say so.
    """

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="누가"
    )
    action = models.CharField("무엇을", max_length=60)
    subject = models.CharField("대상", max_length=120, blank=True)
    at = models.DateTimeField("언제")
    request_id = models.CharField("요청 번호", max_length=64, blank=True)
    address = models.GenericIPAddressField("어디서", null=True, blank=True)
    door = models.CharField("어느 화면", max_length=100, blank=True, db_default="")
    reason = models.CharField("이유", max_length=200, blank=True, db_default="")

    class Meta:
        verbose_name = verbose_name_plural = "접속 기록"
        triggers = append_only()
        indexes = [
            models.Index(fields=["actor", "at"], name="identity_accesslog_actor"),
            models.Index(fields=["subject", "at"], name="identity_accesslog_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class AccessReview(models.Model):
    """
    Somebody looked through a month of the access log. month: its first day in Seoul.   found: what was odd, in numbers, as it stood then.
    """

    month = models.DateField("달", unique=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="점검한 사람")
    at = models.DateTimeField("점검한 때")
    found = models.JSONField("점검 결과")
    note = models.CharField("의견", max_length=500)

    class Meta:
        verbose_name = verbose_name_plural = "접속 기록 점검"
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Consent(models.Model):
    """
    One answer of one person to one text: given or taken back. The newest row of a kind is what holds.

    version: of the text that was shown, its first day of effect (identity/consents.py).   is_recheck: the person was asked again whether a
    consent still stands, as the law wants every two years; `given` is what stood then.
    """

    class Kind(models.TextChoices):
        TERMS = "TERMS", "이용약관"
        PRIVACY = "PRIVACY", "개인정보 수집·이용"
        MARKETING = "MARKETING", "마케팅 정보 받기"
        NIGHT = "NIGHT", "야간 마케팅 정보 받기"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="consents", verbose_name="사람")
    kind = models.CharField("종류", max_length=10, choices=Kind.choices)
    version = models.CharField("문서 버전", max_length=20)
    given = models.BooleanField("동의")
    is_recheck = models.BooleanField("재확인", default=False)
    at = models.DateTimeField("언제")

    class Meta:
        verbose_name = verbose_name_plural = "동의 기록"
        triggers = append_only()
        indexes = [models.Index(fields=["user", "kind", "-at"], name="identity_consent_of_a_person")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"
