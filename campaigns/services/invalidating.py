"""
Participations that were paid and turn out not to count. The advertiser gets the price back by a credit note, and into the budget while
the campaign lives; the member keeps the tickets, and the entry in a raffle, unless it was fraud. What was counted stays counted: an
invalidation is a row of its own.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from campaigns import events
from campaigns.models import BEFORE_THE_START, LIVE, Campaign, Clearance, Invalidation, Participation
from campaigns.services import blocking, budget, content, desk, moves, outgoing, prizes, telling
from common.errors import DomainError
from common.kst import day_of
from credits import services as ledger
from credits.models import Entry
from credits.services import InsufficientCredits
from identity.events import Fact
from identity.models import User

MOST_AT_ONCE = 200


class NothingToInvalidate(DomainError):
    code = "invalidation.nothing"
    message = "무효로 할 완료된 참여를 골라 주세요."
    http_status = 422


class NotAllFinished(DomainError):
    code = "invalidation.not_finished"
    message = "완료되지 않았거나 이미 무효로 한 참여가 있어요. 새로 고쳐서 다시 골라 주세요."


def invalidate(
    *, campaign: Campaign, participations: Sequence[UUID], is_fraud: bool, by: User, at: datetime, reason: str
) -> list[Invalidation]:
    """
    Take these participations of one campaign back, all or none: one credit note, a row and a message for each.

    is_fraud: proved; the tickets are taken back, as far as they are there, and the entry in a raffle as long as its list is open.

    :raises NothingToInvalidate: none, or too many at once.   :raises NotAllFinished: one is not rewarded, of another campaign, or was
    taken back before.   :raises ReasonMissing: no reason.
    """
    numbers, text = sorted(set(participations)), moves.stated(reason)[:300]
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        raise NothingToInvalidate
    with transaction.atomic(durable=True):
        ledger.lock_wallet(campaign.advertiser)
        row = moves.lock(campaign)
        budget.capture_locked(row, at=at)
        found = _locked(row, numbers)
        note = _credit_note(row, found, is_fraud=is_fraud, by=by, at=at, reason=text)
        is_restored = _restore(row, sum(one.price for one in found), key=f"{note.idempotency_key}:restored", by=by, at=at)
        for one in found:
            _take_back(row, one, is_fraud=is_fraud, by=by, at=at, reason=text)
        rows = Invalidation.objects.bulk_create(
            Invalidation(
                participation=one.public_id, campaign=row, member_id=one.member_id, price=one.price, tickets=one.tickets,
                is_fraud=is_fraud, is_restored=is_restored, entry=note, reason=text, by=by, at=at,
            )
            for one in found
        )  # fmt: skip
        for member in sorted({one.member_id for one in found}) if is_fraud else ():
            blocking.sanction(member_id=member, at=at)
        for one in found if is_fraud and campaign.raffle_id else ():
            prizes.take_entry_back(participation=one.public_id)
        _tell_team(row, found, note, is_restored=is_restored, at=at, reason=text)
    return rows


def clear(*, participations: Sequence[UUID], by: User, at: datetime, reason: str) -> int:
    """
    Say that these doubted participations are fine: they are not put before anybody again. How many were not cleared before.

    :raises NothingToInvalidate: none, or too many at once.   :raises ReasonMissing: no reason.
    """
    numbers, text = sorted(set(participations)), moves.stated(reason)[:300]
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        raise NothingToInvalidate
    with transaction.atomic(durable=True):
        Clearance.objects.bulk_create((Clearance(participation=one, reason=text, by=by, at=at) for one in numbers), ignore_conflicts=True)
        return Clearance.objects.filter(participation__in=numbers, by=by, at=at).count()


def _locked(campaign: Campaign, numbers: list[UUID]) -> list[Participation]:
    rows = Participation.objects.filter(campaign=campaign, public_id__in=numbers, state=Participation.State.REWARDED)
    found = list(rows.select_for_update().order_by("member_id", "period_on"))
    if len(found) != len(numbers):
        raise NotAllFinished
    return found


def _credit_note(campaign: Campaign, found: list[Participation], *, is_fraud: bool, by: User, at: datetime, reason: str) -> Entry:
    """The tickets' part of the price comes out of REWARD_COST where the tickets come back, else we bear it."""
    price = sum(one.price for one in found)
    cost = sum(one.tickets for one in found) * campaign.ticket_cost if is_fraud else 0
    return ledger.credit_note(
        hold=campaign.hold,
        credits=price,
        reward_cost=min(cost, price),
        key=f"campaign:{campaign.public_id}:invalid:{found[0].public_id}:{found[0].attempt}",
        at=at,
        actor=moves.actor_of(by),
        reason=reason,
    )


def _restore(campaign: Campaign, credits: int, *, key: str, by: User, at: datetime) -> bool:
    """Put the price back into the budget of a campaign that may still run; False where it may not, or the credits may not be spent."""
    if campaign.state not in (*BEFORE_THE_START, *LIVE):
        return False
    try:
        with transaction.atomic():
            ledger.raise_hold(hold=campaign.hold, credits=credits, key=key, at=at, campaign_type=campaign.type, actor=moves.actor_of(by))
    except InsufficientCredits:
        return False
    campaign.budget_credits += credits
    content.keep_in_step(campaign)
    campaign.save(update_fields=["budget_credits", "spec"])
    moves.record(campaign, moves.Kind.RAISED, by=by, at=at, data={"budget": campaign.budget_credits, "invalid": credits})
    budget.widen_locked(campaign, on=day_of(at))
    return True


def _take_back(campaign: Campaign, one: Participation, *, is_fraud: bool, by: User, at: datetime, reason: str) -> None:
    rows = Participation.objects.filter(public_id=one.public_id, period_on=one.period_on, state=Participation.State.REWARDED)
    rows.update(state=Participation.State.REVERSED)
    key = f"participation:{one.public_id}:invalid"
    if is_fraud:
        grants = Entry.objects.filter(kind=Entry.Kind.TICKET_GRANT, idempotency_key__startswith=f"participation:{one.public_id}:")
        for grant in grants.order_by("pk"):
            ledger.reverse(entry=grant, key=f"{key}:tickets:{grant.pk}", at=at, actor=moves.actor_of(by), reason=reason)
    telling.taken_back(one.member_id, campaign, tickets=one.tickets if is_fraud else 0, reason=reason, key=key, at=at)


def _tell_team(campaign: Campaign, found: list[Participation], note: Entry, *, is_restored: bool, at: datetime, reason: str) -> None:
    price = sum(one.price for one in found)
    where = "캠페인 예산에 다시 넣었어요." if is_restored else "쓸 수 있는 크레딧으로 돌려드렸어요."
    outgoing.invalidated(campaign, found, key=str(note.pk), at=at)
    facts: dict[str, Fact] = {"units": len(found), "credits": price, "where": where, "reason": reason}
    desk.tell(campaign, events.INVALIDATED, facts, at=at, key=f"invalid:{note.pk}")
