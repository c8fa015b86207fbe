"""
Drive members through a running campaign over HTTP, print what was measured, and say whether every count is exact.

Exit codes: 0 exact, 1 a count is not exact, 2 it cannot begin.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from campaigns import traffic
from campaigns.models import Campaign, State
from rewards.models import Member


class Command(BaseCommand):
    help = (
        "Let members start, open, stay and confirm over HTTP against a running server. Prints figures; exit 1 when a count is not "
        "exact, 2 when it cannot begin. The crowd must have the campaign for itself. Not in production: it spends a budget."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--origin", default="", help="where the server answers; the members' portal by default")
        parser.add_argument("--campaign", type=UUID, default=None, help="public id; the newest running one by default")
        parser.add_argument("--members", type=int, default=50)
        parser.add_argument("--clients", type=int, default=16)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("this spends a real budget; not in production", returncode=2)
        campaign = self._campaign(options["campaign"])
        members = self._members(campaign, options["members"])
        origin = (options["origin"] or settings.PORTAL_ORIGINS["luckffle"]).rstrip("/")
        crowd = traffic.Crowd(origin=origin, campaign=campaign, members=members, clients=options["clients"])
        room = traffic.room_of(campaign, at=timezone.now())
        self.stdout.write(f"{campaign.title}: {room} places, stay {campaign.dwell_seconds} s, {origin}")
        crowd.take_part()
        self.stdout.write("\n".join(crowd.figures()))
        wrong = 0
        for check in traffic.checks(crowd, room=room):
            wrong += not check.is_exact
            self.stdout.write(f"{'exact' if check.is_exact else 'WRONG'}  {check.name}: {check.found} of {check.expected}")
        if wrong:
            raise CommandError(f"{wrong} counts are not exact")

    def _campaign(self, public_id: UUID | None) -> Campaign:
        running = Campaign.objects.filter(state=State.RUNNING, is_locked=False)
        chosen = running.filter(public_id=public_id) if public_id else running.order_by("-submitted_at")
        campaign = chosen.first()
        if campaign is None:
            raise CommandError("no such campaign is running", returncode=2)
        return campaign

    def _members(self, campaign: Campaign, number: int) -> list[Member]:
        members = traffic.fresh_members(campaign, number=number)
        if number < 1 or len(members) < number:
            raise CommandError(f"{len(members)} members have not taken part yet, {number} were asked for", returncode=2)
        return members
