"""Orders, refunds and differences. State changes happen in services; these rows know facts, names and limits."""

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from advertisers.models import Advertiser
from payments import labels, policy
from payments.gateways.base import Expected, RemotePayment
from payments.gateways.names import HOUSE_BANK

ORDER_PREFIX = "BO"


class PackageQuerySet(models.QuerySet["Package"]):
    """Vocabulary of the price list."""

    def offered(self) -> "PackageQuerySet":
        """What may be bought now, smallest first."""
        return self.filter(is_offered=True).order_by("credits")


class Package(models.Model):
    """One fixed amount that may be bought: card reviewers refuse amounts typed by the buyer."""

    credits = models.BigIntegerField("크레딧", unique=True)
    bonus_credits = models.BigIntegerField("보너스 크레딧", default=0)
    is_offered = models.BooleanField("판매 중", default=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "충전 상품"
        constraints = [
            models.CheckConstraint(condition=Q(credits__gt=0), name="payments_package_credits_positive"),
            models.CheckConstraint(condition=Q(bonus_credits__gte=0), name="payments_package_bonus_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.credits:,}크레딧"

    @property
    def title(self) -> str:
        """What it is called where it is sold."""
        return labels.title_of(self.credits)

    @property
    def vat_krw(self) -> int:
        """VAT added when paying."""
        return policy.vat_of(self.credits)

    @property
    def amount_krw(self) -> int:
        """What the card is charged."""
        return self.credits + self.vat_krw

    @property
    def total_credits(self) -> int:
        """Paid and bonus credits together."""
        return self.credits + self.bonus_credits

    @property
    def bonus_percent(self) -> Decimal:
        """The bonus in percent of the paid credits, at most one decimal."""
        return (Decimal(self.bonus_credits) * 100 / self.credits).quantize(Decimal("0.1")).normalize()


class OrderQuerySet(models.QuerySet["PaymentOrder"]):
    """Vocabulary of orders."""

    def owned_by(self, advertiser: Advertiser) -> "OrderQuerySet":
        """One tenant's orders."""
        return self.filter(advertiser=advertiser)

    def unscoped(self) -> "OrderQuerySet":
        """Of every advertiser, on purpose: the name a reviewer looks for in doors (tests/house/test_scopes.py)."""
        return self.all()

    def credited(self) -> "OrderQuerySet":
        """Orders whose credits were given."""
        return self.filter(credited_at__isnull=False)

    def retryable(self) -> "OrderQuerySet":
        """Orders for which a pay window may be opened: one success per order is all a gateway takes, cancelled or not."""
        closed = Q(method__in=PaymentOrder.INTO_ACCOUNT, state__in=[PaymentOrder.State.FAILED, PaymentOrder.State.ABANDONED])
        return self.filter(state__in=PaymentOrder.RETRYABLE, captured_krw=0).exclude(closed | Q(method=PaymentOrder.AUTO))

    def of_payment(self, gateway: str, ref: str) -> "OrderQuerySet":
        """Every order that one payment at a gateway paid for, by the payment's number there."""
        return self.filter(Q(payment_ref=ref) | Q(payment_ref="", order_id=ref), gateway=gateway)

    def to_check(self, at: datetime) -> "OrderQuerySet":
        """Orders about which the gateway should be asked by now."""
        return self.filter(next_check_at__lte=at)


class PaymentOrder(models.Model):
    """
    One top-up: so many credits for so much money, once.

    order_id: the gateway's payment id too, at most 40 ASCII characters (KG Inicis).   key: the click that made it.
    captured_krw, cancelled_krw: what the gateway's book says it took and gave back, as last seen.
    hinted_at: somebody said that something happened (return page, webhook).   next_check_at: when the sweeper asks.
    opened_by: who let themselves into the pay window last.   seconded_by: the member who agreed to what was above a limit.
    payer_checked_at: when the payer proved who they are before the account's first payment.
    payment_ref: the number of the payment at the gateway where it is not the order's own: money that fitted another order became this one.
    wants_receipt: a business that pays into an account wants a cash receipt (지출증빙) instead of a tax invoice.
    """

    class State(models.TextChoices):
        CREATED = "CREATED", "결제 대기"
        WINDOW_OPEN = "WINDOW_OPEN", "결제 대기"
        ACCOUNT_ISSUED = "ACCOUNT_ISSUED", "입금 대기"
        PAID = "PAID", "결제 완료"
        PART_REFUNDED = "PART_REFUNDED", "부분 환불"
        REFUNDED = "REFUNDED", "환불 완료"
        FAILED = "FAILED", "결제 실패"
        ABANDONED = "ABANDONED", "결제 취소"
        DISPUTED = "DISPUTED", "이의 확인중"

    RETRYABLE = (State.CREATED, State.WINDOW_OPEN, State.FAILED, State.ABANDONED)
    AUTO = "AUTO"  # the method of an order until its kept card was charged
    INTO_ACCOUNT = ("VIRTUAL_ACCOUNT", "BANK")  # methods by which somebody sends money into an account
    CREDITED = (State.PAID, State.PART_REFUNDED, State.REFUNDED, State.DISPUTED)

    order_id = models.CharField("주문번호", max_length=40, unique=True)
    key = models.CharField("키", max_length=200, unique=True)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="payment_orders", verbose_name="광고주")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="주문한 사람")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="+", verbose_name="상품")
    credits = models.BigIntegerField("크레딧")
    bonus_credits = models.BigIntegerField("보너스 크레딧", default=0)
    vat_krw = models.BigIntegerField("부가세")
    amount_krw = models.BigIntegerField("결제 금액")
    gateway = models.CharField("결제사", max_length=30)
    method = models.CharField("결제 수단", max_length=30, blank=True)
    method_name = models.CharField("결제 수단 이름", max_length=100, blank=True)
    state = models.CharField("상태", max_length=20, choices=State.choices, default=State.CREATED)
    is_late = models.BooleanField("늦은 결제", default=False)
    needs_check = models.BooleanField("확인 필요", default=False)
    failure = models.CharField("실패 이유", max_length=200, blank=True)
    receipt_url = models.CharField("영수증", max_length=500, blank=True)
    policy = models.JSONField("환불 기준", default=dict, blank=True)
    return_to = models.CharField("돌아갈 곳", max_length=300, blank=True)
    captured_krw = models.BigIntegerField("승인 금액", default=0)
    cancelled_krw = models.BigIntegerField("취소 금액", default=0)
    created_at = models.DateTimeField("주문")
    window_opened_at = models.DateTimeField("결제창", null=True, blank=True)
    hinted_at = models.DateTimeField("알림 받은 때", null=True, blank=True)
    next_check_at = models.DateTimeField("다음 확인", null=True, blank=True)
    paid_at = models.DateTimeField("결제", null=True, blank=True)
    credited_at = models.DateTimeField("충전", null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="결제창을 연 사람"
    )
    seconded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name="승인한 사람"
    )
    payer_checked_at = models.DateTimeField("결제 전 본인확인", null=True, blank=True)
    payment_ref = models.CharField("결제 번호", max_length=40, blank=True, default="", db_default="")
    wants_receipt = models.BooleanField("현금영수증", default=False, db_default=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "결제 주문"
        constraints = [
            models.CheckConstraint(
                condition=Q(credits__gt=0, vat_krw__gte=0, bonus_credits__gte=0), name="payments_paymentorder_amounts_not_negative"
            ),
            models.CheckConstraint(condition=Q(amount_krw=F("credits") + F("vat_krw")), name="payments_paymentorder_amounts_add_up"),
            models.CheckConstraint(condition=Q(order_id__regex=r"^[A-Za-z0-9_-]{6,40}$"), name="payments_paymentorder_id_fits_the_gateway"),
            models.CheckConstraint(
                condition=Q(state__in=["CREATED", "WINDOW_OPEN", "ACCOUNT_ISSUED", "FAILED", "ABANDONED"], credited_at__isnull=True)
                | Q(
                    state__in=["PAID", "PART_REFUNDED", "REFUNDED", "DISPUTED"],
                    credited_at__isnull=False,
                    paid_at__isnull=False,
                    policy__has_key="refund_window_hours",
                ),
                name="payments_paymentorder_credited_states_have_moment_and_policy",
            ),
        ]
        indexes = [
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="payments_order_to_check"),
            models.Index(fields=["advertiser", "-created_at"], name="payments_order_of_advertiser"),
            models.Index(fields=["payment_ref"], condition=~Q(payment_ref=""), name="payments_order_of_payment"),
        ]

    def __str__(self) -> str:
        return self.order_id

    @property
    def ref(self) -> str:
        """The number of its payment at the gateway."""
        return self.payment_ref or self.order_id

    @property
    def is_credited(self) -> bool:
        """True once its credits were given, whatever went back later."""
        return self.credited_at is not None

    @property
    def may_be_credited(self) -> bool:
        """True while a success at the gateway would still have to be booked."""
        return not self.is_credited

    @property
    def may_be_paid(self) -> bool:
        """
        True when a pay window may be opened: nothing was ever taken, and no difference is being looked into. An order whose
        account was closed is over: money may still come into it. One that is charged to a kept card has no window.
        """
        is_closed = self.is_into_account and self.state in (self.State.FAILED, self.State.ABANDONED)
        is_closed |= self.method == self.AUTO
        return self.state in self.RETRYABLE and self.captured_krw == 0 and not self.needs_check and not is_closed

    @property
    def is_into_account(self) -> bool:
        """True when it is paid into an account: a virtual one of a company, or our own."""
        return self.method in self.INTO_ACCOUNT

    @property
    def depositor(self) -> str:
        """What the sender's name must carry, so that our bank's statement tells whose the money is; empty elsewhere."""
        return self.order_id[-6:] if self.gateway == HOUSE_BANK else ""

    @property
    def is_waiting(self) -> bool:
        """True while the buyer may be in the pay window or on the way back."""
        return self.state in (self.State.WINDOW_OPEN, self.State.ACCOUNT_ISSUED) or self.needs_check

    @property
    def total_credits(self) -> int:
        """Paid and bonus credits together."""
        return self.credits + self.bonus_credits

    @property
    def title(self) -> str:
        """The name of the thing bought, for pay window and receipt."""
        return labels.title_of(self.credits)

    @property
    def refundable_until(self) -> datetime | None:
        """The end of the refund window under the rule of the payment; None before it."""
        if self.paid_at is None:
            return None
        return policy.refundable_until(paid_at=self.paid_at, policy=self.policy)

    @property
    def receipt_link(self) -> str:
        """The card company's slip, if the gateway gave a web address for it."""
        return self.receipt_url if self.receipt_url.startswith(("https://", "http://")) else ""

    def state_by_refunds(self) -> str:
        """The state a credited order has by what went back: PAID, PART_REFUNDED or REFUNDED. One query."""
        back = self.refunds.filter(state=Refund.State.DONE).aggregate(total=models.Sum("credits"))["total"]
        if back is None:
            return self.State.PAID
        return self.State.REFUNDED if back >= self.credits else self.State.PART_REFUNDED

    def differences(self, remote: RemotePayment, expected: Expected) -> dict[str, list[str]]:
        """What of a paid payment is not as it must be: name → [ours, theirs], as text. Empty when every point agrees."""
        points: dict[str, tuple[Any, Any]] = {
            "id": (self.ref, remote.ref),
            "amount_krw": (self.amount_krw, remote.amount_krw),
            "currency": ("KRW", remote.currency),
            "store": (expected.store, remote.store),
            "provider": (expected.provider, remote.provider),
            "version": (expected.version, remote.version),
            "is_live": (expected.is_live, remote.is_live),
        }
        found = {name: [str(ours), str(theirs)] for name, (ours, theirs) in points.items() if ours != theirs}
        if remote.channel not in expected.channels:
            found["channel"] = [" ".join(sorted(expected.channels)), remote.channel]
        return found


