"""A house in which work waits for every command that writes, and the words that a command line leaves open (`ORDER_ID` …)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from advertisers.models import Advertiser
from campaigns import services as campaigns
from campaigns.models import Campaign
from common import effects, handlers
from common.kst import day_of
from common.models import Effect, InboundWebhook
from identity.models import Notification, User
from payments import services as payments
from payments.models import PaymentOrder
from rewards.models import Member, Raffle
from rewards.raffles import clock
from tests.campaigns.conftest import spec_of
from tests.campaigns.test_participation import complete
from tests.house.world import rows_of_all_tables
from tests.payments.conftest import Buyer, Till, point_at
from tests.rewards.raffle_world import HOUR, closed, give, opened, press
from tests.sandbox_process import SandboxProcess

ROLE = "boost_handbook"
MINUTE = timedelta(minutes=1)


@dataclass
class WaitingWork:
    """What waits. asked_for: an order paid at the card company that nobody asked about; told_of: the same, and a message about it."""

    at: datetime
    asked_for: PaymentOrder
    told_of: PaymentOrder
    starting: Campaign  # its moment has come
    ending: Campaign  # likewise its end; somebody took part
    closing: Raffle
    drawn: Raffle
    operator: User
    file: Path

    @property
    def words(self) -> dict[str, str]:
        """What stands for each word in capitals of a command line."""
        return {
            "ORDER_ID": self.asked_for.order_id,
            "EVENT_ID": "msg_1",
            "RAFFLE_ID": str(self.drawn.public_id),
            "EMAIL": "sora@staff.example.com",
            "NAME": "소라",
            "ROLE": "support",
            "SINCE": day_of(self.at).isoformat(),
            "UNTIL": day_of(timezone.now()).isoformat(),
            "OPERATOR": self.operator.username,
            "FILE": str(self.file),
        }


def build(
    sandbox: SandboxProcess, settings: Any, *, minji: Advertiser, owner: User, operator: User, finance: User, suji: Member,
    at: datetime, folder: Path,
) -> WaitingWork:  # fmt: skip
    """at: some days ago; everything waits since."""
    handlers.load()
    sandbox.reset()
    point_at(settings, sandbox)
    settings.GIFTISHOW_URL, settings.DRAND_URL = f"{sandbox.base_url}/giftishow", f"{sandbox.base_url}/drand"
    settings.SOLAPI_BASE_URL = f"{sandbox.base_url}/solapi"
    settings.VAR_DIR, settings.APP_ROLE = folder, ROLE
    packages = {package.credits: package for package in payments.ensure_packages()}
    buyer = Buyer(sandbox)
    till = Till(advertiser=minji, user=owner, buyer=buyer, packages=packages, at=at)
    asked_for, told_of = (till.order(credits, at=at) for credits in sorted(packages)[:2])
    for order in (asked_for, told_of):
        buyer.pays(order, paid_at=at + MINUTE)
    InboundWebhook.objects.create(
        gateway="portone", event_id="msg_1", type="Transaction.Paid", ref=told_of.order_id, body=b"{}", received_at=at + MINUTE
    )
    starting, ending = (
        campaigns.submit_campaign(
            advertiser=minji, spec=spec_of(at, title=key, budget=100, starts_at=starts_at, ends_at=ends_at), by=owner, at=at, key=key
        )
        for key, starts_at, ends_at in (("starting", at + MINUTE, timezone.now() + HOUR * 24), ("ending", at, at + HOUR))
    )
    campaigns.approve(campaign=starting, by=operator, at=at)
    campaigns.approve(campaign=ending, by=operator, at=at)
    complete(suji, ending, at + MINUTE)
    give(suji, 10, at)
    Notification.objects.create(
        user=owner, kind="test.old", title="옛 안내", body="옛 안내", key="old", created_at=at - timedelta(days=400)
    )
    file = folder / "list.txt"
    file.write_text("# boost traffic list 1\nVPN 203.0.113.0/24\n")
    drawn = _drawn(suji, by=operator, funder=finance, at=at)
    closing = opened(at, by=operator, funder=finance)
    press(suji, closing, key="closing", at=at)
    return WaitingWork(at, asked_for, told_of, starting, ending, closing, drawn, operator, file)


def _drawn(member: Member, *, by: User, funder: User, at: datetime) -> Raffle:
    """A raffle that the clock drew at its time, with drand's own signature."""
    raffle = opened(at, by=by, funder=funder)
    press(member, raffle, key="drawn", at=at)
    closed(raffle)
    draw = Effect.objects.get(key=f"raffle:{raffle.public_id}:draw")
    effects.work(draw.pk, at=raffle.draws_at)
    clock.tick(at=raffle.draws_at)
    return Raffle.objects.get(pk=raffle.pk)


def everything() -> dict[str, Any]:
    """Every row of every table, and who may do what: two of these are equal when nothing was written in between."""
    found: dict[str, Any] = dict(rows_of_all_tables(but=frozenset()))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT md5(string_agg(relname || coalesce(relacl::text, ''), ',' ORDER BY relname)) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace"
        )
        found["rights"] = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [ROLE])
        found["role"] = cursor.fetchone()
    return found
