"""A raffle from its draft to the last parcel, with the tax of its prizes."""

from datetime import date, datetime

from django.contrib.admin.models import ADDITION
from django.db import transaction

from backoffice.services.journal import AlreadyDone, note, take_turn
from identity.models import User
from rewards import prize_tax, raffles
from rewards.models import PrizeTax, Raffle, RaffleWinner
from rewards.models.prize_taxes import TaxState
from rewards.models.raffles import State as RaffleState
from rewards.prize_tax import reading
from rewards.raffles.preparing import RaffleWanted


def prepare_raffle(*, wanted: RaffleWanted, by: User, at: datetime) -> Raffle:
    """Write a raffle down as a draft, with who prepared it. Owns the transaction."""
    with transaction.atomic(durable=True):
        raffle = raffles.prepare(at=at, by=by, prizes=wanted.prizes, **wanted.model_dump(exclude={"prizes"}))
        note(row=raffle, by=by, reason="래플 준비", at=at, flag=ADDITION)
        return raffle


def fund_raffle(*, raffle: Raffle, by: User, at: datetime) -> Raffle:
    """
    Confirm the money of the prizes as a second person.

    :raises FunderIsMaker, RaffleMoved: nothing was written.   :raises AlreadyDone: somebody was first.
    """
    with transaction.atomic(durable=True):
        take_turn(f"raffle.{raffle.pk}")
        if Raffle.objects.filter(pk=raffle.pk, state=RaffleState.FUNDED).exists():
            raise AlreadyDone
        funded = raffles.fund(raffle=raffle, by=by, at=at)
        note(row=funded, by=by, reason=f"경품 금액 {funded.funded_krw:,}원 확인", at=at)
        return funded


def void_raffle(*, raffle: Raffle, by: User, reason: str, at: datetime) -> Raffle:
    """
    End a raffle without a draw, with a public reason.

    :raises RaffleMoved: it was drawn, or is void already.
    """
    with transaction.atomic(durable=True):
        ended = raffles.void(raffle=raffle, reason=reason, at=at, by=by)
        note(row=ended, by=by, reason=reason, at=at)
        return ended


def deliver_prize(*, raffle: Raffle, place: int, by: User, reason: str, at: datetime) -> RaffleWinner:
    """
    Write down that a claimed prize has reached its winner. reason: how, e.g. the number of a parcel.

    :raises RaffleMoved: nobody claimed it.   :raises TaxUnpaid: its tax has not arrived.   :raises AlreadyDone: somebody was first.
    """
    with transaction.atomic(durable=True):
        take_turn(f"raffle.{raffle.pk}")
        if RaffleWinner.objects.filter(raffle=raffle, place=place, state=RaffleWinner.State.DELIVERED).exists():
            raise AlreadyDone
        winner = raffles.deliver(raffle=raffle, place=place, at=at)
        note(row=winner, by=by, reason=reason, at=at)
        return winner


def record_tax_payment(*, tax: PrizeTax, paid_on: date, reference: str, by: User, at: datetime) -> PrizeTax:
    """
    Confirm that the tax of a prize has come.

    :raises TaxMoved, PaidInTheFuture: nothing was written.   :raises AlreadyDone: somebody was first.
    """
    with transaction.atomic(durable=True):
        take_turn(f"prize_tax.{tax.pk}")
        if PrizeTax.objects.filter(pk=tax.pk, state=TaxState.PAID).exists():
            raise AlreadyDone
        paid = prize_tax.record_payment(tax=tax, paid_on=paid_on, reference=reference, by=by, at=at)
        note(row=paid, by=by, reason=f"제세공과금 {paid.tax_krw:,}원 입금 확인: {reference}", at=at)
        return paid


def forfeit_prize(*, tax: PrizeTax, by: User, reason: str, at: datetime) -> RaffleWinner:
    """
    Let a prize whose tax did not come in time go to the next in reserve.

    :raises TaxMoved: it was paid, or its time is not over.
    """
    with transaction.atomic(durable=True):
        winner = raffles.forfeit(tax=tax, at=at)
        note(row=tax, by=by, reason=reason, at=at)
        return winner


def tax_statement(*, year: int, by: User, reason: str, at: datetime) -> bytes:
    """Names and numbers of who paid prize tax in a year, for the tax office; every one of them is a line of the access log."""
    with transaction.atomic(durable=True):
        sheet = reading.statement(year=year, by=by, at=at)
        for tax in PrizeTax.objects.filter(paid_on__year=year):
            note(row=tax, by=by, reason=reason, at=at)
        return sheet
