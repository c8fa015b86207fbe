"""Refunds until they are handed to the gateway: quote, request, decide, take back. The same guard for page, API and back office."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from advertisers.models import Advertiser
from advertisers.notifications import tell_team
from common import effects
from common.errors import DomainError
from common.kst import day_of
from credits import selectors as balances
from credits import services as ledger
from identity import approvals, notifications
from identity.models import ApprovalRequest, User
from payments import events, policy
from payments.gateways.base import PayoutAccount
from payments.models import PaymentOrder, Refund, RefundAccount
from payments.services import outgoing
from payments.services.refusals import (
    AccountNotReady,
    AccountRestricted,
    KeyConflict,
    KnownOnWrong,
    NothingToRefund,
    OrderDisputed,
    ReasonMissing,
    RefundAlreadySent,
    RefundNotOpen,
    RefundNotPossible,
    RefundTooMuch,
    RefundWindowClosed,
    WithdrawalOver,
)

State = Refund.State


@dataclass(frozen=True, slots=True)
class RefundQuote:
    """
    What may be returned of one top-up now, and why not more. Credits, but for vat_krw and amount_krw.

    used: spent by campaigns.   held, held_by: inside campaigns that have not ended.   frozen: waiting in other refunds.
    returned: gone back already.   most: the largest refund possible now.   until: the end of the window.
    business_days, interest_percent: in how many the money is back, and what the house pays a year when it is late.
    refusal: why nothing can be refunded, or None.
    """

    order: PaymentOrder
    top_up: policy.TopUp
    used: int
    held: int
    held_by: tuple[balances.LotHold, ...]
    frozen: int
    returned: int
    most: policy.Terms
    terms: policy.Terms
    until: datetime | None
    refusal: DomainError | None
    business_days: int
    interest_percent: int

    @property
    def is_refundable(self) -> bool:
        """True when a request would be taken now."""
        return self.refusal is None


def top_up_of(order: PaymentOrder, *, at: datetime, without: Refund | None = None) -> policy.TopUp:
    """
    The order's lots and its refunds as the arithmetic wants them. Call with the wallet locked when it decides something.

    at: bonus that has expired by then is neither free nor spent.   without: a refund that is being worked out anew.
    """
    counted = list(order.refunds.counted().exclude(pk__in=[without.pk] if without else []))
    return top_up_from(order, balances.order_lots(order.order_id), counted, at=at)


def top_up_from(order: PaymentOrder, lots: balances.OrderLots, counted: list[Refund], *, at: datetime) -> policy.TopUp:
    """The same of what was read already. No query."""
    return policy.TopUp(
        credits=order.credits,
        vat_krw=order.vat_krw,
        bonus=order.bonus_credits,
        available=lots.paid.available if lots.paid else 0,
        bonus_available=sum(lot.available for lot in lots.bonus if lot.expires_at > at),
        bonus_spent=sum(lot.used + lot.held for lot in lots.bonus),
        returned=min(order.credits, sum(refund.credits for refund in counted)),
        vat_returned=sum(refund.vat_krw for refund in counted),
        bonus_taken=sum(refund.bonus for refund in counted),
        promotion_taken=sum(refund.promotion for refund in counted),
    )


def _until(order: PaymentOrder, known_on: date | None) -> datetime | None:
    """Until when a refund may be asked for: by the window, or longer by the law where the goods are not as shown."""
    if known_on is None or order.paid_at is None:
        return order.refundable_until
    return policy.different_until(paid_at=order.paid_at, known_on=known_on)


def _out_of_time(order: PaymentOrder, known_on: date | None, *, at: datetime) -> DomainError | None:
    until = _until(order, known_on)
    if known_on is not None and order.paid_at is not None and not day_of(order.paid_at) <= known_on <= day_of(at):
        return KnownOnWrong()
    if until is None or at < until:  # half-open: the last second is the one before
        return None
    return RefundWindowClosed(hours=order.policy["refund_window_hours"]) if known_on is None else WithdrawalOver()


def _refusal(order: PaymentOrder, terms: policy.Terms, known_on: date | None, *, at: datetime) -> DomainError | None:
    """The one guard: why nothing of this order may be refunded at this moment."""
    if not order.is_credited:
        return RefundNotPossible()
    if order.advertiser.is_restricted:  # what is left may be owed to the house
        return AccountRestricted()
    if order.state == PaymentOrder.State.DISPUTED:
        return OrderDisputed()
    if late := _out_of_time(order, known_on, at=at):
        return late
    if terms.credits == 0:
        return NothingToRefund()
    return None


def quote_refund(*, order: PaymentOrder, at: datetime, credits: int | None = None, known_on: date | None = None) -> RefundQuote:
    """
    Work out what may be refunded of one order at this moment, with every line that explains it. Reads only.

    credits: work out this part instead of the most; more than the most gives the most.
    known_on: the goods are not as shown, and the buyer knows it since this day.
    """
    if order.advertiser.is_review:
        return _shown_to_reviewers(order, credits, at=at)
    top_up = top_up_of(order, at=at)
    most = policy.most_refundable(top_up)
    terms = most if credits is None else policy.terms_for(top_up, max(0, min(credits, most.credits)))
    lots = balances.order_lots(order.order_id)
    paid = lots.paid
    return RefundQuote(
        order=order,
        top_up=top_up,
        used=paid.used if paid else 0,
        held=paid.held if paid else 0,
        held_by=balances.holds_of(paid) if paid else (),
        frozen=paid.frozen if paid else 0,
        returned=paid.returned if paid else 0,
        most=most,
        terms=terms,
        until=_until(order, known_on),
        refusal=_refusal(order, most, known_on, at=at),
        business_days=policy.REFUND_BUSINESS_DAYS.at(at),
        interest_percent=policy.DELAY_INTEREST_PERCENT.at(at),
    )


def _shown_to_reviewers(order: PaymentOrder, credits: int | None, *, at: datetime) -> RefundQuote:
    """What a refund of this order would look like had it been paid just now. No request for it is ever taken: nothing was paid."""
    rule, bonus = policy.policy_at(at), order.bonus_credits
    order.policy = rule  # on this instance only: the row of an order that was not paid has none
    top_up = policy.TopUp(order.credits, order.vat_krw, bonus, available=order.credits, bonus_available=bonus, bonus_spent=0)
    most = policy.most_refundable(top_up)
    terms = most if credits is None else policy.terms_for(top_up, max(0, min(credits, most.credits)))
    return RefundQuote(
        order=order,
        top_up=top_up,
        used=0,
        held=0,
        held_by=(),
        frozen=0,
        returned=0,
        most=most,
        terms=terms,
        until=policy.refundable_until(paid_at=at, policy=rule),
        refusal=None,
        business_days=policy.REFUND_BUSINESS_DAYS.at(at),
        interest_percent=policy.DELAY_INTEREST_PERCENT.at(at),
    )


def request_refund(
    *, order: PaymentOrder, credits: int, reason: str, by: User, at: datetime, key: str, known_on: date | None = None
) -> Refund:
    """
    Ask for `credits` of one top-up back. They are set aside at once, so that nothing can spend them meanwhile.

    credits: whole, at most what the quote says.   key: one per opened form; a repeat returns the first request.
    known_on: the goods are not as shown, and the buyer knows it since this day; an operator looks at what is said.

    :raises WithdrawalOver, KnownOnWrong: too late for that too, or no such day.
    :raises RefundWindowClosed, NothingToRefund, RefundTooMuch, RefundNotPossible, OrderDisputed, AccountRestricted: the guard; nothing
        was written.
    :raises AccountNotReady: it was paid into an account, and there is no checked account to send it to.
    :raises KeyConflict: the key was used for another request.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic(durable=True):
        ledger.lock_wallet(order.advertiser)
        order = PaymentOrder.objects.select_related("advertiser").select_for_update(of=("self",)).get(pk=order.pk)
        if known := Refund.objects.filter(key=key).first():
            if (known.order_id, known.credits) != (order.pk, credits):
                raise KeyConflict
            return known
        top_up = top_up_of(order, at=at)
        most = policy.most_refundable(top_up)
        if refusal := _refusal(order, most, known_on, at=at):
            raise refusal
        if not 0 < credits <= most.credits:
            raise RefundTooMuch(available=most.credits)
        if order.is_into_account and payout_account(order.advertiser, at=at) is None:
            raise AccountNotReady
        terms = policy.terms_for(top_up, credits)
        refund = Refund.objects.create(
            key=key,
            order=order,
            credits=terms.credits,
            bonus=terms.bonus,
            promotion=terms.promotion,
            vat_krw=terms.vat_krw,
            amount_krw=terms.amount_krw,
            reason=reason.strip()[:200],
            known_on=known_on,
            requested_by=by,
            requested_at=at,
            due_at=policy.due_at(at),
            delay_interest_percent=policy.DELAY_INTEREST_PERCENT.at(at),
        )
        ledger.freeze_for_refund(
            advertiser=order.advertiser,
            order_id=order.order_id,
            credits=terms.credits,
            bonus=terms.bonus,
            promotion=terms.promotion,
            subject=f"refund:{refund.public_id}",
            key=f"refund:{refund.public_id}:freeze",
            at=at,
            actor=by.get_username(),
        )
        outgoing.refund_changed(refund, at=at)
        notifications.alert_operators(
            kind="payments.refund_requested",
            title="환불 요청이 들어왔어요",
            body=f"{order.advertiser.name} · 주문 {order.order_id} · {refund.amount_krw:,}원",
            key=f"refund:{refund.public_id}:requested",
            at=at,
        )
        return refund


