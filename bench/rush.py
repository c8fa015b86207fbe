"""
Many members at the opening of one raffle. Everybody presses until it is open, presses again, and tries to enter once more; every tenth has
no ticket. Imported once Django is set up; `bench/raffle_rush.py` runs it with two thousand, a test with a few.
"""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction

from common.errors import Busy, DomainError
from credits import proof
from credits import selectors as balances
from credits import services as credits
from identity.models import User
from rewards import raffles
from rewards.models import Member, Raffle, RaffleEntry

TICKETS_EACH, ENTRY_PRICE, POOR_EVERY = 4, 2, 10
PAUSE_SECONDS, MOST_SECONDS, TRIES = 0.005, 300, 20
OPENS_AFTER = 50  # presses that came too early, so that the opening happens in the middle of them
NOT_OPEN = "raffle.not_open"


@dataclass
class Rush:
    """
    What members were answered, by code. early: presses before the opening.   first, again, more: the press that counted, the same one
    repeated, and one entry too many.   seconds: of every press.
    """

    early: Counter[str] = field(default_factory=Counter)
    first: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)
    more: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def prepared(people: Sequence[Member], *, maker: User, funder: User, at: datetime) -> Raffle:
    """Give tickets to all but every tenth, and pay for a raffle that takes one entry of each and is not open yet."""
    with transaction.atomic():
        for number, member in enumerate(people):
            if number % POOR_EVERY:
                credits.grant(member_id=member.pk, amount=TICKETS_EACH, kind="ISSUED", key=f"rush:{member.pk}", at=at)
        row = raffles.prepare(
            title="몰리는 래플", prizes=[raffles.Prize(name="헤드폰", quantity=3, value_krw=40_000)], opens_at=at,
            closes_at=at + timedelta(hours=1), at=at, by=maker, tickets_per_entry=ENTRY_PRICE, entries_per_member=1,
        )  # fmt: skip
    return raffles.fund(raffle=row, by=funder, at=at)


def rush(people: Sequence[Member], raffle: Raffle, *, at: datetime, clients: int) -> Rush:
    """Let everybody press at once over so many connections; the raffle is opened when presses have come too early."""
    found, lock, opener = Rush(), threading.Lock(), threading.Semaphore(1)
    waits_for = min(OPENS_AFTER, len(people) // 2)

    def press(member: Member, key: str) -> str:
        began = time.monotonic()
        said = _press(member, raffle, key=key, at=at)
        with lock:
            found.seconds.append(time.monotonic() - began)
            found.early[said] += said == NOT_OPEN
        return said

    def one(member: Member) -> None:
        try:
            deadline = time.monotonic() + MOST_SECONDS
            while (said := press(member, "one")) == NOT_OPEN and time.monotonic() < deadline:
                if found.early[NOT_OPEN] >= waits_for and opener.acquire(blocking=False):
                    raffles.open_raffle(raffle=raffle, at=at)
                time.sleep(PAUSE_SECONDS)
            again, more = press(member, "one"), press(member, "two")
            with lock:
                found.first[said] += 1
                found.again[again] += 1
                found.more[more] += 1
        finally:
            connection.close()

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, people))
    return found


def wrong(people: Sequence[Member], raffle: Raffle, found: Rush) -> dict[str, tuple[object, object]]:
    """What was answered and counted beside what it must be, where they differ."""
    rich = [member.pk for number, member in enumerate(people) if number % POOR_EVERY]
    poor = {"credits.insufficient": len(people) - len(rich)}
    pairs: dict[str, tuple[object, object]] = {
        "first": (dict(found.first), {"entered": len(rich), **poor}),
        "again": (dict(found.again), {"entered": len(rich), **poor}),
        "more": (dict(found.more), {"raffle.too_many_entries": len(rich), **poor}),
        "entries": (sorted(RaffleEntry.objects.filter(raffle=raffle).values_list("member_id", flat=True)), sorted(rich)),
        "tickets": (
            [balances.member_tickets(member.pk) for member in people],
            [TICKETS_EACH - ENTRY_PRICE if number % POOR_EVERY else 0 for number in range(len(people))],
        ),
        "proof": (proof.run().differences, []),
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _press(member: Member, raffle: Raffle, *, key: str, at: datetime) -> str:
    """The code of the answer; who is told "in a moment" tries again with the same key, as the app does."""
    for _ in range(TRIES):
        try:
            raffles.enter(member=member, raffle=raffle.public_id, chances=1, key=key, at=at)
            return "entered"
        except Busy:
            time.sleep(PAUSE_SECONDS)
        except DomainError as refusal:
            return refusal.code
    return Busy.code
