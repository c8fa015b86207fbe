"""Import a list of networks and devices that are doubted, or that many people share. Exit codes: 0 taken over, 1 refused."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from campaigns.fraud import lists


class Command(BaseCommand):
    help = "Put the list in FILE in the place of the one of the same name. --dry-run reads it only."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", required=True, help='such as "vpn" or "carriers"')
        parser.add_argument("--dry-run", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._take(options)
        except (OSError, lists.ListRefused) as refusal:
            raise CommandError(str(refusal)) from refusal

    def _take(self, options: dict[str, Any]) -> None:
        content = lists.read(options["file"].read_bytes())
        said = f"{options['name']}: {len(content.networks)} networks, {len(content.marks)} marks"
        if options["dry_run"]:
            self.stdout.write(f"{said} (dry run, nothing was written)")
            return
        lists.take_over(name=options["name"], content=content, by=None, at=timezone.now())
        self.stdout.write(said)
