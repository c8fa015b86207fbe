"""Bonus on top of a top-up: what is offered, and what became of each promise."""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from advertisers.models import Advertiser
from payments.models.orders import PaymentOrder


class OfferQuerySet(models.QuerySet["Offer"]):
    """Vocabulary of offers."""

    def running(self, at: datetime) -> "OfferQuerySet":
        """Offers whose dates include a moment."""
        return self.filter(starts_at__lte=at, ends_at__gt=at)

    def for_everybody(self) -> "OfferQuerySet":
        """Rules: they apply by themselves."""
        return self.filter(code="")


class Offer(models.Model):
    """
    Bonus credits for a top-up of `from_credits` or more, between two moments, as far as the budget goes.

    code: upper case, typed by the buyer, once per advertiser; empty: a rule that applies by itself.   percent, fixed_credits: one of
    them.   reserved_credits, granted_credits: promised to orders that may be paid, and given.   lifetime_days: of the bonus; empty: the
    dated setting.   campaign_types: keys of the only types of campaign that may use it; empty: all.
    """

    name = models.CharField("이름", max_length=60)
    code = models.CharField("쿠폰 번호", max_length=20, blank=True)
    from_credits = models.BigIntegerField("이 크레딧부터")
    percent = models.DecimalField("비율(%)", max_digits=5, decimal_places=2, null=True, blank=True)
    fixed_credits = models.BigIntegerField("정해진 크레딧", null=True, blank=True)
    budget_credits = models.BigIntegerField("예산")
    reserved_credits = models.BigIntegerField("약속한 크레딧", default=0)
    granted_credits = models.BigIntegerField("드린 크레딧", default=0)
    lifetime_days = models.PositiveSmallIntegerField("사용 기한(일)", null=True, blank=True)
    campaign_types = ArrayField(models.CharField(max_length=20), verbose_name="쓸 수 있는 캠페인", default=list, blank=True)
    starts_at = models.DateTimeField("시작")
    ends_at = models.DateTimeField("끝")
    created_at = models.DateTimeField("등록", auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="등록한 사람")

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "보너스와 쿠폰"
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__isnull=False, percent__gt=0, percent__lte=100, fixed_credits=None)
                | Q(percent=None, fixed_credits__isnull=False, fixed_credits__gt=0),
                name="payments_offer_percent_or_fixed",
            ),
            models.CheckConstraint(
                condition=Q(from_credits__gte=0, reserved_credits__gte=0, granted_credits__gte=0), name="payments_offer_never_below_zero"
            ),
            models.CheckConstraint(
                condition=Q(budget_credits__gte=F("reserved_credits") + F("granted_credits")), name="payments_offer_within_its_budget"
            ),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="payments_offer_starts_before_it_ends"),
            models.UniqueConstraint(fields=["code"], condition=~Q(code=""), name="payments_offer_code_once"),
        ]
        indexes = [models.Index(fields=["ends_at"], condition=Q(code=""), name="payments_offer_rules")]

    def __str__(self) -> str:
        return f"{self.name} {self.code}".strip()

    @property
    def left_credits(self) -> int:
        """What may still be promised."""
        return self.budget_credits - self.reserved_credits - self.granted_credits

    @property
    def is_coupon(self) -> bool:
        """True when its code must be typed."""
        return self.code != ""

    def bonus_for(self, credits: int) -> int:
        """The bonus on a top-up of so many credits, rounded down; 0 when that is too little. Dates and budget are not asked."""
        if credits < self.from_credits:
            return 0
        return int(credits * self.percent / Decimal(100)) if self.percent is not None else self.fixed_credits or 0


class OfferUse(models.Model):
    """
    One promise of an offer to one order. is_once: nobody gets the offer a second time.

    RESERVED counts against the budget until the order is paid, or given up; a released promise is renewed when there is still room.
    """

    class State(models.TextChoices):
        RESERVED = "RESERVED", "약속"
        GRANTED = "GRANTED", "드림"
        RELEASED = "RELEASED", "풀림"

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="uses", verbose_name="보너스와 쿠폰")
    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, related_name="offer_uses", verbose_name="주문")
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="+", verbose_name="광고주")
    credits = models.BigIntegerField("크레딧")
    is_once = models.BooleanField("한 번만")
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.RESERVED)
    reserved_at = models.DateTimeField("약속한 때")
    decided_at = models.DateTimeField("드리거나 푼 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "보너스 약속"
        constraints = [
            models.CheckConstraint(condition=Q(credits__gt=0), name="payments_offeruse_promises_something"),
            models.UniqueConstraint(fields=["order", "offer"], name="payments_offeruse_once_per_order"),
            models.UniqueConstraint(
                fields=["offer", "advertiser"],
                condition=Q(is_once=True, state__in=["RESERVED", "GRANTED"]),
                name="payments_offeruse_coupon_once_per_advertiser",
            ),
        ]
        indexes = [models.Index(fields=["reserved_at"], condition=Q(state="RESERVED"), name="payments_offeruse_reserved")]

    def __str__(self) -> str:
        return f"{self.offer_id} {self.order_id}"
