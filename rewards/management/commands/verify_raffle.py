"""Repeat the draw of a raffle with the published program. Exit codes: 0 every check holds, 1 one does not, 2 there is no such record."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from rewards.models import Raffle
from rewards.raffles import record

PROGRAM = Path("docs") / "verify_raffle.py"


class Command(BaseCommand):
    help = (
        "Repeat the draw of one raffle from its public record with docs/verify_raffle.py, which shares no code with the draw. Reads only."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("raffle", type=UUID, help="the public number of the raffle")

    def handle(self, *args: Any, **options: Any) -> None:
        raffle = Raffle.objects.shown().select_related("commitment", "draw", "sponsor").filter(public_id=options["raffle"]).first()
        if raffle is None:
            raise CommandError(f"no raffle {options['raffle']}", returncode=2)
        with tempfile.NamedTemporaryFile("wb", suffix=".json") as file:
            for part in record.written(raffle):
                file.write(part.encode() if isinstance(part, str) else part)
            file.flush()
            command = [sys.executable, str(settings.BASE_DIR / PROGRAM), file.name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        self.stdout.write(done.stdout)
        if done.returncode:
            raise CommandError(done.stderr.strip() or "the draw does not hold", returncode=1)
