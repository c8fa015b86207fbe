"""
Which tax documents are due, and what becomes of them.

Source: 부가가치세법 제17·33·34조, 시행령 제70·71조; the accountant has the last word.

By the way of payment: a card has its slip and must have nothing else; a transfer or a virtual account gets a tax invoice for a business,
or the cash receipt (지출증빙) that it asked for instead, and a cash receipt for a person; bonus credits get nothing. By basis, valid when
it was paid: `topup`, the deposit is the moment of supply and a refund takes its part back; `spend`, what paid credits of transfers were
spent in a month is invoiced in the next. A month in which more was reversed than spent takes that part of the last invoice back.
"""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import TruncMonth
from ulid import ULID

from advertisers.models import Advertiser, BusinessUser
from advertisers.notifications import tell_team
from common import dated, effects
from common.errors import DomainError
from common.kst import day_of
from credits.models import EntryKind, Kind, Lot, Posting
from credits.statements import last_closed_on
from identity import notifications
from identity.models import User
from payments import events, policy
from payments.issuers.base import Buyer, Document, Original
from payments.models import PaymentOrder, Refund, TaxDocument

TOP_UP, SPEND = "topup", "spend"
BASIS = dated.define(
    "payments.tax_document_basis", default=TOP_UP, label="세금 문서 기준(topup: 충전할 때, spend: 쓴 달마다)", choices=(TOP_UP, SPEND)
)
NOT_BY_CARD = ("TRANSFER", *PaymentOrder.INTO_ACCOUNT)
ALARM_DAY = 8  # documents of a month must be issued by the tenth of the next
MONTHS_BACK = 3  # so that a month in which nobody planned is not lost
State = TaxDocument.State


class DocumentNotFailed(DomainError):
    """It was issued, or is on its way."""

    code = "payments.document_not_failed"
    message = "실패한 문서가 아니에요. 이미 발행했거나 발행하고 있어요."


def plan(*, at: datetime) -> list[TaxDocument]:
    """Make what is due and not made yet; safe to repeat, and from several at once."""
    made = [*_for_deposits(at=at), *_for_refunds(at=at), *_for_months(at=at)]
    if day_of(at).day >= ALARM_DAY:
        _alarm(at=at)
    return [document for document in made if document is not None]


def _for_deposits(*, at: datetime) -> list[TaxDocument | None]:
    orders = PaymentOrder.objects.credited().filter(method__in=NOT_BY_CARD, tax_documents=None).select_related("advertiser")
    return [
        _make(
            key=f"order:{order.order_id}", advertiser=order.advertiser, order=order, on=day_of(order.paid_at or at),
            supply_krw=order.credits, vat_krw=order.vat_krw, at=at,
        )
        for order in orders.order_by("pk") if BASIS.at(order.paid_at or at) == TOP_UP
    ]  # fmt: skip


def _for_refunds(*, at: datetime) -> list[TaxDocument | None]:
    """The part of a document that went back; of the day it went back."""
    done = Refund.objects.filter(state=Refund.State.DONE, order__tax_documents__isnull=False, tax_documents=None)
    made = []
    for refund in done.select_related("order__advertiser").distinct().order_by("pk"):
        original = TaxDocument.objects.originals().filter(order=refund.order).first()
        if original is None:
            continue
        left_krw = refund.order.tax_documents.aggregate(krw=Sum("supply_krw", default=0))["krw"]
        supply_krw = min(refund.credits, left_krw)  # what went back twice is a claim: no supply is taken back for it
        if supply_krw == refund.vat_krw == 0:
            continue
        made.append(
            _make(
                key=f"refund:{refund.public_id}", advertiser=refund.order.advertiser, order=refund.order, refund=refund, corrects=original,
                on=day_of(refund.done_at or at), supply_krw=-supply_krw, vat_krw=-refund.vat_krw, at=at,
            )
        )  # fmt: skip
    return made


