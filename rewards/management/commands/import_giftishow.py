"""Read the catalogue of gifticons. Exit codes: 0 asked for (or, with --dry-run, read), 2 the supplier was silent."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from common.provider import GatewayError
from rewards.gifticons import importing
from rewards.gifticons.supplier import get_supplier


class Command(BaseCommand):
    help = (
        "Begin to read the supplier's catalogue, or go on where a reading stopped; the relay carries it out. What was read is a list of "
        "differences that an operator applies in the back office (기프티콘)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="ask the supplier how much there is, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            try:
                page = get_supplier().goods(page=1)
            except GatewayError as silence:
                self.stderr.write(f"the supplier could not be asked: {silence.code}")
                sys.exit(2)
            self.stdout.write(f"would read {page.told} goods")
            return
        run = importing.start(by=None, at=timezone.now())
        self.stdout.write(f"reading as import {run.public_id}, next page {run.next_page}")
