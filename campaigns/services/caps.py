"""A new daily cap, planned for the beginning of a KST day. All functions join the caller's transaction."""

from datetime import date, datetime, timedelta

from campaigns.models import Campaign, PlannedChange
from campaigns.services import content, moves
from common.errors import DomainError
from common.kst import day_from


class CapOutOfRange(DomainError):
    code = "campaign.cap_out_of_range"
    message = "하루 예산은 참여 1건 단가({price}크레딧)보다 작거나 총예산({budget}크레딧)보다 클 수 없어요."
    http_status = 422


def refuse_outside(campaign: Campaign, cap: int) -> None:
    """:raises CapOutOfRange: it buys no participation, or is more than the budget."""
    if not campaign.unit_price <= cap <= campaign.budget_credits:
        raise CapOutOfRange(price=f"{campaign.unit_price:,}", budget=f"{campaign.budget_credits:,}")


def apply_due(campaign: Campaign, *, on: date, at: datetime) -> None:
    """The day `on` is about to be poured: a cap planned for it, or for a day before it, is valid now. The campaign is locked."""
    due = PlannedChange.objects.waiting().filter(campaign=campaign, kind=PlannedChange.Kind.CAP, due_at__lte=day_from(on))
    for planned in due.select_for_update(of=("self",)).select_related("made_by").order_by("due_at"):
        if not campaign.is_locked:
            set_cap(campaign, planned, on=on, at=at)
            planned.state, planned.done_at = PlannedChange.State.DONE, at
            planned.save(update_fields=["state", "done_at"])


def set_cap(campaign: Campaign, planned: PlannedChange, *, on: date, at: datetime) -> None:
    """
    Days from `on` on have the planned cap; one that is poured already keeps its own, so the history says from which day it is valid.

    :raises CapOutOfRange: see there.
    """
    refuse_outside(campaign, planned.credits)
    first = on if campaign.poured_on is None or campaign.poured_on < on else campaign.poured_on + timedelta(days=1)
    data = {"before": campaign.daily_cap_credits, "after": planned.credits, "from": first.isoformat()}
    campaign.daily_cap_credits = planned.credits
    content.keep_in_step(campaign)
    campaign.save(update_fields=["daily_cap_credits", "spec"])
    moves.record(campaign, moves.Kind.CAPPED, by=planned.made_by, at=at, data=data)