def _for_months(*, at: datetime) -> list[TaxDocument | None]:
    """What was spent in each of the last months, where that is the basis; each month once, when nothing can be booked into it any more."""
    first, closed = day_of(at).replace(day=1), last_closed_on() or date.min
    months = spent_by_month(since=_months_before(first, MONTHS_BACK), until=first)
    keys = {f"month:{advertiser.public_id}:{on:%Y%m}": (advertiser, on, spent) for advertiser, on, spent in months if on <= closed}
    known = set(TaxDocument.objects.filter(key__in=keys).values_list("key", flat=True))
    return [_for_month(key, *facts, at=at) for key, facts in keys.items() if key not in known]


def _for_month(key: str, advertiser: Advertiser, last_on: date, spent: int, *, at: datetime) -> TaxDocument | None:
    """The document of one month; below zero it corrects the last one of an earlier month."""
    sign, corrects = (1, None) if spent > 0 else (-1, _last_of_months(advertiser, before=last_on))
    if spent == 0 or (spent < 0 and corrects is None):
        return None
    vat_krw = sign * policy.vat_of(abs(spent))
    return _make(key=key, advertiser=advertiser, on=last_on, supply_krw=spent, vat_krw=vat_krw, corrects=corrects, at=at)


def _last_of_months(advertiser: Advertiser, *, before: date) -> TaxDocument | None:
    months = TaxDocument.objects.owned_by(advertiser).originals().filter(order=None, written_on__lt=before)
    return months.order_by("written_on", "pk").last()


def _months_before(first: date, months: int) -> date:
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


