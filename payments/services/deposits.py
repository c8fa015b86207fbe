"""
What the statement of the house's own account says: noted once, put into UNALLOCATED, matched with the order it is for, or sent back.

Matching credits nothing: the order then looks, and its money waits for the desk and for a second operator (`allocation`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from credits import services as ledger
from identity.models import User
from payments.gateways import banks
from payments.gateways.base import PayoutAccount
from payments.gateways.names import HOUSE_BANK
from payments.models import BankDeposit, PaymentOrder
from payments.services import payouts
from payments.services.allocation import refuse_another_holder
from payments.services.refusals import BankAccountWrong, DepositDecided, DepositDiffers, NoSuchBankOrder, ReasonMissing
from payments.services.sync import sync_order
from payments.statements import StatementLine

State = BankDeposit.State


@dataclass(frozen=True, slots=True)
class Taken:
    """What a statement brought: lines that are new, and lines that were known."""

    new: int
    known: int


def take_statement(*, lines: Sequence[StatementLine], by: User, at: datetime) -> Taken:
    """
    Note what came. All of it or nothing; lines that are known change nothing, so a statement may be brought again and overlap.

    :raises DepositDiffers: a number is known with another sum, name or time.
    """
    new = 0
    with transaction.atomic(durable=True):
        for line in sorted(lines, key=lambda line: line.number):
            row, created = BankDeposit.objects.get_or_create(
                number=line.number,
                defaults={
                    "received_at": line.received_at,
                    "amount_krw": line.amount_krw,
                    "depositor": line.depositor,
                    "noted_by": by,
                    "noted_at": at,
                },
            )
            if (row.amount_krw, row.received_at, row.depositor) != (line.amount_krw, line.received_at, line.depositor):
                raise DepositDiffers(number=line.number)
            if created:
                new += 1
                ledger.park(
                    amount_krw=row.amount_krw,
                    gateway=HOUSE_BANK,
                    order_id="",
                    key=f"deposit:{row.public_id}:park",
                    at=row.received_at,
                    now=at,
                )
    return Taken(new=new, known=len(lines) - new)


def match_deposit(*, deposit: BankDeposit, order_id: str, by: User, at: datetime) -> BankDeposit:
    """
    Say for which order it came. The order takes it in like any deposit that a person must look at; nothing is credited here.

    :raises NoSuchBankOrder: there is no such order, or it is not paid into this account.
    :raises DepositDecided: somebody decided about it.
    """
    order = PaymentOrder.objects.select_related("advertiser").filter(order_id=order_id.strip(), gateway=HOUSE_BANK, payment_ref="").first()
    if order is None:
        raise NoSuchBankOrder
    with transaction.atomic(durable=True):
        ledger.lock_wallet(order.advertiser)
        order = PaymentOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
        row = _open(deposit)
        ledger.unpark(
            amount_krw=row.amount_krw,
            gateway=HOUSE_BANK,
            order_id=order.order_id,
            key=f"deposit:{row.public_id}:match",
            at=at,
            actor=by.get_username(),
            reason="",
        )
        row.state, row.order, row.decided_by, row.decided_at = State.MATCHED, order, by, at
        row.save(update_fields=["state", "order", "decided_by", "decided_at"])
        order.next_check_at = at  # should nobody come so far, the sweeper looks
        order.save(update_fields=["next_check_at"])
    sync_order(order_id=order.order_id, at=at)
    return row


def return_deposit(*, deposit: BankDeposit, account: PayoutAccount, by: User, at: datetime, reason: str) -> BankDeposit:
    """
    Nobody's order: it goes back to where it came from. Another operator sends it.

    :raises ReasonMissing: no reason was given.   :raises BankAccountWrong: no such bank, or no account.
    :raises AccountNotFound, AccountHolderDiffers, AccountHolderUnknown: the bank's answer about the account; nothing was written.
    :raises DepositDecided: somebody decided about it.
    """
    if not reason.strip():
        raise ReasonMissing
    if account.bank not in banks.BANKS or not account.number.isdigit() or not account.holder.strip():
        raise BankAccountWrong
    refuse_another_holder(account)  # network: no transaction, no lock
    with transaction.atomic(durable=True):
        row = _open(deposit)
        row.state, row.decided_by, row.decided_at, row.reason = State.RETURNING, by, at, reason.strip()[:200]
        row.save(update_fields=["state", "decided_by", "decided_at", "reason"])
        payouts.ask(
            key=f"deposit:{row.public_id}:{row.payouts.count() + 1}",
            deposit=row,
            amount_krw=row.amount_krw,
            account=account,
            reason=row.reason,
            agreed_by=by,
            at=at,
        )
        return row


def _open(deposit: BankDeposit) -> BankDeposit:
    """Lock a deposit about which nobody decided. :raises DepositDecided: somebody did."""
    row = BankDeposit.objects.select_for_update().get(pk=deposit.pk)
    if row.state != State.WAITING:
        raise DepositDecided
    return row
