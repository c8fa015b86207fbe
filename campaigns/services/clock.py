"""
What the clock does to campaigns: begin, pour, end, carry out what was planned, withdraw what nobody corrected, capture, return what
ran out of time, settle, look at landing pages.

Each campaign is moved in a transaction of its own. Every call may be lost, doubled or late. A campaign that is refused or locked
by somebody waits for the next call; one that crashes leaves the others and the phases behind it alone, and is raised at the end.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import connection, transaction
from django.db.models import F, Model, Q, QuerySet, Sum

from campaigns.models import BEFORE_THE_START, LIVE, Campaign, Constraint, Evidence, PlannedChange, State
from campaigns.services import backing, budget, desk, landing_watch, participation, plans, quarantine, running, submission
from common import dated
from common.errors import DomainError
from common.kst import day_of
from rewards.models.raffles import State as RaffleState

logger = logging.getLogger(__name__)
Row = TypeVar("Row", bound=Model)

DAYS_TO_CORRECT = dated.define("campaigns.days_to_correct", default=14, label="수정 요청 뒤 예산을 묶어 두는 날 수")
MONTHS_AHEAD = 4
NOT_CORRECTED = "수정 기한이 지나 자동으로 철회했어요."
NEVER_BEGAN = "종료 시각까지 시작하지 못해서 자동으로 철회했어요."
NO_RAFFLE = "래플이 무효가 돼서 자동으로 철회했어요."
AT_ONCE = 200  # overdue participations returned in one transaction


def tick(*, at: datetime) -> dict[str, int]:
    """
    Move what the moment moves; how many campaigns lack credits or their raffle, were begun, ended, changed as
    planned, poured, went on being reviewed because papers came, and were withdrawn.

    :raises ExceptionGroup: some campaigns could not be moved; the others were.
    """
    return in_turn(
        lambda: _months(at),
        lambda: {
            "constrained": _each(backing.to_look_at(at), lambda row: backing.look(campaign=row, at=at).constraint == Constraint.BALANCE)
        },
        lambda: {"unraffled": _each(_without_raffle(), lambda row: _give_up(row, at=at).is_over)},
        lambda: {"begun": _each(Campaign.objects.due_to_start(at), lambda row: running.begin(campaign=row, at=at).state == State.RUNNING)},
        lambda: {"ended": _each(Campaign.objects.due_to_end(at), lambda row: running.end(campaign=row, by=None, at=at).is_over)},
        lambda: {"planned": carry_out_plans(at=at)},
        lambda: {
            "poured": _each(Campaign.objects.due_to_pour(day_of(at), at), lambda row: budget.pour(campaign=row, on=day_of(at), at=at))
        },
        lambda: {"reviewed_on": _each(desk.papers_came(), lambda row: bool(desk.go_on(campaign=row, by=None, at=at)))},
        lambda: {"withdrawn": _each(_to_withdraw(at), lambda row: _withdraw(row, at=at).is_over)},
    )


def in_turn(*phases: Callable[[], dict[str, int]]) -> dict[str, int]:
    """
    Run one phase after the other, whatever comes of those before, and put together what they counted.

    :raises ExceptionGroup: with everything that crashed in any of them.
    """
    counts: dict[str, int] = {}
    crashes: list[Exception] = []
    for phase in phases:
        try:
            counts |= phase()
        except ExceptionGroup as group:
            crashes += group.exceptions
        except Exception as crash:  # whatever it was, it must not hold up the phases behind it
            logger.exception("Unable to run a phase of the clock")
            crashes.append(crash)
    if crashes:
        raise ExceptionGroup("campaigns that could not be moved", crashes)
    return counts


def due(*, at: datetime) -> dict[str, list[Campaign]]:
    """
    What `tick`, `sweep`, `capture` and `settle` would take in hand at this moment, by the name under which they count it. Reads only.

    A campaign that is begun is poured too, one that is ended is settled too, in the same run.
    """
    planned = PlannedChange.objects.waiting().filter(due_at__lte=at).values("campaign_id")
    found = {
        "constrained": backing.to_look_at(at),
        "unraffled": _without_raffle(),
        "begun": Campaign.objects.due_to_start(at),
        "ended": Campaign.objects.due_to_end(at),
        "planned": Campaign.objects.filter(pk__in=planned),
        "poured": Campaign.objects.due_to_pour(day_of(at), at),
        "reviewed_on": desk.papers_came(),
        "withdrawn": _to_withdraw(at),
        "returned": participation.overdue_campaigns(at=at),
        "captured": _to_capture(),
        "settled": Campaign.objects.to_settle(),
    }
    return {name: list(campaigns.order_by("pk")) for name, campaigns in found.items()}


def carry_out_plans(*, at: datetime) -> int:
    """
    Do what teams planned for this moment or before, in that order; how many changes were done.

    :raises ExceptionGroup: as `tick`.
    """
    due = PlannedChange.objects.waiting().filter(due_at__lte=at).select_related("campaign__advertiser").order_by("due_at", "pk")
    return _one_by_one(due, lambda row: plans.carry_out(planned=row, at=at).state == PlannedChange.State.DONE)


def look_at_landings(*, at: datetime) -> int:
    """Ask for today's look at the landing page of everything that runs; how many."""
    return landing_watch.plan_looks(at=at)


