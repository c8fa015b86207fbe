"""
Rows are the queue: what must happen outside, or later, is an Effect, written in the transaction of its cause.

    effects.add("payments.refund", key=f"refund:{refund.public_id}:1", at=at, refund=refund.pk)

Working a row takes three steps, so that nothing is locked while a supplier is called:
1. transaction: lock it, NEW → SENT, attempts + 1, lease 90 s, commit;   2. the call;
3. transaction: lock it, write DONE | FAILED | UNKNOWN together with the domain rows.
A handler has `send` (from NEW) and `ask` (SENT with an expired lease, or UNKNOWN): a crash or a silence is always asked about,
never repeated blindly. Five failures in a row park it where operators see it. The relay calls `run_due`; so may a worker, twice
or late or out of order.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol, TypeVar

import structlog
from django.db import connection, transaction

from common.models import Effect
from common.provider import GatewayError

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
FAILURES_UNTIL_PARKED = 5
_BACKOFF = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120, 300))


class Result(Enum):
    """What a call taught us."""

    DONE = "DONE"  # it happened
    FAILED = "FAILED"  # it certainly did not and must not be tried again by itself
    UNKNOWN = "UNKNOWN"  # silence: ask
    AGAIN = "AGAIN"  # it certainly did not happen: send again later, same key
    PENDING = "PENDING"  # accepted there, not finished: ask later, no failure


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    The end of one call.

    detail: a word for operators, no personal data.   data: what `record` needs.   after: wait before the next try or question.
    """

    result: Result
    detail: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    after: timedelta | None = None


class Handler(Protocol):
    """Carries out one kind of effect. Neither `send` nor `ask` runs inside a transaction; `record` runs in the closing one."""

    def send(self, effect: Effect) -> Outcome: ...
    def ask(self, effect: Effect) -> Outcome: ...
    def record(self, effect: Effect, outcome: Outcome, *, at: datetime) -> None: ...


_HANDLERS: dict[str, Handler] = {}
H = TypeVar("H")


def handler(kind: str) -> Callable[[type[H]], type[H]]:
    """Register a handler class for a kind; used in an app's `tasks.py`."""

    def register(cls: type[H]) -> type[H]:
        instance: Any = cls()
        known = _HANDLERS.setdefault(kind, instance)
        if type(known).__qualname__ != cls.__qualname__:
            raise RuntimeError(f"two handlers for the effect {kind}")
        return cls

    return register


def handlers() -> dict[str, Handler]:
    """Registered handlers by kind."""
    return dict(_HANDLERS)


def add(kind: str, *, key: str, at: datetime, due_at: datetime | None = None, **ids: Any) -> Effect:
    """
    Write an effect in the caller's transaction; the same key again returns the row that is there.

    ids: keys of the rows it is about, JSON-ready.   due_at: not before; default at once.

    :raises RuntimeError: outside a transaction, or the key was used for another kind or other ids (a bug).
    """
    if not connection.in_atomic_block:
        raise RuntimeError("an effect joins the transaction of its cause")
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    row, created = Effect.objects.get_or_create(
        key=key, defaults={"kind": kind, "ids": ids, "due_at": due_at or at, "created_at": at, "request_id": request_id}
    )
    if not created and (row.kind != kind or row.ids != ids):
        raise RuntimeError(f"the effect key {key} belongs to another effect")
    return row


def due_ids(*, at: datetime, limit: int = 200) -> list[int]:
    """Primary keys of rows that may be worked now, oldest first."""
    return list(Effect.objects.due(at).order_by("due_at", "pk").values_list("pk", flat=True)[:limit])


def work(effect_id: int, *, at: datetime, clock: Callable[[], datetime] | None = None) -> Effect | None:
    """
    Work one row if it is due; None when somebody else has it or nothing is to do.

    at: the start.   clock: gives the moment of the result; default the start.
    """
    taken = _take(effect_id, at=at)
    if taken is None:
        return None
    effect, asking = taken
    with structlog.contextvars.bound_contextvars(request_id=effect.request_id, effect=effect.key):
        outcome = _call(effect, asking=asking)
        return _close(effect, outcome, at=clock() if clock else at)


def run_due(*, at: datetime, limit: int = 200, clock: Callable[[], datetime] | None = None) -> int:
    """Work every due row in this process; how many were worked."""
    return sum(work(effect_id, at=at, clock=clock) is not None for effect_id in due_ids(at=at, limit=limit))


def _take(effect_id: int, *, at: datetime) -> tuple[Effect, bool] | None:
    """Step 1: mark the row as being worked. The flag says whether to ask (True) or to send."""
    with transaction.atomic(durable=True):
        effect = Effect.objects.select_for_update(skip_locked=True).due(at).filter(pk=effect_id).first()
        if effect is None:
            return None
        asking = effect.state != Effect.State.NEW
        effect.state, effect.attempts, effect.lease_until = Effect.State.SENT, effect.attempts + 1, at + LEASE
        effect.save(update_fields=["state", "attempts", "lease_until"])
        return effect, asking


def _call(effect: Effect, *, asking: bool) -> Outcome:
    """Step 2: the call, with nothing locked. Every silence becomes UNKNOWN."""
    try:
        chosen = _HANDLERS[effect.kind]
    except KeyError:
        logger.error("No handler for effect kind %s", effect.kind)
        return Outcome(Result.UNKNOWN if asking else Result.AGAIN, detail="no handler registered")
    try:
        return chosen.ask(effect) if asking else chosen.send(effect)
    except GatewayError as exc:
        again = exc.known and not asking
        return Outcome(Result.AGAIN if again else Result.UNKNOWN, detail=exc.code)
    except Exception as exc:  # a bug in one handler must not stop the queue; the row is asked about, then parked
        logger.exception("Unable to work effect %s", effect.pk)
        return Outcome(Result.UNKNOWN, detail=type(exc).__name__)


def _close(effect: Effect, outcome: Outcome, *, at: datetime) -> Effect | None:
    """Step 3: write the result together with the domain rows; None when another worker took the row over meanwhile."""
    with transaction.atomic(durable=True):
        row = Effect.objects.select_for_update().get(pk=effect.pk)
        if row.state != Effect.State.SENT or row.attempts != effect.attempts:
            return None
        if (chosen := _HANDLERS.get(row.kind)) is not None:
            chosen.record(row, outcome, at=at)
        failed = outcome.result in (Result.UNKNOWN, Result.AGAIN)
        row.failures = row.failures + 1 if failed else 0
        row.detail, row.lease_until = outcome.detail[:300], None
        if outcome.result in (Result.DONE, Result.FAILED):
            row.state, row.finished_at = Effect.State(outcome.result.value), at
        elif row.failures >= FAILURES_UNTIL_PARKED:
            row.state = Effect.State.PARKED
            logger.error("Effect %s is parked after %s failures", row.pk, row.failures)
        else:
            row.state = Effect.State.NEW if outcome.result is Result.AGAIN else Effect.State.UNKNOWN
            row.due_at = at + (outcome.after or _BACKOFF[min(row.failures, len(_BACKOFF)) - 1])
        row.save()
        return row


def unpark(effect_ids: Iterable[int], *, at: datetime) -> int:
    """Let parked rows be asked about again; how many."""
    return Effect.objects.filter(pk__in=list(effect_ids), state=Effect.State.PARKED).update(
        state=Effect.State.UNKNOWN, failures=0, due_at=at
    )
