"""What payment companies say they pay out, line by line, and what each comparison with their books found. None of it ever changes."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.guards import append_only


class SettlementFile(models.Model):
    """
    One list of what a payment company settles for some days, as a person brought it or its API told it.

    digest: of the lines, so that the same list is not counted twice.   first_on, last_on: days on which money moved, both included.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    gateway = models.CharField("결제사", max_length=30)
    name = models.CharField("파일", max_length=120)
    digest = models.CharField("해시", max_length=64)
    first_on = models.DateField("첫날")
    last_on = models.DateField("끝날")
    lines = models.PositiveIntegerField("줄 수")
    amount_krw = models.BigIntegerField("거래 금액")
    payout_krw = models.BigIntegerField("정산 금액")
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="올린 사람", null=True, blank=True
    )
    taken_at = models.DateTimeField("올린 때")

    class Meta:
        verbose_name = verbose_name_plural = "정산 파일"
        triggers = append_only()
        constraints = [
            models.UniqueConstraint(fields=["gateway", "digest"], name="payments_settlementfile_once"),
            models.CheckConstraint(condition=Q(first_on__lte=F("last_on")), name="payments_settlementfile_days_in_order"),
        ]

    def __str__(self) -> str:
        return self.name


class SettlementRow(models.Model):
    """
    One payment or cancel that the payment company settles. Amounts of a cancel are below zero.

    transaction_id: the company's number of this movement.   fee_krw: without its VAT.   payout_krw: what reaches our bank.
    moved_on: when the buyer paid or got back.   paid_out_on: when the bank gets it.
    """

    file = models.ForeignKey(SettlementFile, on_delete=models.PROTECT, related_name="rows", db_index=False, verbose_name="파일")
    line_no = models.PositiveIntegerField("줄")
    ref = models.CharField("결제 번호", max_length=100)
    transaction_id = models.CharField("거래 번호", max_length=100)
    is_cancel = models.BooleanField("취소")
    method = models.CharField("결제 수단", max_length=30)
    amount_krw = models.BigIntegerField("거래 금액")
    fee_krw = models.BigIntegerField("수수료")
    fee_vat_krw = models.BigIntegerField("수수료 부가세")
    payout_krw = models.BigIntegerField("정산 금액")
    moved_on = models.DateField("거래일")
    paid_out_on = models.DateField("정산일")

    class Meta:
        verbose_name = verbose_name_plural = "정산 줄"
        triggers = append_only()
        constraints = [models.UniqueConstraint(fields=["file", "line_no"], name="payments_settlementrow_once_per_line")]
        indexes = [models.Index(fields=["ref"], name="payments_settlementrow_by_ref")]

    def __str__(self) -> str:
        return f"{self.ref} {self.amount_krw:+d}"


class ReconciliationRun(models.Model):
    """
    One comparison of a gateway's list with our books.

    key: one per comparison that was meant.   seen: payments it listed or we had in that time.
    explained: those without an open difference.   opened: new differences.
    """

    key = models.CharField("키", max_length=200, unique=True)
    gateway = models.CharField("결제사", max_length=30)
    since = models.DateTimeField("부터")
    until = models.DateTimeField("까지")
    ran_at = models.DateTimeField("실행")
    seen = models.PositiveIntegerField("본 거래")
    explained = models.PositiveIntegerField("맞는 거래")
    credited = models.PositiveIntegerField("늦게 찾은 충전")
    opened = models.PositiveIntegerField("새 차이")

    class Meta:
        verbose_name = verbose_name_plural = "대사 실행"
        triggers = append_only()
        constraints = [models.CheckConstraint(condition=Q(explained__lte=F("seen")), name="payments_reconciliationrun_parts_fit")]
        indexes = [models.Index(fields=["gateway", "-ran_at"], name="payments_run_by_gateway")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.ran_at}"
