"""One approved refund on its way through the gateway: the domain side of the effect `payments.refund`, and its second try."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from advertisers.notifications import tell_team
from common import effects
from common.models import Effect
from identity import notifications
from identity.models import User
from payments import events
from payments.gateways import get_gateway
from payments.gateways.base import CancelState, RemoteCancel, RemotePayment
from payments.models import PaymentOrder, Refund
from payments.services import outgoing, shares
from payments.services.cancels import finish
from payments.services.refunds import hand_over, locked
from payments.services.refusals import AccountRestricted, OrderDisputed, ReasonMissing, RefundNotStuck

State = Refund.State


def cancel_in(remote: RemotePayment, refund: Refund) -> RemoteCancel | None:
    """Our cancel of this refund's present try, as the gateway's book shows it."""
    return next((cancel for cancel in remote.cancels if cancel.key == refund.cancel_key or cancel.id == refund.cancel_id != ""), None)


def start_cancel(*, refund_id: int, at: datetime) -> Refund | None:
    """
    Mark the refund as sent before the gateway is called, with the remaining amount we believe in; None while another refund of the
    same order is with the gateway, because the belief would be a guess. A refund that is not to be sent comes back as it is; one of an
    account that was restricted meanwhile, or of an order whose card holder complains since, goes back to the desk.
    """
    refund = Refund.objects.select_related("order__advertiser").get(pk=refund_id)
    with transaction.atomic(durable=True):
        row = locked(refund)
        if row.state != State.APPROVED:
            return row
        if why := _why_halted(row.order):
            _halt(row, why=why, at=at)
            return row
        if shares.is_one_at_the_gateway(row.order):
            return None
        row.state, row.sent_at = State.SENT, at
        row.remaining_krw = shares.left_krw(row.order)
        row.save(update_fields=["state", "sent_at", "remaining_krw"])
        return row


def _why_halted(order: PaymentOrder) -> str:
    """What came between the yes and the call, and what comes next; empty when nothing did."""
    if order.advertiser.is_restricted:
        return "계정이 제한돼서 {amount:,}원을 보내지 않았어요. 제한을 풀면 다시 승인해 주세요."
    if order.state == PaymentOrder.State.DISPUTED:
        return "결제에 카드사 이의가 들어와서 {amount:,}원을 보내지 않았어요. 카드사가 결정한 뒤에 다시 승인해 주세요."
    return ""


def is_before_the_card_company(refund: Refund, remote: RemotePayment) -> bool:
    """True while the card holder complains: the card company may take the same money back itself."""
    return refund.order.state == PaymentOrder.State.DISPUTED or remote.is_disputed is True


def _halt(refund: Refund, *, why: str, at: datetime) -> None:
    """
    Nothing goes out. It waits for a new decision, under a new try, so that neither this effect nor an earlier second yes can carry it
    out.
    """
    refund.state, refund.try_no, refund.decided_by, refund.decided_at = State.REQUESTED, refund.try_no + 1, None, None
    refund.save(update_fields=["state", "try_no", "decided_by", "decided_at"])
    notifications.alert_operators(
        kind="payments.refund_halted",
        title="승인한 환불을 멈췄어요",
        body=f"{refund.order.advertiser.name} {why.format(amount=refund.amount_krw)}",
        key=f"refund:{refund.public_id}:{refund.try_no}:halted",
        at=at,
    )


def may_repeat_key(refund: Refund, *, at: datetime) -> bool:
    """True while the gateway certainly remembers our key, so that sending it again cannot pay twice."""
    hours = get_gateway(refund.order.gateway).key_hours
    return refund.sent_at is not None and at < refund.sent_at + timedelta(hours=hours) - timedelta(minutes=10)


def facts_of(cancel: RemoteCancel, remote: RemotePayment) -> dict[str, Any]:
    """What `record_cancel` needs of an answer."""
    return {"cancel": asdict(cancel), "captured_krw": remote.amount_krw, "cancelled_krw": remote.cancelled_krw}


def record_cancel(*, refund_id: int, facts: dict[str, Any], at: datetime) -> None:
    """Book what the gateway's book shows about our cancel. Joins the closing transaction of the effect; a repeat changes nothing."""
    row = locked(Refund.objects.select_related("order__advertiser").get(pk=refund_id))
    cancel, order = RemoteCancel(**facts["cancel"]), row.order
    if cancel.state is CancelState.SUCCEEDED:
        finish(row, order, cancel, at=at)
    elif row.state in (State.SENT, State.UNKNOWN):
        row.cancel_id, row.state = cancel.id, State.SENT
        if cancel.state is CancelState.FAILED:
            _fail(row, "카드사가 취소를 거절했어요.", at=at)
        row.save(update_fields=["cancel_id", "state", "failure"])
    order.cancelled_krw = max(order.cancelled_krw, shares.cancelled_krw(order, int(facts["cancelled_krw"])))
    order.save(update_fields=["cancelled_krw", "state"])


