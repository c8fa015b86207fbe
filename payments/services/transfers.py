"""
Refunds that a card cannot take back go to the owner's bank account, by hand. Never both ways: a refund leaves the gateway's way only after
the gateway refused for certain, its book is read again before money is sent, and what the gateway does afterwards is put before people.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from psycopg import errors

from credits import services as ledger
from identity import access_log, approvals
from identity.models import ApprovalRequest, User
from payments.gateways import get_gateway
from payments.gateways.base import CancelState, RemotePayment
from payments.models import BankTransfer, PaymentOrder, Refund
from payments.services import takeovers, unallocated
from payments.services.cancels import tell
from payments.services.refund_accounts import current_account
from payments.services.refunds import locked
from payments.services.refusals import (
    AccountNotReady,
    AccountReplaced,
    AccountRestricted,
    CardMayHavePaid,
    OrderDisputed,
    ReasonMissing,
    TransferNotOpen,
    TransferNumberTaken,
)
from payments.services.ways import OPEN, approval_key, end_transfer

State = BankTransfer.State
KIND = "payments.bank_transfer"


def ask_transfer(*, refund: Refund, by: User, reason: str, at: datetime) -> BankTransfer:
    """
    Take a refund that the card company refused to the owner's bank account. A second operator has to agree, whatever the amount.

    :raises ReasonMissing: no reason was given.   :raises AccountNotReady: no checked account, or its wait is not over.
    :raises TransferNotOpen: the refund has not failed.   :raises AccountRestricted: the house may have a claim.
    :raises CardMayHavePaid: the gateway's book shows money going back.   :raises GatewayError: it could not be read.
    """
    if not reason.strip():
        raise ReasonMissing
    refund = Refund.objects.select_related("order__advertiser").get(pk=refund.pk)
    remote = _read(refund.order)  # network: no transaction, no lock
    with transaction.atomic(durable=True):
        row = locked(refund)
        if row.state != Refund.State.FAILED or row.try_no != refund.try_no:
            raise TransferNotOpen
        _refuse_what_may_go_otherwise(row, remote)
        account = current_account(row.order.advertiser)
        if account is None or at < account.usable_at:
            raise AccountNotReady
        transfer = BankTransfer.objects.create(
            refund=row, account=account, amount_krw=row.amount_krw, reason=reason.strip()[:200], asked_by=by, asked_at=at
        )
        row.state = Refund.State.BANK
        row.save(update_fields=["state"])
        approvals.ask(
            kind=KIND,
            subject=f"refund:{row.public_id}",
            summary=f"{row.order.advertiser.name} {row.amount_krw:,}원 계좌 환불",
            data={"transfer": str(transfer.public_id), "amount_krw": row.amount_krw},
            by=by,
            key=approval_key(transfer),
            at=at,
        )
        return transfer


def approve_transfer(*, transfer: BankTransfer, by: User, at: datetime) -> BankTransfer:
    """
    Give the second yes.

    :raises approvals.MakerIsChecker: `by` asked for it.   :raises TransferNotOpen: it does not wait for one.
    :raises AccountReplaced: the owner has another account since; it is called off and asked for anew.
    """
    with transaction.atomic(durable=True):
        row = _locked(transfer)
        if row.state != State.ASKED:
            raise TransferNotOpen
        if row.account.replaced_at is not None:
            raise AccountReplaced
        approvals.approve(request_id=_approval(row).pk, by=by, at=at)
        row.state, row.approved_by, row.approved_at = State.APPROVED, by, at
        row.save(update_fields=["state", "approved_by", "approved_at"])
        return row


def start_transfer(*, transfer: BankTransfer, by: User, at: datetime) -> BankTransfer:
    """
    One operator goes to the bank. From here on the whole account number may be shown to them, and nobody else begins.

    :raises TransferNotOpen: it is not agreed to, or somebody has begun.   :raises AccountRestricted: a restriction came meanwhile.
    :raises AccountReplaced: the owner has another account since; it is called off and asked for anew.
    :raises CardMayHavePaid: the gateway's book shows money going back.   :raises GatewayError: it could not be read.
    """
    transfer = BankTransfer.objects.select_related("refund__order__advertiser").get(pk=transfer.pk)
    remote = _read(transfer.refund.order)  # network: no transaction, no lock
    with transaction.atomic(durable=True):
        row = _locked(transfer)
        if row.state != State.APPROVED:
            raise TransferNotOpen
        if row.account.replaced_at is not None:
            raise AccountReplaced
        _refuse_what_may_go_otherwise(row.refund, remote)
        row.state, row.started_by, row.started_at = State.STARTED, by, at
        row.save(update_fields=["state", "started_by", "started_at"])
        advertiser = row.refund.order.advertiser
        access_log.note(actor=by, action="refund_account.viewed", subject=f"advertiser:{advertiser.public_id}", at=at)
        return row


def take_over_transfer(*, transfer: BankTransfer, holder: str, reason: str, by: User, at: datetime) -> BankTransfer:
    """
    Have a begun transfer in place of whoever began it and is away. Nothing is sent by it: the bank's statement says how it ends.

    holder: username of whoever has it, as the page said; meanwhile it may have ended, or somebody else taken it over.

    :raises ReasonMissing: no reason was given.   :raises TransferNotOpen: it is not begun, or not by `holder`, or `by` has it.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic(durable=True):
        row = _locked(transfer)
        subject = f"advertiser:{row.refund.order.advertiser.public_id}"
        takeovers.hand_over(row, holder=holder, subject=subject, reason=reason, by=by, at=at)
        return row


