"""
Conversions that were told to us. Whatever comes of one, it stands in the log, written in the transaction of what it moved; a second
telling finds the participation finished and moves nothing.
"""

import json
from dataclasses import asdict
from datetime import datetime
from ipaddress import ip_address, ip_network
from time import monotonic
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from campaigns import goodwill
from campaigns.models import Campaign, Evidence, FraudSignal, Participation, PostbackLog
from campaigns.postbacks import events, generations, keys, pace
from campaigns.postbacks.events import Meaning
from campaigns.postbacks.keys import Click
from campaigns.postbacks.networks import NETWORKS, Told
from campaigns.services import telling
from campaigns.services.sending import QUARANTINE_BELOW, Exhibit, doubts_of, penalties_before
from campaigns.types.base import Evidence as Facts
from campaigns.types.base import Kept
from campaigns.types.flows import Flow
from common import dated
from credits import services as credits
from credits.models import Kind
from rewards.models import Member

Outcome = PostbackLog.Outcome
GOODWILL_HOURS = dated.define(
    "campaigns.late_postback_goodwill_hours", default=72, label="늦은 포스트백을 럭플이 보상하는 시간(참여 기한 뒤)"
)
TAKEN_BACK = "postback.cancelled"
# With a test key these clicks stand for a participation in that state; nothing real is looked at.
TEST_CLICKS = {"test-new": Outcome.CONFIRMED, "test-used": Outcome.REUSED_CLICK, "test-late": Outcome.TOO_LATE}


def receive(*, network: str, told: Told, at: datetime, sender: str = "") -> PostbackLog:
    """
    Decide about one conversion and write it down. network: a key of `NETWORKS`.   sender: the caller's network address, as our own
    proxies tell it; empty for a try of our own pages.

    A proved, known and timely one confirms its participation. A late one is not billed to the advertiser; the member may be paid from
    goodwill within `campaigns.late_postback_goodwill_hours`. Of what comes above the limit of a minute only the first is written.

    :raises Busy: a lock was not free in time; the caller sends it again.
    """
    began = monotonic()
    campaign, is_test = _campaign_of(told.key)
    fault = _fault(network, told, campaign, sender, at=at)
    counted = campaign if fault is None and _is_of(campaign, told, is_test=is_test) else None
    over = _over_the_limit(counted, sender, is_test=is_test, at=at)
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        if over:
            outcome, participation = Outcome.TOO_MANY, None
        elif fault is not None or campaign is None:
            outcome, participation = fault or Outcome.BAD_SIGNATURE, None
        else:
            outcome, participation = _decided(network, told, campaign, is_test=is_test, at=at)
        row = PostbackLog(
            network=network,
            campaign=campaign,
            participation=participation,
            click_id=told.click_id[:64],
            event=told.event[:60],
            transaction=told.transaction[:100],
            query=told.query,
            outcome=outcome,
            is_test=is_test,
            took_ms=int((monotonic() - began) * 1000),
            at=at,
        )
        if over <= 1:
            row.save()
        return row


def _over_the_limit(campaign: Campaign | None, sender: str, *, is_test: bool, at: datetime) -> int:
    """
    By how many calls this minute's limit is passed, this one included; 0 within it. Counted in transactions of their own.

    campaign: whose minute it is, None for a call that proved nothing: no stranger closes a campaign's door.
    """
    over = pace.calls_of_sender(sender, at=at) - pace.OF_A_SENDER.at(at) if sender else 0
    if over <= 0 and campaign is not None:
        over = pace.calls_for_campaign(campaign, is_test=is_test, at=at) - pace.OF_A_CAMPAIGN.at(at)
    return max(0, over)


def _campaign_of(key: str) -> tuple[Campaign | None, bool]:
    read = keys.read_key(key)
    if read is None:
        return None, False
    number, is_test = read
    campaign = Campaign.objects.unscoped().filter(public_id=number).first()
    return (campaign, is_test) if campaign is not None and campaign.declared.flow == Flow.POSTBACK else (None, is_test)


def _fault(network: str, told: Told, campaign: Campaign | None, sender: str, *, at: datetime) -> Outcome | None:
    """Why nothing of it is believed; None for a sender that is proved as far as its network can be."""
    if not (told.key and told.click_id and told.event):
        return Outcome.MALFORMED
    way = NETWORKS[network]
    if campaign is None or campaign.details.get("source") != way.source:
        return Outcome.BAD_SIGNATURE
    if fault := way.fault(told, generations=generations.valid(campaign, at=at), at=at):
        return fault
    return None if _may_send(network, sender) else Outcome.WRONG_SENDER


def _is_of(campaign: Campaign | None, told: Told, *, is_test: bool) -> bool:
    """True when the secret of the campaign's own people proves a call; without one its click does, which only a member of it knows."""
    if told.proof or is_test:
        return True
    click = keys.read_click(told.click_id)
    return click is not None and Participation.objects.filter(campaign=campaign, public_id=click.participation).exists()


def _decided(network: str, told: Told, campaign: Campaign, *, is_test: bool, at: datetime) -> tuple[Outcome, UUID | None]:
    """What comes of a call that is believed."""
    meaning = events.meaning_of(campaign, told.event)
    if meaning is None:
        return Outcome.UNKNOWN_EVENT, None
    if is_test:
        return _tried(told.click_id, meaning), None
    click = keys.read_click(told.click_id)
    if click is None:
        return Outcome.UNKNOWN_CLICK, None
    if meaning == Meaning.GOAL:
        return _converted(campaign, click, told, doubts=dict(NETWORKS[network].doubts), at=at)
    return _beside(campaign, click, meaning, at=at)


