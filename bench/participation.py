"""
Taking part over HTTP (JSON, signed tokens, durable) against pgbench sending the identical statement to the same server, on one hot
campaign and over many. Imported once Django is set up.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from django.db.models import Sum

from bench import load, pgbench
from bench.measure import Book, Reading, interleave
from bench.yard import AGENT, DWELL_SECONDS, Launcher, People, Yard, access_tokens, mission_id
from campaigns.models import BudgetSlot, Participation
from campaigns.tokens import ParticipationToken
from common.kst import day_of
from credits import selectors as balances

HTTP_MEMBERS = 400
# Members per pgbench connection: odd, and no multiple of SPREAD, so that connections in step do not meet on one slot or campaign.
PGBENCH_EACH = 201
MEMBERS = HTTP_MEMBERS + PGBENCH_EACH * pgbench.CLIENTS
SPREAD = 97
WARM_UP = 64
CONNECTIONS = 16
HOT_UNITS, SPREAD_UNITS = 20_000, 1_000  # 16 slots, one slot
SLOT_PAIRS = 3  # of hot against spread per turn, as the difference is small
HTTP_LOADS = ("start hot http", "start spread http", "open hot http", "confirm hot http")
DEVICE = "android/luckffle"
API = "/api/luckffle/v1"


class Course:
    """The loads of this part, over the same people."""

    def __init__(self, *, yard: Yard, book: Book, people: People, launcher: Launcher) -> None:
        self.yard, self.book, self.people, self.launcher = yard, book, people, launcher
        self.has_http = load.is_there()
        self.tokens = access_tokens(people, count=HTTP_MEMBERS) if self.has_http else []
        self.spread = launcher.launch(SPREAD, units=SPREAD_UNITS)
        self.started: Counter[int] = Counter()  # campaign number → participations that the loads started
        self.finished = 0
        self.runs = itertools.count(1)  # each load's own number makes its public ids unique

    def warm_up(self) -> None:
        """The first requests of a web process load code and connect; nobody's figure should hold them."""
        if not self.has_http:
            self.book.leave_out(*HTTP_LOADS)
            return
        campaign = self.launcher.launch(1, units=SPREAD_UNITS)
        self._send([(f"{API}/missions/{mission_id(campaign)}/start", b"")] * WARM_UP, wanted=201)
        self.started[campaign] += WARM_UP

    def turn(self, turn: int) -> None:
        """Every load once, and after that what must be true."""
        self._starts(turn)
        for pair in range(SLOT_PAIRS):
            self._slots(turn * SLOT_PAIRS + pair)
        self._opens_and_confirms(turn)
        self._check(turn)

    def _starts(self, turn: int) -> None:
        by_http, by_pgbench = self.launcher.launch(2, units=HOT_UNITS), self.launcher.launched
        many = {"campaign": self.spread, "campaigns": SPREAD}
        sides = {
            "start hot http": partial(self._http_start, campaign=by_http, campaigns=1, turn=0),
            "start hot pgbench": partial(self._pgbench_start, campaign=by_pgbench, campaigns=1, turn=0),
            "start spread http": partial(self._http_start, **many, turn=turn),
            "start spread pgbench": partial(self._pgbench_start, **many, turn=self._shift(turn, 0)),
        }
        self._interleave(sides, turn=turn)

    def _slots(self, pair: int) -> None:
        """One day in 16 slots against one slot each of 97 campaigns."""
        campaign = self.launcher.launch(1, units=HOT_UNITS)
        sides = {
            "start 16 slots": partial(self._pgbench_start, campaign=campaign, campaigns=1, turn=0),
            "start 97 campaigns": partial(
                self._pgbench_start, campaign=self.spread, campaigns=SPREAD, turn=self._shift(pair // SLOT_PAIRS, 1 + pair % SLOT_PAIRS)
            ),
        }
        self._interleave(sides, turn=pair)

    @staticmethod
    def _shift(turn: int, number: int) -> int:
        """By how many campaigns members move on, so that nobody starts one twice."""
        return turn * (1 + SLOT_PAIRS) + number

    def _opens_and_confirms(self, turn: int) -> None:
        """On one hot campaign whose members started a minute ago."""
        campaign, run = self.launcher.launch(1, units=HOT_UNITS), next(self.runs)
        here = {"campaign": campaign, "campaigns": 1, "turn": 0, "run": run}
        for first, each in ((self.people.first, HTTP_MEMBERS // pgbench.CLIENTS), (self._second_half, PGBENCH_EACH)):
            pgbench.run("start", database_url=self.yard.database_url, each=each, first=first, ago=60, **here)
        self.started[campaign] += MEMBERS
        signed = [self._participation_token(place, campaign=campaign, run=run) for place in range(HTTP_MEMBERS)]
        opens = {
            "open hot http": partial(self._http_step, "open", signed, run=run),
            "open hot pgbench": partial(self._pgbench, "open", ago=60 - DWELL_SECONDS, **here),
        }
        self._interleave(opens, turn=turn)
        # Opening again starts the stay again: those that opened by HTTP just now did so a while ago after this.
        each = HTTP_MEMBERS // pgbench.CLIENTS
        pgbench.run("open", database_url=self.yard.database_url, each=each, first=self.people.first, ago=60 - DWELL_SECONDS, **here)
        confirms = {
            "confirm hot http": partial(self._http_step, "confirm", signed, run=run),
            "confirm hot pgbench": partial(self._pgbench, "confirm", **here),
        }
        self._interleave(confirms, turn=turn)
        self.finished += len(self._finishers)

    def _interleave(self, sides: Mapping[str, Callable[[], Reading]], *, turn: int) -> None:
        interleave(self.book, {name: side for name, side in sides.items() if self.has_http or name not in HTTP_LOADS}, turn=turn)

    # -- one load each ----------------------------------------------------------------------------------------------------

    @property
    def _second_half(self) -> int:
        """Primary key of the first member that pgbench plays."""
        return self.people.first + HTTP_MEMBERS

    @property
    def _finishers(self) -> range:
        """Primary keys of the members who come back in every turn; without HTTP only those that pgbench plays."""
        return range(self.people.first if self.has_http else self._second_half, self.people.first + MEMBERS)

    def _pgbench(self, script: str, *, ago: int = 0, **variables: int) -> Reading:
        with self.yard.cpu.watch():
            reading = pgbench.run(
                script, database_url=self.yard.database_url, each=PGBENCH_EACH, first=self._second_half, ago=ago, **variables
            )
        return self.yard.cpu.applied(reading)

    def _pgbench_start(self, *, campaign: int, campaigns: int, turn: int) -> Reading:
        self.started.update(campaign + (place + turn) % campaigns for place in range(PGBENCH_EACH * pgbench.CLIENTS))
        return self._pgbench("start", campaign=campaign, campaigns=campaigns, turn=turn, run=next(self.runs))

    def _http_start(self, *, campaign: int, campaigns: int, turn: int) -> Reading:
        self.started.update(campaign + (place + turn) % campaigns for place in range(HTTP_MEMBERS))
        paths = [f"{API}/missions/{mission_id(campaign + (place + turn) % campaigns)}/start" for place in range(HTTP_MEMBERS)]
        return self._send([(path, b"") for path in paths], wanted=201)

    def _http_step(self, step: str, signed: list[str], *, run: int) -> Reading:
        bodies = [load.as_body({"token": token}) for token in signed]
        return self._send(
            [(f"{API}/participations/{self._public_id(place, run=run)}/{step}", body) for place, body in enumerate(bodies)], wanted=200
        )

    def _send(self, calls: list[tuple[str, bytes]], *, wanted: int) -> Reading:
        requests = [
            load.request(path, port=self.yard.port, headers={"Authorization": f"Bearer {token}", "User-Agent": AGENT}, body=body)
            for (path, body), token in zip(calls, self.tokens, strict=False)
        ]
        with self.yard.cpu.watch():
            reading, statuses = load.send_all(requests, port=self.yard.port, connections=CONNECTIONS)
        self.book.check(f"answers of {calls[0][0]}", found=dict(statuses), wanted={wanted: len(calls)})
        return self.yard.cpu.applied(reading)

    def _public_id(self, place: int, *, run: int) -> UUID:
        """As bench/sql/start.sql makes it."""
        return UUID(f"{run:08x}-0000-7000-8000-{self.people.first + place:012x}")

    def _participation_token(self, place: int, *, campaign: int, run: int) -> str:
        now = datetime.now(UTC)
        return ParticipationToken(
            participation=self._public_id(place, run=run), campaign=mission_id(campaign), period_on=day_of(now), type="VISIT", attempt=1,
            device=DEVICE, dwell_seconds=DWELL_SECONDS, issued_at=now,
        ).signed()  # fmt: skip

    # -- what must be true ------------------------------------------------------------------------------------------------

    def _check(self, turn: int) -> None:
        """Units taken = participations = what was asked for, per campaign; tickets = confirmed; the books prove."""
        taken = BudgetSlot.objects.values_list("campaign__public_id").annotate(n=Sum("taken") - Sum("returned"))
        wanted = {mission_id(number): count for number, count in self.started.items()}
        self.book.check(f"units taken after turn {turn}", found=dict(taken), wanted=wanted)
        self.book.check(f"participations after turn {turn}", found=Participation.objects.count(), wanted=self.started.total())
        done = Participation.objects.filter(state=Participation.State.REWARDED).count()
        self.book.check(f"confirmed after turn {turn}", found=done, wanted=self.finished)
        sample = self._finishers[::97]
        self.book.check("tickets", found={balances.member_tickets(member) for member in sample}, wanted={turn + 1})
