"""The gateway's book against ours: the sweeper's rows, the hourly comparison, and settling a difference."""

import logging
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from advertisers import services as advertisers
from common.errors import Busy
from common.provider import GatewayError
from credits import services as ledger
from identity.models import User
from payments import policy
from payments.gateways import get_gateway
from payments.gateways.base import CancelState, RemoteCancel, RemotePayment
from payments.models import PaymentOrder, ReconciliationItem, ReconciliationRun, Refund
from payments.services import disputes
from payments.services.cancels import finish, tell
from payments.services.items import open_item
from payments.services.refunds import close_approval, free, top_up_of
from payments.services.refusals import ItemAlreadySettled, OpenRefundFirst, OrderDisputed, ReasonMissing
from payments.services.sync import Source, sync_order
from payments.services.ways import give_way_to_card

logger = logging.getLogger(__name__)

Kind = ReconciliationItem.Kind
CLAIM = timedelta(seconds=90)
PAGE = 200


def due_to_sweep(*, at: datetime, limit: int = 100) -> list[tuple[str, datetime | None]]:
    """Number and moment of the orders that a sweep asks about, the longest due first. Reads only."""
    return list(PaymentOrder.objects.to_check(at).order_by("next_check_at").values_list("order_id", "next_check_at")[:limit])


def sweep(*, at: datetime, limit: int = 100) -> int:
    """Ask about every order whose moment has come; how many were asked. Two sweepers at once ask different orders."""
    asked = 0
    for order_id, due_at in due_to_sweep(at=at, limit=limit):
        claimed = PaymentOrder.objects.filter(order_id=order_id, next_check_at=due_at).update(next_check_at=at + CLAIM)
        if claimed != 1:
            continue
        asked += 1
        try:
            sync_order(order_id=order_id, at=at, source=Source.SWEEP)
        except GatewayError as silence:
            logger.warning("Order %s could not be asked about: %s", order_id, silence.code)
        except Busy:
            logger.warning("Order %s is busy; the sweeper comes back", order_id)
    return asked


@dataclass(slots=True)
class Report:
    """
    One comparison.

    seen: payments in the gateway's list, and ours of that time.   credited: orders it made us credit.
    open: kind and payment of each difference that waits.
    """

    seen: int = 0
    synced: int = 0
    credited: int = 0
    open: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """True when nothing waits for a person."""
        return not self.open


def reconcile(*, gateway_name: str, since: datetime, until: datetime, at: datetime, key: str = "") -> Report:
    """
    Compare every payment whose money moved in [since, until], and every order of ours paid in it, with the other side.

    since, until: the gateway's clock.   at: ours.   key: of this comparison, so that it is kept once; default by its time.

    :raises GatewayError: the gateway could not be asked; what was compared so far stays.
    """
    report, seen = Report(), set()
    before = ReconciliationItem.objects.filter(gateway=gateway_name).count()
    for remote, order in _both_books(gateway_name, since=since, until=until):
        seen.add(remote.ref)
        if order is None:
            _unknown(gateway_name, remote, at=at)
        elif order.gateway != gateway_name or not _agrees(order, remote):
            _sync(order, report, at=at)
    for order in _not_told_of(gateway_name, seen, since=since, until=until):
        _sync(order, report, at=at)
        seen.add(order.ref)
    waiting = ReconciliationItem.objects.filter(gateway=gateway_name, state=ReconciliationItem.State.OPEN, ref__in=seen)
    items = list(waiting.order_by("opened_at"))
    report.seen, report.open = len(seen), [f"{item.kind} {item.ref}" for item in items]
    ReconciliationRun.objects.get_or_create(
        key=key or f"{gateway_name}:{since.isoformat()}:{until.isoformat()}",
        defaults={
            "gateway": gateway_name,
            "since": since,
            "until": until,
            "ran_at": at,
            "seen": len(seen),
            "explained": len(seen - {item.ref for item in items}),
            "credited": report.credited,
            "opened": ReconciliationItem.objects.filter(gateway=gateway_name).count() - before,
        },
    )
    return report


@dataclass(slots=True)
class Outlook:
    """
    What a comparison would do. seen: payments it would compare.

    lookups: numbers of orders that it would look up, because the books differ.   unknown: (reference, won) of payments that are not ours.
    """

    seen: int = 0
    lookups: list[str] = field(default_factory=list)
    unknown: list[tuple[str, int]] = field(default_factory=list)


def outlook(*, gateway_name: str, since: datetime, until: datetime) -> Outlook:
    """
    Compare as `reconcile` does, and only look.

    :raises GatewayError: the gateway could not be asked.
    """
    found, seen = Outlook(), set()
    for remote, order in _both_books(gateway_name, since=since, until=until):
        seen.add(remote.ref)
        if order is None:
            found.unknown.append((remote.ref, remote.amount_krw))
        elif order.gateway != gateway_name or not _agrees(order, remote):
            found.lookups.append(order.order_id)
    for order in _not_told_of(gateway_name, seen, since=since, until=until):
        found.lookups.append(order.order_id)
        seen.add(order.ref)
    found.seen = len(seen)
    return found


