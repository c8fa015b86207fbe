"""From the claim of a taxed prize to the day on which nobody has to know any more who paid. Locks: the raffle, then the tax."""

import logging
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import QuerySet

from common import kst
from common.errors import DomainError
from common.transactions import joined
from identity import notifications
from identity.models import User
from rewards import push
from rewards.models import Member, PrizeTax, Raffle, RaffleWinner, TaxState
from rewards.prize_tax import rates, store
from rewards.prize_tax.store import Person, TaxAnswer

logger = logging.getLogger(__name__)


class NoTaxAsked(DomainError):
    code = "prize_tax.not_asked"
    message = "제세공과금을 낼 경품이 없어요."
    http_status = 404


class TaxTooLate(DomainError):
    code = "prize_tax.too_late"
    message = "제세공과금을 낼 수 있는 기간이 지났어요. 경품은 예비 당첨자에게 넘어가요."


class TaxUnpaid(DomainError):
    code = "prize_tax.unpaid"
    message = "제세공과금 {tax_krw}원이 납부된 뒤에 경품을 전할 수 있어요."


class TaxMoved(DomainError):
    code = "prize_tax.moved"
    message = "지금 상태에서는 할 수 없는 일이에요. 새로 고쳐서 확인해 주세요."


class PaidInTheFuture(DomainError):
    code = "prize_tax.paid_in_the_future"
    message = "납부한 날은 오늘이거나 그 전이어야 해요."
    http_status = 422


def ask(*, raffle: Raffle, winner: RaffleWinner, at: datetime) -> PrizeTax | None:
    """
    Ask a winner who claimed for the tax of the prize; None for a prize without. Joins the caller's transaction, which holds the raffle.
    """
    joined("a prize tax")
    owed = rates.withheld_from(raffle.worth_of(winner.prize_rank or 1), at=at)
    if not owed.tax_krw:
        return None
    tax = PrizeTax.objects.create(
        winner=winner,
        value_krw=owed.value_krw,
        income_tax_krw=owed.income_tax_krw,
        local_tax_krw=owed.local_tax_krw,
        due_at=at + timedelta(days=rates.PAY_WITHIN_DAYS.at(at)),
        created_at=at,
    )
    body = f"경품을 받으려면 제세공과금 {owed.tax_krw:,}원({rates.percent(at=at)}%)을 내야 해요. 기한 안에 신고 정보를 적어 주세요."
    _tell(tax, raffle, kind="rewards.prize_tax_asked", title="제세공과금을 내야 하는 경품이에요", body=body, at=at)
    return tax


def give(*, member: Member, raffle: UUID, answer: TaxAnswer, at: datetime) -> PrizeTax:
    """
    A winner tells who pays the tax; again it corrects what was told, until the payment was seen. Owns the transaction.

    :raises NoTaxAsked: this member owes none here, or it is done.   :raises TaxTooLate: the time has passed; nothing was kept.
    """
    with transaction.atomic(durable=True):
        row = Raffle.objects.select_for_update().filter(public_id=raffle).first()
        tax = PrizeTax.objects.select_for_update(of=("self",)).filter(winner__raffle=row, winner__member_id=member.pk).first()
        if tax is None or tax.state == TaxState.PAID:
            raise NoTaxAsked
        if tax.state == TaxState.LAPSED or tax.due_at <= at:
            raise TaxTooLate
        store.put(tax=tax.public_id, person=Person(answer.name, answer.number), at=at)
        tax.state, tax.agreed_at = TaxState.GIVEN, at
        tax.save(update_fields=["state", "agreed_at"])
        return tax


def record_payment(*, tax: PrizeTax, paid_on: date, reference: str, by: User, at: datetime) -> PrizeTax:
    """
    Write down that the winner's tax has arrived; the prize may be handed over now. Joins the caller's transaction; again it changes
    nothing.

    paid_on: KST day of the deposit.   reference: where it stands in the bank's list.

    :raises TaxMoved: the winner has not told who pays, or the time was declared over.   :raises PaidInTheFuture: see there.
    """
    if paid_on > kst.day_of(at):
        raise PaidInTheFuture
    raffle, row = _locked(tax)
    if row.state == TaxState.PAID:
        return row
    if row.state != TaxState.GIVEN:
        raise TaxMoved
    row.state, row.paid_on, row.paid_by, row.reference = TaxState.PAID, paid_on, by, reference
    row.keep_until = rates.keep_until(paid_on, at=at)
    row.save(update_fields=["state", "paid_on", "paid_by", "reference", "keep_until"])
    body = f"제세공과금 {row.tax_krw:,}원을 확인했어요. 경품을 준비해 보내 드릴게요."
    _tell(row, raffle, kind="rewards.prize_tax_paid", title="제세공과금을 확인했어요", body=body, at=at)
    return row


def give_up(*, tax: PrizeTax, at: datetime) -> PrizeTax:
    """
    The tax was not paid in time: what the winner told is deleted. Joins the caller's transaction, which passes the prize on.

    :raises TaxMoved: it was paid, the time is not over, or it was declared over before.
    """
    _, row = _locked(tax)
    if not row.is_waiting or row.due_at > at:
        raise TaxMoved
    row.state = TaxState.LAPSED
    if store.erase(tax=row.public_id, at=at):
        row.erased_at = at
    row.save(update_fields=["state", "erased_at"])
    return row


def lapse_due(*, at: datetime) -> QuerySet[PrizeTax]:
    """Taxes whose winners told nothing in time. Who told and perhaps paid is looked at by a person, who sees the bank's list."""
    return PrizeTax.objects.filter(state=TaxState.ASKED, due_at__lte=at).order_by("due_at", "pk")


def refuse_unpaid(winner: RaffleWinner) -> None:
    """:raises TaxUnpaid: the prize is taxed, and the tax has not arrived. The raffle is locked."""
    tax = PrizeTax.objects.filter(winner=winner).first()
    if tax is not None and tax.state != TaxState.PAID:
        raise TaxUnpaid(tax_krw=f"{tax.tax_krw:,}")


def erase_due(*, at: datetime) -> int:
    """Delete what the law no longer asks for, each in a transaction of its own; how many."""
    due = PrizeTax.objects.filter(state=TaxState.PAID, keep_until__lt=kst.day_of(at), erased_at=None)
    return sum(_erase(tax, at=at) for tax in due)


def _erase(tax: PrizeTax, *, at: datetime) -> bool:
    try:
        with transaction.atomic(durable=True):
            store.erase(tax=tax.public_id, at=at)
            return PrizeTax.objects.filter(pk=tax.pk, erased_at=None).update(erased_at=at) == 1
    except DatabaseError:
        logger.exception("Unable to erase the identity behind prize tax %s", tax.pk)
        return False


def _locked(tax: PrizeTax) -> tuple[Raffle, PrizeTax]:
    raffle = Raffle.objects.select_for_update(of=("self",)).get(winners__tax=tax)
    return raffle, PrizeTax.objects.select_for_update(of=("self",)).select_related("winner").get(pk=tax.pk)


def _tell(tax: PrizeTax, raffle: Raffle, *, kind: str, title: str, body: str, at: datetime) -> None:
    member = Member.objects.select_related("user").get(pk=tax.winner.member_id)
    url, key = f"/luckffle/raffles/{raffle.public_id}/tax/", f"prize-tax:{tax.public_id}:{kind}"
    notifications.notify(user=member.user, kind=kind, title=title, body=body, url=url, key=key, at=at)
    push.tell(member_id=member.pk, key=key, title=title, body=body, url=url, at=at)
