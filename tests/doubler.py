"""
The task doubler: messages may be lost, doubled, late or out of order, and workers may die between any two steps.

    run_plain(at=at)      every effect once, in order: how it goes on a good day
    run_doubled(at=at)    every effect in reverse order, called by a worker that stalls, finished by a second one that asks,
                          then closed late by the first, then delivered once more: how it goes on the worst day

A use-case is safe when both leave the same rows and the supplier's own book shows one action.
"""

from datetime import datetime

from common import effects, handlers
from common.models import Effect

ROUNDS = 30


def run_plain(*, at: datetime) -> list[Effect]:
    """Work what is due, and what that makes due, until nothing is; the finished rows in order of their making."""
    return _until_done(at, _work_once)


def run_doubled(*, at: datetime) -> list[Effect]:
    """The same on the worst day."""
    return _until_done(at, _work_doubled)


def _until_done(at: datetime, work_all: object) -> list[Effect]:
    handlers.load()
    seen: set[int] = set()
    for _ in range(ROUNDS):
        waiting = Effect.objects.unfinished().exclude(state=Effect.State.PARKED).order_by("pk")
        if not waiting.exists():
            return list(Effect.objects.filter(pk__in=seen).order_by("pk"))
        moments = [row.lease_until if row.state == Effect.State.SENT else row.due_at for row in waiting]
        at = max(at, min(moments))  # nothing due yet: the clock moves on to the next row
        ids = effects.due_ids(at=at)
        seen.update(ids)
        for pk in reversed(ids) if work_all is _work_doubled else ids:
            at = work_all(pk, at=at)  # type: ignore[operator]
    left = [f"{row} {row.state} {row.detail}" for row in Effect.objects.unfinished()]
    raise AssertionError(f"effects still go on after {ROUNDS} rounds: {left}")


def _work_once(pk: int, *, at: datetime) -> datetime:
    effects.work(pk, at=at)
    return at


def _work_doubled(pk: int, *, at: datetime) -> datetime:
    taken = effects._take(pk, at=at)
    if taken is None:
        return at
    first, asking = taken
    assert effects.work(pk, at=at) is None, "a second message must not start a row that is being worked"
    stalled = effects._call(first, asking=asking)
    later = at + effects.LEASE
    effects.work(pk, at=later)  # the lease ran out: another worker asks
    assert effects._close(first, stalled, at=later) is None, "a worker that lost its lease must not write"
    effects.work(pk, at=later)  # the message once more
    return later
