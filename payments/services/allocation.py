"""What the desk decides about money that fits no order: credit it, or give it back. Once, with a reason. PAY-12."""

import json
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from common import effects, sealed
from common.provider import GatewayError
from credits import services as ledger
from identity import approvals, notifications
from identity.models import ApprovalRequest, User
from payments import account_holder, policy
from payments.gateways import banks, get_gateway
from payments.gateways.base import CancelState, PayoutAccount, RemoteCancel, RemotePayment, RemoteState
from payments.models import PaymentOrder, UnallocatedMoney
from payments.services import offers, sync, unallocated
from payments.services.refusals import (
    AccountHolderDiffers,
    AccountHolderUnknown,
    AccountNotFound,
    AllocationOver,
    AllocationUnfit,
    BankAccountWrong,
    ReasonMissing,
)

State = UnallocatedMoney.State
ALLOCATE, RETURN = "payments.allocate_money", "payments.return_money"
KINDS = (ALLOCATE, RETURN)


def locked(row: UnallocatedMoney) -> UnallocatedMoney:
    """Lock wallet, order and row, in the order of the house, and read them again. Joins the caller's transaction."""
    ledger.lock_wallet(row.order.advertiser)
    order = PaymentOrder.objects.select_related("advertiser").select_for_update(of=("self",)).get(pk=row.order_id)
    again = UnallocatedMoney.objects.select_for_update().get(pk=row.pk)
    again.order = order
    return again


def allocate(*, row: UnallocatedMoney, by: User, at: datetime, reason: str) -> UnallocatedMoney | ApprovalRequest:
    """
    Credit the order with what really came: the order takes that amount, and a bonus only when it was not less than ordered. Above the
    dated limit a second operator has to agree first: then this returns the request that waits for them.

    :raises ReasonMissing: no reason was given.
    :raises AllocationOver: somebody decided, or the order was credited meanwhile.
    :raises AllocationUnfit: the gateway now says something else, or the order has its credits already.
    :raises MoneyStopped: the switch is on.
    :raises GatewayError: the gateway could not be asked; nothing was changed.
    """
    if not reason.strip():
        raise ReasonMissing
    remote = get_gateway(row.gateway).fetch(ref=row.order.order_id)  # network: no transaction, no lock
    with transaction.atomic(durable=True):
        again = locked(row)
        if waiting := _ask_second(again, ALLOCATE, None, reason=reason.strip(), by=by, at=at):
            return waiting
        return _credit(again, remote, by=by, at=at, reason=reason.strip())


def _credit(again: UnallocatedMoney, remote: RemotePayment, *, by: User, at: datetime, reason: str) -> UnallocatedMoney:
    """What `allocate` does under the locks of row, order and wallet."""
    order = again.order
    if not again.may_be_returned:
        raise AllocationOver
    others = order.unallocated.exclude(pk=again.pk).exclude(state=State.RETURNED).exists()
    if not again.may_be_allocated or order.is_credited or others or remote.paid_at is None:
        raise AllocationUnfit
    if remote.state is not RemoteState.PAID or remote.amount_krw != again.amount_krw or remote.cancels:
        raise AllocationUnfit
    ledger.unpark(
        amount_krw=again.amount_krw,
        gateway=again.gateway,
        order_id=order.order_id,
        key=f"unallocated:{again.public_id}:allocate",
        at=at,
        actor=by.get_username(),
        reason=reason.strip(),
    )
    is_less = again.amount_krw < order.amount_krw
    if again.amount_krw != order.amount_krw:
        order.vat_krw = policy.vat_inside(again.amount_krw)
        order.amount_krw, order.credits = again.amount_krw, again.amount_krw - order.vat_krw
    if is_less:
        offers.forgo(order=order, at=at)
        order.bonus_credits = 0
    sync.credit(order, remote, paid_at=remote.paid_at, at=at)
    order.save()
    again.state, again.decided_by, again.decided_at, again.reason = State.ALLOCATED, by, at, reason.strip()[:200]
    again.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    return again


def send_back(
    *, row: UnallocatedMoney, account: PayoutAccount | None, by: User, at: datetime, reason: str
) -> UnallocatedMoney | ApprovalRequest:
    """
    Give the money back through the gateway it came by; the effect carries it out. Also the second try after a failure, under a new key.
    Above the dated limit a second operator has to agree first: then this returns the request that waits for them.

    account: where it goes, in the name that the bank knows; a card needs none.

    :raises AccountNotFound, AccountHolderDiffers, AccountHolderUnknown: the bank's answer about the account; nothing was written.
    :raises ReasonMissing: no reason was given.
    :raises BankAccountWrong: no such bank, or no account.
    :raises AllocationOver: somebody decided.
    """
    if not reason.strip():
        raise ReasonMissing
    if account is not None and (account.bank not in banks.BANKS or not account.number.isdigit() or not account.holder.strip()):
        raise BankAccountWrong
    if account is not None:
        _refuse_another_holder(account)  # network: no transaction, no lock
    with transaction.atomic(durable=True):
        again = locked(row)
        if waiting := _ask_second(again, RETURN, account, reason=reason.strip(), by=by, at=at):
            return waiting
        return _return(again, account, by=by, at=at, reason=reason.strip())


