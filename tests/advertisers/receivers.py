"""An advertiser's server on a real socket, and the queue that calls it, moved by a clock of the test's own."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from advertisers import webhooks
from advertisers.models import Advertiser, WebhookEndpoint
from advertisers.webhooks import events, queue
from advertisers.webhooks.services import NewSecret
from common import effects, handlers
from common.models import Effect
from identity.models import User
from tests.sandbox_process import SandboxProcess

ALL = sorted(events.KEYS)


@dataclass(frozen=True)
class Receiver:
    """One receiver of the sandbox. name: in its address."""

    sandbox: SandboxProcess
    name: str = "shop"

    @property
    def url(self) -> str:
        return f"{self.sandbox.base_url}/receiver/{self.name}"

    def behaves(self, **manners: Any) -> None:
        self.sandbox.control("POST", f"/receivers/{self.name}", manners)

    def came(self) -> list[dict[str, Any]]:
        """Everything it was sent, oldest first."""
        found: list[dict[str, Any]] = self.sandbox.control("GET", f"/receivers/{self.name}")["came"]
        return found

    def ids(self) -> list[str]:
        return [one["id"] for one in self.came()]


def endpoint(advertiser: Advertiser, by: User, url: str, *, at: datetime, wanted: list[str] | None = None) -> NewSecret:
    return webhooks.create(advertiser=advertiser, name="주문 서버", url=url, wanted=wanted or ALL, by=by, at=at)


def happens(advertiser: Advertiser, key: str, *, at: datetime, type: str = events.CREDITS_LOW, **data: Any) -> None:
    """Something happens in a transaction of its own."""
    with transaction.atomic():
        webhooks.emit(advertiser=advertiser, type=type, key=key, data=data or {"days_left": 2}, at=at)


def run(*, at: datetime) -> int:
    """Work what is due at a moment, and what that makes due at once; how many turns were taken."""
    handlers.load()
    done = 0
    while due := list(Effect.objects.due(at).filter(kind=queue.KIND).values_list("pk", flat=True)):
        for pk in due:
            done += effects.work(pk, at=at) is not None
    return done


def fresh(row: WebhookEndpoint) -> WebhookEndpoint:
    return WebhookEndpoint.objects.get(pk=row.pk)
