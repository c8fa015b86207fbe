"""
The units of a campaign's budget: poured into one day's slots, closed at the end of the day, raised, captured and released.

Money is in one day at a time: a pour closes the earlier days' slots in the transaction that opens today's.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import F, Sum

from advertisers.models import Advertiser
from campaigns import events
from campaigns.models import BEFORE_THE_START, LIVE, BudgetSlot, Campaign, State
from campaigns.services import caps, content, desk, moves, outgoing, spending
from common import dated
from common.kst import day_of
from credits import services as ledger
from identity.models import User

LARGE_DAY_UNITS = dated.define("campaigns.large_day_units", default=2_000, label="하루 물량을 나누기 시작하는 참여 수")
SLOTS_OF_A_LARGE_DAY = dated.define("campaigns.slots_of_a_large_day", default=16, label="큰 하루 물량을 나누는 칸 수", least=1, most=64)


@dataclass(frozen=True, slots=True)
class Consumption:
    """
    What the slots of all days say together.

    units, credits: participations that ended well, and their price; with the price, the verified steps of those that run.
    running: started, neither confirmed nor returned.   part: what of the price belongs to those.   tickets: given for what was earned.
    """

    units: int
    credits: int
    running: int
    part: int
    tickets: int


def pour(*, campaign: Campaign, on: date, at: datetime) -> int:
    """
    Put the units of the KST day `on` into slots and close the earlier days; how many units the day got.

    Safe to call from everywhere at once: a day that is poured, or older than the poured one, is left alone.
    """
    with transaction.atomic(durable=True):
        return pour_locked(moves.lock(campaign), on=on, at=at)


def pour_locked(campaign: Campaign, *, on: date, at: datetime) -> int:
    """The same, joining the transaction of a caller who holds the campaign's lock."""
    if campaign.state != State.RUNNING or (campaign.poured_on is not None and campaign.poured_on >= on):
        return 0
    _keep_partition(campaign, on)
    caps.apply_due(campaign, on=on, at=at)
    close_slots(campaign)
    units = max(0, min(campaign.units_per_day, campaign.units - used_units(campaign)))
    slots = SLOTS_OF_A_LARGE_DAY.at(at) if units >= LARGE_DAY_UNITS.at(at) else 1
    share, rest = divmod(units, slots)
    BudgetSlot.objects.bulk_create(
        [BudgetSlot(campaign=campaign, day_on=on, slot=slot, allowance=share + (slot < rest)) for slot in range(slots)]
    )
    campaign.poured_on, campaign.poured_slots = on, slots
    campaign.save(update_fields=["poured_on", "poured_slots"])
    return units


def close_slots(campaign: Campaign) -> None:
    """Take the room out of every slot of the campaign, in order; what was started stays. The caller holds the campaign's lock."""
    rows = BudgetSlot.objects.filter(campaign=campaign).exclude(allowance=F("taken") - F("returned"))
    keys = [(row.day_on, row.slot) for row in rows.select_for_update().order_by("day_on", "slot")]
    for day_on, slot in keys:
        BudgetSlot.objects.filter(campaign=campaign, day_on=day_on, slot=slot).update(allowance=F("taken") - F("returned"))


def used_units(campaign: Campaign) -> int:
    """Units started and not returned, over all days, less those that unearned steps of finished participations make up again."""
    sums = BudgetSlot.objects.filter(campaign=campaign).aggregate(
        taken=Sum(F("taken") - F("returned"), default=0),
        done=Sum("confirmed", default=0),
        earned=Sum(F("confirmed_credits") - F("part_credits"), default=0),
    )
    unearned = sums["done"] * campaign.unit_price - sums["earned"]
    return int(sums["taken"]) - int(unearned) // campaign.unit_price


def raise_budget(*, campaign: Campaign, credits: int, by: User, at: datetime, key: str) -> Campaign:
    """
    Hold more credits for a campaign that may still run, and let today's slots have their part of it at once.

    credits: whole won, > 0.   key: one per intent; a repeat changes nothing.

    :raises InsufficientCredits: the available balance is below it; nothing was changed.
    :raises MoveRefused: it is not approved yet, or over.   :raises CampaignLocked: an operator stopped it.
    :raises OverLimit: it takes a second member (campaigns.services.seconding).
    :raises moves.AccountRestricted: an operator or a money rule stopped new spending.
    """
    with transaction.atomic(durable=True):
        ledger.lock_wallet(campaign.advertiser)
        return raise_locked(campaign=campaign, credits=credits, by=by, at=at, key=key)


def raise_locked(*, campaign: Campaign, credits: int, by: User, at: datetime, key: str, second: User | None = None) -> Campaign:
    """The same, joining the transaction of a caller who holds the wallet's lock. second: the member who agreed, where one had to."""
    row = moves.lock(campaign)
    if row.state not in (*BEFORE_THE_START, *LIVE):
        raise moves.MoveRefused(state=row.state, to="raise")
    moves.refuse_when_locked(row)
    placed = row.hold.placed
    hold = ledger.raise_hold(hold=row.hold, credits=credits, key=key, at=at, campaign_type=row.type, actor=moves.actor_of(by))
    if hold.placed == placed:
        return row  # this intent was carried out before
    if Advertiser.objects.get(pk=row.advertiser_id).is_restricted:  # restricting waits for the wallet's lock
        raise moves.AccountRestricted
    committed = spending.commit(advertiser=row.advertiser, by=by, second=second, credits=credits, at=at)
    row.budget_credits += hold.placed - placed
    content.keep_in_step(row)
    row.save(update_fields=["budget_credits", "spec"])
    moves.record(row, moves.Kind.RAISED, by=by, at=at, data={**committed, "budget": row.budget_credits})
    widen_locked(row, on=day_of(at))
    return row


