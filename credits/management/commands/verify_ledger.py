"""Prove the books, naming the rows that do not add up. Exit codes: 0 green, 1 a difference, 2 no such invariant."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from credits import proof
from credits import services as credits


class Command(BaseCommand):
    help = "Prove the books: prints every invariant and names the rows that break it. Exit 1 on any difference. Keeps the result."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="look only, keep no result")
        parser.add_argument("--only", action="append", default=[], metavar="CODE", help="one invariant, e.g. I3; keeps no result")
        parser.add_argument("--settled", action="store_true", help="nothing is under way any more: search for work left undone too")
        parser.add_argument("--stop-money", action="store_true", help="stop top-ups and refunds when the ledger contradicts itself")

    def handle(self, *args: Any, **options: Any) -> None:
        report = proof.run(options["only"], settled=options["settled"])
        if options["only"] and not report.results:
            raise CommandError(f"no invariant is called {', '.join(options['only'])}", returncode=2)
        for result in report.results:
            self.stdout.write(f"{'FAIL' if result.differences else 'ok  '} {result.code:<4} {result.sentence} {len(result.differences)}")
            for row in result.differences:
                self.stdout.write(f"          {row}")
        if not options["dry_run"] and not options["only"]:
            run = credits.keep_proof(report, at=timezone.now(), may_stop_money=options["stop_money"])
            self.stdout.write(f"Kept as proof run {run.pk}, hash {run.hash}")
        if not report.is_green:
            raise CommandError(f"{len(report.differences)} differences")
        self.stdout.write(f"Green: {len(report.results)} invariants, no difference")
