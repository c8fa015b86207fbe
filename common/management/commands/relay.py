"""The relay process: finds due effects and hands their ids to Celery; runs them itself when nobody does."""

import logging
import os
import signal
import time
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, close_old_connections
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from common import effects, handlers
from common.models import Effect
from common.tasks import work_effect

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
BROKER_REST = timedelta(seconds=10)


class Relay:
    """
    Publishes every due row once, and works it itself when it is still due a lease later or the broker cannot be reached.

    Publishing changes no row: a lost or doubled message does no harm.
    """

    def __init__(self) -> None:
        self.published: dict[int, datetime] = {}
        self.broker_rests_until: datetime | None = None

    def turn(self, *, at: datetime) -> int:
        """One look at the queue; how many rows were handed over or worked."""
        ids = effects.due_ids(at=at)
        self.published = {pk: since for pk, since in self.published.items() if pk in ids}
        fresh = [pk for pk in ids if pk not in self.published]
        stale = [pk for pk in ids if pk in self.published and self.published[pk] + effects.LEASE <= at]
        for pk in fresh:
            if not self._publish(pk, at=at):
                stale.append(pk)
        for pk in stale:
            effects.work(pk, at=at, clock=timezone.now)
        return len(fresh) + len(stale)

    def _publish(self, pk: int, *, at: datetime) -> bool:
        if self.broker_rests_until is not None and at < self.broker_rests_until:
            return False
        try:
            work_effect.apply_async((pk,), retry=False)
        except (BrokerError, OSError):
            logger.warning("Broker cannot be reached; working effects in the relay")
            self.broker_rests_until = at + BROKER_REST
            return False
        self.broker_rests_until = None
        self.published[pk] = at
        return True


class Command(BaseCommand):
    help = "Hand due effects to Celery every 0.5 s; work them here when nobody else does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one turn, then exit")

    def handle(self, *args: Any, **options: Any) -> None:
        handlers.load()
        relay, self.going = Relay(), True
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        pid_file = Path(settings.VAR_DIR) / "run" / "relay.pid"
        pid_file.parent.mkdir(parents=True, exist_ok=True)
        pid_file.write_text(str(os.getpid()))
        try:
            while self.going:
                try:
                    close_old_connections()
                    relay.turn(at=timezone.now())
                except OperationalError:
                    logger.warning("Database cannot be reached; the relay waits")
                    time.sleep(2)
                if options["once"]:
                    break
                time.sleep(POLL_SECONDS)
        finally:
            pid_file.unlink(missing_ok=True)
        self.stdout.write(f"relay ends; {Effect.objects.due(timezone.now()).count()} effects are due")

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.going = False
