"""Steps of missions that are earned one by one inside one unit of the budget, and who asked to be chosen for one."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from campaigns.models.campaigns import Campaign
from common.guards import append_only


class EarnedStep(models.Model):
    """
    One verified step of a participation: its part of the unit price, and the tickets it brought.

    step: from 1, in the order of the type's `parts`.   credits: of the price.   grant_entry_id: the ledger's entry.
    Written only by the functions of `campaigns.migrations`.
    """

    participation = models.UUIDField("참여")
    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="earned_steps", verbose_name="캠페인"
    )
    member_id = models.BigIntegerField("회원")
    step = models.PositiveSmallIntegerField("단계")
    credits = models.BigIntegerField("단계 단가")
    tickets = models.PositiveIntegerField("단계 티켓")
    grant_entry_id = models.BigIntegerField("지급 전표")
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "확인한 단계"
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["participation", "step"], name="campaigns_earnedstep_once"),
            models.CheckConstraint(condition=Q(step__gt=0, credits__gt=0, tickets__gt=0), name="campaigns_earnedstep_is_worth_something"),
        ]
        indexes = [models.Index(fields=["campaign", "at"], name="campaigns_earnedstep_of")]

    def __str__(self) -> str:
        return f"{self.participation} {self.step}"


class Application(models.Model):
    """
    A member asks to be chosen for a mission whose advertiser chooses. It takes no unit of the budget; a chosen member starts.

    text: why, as the advertiser reads it; never a name.   handover: from the advertiser to the chosen member, e.g. the code to order with.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "선정 대기"
        CHOSEN = "CHOSEN", "선정"
        NOT_CHOSEN = "NOT_CHOSEN", "미선정"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    campaign = models.ForeignKey(
        Campaign, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="applications", verbose_name="캠페인"
    )
    member_id = models.BigIntegerField("회원")
    text = models.CharField("신청 내용", max_length=300)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.WAITING)
    handover = models.CharField("전달한 내용", max_length=300, blank=True)
    applied_at = models.DateTimeField("신청")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name="고른 사람",
    )
    decided_at = models.DateTimeField("고른 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "미션 신청"
        constraints = [
            models.UniqueConstraint(fields=["campaign", "member_id"], name="campaigns_application_once"),
            models.CheckConstraint(
                condition=Q(state="WAITING", decided_by=None, decided_at=None)
                | (~Q(state="WAITING") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="campaigns_application_decisions_have_an_author",
            ),
        ]
        indexes = [models.Index(fields=["campaign", "state", "applied_at"], name="campaigns_application_desk")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_chosen(self) -> bool:
        return self.state == self.State.CHOSEN
