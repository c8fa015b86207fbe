"""The team around an advertiser: what a role may commit, who was invited, who gets reports."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from advertisers.models.tenants import Advertiser, Membership
from common.history import remembered


@remembered("advertiser", "role", "monthly_credits", "monthly_top_up_credits", name="한도 변경 이력")
class RoleLimit(models.Model):
    """
    What everybody of a role may do in a month without a second member; null for no limit.

    monthly_credits: commit to campaigns.   monthly_top_up_credits: pay for.
    """

    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="limits", verbose_name="광고주")
    role = models.CharField("역할", max_length=10, choices=Membership.Role.choices)
    monthly_credits = models.BigIntegerField("한 달 한도", null=True, blank=True)
    monthly_top_up_credits = models.BigIntegerField("한 달 충전 한도", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "역할별 한도"
        constraints = [
            models.UniqueConstraint(fields=["advertiser", "role"], name="advertisers_rolelimit_once"),
            models.CheckConstraint(
                condition=Q(monthly_credits__isnull=True) | Q(monthly_credits__gte=0), name="advertisers_rolelimit_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(monthly_top_up_credits__isnull=True) | Q(monthly_top_up_credits__gte=0),
                name="advertisers_rolelimit_top_up_not_negative",
            ),
            models.CheckConstraint(condition=~Q(role="OWNER"), name="advertisers_rolelimit_never_for_owners"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.monthly_credits} {self.monthly_top_up_credits}"


@remembered("membership", "monthly_credits", "monthly_top_up_credits", name="구성원 한도 변경 이력")
class MemberLimit(models.Model):
    """The same for one member, before that of the role; null where the role's holds."""

    membership = models.OneToOneField(Membership, on_delete=models.PROTECT, related_name="limit", verbose_name="구성원")
    monthly_credits = models.BigIntegerField("한 달 한도", null=True, blank=True)
    monthly_top_up_credits = models.BigIntegerField("한 달 충전 한도", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "구성원 한도"
        constraints = [
            models.CheckConstraint(
                condition=(Q(monthly_credits__isnull=True) | Q(monthly_credits__gte=0))
                & (Q(monthly_top_up_credits__isnull=True) | Q(monthly_top_up_credits__gte=0)),
                name="advertisers_memberlimit_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership_id} {self.monthly_credits} {self.monthly_top_up_credits}"


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Vocabulary of invitations."""

    def open(self, at: datetime) -> "InvitationQuerySet":
        """Those that may still be accepted."""
        return self.filter(state=Invitation.State.OPEN, expires_at__gt=at)


class Invitation(models.Model):
    """
    A place in a team, offered by mail.

    sent_no: counts the mails; only the newest one's link works.   token_hash: SHA-256 of that link's token.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", "대기"
        ACCEPTED = "ACCEPTED", "수락"
        REVOKED = "REVOKED", "취소"

    INVITABLE = (Membership.Role.MANAGER, Membership.Role.FINANCE, Membership.Role.REPORTER)

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="invitations", verbose_name="광고주")
    email = models.EmailField("이메일")
    role = models.CharField("역할", max_length=10, choices=Membership.Role.choices)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.OPEN)
    sent_no = models.PositiveSmallIntegerField("보낸 횟수", default=1)
    token_hash = models.CharField("토큰 해시", max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="초대한 사람")
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="수락한 사람"
    )
    created_at = models.DateTimeField("초대한 때")
    expires_at = models.DateTimeField("기한")
    closed_at = models.DateTimeField("끝난 때", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "초대"
        constraints = [
            models.UniqueConstraint(
                fields=["advertiser", "email"], condition=Q(state="OPEN"), name="advertisers_invitation_one_open_per_address"
            ),
            models.CheckConstraint(condition=~Q(role="OWNER"), name="advertisers_invitation_never_as_owner"),
            models.CheckConstraint(
                condition=Q(state="OPEN", closed_at__isnull=True) | ~Q(state="OPEN") & Q(closed_at__isnull=False),
                name="advertisers_invitation_closed_once",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="advertisers_invitation_has_time"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ReportRecipient(models.Model):
    """
    The fifth role: an address that gets reports by mail. There is no account behind it, so it can neither sign in nor see a page.

    confirmed_at: when its owner pressed the button of our mail; before that no report goes there.   stopped_at: when they had enough; the
    row stays, so that nobody registers the address again without their yes.   sent_no: counts the mails that ask.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="report_recipients", verbose_name="광고주")
    email = models.EmailField("이메일")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="등록한 사람")
    added_at = models.DateTimeField("등록한 때")
    sent_no = models.PositiveSmallIntegerField("물은 횟수", default=1, db_default=1)
    confirmed_at = models.DateTimeField("받겠다고 한 때", null=True, blank=True)
    stopped_at = models.DateTimeField("그만 받겠다고 한 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "보고서 받는 주소"
        constraints = [models.UniqueConstraint(fields=["advertiser", "email"], name="advertisers_reportrecipient_once")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def is_reading(self) -> bool:
        """True when its owner said yes, and has not said no since. Nothing else is ever sent a report."""
        return self.confirmed_at is not None and self.stopped_at is None

    @property
    def state_word(self) -> str:
        """Whether reports go there, in a word."""
        if self.stopped_at:
            return "수신 거부"
        return "받는 중" if self.is_reading else "확인 기다림"
