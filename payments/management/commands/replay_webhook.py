"""Look at a stored message again. Exit codes: 0 done, 1 its order could not be looked up, 2 there is no such message."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from common import effects, handlers
from common.errors import DomainError
from common.models import Effect, InboundWebhook
from payments.services import webhooks


class Command(BaseCommand):
    help = "Look up what a stored message is about once more, by its id; the result is the same as if it had come once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("event_id", help="the sender's id of the message (back office, 받은 웹훅)")
        parser.add_argument("--gateway", help="when two companies use the same id")
        parser.add_argument("--dry-run", action="store_true", help="say what is known of it and what would be looked up, do nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = InboundWebhook.objects.filter(event_id=options["event_id"])
        if options["gateway"]:
            rows = rows.filter(gateway=options["gateway"])
        row = rows.order_by("pk").first()
        if row is None:
            raise CommandError(f"no message {options['event_id']}", returncode=2)
        told = f"{row.gateway} {row.type} about {row.ref or 'nothing'}, {row.state}"
        if options["dry_run"] or not row.ref:
            self.stdout.write(f"{told}; would look {row.ref} up" if row.ref else f"{told}; nothing to look up")
            return
        handlers.load()
        try:
            effect = webhooks.replay(webhook=row, at=timezone.now())
        except DomainError as refusal:  # somebody has just asked for the same
            raise CommandError(str(refusal), returncode=1) from refusal
        done = effects.work(effect.pk, at=timezone.now(), clock=timezone.now)
        row.refresh_from_db()
        self.stdout.write(f"{row.gateway} {row.type} about {row.ref}, {row.state}")
        if done is None or done.state != Effect.State.DONE:
            raise CommandError(f"{row.ref} could not be looked up now; the relay asks again", returncode=1)
