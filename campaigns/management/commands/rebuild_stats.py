"""Count hours, and the people of the days that are over, anew. Exit codes: 0 counted, 1 the days are in the wrong order."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from campaigns.services import counting, counting_people
from common.kst import day_from, day_of, day_until


class Command(BaseCommand):
    help = "Count the hours and the people of a stretch of days (Seoul, both included) anew from the participations. Safe to repeat."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, required=True, help="2026-11-25")
        parser.add_argument("--until", type=date.fromisoformat, help="the last day; default today")
        parser.add_argument("--dry-run", action="store_true", help="say what would be counted, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        first, last = options["since"], options["until"] or day_of(at)
        if last < first:
            raise CommandError("--until lies before --since")
        days = (last - first) // timedelta(days=1) + 1
        wrong = counting.recount(since=day_from(first), until=day_until(last), at=at, keep=not options["dry_run"])
        said = "would count" if options["dry_run"] else "counted"
        self.stdout.write(f"{said} {days} days anew; {wrong} hours were wrong or missing")
        if not options["dry_run"]:
            people = counting_people.count_people(at=at, back=day_of(at) - first)
            self.stdout.write(f"people of {people} days of campaigns that are over were counted anew")
