"""
Attendance: one press a KST day, a streak that a freeze keeps over a missed day, and tickets for it.

Seven days in a row bring a freeze, two at most. A day missed spends one by itself; the streak goes on and nobody is shamed.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from common import dated
from common.kst import day_of
from credits import services as credits
from credits.models import Kind
from rewards.app_auth import MemberInactive
from rewards.models import Attendance, Member

TICKETS = dated.define("rewards.attendance_tickets", default=1, label="출석 한 번에 주는 티켓", unit="장")
WEEK_TICKETS = dated.define("rewards.attendance_week_tickets", default=5, label="7일 연속 출석마다 더 주는 티켓", unit="장")
WEEK = 7
MOST_FREEZES = 2


@dataclass(frozen=True, slots=True)
class Step:
    """What the next attendance of a member is. freezes: left afterwards.   used: on the days missed before it."""

    streak: int
    freezes: int
    used: int


@dataclass(frozen=True, slots=True)
class Standing:
    """
    Where a member stands. is_there: today was pressed.   streak: days in a row, as it stands; 0 when it is broken.   freezes: left.
    tickets: that today brings, or brought.   until_bonus: days until the next week is full.
    """

    is_there: bool
    streak: int
    freezes: int
    tickets: int
    until_bonus: int


def attend(*, member: Member, at: datetime) -> tuple[Attendance, bool]:
    """
    Note that a member is there today, and whether it is new. Owns the transaction; a second press of a day changes nothing.

    :raises MemberInactive: they left.
    """
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        if not Member.objects.select_for_update(no_key=True).filter(pk=member.pk, is_active=True).exists():
            raise MemberInactive
        on, newest = day_of(at), newest_of(member)
        if newest is not None and newest.attended_on >= on:
            return newest, False
        step = after(newest, on=on)
        tickets = _tickets(step.streak, at=at)
        entry = None
        if tickets:
            entry = credits.grant(
                member_id=member.pk, amount=tickets, kind=Kind.ISSUED, key=f"attendance:{member.public_id}:{on}", at=at,
                reason=f"{step.streak}일 연속 출석",
            )  # fmt: skip
        made = Attendance.objects.create(
            member=member, attended_on=on, streak=step.streak, freezes=step.freezes, used=step.used, tickets=tickets, entry=entry, at=at
        )
        return made, True


def newest_of(member: Member) -> Attendance | None:
    """The member's newest attendance. One query."""
    return Attendance.objects.filter(member=member).order_by("-attended_on").first()


def after(newest: Attendance | None, *, on: date) -> Step:
    """What an attendance on this day is after the newest one."""
    missed = (on - newest.attended_on).days - 1 if newest is not None else 0
    if newest is None or missed > newest.freezes:
        return Step(streak=1, freezes=newest.freezes if newest is not None else 0, used=0)
    streak = newest.streak + 1
    freezes = newest.freezes - missed + (1 if streak % WEEK == 0 else 0)
    return Step(streak=streak, freezes=min(freezes, MOST_FREEZES), used=missed)


def standing_of(member: Member, *, at: datetime) -> Standing:
    """Where the member stands today. Three queries at most."""
    on, newest = day_of(at), newest_of(member)
    if newest is not None and newest.attended_on >= on:
        return Standing(True, newest.streak, newest.freezes, newest.tickets, WEEK - newest.streak % WEEK)
    step = after(newest, on=on)
    kept = step.streak - 1
    return Standing(False, kept, step.freezes, _tickets(step.streak, at=at), WEEK - kept % WEEK)


def days_of(member: Member, *, at: datetime, count: int = 14) -> list[tuple[date, bool]]:
    """The last days, oldest first, each with whether the member was there. One query."""
    last = day_of(at)
    first = last - timedelta(days=count - 1)
    there = set(Attendance.objects.filter(member=member, attended_on__gte=first).values_list("attended_on", flat=True))
    return [(day, day in there) for day in (first + timedelta(days=number) for number in range(count))]


def _tickets(streak: int, *, at: datetime) -> int:
    return TICKETS.at(at) + (WEEK_TICKETS.at(at) if streak % WEEK == 0 else 0)
