"""What left the house by SMS, and what became of it."""

from django.db import models
from django.db.models import Q

from identity.models.notices import Notification
from identity.models.proofs import PhoneCode


class SmsMessage(models.Model):
    """
    One SMS that the supplier took: a code, or a notice. Neither number nor text stands here.

    ref: our number of it, which travels with it.   status_code: the supplier's last word, e.g. 4000.   reported_at: when that was final.
    sent_at: by the real clock, which the supplier shares.
    """

    class State(models.TextChoices):
        SENT = "SENT", "보냄"
        DELIVERED = "DELIVERED", "도착"
        FAILED = "FAILED", "도착하지 못함"

    ref = models.CharField("우리 번호", max_length=80, unique=True)
    code = models.ForeignKey(PhoneCode, on_delete=models.CASCADE, null=True, blank=True, related_name="messages", verbose_name="인증번호")
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, null=True, blank=True, related_name="messages", verbose_name="알림"
    )
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.SENT)
    status_code = models.CharField("솔라피 코드", max_length=10, blank=True)
    sent_at = models.DateTimeField("보낸 때")
    reported_at = models.DateTimeField("결과", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "보낸 문자"
        constraints = [
            models.CheckConstraint(
                condition=Q(code__isnull=False, notification__isnull=True) | Q(code__isnull=True, notification__isnull=False),
                name="identity_smsmessage_code_or_notice",
            ),
            models.CheckConstraint(
                condition=Q(state="SENT", reported_at__isnull=True) | ~Q(state="SENT") & Q(reported_at__isnull=False),
                name="identity_smsmessage_final_has_moment",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def phone(self) -> str:
        """To whom it went, E.164; empty when the person left."""
        if self.code is not None:
            return self.code.phone
        return self.notification.user.phone if self.notification and self.notification.user else ""