def finish_transfer(*, transfer: BankTransfer, transfer_no: str, by: User, at: datetime) -> BankTransfer:
    """
    The bank has sent it: keep the number it gave, take the credits out of the ledger, tell the team. A repeat changes nothing.

    :raises TransferNotOpen: `by` has not begun it nor taken it over, or it was called off.
    :raises TransferNumberTaken: the number belongs to another transfer.
    """
    number = transfer_no.strip()[:60]
    if not number:
        raise ReasonMissing
    with transaction.atomic(durable=True):
        row = _locked(transfer)
        if row.state == State.DONE and row.transfer_no == number:
            return row
        if row.state != State.STARTED or row.holder != by:
            raise TransferNotOpen
        row.state, row.transfer_no, row.ended_at = State.DONE, number, at
        _save_number(row)
        refund, order = row.refund, row.refund.order
        ledger.reclaim(
            advertiser=order.advertiser,
            order_id=order.order_id,
            credits=refund.credits,
            bonus=refund.bonus,
            promotion=refund.promotion,
            gateway="bank",
            key=f"refund:{refund.public_id}:reclaim",
            at=at,
            actor=by.get_username(),
        )
        refund.state, refund.way, refund.cancel_id = Refund.State.DONE, Refund.Way.BANK, f"bank:{number}"
        refund.done_at, refund.failure = at, ""
        refund.save(update_fields=["state", "way", "cancel_id", "done_at", "failure"])
        tell(refund, order, at=at)
        order.save(update_fields=["state"])
        return row


def call_off_transfer(*, transfer: BankTransfer, by: User, reason: str, at: datetime) -> BankTransfer:
    """
    No money was sent by this transfer, and none will be: the refund is a failed one again. Once begun, only with the word of whoever
    has it that nothing was sent.

    :raises ReasonMissing: no reason was given.   :raises TransferNotOpen: it ended, or somebody else has it.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic(durable=True):
        row = _locked(transfer)
        if row.state not in OPEN or (row.state == State.STARTED and row.holder != by):
            raise TransferNotOpen
        end_transfer(row, reason=reason.strip(), by=by, at=at)
        row.refund.state = Refund.State.FAILED
        row.refund.save(update_fields=["state"])
        return row


def _locked(transfer: BankTransfer) -> BankTransfer:
    """Lock wallet, order, refund and transfer, in the order of the house, and read them again. Joins the caller's transaction."""
    refund = locked(Refund.objects.select_related("order__advertiser").get(pk=transfer.refund_id))
    row = BankTransfer.objects.select_related("account").select_for_update(of=("self",)).get(pk=transfer.pk)
    row.refund = refund
    return row


def _read(order: PaymentOrder) -> RemotePayment:
    return get_gateway(order.gateway).fetch(ref=order.ref)


def _refuse_what_may_go_otherwise(refund: Refund, remote: RemotePayment) -> None:
    """
    Look once more before money may go by bank.

    :raises AccountRestricted: the house may have a claim.   :raises OrderDisputed: the card company may take the money back itself.
    :raises CardMayHavePaid: more has gone back there than we know of, or a cancel is not decided.
    """
    if refund.order.advertiser.is_restricted:
        raise AccountRestricted
    if refund.order.state == PaymentOrder.State.DISPUTED or remote.is_disputed:
        raise OrderDisputed
    orders = PaymentOrder.objects.of_payment(refund.order.gateway, refund.order.ref)
    done = Refund.objects.filter(order__in=orders, state=Refund.State.DONE, way=Refund.Way.CARD)
    known = sum(done.values_list("amount_krw", flat=True)) + sum(unallocated.returned_krw(order) for order in orders)
    is_undecided = any(cancel.state in (CancelState.REQUESTED, CancelState.UNKNOWN) for cancel in remote.cancels)
    if is_undecided or remote.cancelled_krw != known or not remote.was_taken:
        raise CardMayHavePaid


def _approval(transfer: BankTransfer) -> ApprovalRequest:
    return ApprovalRequest.objects.get(key=approval_key(transfer))


def _save_number(transfer: BankTransfer) -> None:
    """:raises TransferNumberTaken: one number of the bank is one transfer."""
    try:
        with transaction.atomic():
            transfer.save(update_fields=["state", "transfer_no", "ended_at"])
    except IntegrityError as exc:
        if isinstance(exc.__cause__, errors.UniqueViolation):
            raise TransferNumberTaken from exc
        raise
