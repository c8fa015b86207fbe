"""
The registry of what people of the advertiser portal are told. Each app declares its own in `<app>/events.py`, which its AppConfig loads.

    PAID = define(
        "payments.paid", topic=Topic.MONEY, label="충전이 끝났을 때", title="{credits}크레딧을 충전했어요", body="…",
        facts={"credits": 100_000}, roles=PAYERS,
    )

Who wants to hear of it by what, is `identity.preferences`; the words of today are `identity.wording`; telling is `identity.notifications`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from common.kst import SEOUL
from identity.models import Channel

IN_APP, MAIL, SMS = Channel.IN_APP, Channel.MAIL, Channel.SMS
Fact = str | int | date | datetime
_PLACE = re.compile(r"\{([a-z_]+)\}")
_EVENTS: dict[str, "Event"] = {}


class Topic(Enum):
    """Headings of the page on which people choose."""

    MONEY = "충전과 환불"
    CREDITS = "크레딧"
    CAMPAIGNS = "캠페인"
    REPORTS = "보고서와 연동"
    TEAM = "팀과 계정"
    SECURITY = "보안"
    INQUIRIES = "문의"
    NEWS = "혜택과 소식"


@dataclass(frozen=True, slots=True)
class Event:
    """
    Something that people are told.

    kind: dotted, stands in every notice.   label: when it happens, as the page of choices says it.   title, body: Korean, with {facts}.
    facts: each with an example, from which previews are drawn.   roles: of the team who hear of it; empty: whoever it is about.
    default: channels that are on until the person chooses.   compulsory: those that cannot be switched off; why: the sentence that says
    so.   is_urgent: quiet hours do not hold it.   is_advertising: only with consent, by night only with that consent, and marked.
    """

    kind: str
    topic: Topic
    label: str
    title: str
    body: str
    facts: Mapping[str, Fact]
    roles: frozenset[str]
    default: frozenset[Channel]
    compulsory: frozenset[Channel]
    why: str
    is_urgent: bool
    is_advertising: bool


def define(
    kind: str,
    *,
    topic: Topic,
    label: str,
    title: str,
    body: str,
    facts: Mapping[str, Fact] | None = None,
    roles: Iterable[str] = (),
    default: Iterable[Channel] = (IN_APP, MAIL),
    compulsory: Iterable[Channel] = (),
    why: str = "",
    is_urgent: bool = False,
    is_advertising: bool = False,
) -> Event:
    """
    Declare an event, once, at import; see `Event`. What is compulsory is on by default.

    :raises RuntimeError: it is declared twice, its words use a fact that it has not, or something is compulsory without a reason.
    """
    must = frozenset(compulsory)
    event = Event(
        kind=kind, topic=topic, label=label, title=title, body=body, facts=dict(facts or {}), roles=frozenset(map(str, roles)),
        default=frozenset(default) | must, compulsory=must, why=why, is_urgent=is_urgent, is_advertising=is_advertising,
    )  # fmt: skip
    if unknown := places(title + body) - set(event.facts):
        raise RuntimeError(f"the event {kind} has no facts {sorted(unknown)}")
    if bool(must) != bool(why) or (is_advertising and must):
        raise RuntimeError(f"the event {kind}: what is compulsory says why, and advertising never is")
    if _EVENTS.setdefault(kind, event) != event:
        raise RuntimeError(f"the event {kind} is declared twice")
    return event


def defined() -> dict[str, Event]:
    """Every declared event by kind."""
    return dict(_EVENTS)


def places(text: str) -> set[str]:
    """The facts that a text asks for."""
    return set(_PLACE.findall(text))


def fill(text: str, facts: Mapping[str, str]) -> str:
    """The text with its facts put in; each is put in once, so that nothing in a fact is taken for a place."""
    return _PLACE.sub(lambda place: facts[place[1]], text)


def said(facts: Mapping[str, Fact]) -> dict[str, str]:
    """Facts as people read them: numbers with separators, days and moments of Seoul."""
    return {name: _said(fact) for name, fact in facts.items()}


def _said(fact: Fact) -> str:
    if isinstance(fact, datetime):
        here = fact.astimezone(SEOUL)
        return f"{here.month}월 {here.day}일 {here:%H:%M}"
    if isinstance(fact, date):
        return f"{fact.year}년 {fact.month}월 {fact.day}일"
    return f"{fact:,}" if isinstance(fact, int) else fact
