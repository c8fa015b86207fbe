"""Who may let themselves into the pay window: within their limit, or with a second member; and, before the first payment, proved."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum

from advertisers import services as advertisers
from advertisers.access import PAYERS
from advertisers.models import Advertiser, Membership
from advertisers.notifications import tell_team
from common import dated
from common.errors import DomainError
from common.kst import day_from, day_of
from credits import services as ledger
from identity import approvals, identity_checks, notifications
from identity.events import Event
from identity.models import ApprovalRequest, IdentityCheck, User
from payments import events
from payments.models import PaymentOrder

State = PaymentOrder.State
TOP_UP = "payments.top_up"
PAGE = "/payments/approvals/"
ON_THE_WAY = (State.WINDOW_OPEN, State.ACCOUNT_ISSUED, *PaymentOrder.CREDITED)
CHECK_AT_FIRST_PAYMENT = dated.define(
    "payments.identity_check_at_first_payment", default=False, label="계정의 첫 결제 전에 본인확인을 받음"
)


class PayerNotProved(DomainError):
    """The account pays for the first time, and the house wants to know who does."""

    code = "payments.payer_not_proved"
    message = "첫 결제 전에 본인확인이 필요해요. 확인을 마치면 이 주문을 이어서 결제할 수 있어요."
    http_status = 403


class OverTopUpLimit(DomainError):
    """More than this member may pay for alone this month."""

    code = "payments.over_top_up_limit"
    message = "혼자 충전할 수 있는 한도를 넘었어요. 이번 달에는 {left_words}크레딧까지 혼자 충전할 수 있어요."
    http_status = 403

    def __init__(self, *, left: int) -> None:
        super().__init__(left=left, left_words=f"{left:,}")


class NothingToDecide(DomainError):
    """No such request in this team."""

    code = "payments.nothing_to_decide"
    message = "이 팀에는 그런 승인 요청이 없어요."
    http_status = 404


def needs_proof(order: PaymentOrder, *, at: datetime) -> bool:
    """True when the account never paid, nobody of it has proved who they are, and policy wants it."""
    if not CHECK_AT_FIRST_PAYMENT.at(at) or order.advertiser.is_review:
        return False
    known = Q(credited_at__isnull=False) | Q(payer_checked_at__isnull=False)
    return not PaymentOrder.objects.filter(known, advertiser=order.advertiser_id).exists()


def prove_payer(*, order: PaymentOrder, by: User, check: UUID, browser: str, at: datetime) -> PaymentOrder:
    """
    Use the result of an identity check for this order's account, once; a person whom the account did not know is known then.

    :raises identity_checks.NotProved: no usable result of this person in this browser.   :raises identity_checks.NotAdult: under 19.
    :raises identity_checks.AnotherPerson: the account of `by` is somebody else's.
    :raises identity_checks.PersonKnown: the person has another account, and policy allows one only.
    """
    with transaction.atomic(durable=True):
        ledger.lock_wallet(order.advertiser)
        row = PaymentOrder.objects.select_for_update().get(pk=order.pk)
        person = User.objects.select_for_update(no_key=True).get(pk=by.pk)
        facts = identity_checks.claim(public_id=check, purpose=IdentityCheck.Purpose.PAYMENT, browser=browser, user=person, at=at)
        if not facts.is_adult(on=day_of(at)):
            raise identity_checks.NotAdult
        identity_checks.require_new_person(person_hash=facts.person_hash, kind=person.kind, at=at, but=person.pk)
        if not person.person_hash:
            person.person_hash = facts.person_hash
            person.save(update_fields=["person_hash"])
        row.payer_checked_at = at
        row.save(update_fields=["payer_checked_at"])
        return row


def let_in(order: PaymentOrder, *, by: User, at: datetime) -> None:
    """
    Refuse whoever may not open the pay window of a locked order. Joins the caller's transaction; the wallet is locked, so two windows
    cannot both find room.

    :raises PayerNotProved: the account's first payment needs a proof.   :raises OverTopUpLimit: it takes a second member.
    """
    if needs_proof(order, at=at):
        raise PayerNotProved
    if order.seconded_by_id is None:
        _refuse_over_limit(order, by=by, at=at)


def _refuse_over_limit(order: PaymentOrder, *, by: User, at: datetime) -> None:
    limit = advertisers.limits_for(advertiser=order.advertiser, user=by).top_up
    if limit is None:
        return
    left = max(0, limit - paid_alone(order, by=by, at=at))
    if order.credits > left:
        raise OverTopUpLimit(left=left)


def paid_alone(order: PaymentOrder, *, by: User, at: datetime) -> int:
    """Credits of other orders that a member pays or paid for in this KST month on their own word, or agreed to as the second."""
    begins_at = day_from(day_of(at).replace(day=1))
    orders = PaymentOrder.objects.filter(advertiser=order.advertiser_id, state__in=ON_THE_WAY, window_opened_at__gte=begins_at)
    alone = orders.filter(Q(opened_by=by, seconded_by__isnull=True) | Q(seconded_by=by)).exclude(pk=order.pk)
    return int(alone.aggregate(n=Sum("credits"))["n"] or 0)


def ask_second(*, order: PaymentOrder, by: User, at: datetime) -> ApprovalRequest:
    """Put an order that is above a member's limit before a second member; asking again finds the request that is there."""
    with transaction.atomic(durable=True):
        ledger.lock_wallet(order.advertiser)  # two presses are one request
        subject, data = subject_of(order.advertiser), {"order": order.order_id}
        mine = ApprovalRequest.objects.filter(kind=TOP_UP, subject=subject, data=data, made_by=by)
        if known := mine.waiting().first():
            return known
        key = f"{TOP_UP}:{order.order_id}:{by.pk}:{mine.count() + 1}"
        row = approvals.ask(kind=TOP_UP, subject=subject, summary=f"{order.credits:,}크레딧 충전", data=data, by=by, key=key, at=at)
        tell_team(
            events.SECOND_ASKED,
            advertiser=order.advertiser,
            facts={"who": by.get_full_name(), "what": row.summary},
            url=PAGE,
            key=f"approval:{row.public_id}:asked",
            at=at,
        )
        return row


