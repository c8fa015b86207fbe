"""
`sync_order`: the only way to credit.

The browser's return, the webhook, the sweeper and the reconciler all call it. It asks the gateway while nothing is locked, then locks
wallet and order, looks again, checks every point, and books what is true once.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least

from common import effects
from common.provider import GatewayError
from credits import services as ledger
from identity import notifications
from payments import policy, schedule
from payments.gateways import get_gateway
from payments.gateways.base import CancelState, ConfirmRefused, Expected, Gateway, RemotePayment, RemoteState
from payments.models import PaymentOrder, ReconciliationItem
from payments.services import accounts, auto_charges, disputes, offers, outgoing, shares, unallocated, windows
from payments.services.cancels import finish
from payments.services.items import open_item

logger = logging.getLogger(__name__)

LONGEST_TOKEN = 500
NOTHING_SAID: Mapping[str, str] = MappingProxyType({})

State = PaymentOrder.State
Kind = ReconciliationItem.Kind


class Source(StrEnum):
    """Who says that something may have happened. A hint makes the sweeper look again soon."""

    RETURN = "RETURN"
    WEBHOOK = "WEBHOOK"
    SWEEP = "SWEEP"

    @property
    def is_hint(self) -> bool:
        return self is not Source.SWEEP


def sync_order(
    *, order_id: str, at: datetime, source: Source = Source.SWEEP, said: Mapping[str, str] = NOTHING_SAID, window_closed: bool = False
) -> PaymentOrder:
    """
    Make our order agree with the gateway and credit the advertiser once. Safe to call from everywhere at once. An order that unallocated
    money became is looked at together with the order under whose number that money came.

    said: what the browser brought back; of it only the gateway's proof that the buyer agreed is read, where nothing is captured
        before our server confirms it.
    window_closed: the browser reported an error; believed only as far as the gateway knows of no payment.

    :raises PaymentOrder.DoesNotExist: no such order.
    :raises GatewayError: the gateway could not be asked; nothing was credited, and the sweeper will ask again.
    """
    order = PaymentOrder.objects.select_related("advertiser").get(order_id=order_id)
    if order.payment_ref:
        PaymentOrder.objects.filter(pk=order.pk).update(next_check_at=None)
        sync_order(order_id=order.payment_ref, at=at, source=source)
        return PaymentOrder.objects.select_related("advertiser").get(pk=order.pk)
    if source.is_hint and order.may_be_credited:
        _hint(order, at=at)
    gateways = {name: get_gateway(name) for name in windows.names(order)}
    try:
        refused = _confirm(order, gateways, said, at=at) if order.may_be_credited else ""
        remotes = _ask(order, gateways)
    except GatewayError:
        _ask_again(order, at=at)
        raise
    try:
        expected = {name: gateway.expected for name, gateway in gateways.items()}
        return _agree(order, remotes, expected, at=at, window_closed=window_closed, refused=refused)
    except ledger.MoneyStopped:
        _ask_again(order, at=at)
        return PaymentOrder.objects.select_related("advertiser").get(pk=order.pk)


def _confirm(order: PaymentOrder, gateways: dict[str, Gateway], said: Mapping[str, str], *, at: datetime) -> str:
    """
    Capture what the buyer agreed to, unless money was taken elsewhere; why nothing was captured, in Korean, or empty.

    :raises GatewayError: nobody knows whether it was captured, or it could not be asked for.
    """
    for name, gateway in gateways.items():
        token = said.get(gateway.token_field, "")[:LONGEST_TOKEN]
        if not token or not gateway.needs_confirm or _was_taken_elsewhere(order, gateways, name) or not windows.claim(order, name, at=at):
            continue
        try:
            gateway.confirm(ref=order.order_id, token=token, amount_krw=order.amount_krw)
        except ConfirmRefused as refusal:
            windows.give_up(order, name)
            return refusal.words
        except GatewayError as refusal:
            windows.heard(name, refusal)
            if refusal.known:
                windows.give_up(order, name)
            if not refusal.known or refusal.status == 0:
                raise  # any other known refusal: a token that is nobody's
    return ""


def _was_taken_elsewhere(order: PaymentOrder, gateways: dict[str, Gateway], name: str) -> bool:
    """True when another gateway says that it took the money of this order. One that does not answer says nothing."""
    for other, gateway in gateways.items():
        try:
            if other != name and gateway.fetch(ref=order.order_id).was_taken:
                return True
        except GatewayError as silence:
            windows.heard(other, silence)
            logger.warning("Order %s could not be asked about at %s: %s", order.order_id, other, silence.code)
    return False


def _ask(order: PaymentOrder, gateways: dict[str, Gateway]) -> dict[str, RemotePayment]:
    """
    What every gateway says that answers, by name.

    :raises GatewayError: the order's own one does not, and no other took money.
    """
    remotes: dict[str, RemotePayment] = {}
    silent: GatewayError | None = None
    for name, gateway in gateways.items():
        try:
            remotes[name] = gateway.fetch(ref=order.order_id)  # network: no transaction, no lock
        except GatewayError as silence:
            windows.heard(name, silence)
            silent = silence if name == order.gateway else silent
    if silent is not None and (order.is_credited or not any(remote.was_taken for remote in remotes.values())):
        raise silent
    for name, remote in remotes.items():
        if remote.state in (RemoteState.FAILED, RemoteState.EXPIRED):
            windows.give_up(order, name)
    return remotes


def _hint(order: PaymentOrder, *, at: datetime) -> None:
    """Something may have happened: let the sweeper look soon. Hints that follow closely belong to the first."""
    waiting = PaymentOrder.objects.filter(pk=order.pk, credited_at__isnull=True)
    waiting.filter(Q(hinted_at=None) | Q(hinted_at__lte=at - schedule.NEW_HINT_AFTER)).update(hinted_at=at)
    waiting.update(next_check_at=Least(Coalesce(F("next_check_at"), at + schedule.AFTER_A_HINT[0]), at + schedule.AFTER_A_HINT[0]))
    order.refresh_from_db(fields=["hinted_at", "next_check_at"])


def _ask_again(order: PaymentOrder, *, at: datetime) -> None:
    """The gateway did not answer, or crediting is switched off: ask soon, and call people when it lasts."""
    if order.is_credited:
        PaymentOrder.objects.filter(pk=order.pk).update(next_check_at=at + schedule.AFTER_SILENCE_OF_OLD_ORDERS)
        return
    opened_at = order.window_opened_at or order.created_at
    planned = schedule.next_check(opened_at=opened_at, hinted_at=order.hinted_at, at=at)
    again = min(planned or at + schedule.AFTER_SILENCE, at + schedule.AFTER_SILENCE)
    with transaction.atomic(durable=True):
        PaymentOrder.objects.filter(pk=order.pk, credited_at__isnull=True).update(next_check_at=again)
        if order.hinted_at is not None and at - order.hinted_at >= schedule.ALARM_AFTER:
            notifications.alert_operators(
                kind="payments.undecided",
                title="결제 결과를 15분 넘게 확인하지 못했어요",
                body=f"주문 {order.order_id}의 결과를 아직 확정하지 못했어요. 결제사 상태를 확인해 주세요.",
                key=f"order:{order.order_id}:undecided",
                at=at,
            )


def _speaking(order: PaymentOrder, remotes: dict[str, RemotePayment]) -> str:
    """The gateway that speaks for a locked order without credits: one that was paid, else its own when money was taken, else any other."""
    names = sorted(remotes, key=lambda name: name != order.gateway)
    paid = [name for name in names if remotes[name].state is RemoteState.PAID]
    taken = [name for name in names if remotes[name].was_taken]
    return next(iter(paid + taken), order.gateway)


def _agree(
    order: PaymentOrder,
    remotes: dict[str, RemotePayment],
    expected: dict[str, Expected],
    *,
    at: datetime,
    window_closed: bool,
    refused: str,
) -> PaymentOrder:
    was_credited = order.is_credited
    with transaction.atomic(durable=True):
        ledger.lock_wallet(order.advertiser)  # wallet before order, everywhere
        order = PaymentOrder.objects.select_related("advertiser").select_for_update(of=("self",)).get(pk=order.pk)
        if order.is_credited:
            order.next_check_at = schedule.next_look(credited_at=order.credited_at or at, at=at)
            remote = remotes.get(order.gateway)
            if remote is not None and (was_credited or remote.was_taken):
                _compare(order, remote, expected[order.gateway], at=at)
            else:  # credited by somebody else while we asked: our answer is older than that payment
                order.next_check_at = at + schedule.AFTER_A_HINT[0]
        elif (name := _speaking(order, remotes)) in remotes:
            order.gateway = name
            _book(order, remotes[name], expected[name], at=at, window_closed=window_closed, refused=refused)
        else:  # led to another gateway while we asked
            order.next_check_at = at + schedule.AFTER_A_HINT[0]
        if order.is_credited:
            for name, remote in remotes.items():
                if name != order.gateway:
                    _note_elsewhere(order, name, remote, expected[name], at=at)
        order.save()
        return order


def _book(order: PaymentOrder, remote: RemotePayment, expected: Expected, *, at: datetime, window_closed: bool, refused: str) -> None:
    """An order without credits: what its gateway says decides what happens to it."""
    if remote.state is RemoteState.CANCELLED:
        _close_cancelled(order, remote, at=at)
        return
    if order.advertiser.is_review and remote.was_taken and not remote.is_live:
        order.state, order.next_check_at = State.ABANDONED, None  # a reviewer went to the end in a test channel: no money moved
        return
    wrong = _wrong(order, remote, expected)
    if why := unallocated.reason_of(order, remote, wrong):
        _take_in(order, remote, why, at=at)
    elif wrong:
        _hold(order, remote, wrong, at=at)
    elif remote.state is RemoteState.PAID and remote.paid_at is not None:
        credit(order, remote, paid_at=remote.paid_at, at=at)
    else:
        _follow(order, remote, at=at, window_closed=window_closed, refused=refused)


def _note_elsewhere(order: PaymentOrder, name: str, remote: RemotePayment, expected: Expected, *, at: datetime) -> None:
    """
    The order has its credits, and another gateway took money for it too: that money waits for the desk until it is given back. Where it
    became a top-up of its own, that one is compared.
    """
    if made := PaymentOrder.objects.of_payment(name, order.ref).select_for_update().order_by("pk").first():
        made.advertiser = order.advertiser
        _compare(made, remote, expected, at=at)
        made.save()
        return
    key = f"{name}:{order.order_id}:elsewhere"
    left = remote.amount_krw - remote.cancelled_krw if remote.was_taken else 0
    if left > 0:
        why = unallocated.Why.SECOND_GATEWAY
        unallocated.take_in(order, gateway=name, amount_krw=left, why=why, paid_at=remote.paid_at or at, key=key, at=at)
    elif row := order.unallocated.select_for_update().filter(key=key).first():
        row.order = order
        gone = remote.cancels[-1].id if remote.cancels else ""
        unallocated.given_back(row, cancel_id=gone, at=at, actor="", reason="결제사에서 취소했어요.")


def _wrong(order: PaymentOrder, remote: RemotePayment, expected: Expected) -> dict[str, list[str]]:
    """Why a payment may not be credited; empty when it may, or when no money was taken."""
    if remote.state is RemoteState.UNKNOWN:
        return {"status": ["PAID", remote.said[:60]]}
    if not remote.was_taken:
        return {}
    found = order.differences(remote, expected)
    if remote.paid_at is None:
        found["paid_at"] = ["", ""]
    if remote.is_disputed:
        found["dispute"] = ["", "UNRESOLVED"]
    if order.advertiser.is_demo:
        found["account"] = ["", "DEMO"]  # real money of somebody who only looked: people give it back
    if remote.state is RemoteState.PART_CANCELLED or any(cancel.state is not CancelState.FAILED for cancel in remote.cancels):
        found["cancelled_krw"] = ["0", str(remote.cancelled_krw)]
    return found


def _hold(order: PaymentOrder, remote: RemotePayment, wrong: dict[str, list[str]], *, at: datetime) -> None:
    """Money may have been taken, but not as ordered: credit nothing, ask people, tell the buyer that it is being checked."""
    order.needs_check = True
    if remote.was_taken:
        order.captured_krw, order.cancelled_krw = remote.amount_krw, max(order.cancelled_krw, remote.cancelled_krw)
    order.next_check_at = schedule.next_check(opened_at=order.window_opened_at or order.created_at, hinted_at=None, at=at)
    mark = hashlib.sha256(json.dumps(wrong, sort_keys=True).encode()).hexdigest()[:16]
    open_item(
        kind=Kind.MISMATCH,
        key=f"order:{order.order_id}:mismatch:{mark}",
        gateway=order.gateway,
        ref=order.order_id,
        order=order,
        amount_krw=remote.amount_krw,
        differences=wrong,
        at=at,
    )


def credit(order: PaymentOrder, remote: RemotePayment, *, paid_at: datetime, at: datetime) -> None:
    """
    Every point agrees: freeze the refund rule, give the credits, write the receipt's effect. Joins a transaction in which wallet and
    order are locked.
    """
    order.is_late = order.state in (State.ABANDONED, State.FAILED)
    order.state, order.paid_at, order.credited_at = State.PAID, paid_at, at
    order.policy = policy.policy_at(paid_at)
    order.method, order.method_name, order.receipt_url = remote.method, remote.method_name[:100], remote.receipt_url[:500]
    order.captured_krw, order.cancelled_krw = remote.amount_krw, remote.cancelled_krw
    order.needs_check, order.failure = False, ""
    order.next_check_at = schedule.next_look(credited_at=at, at=at)
    order.save()
    ledger.top_up(
        advertiser=order.advertiser,
        credits=order.credits,
        order_id=order.order_id,
        gateway=order.gateway,
        key=f"order:{order.order_id}:top_up",
        at=paid_at,
        expires_at=policy.valid_until(gateway=order.gateway, paid_at=paid_at),
        now=at,
    )
    offers.grant(order=order, paid_at=paid_at, at=at)
    auto_charges.after_credit(order, at=at)
    effects.add("payments.receipt", key=f"order:{order.order_id}:receipt", at=at, order=order.order_id)
    outgoing.topped_up(order, at=at)
    _settle_mismatches(order, reason="결제사와 주문이 다시 맞아서 충전했어요.", at=at)


def _take_in(order: PaymentOrder, remote: RemotePayment, why: unallocated.Why, *, at: datetime) -> None:
    """A deposit that may not be credited by itself: it waits for the desk, and the buyer sees that it is looked at."""
    order.needs_check = True
    order.captured_krw, order.cancelled_krw = remote.amount_krw, remote.cancelled_krw
    order.next_check_at = schedule.next_look(credited_at=remote.paid_at or at, at=at)
    _note_surplus(order, remote, why, at=at)


def _note_surplus(order: PaymentOrder, remote: RemotePayment, why: unallocated.Why, *, at: datetime) -> None:
    more = unallocated.surplus(order, remote.amount_krw)
    if more > 0:
        unallocated.take_in(
            order,
            gateway=order.gateway,
            amount_krw=more,
            why=why,
            paid_at=at if why == unallocated.Why.TWICE else remote.paid_at or at,  # the gateway tells of the first deposit only
            key=f"{order.gateway}:{order.order_id}:{remote.amount_krw}",
            at=at,
        )


def _close_cancelled(order: PaymentOrder, remote: RemotePayment, *, at: datetime) -> None:
    """Taken and given back before we credited it: nothing is owed on either side."""
    order.state, order.failure, order.needs_check = State.FAILED, "결제가 취소됐어요.", False
    order.captured_krw, order.cancelled_krw = remote.amount_krw, remote.cancelled_krw
    order.next_check_at = None
    for row in order.unallocated.select_for_update().exclude(state__in=[unallocated.State.RETURNED, unallocated.State.ALLOCATED]):
        row.order = order
        gone = remote.cancels[-1].id if remote.cancels else ""
        unallocated.given_back(row, cancel_id=gone, at=at, actor="", reason="결제사에서 모두 취소했어요.")
    _settle_mismatches(order, reason="결제가 모두 취소돼서 충전하지 않았어요.", at=at)


def _settle_mismatches(order: PaymentOrder, *, reason: str, at: datetime) -> None:
    order.reconciliation_items.filter(kind=Kind.MISMATCH, state=ReconciliationItem.State.OPEN).update(
        state=ReconciliationItem.State.SETTLED, settled_at=at, reason=reason
    )


def _follow(order: PaymentOrder, remote: RemotePayment, *, at: datetime, window_closed: bool, refused: str) -> None:
    """No money was taken so far: note how far the buyer got, and when to ask again."""
    opened_at = order.window_opened_at or order.created_at
    is_open = order.state in (State.CREATED, State.WINDOW_OPEN)
    order.needs_check = False
    account, is_over = None, False
    if remote.account is not None and remote.state in (RemoteState.ACCOUNT_ISSUED, RemoteState.EXPIRED):
        account = accounts.note(order, remote.account, at=at)
        is_over = remote.state is RemoteState.EXPIRED or at > account.due_at + accounts.LOOK_AFTER_THE_END
    if is_over:
        order.state, order.failure = State.ABANDONED, "입금 기한이 지나서 주문을 닫았어요."
    elif remote.state is RemoteState.ACCOUNT_ISSUED:
        order.state, order.method = State.ACCOUNT_ISSUED, order.method if order.is_into_account else accounts.METHOD
    elif order.state == State.ACCOUNT_ISSUED and remote.state in (RemoteState.FAILED, RemoteState.EXPIRED):
        order.state, order.failure = State.ABANDONED, "입금 계좌가 닫혀서 주문을 닫았어요."
    elif is_open and (remote.state is RemoteState.FAILED or refused):
        order.state = State.FAILED
        order.failure = (remote.failure or refused)[:200]
    elif remote.state is not RemoteState.PENDING and is_open and (window_closed or at >= opened_at + schedule.ABANDONED_AFTER):
        order.state = State.ABANDONED
    if refused:
        logger.warning("Order %s was not confirmed", order.order_id)
    order.next_check_at = schedule.next_check(opened_at=opened_at, hinted_at=order.hinted_at, at=at)
    if account is not None and order.state == State.ACCOUNT_ISSUED:
        ends = account.due_at + accounts.LOOK_AFTER_THE_END + timedelta(seconds=1)
        order.next_check_at = min(order.next_check_at or ends, ends)


def _compare(order: PaymentOrder, remote: RemotePayment, expected: Expected, *, at: datetime) -> None:
    """A credited order: does the gateway still say the same, and did anybody cancel there? Orders of the same payment follow."""
    if not remote.was_taken:
        open_item(
            kind=Kind.MISSING,
            key=f"order:{order.order_id}:missing:{remote.state}",
            gateway=order.gateway,
            ref=order.ref,
            order=order,
            amount_krw=order.amount_krw,
            differences={"status": [order.state, remote.said or remote.state.value]},
            at=at,
        )
        return
    wrong = order.differences(remote, expected)
    if set(wrong) == {"amount_krw"} and remote.method in PaymentOrder.INTO_ACCOUNT and unallocated.surplus(order, remote.amount_krw) >= 0:
        _note_surplus(order, remote, unallocated.Why.TWICE, at=at)
    elif wrong:
        mark = hashlib.sha256(json.dumps(wrong, sort_keys=True).encode()).hexdigest()[:16]
        open_item(
            kind=Kind.MISMATCH,
            key=f"order:{order.order_id}:mismatch:{mark}",
            gateway=order.gateway,
            ref=order.ref,
            order=order,
            amount_krw=remote.amount_krw,
            differences=wrong,
            at=at,
        )
    orders = [order, *shares.others(order)]
    for cancel in remote.cancels:
        if cancel.state is not CancelState.SUCCEEDED:
            continue  # our own undecided cancels are followed by their effect
        if (given := unallocated.of_cancel(order, cancel)) is not None:
            given.order = order
            unallocated.given_back(given, cancel_id=cancel.id, at=at, actor="", reason="결제사에서 돌려줬어요.")
            continue
        whose, refund = shares.refund_in(orders, cancel)
        if refund is not None:
            finish(refund, whose, cancel, at=at)
        else:
            open_item(
                kind=Kind.FOREIGN_CANCEL,
                key=f"{order.gateway}:cancel:{cancel.id}",
                gateway=order.gateway,
                ref=order.ref,
                order=whose,
                cancel=cancel,
                differences={"cancelled_krw": ["0", str(cancel.amount_krw)]},
                at=at,
            )
    for one in orders:  # a late answer may be older than what we know
        one.cancelled_krw = max(one.cancelled_krw, shares.cancelled_krw(one, remote.cancelled_krw))
    for other in orders[1:]:
        other.save()
    disputes.follow(order, remote, at=at)
