"""What was answered to a member who said that a reward is missing."""

import uuid

from django.db import models
from django.db.models import Q

from campaigns.models.evidence import _campaign
from credits.models import Entry
from inquiries.models import Inquiry


class RewardClaim(models.Model):
    """
    One answer, by rule, to "the reward did not come". Asking again gets the same answer while nothing changed.

    participation, attempt: which start it is about.   words: as the member read it.   until: of a wait.   tickets, entry: what goodwill
    paid, never billed to the advertiser.   story: the time line at that moment.   inquiry: what was opened where no rule decides.
    """

    class Decision(models.TextChoices):
        HERE = "HERE", "이미 지급"
        UNFINISHED = "UNFINISHED", "아직 참여 중"
        WAIT = "WAIT", "확인 중"
        NO = "NO", "지급하지 않음"
        GOODWILL = "GOODWILL", "럭플이 보상"
        ASKED = "ASKED", "문의로 확인"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    participation = models.UUIDField("참여")
    attempt = models.PositiveSmallIntegerField("시도")
    campaign = _campaign("reward_claims")
    member_id = models.BigIntegerField("회원")
    decision = models.CharField("답", max_length=10, choices=Decision.choices)
    words = models.CharField("안내", max_length=300)
    until = models.DateTimeField("기다리는 때까지", null=True, blank=True)
    tickets = models.PositiveIntegerField("보상 티켓", default=0)
    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name="보상 전표"
    )
    story = models.TextField("경과", blank=True)
    inquiry = models.ForeignKey(
        Inquiry, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False, verbose_name="문의"
    )
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "보상 확인 요청"
        constraints = [
            models.UniqueConstraint(fields=["participation", "attempt", "decision"], name="campaigns_rewardclaim_one_of_each"),
            models.UniqueConstraint(fields=["participation"], condition=Q(decision="GOODWILL"), name="campaigns_rewardclaim_goodwill_once"),
            models.CheckConstraint(
                condition=Q(decision="GOODWILL", entry__isnull=False, tickets__gt=0)
                | ~Q(decision="GOODWILL") & Q(entry__isnull=True, tickets=0),
                name="campaigns_rewardclaim_goodwill_is_paid",
            ),
        ]
        indexes = [models.Index(fields=["member_id", "at"], name="campaigns_rewardclaims_of")]

    def __str__(self) -> str:
        return f"{self.participation} {self.decision}"
