"""A burst of webhooks at the payments door: each message twice, in another order the second time. Imported once Django is set up."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from django.conf import settings
from django.db.models import Sum
from standardwebhooks import Webhook

from bench import load
from bench.measure import Book, Reading
from bench.yard import Yard
from common.models import Effect, InboundWebhook

MESSAGES = 200
CONNECTIONS = 16
DOOR = "/payments/webhooks/portone/"


class Inbox:
    """Messages about payments that nobody knows: what counts here is that each is stored once, and how fast."""

    def __init__(self, *, yard: Yard, book: Book) -> None:
        self.yard, self.book = yard, book
        self._signer = Webhook(settings.PORTONE_WEBHOOK_SECRETS[0])

    def turn(self, turn: int) -> None:
        """One burst and its repetition, and after that what must be true."""
        if not load.is_there():
            self.book.leave_out("webhook first", "webhook again")
            return
        messages = [self._message(f"bench-{turn}-{number}") for number in range(MESSAGES)]
        again = Random(turn).sample(messages, len(messages))
        for name, burst in (("webhook first", messages), ("webhook again", again)):
            self.book.add(name, self._send(burst))
        rows = InboundWebhook.objects.filter(event_id__startswith=f"bench-{turn}-")
        told = (rows.count(), rows.aggregate(n=Sum("deliveries"))["n"])
        self.book.check(f"webhooks after turn {turn}", found=told, wanted=(MESSAGES, 2 * MESSAGES))
        effects = Effect.objects.filter(kind="payments.sync_order", key__startswith=f"webhook:portone:bench-{turn}-").count()
        self.book.check(f"effects after turn {turn}", found=effects, wanted=MESSAGES)

    def _send(self, messages: list[bytes]) -> Reading:
        with self.yard.cpu.watch():
            reading, statuses = load.send_all(messages, port=self.yard.port, connections=CONNECTIONS)
        self.book.check("answers of the webhook door", found=dict(statuses), wanted={200: len(messages)})
        return self.yard.cpu.applied(reading)

    def _message(self, event_id: str) -> bytes:
        now = datetime.now(UTC)
        said = {
            "type": "Transaction.Paid",
            "timestamp": now.isoformat(),
            "data": {"storeId": settings.PORTONE_STORE_ID, "paymentId": f"{event_id}-payment", "transactionId": event_id},
        }
        body = load.as_body(said)
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(event_id, now, body.decode()),
        }
        return load.request(DOOR, port=self.yard.port, headers=headers, body=body)