def widen_locked(campaign: Campaign, *, on: date) -> None:
    """
    Let the open day have what a new budget allows within its cap, spread over its slots. The caller holds the campaign's lock.

    A campaign that does not run, or has another day open, is left alone: resuming or pouring gives it what it may have then.
    """
    if campaign.state != State.RUNNING or campaign.poured_on != on:
        return
    today = list(BudgetSlot.objects.filter(campaign=campaign, day_on=on).select_for_update().order_by("slot"))
    earlier = used_units(campaign) - sum(slot.taken - slot.returned for slot in today)
    wanted = min(campaign.units_per_day, campaign.units - earlier)
    share, rest = divmod(max(0, wanted - sum(slot.allowance for slot in today)), len(today))
    for number, slot in enumerate(today):
        if more := share + (number < rest):
            BudgetSlot.objects.filter(pk=slot.pk).update(allowance=F("allowance") + more)


def capture_due(*, campaign: Campaign, at: datetime) -> int:
    """
    Take what was confirmed since the last time out of the hold, exactly once; how many credits.

    The key names the new total, so a lost answer, a second worker or a repeat finds the same entry.
    """
    with transaction.atomic(durable=True):
        ledger.lock_wallet(campaign.advertiser)
        return capture_locked(moves.lock(campaign), at=at)


def capture_locked(campaign: Campaign, *, at: datetime) -> int:
    """The same, joining the transaction of a caller who holds both locks."""
    return _capture(campaign, seen=_consumption(campaign), at=at)


def _capture(campaign: Campaign, *, seen: Consumption, at: datetime) -> int:
    """Wallet and campaign are locked, and `seen` was read since."""
    due = seen.credits - campaign.captured_credits
    if due <= 0:
        return 0
    cost = (seen.tickets - campaign.captured_tickets) * campaign.ticket_cost
    key = f"campaign:{campaign.public_id}:capture:{seen.credits}"
    ledger.capture(hold=campaign.hold, credits=due, reward_cost=cost, key=key, at=at)
    before = campaign.captured_credits
    campaign.captured_credits, campaign.captured_units, campaign.captured_tickets = seen.credits, seen.units, seen.tickets
    campaign.save(update_fields=["captured_credits", "captured_units", "captured_tickets"])
    if campaign.state in LIVE and seen.credits + campaign.unit_price > campaign.budget_credits:
        desk.tell(campaign, events.SPENT, {"budget": campaign.budget_credits}, at=at, key=f"spent:{campaign.budget_credits}")
    outgoing.budget_low(campaign, before=before, at=at)
    return due


def settle(*, campaign: Campaign, at: datetime) -> Campaign:
    """
    Capture what is due and release what nobody can earn any more; SETTLED once nothing is running or due.

    Started participations keep their price on hold until they are confirmed or run out of time. A campaign that has not ended,
    is settled, or is locked by an operator, is left alone.
    """
    with transaction.atomic(durable=True):
        ledger.lock_wallet(campaign.advertiser)
        row = moves.lock(campaign)
        if row.state != State.ENDED or row.is_locked:
            return row
        seen = _consumption(row)
        _capture(row, seen=seen, at=at)
        row.hold.refresh_from_db()
        release_down_to(row, keep=seen.running * row.unit_price - seen.part, at=at)
        if seen.running == 0:
            moves.move(row, State.SETTLED, by=None, at=at, settled_at=at)
            _report(row, seen, at=at)
        return row


def _report(campaign: Campaign, seen: Consumption, *, at: datetime) -> None:
    """Tell the team the final numbers; nothing changes them by itself any more."""
    facts = {"units": seen.units, "spent": seen.credits, "returned": campaign.budget_credits - seen.credits}
    desk.tell(campaign, events.SETTLED, facts, at=at, key="settled")


def _consumption(campaign: Campaign) -> Consumption:
    """
    Read the slots, without a lock and in one statement: whoever confirms meanwhile is still running here or is earned here. Read one
    after the other, the two would lose who confirms in between, and settling would give their price back.
    """
    sums = BudgetSlot.objects.filter(campaign=campaign).aggregate(
        units=Sum("confirmed"),
        credits=Sum("confirmed_credits"),
        running=Sum(F("taken") - F("returned") - F("confirmed")),
        part=Sum("part_credits"),
        tickets=Sum("step_tickets"),
    )
    counted = {name: int(value or 0) for name, value in sums.items()}
    if campaign.declared.parts is None:
        counted["tickets"] = counted["units"] * campaign.reward_tickets
    return Consumption(**counted)


def release_down_to(campaign: Campaign, *, keep: int, at: datetime) -> int:
    """Release the open part of the hold above `keep`. Wallet and campaign are locked; the hold is fresh."""
    hold = campaign.hold
    surplus = hold.open - keep
    if surplus > 0:
        key = f"campaign:{campaign.public_id}:release:{hold.pk}:{hold.released + surplus}"
        ledger.release(hold=hold, credits=surplus, key=key, at=at)
    return max(0, surplus)


def _keep_partition(campaign: Campaign, on: date) -> None:
    """The month that this day's participations go to exists before the first of them starts."""
    period_on = on if campaign.is_daily else day_of(campaign.starts_at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT campaigns_keep_partitions(%s, 1)", [period_on])
