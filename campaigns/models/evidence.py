"""What is kept of a participation beside its own row: what its member sent, why it was doubted, and who told us of it."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign
from campaigns.types.base import Kept
from common.guards import append_only

NO_LOOK = ""


def _campaign(related_name: str, **more: Any) -> "models.ForeignKey[Any, Any]":
    """Members' rows and advertisers' rows share no foreign key in the database."""
    return models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name=related_name, verbose_name="캠페인", **more
    )


class Evidence(models.Model):
    """
    One thing that a member did or that was told of a participation, and what came of it.

    participation, attempt: which start it belongs to.   step: of a mission of several, else 0.
    data: answers, or the facts of a postback; never a person's name.   file: of a
    picture in private storage.   digest: SHA-256 of that file.   look: 16 hex digits that similar pictures share.   verdict: WAITING
    until a person decided.   decided_by: the person who did; empty for what was judged at once.
    Written only by the functions of `campaigns.migrations` and decided only by `campaigns.services.checking`.
    """

    class Kind(models.TextChoices):
        ANSWER = Kept.ANSWER.value, "답"
        PICTURE = Kept.PICTURE.value, "사진"
        POSTBACK = Kept.POSTBACK.value, "포스트백"
        LINK = Kept.LINK.value, "글 주소"

    class Verdict(models.TextChoices):
        PASSED = "PASSED", "통과"
        FAILED = "FAILED", "틀림"
        WAITING = "WAITING", "확인 대기"
        APPROVED = "APPROVED", "승인"
        REFUSED = "REFUSED", "거절"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    participation = models.UUIDField("참여")
    campaign = _campaign("evidence")
    member_id = models.BigIntegerField("회원")
    period_on = models.DateField("기간")
    attempt = models.PositiveSmallIntegerField("시도")
    step = models.PositiveSmallIntegerField("단계", default=0, db_default=0)
    kind = models.CharField("종류", max_length=10, choices=Kind.choices)
    data = models.JSONField("내용", default=dict)
    file = models.CharField("파일", max_length=100, blank=True)
    digest = models.CharField("파일 해시", max_length=64, blank=True)
    look = models.CharField("사진 지문", max_length=16, blank=True)
    verdict = models.CharField("판정", max_length=8, choices=Verdict.choices)
    at = models.DateTimeField("때")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="확인한 사람",
    )
    decided_at = models.DateTimeField("확인한 때", null=True, blank=True)
    reason = models.CharField("이유", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "참여 증거"
        constraints = [
            models.UniqueConstraint(
                fields=["participation", "step"],
                condition=~Q(verdict__in=("FAILED", "REFUSED")),
                name="campaigns_evidence_one_counts_per_step",
            ),
            models.CheckConstraint(
                condition=~Q(verdict__in=("APPROVED", "REFUSED")) | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="campaigns_evidence_decisions_have_an_author",
            ),
        ]
        indexes = [
            models.Index(fields=["participation"], name="campaigns_evidence_of"),
            models.Index(fields=["campaign", "at"], condition=Q(verdict="WAITING"), name="campaigns_evidence_waiting"),
            models.Index(fields=["digest"], condition=~Q(digest=""), name="campaigns_evidence_same_file"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_waiting(self) -> bool:
        return self.verdict == self.Verdict.WAITING


class FraudSignal(models.Model):
    """One reason for which a participation was doubted. penalty: points off its trust score."""

    participation = models.UUIDField("참여")
    campaign = _campaign("fraud_signals")
    member_id = models.BigIntegerField("회원")
    attempt = models.PositiveSmallIntegerField("시도")
    code = models.CharField("규칙", max_length=40)
    penalty = models.PositiveSmallIntegerField("감점")
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "의심 신호"
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["participation", "attempt", "code"], name="campaigns_fraudsignal_once"),
        ]
        indexes = [models.Index(fields=["campaign", "code"], name="campaigns_fraud_by_code")]

    def __str__(self) -> str:
        return self.code
