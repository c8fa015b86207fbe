"""What is kept of a participation beside its own row: what its member sent, why it was doubted, and who told us of it."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign
from campaigns.types.base import Kept
from common.guards import append_only
from credits.models import Entry

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
    until it was decided.   decided_by: the person who did; empty for what was judged at once, or by a rule when its time was over (`rule`).
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
    rule = models.CharField("정한 규칙", max_length=40, blank=True, default="", db_default="")
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
                condition=~Q(verdict__in=("APPROVED", "REFUSED"))
                | Q(decided_at__isnull=False) & (Q(decided_by__isnull=False) | ~Q(rule="")),
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


class Invalidation(models.Model):
    """
    A finished participation that turned out not to count. The advertiser gets its price back by a credit note; the member keeps the
    tickets unless it was fraud.

    price, tickets: of the participation, in credits and tickets.   is_fraud: the tickets were taken back.   entry: the credit note,
    shared by what was invalidated together.   is_restored: the price went back into the budget of a campaign that lives.
    """

    participation = models.UUIDField("참여", unique=True)
    campaign = _campaign("invalidations")
    member_id = models.BigIntegerField("회원")
    price = models.BigIntegerField("돌려준 크레딧")
    tickets = models.PositiveIntegerField("티켓")
    is_fraud = models.BooleanField("부정 참여")
    is_restored = models.BooleanField("예산에 돌려줌")
    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="정정 전표")
    reason = models.CharField("이유", max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="처리한 사람")
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "무효 처리"
        triggers = append_only()
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="campaigns_invalidation_gives_something_back"),
            models.CheckConstraint(condition=~Q(reason=""), name="campaigns_invalidation_has_a_reason"),
        ]
        indexes = [
            models.Index(fields=["campaign", "at"], name="campaigns_invalidations_of"),
            models.Index(fields=["member_id", "at"], condition=Q(is_fraud=True), name="campaigns_frauds_of_member"),
        ]

    def __str__(self) -> str:
        return str(self.participation)
