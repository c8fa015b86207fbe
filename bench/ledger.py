"""
Postings through the product's services: on one connection against the same SQL by pgbench; in a crew of processes and threads against
django-hordak, and many at once against one by one; with and without the idempotency key. Imported once Django is set up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Self

import psycopg
from django.db import transaction

from advertisers.models import Advertiser
from bench import pgbench
from bench.crew import WORKERS, Crew
from bench.hordak_side import AMOUNT, OPENING
from bench.measure import Book, Reading, interleave
from bench.our_side import CAPTURE_UNITS, TICKET_KIND
from bench.recorded import Recording
from bench.yard import PRICE, People, Yard
from config import embedded
from credits import selectors as balances
from credits import services as credits
from credits.models import Entry, Hold
from tests import factories

MEMBERS = max(pgbench.CLIENTS, WORKERS)  # whose tickets move, the last of the people
EACH = 60  # postings per turn and side on one connection
TICKETS_BY_PGBENCH = 4  # times as many, it is faster
CREW_EACH = {"capture": 40, "capture-hot": 40, "capture-32-hot": 40, "tickets": 120}  # per worker; tickets are faster
HORDAK_EACH = 20
KEYED, KEYED_TURNS = 100, 3  # ticket postings per pgbench connection, with and without the key; pairs per turn, as the difference is small
HOLD_CREDITS = 10_000_000


class Rivals:
    """Our services and django-hordak, each in a crew of its own on the same server; django-hordak in a database of its own."""

    def __init__(self, *, yard: Yard, book: Book, holds: list[Hold], members: list[int]) -> None:
        self.yard, self.book, self._posted = yard, book, 0
        facts = {"database_url": yard.database_url, "price": PRICE, "holds": [hold.pk for hold in holds], "members": members}
        self._ours = Crew("bench.our_side", facts, environment=yard.environment)
        self._hordak_url = embedded.start(yard.folder / "postgres", database="hordak")
        self._hordak = Crew("bench.hordak_side", {"database_url": self._hordak_url}, environment=os.environ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for crew in (self._ours, self._hordak):
            crew.__exit__(*error)

    def sides(self) -> dict[str, Callable[[], Reading]]:
        """Every load of theirs by name."""
        return {
            "capture crew": partial(self._run, self._ours, "capture"),
            "capture hordak": partial(self._run, self._hordak, "capture"),
            "tickets crew": partial(self._run, self._ours, "tickets"),
            "transfer hordak": partial(self._run, self._hordak, "transfer"),
            "capture hot crew": partial(self._run, self._ours, "capture-hot"),
            "capture 32 hot crew": partial(self._run, self._ours, "capture-32-hot", worth=CAPTURE_UNITS),
        }

    def check(self, turn: int) -> None:
        """What django-hordak's own book must say."""
        with psycopg.connect(self._hordak_url) as there:
            found = there.execute(
                "SELECT count(DISTINCT l.transaction_id), sum(l.credit), sum(l.debit), sum(l.credit) FILTER (WHERE a.name LIKE 'wallet %')"
                " - sum(l.debit) FILTER (WHERE a.name LIKE 'wallet %') FROM hordak_leg l JOIN hordak_account a ON a.id = l.account_id"
            ).fetchone()
        moved = WORKERS * OPENING + self._posted * AMOUNT
        wanted = (WORKERS + self._posted, moved, moved, WORKERS * OPENING - self._posted * AMOUNT)
        self.book.check(f"django-hordak's book after turn {turn}", found=found, wanted=wanted)

    def _run(self, crew: Crew, load: str, *, worth: int = 1) -> Reading:
        each = CREW_EACH[load] if crew is self._ours else HORDAK_EACH
        with self.yard.cpu.watch():
            reading = crew.run(load, each=each, worth=worth)
        self._posted += WORKERS * each if crew is self._hordak else 0
        return self.yard.cpu.applied(reading)


