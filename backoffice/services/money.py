"""Orders, refunds, transfers, bonuses and documents: one service of payments each, and who asked for it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from advertisers.models import Advertiser
from backoffice.services.journal import AlreadyDone, note, take_once
from common.errors import DomainError
from common.provider import GatewayError
from identity.models import User
from payments import services as payments
from payments.models import BankTransfer, Offer, PaymentOrder, Refund, TaxDocument


class GatewaySilent(DomainError):
    """The payment company did not answer; nothing was changed."""

    code = "backoffice.gateway_silent"
    message = "결제사가 답하지 않았어요. 바뀐 것은 없고, 잠시 뒤에 다시 확인할 수 있어요."
    http_status = 503


def ask_gateway(*, order: PaymentOrder, by: User, reason: str, at: datetime) -> PaymentOrder:
    """
    Make one order agree with the gateway now, for an operator.

    :raises GatewaySilent: it could not be asked.
    """
    with transaction.atomic(durable=True):
        note(row=order, by=by, reason=f"결제사에 확인: {reason}", at=at)
    try:
        return payments.sync_order(order_id=order.order_id, at=at)
    except GatewayError as silence:
        raise GatewaySilent from silence


def retry_refund(*, refund: Refund, by: User, reason: str, at: datetime) -> Refund:
    """
    Move a stuck refund on and keep why.

    :raises payments.RefundNotStuck: it goes its way without help.   :raises GatewaySilent: the gateway could not be asked.
    """
    try:
        row = payments.retry_refund(refund=refund, by=by, reason=reason, at=at)
    except GatewayError as silence:
        raise GatewaySilent from silence
    with transaction.atomic(durable=True):
        note(row=row, by=by, reason=f"다시 시도했어요 · {reason}", at=at)
    return row


def ask_transfer(*, refund: Refund, by: User, reason: str, at: datetime) -> BankTransfer:
    """
    Put a bank transfer before a second operator.

    :raises GatewaySilent: the gateway's book could not be read.   :raises DomainError: what `payments.ask_transfer` raises.
    """
    try:
        return payments.ask_transfer(refund=refund, by=by, reason=reason, at=at)
    except GatewayError as silence:
        raise GatewaySilent from silence


def start_transfer(*, transfer: BankTransfer, by: User, at: datetime) -> BankTransfer:
    """
    Let one operator go to the bank.

    :raises GatewaySilent: the gateway's book could not be read.   :raises DomainError: what `payments.start_transfer` raises.
    """
    try:
        return payments.start_transfer(transfer=transfer, by=by, at=at)
    except GatewayError as silence:
        raise GatewaySilent from silence


def end_offer(*, offer: Offer, by: User, reason: str, at: datetime) -> None:
    """
    Promise nothing more of a bonus, and keep why.

    :raises payments.OfferEnded: it is over.
    """
    with transaction.atomic(durable=True):
        note(row=payments.end_offer(offer=offer, at=at), by=by, reason=f"지금 끝냈어요 · {reason}", at=at)


def raise_offer_budget(*, offer: Offer, credits: int, by: User, reason: str, at: datetime, key: str) -> None:
    """
    Give a bonus more budget, once for the dialog that was opened, and keep why.

    :raises payments.OfferEnded: it is over.   :raises OfferChanged: somebody raised it in the same moment.
    :raises AlreadyDone: pressed twice.
    """
    with transaction.atomic(durable=True):
        take_once(f"offer.{offer.pk}.{key}")
        row = payments.raise_offer_budget(offer=offer, credits=credits, at=at)
        note(row=row, by=by, reason=f"예산을 {credits:,}크레딧 늘렸어요 · {reason}", at=at)


def lift_restriction(*, advertiser: Advertiser, by: User, reason: str, at: datetime) -> None:
    """
    Open a restricted account again, and keep why.

    :raises payments.ClaimOpen: the house still has a claim.   :raises AlreadyDone: nothing restricts it (any more).
    """
    if not payments.lift_restriction(advertiser=advertiser, at=at):
        raise AlreadyDone
    with transaction.atomic(durable=True):
        note(row=advertiser, by=by, reason=f"제한을 풀었어요 · {reason}", at=at)


def retry_document(*, public_id: UUID, by: User, reason: str, at: datetime) -> TaxDocument:
    """
    Issue a failed tax document again and keep why.

    :raises payments.DocumentNotFailed: it did not fail, or somebody was first.   :raises TaxDocument.DoesNotExist: there is none.
    """
    row = payments.retry_document(public_id=public_id, by=by, at=at)
    with transaction.atomic(durable=True):
        note(row=row, by=by, reason=f"다시 발행했어요 · {reason}", at=at)
    return row
