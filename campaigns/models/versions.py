"""What was submitted for review, each time a row: a campaign keeps every version it ever had, decided or not."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign
from common.guards import NO_TRUNCATE, Guard

_REFUSE = "RAISE EXCEPTION 'versions are kept: no %', TG_OP USING ERRCODE = 'BC010';"
KEPT = [
    Guard(
        name="kept_as_submitted",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="""
            IF (NEW.campaign_id, NEW.number, NEW.spec, NEW.submitted_by_id, NEW.submitted_at, NEW.appeal_of_id)
               IS DISTINCT FROM (OLD.campaign_id, OLD.number, OLD.spec, OLD.submitted_by_id, OLD.submitted_at, OLD.appeal_of_id) THEN
                RAISE EXCEPTION 'a version stays as it was submitted' USING ERRCODE = 'BC010';
            END IF;
            IF OLD.state <> 'WAITING' AND (NEW.state, NEW.decided_by_id, NEW.decided_at, NEW.reason, NEW.remarks)
               IS DISTINCT FROM (OLD.state, OLD.decided_by_id, OLD.decided_at, OLD.reason, OLD.remarks) THEN
                RAISE EXCEPTION 'a version is decided once' USING ERRCODE = 'BC010';
            END IF;
            RETURN NEW;
        """,
    ),
    Guard(name="refuse_delete", when=pgtrigger.Before, operation=pgtrigger.Delete, func=_REFUSE),
    Guard(name=NO_TRUNCATE, level=pgtrigger.Statement, when=pgtrigger.Before, operation=pgtrigger.Truncate, func=_REFUSE),
]


class CampaignVersion(models.Model):
    """
    One submission of one campaign, and what became of it. What runs is `Campaign.spec`; an approved version is copied there.

    number: 1, 2, 3 … within the campaign.   spec: the whole, as `CampaignSpec` writes it.   changes: paths of the fields that differ
    from what was there before, empty for the first.   due_at: when we promised an answer, business hours counted.   held_at: since
    when its clock stands still because papers are missing.   remarks: reason by path of the field.   decided_by: empty for the clock,
    for the advertiser who withdrew it, and for a trusted advertiser's version, which nobody had to decide.   claimed_by: who reviews
    it.   recheck: why an approved one is to be looked at again, empty when it is not.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "심사중"
        APPROVED = "APPROVED", "승인"
        CHANGES_ASKED = "CHANGES_ASKED", "수정 요청"
        REJECTED = "REJECTED", "반려"
        WITHDRAWN = "WITHDRAWN", "철회"

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="versions", verbose_name="캠페인")
    number = models.PositiveSmallIntegerField("버전")
    spec = models.JSONField("내용")
    changes = models.JSONField("바뀐 항목", default=list)
    appeal_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="appeal", verbose_name="이의를 제기한 버전"
    )
    note = models.CharField("광고주의 말", max_length=1000, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name="제출한 사람"
    )
    submitted_at = models.DateTimeField("제출")
    due_at = models.DateTimeField("답하기로 한 때")
    held_at = models.DateTimeField("서류를 기다리기 시작한 때", null=True, blank=True)
    held_reason = models.CharField("기다리는 서류", max_length=300, blank=True)

    state = models.CharField("심사", max_length=13, choices=State.choices, default=State.WAITING)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="심사한 사람",
    )
    decided_at = models.DateTimeField("심사한 때", null=True, blank=True)
    reason = models.CharField("심사 의견", max_length=1000, blank=True)
    remarks = models.JSONField("항목별 의견", default=dict)

    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="맡은 사람",
    )
    claimed_at = models.DateTimeField("맡은 때", null=True, blank=True)
    recheck = models.CharField("다시 볼 이유", max_length=300, blank=True)
    rechecked_at = models.DateTimeField("다시 본 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "캠페인 버전"
        triggers = KEPT
        constraints = [
            models.UniqueConstraint(fields=["campaign", "number"], name="campaigns_version_numbered_once"),
            models.UniqueConstraint(fields=["campaign"], condition=Q(state="WAITING"), name="campaigns_version_one_waits"),
            models.CheckConstraint(
                condition=Q(state="WAITING", decided_at=None) | (~Q(state="WAITING") & Q(decided_at__isnull=False)),
                name="campaigns_version_decided_at",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("CHANGES_ASKED", "REJECTED")) | ~Q(reason=""), name="campaigns_version_no_has_a_reason"
            ),
            models.CheckConstraint(condition=Q(held_at=None) | ~Q(held_reason=""), name="campaigns_version_held_for_papers"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="WAITING"), name="campaigns_version_queue"),
            models.Index(fields=["decided_at"], condition=~Q(recheck=""), name="campaigns_version_recheck"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} v{self.number}"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_held(self) -> bool:
        """True while its clock stands still."""
        return self.held_at is not None

    @property
    def is_appeal(self) -> bool:
        return self.appeal_of_id is not None

    @property
    def may_be_appealed(self) -> bool:
        """True for a rejection that nobody appealed yet, and that is no answer to an appeal itself. One query."""
        return self.state == self.State.REJECTED and not self.is_appeal and not hasattr(self, "appeal")

    @property
    def title(self) -> str:
        return str(self.spec["design"]["title"])