def _last_day(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def spent_by_month(*, since: date, until: date) -> list[tuple[Advertiser, date, int]]:
    """
    Captured paid credits from lots that came by transfer under the basis `spend`, less what was reversed: the advertiser, the last day
    of the KST month, and how many. Oldest month first.

    since, until: first days of months, half-open.
    """
    orders = PaymentOrder.objects.credited().filter(method__in=NOT_BY_CARD)
    by_spend = [order.order_id for order in orders if BASIS.at(order.paid_at or order.created_at) == SPEND]
    lines = Posting.objects.filter(
        lot__kind=Lot.Kind.PAID,
        lot__order_id__in=by_spend,
        account__kind__in=[Kind.REVENUE, Kind.REWARD_COST],
        entry__kind__in=[EntryKind.CAPTURE, EntryKind.REVERSAL],
        entry__booked_on__gte=since,
        entry__booked_on__lt=until,
    )
    months = lines.annotate(month=TruncMonth("entry__booked_on")).values_list("lot__advertiser", "month").annotate(n=Sum("amount"))
    sums = list(months.order_by("month", "lot__advertiser"))
    owners = Advertiser.objects.in_bulk({number for number, _, _ in sums})
    return [(owners[number], _last_day(month), int(amount)) for number, month, amount in sums]


def _make(
    *, key: str, advertiser: Advertiser, on: date, supply_krw: int, vat_krw: int, at: datetime, order: PaymentOrder | None = None,
    refund: Refund | None = None, corrects: TaxDocument | None = None,
) -> TaxDocument | None:  # fmt: skip
    """Write a document and the effect that issues it; None when it is there."""
    buyer = buyer_of(advertiser)
    kind = corrects.kind if corrects else _kind(buyer, order)
    with transaction.atomic(durable=True):
        document, made = TaxDocument.objects.get_or_create(
            key=key,
            defaults={
                "number": f"TI{str(ULID.from_datetime(at))[4:]}", "advertiser": advertiser, "kind": kind, "order": order, "refund": refund,
                "corrects": corrects, "written_on": on, "supply_krw": supply_krw, "vat_krw": vat_krw, "made_at": at,
                "buyer": corrects.buyer if corrects else asdict(buyer),
            },
        )  # fmt: skip
        if not made:
            return None
        _issue(document, at=at)
    return document


def _kind(buyer: Buyer, order: PaymentOrder | None) -> TaxDocument.Kind:
    """An invoice for a business, unless it asked for a receipt of this deposit."""
    is_invoice = bool(buyer.number) and not (order is not None and order.wants_receipt)
    return TaxDocument.Kind.INVOICE if is_invoice else TaxDocument.Kind.RECEIPT


def _issue(document: TaxDocument, *, at: datetime) -> None:
    key = f"document:{document.public_id}:{document.try_no}"
    effects.add("payments.tax_document", key=key, at=at, document=document.pk, try_no=document.try_no)


def buyer_of(advertiser: Advertiser) -> Buyer:
    """Whom a document of this advertiser is for, by what the profile says now. One query."""
    business = BusinessUser.objects.owned_by(advertiser).first()
    if business is None:
        return Buyer(number="", name=advertiser.name, representative="", address="", email="")
    address = " ".join(part for part in (business.address, business.address_detail) if part)
    return Buyer(business.registration_number, business.company_name, business.representative, address, business.tax_email)


def wire_of(document: TaxDocument) -> Document:
    """The document as the issuer takes it."""
    original = document.corrects
    return Document(
        key=document.number,
        is_receipt=document.kind == TaxDocument.Kind.RECEIPT,
        buyer=Buyer(**document.buyer),
        written_on=document.written_on,
        supply_krw=document.supply_krw,
        vat_krw=document.vat_krw,
        item="부스트 광고 크레딧",
        corrects=_original(original) if original else None,
    )


def _original(document: TaxDocument) -> Original:
    """A receipt is known by the day on which it was issued, an invoice by the day it is for."""
    is_receipt = document.kind == TaxDocument.Kind.RECEIPT
    on = day_of(document.issued_at) if is_receipt and document.issued_at else document.written_on
    return Original(document.nts_number, on, document.total_krw)


def record(*, document_id: int, try_no: int, nts_number: str = "", failure: str = "", at: datetime) -> None:
    """Write how a try ended and tell the operators of a failure. Joins the caller's transaction; an older try changes nothing."""
    row = TaxDocument.objects.select_for_update().get(pk=document_id)
    if row.try_no != try_no or row.state != State.WAITING:
        return
    if failure:
        row.state, row.failure = State.FAILED, failure[:200]
        notifications.alert_operators(
            kind="payments.document_failed",
            title="세금 문서를 발행하지 못했어요",
            body=f"{row.advertiser.name} · {row.written_on} · {row.total_krw:,}원. {row.failure}",
            key=f"document:{row.public_id}:{try_no}:failed",
            at=at,
        )
    else:
        row.state, row.nts_number, row.issued_at = State.ISSUED, nts_number[:30], at
        tell_team(
            events.DOCUMENT_ISSUED,
            advertiser=row.advertiser,
            facts={"document": row.get_kind_display(), "on": row.written_on, "total": row.total_krw, "number": row.nts_number},
            url="/my-page/payment/",
            key=f"document:{row.public_id}:issued",
            at=at,
        )
    row.save(update_fields=["state", "failure", "nts_number", "issued_at"])


def retry_document(*, public_id: UUID, by: User, at: datetime) -> TaxDocument:
    """
    Issue a failed document once more, for the buyer as the profile says it now; one that takes another back keeps its buyer.

    :raises DocumentNotFailed: it did not fail, or somebody was first.
    """
    with transaction.atomic(durable=True):
        row = TaxDocument.objects.select_for_update(of=("self",)).select_related("advertiser").get(public_id=public_id)
        if row.state != State.FAILED:
            raise DocumentNotFailed
        if row.corrects_id is None:
            row.buyer = asdict(buyer_of(row.advertiser))
        row.state, row.failure, row.try_no = State.WAITING, "", row.try_no + 1
        row.save(update_fields=["state", "failure", "try_no", "buyer"])
        _issue(row, at=at)
    return row


def _alarm(*, at: datetime) -> None:
    """Documents of earlier months that nobody has issued."""
    first = day_of(at).replace(day=1)
    left = TaxDocument.objects.exclude(state=State.ISSUED).filter(written_on__lt=first).count()
    if left:
        with transaction.atomic():
            notifications.alert_operators(
                kind="payments.documents_late",
                title=f"지난달 세금 문서 {left}건을 아직 발행하지 못했어요",
                body="10일까지 발행해야 해요. 세금 문서 화면에서 이유를 확인하고 다시 발행해 주세요.",
                key=f"payments:documents:late:{day_of(at)}",
                at=at,
            )