def second(*, advertiser: Advertiser, request: UUID, by: User, at: datetime) -> PaymentOrder:
    """
    Agree as a second member: whoever asked may open the pay window of this one order. Whoever agrees pays for it as far as limits go.

    :raises NothingToDecide: no such request, or its asker left.   :raises OverTopUpLimit: the second member may not pay this much either.
    :raises approvals.MakerIsChecker, approvals.AlreadyDecided: see there.
    """
    with transaction.atomic(durable=True):
        ledger.lock_wallet(advertiser)
        row = approvals.approve(request_id=_find(advertiser, request).pk, by=by, at=at)
        if not Membership.objects.acting().of(advertiser).filter(user=row.made_by, role__in=PAYERS).exists():
            raise NothingToDecide
        orders = PaymentOrder.objects.owned_by(advertiser).select_for_update(of=("self",))
        order = orders.select_related("advertiser").get(order_id=row.data["order"])
        _refuse_over_limit(order, by=by, at=at)
        order.seconded_by = by
        order.save(update_fields=["seconded_by"])
        _tell(row, events.SECOND_AGREED, {"who": by.get_full_name()}, url=f"/payments/orders/{order.order_id}/", at=at)
        return order


def refuse(*, advertiser: Advertiser, request: UUID, by: User, reason: str, at: datetime) -> ApprovalRequest:
    """
    Say no; whoever asked may take the request back this way.

    :raises NothingToDecide: no such request.   :raises approvals.ReasonMissing, approvals.AlreadyDecided: see there.
    """
    with transaction.atomic(durable=True):
        row = approvals.refuse(request_id=_find(advertiser, request).pk, by=by, reason=reason, at=at)
        if row.made_by_id != by.pk:
            _tell(row, events.SECOND_REFUSED, {"who": by.get_full_name(), "reason": row.reason}, url=PAGE, at=at)
        return row


def subject_of(advertiser: Advertiser) -> str:
    """How the team is named in a request."""
    return f"advertiser:{advertiser.public_id}"


def _find(advertiser: Advertiser, request: UUID) -> ApprovalRequest:
    row = ApprovalRequest.objects.filter(subject=subject_of(advertiser), kind=TOP_UP, public_id=request).first()
    if row is None:
        raise NothingToDecide
    return row


def _tell(row: ApprovalRequest, event: Event, facts: dict[str, str], *, url: str, at: datetime) -> None:
    notifications.tell(
        event, user=row.made_by, facts={"what": row.summary, **facts}, url=url, key=f"approval:{row.public_id}:decided", at=at
    )