def payout_account(advertiser: Advertiser, *, at: datetime) -> PayoutAccount | None:
    """The team's checked account, once it may be used: where the money of a virtual account goes back to."""
    account = RefundAccount.objects.owned_by(advertiser).current().first()
    if account is None or account.usable_at > at:
        return None
    return PayoutAccount(bank=account.bank, number=account.number, holder=account.holder)


def locked(refund: Refund) -> Refund:
    """Lock wallet, order and refund, in the order of the house, and read them again. Joins the caller's transaction."""
    advertiser = refund.order.advertiser
    ledger.lock_wallet(advertiser)
    order = PaymentOrder.objects.select_related("advertiser").select_for_update(of=("self",)).get(pk=refund.order_id)
    row = Refund.objects.select_for_update().get(pk=refund.pk)
    row.order = order
    return row


def hand_over(refund: Refund, *, at: datetime) -> None:
    """Write the effect that will ask the gateway; its key names the try. Joins the caller's transaction."""
    effects.add("payments.refund", key=f"refund:{refund.public_id}:{refund.try_no}", at=at, refund=refund.pk, try_no=refund.try_no)


def approve_refund(*, refund: Refund, by: User, at: datetime) -> Refund | ApprovalRequest:
    """
    Say yes. Above the dated limit a second operator has to say yes too: the first call returns the request that waits for them.

    Pressed twice, or by two operators at once, it happens once; whoever comes second gets the refund as it is.

    :raises RefundNotOpen: it was denied or withdrawn.
    :raises AccountRestricted: the account was restricted since it was asked for.
    :raises OrderDisputed: its card holder complains; the card company decides first.
    :raises approvals.MakerIsChecker: the second yes came from the same operator.
    :raises approvals.AlreadyDecided: the second operator said no.
    """
    with transaction.atomic(durable=True):
        row = locked(refund)
        if row.state in (State.DENIED, State.WITHDRAWN):
            raise RefundNotOpen
        if row.state != State.REQUESTED:
            return row
        if row.order.advertiser.is_restricted:
            raise AccountRestricted
        if row.order.state == PaymentOrder.State.DISPUTED:
            raise OrderDisputed
        if row.amount_krw > policy.SECOND_APPROVAL_ABOVE_KRW.at(at):
            waiting = _second_approval(row, by=by, at=at)
            if waiting is not None:
                return waiting
        close_approval(row, reason="한 사람의 승인으로 충분해요", at=at)
        row.state, row.decided_by, row.decided_at = State.APPROVED, by, at
        row.save(update_fields=["state", "decided_by", "decided_at"])
        hand_over(row, at=at)
        return row


