"""Tax invoices and cash receipts: what is due for money that did not come by card, and what became of it."""

import uuid

from django.db import models
from django.db.models import Q

from advertisers.models import Advertiser
from payments.models.orders import PaymentOrder, Refund


class DocumentQuerySet(models.QuerySet["TaxDocument"]):
    """Vocabulary of tax documents."""

    def owned_by(self, advertiser: Advertiser) -> "DocumentQuerySet":
        """One tenant's documents."""
        return self.filter(advertiser=advertiser)

    def originals(self) -> "DocumentQuerySet":
        """Those that take nothing back."""
        return self.filter(corrects=None)


class TaxDocument(models.Model):
    """
    One document that the law asks for. Card payments never have one: their slip is the document.

    key: one per order, refund or month and advertiser.   number: ours at the issuer, at most 24 letters.   written_on: the day it is for.
    supply_krw, vat_krw: below zero when it takes an earlier one back (`corrects`).   buyer: who it is for, as it was then.
    order, refund: what it is about; neither for what was spent in a month.   nts_number: the tax office's.   try_no: raised by a retry.
    """

    class Kind(models.TextChoices):
        INVOICE = "INVOICE", "세금계산서"
        RECEIPT = "RECEIPT", "현금영수증"

    class State(models.TextChoices):
        WAITING = "WAITING", "발행 대기"
        ISSUED = "ISSUED", "발행함"
        FAILED = "FAILED", "발행 실패"

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField("키", max_length=120, unique=True)
    number = models.CharField("문서번호", max_length=24, unique=True)
    advertiser = models.ForeignKey(Advertiser, on_delete=models.PROTECT, related_name="tax_documents", verbose_name="광고주")
    kind = models.CharField("종류", max_length=8, choices=Kind.choices)
    order = models.ForeignKey(
        PaymentOrder, on_delete=models.PROTECT, related_name="tax_documents", verbose_name="주문", null=True, blank=True
    )
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="tax_documents", verbose_name="환불", null=True, blank=True)
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="corrections", verbose_name="취소한 문서", null=True, blank=True
    )
    written_on = models.DateField("작성일")
    supply_krw = models.BigIntegerField("공급가액")
    vat_krw = models.BigIntegerField("부가세")
    buyer = models.JSONField("받는 사람")
    state = models.CharField("상태", max_length=8, choices=State.choices, default=State.WAITING)
    try_no = models.PositiveSmallIntegerField("시도", default=1)
    nts_number = models.CharField("국세청 승인번호", max_length=30, blank=True)
    failure = models.CharField("실패 이유", max_length=200, blank=True)
    made_at = models.DateTimeField("만든 때")
    issued_at = models.DateTimeField("발행한 때", null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "세금 문서"
        constraints = [
            models.CheckConstraint(condition=~Q(supply_krw=0, vat_krw=0), name="payments_taxdocument_is_about_something"),
            models.CheckConstraint(
                condition=~Q(state="ISSUED") | Q(issued_at__isnull=False), name="payments_taxdocument_issued_has_its_moment"
            ),
            models.CheckConstraint(condition=~Q(state="FAILED") | ~Q(failure=""), name="payments_taxdocument_failure_has_a_reason"),
            models.CheckConstraint(condition=Q(refund=None) | Q(corrects__isnull=False), name="payments_taxdocument_refund_corrects_one"),
        ]
        indexes = [models.Index(fields=["state", "made_at"], name="payments_document_queue")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

    @property
    def total_krw(self) -> int:
        """Supply and VAT."""
        return self.supply_krw + self.vat_krw
