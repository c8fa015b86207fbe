"""
Offerwalls: lists of offers that other companies run inside Luckffle. They tell us what a member earned there; we pay the tickets.

A network is declared in `rewards/offerwalls/networks.py`; here is what came from it. Members have no foreign key in the database, so that
what they did can outlive who they were.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.guards import append_only, legal_moves
from credits.models import Entry


class RewardState(models.TextChoices):
    """What became of a reward."""

    PAID = "PAID", "지급"
    HELD = "HELD", "확인 대기"
    REFUSED = "REFUSED", "지급 안 함"
    REVERSED = "REVERSED", "회수"


REWARD_MOVES = {RewardState.HELD: {RewardState.PAID, RewardState.REFUSED}, RewardState.PAID: {RewardState.REVERSED}}


class OfferwallReward(models.Model):
    """
    What one member earned by one offer. transaction: the network's own number of it, taken once and for ever.

    tickets: as the network told.   is_signed: its signature covers the number of tickets.   why: of a wait.   entry: which paid it;
    reversal: which took it back.   decided_by: the operator who decided about one that waited.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    network = models.CharField("오퍼월", max_length=20)
    transaction = models.CharField("거래 번호", max_length=100)
    member_id = models.BigIntegerField("회원")
    tickets = models.PositiveIntegerField("티켓")
    campaign = models.CharField("오퍼", max_length=100, blank=True)
    is_signed = models.BooleanField("금액까지 서명")
    state = models.CharField("상태", max_length=8, choices=RewardState.choices)
    why = models.CharField("기다리는 이유", max_length=200, blank=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="지급 전표")
    reversal = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="회수 전표")
    received_at = models.DateTimeField("받은 때")
    decided_at = models.DateTimeField("정한 때", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="정한 사람"
    )
    reason = models.CharField("이유", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "오퍼월 보상"
        triggers = [legal_moves(REWARD_MOVES, what="an offerwall reward", code="BR004")]
        constraints = [
            models.UniqueConstraint(fields=["network", "transaction"], name="rewards_offerwallreward_once_per_transaction"),
            models.CheckConstraint(condition=Q(tickets__gt=0), name="rewards_offerwallreward_is_of_tickets"),
            models.CheckConstraint(
                condition=Q(state__in=["PAID", "REVERSED"], entry__isnull=False) | Q(state__in=["HELD", "REFUSED"], entry=None),
                name="rewards_offerwallreward_paid_by_an_entry",
            ),
            models.CheckConstraint(
                condition=Q(state="REVERSED", reversal__isnull=False) | (~Q(state="REVERSED") & Q(reversal=None)),
                name="rewards_offerwallreward_reversed_by_an_entry",
            ),
        ]
        indexes = [
            models.Index(fields=["member_id", "-received_at"], name="rewards_offerwall_of_a_member"),
            models.Index(fields=["received_at"], condition=Q(state="HELD"), name="rewards_offerwall_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.transaction}"


class OfferwallCall(models.Model):
    """
    One call of an offerwall's door and what came of it. query: what it said, without proofs and numbers of devices.

    sender: keyed hash of the network address.   Forgotten after six months.
    """

    class Outcome(models.TextChoices):
        PAID = "PAID", "지급"
        HELD = "HELD", "확인 대기"
        REPEATED = "REPEATED", "같은 신호"
        CONFLICT = "CONFLICT", "같은 번호, 다른 내용"
        TAKEN_BACK = "TAKEN_BACK", "회수"
        UNKNOWN_REWARD = "UNKNOWN_REWARD", "모르는 보상의 취소"
        UNKNOWN_MEMBER = "UNKNOWN_MEMBER", "모르는 회원"
        BAD_SIGNATURE = "BAD_SIGNATURE", "틀린 서명"
        WRONG_SENDER = "WRONG_SENDER", "다른 주소"
        MALFORMED = "MALFORMED", "빠진 값"
        SWITCHED_OFF = "SWITCHED_OFF", "꺼 둔 오퍼월"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    network = models.CharField("오퍼월", max_length=20)
    outcome = models.CharField("결과", max_length=14, choices=Outcome.choices)
    transaction = models.CharField("거래 번호", max_length=100, blank=True)
    reward = models.ForeignKey(OfferwallReward, on_delete=models.PROTECT, related_name="calls", null=True, blank=True, verbose_name="보상")
    query = models.TextField("보낸 내용", max_length=2_000, blank=True)
    sender = models.CharField("보낸 곳", max_length=64, blank=True)
    took_ms = models.PositiveIntegerField("걸린 시간(ms)")
    at = models.DateTimeField("언제")

    class Meta:
        verbose_name = verbose_name_plural = "오퍼월 신호"
        indexes = [
            models.Index(fields=["at"], name="rewards_offerwallcall_by_time"),
            models.Index(fields=["sender", "-at"], name="rewards_offerwallcall_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.outcome}"


class OfferwallSwitch(models.Model):
    """An operator opened or closed a network. The newest row of a network is what holds; without one it is open."""

    network = models.CharField("오퍼월", max_length=20)
    is_open = models.BooleanField("열림")
    reason = models.CharField("이유", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="바꾼 사람")
    at = models.DateTimeField("언제")

    class Meta:
        verbose_name = verbose_name_plural = "오퍼월 스위치"
        triggers = append_only()
        indexes = [models.Index(fields=["network", "-at"], name="rewards_offerwallswitch_newest")]

    def __str__(self) -> str:
        return f"{self.network} {'on' if self.is_open else 'off'}"
