"""
The review desk between submission and decision: who reviews what, papers that are missing, and what the team is told.

All public functions but `received` and `tell` own their transaction; those two join the caller's.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from advertisers.models import BusinessPaper
from advertisers.notifications import tell_team
from campaigns import events
from campaigns.models import Campaign, CampaignVersion
from campaigns.services import moves, versions
from common import business_hours
from common.errors import DomainError
from identity.events import Event, Fact
from identity.models import User


class NothingWaits(DomainError):
    code = "review.nothing_waits"
    message = "심사할 것이 없어요. 다른 사람이 먼저 처리했거나 광고주가 거뒀어요."


class BeingReviewed(DomainError):
    code = "review.being_reviewed"
    message = "{who} 님이 심사하고 있어요. 이유를 적고 넘겨받은 뒤 처리해 주세요."


class NotHeld(DomainError):
    code = "review.not_held"
    message = "서류를 기다리는 심사가 아니에요."


def claim(*, campaign: Campaign, by: User, at: datetime, note: str = "") -> CampaignVersion:
    """
    Take what waits onto one's desk; whoever has it already keeps it. note: why it is taken over from somebody else.

    :raises NothingWaits: nothing waits any more.   :raises BeingReviewed: somebody has it, and no note says why to take it over.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        version = waiting(row)
        if version.claimed_by_id == by.pk:
            return version
        text = note.strip()
        if version.claimed_by is not None and not text:
            raise BeingReviewed(who=version.claimed_by.get_full_name())
        version.claimed_by, version.claimed_at = by, at
        version.save(update_fields=["claimed_by", "claimed_at"])
        moves.record(row, moves.Kind.CLAIMED, by=by, at=at, reason=text, data={"version": version.number})
        return version


def hold(*, campaign: Campaign, by: User, at: datetime, reason: str) -> CampaignVersion:
    """
    Papers are missing: the promise's clock stands still until `go_on`. reason: which, shown to the advertiser.

    :raises NothingWaits: nothing waits.   :raises BeingReviewed: somebody else has it.   :raises ReasonMissing: without a reason.
    :raises MoveRefused: it stands still already.
    """
    text = moves.stated(reason)
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        version = waiting(row)
        refuse_others(version, by=by)
        if version.held_at is not None:
            raise moves.MoveRefused(state=row.state, to="held")
        version.held_at, version.held_reason = at, text
        version.save(update_fields=["held_at", "held_reason"])
        moves.record(row, moves.Kind.HELD, by=by, at=at, reason=text, data={"version": version.number})
        tell(row, events.PAPERS_MISSING, {"papers": text}, at=at, key=f"v{version.number}:held:{at.timestamp()}")
        return version


def papers_came() -> QuerySet[Campaign]:
    """Campaigns whose review waits for papers, and whose advertiser has handed one in since."""
    held = CampaignVersion.objects.filter(campaign=OuterRef("pk"), state=CampaignVersion.State.WAITING, held_at__isnull=False)
    papers = BusinessPaper.objects.filter(business__advertiser=OuterRef("campaign__advertiser"), uploaded_at__gt=OuterRef("held_at"))
    return Campaign.objects.filter(Exists(held.filter(Exists(papers))))


def go_on(*, campaign: Campaign, by: User | None, at: datetime) -> CampaignVersion:
    """
    The papers are there: the clock goes on where it stood. by: None when the clock saw them come.

    :raises NothingWaits: nothing waits.   :raises NotHeld: its clock never stopped.
    """
    with transaction.atomic(durable=True):
        row = moves.lock(campaign)
        version = waiting(row)
        if version.held_at is None:
            raise NotHeld
        left = business_hours.between(version.held_at, version.due_at)
        version.due_at = business_hours.after(at, max(left, timedelta()))
        version.held_at, version.held_reason = None, ""
        version.save(update_fields=["due_at", "held_at", "held_reason"])
        moves.record(row, moves.Kind.HELD, by=by, at=at, data={"version": version.number, "over": True})
        return version


def waiting(campaign: Campaign) -> CampaignVersion:
    """:raises NothingWaits: nothing of the campaign waits for a decision. The campaign is locked."""
    version = versions.waiting(campaign)
    if version is None:
        raise NothingWaits
    return version


def refuse_others(version: CampaignVersion, *, by: User) -> None:
    """:raises BeingReviewed: somebody else has it on the desk."""
    if version.claimed_by is not None and version.claimed_by_id != by.pk:
        raise BeingReviewed(who=version.claimed_by.get_full_name())


def received(campaign: Campaign, version: CampaignVersion, *, at: datetime) -> None:
    """Tell the team that a version arrived and until when we answer."""
    facts: dict[str, Fact] = {"campaign": version.title, "until": version.due_at}
    tell(campaign, events.SUBMITTED, facts, at=at, key=f"v{version.number}:submitted")


def tell(campaign: Campaign, event: Event, facts: Mapping[str, Fact] | None = None, *, at: datetime, key: str, url: str = "") -> None:
    """
    Tell those who may act on a campaign. facts: beside its title, which may be another one in a version.   key: within the campaign,
    one notice each.   url: default the campaign's page.
    """
    tell_team(
        event,
        advertiser=campaign.advertiser,
        facts={"campaign": campaign.title, **(facts or {})},
        url=url or f"/campaigns/{campaign.public_id}/",
        key=f"campaign:{campaign.public_id}:{key}",
        at=at,
    )
