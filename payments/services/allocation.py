"""
What the desk decides about money that fits no order: credit it, or give it back. Once, with a reason. PAY-12, PAY-17.

Its own order takes what came while it has no credits. Where it has them, a second deposit or a payment at the second company becomes a
top-up of its own, with a package of exactly that sum.
"""

import json
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import Q, Sum
from ulid import ULID

from common import effects, sealed
from common.provider import GatewayError
from credits import services as ledger
from identity import approvals, notifications
from identity.models import ApprovalRequest, User
from payments import account_holder, policy
from payments.gateways import banks, get_gateway
from payments.gateways.base import CancelState, PayoutAccount, RemoteCancel, RemotePayment, RemoteState
from payments.gateways.names import HOUSE_BANK
from payments.models import ORDER_PREFIX, Package, PaymentOrder, UnallocatedMoney
from payments.services import offers, shares, sync, unallocated
from payments.services.refusals import (
    AccountHolderDiffers,
    AccountHolderUnknown,
    AccountNotFound,
    AllocationOver,
    AllocationUnfit,
    BankAccountWrong,
    NoPackageFits,
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
    Credit what really came: an order without credits takes all that came for it, with the bonus of the package of that sum, and what was
    promised beyond it only when not less came than ordered; for an order that has its credits, a top-up of its own is made. Above the
    dated limit a second operator has to agree first: then this returns the request that waits for them.

    :raises ReasonMissing: no reason was given.
    :raises AllocationOver: somebody decided, or the order was credited meanwhile.
    :raises AllocationUnfit: the gateway now says something else, or other money of the same order is on its way back.
    :raises NoPackageFits: the order has its credits, and no package costs what came.
    :raises MoneyStopped: the switch is on.
    :raises GatewayError: the gateway could not be asked; nothing was changed.
    """
    if not reason.strip():
        raise ReasonMissing
    remote = get_gateway(row.gateway).fetch(ref=row.order.ref)  # network: no transaction, no lock
    with transaction.atomic(durable=True):
        again = locked(row)
        if waiting := _ask_second(again, ALLOCATE, None, reason=reason.strip(), by=by, at=at):
            return waiting
        return _credit(again, remote, by=by, at=at, reason=reason.strip())


def allocated_krw(row: UnallocatedMoney) -> int:
    """How much `allocate` would credit as things stand: one piece, or everything that waits for an order without credits."""
    if row.order.is_credited:
        return row.amount_krw
    waiting = row.order.unallocated.filter(Q(pk=row.pk) | Q(gateway=row.gateway, state__in=UnallocatedMoney.OPEN_STATES))
    return int(waiting.aggregate(krw=Sum("amount_krw", default=0))["krw"])


def _credit(again: UnallocatedMoney, remote: RemotePayment, *, by: User, at: datetime, reason: str) -> UnallocatedMoney:
    """What `allocate` does under the locks of row, order and wallet."""
    if not again.may_be_decided:
        raise AllocationOver
    order, rows = again.order, _together(again)
    came_krw = sum(row.amount_krw for row in rows)
    package = _package_of(order, came_krw)
    if order.is_credited and package is None:
        raise NoPackageFits
    if remote.paid_at is None or remote.is_disputed or not _is_as_noted(again, remote, came_krw):
        raise AllocationUnfit
    for row in rows:
        _unpark(row, by=by, at=at, reason=reason)
    if order.is_credited and package is not None:
        again.became = _top_up_of_its_own(again, package, remote, at=at)
    else:
        _take(order, came_krw, package)
        sync.credit(order, remote, paid_at=remote.paid_at, at=at)
        order.save()
    for row in rows:
        row.save(update_fields=["state", "decided_by", "decided_at", "reason", "became"])
    return again


def _together(again: UnallocatedMoney) -> list[UnallocatedMoney]:
    """What is credited at once: with an order that has no credits yet, every deposit that waits for it. Locks them."""
    if again.order.is_credited:
        return [again]
    waiting = again.order.unallocated.select_for_update().filter(gateway=again.gateway, state__in=UnallocatedMoney.OPEN_STATES)
    others = list(waiting.exclude(pk=again.pk).order_by("pk"))
    for row in others:
        row.order = again.order
    return [again, *others]


def _package_of(order: PaymentOrder, came_krw: int) -> Package | None:
    """The package that costs exactly what came: the one that was ordered, or one on sale."""
    packages = [order.package, *Package.objects.offered()]
    return next((package for package in packages if package.amount_krw == came_krw), None)


def _is_as_noted(again: UnallocatedMoney, remote: RemotePayment, came_krw: int) -> bool:
    """True when the gateway still holds exactly what we believe it does, this money included."""
    order = again.order
    if order.is_credited and again.gateway == order.gateway:
        return remote.was_taken and remote.amount_krw - remote.cancelled_krw == shares.left_krw(order)
    return remote.state is RemoteState.PAID and not remote.cancels and remote.amount_krw == came_krw


def _unpark(row: UnallocatedMoney, *, by: User, at: datetime, reason: str) -> None:
    """Take it out of UNALLOCATED; the caller credits it and saves the row."""
    ledger.unpark(
        amount_krw=row.amount_krw,
        gateway=row.gateway,
        order_id=row.order.order_id,
        key=f"unallocated:{row.public_id}:allocate",
        at=at,
        actor=by.get_username(),
        reason=reason,
    )
    row.state, row.decided_by, row.decided_at, row.reason = State.ALLOCATED, by, at, reason[:200]


def _take(order: PaymentOrder, amount_krw: int, package: Package | None) -> None:
    """Let an order without credits be about what came. Promises beyond the package stand unless less came."""
    if amount_krw == order.amount_krw:
        return
    if amount_krw < order.amount_krw:
        offers.forgo(order=order)
        order.bonus_credits = 0
    order.vat_krw = package.vat_krw if package else policy.vat_inside(amount_krw)
    order.amount_krw, order.credits = amount_krw, amount_krw - order.vat_krw
    if package is not None:
        promised = order.offer_uses.aggregate(credits=Sum("credits", default=0))["credits"]
        order.package, order.bonus_credits = package, package.bonus_credits + promised


def _top_up_of_its_own(row: UnallocatedMoney, package: Package, remote: RemotePayment, *, at: datetime) -> PaymentOrder:
    """A new order, paid when the money came, by the payment of the order that it did not fit. Joins the transaction."""
    first = row.order
    order = PaymentOrder.objects.create(
        order_id=f"{ORDER_PREFIX}{ULID.from_datetime(at)}",
        key=f"unallocated:{row.public_id}",
        advertiser=first.advertiser,
        created_by=first.created_by,
        package=package,
        credits=package.credits,
        bonus_credits=package.bonus_credits,
        vat_krw=package.vat_krw,
        amount_krw=package.amount_krw,
        gateway=row.gateway,
        payment_ref=first.ref,
        wants_receipt=first.wants_receipt,
        created_at=at,
    )
    sync.credit(order, remote, paid_at=row.paid_at, at=at)
    order.captured_krw, order.cancelled_krw, order.next_check_at = order.amount_krw, 0, None
    order.save()
    return order


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
        refuse_another_holder(account)  # network: no transaction, no lock
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
    remote = get_gateway(row.gateway).fetch(ref=row.order.ref) if request.kind == ALLOCATE else None  # network: no transaction
    maker, reason = request.made_by, str(request.data["reason"])
    with transaction.atomic(durable=True):
        again = locked(row)
        approvals.approve(request_id=request.pk, by=by, at=at)
        if remote is not None and again.may_be_decided and _moved_krw(again, ALLOCATE) != request.data["amount_krw"]:
            raise AllocationUnfit  # more came meanwhile than was agreed to
        if remote is not None:
            _credit(again, remote, by=maker, at=at, reason=reason)
        else:
            _return(again, _unsealed(request.data["account"]), by=maker, at=at, reason=reason)


def _ask_second(
    row: UnallocatedMoney, kind: str, account: PayoutAccount | None, *, reason: str, by: User, at: datetime
) -> ApprovalRequest | None:
    """
    The request that waits for a second operator, made once; None where the amount asks for none, and a company says that it came. Row,
    order and wallet are locked.
    """
    if not row.may_be_decided:
        raise AllocationOver
    moved_krw = _moved_krw(row, kind)
    if moved_krw <= policy.SECOND_APPROVAL_ABOVE_KRW.at(at) and row.gateway != HOUSE_BANK:
        return None
    subject = f"unallocated:{row.public_id}"
    asked = ApprovalRequest.objects.filter(subject=subject, kind__in=KINDS)
    if waiting := asked.waiting().first():
        return waiting
    words = {ALLOCATE: "충전", RETURN: "돌려주기"}
    return approvals.ask(
        kind=kind,
        subject=subject,
        summary=f"{row.order.advertiser.name} 입금 {moved_krw:,}원 {words[kind]}",
        data={"row": str(row.public_id), "amount_krw": moved_krw, "reason": reason[:200], "account": _sealed(account)},
        by=by,
        key=f"{subject}:second:{asked.count() + 1}",
        at=at,
    )


def _moved_krw(row: UnallocatedMoney, kind: str) -> int:
    """How much the decision moves."""
    return row.amount_krw if kind == RETURN else sum(each.amount_krw for each in _together(row))


def refuse_another_holder(account: PayoutAccount) -> None:
    """:raises AccountNotFound, AccountHolderDiffers, AccountHolderUnknown: the bank does not know this account in this name."""
    try:
        found = account_holder.holder_of(bank=account.bank, number=account.number)
    except GatewayError as refusal:
        raise (AccountNotFound if refusal.known and refusal.status == 400 else AccountHolderUnknown) from refusal
    if not account_holder.is_same_name(found.name, account.holder):
        raise AccountHolderDiffers(name=account.holder)


def _return(again: UnallocatedMoney, account: PayoutAccount | None, *, by: User, at: datetime, reason: str) -> UnallocatedMoney:
    """What `send_back` does under the locks of row, order and wallet."""
    if not again.may_be_decided:
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
