"""
Money that operators send from the house's own account: asked for by what was decided, begun by another person, ended by the bank's number.

Two people always: whoever decided that it goes back does not send it.
"""

import json
from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction
from psycopg import errors

from common import sealed
from credits import services as ledger
from identity import access_log, notifications
from identity.approvals import MakerIsChecker
from identity.models import User
from payments.gateways.base import PayoutAccount
from payments.gateways.names import HOUSE_BANK
from payments.models import BankDeposit, BankPayout
from payments.services import takeovers
from payments.services.refusals import ReasonMissing, TransferNotOpen, TransferNumberTaken
from payments.services.sync import sync_order

State = BankPayout.State


def ask(
    *, key: str, amount_krw: int, account: PayoutAccount, reason: str, agreed_by: User, at: datetime, ref: str = "",
    deposit: BankDeposit | None = None,
) -> BankPayout:  # fmt: skip
    """Write down what has to be sent, and call the operators. Joins the caller's transaction."""
    payout = BankPayout.objects.create(
        key=key,
        ref=ref,
        deposit=deposit,
        amount_krw=amount_krw,
        sealed_account=sealed.seal(json.dumps(asdict(account))),
        reason=reason[:200],
        agreed_by=agreed_by,
        asked_at=at,
    )
    notifications.alert_operators(
        kind="payments.payout",
        title="통장에서 보낼 돈이 있어요",
        body=f"{amount_krw:,}원 · {payout.reason}. 돌려주기로 한 사람이 아닌 운영자가 이체해 주세요.",
        key=f"payout:{payout.public_id}:asked",
        at=at,
    )
    return payout


def account_of(payout: BankPayout) -> PayoutAccount:
    """Where it goes. Whoever shows the whole number writes down to whom (`start_payout`)."""
    return PayoutAccount(**json.loads(sealed.unseal(payout.sealed_account)))


def start_payout(*, payout: BankPayout, by: User, at: datetime) -> bool:
    """
    One operator goes to the bank: the account is shown to them alone, and nobody else begins. False for their own start again, which
    changes nothing.

    :raises MakerIsChecker: `by` decided that it goes back.   :raises TransferNotOpen: somebody else has begun, or it ended.
    """
    with transaction.atomic(durable=True):
        row = _locked(payout)
        if row.state == State.STARTED and row.holder == by:
            return False
        if row.state != State.ASKED:
            raise TransferNotOpen
        if row.agreed_by_id == by.pk:
            raise MakerIsChecker
        row.state, row.sent_by = State.STARTED, by
        row.save(update_fields=["state", "sent_by"])
        access_log.note(actor=by, action="refund_account.viewed", subject=f"payout:{row.public_id}", at=at)
        return True


def take_over_payout(*, payout: BankPayout, holder: str, reason: str, by: User, at: datetime) -> BankPayout:
    """
    Have a begun transfer in place of whoever began it and is away. Nothing is sent by it: the bank's statement says how it ends.

    holder: username of whoever has it, as the page said; meanwhile it may have ended, or somebody else taken it over.

    :raises ReasonMissing: no reason was given.   :raises TransferNotOpen: it is not begun, or not by `holder`, or `by` has it.
    :raises MakerIsChecker: `by` decided that it goes back.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic(durable=True):
        row = _locked(payout)
        if row.agreed_by_id == by.pk:
            raise MakerIsChecker
        takeovers.hand_over(row, holder=holder, subject=f"payout:{row.public_id}", reason=reason, by=by, at=at)
        return row


def finish_payout(*, payout: BankPayout, transfer_no: str, by: User, at: datetime) -> BankPayout:
    """
    The bank has sent it: keep the number it gave, and book it. A repeat changes nothing.

    :raises ReasonMissing: no number.   :raises TransferNotOpen: `by` has not begun it nor taken it over, or it was called off.
    :raises TransferNumberTaken: the number belongs to another transfer.
    """
    number = transfer_no.strip()[:60]
    if not number:
        raise ReasonMissing
    with transaction.atomic(durable=True):
        row = _locked(payout)
        if not (row.state == State.DONE and row.transfer_no == number):
            if row.state != State.STARTED or row.holder != by:
                raise TransferNotOpen
            row.state, row.transfer_no, row.ended_at = State.DONE, number, at
            _save_number(row)
            if row.deposit is not None:
                _given_back(row.deposit, row, at=at)
    if row.ref:
        sync_order(order_id=row.ref, at=at)  # the book has changed: the order looks, as after any message
    return row


def call_off_payout(*, payout: BankPayout, reason: str, by: User, at: datetime) -> BankPayout:
    """
    Nothing was sent and nothing will be: the desk that wanted it decides again. Once begun, only by whoever has it.

    :raises ReasonMissing: no reason was given.   :raises TransferNotOpen: it ended, or somebody else has it.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic(durable=True):
        row = _locked(payout)
        if row.state not in BankPayout.OPEN or (row.state == State.STARTED and row.holder != by):
            raise TransferNotOpen
        row.state, row.ending, row.ended_at = State.CALLED_OFF, reason.strip()[:200], at
        row.save(update_fields=["state", "ending", "ended_at"])
        if row.deposit is not None:
            row.deposit.state = BankDeposit.State.WAITING
            row.deposit.save(update_fields=["state"])
        return row


def _locked(payout: BankPayout) -> BankPayout:
    """Lock the deposit it is about, if there is one, then itself. Joins the caller's transaction."""
    deposit = BankDeposit.objects.select_for_update().get(pk=payout.deposit_id) if payout.deposit_id else None
    row = BankPayout.objects.select_for_update().get(pk=payout.pk)
    row.deposit = deposit
    return row


def _given_back(deposit: BankDeposit, payout: BankPayout, *, at: datetime) -> None:
    ledger.unpark(
        amount_krw=deposit.amount_krw,
        gateway=HOUSE_BANK,
        order_id="",
        key=f"deposit:{deposit.public_id}:return",
        at=at,
        actor=payout.agreed_by.get_username(),
        reason=payout.reason,
    )
    deposit.state = BankDeposit.State.RETURNED
    deposit.save(update_fields=["state"])


def _save_number(payout: BankPayout) -> None:
    """:raises TransferNumberTaken: one number of the bank is one transfer."""
    try:
        with transaction.atomic():
            payout.save(update_fields=["state", "transfer_no", "ended_at"])
    except IntegrityError as exc:
        if isinstance(exc.__cause__, errors.UniqueViolation):
            raise TransferNumberTaken from exc
        raise
