"""
What a campaign's hold stands on. Credits of a top-up whose card holder complains pay for nothing new: a campaign on them does not
start, or pauses, until other credits take their place, and then goes on by itself.
"""

from datetime import datetime
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import F, QuerySet

from campaigns import events
from campaigns.models import BEFORE_THE_START, Campaign, Constraint, State
from campaigns.services import desk, moves, running
from credits import services as credits
from credits.models import Hold

WHY = "예산으로 묶은 크레딧의 결제에 이의가 접수됐어요."


def to_look_at(at: datetime) -> QuerySet[Campaign]:
    """Campaigns that run or are due on disputed credits, and those that were stopped for it."""
    due = Campaign.objects.filter(state__in=BEFORE_THE_START, starts_at__lte=at) | Campaign.objects.filter(state=State.RUNNING)
    open_parts = due.filter(
        hold__parts__lot__disputed_at__isnull=False, hold__parts__placed__gt=F("hold__parts__captured") + F("hold__parts__released")
    )
    stopped = Campaign.objects.filter(constraint=Constraint.BALANCE, state__in=(*BEFORE_THE_START, State.PAUSED))
    prizes = due.filter(
        raffle__hold__parts__lot__disputed_at__isnull=False,
        raffle__hold__parts__placed__gt=F("raffle__hold__parts__captured") + F("raffle__hold__parts__released"),
    )
    found = open_parts.values("pk").union(prizes.values("pk"), stopped.values("pk"))
    return Campaign.objects.filter(pk__in=found, ends_at__gt=at, is_locked=False)


def look(*, campaign: Campaign, at: datetime) -> Campaign:
    """
    Put other credits under the hold where they are free and let the campaign go on; else stop it and tell the team, once each time.
    """
    with transaction.atomic(durable=True):
        credits.lock_wallet(campaign.advertiser)
        row = moves.lock(campaign)
        missing = _swap(row, at=at)
        if missing == 0 and row.constraint == Constraint.BALANCE:
            _go_on(row, at=at)
        elif missing and row.constraint != Constraint.BALANCE and row.state in (*BEFORE_THE_START, State.RUNNING):
            _stop(row, missing=missing, at=at)
        return row


def _swap(campaign: Campaign, *, at: datetime) -> int:
    """How many free credits are missing to put its holds on others; 0 when they stand on none that are disputed now."""
    missing = _swap_hold(campaign.hold, f"campaign:{campaign.public_id}", campaign_type=campaign.type, at=at)
    if campaign.raffle is not None and campaign.raffle.hold is not None:
        missing += _swap_hold(campaign.raffle.hold, f"raffle:{campaign.raffle.public_id}", at=at)
    campaign.hold.refresh_from_db()
    return missing


def _swap_hold(hold: Hold, subject: str, *, at: datetime, campaign_type: str = "") -> int:
    try:
        with transaction.atomic():
            credits.swap_disputed(hold=hold, key=f"{subject}:swap:{hold.placed}", at=at, campaign_type=campaign_type)
    except credits.InsufficientCredits as short:
        return int(short.context["shortfall"])
    return 0


def _go_on(campaign: Campaign, *, at: datetime) -> None:
    moves.record(campaign, moves.Kind.CONSTRAIN, by=None, at=at, data={"over": True})
    if campaign.state == State.PAUSED:
        running.resume_locked(campaign, by=None, at=at)
        return
    campaign.constraint = ""
    campaign.save(update_fields=["constraint"])


def _stop(campaign: Campaign, *, missing: int, at: datetime) -> None:
    event = moves.record(campaign, moves.Kind.CONSTRAIN, by=None, at=at, reason=WHY, data={"constraint": "BALANCE", "missing": missing})
    if campaign.state == State.RUNNING:
        moves.move(campaign, State.PAUSED, by=None, at=at, reason=WHY, constraint=Constraint.BALANCE)
    else:
        campaign.constraint = Constraint.BALANCE
        campaign.save(update_fields=["constraint"])
    url = "/payments/top-up/?" + urlencode({"credits": missing, "next": f"/campaigns/{campaign.public_id}/"})
    desk.tell(campaign, events.NO_BALANCE, {"reason": WHY, "missing": missing}, at=at, key=f"event:{event.pk}", url=url)
