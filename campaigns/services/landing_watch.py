"""
The daily look at the landing page of what runs. Two looks in a row that find it gone pause the campaign; restarting it is one click.

The look itself is an effect (`campaigns.look_at_landing`), so no transaction waits for somebody's page.
"""

from datetime import date, datetime

from django.db import transaction

from campaigns import events
from campaigns.landing import Finding, Found
from campaigns.models import Campaign, Constraint, State
from campaigns.services import desk, moves
from common import effects
from common.kst import day_of

KIND = "campaigns.look_at_landing"
MISSES_UNTIL_PAUSED = 2
_MISSED = (Found.FAILED, Found.UNREACHABLE)
PAUSED_BECAUSE = "연결 주소가 이틀 이어서 열리지 않아 자동으로 멈췄어요."


def plan_looks(*, at: datetime) -> int:
    """Ask for today's look at every running campaign; how many there are. A repeat asks for nothing new."""
    running = Campaign.objects.filter(state=State.RUNNING, is_locked=False, starts_at__lte=at, ends_at__gt=at).order_by("pk")
    for pk in running.values_list("pk", flat=True):
        with transaction.atomic(durable=True):
            effects.add(KIND, key=f"campaign:{pk}:landing:{day_of(at)}", at=at, campaign=pk, on=str(day_of(at)))
    return running.count()


def is_miss(finding: Finding) -> bool:
    """True when a member who is sent there finds no page."""
    return finding.stops or finding.found in _MISSED


def looked(*, campaign_id: int, on: date, url: str, missed: bool, sentence: str, at: datetime) -> Campaign:
    """
    Write down the look of a day, once. Joins the caller's transaction. url: what was opened; a look at an address that changed since
    says nothing.   sentence: what was found, for the team.
    """
    row = moves.lock(Campaign(pk=campaign_id))
    known = row.landing_looked_on is not None and row.landing_looked_on >= on
    if row.state != State.RUNNING or row.landing_url != url or known:
        return row
    row.landing_misses, row.landing_looked_on = row.landing_misses + 1 if missed else 0, on
    row.save(update_fields=["landing_misses", "landing_looked_on"])
    if row.landing_misses < MISSES_UNTIL_PAUSED:
        return row
    moves.move(row, State.PAUSED, by=None, at=at, reason=PAUSED_BECAUSE, constraint=Constraint.LANDING)
    desk.tell(row, events.LANDING_GONE, {"reason": f"{PAUSED_BECAUSE} {sentence}"}, at=at, key=f"landing:{on}")
    return row