def _both_books(gateway_name: str, *, since: datetime, until: datetime) -> Iterator[tuple[RemotePayment, PaymentOrder | None]]:
    """Every payment of the gateway's list, with our order of it."""
    for page in _pages(get_gateway(gateway_name).list_payments(since=since, until=until)):
        found = PaymentOrder.objects.filter(order_id__in=[remote.ref for remote in page])
        found = found.filter(Q(gateway=gateway_name) | Q(windows__gateway=gateway_name)).distinct()
        orders = {order.order_id: order for order in found.prefetch_related("refunds", "reconciliation_items")}
        yield from ((remote, orders.get(remote.ref)) for remote in page)


def _not_told_of(gateway_name: str, seen: Collection[str], *, since: datetime, until: datetime) -> QuerySet[PaymentOrder]:
    """Orders of ours that were paid in that time and are not in the gateway's list."""
    ours = PaymentOrder.objects.credited().filter(gateway=gateway_name, paid_at__gte=since, paid_at__lt=until)
    return ours.exclude(order_id__in=seen).exclude(payment_ref__in=seen)


def _pages(remotes: Iterable[RemotePayment]) -> Iterator[list[RemotePayment]]:
    """The list in pieces that are looked up together."""
    rest = iter(remotes)
    while page := list(islice(rest, PAGE)):
        yield page


def reconcile_order(*, order_id: str, at: datetime) -> Report:
    """
    Compare one order with the gateway.

    :raises PaymentOrder.DoesNotExist, GatewayError: unknown, or could not be asked.
    """
    report = Report(seen=1)
    order = PaymentOrder.objects.get(order_id=order_id)
    _sync(order, report, at=at)
    waiting = order.reconciliation_items.filter(state=ReconciliationItem.State.OPEN)
    report.open = [f"{item.kind} {item.ref}" for item in waiting.order_by("opened_at")]
    return report


def _sync(order: PaymentOrder, report: Report, *, at: datetime) -> None:
    was_credited = order.is_credited
    after = sync_order(order_id=order.order_id, at=at, source=Source.SWEEP)
    report.synced += 1
    report.credited += after.is_credited and not was_credited


def _agrees(order: PaymentOrder, remote: RemotePayment) -> bool:
    """True when the order says what the gateway says, cancels included; a cheap look that spares most questions."""
    if not order.is_credited or remote.amount_krw != order.amount_krw:
        return False
    if remote.is_disputed is not None and remote.is_disputed != (order.state == PaymentOrder.State.DISPUTED):
        return False
    known = {row.cancel_id for row in (*order.refunds.all(), *order.reconciliation_items.all()) if row.cancel_id}
    done = {cancel.id for cancel in remote.cancels if cancel.state is CancelState.SUCCEEDED}
    return done <= known and order.cancelled_krw == remote.cancelled_krw


def _unknown(gateway_name: str, remote: RemotePayment, *, at: datetime) -> None:
    """Money was taken for something we never sold."""
    with transaction.atomic(durable=True):
        open_item(
            kind=Kind.UNKNOWN_PAYMENT,
            key=f"{gateway_name}:payment:{remote.ref}"[:200],
            gateway=gateway_name,
            ref=remote.ref[:100],
            amount_krw=remote.amount_krw,
            differences={"status": ["", remote.said], "amount_krw": ["0", str(remote.amount_krw)]},
            at=at,
        )


def settle_item(*, item: ReconciliationItem, by: User, at: datetime, reason: str) -> ReconciliationItem:
    """
    Close a difference with a reason. A complaint that ends sets its credits free. For a cancel that was made at the gateway, or of another
    amount than its refund, the ledger follows: the credits and their share of the bonus are taken from what is left, and what went back
    beyond the order, because it had gone by bank too, as further credits; what is missing becomes a claim, and then the account is
    restricted. Other kinds move no money.

    :raises ReasonMissing: no reason was given.
    :raises ItemAlreadySettled: somebody was first.
    :raises OrderDisputed: the card company has not decided about the order of a refund of another amount.
    :raises OpenRefundFirst: another refund of the same order waits, and the cancel may have taken its money.
    """
    if not reason.strip():
        raise ReasonMissing
    order = item.order
    with transaction.atomic(durable=True):
        if order is not None:
            ledger.lock_wallet(order.advertiser)
            order = PaymentOrder.objects.select_related("advertiser").select_for_update(of=("self",)).get(pk=order.pk)
        row = ReconciliationItem.objects.select_for_update().get(pk=item.pk)
        if row.state == ReconciliationItem.State.SETTLED:
            raise ItemAlreadySettled
        if order is not None and row.kind == Kind.FOREIGN_CANCEL:
            _follow_cancel(row, order, by=by, at=at, reason=reason.strip())
        elif order is not None and row.kind == Kind.REFUND_AMOUNT:
            _follow_amount(row, order, by=by, at=at, reason=reason.strip())
        elif order is not None and row.kind == Kind.DISPUTE and order.state == PaymentOrder.State.DISPUTED:
            disputes.end(order, reason=reason.strip(), by=by, at=at)
            row.refresh_from_db()
        elif order is not None:
            order.next_check_at = at
        if order is not None:
            order.save(update_fields=["state", "next_check_at"])
        row.state, row.settled_by, row.settled_at, row.reason = ReconciliationItem.State.SETTLED, by, at, reason.strip()[:200]
        row.save(update_fields=["state", "settled_by", "settled_at", "reason"])
        return row


