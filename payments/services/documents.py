"""
Which tax documents are due, and what becomes of them.

Source: 부가가치세법 제17·33·34조, 시행령 제70·71조; the accountant has the last word.

By the way of payment: a card has its slip and must have nothing else; a transfer or a virtual account gets a tax invoice for a business
and a cash receipt for a person; bonus credits get nothing. By basis, valid when it was paid: `topup`, the deposit is the moment of supply
and a refund takes its part back; `spend`, what paid credits of transfers were spent in a month is invoiced in the next.
"""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from ulid import ULID

from advertisers.models import Advertiser, BusinessUser
from common import dated, effects
from common.errors import DomainError
from common.kst import day_of
from credits.models import EntryKind, Kind, Lot, Posting
from identity import notifications
from identity.models import User
from payments import policy
from payments.issuers.base import Buyer, Document
from payments.models import PaymentOrder, Refund, TaxDocument

BASIS = dated.define("payments.tax_document_basis", default="topup", label="세금 문서 기준(topup: 충전할 때, spend: 쓴 달마다)")
TOP_UP, SPEND = "topup", "spend"
NOT_BY_CARD = ("TRANSFER", "VIRTUAL_ACCOUNT")
ALARM_DAY = 8  # documents of a month must be issued by the tenth of the next
State = TaxDocument.State


class DocumentNotFailed(DomainError):
    """It was issued, or is on its way."""

    code = "payments.document_not_failed"
    message = "실패한 문서가 아니에요. 이미 발행했거나 발행하고 있어요."


def plan(*, at: datetime) -> list[TaxDocument]:
    """Make what is due and not made yet; safe to repeat, and from several at once."""
    made = [*_for_deposits(at=at), *_for_refunds(at=at), *_for_last_month(at=at)]
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
    done = Refund.objects.filter(state=Refund.State.DONE, order__tax_documents__isnull=False, tax_documents=None, credits__gt=0)
    made = []
    for refund in done.select_related("order__advertiser").distinct().order_by("pk"):
        original = TaxDocument.objects.originals().filter(order=refund.order).first()
        if original is None:
            continue
        made.append(
            _make(
                key=f"refund:{refund.public_id}", advertiser=refund.order.advertiser, order=refund.order, refund=refund, corrects=original,
                on=day_of(refund.done_at or at), supply_krw=-refund.credits, vat_krw=-refund.vat_krw, at=at,
            )
        )  # fmt: skip
    return made


def _for_last_month(*, at: datetime) -> list[TaxDocument | None]:
    """What was spent last month, where that is the basis."""
    last_on = day_of(at).replace(day=1) - timedelta(days=1)
    return [
        _make(
            key=f"month:{advertiser.public_id}:{last_on:%Y%m}", advertiser=advertiser, on=last_on, supply_krw=spent,
            vat_krw=policy.vat_of(spent), at=at,
        )
        for advertiser, spent in spent_in_month(last_on) if spent > 0
    ]  # fmt: skip


def spent_in_month(last_on: date) -> list[tuple[Advertiser, int]]:
    """Captured paid credits of a KST month from lots that came by transfer under the basis `spend`, less what was reversed."""
    orders = PaymentOrder.objects.credited().filter(method__in=NOT_BY_CARD)
    by_spend = [order.order_id for order in orders if BASIS.at(order.paid_at or order.created_at) == SPEND]
    lines = Posting.objects.filter(
        lot__kind=Lot.Kind.PAID,
        lot__order_id__in=by_spend,
        account__kind__in=[Kind.REVENUE, Kind.REWARD_COST],
        entry__kind__in=[EntryKind.CAPTURE, EntryKind.REVERSAL],
        entry__booked_on__range=(last_on.replace(day=1), last_on),
    )
    sums = dict(lines.values_list("lot__advertiser").annotate(n=Sum("amount")).order_by("lot__advertiser"))
    owners = Advertiser.objects.in_bulk(sums)
    return [(owners[number], int(amount)) for number, amount in sums.items()]


def _make(
    *, key: str, advertiser: Advertiser, on: date, supply_krw: int, vat_krw: int, at: datetime, order: PaymentOrder | None = None,
    refund: Refund | None = None, corrects: TaxDocument | None = None,
) -> TaxDocument | None:  # fmt: skip
    """Write a document and the effect that issues it; None when it is there."""
    buyer = buyer_of(advertiser)
    kind = corrects.kind if corrects else TaxDocument.Kind.INVOICE if buyer.number else TaxDocument.Kind.RECEIPT
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
        corrects=(original.nts_number, original.written_on) if original else None,
    )


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
