"""A house in which something of everything exists, every address of it, and everybody who could come to a door."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from advertisers import services as team
from advertisers.models import Advertiser
from advertisers.services.invitations import token_of as token_of_invitation
from campaigns import services as campaigns
from campaigns.models import Campaign
from common import portals
from identity import approvals, notifications
from identity.models import ApprovalRequest, Notification, User
from payments import services as payments
from payments.models import PaymentOrder, Refund
from rewards.models import Member
from tests.app import token_of
from tests.backoffice.conftest import hire
from tests.campaigns.conftest import spec_of
from tests.factories import MembershipFactory
from tests.payments.conftest import Buyer, Till, point_at
from tests.sandbox_process import SandboxProcess
from tests.signing_in import browser, cookie_of

# "admin", an operator with every right, walks the back office where a test wants to see all of it.
EVERYBODY = ("anonymous", "minji", "jisoo", "eve", "suji", "operator", "finance")
ABSENT = "00000000-0000-4000-8000-00000000abcd"


@dataclass
class World:
    """What exists. Objects are minji's unless their name says otherwise."""

    people: dict[str, User]
    advertiser: Advertiser
    order: PaymentOrder
    refund: Refund
    running: Campaign
    submitted: Campaign
    notice: Notification
    alert: Notification
    approval: ApprovalRequest
    member: Member
    team: dict[str, UUID]  # part of an address -> what it names
    invitation: str  # the token of its link
    sessions: dict[str, str]

    def client(self, who: str) -> Client:
        """A new browser of this person, who shows their session at every portal's door."""
        client = Client(raise_request_exception=False)
        if who != "anonymous":
            session = self.sessions[who]
            for portal in portals.ALL:
                client.cookies[cookie_of(portal)] = session
        return client

    def headers(self, who: str, address: str) -> dict[str, str]:
        """The app token of a member at the app's doors. At sign-in nobody has one yet."""
        has_token = who == "suji" and address.startswith("/api/luckffle/") and "/auth/" not in address
        return {"Authorization": f"Bearer {token_of(self.member)}"} if has_token else {}

    def address(self, pattern: str) -> str:
        """An address of the pattern that names something which exists."""
        for name, value in self._values(pattern).items():
            pattern = pattern.replace(name, str(value))
        assert "<" not in pattern, f"nothing is known for {pattern}"
        return "/" + pattern

    def _values(self, pattern: str) -> dict[str, Any]:
        a_uuid: Any = self.running.public_id
        if "refund" in pattern:
            a_uuid = self.refund.public_id
        elif "notifications" in pattern:
            a_uuid = self.notice.public_id
        elif "alerts" in pattern:
            a_uuid = self.alert.public_id
        elif "review" in pattern or "correct" in pattern or "withdraw" in pattern:
            a_uuid = self.submitted.public_id
        return {
            "<uuid:public_id>": next((row for part, row in self.team.items() if part in pattern), a_uuid),
            "<campaign_id>": self.running.public_id,
            "<mission_id>": self.running.public_id,
            "<participation_id>": ABSENT,
            "<slug:order_id>": self.order.order_id,
            "<slug:gateway>": "portone",
            "<slug:slug>": "refund",
            "<slug:token>": self.invitation,
            "<slug:purpose>": "refund",
            "<str:purpose>": "SIGN_UP",
            "<path:object_id>": self._object_of(pattern),
            "<path:content_type_id>/": "1/",
            "^(?P<app_label>advertisers|campaigns|common|credits|identity|admin|payments|rewards)/$": "payments/",
            "(?P<url>.*)$": "nothing-is-here/",
        }

    @staticmethod
    def _object_of(pattern: str) -> Any:
        """The key of a row of the model that a page of the back office shows; one that cannot exist where the table is empty."""
        parts = pattern.split("/")
        if parts[1:2] == ["r"] or "<path:object_id>" not in parts:
            return "1"
        row = apps.get_model(parts[1], parts[2])._base_manager.order_by("pk").first()
        return 0 if row is None else row.pk


