"""
Handing due effects to Celery, and working them here when nobody does.

Publishing changes no row: a lost or doubled message does no harm. A row is worked in this process when the broker cannot be
reached, or when it is still due a lease after it was published (dead worker, flushed broker).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import Error as DatabaseAway
from django.db import close_old_connections
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from common import effects
from common.tasks import work_effect

logger = logging.getLogger(__name__)

BROKER_REST = timedelta(seconds=10)
HANDS = 4
BATCH = 200


class Relay:
    """
    One relay. `turn` is called again and again.

    alone: publish nothing, work everything here (no broker, no worker).
    hands: threads that work rows, so that a slow supplier does not stop the publishing; 0 works them inside `turn`.
    """

    def __init__(self, *, alone: bool = False, hands: int = HANDS, clock: Callable[[], datetime] = timezone.now) -> None:
        self.alone, self.clock = alone, clock
        self.published: dict[int, datetime] = {}
        self.broker_rests_until: datetime | None = None
        self._working: set[int] = set()
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._serve, name=f"relay-{n}", daemon=True) for n in range(hands)]
        for thread in self._threads:
            thread.start()

    def turn(self, *, at: datetime) -> int:
        """
        One look at the queue; how many rows were handed over or taken to be worked.

        :raises django.db.Error: the database is away.
        """
        ids = effects.due_ids(at=at, limit=BATCH + len(self.published))  # what waits for a worker hides nothing that is newer
        due = set(ids)
        self.published = {pk: since for pk, since in self.published.items() if pk in due}
        moved = 0
        for pk in ids:
            if pk in self._working:
                continue
            since = self.published.get(pk)
            if since is not None and at < since + effects.LEASE:
                continue  # a worker will take it
            if since is not None or not self._publish(pk, at=at):
                self._take(pk)
            moved += 1
        return moved

    def finish(self, *, seconds: float) -> bool:
        """Wait until no row is being worked here; False when time ran out. An abandoned row is asked about after its lease."""
        deadline = time.monotonic() + seconds
        while self._working:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def _publish(self, pk: int, *, at: datetime) -> bool:
        """Hand an id to Celery; False when that is not possible now."""
        if self.alone or (self.broker_rests_until is not None and at < self.broker_rests_until):
            return False
        try:
            work_effect.apply_async((pk,), retry=False)
        except (BrokerError, OSError):
            logger.warning("Broker cannot be reached; the relay works effects itself for %s s", BROKER_REST.seconds)
            self.broker_rests_until = at + BROKER_REST
            return False
        self.broker_rests_until = None
        self.published[pk] = at
        return True

    def _take(self, pk: int) -> None:
        self._working.add(pk)
        if self._threads:
            self._waiting.put(pk)
        else:
            self._work(pk)

    def _serve(self) -> None:
        """A hand: works what is waiting, with a database connection of its own."""
        while True:
            pk = self._waiting.get()
            close_old_connections()
            self._work(pk)
            close_old_connections()

    def _work(self, pk: int) -> None:
        try:
            effects.work(pk, at=self.clock(), clock=self.clock)
        except DatabaseAway:
            logger.warning("Database cannot be reached; effect %s waits", pk)
        except Exception:  # whatever it was, the other rows must not wait for it; the row itself is asked about after its lease
            logger.exception("Unable to work effect %s", pk)
        finally:
            self._working.discard(pk)
