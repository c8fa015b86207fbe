"""
Postings through the product's services, one after the other on one connection: against the same SQL by pgbench, against
django-hordak, many at once against one by one, with and without the idempotency key. Imported once Django is set up.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Self

import psycopg
from django.db import transaction

from bench import pgbench
from bench.measure import Book, Reading, interleave
from bench.recorded import Recording
from bench.yard import PRICE, ROOT, Launcher, People, Yard
from config import embedded
from credits import selectors as balances
from credits import services as credits
from credits.models import Entry, Hold

MEMBERS = pgbench.CLIENTS  # whose tickets move, the last of the people
EACH = 60  # postings per turn and side
CAPTURE_UNITS = 32  # participations that one capture charges together
BATCHES = 20
TICKETS_BY_PGBENCH = 4  # times as many, it is faster
KEYED, KEYED_TURNS = 100, 3  # ticket postings per pgbench connection, with and without the key; pairs per turn, as the difference is small
HOLD_CREDITS = 10_000_000


class Hordak:
    """The process that posts with django-hordak, in a database of its own on the same server."""

    def __init__(self, yard: Yard) -> None:
        url = embedded.start(yard.folder / "postgres", database="hordak")
        command = (sys.executable, "-m", "bench.hordak_side", url)
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(20)

    def answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            raise RuntimeError("the process with django-hordak ended; its message is above")
        return dict(json.loads(line))

    def post(self, count: int) -> dict[str, Any]:
        if self._process.stdin:
            self._process.stdin.write(f"{count}\n")
            self._process.stdin.flush()
        return self.answer()


class Postings:
    """The loads of this part, on one advertiser's wallet and one member's."""

    def __init__(self, *, yard: Yard, book: Book, people: People, launcher: Launcher, hordak: Hordak) -> None:
        self.yard, self.book, self.hordak = yard, book, hordak
        self.advertiser, self.members = launcher.advertiser, people.first + people.count - MEMBERS
        self.numbers = iter(range(10**9))
        with transaction.atomic():
            for member in range(self.members, self.members + MEMBERS):
                credits.grant(member_id=member, amount=100_000, kind="ISSUED", key=f"bench:tickets:{member}", at=_now())
            self.hold = self._place("bench:the-hold", HOLD_CREDITS)
        self.recorded = {
            name: Recording(name, call, number=number, advertiser=self.advertiser, folder=yard.folder)
            for number, (name, call) in enumerate({"capture": self._capture_once, "hold": self._place}.items())
        }
        self.keyed, self.keyless = (self._copy(name, has_key=has_key) for name, has_key in (("keyed", True), ("keyless", False)))

    def turn(self, turn: int) -> None:
        """Every load once, and after that what must be true."""
        before, held = Entry.objects.count(), balances.balance(self.advertiser).held
        sides: dict[str, Callable[[], Reading]] = {
            "capture service": partial(self._timed, EACH, self._capture),
            "capture pgbench": partial(self._replayed, "capture"),
            "hold service": partial(self._timed, EACH, self._hold),
            "hold pgbench": partial(self._replayed, "hold"),
            "capture 32 service": partial(self._timed, BATCHES, self._capture_many, worth=CAPTURE_UNITS),
            "tickets service": partial(self._timed, EACH, self._spend),
            "tickets pgbench": partial(self._tickets, self.yard.database_url, clients=1, each=EACH * TICKETS_BY_PGBENCH, run=turn),
            "transfer hordak": self._hordak,
        }
        interleave(self.book, sides, turn=turn)
        for pair in range(turn * KEYED_TURNS, (turn + 1) * KEYED_TURNS):
            keys = {
                "posting with key": partial(self._tickets, self.keyed, clients=pgbench.CLIENTS, each=KEYED, run=pair),
                "posting without key": partial(self._tickets, self.keyless, clients=pgbench.CLIENTS, each=KEYED, run=pair),
            }
            interleave(self.book, keys, turn=pair)
        written = EACH * 5 + BATCHES + EACH * TICKETS_BY_PGBENCH  # captures, holds and tickets; hordak has its own book
        self.book.check(f"entries after turn {turn}", found=Entry.objects.count() - before, wanted=written)
        moved = -BATCHES * CAPTURE_UNITS * PRICE  # as many holds as captures of the same amount, and the large captures
        self.book.check(f"held after turn {turn}", found=balances.balance(self.advertiser).held - held, wanted=moved)
        for url in (self.keyed, self.keyless):
            with psycopg.connect(url) as there:
                found = there.execute("SELECT count(*), (SELECT sum(amount) FROM credits_posting) FROM credits_entry").fetchone()
            self.book.check(
                f"entries of {url.rpartition('/')[2]}", found=found, wanted=((turn + 1) * KEYED_TURNS * pgbench.CLIENTS * KEYED, 0)
            )

    # -- one load each ----------------------------------------------------------------------------------------------------

    def _timed(self, count: int, step: Callable[[], None], *, worth: int = 1) -> Reading:
        """Call a step so many times; the rate counts what each is worth."""
        with self.yard.cpu.watch():
            started = time.perf_counter()
            for _ in range(count):
                step()
            seconds = time.perf_counter() - started
        return self.yard.cpu.applied(Reading(count=count * worth, rate=count * worth / seconds))

    def _replayed(self, name: str) -> Reading:
        with self.yard.cpu.watch():
            reading = self.recorded[name].replay(each=EACH, database_url=self.yard.database_url)
        return self.yard.cpu.applied(reading)

    def _tickets(self, database_url: str, *, clients: int, each: int, run: int) -> Reading:
        with self.yard.cpu.watch():
            reading = pgbench.run("tickets", database_url=database_url, each=each, clients=clients, member=self.members, run=run)
        return self.yard.cpu.applied(reading)

    def _hordak(self) -> Reading:
        with self.yard.cpu.watch():
            answer = self.hordak.post(EACH)
        self.book.check("django-hordak's own books", found=answer["is_right"], wanted=True)
        return self.yard.cpu.applied(Reading(count=EACH, rate=EACH / answer["seconds"]))

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

    def _capture_many(self) -> None:
        """What the product does every 30 seconds: one capture for everything confirmed since the last."""
        with transaction.atomic(durable=True):
            self._capture_once(self._key(), CAPTURE_UNITS * PRICE)

    def _spend(self) -> None:
        with transaction.atomic(durable=True):
            credits.spend(member_id=self.members, amount=1, kind="RAFFLE", key=self._key(), at=_now())

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