def build(sandbox: SandboxProcess, settings: Any, *, at: datetime, minji: Advertiser, people: dict[str, User], member: Member) -> World:
    """
    One paid order with a refund that waits, a running and a submitted campaign, a member who takes part, a notice, an alert, a request
    that waits for a second person.
    """
    sandbox.reset()
    point_at(settings, sandbox)
    people = people | {"operator": hire("operator", "reviewer"), "finance": hire("finance", "finance"), "admin": hire("admin", "admin")}
    packages = {package.credits: package for package in payments.ensure_packages()}
    till = Till(advertiser=minji, user=people["minji"], buyer=Buyer(sandbox), packages=packages, at=at)
    order = till.paid()
    refund = till.refund(order, 10_000)
    running, submitted = (
        campaigns.submit_campaign(advertiser=minji, spec=spec_of(at, title=title), by=people["minji"], at=at, key=title)
        for title in ("도는 캠페인", "기다리는 캠페인")
    )
    running = campaigns.approve(campaign=running, by=people["operator"], at=at)
    campaigns.start(member=member.pk, campaign=running.public_id, device="android/chrome", at=at + timedelta(minutes=1))
    with transaction.atomic():
        notice = notifications.notify(
            user=people["minji"], kind="test.notice", title="충전했어요", body="크레딧이 들어왔어요.", key="world:notice", at=at
        )
        alert = notifications.alert_operators(kind="test.alert", title="확인해 주세요", body="차이가 있어요.", key="world:alert", at=at)
        approval = approvals.ask(
            kind="test.approval", subject="order:1", summary="환불 승인", data={}, by=people["operator"], key="world:approval", at=at
        )
    offered = team.invite(advertiser=minji, email="newcomer@example.com", role="MANAGER", by=people["minji"], at=at)
    recipient = team.add_recipient(advertiser=minji, email="boss@example.com", by=people["minji"], at=at)
    team.set_limit(advertiser=minji, role="MANAGER", monthly_credits=0, by=people["minji"], at=at)
    manager = MembershipFactory(advertiser=minji, role="MANAGER", user__username="mina").user
    asked = campaigns.submit_or_ask(advertiser=minji, spec=spec_of(at, title="한도를 넘는 캠페인"), by=manager, at=at, key="limit")
    key = team.make_key(membership=people["minji"].memberships.get(), name="보고서", scopes=["campaigns.read"], at=at)
    parts = {
        "team/invitations/": offered.public_id,
        "team/recipients/": recipient.public_id,
        "team/members/": people["jisoo"].memberships.get().public_id,
        "campaigns/approvals/": asked.public_id,
        "api-keys/": key.key.public_id,
    }
    sessions = {name: next(iter(browser(user).cookies.values())).value for name, user in people.items()}
    return World(
        people, minji, order, refund, running, submitted, notice, alert, approval, member, parts, token_of_invitation(offered), sessions
    )


def routes(portal: str) -> list[str]:
    """Every pattern of a portal, as one string without the leading slash; the same twice is once."""
    return list(dict.fromkeys(_walk(get_resolver(portals.URLCONFS[portal]), "")))


def _walk(resolver: URLResolver, prefix: str) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern)
        else:
            yield from _walk(entry, prefix + str(entry.pattern))


@contextmanager
def undone() -> Iterator[None]:
    """Whatever happens inside never happened. The block counts as the test's own, so that durable blocks may open inside."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


def answer(world: World, who: str, method: str, address: str) -> Any:
    """The answer this person gets; nothing of it stays."""
    with undone():
        return getattr(world.client(who), method.lower())(address, headers=world.headers(who, address))


def pages(world: World, portal: str) -> Iterator[tuple[str, Any]]:
    """(address, answer) of every address of a portal that the person with the most rights may look at; the rest are named elsewhere."""
    who = {"advertiser": "minji", "luckffle": "suji", "backoffice": "admin"}[portal]
    for pattern in routes(portal):
        address = world.address(pattern)
        yield address, answer(world, who, "GET", address)


def word_for(response: Any) -> str:
    """An answer in a word: `login` for being sent to sign in, `->` for any other redirect, else the status."""
    if response.status_code in (301, 302):
        return "login" if "/login/" in response.headers["Location"].split("?")[0] else "->"
    return str(response.status_code)


def rows_of_all_tables(*, but: frozenset[str]) -> dict[str, tuple[int, str]]:
    """(count, fingerprint) of every table of the database, except those named."""
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for table in sorted({name for (name,) in cursor.fetchall()} - but):
            cursor.execute(f"SELECT count(*), md5(coalesce(string_agg(md5(t::text), '' ORDER BY md5(t::text)), '')) FROM \"{table}\" t")
            found[table] = cursor.fetchone()
    return found
