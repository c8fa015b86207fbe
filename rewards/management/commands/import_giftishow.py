"""Read the catalogue of gifticons. Exit codes: 0 asked for (or, with --dry-run, read), 2 the supplier was silent."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common.provider import GatewayError
from rewards.gifticons import importing
from rewards.models import GifticonImportLine


class Command(BaseCommand):
    help = (
        "Begin to read the supplier's catalogue, or go on where a reading stopped; the relay carries it out. What was read is a list of "
        "differences that an operator applies in the back office (기프티콘)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="read the catalogue and name the differences, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self._look()
            return
        run = importing.start(by=None, at=timezone.now())
        self.stdout.write(f"reading as import {run.public_id}, next page {run.next_page}")

    def _look(self) -> None:
        """Read everything, write nothing: what the list of differences would say, and what would become of readings that are there."""
        try:
            found = importing.outlook(at=timezone.now())
        except GatewayError as silence:
            self.stderr.write(f"the supplier could not be asked: {silence.code}")
            sys.exit(2)
        for ready in importing.to_drop():
            self.stdout.write(f"would drop import {ready.public_id}, which waits to be applied")
        run = importing.under_way()
        self.stdout.write(f"would go on with import {run.public_id}, page {run.next_page}" if run else "would begin a new import")
        self.stdout.write(f"would read {found.told} goods")
        for kind in GifticonImportLine.Kind:
            lines = found.of(kind)
            self.stdout.write(f"{kind}: {len(lines)}")
            for line in lines if kind != GifticonImportLine.Kind.SAME else ():
                self.stdout.write(f"  {line.code} {line.name}{' (needs a look)' if line.needs_look else ''}")
