"""What is kept of people who left, and how long anything personal is kept."""

import uuid

from django.db import models
from django.db.models import F, Q


class WithdrawnPerson(models.Model):
    """
    What the law wants kept of somebody who left, apart from everything else: nothing refers to it and it refers to nothing.

    person: the public number that the ledger and the orders still know, of a person or of an advertiser whose owner stays.
    kind: of person.   sealed: JSON under FIELD_KEYS.   purge_on: the day on which it is destroyed.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    person = models.UUIDField("사람", unique=True)
    kind = models.CharField("종류", max_length=12)
    sealed = models.TextField("내용(암호화)")
    withdrawn_at = models.DateTimeField("떠난 때")
    purge_on = models.DateField("파기일")

    class Meta:
        verbose_name = verbose_name_plural = "떠난 사람"
        constraints = [
            models.CheckConstraint(condition=Q(purge_on__gt=F("withdrawn_at__date")), name="identity_withdrawnperson_kept_for_a_while")
        ]
        indexes = [models.Index(fields=["purge_on"], name="identity_withdrawn_purge")]

    def __str__(self) -> str:
        return str(self.public_id)


class RetentionRule(models.Model):
    """
    How long one kind of personal data is kept, why, and which job destroys it. Rows are written by the job from what the apps declare.

    keep_days: after the moment the rule names.   last_count: rows destroyed in the last run.   job: empty where history is never destroyed.
    """

    key = models.CharField("키", max_length=60, unique=True)
    what = models.CharField("무엇을", max_length=120)
    why = models.CharField("왜", max_length=200)
    keep_days = models.PositiveIntegerField("보관하는 날")
    job = models.CharField("작업", max_length=60, blank=True)
    last_run_at = models.DateTimeField("마지막 실행", null=True, blank=True)
    last_count = models.PositiveIntegerField("마지막 파기 건수", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "보관 기간"

    def __str__(self) -> str:
        return self.what
