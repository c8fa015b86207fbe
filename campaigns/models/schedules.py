"""Reports by mail, on a calendar, for one person or address each."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from advertisers.models import Advertiser, Membership, ReportRecipient


class ReportScheduleQuerySet(models.QuerySet["ReportSchedule"]):
    """Vocabulary of reports."""

    def owned_by(self, advertiser: Advertiser) -> "ReportScheduleQuerySet":
        """Those about this advertiser's campaigns."""
        return self.filter(advertiser=advertiser)


class ReportSchedule(models.Model):
    """
    When a report goes to whom: to a member of the team, or to an address that gets reports and nothing else.

    weekday: 0 for Monday, counts for weekly ones.   day: of the month, counts for monthly ones.   hour: of the day in Seoul.
    next_at: when the next one goes out.
    """

    class Every(models.TextChoices):
        DAY = "DAY", "매일"
        WEEK = "WEEK", "매주"
        MONTH = "MONTH", "매달"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="+", verbose_name="광고주")
    member = models.ForeignKey(
        Membership, on_delete=models.CASCADE, related_name="+", null=True, blank=True, db_index=False, verbose_name="구성원"
    )
    recipient = models.ForeignKey(
        ReportRecipient, on_delete=models.CASCADE, related_name="+", null=True, blank=True, db_index=False, verbose_name="보고서 받는 주소"
    )
    every = models.CharField("주기", max_length=5, choices=Every.choices)
    weekday = models.PositiveSmallIntegerField("요일", default=0)
    day = models.PositiveSmallIntegerField("날짜", default=1)
    hour = models.PositiveSmallIntegerField("시각", default=9)
    next_at = models.DateTimeField("다음 보고", db_index=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="정한 사람"
    )
    created_at = models.DateTimeField("정한 때")

    objects = ReportScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "성과 보고"
        constraints = [
            models.UniqueConstraint(fields=["member", "every"], name="campaigns_reportschedule_once_per_member"),
            models.UniqueConstraint(fields=["recipient", "every"], name="campaigns_reportschedule_once_per_address"),
            models.CheckConstraint(
                condition=Q(member__isnull=False, recipient__isnull=True) | Q(member__isnull=True, recipient__isnull=False),
                name="campaigns_reportschedule_to_somebody",
            ),
            models.CheckConstraint(
                condition=Q(weekday__lte=6, day__gte=1, day__lte=28, hour__lte=23), name="campaigns_reportschedule_on_the_calendar"
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def words(self) -> str:
        """When it goes out, in words."""
        when = {"DAY": "매일", "WEEK": f"매주 {'월화수목금토일'[self.weekday]}요일", "MONTH": f"매달 {self.day}일"}[self.every]
        return f"{when} {self.hour}시"

    @property
    def email(self) -> str:
        """Where to; empty when nobody is there any more."""
        if self.member is not None:
            return self.member.user.email if self.member.is_active and self.member.user.is_active else ""
        return self.recipient.email if self.recipient is not None and self.recipient.is_reading else ""

    @property
    def is_read(self) -> bool:
        """True while somebody gets it. The advertiser comes with the row."""
        return bool(self.email) and self.advertiser.is_active