def _waiting(order: PaymentOrder) -> list[Refund]:
    """The refunds of a locked order that have not ended. Locks them."""
    over = (Refund.State.DONE, Refund.State.DENIED, Refund.State.WITHDRAWN)
    return list(order.refunds.select_for_update().exclude(state__in=over).order_by("pk"))


def _follow_cancel(item: ReconciliationItem, order: PaymentOrder, *, by: User, at: datetime, reason: str) -> None:
    """Book a cancel that our desk did not make, so that ledger and gateway are equal again."""
    waiting, is_lost = _waiting(order), order.state == PaymentOrder.State.DISPUTED
    cancel = RemoteCancel(id=item.cancel_id, state=CancelState.SUCCEEDED, amount_krw=item.amount_krw, at=at)
    at_the_desk = [refund for refund in waiting if refund.state not in (Refund.State.SENT, Refund.State.UNKNOWN)]
    equal = (refund for refund in at_the_desk if refund.amount_krw == item.amount_krw)
    if same := next((refund for refund in equal if give_way_to_card(refund, at=at)), None):
        finish(same, order, cancel, at=at)  # the person at the gateway did what was asked for
        close_approval(same, reason="결제사에서 이미 취소했어요.", at=at)
        if is_lost:
            disputes.end(order, reason=disputes.LOST, by=by, at=at)
        return
    if is_lost:
        waiting = disputes.deny_what_cannot_go(order, waiting, by=by, at=at)
    if waiting:
        raise OpenRefundFirst
    if is_lost:  # what was set aside is what the cancel takes
        disputes.end(order, reason=disputes.LOST, by=by, at=at)
    terms = policy.split_amount(top_up_of(order, at=at), item.amount_krw)
    _reclaim(terms, item, order, by=by, at=at, reason=reason)
    Refund.objects.create(
        key=f"{order.gateway}:cancel:{item.cancel_id}",
        order=order,
        source=Refund.Source.GATEWAY,
        **asdict(terms),
        amount_krw=terms.amount_krw,
        state=Refund.State.DONE,
        cancel_id=item.cancel_id,
        reason=reason[:200],
        requested_by=by,
        decided_by=by,
        requested_at=at,
        decided_at=at,
        done_at=at,
    )
    if order.state != PaymentOrder.State.DISPUTED:
        order.state = order.state_by_refunds()


def _follow_amount(item: ReconciliationItem, order: PaymentOrder, *, by: User, at: datetime, reason: str) -> None:
    """End a refund with what the gateway really gave back: everything is set free, and the real share is taken."""
    waiting = _waiting(order)
    refund = next((refund for refund in waiting if refund.cancel_id == item.cancel_id), None)
    if refund is None:
        return  # a later answer agreed, and the refund was done
    others = order.refunds.counted().exclude(pk=refund.pk).aggregate(krw=Sum("amount_krw", default=0))["krw"]
    if len(waiting) > 1 and item.amount_krw > order.amount_krw - others:
        raise OpenRefundFirst
    if order.state == PaymentOrder.State.DISPUTED:
        raise OrderDisputed
    refund.order = order
    free(refund, actor=by, at=at)
    terms = policy.split_amount(top_up_of(order, at=at, without=refund), item.amount_krw)
    _reclaim(terms, item, order, by=by, at=at, reason=reason)
    for name, value in asdict(terms).items():
        setattr(refund, name, value)
    refund.amount_krw, refund.state, refund.done_at = terms.amount_krw, Refund.State.DONE, at
    refund.save()
    tell(refund, order, at=at)


def _reclaim(terms: policy.Terms, item: ReconciliationItem, order: PaymentOrder, *, by: User, at: datetime, reason: str) -> None:
    """Take out of the ledger what a cancel of an unforeseen amount stands for; what is missing restricts the account."""
    if not (terms.credits or terms.bonus or terms.promotion):
        return
    _, receivable = ledger.reclaim_unrequested(
        advertiser=order.advertiser,
        order_id=order.order_id,
        credits=terms.credits,
        bonus=terms.bonus,
        promotion=terms.promotion,
        gateway=order.gateway,
        key=f"{order.gateway}:cancel:{item.cancel_id}:reclaim",
        at=at,
        actor=by.get_username(),
        reason=reason,
    )
    if receivable:
        advertisers.restrict(
            advertiser=order.advertiser,
            reason=f"결제가 취소됐는데 이미 쓰거나 돌려받은 크레딧이 {receivable:,}만큼 있어요.",
            at=at,
        )