def carry_out_second(*, request: ApprovalRequest, by: User, at: datetime) -> None:
    """
    Give the second yes and do what waited for it, in one commit.

    :raises approvals.MakerIsChecker, approvals.AlreadyDecided: and nothing was done.
    :raises AllocationOver, AllocationUnfit: what was true when it was asked for is not any more.   :raises GatewayError: as `allocate`.
    """
    row = UnallocatedMoney.objects.select_related("order__advertiser").get(public_id=request.data["row"])
    remote = get_gateway(row.gateway).fetch(ref=row.order.order_id) if request.kind == ALLOCATE else None  # network: no transaction
    maker, reason = request.made_by, str(request.data["reason"])
    with transaction.atomic(durable=True):
        again = locked(row)
        approvals.approve(request_id=request.pk, by=by, at=at)
        if remote is not None:
            _credit(again, remote, by=maker, at=at, reason=reason)
        else:
            _return(again, _unsealed(request.data["account"]), by=maker, at=at, reason=reason)


def _ask_second(
    row: UnallocatedMoney, kind: str, account: PayoutAccount | None, *, reason: str, by: User, at: datetime
) -> ApprovalRequest | None:
    """The request that waits for a second operator, made once; None where the amount asks for none. Row, order and wallet are locked."""
    if not row.may_be_returned:
        raise AllocationOver
    if row.amount_krw <= policy.SECOND_APPROVAL_ABOVE_KRW.at(at):
        return None
    subject = f"unallocated:{row.public_id}"
    asked = ApprovalRequest.objects.filter(subject=subject, kind__in=KINDS)
    if waiting := asked.waiting().first():
        return waiting
    words = {ALLOCATE: "충전", RETURN: "돌려주기"}
    return approvals.ask(
        kind=kind,
        subject=subject,
        summary=f"{row.order.advertiser.name} 입금 {row.amount_krw:,}원 {words[kind]}",
        data={"row": str(row.public_id), "amount_krw": row.amount_krw, "reason": reason[:200], "account": _sealed(account)},
        by=by,
        key=f"{subject}:second:{asked.count() + 1}",
        at=at,
    )


def _refuse_another_holder(account: PayoutAccount) -> None:
    """:raises AccountNotFound, AccountHolderDiffers, AccountHolderUnknown: the bank does not know this account in this name."""
    try:
        found = account_holder.holder_of(bank=account.bank, number=account.number)
    except GatewayError as refusal:
        raise (AccountNotFound if refusal.known and refusal.status == 400 else AccountHolderUnknown) from refusal
    if not account_holder.is_same_name(found.name, account.holder):
        raise AccountHolderDiffers(name=account.holder)


def _return(again: UnallocatedMoney, account: PayoutAccount | None, *, by: User, at: datetime, reason: str) -> UnallocatedMoney:
    """What `send_back` does under the locks of row, order and wallet."""
    if not again.may_be_returned:
        raise AllocationOver
    again.try_no += again.state == State.FAILED
    again.state, again.failure = State.RETURNING, ""
    again.decided_by, again.decided_at, again.reason = by, at, reason.strip()[:200]
    again.sealed_account = _sealed(account)
    again.save()
    effects.add("payments.give_back", key=f"unallocated:{again.public_id}:{again.try_no}", at=at, row=again.pk, try_no=again.try_no)
    return again


def account_of(row: UnallocatedMoney) -> PayoutAccount | None:
    """Where the money goes, as it was decided."""
    return _unsealed(row.sealed_account)


def _sealed(account: PayoutAccount | None) -> str:
    return sealed.seal(json.dumps(asdict(account))) if account else ""


def _unsealed(text: str) -> PayoutAccount | None:
    return PayoutAccount(**json.loads(sealed.unseal(text))) if text else None


def record(*, row_id: int, cancel: RemoteCancel, at: datetime) -> None:
    """What the gateway's book shows about our cancel. Joins the closing transaction of the effect; a repeat changes nothing."""
    row = locked(UnallocatedMoney.objects.select_related("order__advertiser").get(pk=row_id))
    if cancel.state is CancelState.SUCCEEDED:
        actor = row.decided_by.get_username() if row.decided_by else ""
        unallocated.given_back(row, cancel_id=cancel.id, at=at, actor=actor, reason=row.reason)
    elif cancel.state is CancelState.FAILED:
        _fail(row, "은행이나 카드사가 거절했어요.", at=at)


def record_failure(*, row_id: int, code: str, at: datetime) -> None:
    """The gateway refused for certain, or nobody can say any more: the desk decides again. Joins the transaction."""
    _fail(locked(UnallocatedMoney.objects.select_related("order__advertiser").get(pk=row_id)), f"결제사 응답: {code}", at=at)


def _fail(row: UnallocatedMoney, why: str, *, at: datetime) -> None:
    if row.state != State.RETURNING:
        return
    row.state, row.failure = State.FAILED, why[:200]
    row.save(update_fields=["state", "failure"])
    notifications.alert_operators(
        kind="payments.unallocated",
        title="입금을 돌려주지 못했어요",
        body=f"주문 {row.order.order_id} · {row.amount_krw:,}원 · {row.failure}",
        key=f"unallocated:{row.public_id}:{row.try_no}:failed",
        at=at,
    )