def _approval_key(refund: Refund) -> str:
    return f"refund:{refund.public_id}:approval" + (f":{refund.try_no}" if refund.try_no > 1 else "")


def _second_approval(refund: Refund, *, by: User, at: datetime) -> ApprovalRequest | None:
    """The request that still waits, or None when two people have agreed."""
    known = ApprovalRequest.objects.filter(key=_approval_key(refund)).first()
    if known is None:
        return approvals.ask(
            kind="payments.refund",
            subject=f"refund:{refund.public_id}",
            summary=f"{refund.order.advertiser.name} {refund.amount_krw:,}원 환불",
            data={"refund": str(refund.public_id), "amount_krw": refund.amount_krw},
            by=by,
            key=_approval_key(refund),
            at=at,
        )
    if known.state != ApprovalRequest.State.APPROVED:
        approvals.approve(request_id=known.pk, by=by, at=at)
    return None


def close_approval(refund: Refund, *, reason: str, at: datetime) -> None:
    """A second yes is not needed any more. Joins the caller's transaction."""
    waiting = ApprovalRequest.objects.filter(key=_approval_key(refund), state=ApprovalRequest.State.WAITING).first()
    if waiting is not None:
        approvals.expire(request_id=waiting.pk, reason=reason, at=at)


def deny_refund(*, refund: Refund, by: User, at: datetime, reason: str) -> Refund:
    """
    Say no, with a reason that the advertiser reads; the credits are free again at once. Also the way out of a refund that the card
    company refused for good.

    :raises ReasonMissing: no reason was given.
    :raises RefundAlreadySent: the card company was asked and has not said no.
    :raises OrderDisputed: its card holder complains; the card company decides first.
    :raises RefundNotOpen: it ended some other way.
    """
    if not reason.strip():
        raise ReasonMissing
    with transaction.atomic(durable=True):
        row = locked(refund)
        if row.state in (State.APPROVED, State.SENT, State.UNKNOWN, State.BANK):
            raise RefundAlreadySent
        if row.state not in (State.REQUESTED, State.FAILED):
            raise RefundNotOpen
        if row.order.state == PaymentOrder.State.DISPUTED:
            raise OrderDisputed
        row.state, row.deny_reason, row.decided_by, row.decided_at = State.DENIED, reason.strip()[:200], by, at
        row.save(update_fields=["state", "deny_reason", "decided_by", "decided_at"])
        free(row, actor=by, at=at)
        close_approval(row, reason="환불을 반려했어요.", at=at)
        outgoing.refund_changed(row, at=at)
        tell_team(
            events.REFUND_DENIED,
            advertiser=row.order.advertiser,
            facts={"reason": row.deny_reason},
            url="/my-page/refunds/",
            key=f"refund:{row.public_id}:denied",
            at=at,
        )
        return row