class RefundQuerySet(models.QuerySet["Refund"]):
    """Vocabulary of refunds."""

    def owned_by(self, advertiser: Advertiser) -> "RefundQuerySet":
        """One tenant's refunds."""
        return self.filter(order__advertiser=advertiser)

    def counted(self) -> "RefundQuerySet":
        """Refunds that took credits away or still may."""
        return self.exclude(state__in=[Refund.State.DENIED, Refund.State.WITHDRAWN])

    def at_the_gateway(self) -> "RefundQuerySet":
        """Refunds about whose cancel we do not know the end."""
        return self.filter(state__in=[Refund.State.SENT, Refund.State.UNKNOWN])


class Refund(models.Model):
    """
    Money on its way back for one order.

    credits, bonus, promotion: see policy.Terms.   remaining_krw: what we believed could still be cancelled when we sent it.
    try_no: raised when an operator starts again after a failure.   source: asked for by the advertiser, or found at the gateway.
    due_at, delay_interest_percent: the rule of the moment of the request; empty for cancels that nobody here asked for.
    known_on: since when the buyer knows that the goods are not as shown; a withdrawal with longer time. Empty: within the usual window.
    way: by which the money went; BANK once a transfer by hand was made (payments.models.transfers).
    """

    class State(models.TextChoices):
        REQUESTED = "REQUESTED", "요청 접수"
        APPROVED = "APPROVED", "환불 처리중"
        SENT = "SENT", "환불 처리중"
        UNKNOWN = "UNKNOWN", "환불 처리중"
        BANK = "BANK", "환불 처리중"
        DONE = "DONE", "환불 완료"
        FAILED = "FAILED", "검토중"
        DENIED = "DENIED", "환불 반려"
        WITHDRAWN = "WITHDRAWN", "요청 취소"

    class Way(models.TextChoices):
        CARD = "CARD", "카드 취소"
        BANK = "BANK", "계좌 이체"

    class Source(models.TextChoices):
        ADVERTISER = "ADVERTISER", "광고주 요청"
        GATEWAY = "GATEWAY", "결제사에서 취소"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField("키", max_length=200, unique=True)
    order = models.ForeignKey(PaymentOrder, on_delete=models.PROTECT, related_name="refunds", verbose_name="주문")
    way = models.CharField("돌려주는 길", max_length=4, choices=Way.choices, default=Way.CARD, db_default=Way.CARD)
    source = models.CharField("경로", max_length=12, choices=Source.choices, default=Source.ADVERTISER)
    credits = models.BigIntegerField("크레딧")
    bonus = models.BigIntegerField("회수 보너스", default=0)
    promotion = models.BigIntegerField("쓴 보너스만큼 뺀 크레딧", default=0)
    vat_krw = models.BigIntegerField("부가세")
    amount_krw = models.BigIntegerField("환불 금액")
    remaining_krw = models.BigIntegerField("취소 전 남은 금액", null=True, blank=True)
    try_no = models.PositiveSmallIntegerField("시도", default=1)
    state = models.CharField("상태", max_length=12, choices=State.choices, default=State.REQUESTED)
    cancel_id = models.CharField("취소 번호", max_length=100, blank=True)
    reason = models.CharField("이유", max_length=200)
    known_on = models.DateField("표시와 다른 것을 안 날", null=True, blank=True)
    deny_reason = models.CharField("반려 이유", max_length=200, blank=True)
    failure = models.CharField("실패 이유", max_length=200, blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="요청한 사람")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="결정한 사람", null=True, blank=True
    )
    requested_at = models.DateTimeField("요청")
    due_at = models.DateTimeField("기한", null=True, blank=True)
    delay_interest_percent = models.PositiveSmallIntegerField("지연 이자(연 %)", null=True, blank=True)
    decided_at = models.DateTimeField("결정", null=True, blank=True)
    sent_at = models.DateTimeField("보냄", null=True, blank=True)
    done_at = models.DateTimeField("끝", null=True, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "환불"
        constraints = [
            models.CheckConstraint(
                condition=Q(credits__gte=0, bonus__gte=0, promotion__gte=0, vat_krw__gte=0, amount_krw__gt=0),
                name="payments_refund_amounts_not_negative",
            ),
            models.CheckConstraint(condition=Q(amount_krw=F("credits") + F("vat_krw")), name="payments_refund_amounts_add_up"),
            models.CheckConstraint(condition=~Q(state="DENIED") | ~Q(deny_reason=""), name="payments_refund_denial_has_a_reason"),
            models.CheckConstraint(condition=~Q(state="DONE") | ~Q(cancel_id=""), name="payments_refund_done_has_its_cancel"),
            models.UniqueConstraint(fields=["order", "cancel_id"], condition=~Q(cancel_id=""), name="payments_refund_once_per_cancel"),
        ]
        indexes = [models.Index(fields=["state", "requested_at"], name="payments_refund_queue")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def cancel_key(self) -> str:
        """The idempotency key of this try, made before the call."""
        return f"{self.public_id}-{self.try_no}"

    @property
    def last_day(self) -> datetime | None:
        """A moment on the last day on which the refund is in time."""
        return self.due_at - timedelta(seconds=1) if self.due_at else None

    @property
    def delay_interest_krw(self) -> int:
        """What the house owes besides, because a request of the advertiser was carried out late; 0 in time or while it is not done."""
        if self.done_at is None or self.due_at is None:
            return 0
        return policy.delay_interest(
            amount_krw=self.amount_krw, due_at=self.due_at, ended_at=self.done_at, percent=self.delay_interest_percent or 0
        )

    @property
    def may_be_withdrawn(self) -> bool:
        """True until the card company was asked."""
        return self.state in (self.State.REQUESTED, self.State.APPROVED)

    @property
    def may_be_decided(self) -> bool:
        """True while an operator has to decide."""
        return self.state == self.State.REQUESTED

    @property
    def is_stuck(self) -> bool:
        """True when only an operator can move it on."""
        return self.state in (self.State.FAILED, self.State.UNKNOWN)


class ReconciliationItem(models.Model):
    """
    One difference between the gateway's book and ours; it moves no money until a person settles it with a reason.

    key: one per difference, so that finding it again opens no second item.   differences: name → [ours, theirs].
    """

    class Kind(models.TextChoices):
        MISMATCH = "MISMATCH", "결제 내용이 주문과 달라요"
        FOREIGN_CANCEL = "FOREIGN_CANCEL", "결제사에서 직접 취소했어요"
        UNKNOWN_PAYMENT = "UNKNOWN_PAYMENT", "우리 주문에 없는 결제예요"
        MISSING = "MISSING", "결제사에 없는 결제예요"
        REFUND_AMOUNT = "REFUND_AMOUNT", "취소 금액이 환불과 달라요"
        DISPUTE = "DISPUTE", "카드 주인이 이의를 제기했어요"
        UNSETTLED = "UNSETTLED", "정산에 없는 거래예요"
        SETTLED_UNKNOWN = "SETTLED_UNKNOWN", "우리 장부에 없는 정산이에요"
        SETTLED_AMOUNT = "SETTLED_AMOUNT", "정산한 금액이 달라요"
        SETTLED_TWICE = "SETTLED_TWICE", "같은 거래를 두 번 정산했어요"
        SETTLED_FEE = "SETTLED_FEE", "수수료가 계약과 달라요"

    class State(models.TextChoices):
        OPEN = "OPEN", "확인 필요"
        SETTLED = "SETTLED", "처리함"

    key = models.CharField("키", max_length=200, unique=True)
    kind = models.CharField("종류", max_length=20, choices=Kind.choices)
    order = models.ForeignKey(
        PaymentOrder, on_delete=models.PROTECT, related_name="reconciliation_items", verbose_name="주문", null=True, blank=True
    )
    gateway = models.CharField("결제사", max_length=30)
    ref = models.CharField("결제 번호", max_length=100)
    cancel_id = models.CharField("취소 번호", max_length=100, blank=True)
    amount_krw = models.BigIntegerField("금액", default=0)
    differences = models.JSONField("차이", default=dict)
    state = models.CharField("상태", max_length=10, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField("발견")
    settled_at = models.DateTimeField("처리", null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="처리한 사람", null=True, blank=True
    )
    reason = models.CharField("처리 이유", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "대사 차이"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="OPEN") | (Q(settled_at__isnull=False) & ~Q(reason="")),
                name="payments_reconciliationitem_settled_has_a_reason",
            )
        ]
        indexes = [models.Index(fields=["state", "opened_at"], name="payments_item_queue")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.ref}"
