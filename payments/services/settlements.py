"""Taking a payment company's settlement list: every line is kept, every difference to our books becomes an item for a person."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from common.errors import DomainError
from common.kst import day_from, day_until
from identity.models import User
from payments.gateways import get_gateway
from payments.gateways.base import SettlementLister
from payments.models import PaymentOrder, ReconciliationItem, Refund, SettlementFile, SettlementRow, UnallocatedMoney
from payments.services.items import open_item
from payments.settlements import CONTRACTS, Finding, SettlementLine, digest_of, judge

Kind = ReconciliationItem.Kind
MOST_FINDINGS = 300  # more is not a list with differences but the wrong list


class SettlementTaken(DomainError):
    """The same list was taken before."""

    code = "payments.settlement_taken"
    message = "이미 올린 정산 파일이에요. 다시 세지 않았어요."


class SettlementUnbelievable(DomainError):
    """Nearly nothing in the list is ours: the wrong company or the wrong days; nothing was taken."""

    code = "payments.settlement_unbelievable"
    message = "우리 장부와 다른 줄이 {found:,}개예요. 결제사와 기간을 맞게 골랐는지 확인해 주세요. 올리지 않았어요."
    http_status = 422


class SettlementOutside(DomainError):
    """A line is about a day that the list is not said to cover."""

    code = "payments.settlement_outside"
    message = "{day}의 거래가 들어 있어요. 기간을 파일에 맞게 골라 주세요."
    http_status = 422


def take_settlement(
    *, gateway: str, first_on: date, last_on: date, name: str, lines: Iterable[SettlementLine], by: User | None, at: datetime
) -> tuple[SettlementFile, list[ReconciliationItem]]:
    """
    Keep a settlement list of whole days and open an item for each difference. No money moves.

    Found are lines that are not ours, twice, of another amount or fee, and payments or cancels of ours that the days should have and
    no list so far has. An item about a missing line is settled by itself when a later list brings it.

    :raises SettlementTaken: the same lines were taken before.
    :raises SettlementOutside: a line belongs to another day.
    :raises SettlementUnbelievable: the list cannot be the one it is said to be.
    """
    lines = list(lines)
    if outside := next((line for line in lines if not first_on <= line.moved_on <= last_on), None):
        raise SettlementOutside(day=outside.moved_on)
    with transaction.atomic(durable=True):
        file = _keep(gateway, first_on, last_on, name, lines, by=by, at=at)
        before = SettlementRow.objects.filter(file__gateway=gateway, ref__in={line.ref for line in lines}).exclude(file=file)
        told = _told_already(gateway)
        findings = [
            finding
            for finding in judge(
                lines,
                ours=_ours(gateway, lines),
                settled_before=set(before.values_list("transaction_id", flat=True)),
                rates=CONTRACTS[gateway].at(day_from(last_on)),
            )
            if not (finding.kind == Kind.SETTLED_UNKNOWN and {finding.line.ref, finding.line.transaction_id} & told)
        ]
        missing = _missing(gateway, first_on, last_on)
        if len(findings) + len(missing) > MOST_FINDINGS:
            raise SettlementUnbelievable(found=len(findings) + len(missing))
        items = [_open(gateway, finding, file=file, number=number, at=at) for number, finding in enumerate(findings)]
        items += [_open_missing(gateway, ref, number, amount, at=at) for (ref, number), amount in missing.items()]
        _arrived(gateway, lines, at=at)
    return file, items


def fetch_settlement(*, gateway: str, on: date, at: datetime) -> tuple[SettlementFile, list[ReconciliationItem]] | None:
    """
    Take the list of one day from a gateway that tells it; None when it tells none, or this one was taken before.

    :raises GatewayError: it could not be asked.
    """
    company = get_gateway(gateway)
    if not isinstance(company, SettlementLister):
        return None
    lines = list(company.list_settlements(first_on=on, last_on=on))
    try:
        return take_settlement(gateway=gateway, first_on=on, last_on=on, name=f"{gateway} {on}", lines=lines, by=None, at=at)
    except SettlementTaken:
        return None


def _keep(
    gateway: str, first_on: date, last_on: date, name: str, lines: list[SettlementLine], *, by: User | None, at: datetime
) -> SettlementFile:
    try:
        with transaction.atomic():
            file = SettlementFile.objects.create(
                gateway=gateway,
                name=name[:120],
                digest=digest_of(lines, first_on=first_on, last_on=last_on),
                first_on=first_on,
                last_on=last_on,
                lines=len(lines),
                amount_krw=sum(line.amount_krw for line in lines),
                payout_krw=sum(line.payout_krw for line in lines),
                taken_by=by,
                taken_at=at,
            )
    except IntegrityError as exc:
        raise SettlementTaken from exc
    SettlementRow.objects.bulk_create(
        [
            SettlementRow(file=file, line_no=number, **{field: getattr(line, field) for field in SettlementLine.__slots__})
            for number, line in enumerate(lines, start=1)
        ],
        batch_size=2_000,
    )
    return file


def _told_already(gateway: str) -> set[str]:
    """Payments and cancels that are not ours and wait as a difference of the books: their settlement is no second one."""
    waiting = ReconciliationItem.objects.filter(gateway=gateway, state=ReconciliationItem.State.OPEN)
    payments = waiting.filter(kind=Kind.UNKNOWN_PAYMENT).values_list("ref", flat=True)
    return {*payments, *waiting.filter(kind=Kind.FOREIGN_CANCEL).values_list("cancel_id", flat=True)}


def _ours(gateway: str, lines: list[SettlementLine]) -> dict[tuple[str, str], set[int]]:
    """
    What lines about these payments and their cancels may say by our books, money that fitted no order included. Three queries, four
    where a payment is listed in other pieces than it was noted in.
    """
    refs = {line.ref for line in lines}
    of_these = Q(order__order_id__in=refs) | Q(order__payment_ref__in=refs)
    noted = list(UnallocatedMoney.objects.filter(of_these, gateway=gateway).select_related("order"))
    orders = PaymentOrder.objects.filter(Q(order_id__in=refs) | Q(payment_ref__in=refs), gateway=gateway, captured_krw__gt=0)
    taken = list(orders)
    done = Refund.objects.filter(of_these, order__gateway=gateway, state=Refund.State.DONE, way=Refund.Way.CARD).select_related("order")
    gone = {order.ref: order.cancelled_krw for order in taken if not order.is_credited and order.cancelled_krw == order.captured_krw}
    cancels = {(row.order.ref, row.cancel_id): -row.amount_krw for row in noted if row.cancel_id}
    cancels |= {(refund.order.ref, refund.cancel_id): -refund.amount_krw for refund in done}
    cancels |= _cancels_before_credit(gone, lines)
    ours = {cancel: {amount_krw} for cancel, amount_krw in cancels.items()}
    return ours | {(ref, ""): said for ref, said in _deposits(gateway, taken, noted, lines).items()}


def _deposits(gateway: str, taken: list[PaymentOrder], noted: list[UnallocatedMoney], lines: list[SettlementLine]) -> dict[str, set[int]]:
    """
    What lines about a payment may say, by payment: one deposit, all of them at once, or pieces that come to all of them together.

    taken: orders that the payments paid for.   noted: money of them that waits, went back or became a top-up.
    """
    shares: dict[str, list[int]] = {}
    for order in taken:
        shares.setdefault(order.ref, []).append(order.captured_krw)
    for row in noted:
        is_of_no_share = row.order.gateway != gateway or row.order.is_credited  # else the order's own share holds it
        if is_of_no_share and row.state != UnallocatedMoney.State.ALLOCATED:
            shares.setdefault(row.order.ref, []).append(row.amount_krw)
    said = {ref: {*pieces, sum(pieces)} for ref, pieces in shares.items()}
    for row in noted:
        said.setdefault(row.order.ref, set()).add(row.amount_krw)
    deposits = (line for line in lines if not line.is_cancel and line.method in PaymentOrder.INTO_ACCOUNT)
    odd = {line.ref for line in deposits if line.amount_krw not in said.get(line.ref, {line.amount_krw})}
    for ref, pieces in _listed(gateway, odd).items():
        if sum(pieces) == sum(shares.get(ref, ())):
            said[ref].update(pieces)
    return said


def _listed(gateway: str, refs: set[str]) -> dict[str, list[int]]:
    """What this list and those before it say of payments, each movement once, by payment. One query, none without payments."""
    rows = SettlementRow.objects.filter(file__gateway=gateway, ref__in=refs, is_cancel=False)
    found: dict[str, list[int]] = {}
    for ref, _, amount_krw in set(rows.values_list("ref", "transaction_id", "amount_krw")):
        found.setdefault(ref, []).append(amount_krw)
    return found


def _cancels_before_credit(gone: dict[str, int], lines: list[SettlementLine]) -> dict[tuple[str, str], int]:
    """
    The cancels of payments that went back whole before they were credited. Nothing was booked, so no number of a cancel is known: they
    are ours as long as all of them together are no more than what went back.

    gone: won by payment.
    """
    cancels = {(line.ref, line.transaction_id): line.amount_krw for line in lines if line.is_cancel and line.ref in gone}
    back: dict[str, int] = {}
    for (ref, _), amount_krw in cancels.items():
        back[ref] = back.get(ref, 0) - amount_krw
    return {(ref, number): amount_krw for (ref, number), amount_krw in cancels.items() if back[ref] <= gone[ref]}


def _missing(gateway: str, first_on: date, last_on: date) -> dict[tuple[str, str], int]:
    """(ref, number of the cancel or "") → amount of what happened in these days and stands in no list so far."""
    days = (day_from(first_on), day_until(last_on))
    paid = PaymentOrder.objects.credited().filter(gateway=gateway, paid_at__gte=days[0], paid_at__lt=days[1])
    done = Refund.objects.filter(order__gateway=gateway, state=Refund.State.DONE, way=Refund.Way.CARD)
    done = done.filter(done_at__gte=days[0], done_at__lt=days[1])
    ours = {(order.ref, ""): order.captured_krw for order in paid.order_by("-pk")}
    ours |= {(refund.order.ref, refund.cancel_id): -refund.amount_krw for refund in done.select_related("order")}
    rows = SettlementRow.objects.filter(file__gateway=gateway, ref__in={ref for ref, _ in ours})
    listed = {(ref, number if is_cancel else "") for ref, number, is_cancel in rows.values_list("ref", "transaction_id", "is_cancel")}
    return {movement: amount for movement, amount in ours.items() if movement not in listed}


def _open(gateway: str, finding: Finding, *, file: SettlementFile, number: int, at: datetime) -> ReconciliationItem:
    line = finding.line
    twice = f":{file.pk}:{number}" if finding.kind == Kind.SETTLED_TWICE else ""
    return open_item(
        kind=Kind(finding.kind),
        key=f"{gateway}:settlement:{finding.kind}:{line.transaction_id}{twice}"[:200],
        gateway=gateway,
        ref=line.ref,
        order=PaymentOrder.objects.of_payment(gateway, line.ref).order_by("pk").first(),
        amount_krw=line.amount_krw,
        differences=finding.differences,
        at=at,
    )


def _open_missing(gateway: str, ref: str, number: str, amount_krw: int, *, at: datetime) -> ReconciliationItem:
    return open_item(
        kind=Kind.UNSETTLED,
        key=_key_of_missing(gateway, ref, number),
        gateway=gateway,
        ref=ref,
        order=PaymentOrder.objects.of_payment(gateway, ref).order_by("pk").first(),
        amount_krw=amount_krw,
        differences={"amount_krw": [str(amount_krw), ""]},
        at=at,
    )


def _key_of_missing(gateway: str, ref: str, number: str) -> str:
    return f"{gateway}:settlement:UNSETTLED:{ref}:{number}"[:200]


def _arrived(gateway: str, lines: list[SettlementLine], *, at: datetime) -> None:
    """Lines that were missed before have come."""
    waiting = ReconciliationItem.objects.filter(gateway=gateway, kind=Kind.UNSETTLED, state=ReconciliationItem.State.OPEN)
    keys = {_key_of_missing(gateway, line.ref, line.transaction_id if line.is_cancel else "") for line in lines}
    waiting.filter(key__in=keys).update(state=ReconciliationItem.State.SETTLED, settled_at=at, reason="다음 정산 파일에 들어왔어요.")
