"""Automatic top-up: cards that a gateway keeps, what the advertiser agreed to, and each charge that came of it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from advertisers.models import Advertiser
from payments.models.orders import Package, PaymentOrder


class SavedCardQuerySet(models.QuerySet["SavedCard"]):
    """Vocabulary of cards."""

    def owned_by(self, advertiser: Advertiser) -> "SavedCardQuerySet":
        """One tenant's cards."""
        return self.filter(advertiser=advertiser)

    def active(self) -> "SavedCardQuerySet":
        """Cards that may be charged, in the order in which they are tried."""
        return self.filter(state=SavedCard.State.ACTIVE).order_by("registered_at", "pk")


class SavedCard(models.Model):
    """
    A card that a gateway keeps for us.

    public_id: names the attempt to register it at the gateway.   sealed_key: what charges it, encrypted; empty before, and once it is gone.
    name: for people, the number masked by the card company.
    """

    class State(models.TextChoices):
        ASKED = "ASKED", "등록 중"
        ACTIVE = "ACTIVE", "사용 중"
        REMOVING = "REMOVING", "지우는 중"
        REMOVED = "REMOVED", "지움"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="saved_cards", verbose_name="광고주")
    gateway = models.CharField("결제사", max_length=30)
    state = models.CharField("상태", max_length=8, choices=State.choices, default=State.ASKED)
    sealed_key = models.TextField("결제 열쇠", blank=True)
    name = models.CharField("카드", max_length=100, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="등록한 사람")
    asked_at = models.DateTimeField("등록 시작")
    registered_at = models.DateTimeField("등록", null=True, blank=True)
    removed_at = models.DateTimeField("지운 때", null=True, blank=True)

    objects = SavedCardQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "등록한 카드"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["ASKED", "REMOVED"], sealed_key="")
                | (Q(state__in=["ACTIVE", "REMOVING"], registered_at__isnull=False) & ~Q(sealed_key="")),
                name="payments_savedcard_has_a_key_while_it_is_kept",
            )
        ]
        indexes = [models.Index(fields=["advertiser", "state"], name="payments_savedcard_of")]

    def __str__(self) -> str:
        return self.name or "카드"


class AutoTopUp(models.Model):
    """
    What an advertiser agreed to: when credits fall below a line, so much is charged to a card, up to so much a month.

    below_credits: free and held credits together.   amount_krw: what one charge takes, as it stood on the page.
    is_armed: the line was not crossed, or was left behind again, since the last charge.   crossing: counts the charges begun.
    stop_reason: why it stopped by itself; empty while it runs, or when a person stopped it.
    """

    advertiser = models.OneToOneField(Advertiser, on_delete=models.PROTECT, related_name="auto_top_up", verbose_name="광고주")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="+", verbose_name="상품")
    amount_krw = models.BigIntegerField("한 번에 결제할 금액")
    below_credits = models.BigIntegerField("충전할 기준")
    monthly_limit_krw = models.BigIntegerField("한 달 한도")
    is_on = models.BooleanField("켜짐", default=True)
    is_armed = models.BooleanField("다음 충전 준비됨", default=True)
    crossing = models.PositiveIntegerField("충전한 횟수", default=0)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="동의한 사람")
    agreed_at = models.DateTimeField("동의")
    stopped_at = models.DateTimeField("멈춤", null=True, blank=True)
    stop_reason = models.CharField("멈춘 이유", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "자동 충전"
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_krw__gt=0, below_credits__gt=0, monthly_limit_krw__gte=models.F("amount_krw")),
                name="payments_autotopup_sums_make_sense",
            ),
            models.CheckConstraint(
                condition=Q(is_on=True, stopped_at=None) | Q(is_on=False, stopped_at__isnull=False),
                name="payments_autotopup_stopped_has_its_moment",
            ),
        ]
        indexes = [models.Index(fields=["is_on"], condition=Q(is_on=True), name="payments_autotopup_on")]

    def __str__(self) -> str:
        return f"{self.advertiser} {self.amount_krw:,}"


class AutoCharge(models.Model):
    """
    One crossing of the line: one order, charged to one card, or to the next where one refused.

    try_no: raised with every card.   card: the one tried last.   failed_attempt: the gateway's name for the last refusal.
      UNKNOWN: nobody could say in time; the order is still asked about.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "결제 중"
        UNKNOWN = "UNKNOWN", "확인 중"
        DONE = "DONE", "충전함"
        FAILED = "FAILED", "결제 실패"

    OPEN = (State.WAITING, State.UNKNOWN)

    setting = models.ForeignKey(AutoTopUp, on_delete=models.PROTECT, related_name="charges", verbose_name="자동 충전")
    crossing = models.PositiveIntegerField("몇 번째")
    order = models.OneToOneField(PaymentOrder, on_delete=models.PROTECT, related_name="auto_charge", verbose_name="주문")
    card = models.ForeignKey(SavedCard, on_delete=models.PROTECT, related_name="charges", verbose_name="카드")
    try_no = models.PositiveSmallIntegerField("시도", default=1)
    state = models.CharField("상태", max_length=8, choices=State.choices, default=State.WAITING)
    failure = models.CharField("실패 이유", max_length=200, blank=True)
    failed_attempt = models.CharField("거절된 시도", max_length=100, blank=True)
    started_at = models.DateTimeField("시작")
    ended_at = models.DateTimeField("끝", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "자동 충전 내역"
        constraints = [
            models.UniqueConstraint(fields=["setting", "crossing"], name="payments_autocharge_one_for_each_crossing"),
            models.UniqueConstraint(
                fields=["setting"], condition=Q(state__in=["WAITING", "UNKNOWN"]), name="payments_autocharge_one_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.get_state_display()}"
