"""What the desk decides about money that fits no order: credit it, or give it back. Once, with a reason. PAY-12."""

import json
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from common import effects, sealed
from credits import services as ledger
from identity import notifications
from identity.models import User
from payments import policy
from payments.gateways import banks, get_gateway
from payments.gateways.base import CancelState, PayoutAccount, RemoteCancel, RemoteState
from payments.models import PaymentOrder, UnallocatedMoney
from payments.services import offers, sync, unallocated
from payments.services.refusals import AllocationOver, AllocationUnfit, BankAccountWrong, ReasonMissing

State = UnallocatedMoney.State


def locked(row: UnallocatedMoney) -> UnallocatedMoney:
    """Lock wallet, order and row, in the order of the house, and read them again. Joins the caller's transaction."""
    ledger.lock_wallet(row.order.advertiser)
    order = PaymentOrder.objects.select_related("advertiser").select_for_update(of=("self",)).get(pk=row.order_id)
    again = UnallocatedMoney.objects.select_for_update().get(pk=row.pk)
    again.order = order
    return again


def allocate(*, row: UnallocatedMoney, by: User, at: datetime, reason: str) -> UnallocatedMoney:
    """
    Credit the order with what really came: the order takes that amount, and a bonus only when it was not less than ordered.

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


def send_back(*, row: UnallocatedMoney, account: PayoutAccount | None, by: User, at: datetime, reason: str) -> UnallocatedMoney:
    """
    Give the money back through the gateway it came by; the effect carries it out. Also the second try after a failure, under a new key.

    account: where it goes; a card needs none.

    :raises ReasonMissing: no reason was given.
    :raises BankAccountWrong: no such bank, or no account.
    :raises AllocationOver: somebody decided.
    """
    if not reason.strip():
        raise ReasonMissing
    if account is not None and (account.bank not in banks.BANKS or not account.number.isdigit() or not account.holder.strip()):
        raise BankAccountWrong
    with transaction.atomic(durable=True):
        again = locked(row)
        if not again.may_be_returned:
            raise AllocationOver
        again.try_no += again.state == State.FAILED
        again.state, again.failure = State.RETURNING, ""
        again.decided_by, again.decided_at, again.reason = by, at, reason.strip()[:200]
        again.sealed_account = sealed.seal(json.dumps(asdict(account))) if account else ""
        again.save()
        effects.add("payments.give_back", key=f"unallocated:{again.public_id}:{again.try_no}", at=at, row=again.pk, try_no=again.try_no)
        return again


def account_of(row: UnallocatedMoney) -> PayoutAccount | None:
    """Where the money goes, as it was decided."""
    return PayoutAccount(**json.loads(sealed.unseal(row.sealed_account))) if row.sealed_account else None


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
