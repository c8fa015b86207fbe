"""The other way back: a bank account of the owner, and one transfer to it by hand."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from advertisers.models import Advertiser
from common import sealed
from identity.models import User
from payments.gateways import banks
from payments.models.orders import Refund


class RefundAccountQuerySet(models.QuerySet["RefundAccount"]):
    """Vocabulary of refund accounts."""

    def owned_by(self, advertiser: Advertiser) -> "RefundAccountQuerySet":
        """One tenant's accounts."""
        return self.filter(advertiser=advertiser)

    def current(self) -> "RefundAccountQuerySet":
        """Accounts that no newer one took the place of."""
        return self.filter(replaced_at=None)


class RefundAccount(models.Model):
    """
    A bank account in the advertiser's own name, as the bank confirmed it. Never changed: a new one replaces it.

    bank: three digits.   sealed_number: the whole number, encrypted; last_digits are what pages show.   usable_at: not before, so that
    the other people of the team can object to a change they did not make.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="refund_accounts", verbose_name="광고주")
    bank = models.CharField("은행", max_length=3)
    sealed_number = models.CharField("계좌 번호(암호)", max_length=200)
    last_digits = models.CharField("끝자리", max_length=4)
    holder = models.CharField("예금주", max_length=60)
    verification_id = models.CharField("확인 번호", max_length=100, blank=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="등록한 사람")
    registered_at = models.DateTimeField("등록")
    usable_at = models.DateTimeField("쓸 수 있는 때")
    replaced_at = models.DateTimeField("바꾼 때", null=True, blank=True)

    objects = RefundAccountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "환불 계좌"
        constraints = [
            models.UniqueConstraint(fields=["advertiser"], condition=Q(replaced_at=None), name="payments_refundaccount_one_current"),
            models.CheckConstraint(condition=Q(usable_at__gte=F("registered_at")), name="payments_refundaccount_waits_first"),
        ]

    def __str__(self) -> str:
        return f"{self.bank_name} …{self.last_digits}"

    @property
    def bank_name(self) -> str:
        """The bank in words."""
        return banks.name_of(self.bank)

    @property
    def number(self) -> str:
        """The whole number. Whoever shows it writes down to whom."""
        return sealed.unseal(self.sealed_number)


class BankTransfer(models.Model):
    """
    One refund that goes to a bank account by hand, because the card cannot take it back. Three steps, each by a person: asked for,
    agreed to by another one, begun by whoever sits at the bank; it ends with the number the bank gave, or is called off.

    taken_over_by: a colleague who has it now, because whoever began it is away.
    """

    class State(models.TextChoices):
        ASKED = "ASKED", "두 번째 승인 대기"
        APPROVED = "APPROVED", "이체 대기"
        STARTED = "STARTED", "이체 중"
        DONE = "DONE", "이체함"
        CALLED_OFF = "CALLED_OFF", "취소"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="transfers", verbose_name="환불")
    account = models.ForeignKey(RefundAccount, on_delete=models.PROTECT, related_name="+", verbose_name="환불 계좌")
    amount_krw = models.BigIntegerField("금액")
    state = models.CharField("상태", max_length=12, choices=State.choices, default=State.ASKED)
    reason = models.CharField("이유", max_length=200)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="요청한 사람")
    asked_at = models.DateTimeField("요청")
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="승인한 사람", null=True, blank=True
    )
    approved_at = models.DateTimeField("승인", null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="이체하는 사람", null=True, blank=True
    )
    started_at = models.DateTimeField("이체 시작", null=True, blank=True)
    taken_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="넘겨받은 사람", null=True, blank=True
    )
    taken_over_at = models.DateTimeField("넘겨받은 때", null=True, blank=True)
    transfer_no = models.CharField("이체 번호", max_length=60, blank=True)
    ended_at = models.DateTimeField("끝", null=True, blank=True)
    ending = models.CharField("취소한 이유", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "계좌 환불"
        constraints = [
            models.CheckConstraint(condition=Q(amount_krw__gt=0), name="payments_banktransfer_moves_something"),
            models.CheckConstraint(
                condition=Q(state__in=["ASKED", "CALLED_OFF"]) | (Q(approved_by__isnull=False) & ~Q(approved_by=F("asked_by"))),
                name="payments_banktransfer_two_people",
            ),
            models.CheckConstraint(condition=~Q(state="DONE") | ~Q(transfer_no=""), name="payments_banktransfer_done_has_its_number"),
            models.CheckConstraint(condition=~Q(state="CALLED_OFF") | ~Q(ending=""), name="payments_banktransfer_end_has_a_reason"),
            models.UniqueConstraint(fields=["refund"], condition=~Q(state="CALLED_OFF"), name="payments_banktransfer_one_per_refund"),
            models.UniqueConstraint(fields=["transfer_no"], condition=~Q(transfer_no=""), name="payments_banktransfer_number_once"),
        ]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def holder(self) -> User | None:
        """Who alone may end it once it is begun; None before."""
        return self.taken_over_by or self.started_by

    @property
    def may_still_be_called_off(self) -> bool:
        """True while nobody has begun to send money."""
        return self.state in (self.State.ASKED, self.State.APPROVED)
