"""Surety insurance for prepaid credits: the policies that were taken out."""

from datetime import date

from django.db import models
from django.db.models import F, Q

from common.history import remembered


class SuretyPolicyQuerySet(models.QuerySet["SuretyPolicy"]):
    """Vocabulary of policies."""

    def valid_on(self, on: date) -> "SuretyPolicyQuerySet":
        """Those that cover this day."""
        return self.filter(valid_from__lte=on, valid_until__gte=on)


@remembered("number", "amount_krw", "valid_from", "valid_until", name="보증보험 변경 이력")
class SuretyPolicy(models.Model):
    """
    One policy. What is insured on a day is the sum of those valid then.

    number: the insurer's.   valid_from, valid_until: days in Korea, both included.
    """

    number = models.CharField("증권번호", max_length=40, unique=True)
    insurer = models.CharField("보험사", max_length=60, default="서울보증보험")
    amount_krw = models.BigIntegerField("가입 금액")
    valid_from = models.DateField("시작일")
    valid_until = models.DateField("종료일")

    objects = SuretyPolicyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "보증보험"
        constraints = [
            models.CheckConstraint(condition=Q(amount_krw__gt=0), name="payments_suretypolicy_insures_something"),
            models.CheckConstraint(condition=Q(valid_until__gte=F("valid_from")), name="payments_suretypolicy_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return self.number
