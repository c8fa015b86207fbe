"""
Many members who take part in one campaign over HTTP, as the reward app does it: start, open, stay, confirm.

It measures what a member would feel, and afterwards compares what the server answered with what is in the database.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from statistics import quantiles
from typing import Any

import requests
from django.db import connection
from django.db.models import F, Sum

from campaigns.models import BudgetSlot, Campaign, Participation
from campaigns.services import budget
from common.kst import day_of
from credits import proof
from credits.models import Entry
from rewards.app_tokens import token_for
from rewards.models import Member

AGENT = "luckffle/1.0 (Android 15)"
TIMEOUT = 30
PROVED = ("I7", "I8", "I9")


@dataclass(slots=True)
class Visit:
    """One member's way. answers: step → code, "ok" when it was carried out."""

    member: Member
    answers: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    started: dict[str, Any] = field(default_factory=dict)
    opened_at: float = 0.0

    def is_ok(self, step: str) -> bool:
        return self.answers.get(step) == "ok"


@dataclass(frozen=True, slots=True)
class Check:
    """A count that must be exact. Two figures and whether they agree."""

    name: str
    expected: int
    found: int

    @property
    def is_exact(self) -> bool:
        return self.expected == self.found


class Crowd:
    """Members with the connections of a few clients. origin: where the members' API answers."""

    def __init__(self, *, origin: str, campaign: Campaign, members: Sequence[Member], clients: int) -> None:
        self.base = f"{origin}/api/luckffle/v1"
        self.campaign, self.clients = campaign, max(1, min(clients, len(members)))
        self.visits = [Visit(member) for member in members]
        self.seconds = 0.0

    def take_part(self) -> None:
        """Everybody's whole way; afterwards `visits` knows what came of it."""
        began = time.monotonic()
        shares = [self.visits[number :: self.clients] for number in range(self.clients)]
        with ThreadPoolExecutor(self.clients) as pool:
            list(pool.map(self._client, shares))
        self.seconds = time.monotonic() - began

    def _client(self, visits: list[Visit]) -> None:
        try:
            with requests.Session() as http:
                http.trust_env = False
                http.headers["User-Agent"] = AGENT
                self._walk(http, visits)
        finally:
            connection.close()

    def _walk(self, http: requests.Session, visits: list[Visit]) -> None:
        for visit in visits:
            self._step(http, visit, "start", f"/missions/{self.campaign.public_id}/start", {})
        for visit in visits:
            if visit.is_ok("start"):
                self._step(http, visit, "open", self._address(visit, "open"), {"token": visit.started["token"]})
                visit.opened_at = time.monotonic()
        for visit in visits:
            if visit.is_ok("open"):
                time.sleep(max(0.0, visit.opened_at + self.campaign.dwell_seconds - time.monotonic()))
                self._step(http, visit, "confirm", self._address(visit, "confirm"), {"token": visit.started["token"]})

    @staticmethod
    def _address(visit: Visit, verb: str) -> str:
        return f"/participations/{visit.started['id']}/{verb}"

    def _step(self, http: requests.Session, visit: Visit, step: str, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {token_for(visit.member)}"}
        began = time.monotonic()
        try:
            answer = http.post(self.base + path, json=body, headers=headers, timeout=TIMEOUT)
        except requests.RequestException as silence:
            visit.answers[step] = type(silence).__name__
            return
        visit.seconds[step] = time.monotonic() - began
        if answer.status_code in (200, 201):
            visit.answers[step] = "ok"
            visit.started = visit.started or answer.json()
        else:
            visit.answers[step] = _code_of(answer)

    def figures(self) -> Iterator[str]:
        """Lines to print: per step how many, at which rate, how long, and why not."""
        yield f"{len(self.visits)} members, {self.clients} clients, {self.seconds:.1f} s"
        for step in ("start", "open", "confirm"):
            taken = sorted(visit.seconds[step] for visit in self.visits if step in visit.seconds)
            answers = Counter(visit.answers[step] for visit in self.visits if step in visit.answers)
            words = " ".join(f"{code}={number}" for code, number in sorted(answers.items()))
            yield f"{step:<8} {_spread(taken)}  {words}"

    def count(self, step: str) -> int:
        """Members whose step was carried out."""
        return sum(visit.is_ok(step) for visit in self.visits)

    def crashes(self) -> int:
        """Answers that nobody should get: 5xx, or silence."""
        return sum(code[0].isupper() for visit in self.visits for code in visit.answers.values())  # "HTTP500", "ConnectionError"


def _code_of(answer: requests.Response) -> str:
    if answer.status_code >= 500:
        return f"HTTP{answer.status_code}"
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP{answer.status_code}"


def _spread(taken: list[float]) -> str:
    if len(taken) < 2:
        return "too few to measure"
    cuts = quantiles(taken, n=100, method="inclusive")
    return f"p50 {cuts[49] * 1000:.0f} ms  p95 {cuts[94] * 1000:.0f} ms  p99 {cuts[98] * 1000:.0f} ms"


def room_of(campaign: Campaign, *, at: datetime) -> int:
    """Units of today which may still start; a day that is not out yet has what its pour will give it."""
    on = day_of(at)
    if campaign.poured_on is None or campaign.poured_on < on:
        return min(campaign.units_per_day, campaign.units - budget.used_units(campaign))
    slots = BudgetSlot.objects.filter(campaign=campaign, day_on=on)
    return int(slots.aggregate(n=Sum(F("allowance") - F("taken") + F("returned")))["n"] or 0)


def fresh_members(campaign: Campaign, *, number: int) -> list[Member]:
    """Active members who have not taken part in this campaign yet."""
    met = Participation.objects.filter(campaign=campaign).values("member_id")
    return list(Member.objects.filter(is_active=True).exclude(pk__in=met).select_related("user").order_by("pk")[:number])


def checks(crowd: Crowd, *, room: int) -> list[Check]:
    """What the server answered against what is written. room: units before the crowd came, which had them for itself."""
    ids = [visit.member.pk for visit in crowd.visits]
    rows = list(Participation.objects.filter(campaign=crowd.campaign, member_id__in=ids))
    paid = [row for row in rows if row.is_finished]
    keys = [f"participation:{row.public_id}:grant" for row in paid]
    return [
        Check("places taken: all there were, or one for everybody", min(room, len(ids)), crowd.count("start")),
        Check("started: answered and written", crowd.count("start"), len(rows)),
        Check("confirmed: answered and written", crowd.count("confirm"), len(paid)),
        Check("confirmed: everybody who opened", crowd.count("open"), crowd.count("confirm")),
        Check("tickets granted, one entry for each confirmed", len(paid), Entry.objects.filter(idempotency_key__in=keys).count()),
        Check("answers that are crashes", 0, crowd.crashes()),
        Check("differences found by the proof", 0, len(proof.run(PROVED).differences)),
    ]
