"""
The conversion lab: the advertiser's developer fires a test conversion and sees what our door makes of it, step by step. It goes through
the same reading, proving and deciding as a real one, with the test key; nothing real moves.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from campaigns.models import Campaign, PostbackEvent, PostbackLog
from campaigns.postbacks import generations, keys, links
from campaigns.postbacks.keys import Click
from campaigns.postbacks.links import TrackingLink
from campaigns.postbacks.networks import NETWORKS, Told, sign
from campaigns.postbacks.words import WORDS
from campaigns.services import conversions

Outcome = PostbackLog.Outcome
CLICKS = {"test-new": "처음 오는 클릭", "test-used": "이미 확정한 클릭", "test-late": "기한이 지난 클릭", "test-unknown": "모르는 클릭"}
_REACHED = {  # how many steps an outcome got through: sender, reading, event, click, deadline
    Outcome.MALFORMED: 0, Outcome.BAD_SIGNATURE: 1, Outcome.STALE: 1, Outcome.UNKNOWN_EVENT: 2, Outcome.UNKNOWN_CLICK: 3,
    Outcome.REUSED_CLICK: 3, Outcome.TOO_LATE: 4, Outcome.LATE_PAID: 4, Outcome.WRONG_SENDER: 1, Outcome.TOO_MANY: 0,
}  # fmt: skip
EXAMPLE = Click(UUID("0198c0de-0000-7000-8000-000000000001"), 1)  # nobody's
# What Airbridge fills in. Source: help.airbridge.io, postback macros. Device numbers are not asked for: we have no use for them.
INSTALL_MACROS = (
    "click_id={attributionResult.attributedClickID}&sub_id={attributionResult.attributedSubPublisher}&event_ts={eventTimestamp}"
    "&click_ts={attributionResult.attributedTimestamp}&unique={eventData.isFirstPerDevice}"
    "&match={attributionResult.attributedMatchingType}&pkg={app.packageName}"
)
EVENT_MACROS = INSTALL_MACROS + "&event={@postback.eventName}&value={eventData.value}&tx={eventData.goal.semanticAttributes.transactionID}"
STEPS = ("값 읽기", "보낸 쪽 확인", "이벤트 확인", "클릭 확인", "기한 확인")


@dataclass(frozen=True, slots=True)
class Step:
    """state: "ok", "failed" or "skipped"."""

    label: str
    state: str


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the log with its words and steps. reward: what would be given, in Korean; empty when nothing is."""

    row: PostbackLog
    means: str
    fix: str
    steps: tuple[Step, ...]
    reward: str


@dataclass(frozen=True, slots=True)
class Setup:
    """
    What a developer copies. parameter: what our link carries.   address: of the door, ready to use.   secret: empty where none is signed
    with.   tag: HTML for the advertiser's last page, empty for other ways.   link: what becomes of the advertiser's tracking link, for
    Airbridge.   event_address: of events after the install, for Airbridge.   events: further names and what they mean.   generation:
    of the secrets.   earlier_until: until when those before are taken; None when they are not.
    """

    source: str
    event: str
    key: str
    secret: str
    test_key: str
    test_secret: str
    address: str
    test_address: str
    tag: str
    link: TrackingLink | None
    event_address: str
    events: tuple[PostbackEvent, ...]
    generation: int
    earlier_until: datetime | None


def network_of(campaign: Campaign) -> str:
    """The door that this campaign's conversions come through."""
    return next(name for name, way in NETWORKS.items() if way.source == campaign.details.get("source"))


def setup_of(campaign: Campaign, *, at: datetime) -> Setup:
    """Keys, addresses and examples for one campaign. Two queries."""
    network = network_of(campaign)
    live, test = (keys.key_of(campaign, is_test=is_test) for is_test in (False, True))
    newest = generations.newest(campaign)
    generation = newest.generation if newest else keys.FIRST
    is_signed = network == "hmac"
    return Setup(
        source=network,
        event=campaign.details["event"],
        key=live,
        secret=keys.secret_of(live, generation) if is_signed else "",
        test_key=test,
        test_secret=keys.secret_of(test, generation) if is_signed else "",
        address=_address(network, live, generation),
        test_address=_address(network, test, generation),
        tag=_tag(live, campaign.details["event"]) if network == "tag" else "",
        link=links.tracking_link(campaign.landing_url, EXAMPLE, campaign=campaign.public_id.hex) if network == "airbridge" else None,
        event_address=_address(network, live, generation, macros=EVENT_MACROS) if network == "airbridge" else "",
        events=tuple(PostbackEvent.objects.filter(campaign=campaign).order_by("pk")),
        generation=generation,
        earlier_until=newest.earlier_until if newest and at < newest.earlier_until else None,
    )


def fire(*, campaign: Campaign, click: str, event: str, is_signed: bool, at: datetime) -> PostbackLog:
    """Send one test conversion through the door of the campaign. is_signed: with the right proof."""
    network, key, generation = network_of(campaign), keys.key_of(campaign, is_test=True), generations.valid(campaign, at=at)[0]
    told = Told(key=key, click_id=click, event=event, transaction=f"test-{int(at.timestamp())}", sent_at=str(int(at.timestamp())))
    if network == "hmac":
        told = replace(told, proof=sign(told, generation) if is_signed else "0" * 64)
    elif network == "airbridge":
        told = replace(told, proof=keys.token_of(key, generation) if is_signed else "0" * 32)
    told = replace(told, query=urlencode({"key": key, "click_id": click, "event": event, "transaction": told.transaction}))
    return conversions.receive(network=network, told=told, at=at)


def log_of(campaign: Campaign) -> QuerySet[PostbackLog]:
    """Everything that came for a campaign, newest first."""
    return PostbackLog.objects.filter(campaign=campaign).order_by("-pk")


def lines(rows: Iterable[PostbackLog], campaign: Campaign) -> list[Line]:
    """The log as developers read it."""
    return [_line(row, campaign) for row in rows]


def _line(row: PostbackLog, campaign: Campaign) -> Line:
    outcome, words = Outcome(row.outcome), WORDS[row.outcome]
    reached = _REACHED.get(outcome, len(STEPS))
    states = ["ok"] * reached + ["failed"] * (reached < len(STEPS)) + ["skipped"] * (len(STEPS) - reached - 1)
    paid = outcome in (Outcome.CONFIRMED, Outcome.LATE_PAID)
    reward = f"티켓 {campaign.reward_tickets:,}장" if paid else ""
    return Line(row, words.means, words.fix, tuple(Step(*pair) for pair in zip(STEPS, states, strict=False)), reward)


def _address(network: str, key: str, generation: int, *, macros: str = "") -> str:
    origin = settings.PORTAL_ORIGINS["advertiser"]
    if network == "airbridge":
        return f"{origin}/postbacks/airbridge/{key}.{keys.token_of(key, generation)}/?{macros or INSTALL_MACROS}"
    return f"{origin}/postbacks/{network}/"


def _tag(key: str, event: str) -> str:
    source = f"{settings.PORTAL_ORIGINS['advertiser']}{settings.STATIC_URL}js/boost-tag.js"
    return f'<script src="{source}" data-key="{key}" data-event="{event}" async></script>'
