"""
The tax of a prize above the legal minimum, and, apart from it, who pays it.

`TaxIdentity` holds resident registration numbers: sealed under a key of its own, read by nobody but the export for the tax office, every
look in the access log, and deleted when the law no longer asks for them.
"""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from common.guards import legal_moves
from rewards.models.raffles import RaffleWinner


class TaxState(models.TextChoices):
    """Where the tax of a prize is."""

    ASKED = "ASKED", "정보 입력 전"
    GIVEN = "GIVEN", "납부 확인 중"
    PAID = "PAID", "납부 완료"
    LAPSED = "LAPSED", "기한 지남"


TAX_MOVES: dict[TaxState, frozenset[TaxState]] = {
    TaxState.ASKED: frozenset({TaxState.GIVEN, TaxState.LAPSED}),
    TaxState.GIVEN: frozenset({TaxState.PAID, TaxState.LAPSED}),
    TaxState.PAID: frozenset(),
    TaxState.LAPSED: frozenset(),
}


class PrizeTax(models.Model):
    """
    What the winner of one prize owes the tax office through us. It says nothing about who that is.

    value_krw: market value, all of it is income.   income_tax_krw, local_tax_krw: withheld, whole won.   due_at: until when the winner
    gives the data and pays.   agreed_at: the winner agreed to what the data is for.   paid_on: KST day on which the money came, the day
    of the withholding.   reference: of the bank, written by who saw it.   keep_until: last day on which the data may be kept.
    """

    public_id = models.UUIDField("공개 번호", default=uuid.uuid4, unique=True, editable=False)
    winner = models.OneToOneField(RaffleWinner, on_delete=models.PROTECT, related_name="tax", verbose_name="당첨")
    value_krw = models.BigIntegerField("경품 값(원)")
    income_tax_krw = models.BigIntegerField("소득세(원)")
    local_tax_krw = models.BigIntegerField("지방소득세(원)")
    state = models.CharField("상태", max_length=6, choices=TaxState.choices, default=TaxState.ASKED)
    due_at = models.DateTimeField("기한")
    agreed_at = models.DateTimeField("동의한 때", null=True, blank=True)
    paid_on = models.DateField("납부한 날", null=True, blank=True)
    paid_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="납부를 확인한 사람"
    )
    reference = models.CharField("입금 확인 내용", max_length=100, blank=True)
    keep_until = models.DateField("보관 기한", null=True, blank=True)
    erased_at = models.DateTimeField("지운 때", null=True, blank=True)
    created_at = models.DateTimeField("만든 때")

    class Meta:
        verbose_name = verbose_name_plural = "경품 제세공과금"
        triggers = [legal_moves(TAX_MOVES, what="a prize tax", code="BR003")]
        constraints = [
            models.CheckConstraint(
                condition=Q(income_tax_krw__gt=0) & Q(local_tax_krw__gte=0) & Q(value_krw__gt=F("income_tax_krw") + F("local_tax_krw")),
                name="rewards_prizetax_less_than_the_prize",
            ),
            models.CheckConstraint(
                condition=~Q(state="PAID")
                | (Q(paid_on__isnull=False, paid_by__isnull=False, keep_until__isnull=False, agreed_at__isnull=False) & ~Q(reference="")),
                name="rewards_prizetax_paid_says_when_and_by_whom",
            ),
        ]
        indexes = [models.Index(fields=["state", "due_at"], name="rewards_prizetax_by_state")]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def tax_krw(self) -> int:
        """What the winner pays."""
        return self.income_tax_krw + self.local_tax_krw

    @property
    def is_waiting(self) -> bool:
        """True while the winner or the desk has something to do."""
        return self.state in (TaxState.ASKED, TaxState.GIVEN)


class TaxIdentity(models.Model):
    """
    Name and resident registration number of who pays a prize tax.

    tax: public id of the `PrizeTax`, and nothing else that leads to a person.   sealed: JSON, under `TAX_IDENTITY_KEYS`.
    """

    tax = models.UUIDField("제세공과금", unique=True)
    sealed = models.TextField("잠근 값")
    made_at = models.DateTimeField("받은 때")

    class Meta:
        verbose_name = verbose_name_plural = "제세공과금 신고 정보"

    def __str__(self) -> str:
        return str(self.tax)
