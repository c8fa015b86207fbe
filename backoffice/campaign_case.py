"""One campaign as the review desk shows it: what members will see, the money, the days and the history. Reads only."""

from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, Sum

from campaigns.models import BudgetSlot, Campaign, CampaignEvent, State

WAITING = (State.SUBMITTED,)


@dataclass(frozen=True, slots=True)
class Day:
    """One KST day's units over all of its slots."""

    on: date
    allowance: int
    running: int
    confirmed: int
    confirmed_credits: int


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the desk shows about one campaign."""

    campaign: Campaign
    type_name: str
    charged_when: str
    steps: tuple[str, ...]
    days: tuple[Day, ...]
    events: tuple[CampaignEvent, ...]
    earlier: int

    @property
    def is_waiting(self) -> bool:
        """True while a reviewer has to decide."""
        return self.campaign.state in WAITING

    @property
    def shown_status(self) -> str:
        """The key of the word people see: an operator's lock stands above the state."""
        return "LOCKED" if self.campaign.is_locked else str(self.campaign.state)


def case_of(campaign: Campaign) -> Case:
    """Gather one campaign's case. campaign: with advertiser and hold joined. The number of queries is fixed."""
    declared = campaign.declared
    fields = declared.read(campaign.details)
    rows = (
        BudgetSlot.objects.filter(campaign=campaign)
        .values("day_on")
        .annotate(
            allowance=Sum("allowance"),
            running=Sum(F("taken") - F("returned") - F("confirmed")),
            confirmed=Sum("confirmed"),
            confirmed_credits=Sum("confirmed_credits"),
        )
        .order_by("-day_on")
        .values_list("day_on", "allowance", "running", "confirmed", "confirmed_credits")[:14]
    )
    return Case(
        campaign=campaign,
        type_name=declared.name,
        charged_when=declared.charged_when,
        steps=declared.steps(fields),
        days=tuple(Day(*row) for row in rows),
        events=tuple(campaign.events.select_related("by").order_by("at", "pk")),
        earlier=Campaign.objects.filter(advertiser=campaign.advertiser, approved_at__isnull=False).exclude(pk=campaign.pk).count(),
    )


def neighbours(campaign: Campaign) -> tuple[int, int, Campaign | None, Campaign | None]:
    """Where a campaign stands among those that wait, oldest first: place (0 when it does not wait), how many, before, after."""
    queue = Campaign.objects.filter(state__in=WAITING)
    earlier = Q(submitted_at__lt=campaign.submitted_at) | Q(submitted_at=campaign.submitted_at, pk__lt=campaign.pk)
    later = Q(submitted_at__gt=campaign.submitted_at) | Q(submitted_at=campaign.submitted_at, pk__gt=campaign.pk)
    place = queue.filter(earlier).count() + 1 if campaign.state in WAITING else 0
    before = queue.filter(earlier).order_by("-submitted_at", "-pk").first()
    after = queue.filter(later).order_by("submitted_at", "pk").first()
    return place, queue.count(), before, after
