"""
Rows are the queue: what must happen outside, or later, is an Effect, written in the transaction of its cause.

    effects.add("payments.refund", key=f"refund:{refund.public_id}:1", at=at, refund=refund.pk)

Working a row takes three steps, so that nothing is locked while a supplier is called:
1. transaction: lock it, NEW → SENT, attempts + 1, lease 90 s, commit;   2. the call;
3. transaction: lock it, write DONE | FAILED | UNKNOWN together with the domain rows.
A handler has `send` (from NEW) and `ask` (SENT with an expired lease, or UNKNOWN): a crash or a silence is always asked about,
never repeated blindly. Five failures in a row park it where operators see it. A worker and the relay may both call `work`,
twice or late or out of order.
"""

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Protocol, TypeVar

import structlog
from django.db import transaction

from common import transactions
from common.models import Effect
from common.provider import GatewayError

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
FAILURES_UNTIL_PARKED = 5
_BACKOFF = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120))  # after the first, second, … failure; the fifth parks
_PENDING_PAUSE = timedelta(minutes=5)


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
    """
    Carries out one kind of effect. Neither `send` nor `ask` runs inside a transaction; `record` runs in the closing one.

    `record` may meet the same outcome twice (a takeover after an expired lease), so it looks at its rows under their lock.
    """

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
    transactions.joined("an effect")
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]  # callers may send one of any length
    ids = json.loads(json.dumps(ids))  # as it will be read back
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
    Work one row if it is due; None when somebody else has it or nothing is to do. What a handler raises ends in the row.

    at: the start.   clock: gives the moment of the result; default the start.

    :raises DatabaseError: the database is away; the row is asked about when its lease runs out.
    """
    taken = _take(effect_id, at=at)
    if taken is None:
        return None
    effect, asking = taken
    with structlog.contextvars.bound_contextvars(request_id=effect.request_id, effect=effect.key):
        outcome = _call(effect, asking=asking)
        now = clock() if clock else at
        try:
            return _close(effect, outcome, at=now)
        except Exception as exc:  # the result could not be recorded: a failure like any other, so that five of them park the row
            logger.exception("Unable to record the result of effect %s", effect.pk)
            return _close(effect, Outcome(Result.UNKNOWN, detail=f"not recorded: {type(exc).__name__}"), at=now, recording=False)


def run_due(*, at: datetime, limit: int = 200, clock: Callable[[], datetime] | None = None) -> int:
    """Work every due row in this process; how many were worked. Each lease starts when its row is taken."""
    return sum(work(effect_id, at=clock() if clock else at, clock=clock) is not None for effect_id in due_ids(at=at, limit=limit))


def _take(effect_id: int, *, at: datetime) -> tuple[Effect, bool] | None:
    """Step 1: mark the row as being worked. The flag says whether to ask (True) or to send."""
    with transaction.atomic(durable=True):
        effect = Effect.objects.select_for_update(skip_locked=True).due(at).filter(pk=effect_id).first()
        if effect is None:
            return None
        asking = effect.state != Effect.State.NEW
        if effect.state == Effect.State.SENT:  # whoever worked it died; a row that kills its workers is parked like any other
            effect.failures += 1
        effect.state, effect.attempts, effect.lease_until = Effect.State.SENT, effect.attempts + 1, at + LEASE
        if parked := effect.failures >= FAILURES_UNTIL_PARKED:
            effect.state, effect.lease_until, effect.detail = Effect.State.PARKED, None, "its workers died"
            logger.error("Effect %s is parked: its workers died", effect.pk)
        effect.save(update_fields=["state", "attempts", "lease_until", "failures", "detail"])
        return None if parked else (effect, asking)


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


def _close(effect: Effect, outcome: Outcome, *, at: datetime, recording: bool = True) -> Effect | None:
    """Step 3: write the result together with the domain rows; None when another worker took the row over meanwhile."""
    with transaction.atomic(durable=True):
        row = Effect.objects.select_for_update().get(pk=effect.pk)
        if row.state != Effect.State.SENT or row.attempts != effect.attempts:
            return None
        chosen = _HANDLERS.get(row.kind)
        if chosen is not None and recording:
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
            row.due_at = at + (outcome.after or (_BACKOFF[row.failures - 1] if failed else _PENDING_PAUSE))
        row.save(update_fields=["state", "failures", "detail", "lease_until", "finished_at", "due_at"])
        return row


def unpark(effect_ids: Iterable[int], *, at: datetime) -> int:
    """Let parked rows be asked about again; how many."""
    return Effect.objects.filter(pk__in=list(effect_ids), state=Effect.State.PARKED).update(
        state=Effect.State.UNKNOWN, failures=0, due_at=at
    )