def _may_send(network: str, sender: str) -> bool:
    """False for an address outside the networks that the setting names for this door; without a setting any may send."""
    networks = settings.POSTBACK_SENDERS.get(network, [])
    if not networks or not sender:
        return True
    return any(ip_address(sender) in ip_network(one) for one in networks)


def _tried(click: str, meaning: Meaning) -> Outcome:
    """What a real click in the state that a test click stands for would get."""
    found = TEST_CLICKS.get(click, Outcome.UNKNOWN_CLICK)
    if meaning == Meaning.GOAL or found == Outcome.UNKNOWN_CLICK:
        return found
    return Outcome.NOTED if meaning == Meaning.STAGE else Outcome.CANCELLED


def _beside(campaign: Campaign, click: Click, meaning: Meaning, *, at: datetime) -> tuple[Outcome, UUID | None]:
    """An event that the campaign knows and does not pay for: noted, or a conversion taken back, which is a doubt that people look at."""
    row = Participation.objects.filter(campaign=campaign, public_id=click.participation).first()
    if row is None or row.opened_at is None:
        return Outcome.UNKNOWN_CLICK, None
    if meaning == Meaning.STAGE:
        return Outcome.NOTED, row.public_id
    _doubt(row, {TAKEN_BACK: 100}, attempt=click.attempt, at=at)
    return Outcome.CANCELLED, row.public_id


def _doubt(row: Participation, found: dict[str, int], *, attempt: int, at: datetime) -> None:
    """Keep why a start is doubted. found: penalty by rule; each is kept once."""
    facts = {"participation": row.public_id, "campaign_id": row.campaign_id, "member_id": row.member_id, "attempt": attempt, "at": at}
    signals = [FraudSignal(code=code, penalty=penalty, **facts) for code, penalty in found.items()]
    FraudSignal.objects.bulk_create(signals, ignore_conflicts=True)


def _converted(campaign: Campaign, click: Click, told: Told, *, doubts: dict[str, int], at: datetime) -> tuple[Outcome, UUID | None]:
    row = Participation.objects.filter(campaign=campaign, public_id=click.participation).first()
    if row is None:
        return Outcome.UNKNOWN_CLICK, None
    Member.objects.select_for_update(no_key=True).filter(pk=row.member_id).first()  # goodwill is counted one by one
    waited = int((at - row.opened_at).total_seconds()) if row.opened_at else 0
    if told.took_seconds is not None:
        waited = min(waited, told.took_seconds)  # a call that came late hides how fast it was
    found = doubts | dict(told.doubts) | doubts_of(campaign.declared, Facts(event=told.event, dwell_seconds=waited))
    score = max(0, 100 - sum(found.values()) - penalties_before(row.public_id, row.attempt))
    exhibit = Exhibit(Kept.POSTBACK, {"event": told.event, "transaction": told.transaction}, found)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT f.code FROM campaigns_convert(%s, %s, %s, %s, %s, %s, %s) f",
            [
                campaign.pk, click.participation, click.attempt, json.dumps(asdict(exhibit)), score,
                score < QUARANTINE_BELOW.at(at), at,
            ],
        )  # fmt: skip
        (code,) = cursor.fetchone()
    if code == "USED":
        return (Outcome.REPEATED if _is_the_same(click, told) else Outcome.REUSED_CLICK), click.participation
    if code == "LATE":
        return _late(campaign, click, found, score=score, at=at), click.participation
    if code == "CONFIRMED":
        telling.rewarded(row.member_id, campaign, tickets=row.tickets, key=f"participation:{row.public_id}:rewarded", at=at)
    return (Outcome.UNKNOWN_CLICK, None) if code == "UNKNOWN" else (PostbackLog.Outcome(code), click.participation)


def _is_the_same(click: Click, told: Told) -> bool:
    """True for a conversion that is told once more, as callers do after a silence."""
    facts = {"event": told.event, "transaction": told.transaction}
    rows = Evidence.objects.filter(participation=click.participation, kind=Evidence.Kind.POSTBACK, attempt=click.attempt)
    return rows.filter(data=facts).exists()


def _late(campaign: Campaign, click: Click, found: dict[str, int], *, score: int, at: datetime) -> Outcome:
    """
    The function locked the participation. Goodwill pays once for each, whoever tells of it again. What would wait for people if it had come
    in time is not paid by itself, nor what is above the member's limits: when the member asks for it, people look.
    """
    row = Participation.objects.get(campaign=campaign, public_id=click.participation)
    is_doubted = score < QUARANTINE_BELOW.at(at) or FraudSignal.objects.filter(participation=row.public_id).exists()
    if is_doubted:
        _doubt(row, found, attempt=click.attempt, at=at)
    overdue_hours = (at - row.expires_at).total_seconds() / 3600
    ended = row.state in (Participation.State.EXPIRED, Participation.State.STARTED) and row.attempt == click.attempt
    if not ended or overdue_hours >= GOODWILL_HOURS.at(at):
        return Outcome.TOO_LATE
    if goodwill.was_paid(click.participation):
        return Outcome.REPEATED
    if is_doubted or goodwill.is_used_up(row, at=at):
        return Outcome.TOO_LATE
    key = f"late:{row.public_id}:grant"
    credits.grant(member_id=row.member_id, amount=row.tickets, kind=Kind.ISSUED, key=key, at=at, reason=campaign.title)
    telling.rewarded(row.member_id, campaign, tickets=row.tickets, key=key, at=at)
    return Outcome.LATE_PAID
