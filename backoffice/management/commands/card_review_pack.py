"""
Check what card companies look for, walk through the shop with a browser and write the pack of slides. Exit codes: 0 made (or, tried only,
nothing to complain about), 1 something that has to be put right first, each named, 2 no browser here, or a page did not come.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from backoffice.card_review import building, checks, mode, walk
from backoffice.services import note
from common.errors import DomainError
from identity.models import User


class Command(BaseCommand):
    help = "Check footer, texts, prices, channels and addresses as card companies do, then make the pack of slides. Findings are named."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only the checks; writes nothing")
        parser.add_argument("--by", default="", help="the operator in whose name it is made: e-mail or login ID")
        parser.add_argument("--days", type=int, default=0, help="switch review mode on for so many days when it is off")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self._only_look()
            return
        by, at = _operator(options["by"]), timezone.now()
        if not walk.is_there():
            raise CommandError(str(walk.NoBrowser()), returncode=2)
        try:
            if options["days"] and mode.current(at=at) is None:
                mode.switch_on(days=min(options["days"], mode.MOST_DAYS), by=by, reason="card_review_pack", at=at)
            with transaction.atomic(durable=True):
                pack = building.start(by=by, at=at)
                note(row=pack, by=by, reason="카드 심사 자료를 명령으로 만들었어요", at=at)
            building.build(pack, tell=self.stdout.write)
        except (walk.NoBrowser, walk.WalkStopped) as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        except DomainError as refusal:
            raise CommandError(str(refusal)) from refusal
        for kind in building.FILES:
            self.stdout.write(building.path_of(pack, kind))

    def _only_look(self) -> None:
        found = checks.findings(at=timezone.now())
        for line in checks.report(found):
            self.stdout.write(line)
        if found:
            raise CommandError(f"{len(found)} things to put right before card companies look")


def _operator(login: str) -> User:
    people = User.objects.filter(kind=User.Kind.OPERATOR, is_active=True)
    found = people.filter(email__iexact=login).first() or people.filter(username=login).first() if login else None
    if found is None:
        raise CommandError("--by names no operator")
    return found