def capture(*, at: datetime) -> int:
    """
    Take what was confirmed since the last time out of the holds; how many campaigns had something.

    :raises ExceptionGroup: as `tick`.
    """
    return _each(_to_capture(), lambda row: budget.capture_due(campaign=row, at=at))


def _to_capture() -> QuerySet[Campaign]:
    """Campaigns in whose slots more was confirmed than was taken."""
    confirmed = Campaign.objects.filter(state__in=(*LIVE, State.ENDED)).annotate(earned=Sum("slots__confirmed_credits"))
    return confirmed.filter(earned__gt=F("captured_credits"))


def sweep(*, at: datetime) -> int:
    """
    Give the units of participations that ran out of time back to their slots; how many campaigns had some.

    :raises ExceptionGroup: as `tick`.
    """

    def empty(row: Campaign) -> int:
        total = 0
        while gone := participation.expire(campaign=row, at=at, limit=AT_ONCE):
            total += gone
        return total

    return _each(participation.overdue_campaigns(at=at), empty)


def end_quarantines(*, at: datetime) -> int:
    """
    Decide by rule what nobody looked at in time; how many. One that somebody decided in between, or holds, is left alone.

    :raises ExceptionGroup: as `tick`.
    """

    def decide(row: Evidence) -> bool:
        quarantine.end(row=row, at=at)
        return True

    return _one_by_one(quarantine.overdue(at=at)[:AT_ONCE], decide)


def settle(*, at: datetime) -> int:
    """
    Settle what has ended, as far as it can be; how many campaigns are settled now.

    :raises ExceptionGroup: as `tick`.
    """
    return _each(Campaign.objects.to_settle(), lambda row: budget.settle(campaign=row, at=at).state == State.SETTLED)


def keep_partitions(*, at: datetime) -> int:
    """The months ahead have their partitions; how many were missing."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SELECT campaigns_keep_partitions(%s, %s)", [day_of(at), MONTHS_AHEAD])
        return int(cursor.fetchone()[0])


def _months(at: datetime) -> dict[str, int]:
    """A phase that nobody counts."""
    keep_partitions(at=at)
    return {}


def _without_raffle() -> QuerySet[Campaign]:
    """Approved, and the raffle that its completions would enter is void."""
    return Campaign.objects.filter(state__in=(*BEFORE_THE_START, *LIVE), raffle__state=RaffleState.VOID, is_locked=False)


def _give_up(campaign: Campaign, *, at: datetime) -> Campaign:
    if campaign.state in LIVE:
        return running.end(campaign=campaign, by=None, at=at)
    return submission.withdraw(campaign=campaign, by=None, at=at, reason=NO_RAFFLE)


def _to_withdraw(at: datetime) -> QuerySet[Campaign]:
    """Sent back for correction, and nobody corrected them in time; or something kept them from beginning until their end."""
    last = at - timedelta(days=DAYS_TO_CORRECT.at(at))
    uncorrected = Q(state=State.CHANGES_ASKED, state_changed_at__lte=last)
    never_begun = Q(state__in=BEFORE_THE_START, ends_at__lte=at)
    return Campaign.objects.filter(uncorrected | never_begun, is_locked=False)


def _withdraw(campaign: Campaign, *, at: datetime) -> Campaign:
    reason = NOT_CORRECTED if campaign.state == State.CHANGES_ASKED else NEVER_BEGAN
    return submission.withdraw(campaign=campaign, by=None, at=at, reason=reason)


def _each(campaigns: QuerySet[Campaign], step: Callable[[Campaign], int]) -> int:
    """Apply a step to each campaign; for how many it did something."""
    return _one_by_one(campaigns.select_related("advertiser").order_by("pk"), step)


def _one_by_one(rows: QuerySet[Row], step: Callable[[Row], int]) -> int:
    """Apply a step to each row; for how many it did something. One that is refused waits for the next look."""
    moved, crashes = 0, []
    for row in rows:
        try:
            moved += bool(step(row))
        except DomainError as refusal:
            logger.info("Row %s of %s waits for the next look: %s", row.pk, row._meta.model_name, refusal.code)
        except Exception as crash:  # whatever it was, it must not hold up the others; it is raised when they are done
            logger.exception("Unable to move %s %s", row._meta.model_name, row.pk)
            crashes.append(crash)
    if crashes:
        raise ExceptionGroup("campaigns that could not be moved", crashes)
    return moved
