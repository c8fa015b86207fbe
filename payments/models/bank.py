"""The house's own bank account: what its statement says came in, and what somebody has to send from it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from identity.models import User
from payments.models.orders import PaymentOrder


class BankDeposit(models.Model):
    """
    One line of our bank's statement: money that came. Until somebody knows whose it is, it stands in the house account UNALLOCATED.

    number: the bank's own number of the line, so that a statement may be brought twice.   depositor: the name the sender wrote.
    order: whose it is.   noted_by: who brought the statement.   decided_by: who matched it with an order, or wants it sent back.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "주문 찾는 중"
        MATCHED = "MATCHED", "주문에 연결함"
        RETURNING = "RETURNING", "돌려주는 중"
        RETURNED = "RETURNED", "돌려줌"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField("거래 번호", max_length=60, unique=True)
    received_at = models.DateTimeField("입금")
    amount_krw = models.BigIntegerField("금액")
    depositor = models.CharField("입금자", max_length=60)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.WAITING)
    order = models.ForeignKey(
        PaymentOrder, on_delete=models.PROTECT, related_name="bank_deposits", verbose_name="주문", null=True, blank=True
    )
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="올린 사람")
    noted_at = models.DateTimeField("올린 때")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="결정한 사람", null=True, blank=True
    )
    decided_at = models.DateTimeField("결정", null=True, blank=True)
    reason = models.CharField("결정 이유", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "통장 입금"
        constraints = [
            models.CheckConstraint(condition=Q(amount_krw__gt=0), name="payments_bankdeposit_is_money"),
            models.CheckConstraint(
                condition=Q(state="MATCHED", order__isnull=False) | (~Q(state="MATCHED") & Q(order=None)),
                name="payments_bankdeposit_matched_names_its_order",
            ),
            models.CheckConstraint(
                condition=Q(state="WAITING") | (Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="payments_bankdeposit_decided_names_who",
            ),
        ]
        indexes = [models.Index(fields=["state", "received_at"], name="payments_bankdeposit_queue")]

    def __str__(self) -> str:
        return f"{self.depositor} {self.amount_krw:,}"


class BankPayout(models.Model):
    """
    Money that somebody has to send from our account, and the number that the bank gave it: a refund or a return of what came into it.

    key: of the refund's or return's present try, made before.   ref: the order whose money it was; empty where `deposit` was nobody's.
    sealed_account: bank, number and holder, encrypted.   agreed_by: who decided that it goes back, and so may not send it.
    taken_over_by: a colleague who has it now, because whoever began it is away.
    """

    class State(models.TextChoices):
        ASKED = "ASKED", "이체 대기"
        STARTED = "STARTED", "이체 중"
        DONE = "DONE", "이체함"
        CALLED_OFF = "CALLED_OFF", "취소"

    OPEN = (State.ASKED, State.STARTED)

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField("키", max_length=200, unique=True)
    ref = models.CharField("결제 번호", max_length=40, blank=True)
    deposit = models.ForeignKey(
        BankDeposit, on_delete=models.PROTECT, related_name="payouts", verbose_name="통장 입금", null=True, blank=True
    )
    amount_krw = models.BigIntegerField("금액")
    sealed_account = models.TextField("받을 계좌")
    reason = models.CharField("이유", max_length=200)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.ASKED)
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="결정한 사람")
    asked_at = models.DateTimeField("요청")
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="이체하는 사람", null=True, blank=True
    )
    taken_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="넘겨받은 사람", null=True, blank=True
    )
    taken_over_at = models.DateTimeField("넘겨받은 때", null=True, blank=True)
    transfer_no = models.CharField("이체 번호", max_length=60, blank=True)
    ended_at = models.DateTimeField("끝", null=True, blank=True)
    ending = models.CharField("취소한 이유", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "보낼 돈"
        constraints = [
            models.CheckConstraint(condition=Q(amount_krw__gt=0), name="payments_bankpayout_moves_something"),
            models.CheckConstraint(
                condition=Q(ref="", deposit__isnull=False) | (~Q(ref="") & Q(deposit=None)), name="payments_bankpayout_is_of_one_thing"
            ),
            models.CheckConstraint(condition=~Q(sent_by=models.F("agreed_by")), name="payments_bankpayout_two_people"),
            models.CheckConstraint(condition=~Q(taken_over_by=models.F("agreed_by")), name="payments_bankpayout_taken_over_by_another"),
            models.CheckConstraint(
                condition=~Q(state="DONE") | (~Q(transfer_no="") & Q(sent_by__isnull=False, ended_at__isnull=False)),
                name="payments_bankpayout_done_has_its_number",
            ),
            models.CheckConstraint(condition=~Q(state="CALLED_OFF") | ~Q(ending=""), name="payments_bankpayout_end_has_a_reason"),
            models.UniqueConstraint(fields=["transfer_no"], condition=~Q(transfer_no=""), name="payments_bankpayout_number_once"),
        ]
        indexes = [
            models.Index(fields=["state", "asked_at"], name="payments_bankpayout_queue"),
            models.Index(fields=["ref"], condition=~Q(ref=""), name="payments_bankpayout_of_order"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_krw:,} {self.get_state_display()}"

    @property
    def holder(self) -> User | None:
        """Who alone may end it once it is begun; None before."""
        return self.taken_over_by or self.sent_by
