"""
Conversions that were told to us. Whatever comes of one, it stands in the log, written in the transaction of what it moved; a second
telling finds the participation finished and moves nothing.
"""

import json
from dataclasses import asdict
from datetime import datetime
from time import monotonic
from uuid import UUID

from django.db import connection, transaction

from campaigns.models import Campaign, Evidence, Participation, PostbackLog
from campaigns.postbacks import keys
from campaigns.postbacks.keys import Click
from campaigns.postbacks.networks import NETWORKS, Told
from campaigns.services import telling
from campaigns.services.sending import QUARANTINE_BELOW, Exhibit, doubts_of
from campaigns.types.base import Evidence as Facts
from campaigns.types.base import Kept
from campaigns.types.flows import Flow
from common import dated
from credits import services as credits
from credits.models import Kind

Outcome = PostbackLog.Outcome
GOODWILL_HOURS = dated.define(
    "campaigns.late_postback_goodwill_hours", default=72, label="늦은 포스트백을 럭플이 보상하는 시간(참여 기한 뒤)"
)
# With a test key these clicks stand for a participation in that state; nothing real is looked at.
TEST_CLICKS = {"test-new": Outcome.CONFIRMED, "test-used": Outcome.REUSED_CLICK, "test-late": Outcome.TOO_LATE}


def receive(*, network: str, told: Told, at: datetime) -> PostbackLog:
    """
    Decide about one conversion and write it down. network: a key of `NETWORKS`.

    A proved, known and timely one confirms its participation. A late one is not billed to the advertiser; the member may be paid from
    goodwill within `campaigns.late_postback_goodwill_hours`.

    :raises Busy: a lock was not free in time; the caller sends it again.
    """
    began = monotonic()
    campaign, is_test = _campaign_of(told.key)
    with credits.busy_if_locked(), transaction.atomic(durable=True):
        outcome, participation = _decided(network, told, campaign, is_test=is_test, at=at)
        return PostbackLog.objects.create(
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


def _campaign_of(key: str) -> tuple[Campaign | None, bool]:
    read = keys.read_key(key)
    if read is None:
        return None, False
    number, is_test = read
    campaign = Campaign.objects.unscoped().filter(public_id=number).first()
    return (campaign, is_test) if campaign is not None and campaign.declared.flow == Flow.POSTBACK else (None, is_test)


def _decided(network: str, told: Told, campaign: Campaign | None, *, is_test: bool, at: datetime) -> tuple[Outcome, UUID | None]:
    if not (told.key and told.click_id and told.event):
        return Outcome.MALFORMED, None
    way = NETWORKS[network]
    if campaign is None or campaign.details.get("source") != way.source:
        return Outcome.BAD_SIGNATURE, None
    if fault := way.fault(told, at=at):
        return fault, None
    declared = campaign.declared
    if not declared.verifier.judge(declared.read(campaign.details), Facts(event=told.event)).is_enough:
        return Outcome.UNKNOWN_EVENT, None
    if is_test:
        return TEST_CLICKS.get(told.click_id, Outcome.UNKNOWN_CLICK), None
    click = keys.read_click(told.click_id)
    if click is None:
        return Outcome.UNKNOWN_CLICK, None
    return _converted(campaign, click, told, doubts=dict(way.doubts), at=at)


def _converted(campaign: Campaign, click: Click, told: Told, *, doubts: dict[str, int], at: datetime) -> tuple[Outcome, UUID | None]:
    row = Participation.objects.filter(campaign=campaign, public_id=click.participation).first()
    if row is None:
        return Outcome.UNKNOWN_CLICK, None
    waited = int((at - row.opened_at).total_seconds()) if row.opened_at else 0
    found = doubts | doubts_of(campaign.declared, Facts(event=told.event, dwell_seconds=waited))
    score = max(0, 100 - sum(found.values()))
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
        return _late(campaign, click, at=at), click.participation
    if code == "CONFIRMED":
        telling.rewarded(row.member_id, campaign, tickets=row.tickets, key=f"participation:{row.public_id}:rewarded", at=at)
    return (Outcome.UNKNOWN_CLICK, None) if code == "UNKNOWN" else (PostbackLog.Outcome(code), click.participation)


def _is_the_same(click: Click, told: Told) -> bool:
    """True for a conversion that is told once more, as callers do after a silence."""
    facts = {"event": told.event, "transaction": told.transaction}
    rows = Evidence.objects.filter(participation=click.participation, kind=Evidence.Kind.POSTBACK, attempt=click.attempt)
    return rows.filter(data=facts).exists()


def _late(campaign: Campaign, click: Click, *, at: datetime) -> Outcome:
    """The function locked the participation. Goodwill pays once for each, whoever tells of it again."""
    row = Participation.objects.get(campaign=campaign, public_id=click.participation)
    overdue_hours = (at - row.expires_at).total_seconds() / 3600
    ended = row.state in (Participation.State.EXPIRED, Participation.State.STARTED) and row.attempt == click.attempt
    if not ended or overdue_hours >= GOODWILL_HOURS.at(at):
        return Outcome.TOO_LATE
    told_before = PostbackLog.objects.filter(participation=click.participation, outcome=Outcome.LATE_PAID).exists()
    if told_before:
        return Outcome.REPEATED
    key = f"late:{row.public_id}:grant"
    credits.grant(member_id=row.member_id, amount=row.tickets, kind=Kind.ISSUED, key=key, at=at, reason=campaign.title)
    telling.rewarded(row.member_id, campaign, tickets=row.tickets, key=key, at=at)
    return Outcome.LATE_PAID