class Postings:
    """The loads of this part, on one advertiser's wallet and one member's, and on those of the crews."""

    def __init__(self, *, yard: Yard, book: Book, people: People) -> None:
        self.yard, self.book = yard, book
        self.members = people.first + people.count - MEMBERS
        self.numbers = iter(range(10**9))
        members = list(range(self.members, self.members + MEMBERS))
        with transaction.atomic():
            for member in members:
                credits.grant(member_id=member, amount=100_000, kind="ISSUED", key=f"bench:tickets:{member}", at=_now())
        self.hold, *holds = (_funded_hold(number) for number in range(WORKERS + 1))
        self.holders = [hold.advertiser for hold in holds]
        self.advertiser = self.hold.advertiser
        self.recorded = {
            name: Recording(name, call, advertiser=self.advertiser, folder=yard.folder)
            for name, call in {"capture": self._capture_once, "hold": self._place}.items()
        }
        self.keyed, self.keyless = (self._copy(name, has_key=has_key) for name, has_key in (("keyed", True), ("keyless", False)))
        self.rivals = Rivals(yard=yard, book=book, holds=holds, members=members)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.rivals.__exit__(*error)

    def turn(self, turn: int) -> None:
        """Every load once, and after that what must be true."""
        before, held = Entry.objects.count(), self._held()
        sides: dict[str, Callable[[], Reading]] = {
            "capture service": partial(self._timed, EACH, self._capture),
            "capture pgbench": partial(self._replayed, "capture"),
            "hold service": partial(self._timed, EACH, self._hold),
            "hold pgbench": partial(self._replayed, "hold"),
            "tickets service": partial(self._timed, EACH, self._spend),
            "tickets pgbench": partial(self._tickets, self.yard.database_url, clients=1, each=EACH * TICKETS_BY_PGBENCH, run=turn),
            **self.rivals.sides(),
        }
        interleave(self.book, sides, turn=turn)
        for pair in range(turn * KEYED_TURNS, (turn + 1) * KEYED_TURNS):
            keys = {
                "posting with key": partial(self._tickets, self.keyed, clients=pgbench.CLIENTS, each=KEYED, run=pair),
                "posting without key": partial(self._tickets, self.keyless, clients=pgbench.CLIENTS, each=KEYED, run=pair),
            }
            interleave(self.book, keys, turn=pair)
        written = EACH * (5 + TICKETS_BY_PGBENCH) + WORKERS * sum(CREW_EACH.values())  # django-hordak has its own book
        self.book.check(f"entries after turn {turn}", found=Entry.objects.count() - before, wanted=written)
        single, large = CREW_EACH["capture"] + CREW_EACH["capture-hot"], CREW_EACH["capture-32-hot"]
        moved = -WORKERS * (single + large * CAPTURE_UNITS) * PRICE  # on one connection as many credits are held as captured
        self.book.check(f"held after turn {turn}", found=self._held() - held, wanted=moved)
        self.rivals.check(turn)
        for url in (self.keyed, self.keyless):
            with psycopg.connect(url) as there:
                found = there.execute("SELECT count(*), (SELECT sum(amount) FROM credits_posting) FROM credits_entry").fetchone()
            self.book.check(
                f"entries of {url.rpartition('/')[2]}", found=found, wanted=((turn + 1) * KEYED_TURNS * pgbench.CLIENTS * KEYED, 0)
            )

    def _held(self) -> int:
        return sum(balances.balance(advertiser).held for advertiser in (self.advertiser, *self.holders))

    # -- one load each ----------------------------------------------------------------------------------------------------

    def _timed(self, count: int, step: Callable[[], None]) -> Reading:
        with self.yard.cpu.watch():
            started = time.perf_counter()
            for _ in range(count):
                step()
            seconds = time.perf_counter() - started
        return self.yard.cpu.applied(Reading(count=count, rate=count / seconds))

    def _replayed(self, name: str) -> Reading:
        with self.yard.cpu.watch():
            reading = self.recorded[name].replay(each=EACH, database_url=self.yard.database_url)
        return self.yard.cpu.applied(reading)

    def _tickets(self, database_url: str, *, clients: int, each: int, run: int) -> Reading:
        with self.yard.cpu.watch():
            reading = pgbench.run("tickets", database_url=database_url, each=each, clients=clients, member=self.members, run=run)
        return self.yard.cpu.applied(reading)

    def _key(self) -> str:
        return f"bench:service:{next(self.numbers)}"

    def _place(self, key: str, amount: int = PRICE) -> Hold:
        return credits.place_hold(advertiser=self.advertiser, credits=amount, subject="bench", subject_label="bench", key=key, at=_now())

    def _capture_once(self, key: str, amount: int = PRICE) -> Entry:
        return credits.capture(hold=self.hold, credits=amount, reward_cost=amount // 2, key=key, at=_now())

    def _hold(self) -> None:
        with transaction.atomic(durable=True):
            self._place(self._key())

    def _capture(self) -> None:
        with transaction.atomic(durable=True):
            self._capture_once(self._key())

    def _spend(self) -> None:
        with transaction.atomic(durable=True):
            credits.spend(member_id=self.members, amount=1, kind=TICKET_KIND, key=self._key(), at=_now())

    def _copy(self, database: str, *, has_key: bool) -> str:
        """A database with the same schema and fresh wallets; without the key nothing is looked up and nothing kept unique."""
        url = self.yard.copy_schema(database=database)
        with psycopg.connect(url) as there:
            if not has_key:
                row = there.execute("SELECT pg_get_functiondef('credits_move_tickets'::regproc)").fetchone()
                there.execute("ALTER TABLE credits_entry DROP CONSTRAINT credits_entry_once_per_key")
                there.execute(without_the_lookup(str(row[0]) if row else "").encode())
            there.execute(
                "INSERT INTO credits_account (member_id, kind, unit, balance) SELECT n, 'WALLET', 'TICKET', 100000"
                " FROM generate_series(%s::bigint, %s::bigint) AS n",
                [self.members, self.members + MEMBERS - 1],
            )
        return url


def _funded_hold(number: int) -> Hold:
    """A hold of an advertiser of its own who has credits left beside it."""
    name = f"bench-holder-{number}"
    holder: Advertiser = factories.MembershipFactory(user__username=name, user__email=f"{name}@example.com").advertiser
    with transaction.atomic():
        credits.grant_bonus(
            advertiser=holder, credits=2 * HOLD_CREDITS, lot_kind="GOODWILL", key=f"bench:{name}", at=_now(), reason="bench"
        )
        return credits.place_hold(
            advertiser=holder, credits=HOLD_CREDITS, subject="bench", subject_label="bench", key=f"bench:{name}:hold", at=_now()
        )


def without_the_lookup(definition: str) -> str:
    """
    The function that moves tickets, without the part that looks a key up.

    :raises ValueError: the function does not look as expected, so the comparison would be another.
    """
    start = definition.find("SELECT * INTO v_entry FROM credits_entry WHERE idempotency_key = p_key;")
    end = definition.find("IF v_balance + p_amount < 0")
    if not 0 < start < end:
        raise ValueError("credits_move_tickets has changed: it no longer looks its key up before the funds")
    return definition[:start] + definition[end:]


def _now() -> datetime:
    return datetime.now(UTC)
