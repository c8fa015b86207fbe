"""The relay process. Exit codes: 0 told to end."""

import logging
import signal
import time
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error as DatabaseAway
from django.db import close_old_connections
from django.utils import timezone

from common import effects, handlers
from common.relay import Relay

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
DATABASE_REST_SECONDS = 2
FAREWELL_SECONDS = 3


class Command(BaseCommand):
    help = "Hand due effects to Celery every 0.5 s; work them here when nobody else does. SIGTERM ends it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="one turn, then exit when what it took is worked")
        parser.add_argument("--alone", action="store_true", help="publish nothing and work everything here")

    def handle(self, *args: Any, **options: Any) -> None:
        handlers.load()
        self.going = not options["once"]
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        relay = Relay(alone=options["alone"])
        if options["once"]:
            moved = relay.turn(at=timezone.now())
            relay.finish(seconds=effects.LEASE.total_seconds())
            self.stdout.write(f"handed over or worked {moved} effects")
            return
        while self.going:
            rest = POLL_SECONDS
            try:
                close_old_connections()
                relay.turn(at=timezone.now())
            except DatabaseAway:
                logger.warning("Database cannot be reached; the relay waits")
                rest = DATABASE_REST_SECONDS
            self._sleep(rest)
        relay.finish(seconds=FAREWELL_SECONDS)

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self.going and time.monotonic() < until:
            time.sleep(0.1)

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        self.going = False
