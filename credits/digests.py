"""
The chain of closed days: what a day's hash is made of, and whether the days that are closed still have theirs.

Each line of the book goes into the hash of its day, each day's hash into the next day's. Changing one posting of last year
means changing every hash since, and those were logged outside the database when they were made.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Min, Sum

from credits.models import DayDigest, Entry, Posting, ProofRun

_ENTRY = (
    "pk",
    "kind",
    "idempotency_key",
    "movement",
    "advertiser_id",
    "hold_id",
    "reverses_id",
    "order_id",
    "subject",
    "occurred_at",
    "booked_at",
    "booked_on",
    "actor",
    "reason",
)
_POSTING = ("pk", "account_id", "account__kind", "account__advertiser_id", "account__member_id", "lot_id", "amount", "balance_after")


@dataclass(frozen=True, slots=True)
class Digest:
    """What closing a day computes. closing: balance of every house account at the end of the day, by "UNIT:KIND"."""

    day_on: date
    entries: int
    postings: int
    closing: dict[str, int]
    previous_hash: str
    hash: str


def digest_of(day_on: date, *, previous: DayDigest | None) -> Digest:
    """Compute the digest of a day on top of the day before it. Streams the day's lines."""
    closing = dict(previous.closing) if previous else {}
    for name, amount in house_movements(day_on, day_on).items():
        closing[name] = closing.get(name, 0) + amount
    previous_hash = previous.hash if previous else ""
    sha = hashlib.sha256(_line([previous_hash, day_on, sorted(closing.items())]))
    entries = postings = 0
    last = None
    for row in _lines(day_on):
        entry, posting = row[: len(_ENTRY)], row[len(_ENTRY) :]
        if entry[0] != last:
            last, entries = entry[0], entries + 1
            sha.update(_line(["entry", *entry]))
        if posting[0] is not None:
            postings += 1
            sha.update(_line(["posting", *posting]))
    return Digest(day_on, entries, postings, closing, previous_hash, sha.hexdigest())


def run_hash(run: ProofRun) -> str:
    """The hash of a proof run on top of the run before it."""
    facts = [run.previous_hash, run.ran_at, run.is_green, sorted(run.counts.items()), run.differences]
    return hashlib.sha256(_line(facts)).hexdigest()


def house_movements(first_on: date, last_on: date | None = None) -> dict[str, int]:
    """Sums of the house's postings booked from a day on, by "UNIT:KIND"; without last_on, until now."""
    rows = Posting.objects.filter(account__balance=None, entry__booked_on__gte=first_on)
    if last_on is not None:
        rows = rows.filter(entry__booked_on__lte=last_on)
    sums = rows.values_list("account__unit", "account__kind").annotate(sum=Sum("amount")).order_by("account__unit", "account__kind")
    return {f"{unit}:{kind}": int(amount) for unit, kind, amount in sums}


def next_day_to_close() -> date | None:
    """The day after the last closed one; before any was closed, the first day with an entry; None when the book is empty."""
    last = DayDigest.objects.order_by("-day_on").values_list("day_on", flat=True).first()
    return last + timedelta(days=1) if last else Entry.objects.aggregate(first=Min("booked_on"))["first"]


def broken_days() -> Iterator[str]:
    """Every closed day that no longer recomputes, or does not follow the day before; and entries in front of the first day."""
    previous: DayDigest | None = None
    for day in DayDigest.objects.order_by("day_on"):
        found = digest_of(day.day_on, previous=previous)
        if previous is not None and day.day_on != previous.day_on + timedelta(days=1):
            yield f"day={day.day_on} does not follow {previous.day_on}"
        if found.hash != day.hash or found.previous_hash != day.previous_hash:
            yield f"day={day.day_on} no longer has the hash it was closed with"
        elif (found.entries, found.postings, found.closing) != (day.entries, day.postings, day.closing):
            yield f"day={day.day_on} says {day.entries} entries, {day.postings} postings; the book has {found.entries}, {found.postings}"
        previous = day
    first = DayDigest.objects.order_by("day_on").values_list("day_on", flat=True).first()
    if first is not None:
        for pk, day_on in Entry.objects.filter(booked_on__lt=first).values_list("pk", "booked_on")[:100]:
            yield f"entry={pk} is booked on {day_on}, before the first closed day"


def broken_runs() -> Iterator[str]:
    """Every proof run that was changed, or does not follow the run before it."""
    previous_hash = ""
    for run in ProofRun.objects.order_by("pk").iterator():
        if run.previous_hash != previous_hash or run_hash(run) != run.hash:
            yield f"proof_run={run.pk} does not follow the run before it"
        previous_hash = run.hash


def _lines(day_on: date) -> Iterator[tuple[Any, ...]]:
    rows = Entry.objects.filter(booked_on=day_on).order_by("pk", "postings__pk")
    return iter(rows.values_list(*_ENTRY, *(f"postings__{name}" for name in _POSTING)).iterator(chunk_size=5_000))


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, default=_plain, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)