def record_failure(*, refund_id: int, code: str, at: datetime) -> None:
    """The gateway refused for certain: the money stays frozen, operators are called, the advertiser is told. Joins the transaction."""
    row = locked(Refund.objects.select_related("order__advertiser").get(pk=refund_id))
    if row.state in (State.SENT, State.UNKNOWN):
        _fail(row, f"결제사 응답: {code}", at=at)
        row.save(update_fields=["state", "failure"])
        row.order.next_check_at = at  # a cancel made elsewhere may be why: look soon
        row.order.save(update_fields=["next_check_at"])


def record_silence(*, refund_id: int, needs_a_person: bool, at: datetime) -> None:
    """Nobody knows whether money moved. Joins the transaction of the effect."""
    row = locked(Refund.objects.select_related("order__advertiser").get(pk=refund_id))
    if row.state not in (State.SENT, State.UNKNOWN):
        return
    row.state = State.UNKNOWN
    row.save(update_fields=["state"])
    if needs_a_person:
        notifications.alert_operators(
            kind="payments.refund_unknown",
            title="환불 결과를 확인하지 못했어요",
            body=f"주문 {row.order.order_id}의 환불 {row.amount_krw:,}원이 나갔는지 결제사에서 확인해 주세요.",
            key=f"refund:{row.public_id}:{row.try_no}:unknown",
            at=at,
        )


def _fail(refund: Refund, why: str, *, at: datetime) -> None:
    refund.state, refund.failure = State.FAILED, why[:200]
    outgoing.refund_changed(refund, at=at)
    notifications.alert_operators(
        kind="payments.refund_failed",
        title="환불이 실패했어요",
        body=f"주문 {refund.order.order_id}의 환불 {refund.amount_krw:,}원을 카드사가 거절했어요. 다시 시도하거나 다른 방법을 찾아 주세요.",
        key=f"refund:{refund.public_id}:{refund.try_no}:failed",
        at=at,
    )
    tell_team(
        events.REFUND_DELAYED,
        advertiser=refund.order.advertiser,
        url="/my-page/refunds/",
        key=f"refund:{refund.public_id}:{refund.try_no}:failed",
        at=at,
    )


def retry_refund(*, refund: Refund, by: User, at: datetime, reason: str) -> Refund:
    """
    An operator moves a stuck refund on. A failed one is sent again under a new key. One whose end is unknown is looked up first; while
    the gateway remembers the key it is asked about under the same key, and only afterwards, when the gateway's book shows nothing,
    under a new one.

    :raises ReasonMissing: no reason was given.
    :raises RefundNotStuck: it goes its way without help.
    :raises AccountRestricted: it would be sent anew for an account that was restricted meanwhile.
    :raises OrderDisputed: it would be sent anew while the card holder complains; the card company decides first.
    :raises GatewayError: the gateway could not be asked; nothing was changed.
    """
    if not reason.strip():
        raise ReasonMissing
    refund = Refund.objects.select_related("order__advertiser").get(pk=refund.pk)
    remote = get_gateway(refund.order.gateway).fetch(ref=refund.order.ref)  # network: no transaction, no lock
    with transaction.atomic(durable=True):
        row = locked(refund)
        if row.state not in (State.FAILED, State.UNKNOWN) or row.try_no != refund.try_no:
            raise RefundNotStuck
        found = cancel_in(remote, row)
        is_done = found is not None and found.state is CancelState.SUCCEEDED
        if found is not None and is_done:
            finish(row, row.order, found, at=at)
        row.order.cancelled_krw = max(row.order.cancelled_krw, shares.cancelled_krw(row.order, remote.cancelled_krw))
        row.order.save(update_fields=["cancelled_krw", "state"])
        if is_done:
            return row
        is_undecided = found is not None and found.state is not CancelState.FAILED
        if row.state == State.FAILED and is_undecided:
            raise RefundNotStuck
        if row.state == State.UNKNOWN and (is_undecided or may_repeat_key(row, at=at)):
            _ask_now(row, at=at)
            return row
        if row.order.advertiser.is_restricted:
            raise AccountRestricted
        if is_before_the_card_company(row, remote):
            raise OrderDisputed
        row.state, row.failure, row.cancel_id, row.try_no = State.APPROVED, "", "", row.try_no + 1
        row.decided_by, row.decided_at = by, at
        row.save(update_fields=["state", "failure", "cancel_id", "try_no", "decided_by", "decided_at"])
        hand_over(row, at=at)
        return row


def _ask_now(refund: Refund, *, at: datetime) -> None:
    """Let the effect of this try look again, also when it was parked."""
    rows = Effect.objects.filter(key=f"refund:{refund.public_id}:{refund.try_no}")
    effects.unpark(rows.values_list("pk", flat=True), at=at)
    rows.filter(state=Effect.State.UNKNOWN).update(due_at=at)