def withdraw_refund(*, refund: Refund, by: User, at: datetime) -> Refund:
    """
    Take the request back; the credits are free again at once.

    :raises RefundAlreadySent: the card company was asked.
    :raises OrderDisputed: its card holder complains; the card company decides first.
    :raises RefundNotOpen: it ended some other way.
    """
    with transaction.atomic(durable=True):
        row = locked(refund)
        if row.state == State.WITHDRAWN:
            return row
        if row.state in (State.SENT, State.UNKNOWN, State.BANK, State.DONE):
            raise RefundAlreadySent
        if not row.may_be_withdrawn:
            raise RefundNotOpen
        if row.order.state == PaymentOrder.State.DISPUTED:
            raise OrderDisputed
        row.state, row.decided_at = State.WITHDRAWN, at
        row.save(update_fields=["state", "decided_at"])
        free(row, actor=by, at=at)
        close_approval(row, reason="광고주가 환불 요청을 거둬들였어요.", at=at)
        outgoing.refund_changed(row, at=at)
        return row


def free(refund: Refund, *, actor: User, at: datetime) -> None:
    """Give the frozen credits back. Joins the caller's transaction."""
    ledger.unfreeze(
        advertiser=refund.order.advertiser,
        order_id=refund.order.order_id,
        credits=refund.credits,
        bonus=refund.bonus,
        promotion=refund.promotion,
        key=f"refund:{refund.public_id}:unfreeze",
        at=at,
        actor=actor.get_username(),
    )
