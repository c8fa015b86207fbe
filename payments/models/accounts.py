"""Virtual accounts, money that belongs to no order as it came, and the pay windows an order was let into."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from payments.gateways import banks
from payments.models.orders import PaymentOrder


class VirtualAccount(models.Model):
    """
    The account into which one order is paid.

    bank: three digits, see gateways/banks.   due_at: it takes no money afterwards.   secret_hash: SHA-256 of what the gateway puts into
    messages about deposits, or empty.   reminded_at: the team was told that it ends within a day.
    """

    order = models.OneToOneField(PaymentOrder, on_delete=models.PROTECT, related_name="account", verbose_name="주문")
    bank = models.CharField("은행", max_length=3)
    number = models.CharField("계좌번호", max_length=40)
    holder = models.CharField("예금주", max_length=100, blank=True)
    due_at = models.DateTimeField("입금 기한")
    issued_at = models.DateTimeField("발급")
    secret_hash = models.CharField("입금 알림 확인값", max_length=64, blank=True)
    reminded_at = models.DateTimeField("기한 알림", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "가상계좌"
        indexes = [models.Index(fields=["due_at"], condition=Q(reminded_at=None), name="payments_account_to_remind")]

    def __str__(self) -> str:
        return f"{self.bank_name} {self.number}"

    @property
    def bank_name(self) -> str:
        """The bank, in Korean."""
        return banks.name_of(self.bank) or "은행"


class UnallocatedMoney(models.Model):
    """
    Money that a gateway took and that fits no order as it came. It stands in the house account UNALLOCATED until an operator decides.

    key: one per gateway, payment and reason, so that being told again opens no second row.   amount_krw: what came too much or wrong.
    try_no: raised when a return is sent again after a failure.   sealed_account: bank, number and holder it goes back to, encrypted.
    became: the top-up of its own that was made of it; empty when its own order was credited with it.
    """

    class Why(models.TextChoices):
        AMOUNT = "AMOUNT", "주문과 다른 금액을 입금했어요"
        LATE = "LATE", "입금 기한이 지나서 입금했어요"
        TWICE = "TWICE", "같은 주문에 한 번 더 입금했어요"
        SECOND_GATEWAY = "SECOND_GATEWAY", "두 결제사에서 모두 결제했어요"
        LARGE = "LARGE", "운영팀 확인이 필요한 큰 금액이에요"
        BANK = "BANK", "우리 통장에 들어와서 운영팀이 확인해요"

    class State(models.TextChoices):
        OPEN = "OPEN", "처리할 입금"
        ALLOCATED = "ALLOCATED", "충전함"
        RETURNING = "RETURNING", "돌려주는 중"
        RETURNED = "RETURNED", "돌려줌"
        FAILED = "FAILED", "돌려주지 못함"

    OPEN_STATES = (State.OPEN, State.FAILED)

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField("키", max_length=200, unique=True)
    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, related_name="unallocated", verbose_name="주문")
    gateway = models.CharField("결제사", max_length=30)
    amount_krw = models.BigIntegerField("금액")
    why = models.CharField("이유", max_length=20, choices=Why.choices)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.OPEN)
    paid_at = models.DateTimeField("입금")
    found_at = models.DateTimeField("발견")
    try_no = models.PositiveSmallIntegerField("시도", default=1)
    cancel_id = models.CharField("취소 번호", max_length=100, blank=True)
    failure = models.CharField("실패 이유", max_length=200, blank=True)
    sealed_account = models.TextField("돌려줄 계좌", blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="결정한 사람", null=True, blank=True
    )
    decided_at = models.DateTimeField("결정", null=True, blank=True)
    reason = models.CharField("결정 이유", max_length=200, blank=True)
    became = models.OneToOneField(
        PaymentOrder, on_delete=models.PROTECT, related_name="came_from", verbose_name="새로 충전한 주문", null=True, blank=True
    )

    class Meta:
        verbose_name = verbose_name_plural = "주인 모를 입금"
        constraints = [
            models.CheckConstraint(
                condition=Q(became=None) | Q(state="ALLOCATED"), name="payments_unallocatedmoney_became_what_was_allocated"
            ),
            models.CheckConstraint(condition=Q(amount_krw__gt=0), name="payments_unallocatedmoney_is_money"),
            models.CheckConstraint(
                condition=Q(state="OPEN") | (Q(decided_at__isnull=False) & ~Q(reason="")),
                name="payments_unallocatedmoney_decided_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["state", "found_at"], name="payments_unallocated_queue")]

    def __str__(self) -> str:
        return f"{self.order} {self.amount_krw:,}"

    @property
    def cancel_key(self) -> str:
        """The idempotency key of this try, made before the call."""
        return f"{self.public_id}-{self.try_no}"

    @property
    def may_be_decided(self) -> bool:
        """True while nobody decided, or the gateway refused."""
        return self.state in self.OPEN_STATES


class PaymentWindow(models.Model):
    """
    One gateway into whose pay window an order was let: there it may still be paid, however late.

    confirmed_at: we asked it to capture, and it has not said no; until then nobody else is asked to.
    """

    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, related_name="windows", verbose_name="주문")
    gateway = models.CharField("결제사", max_length=30)
    opened_at = models.DateTimeField("처음 연 때")
    confirmed_at = models.DateTimeField("승인을 보낸 때", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "결제창"
        constraints = [models.UniqueConstraint(fields=["order", "gateway"], name="payments_paymentwindow_once_per_gateway")]

    def __str__(self) -> str:
        return f"{self.order} {self.gateway}"
