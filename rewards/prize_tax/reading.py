"""What the winner, the desk and the tax office read about prize taxes. The file for the tax office is the only thing that names people."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from common import exports
from identity.models import User
from rewards.models import Member, PrizeTax, TaxIdentity, TaxState
from rewards.prize_tax import rates, store

HEAD = ("번호", "성명", "주민등록번호", "지급일", "경품", "지급액(원)", "필요경비(원)", "소득금액(원)", "소득세(원)", "지방소득세(원)")


@dataclass(frozen=True, slots=True)
class Month:
    """What was withheld in one KST month. remit_by: when it has to be at the tax office."""

    first_on: date
    count: int
    value_krw: int
    income_tax_krw: int
    local_tax_krw: int

    @property
    def remit_by(self) -> date:
        return rates.remit_by(self.first_on)


def own_tax(member: Member, raffle: UUID) -> PrizeTax | None:
    """What this member owes for a prize of this raffle. One query."""
    rows = PrizeTax.objects.select_related("winner__raffle").filter(winner__member_id=member.pk, winner__raffle__public_id=raffle)
    return rows.first()


def months() -> list[Month]:
    """The newest month first. One query."""
    paid = PrizeTax.objects.filter(state=TaxState.PAID).annotate(month=TruncMonth("paid_on")).values("month")
    sums = paid.annotate(n=Count("pk"), value=Sum("value_krw"), income=Sum("income_tax_krw"), local=Sum("local_tax_krw"))
    return [Month(row["month"], row["n"], row["value"], row["income"], row["local"]) for row in sums.order_by("-month")]


def years() -> list[int]:
    """Years with something to report, the newest first. One query."""
    return [found.year for found in PrizeTax.objects.filter(state=TaxState.PAID).dates("paid_on", "year", order="DESC")]


def statement(*, year: int, by: User, at: datetime) -> bytes:
    """
    The payments of one year as the tax office asks for them, with names and numbers, as a spreadsheet. Joins the caller's transaction;
    every person in it is one line of the access log. Who was deleted after the legal time has no name any more.
    """
    paid = PrizeTax.objects.filter(state=TaxState.PAID, paid_on__year=year).select_related("winner__raffle").order_by("paid_on", "pk")
    return exports.xlsx_file(list(_lines(list(paid), by=by, at=at)), title=f"{year}년 기타소득", widths=(6, 12, 18, 12, 30))


def _lines(paid: list[PrizeTax], *, by: User, at: datetime) -> Iterator[tuple[str | int, ...]]:
    kept = set(TaxIdentity.objects.filter(tax__in=[tax.public_id for tax in paid]).values_list("tax", flat=True))
    yield HEAD
    for number, tax in enumerate(paid, start=1):
        person = store.look(tax=tax.public_id, by=by, at=at) if tax.public_id in kept else store.Person("(보관 기한 지남)", "")
        prize = tax.winner.raffle.prize_of(tax.winner.prize_rank or 1)["name"]
        yield (
            number, person.name, person.number, str(tax.paid_on), prize, tax.value_krw, 0, tax.value_krw, tax.income_tax_krw,
            tax.local_tax_krw,
        )  # fmt: skip
