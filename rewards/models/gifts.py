"""What the house gives for coming back and for bringing somebody along."""

import uuid

from django.db import models
from django.db.models import Q

from credits.models import Entry
from rewards.models.members import Member


def _entry(name: str) -> "models.ForeignKey[Entry | None, Entry | None]":
    return models.ForeignKey(Entry, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=name)


class Attendance(models.Model):
    """
    A member was there on one KST day. streak: days in a row, this one included; a day that a freeze covered keeps it and does not count.

    freezes: left afterwards.   used: spent on the days missed before this one.   tickets, entry: what it brought.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="attendances", db_index=False, verbose_name="회원")
    attended_on = models.DateField("출석한 날")
    streak = models.PositiveIntegerField("연속 일수")
    freezes = models.PositiveSmallIntegerField("남은 보호권")
    used = models.PositiveSmallIntegerField("쓴 보호권", default=0)
    tickets = models.PositiveIntegerField("티켓")
    entry = _entry("티켓 전표")
    at = models.DateTimeField("때")

    class Meta:
        verbose_name = verbose_name_plural = "출석"
        constraints = [
            models.UniqueConstraint(fields=["member", "attended_on"], name="rewards_attendance_once_a_day"),
            models.CheckConstraint(condition=Q(streak__gt=0), name="rewards_attendance_counts_itself"),
            models.CheckConstraint(
                condition=Q(tickets=0, entry__isnull=True) | Q(tickets__gt=0, entry__isnull=False),
                name="rewards_attendance_tickets_have_an_entry",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.attended_on}"


class Referral(models.Model):
    """
    A member joined by another one's invitation. Both get their tickets once, when the friend's first mission is confirmed.

    friend_tickets, inviter_tickets: as promised when the friend joined; the inviter's become 0 above the monthly limit.   REFUSED: nobody
    gets anything, because the friend was here before or is the inviter, or it was taken back, because the first mission was fraud.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "첫 미션을 기다림"
        PAID = "PAID", "지급"
        REFUSED = "REFUSED", "지급하지 않음"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    friend = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="invited_by", verbose_name="친구")
    inviter = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="referrals", db_index=False, verbose_name="초대한 회원")
    state = models.CharField("상태", max_length=8, choices=State.choices, default=State.WAITING)
    friend_tickets = models.PositiveIntegerField("친구가 받는 티켓")
    inviter_tickets = models.PositiveIntegerField("초대한 회원이 받는 티켓")
    friend_entry = _entry("친구 전표")
    inviter_entry = _entry("초대한 회원 전표")
    joined_at = models.DateTimeField("가입한 때")
    closed_at = models.DateTimeField("끝난 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "친구 초대"
        constraints = [
            models.CheckConstraint(condition=~Q(friend=models.F("inviter")), name="rewards_referral_of_somebody_else"),
            models.CheckConstraint(
                condition=Q(state="WAITING", closed_at__isnull=True) | ~Q(state="WAITING") & Q(closed_at__isnull=False),
                name="rewards_referral_closed_has_time",
            ),
            models.CheckConstraint(
                condition=Q(state="PAID") | Q(friend_entry__isnull=True, inviter_entry__isnull=True),
                name="rewards_referral_pays_when_paid",
            ),
        ]
        indexes = [
            models.Index(fields=["inviter", "closed_at"], name="rewards_referrals_of"),
            models.Index(fields=["joined_at"], condition=Q(state="WAITING"), name="rewards_referrals_waiting"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
