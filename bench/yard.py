"""
Where the bench runs: a PostgreSQL of its own (fsync on) and the product's web process as its container starts it, both on this
machine only, with members and campaigns that the product's own services made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self
from unittest import mock
from uuid import UUID

import httpx
import psycopg
from psycopg import sql

from bench import pgbench, town
from bench.measure import Cpu
from bench.processes import DidNotStart, free_port
from config import embedded

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS, STOP_SECONDS = 60, 20
WORKERS, THREADS = 2, 8
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PRICE = 10
DWELL_SECONDS = 5
AGENT = "Luckffle/3.2 (Android 15; Dart/3.9)"


class Yard:
    """
    database_url: of the server's database.   port: of the web.   cpu: what others use.

    folder: everything that is written; emptied at the start.   with_web: False for a part that calls the services themselves.
    parameters: of the server, beside those that the product's embedded server always has.
    """

    def __init__(self, *, folder: Path, with_web: bool = True, parameters: Mapping[str, str] | None = None) -> None:
        self.folder, self.with_web, self.parameters = folder, with_web, parameters or {}
        self.port = free_port()
        self.database_url = ""
        self.environment: dict[str, str] = {}
        self._web: subprocess.Popen[bytes] | None = None
        self.cpu = Cpu(self._roots)

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _start(self) -> None:
        embedded.stop(self._data)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.database_url = embedded.start(self._data, database="bench")
        if self.parameters:
            self._tune()
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("CI", "DJANGO_ALLOW_ASYNC_UNSAFE")},
            "ENVIRONMENT": "test",
            "DATABASE_URL": self.database_url,
            "QUEUE_DIR": str(self.folder / "queue"),
            "PORT": str(self.port),
            "LOG_LEVEL": "ERROR",
        }
        for arguments in (("migrate", "--verbosity", "0"), ("createcachetable",)):
            done = self.manage(*arguments)
            if done.returncode:
                raise DidNotStart(f"{arguments[0]}: {done.stderr[-2000:]}")
        town.connect(database_url=self.database_url, environment=self.environment)
        if self.with_web:
            self._start_web()

    def _tune(self) -> None:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            for name, value in self.parameters.items():
                statement = sql.SQL("ALTER SYSTEM SET {} = {}")
                connection.execute(statement.format(sql.Identifier(name), sql.Literal(value)))
        embedded.restart(self._data)

    def stop(self) -> None:
        """End the web process and the database; what was measured stays."""
        if self._web is not None:
            self._web.terminate()
            try:
                self._web.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._web.kill()
        embedded.stop(self._data)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=600, check=False)

    def copy_schema(self, *, database: str) -> str:
        """Another database on the same server with the same tables and functions, empty; its address."""
        url = embedded.start(self._data, database=database)
        dump = [str(pgbench.program("pg_dump")), "--schema-only", "--no-owner", f"--dbname={self.database_url}"]
        schema = subprocess.run(dump, capture_output=True, check=True).stdout
        load = [str(pgbench.program("psql")), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--dbname={url}"]
        subprocess.run(load, input=schema, check=True, stdout=subprocess.DEVNULL)
        return url

    @property
    def _data(self) -> Path:
        return self.folder / "postgres"

    def _start_web(self) -> None:
        where = ("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port))
        size = ("--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--log-level", "error")
        log_path = self.folder / "web.log"
        with log_path.open("ab") as log:
            command = (sys.executable, "-m", "granian", *where, *size, "config.wsgi:application")
            self._web = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if time.monotonic() > deadline or self._web.poll() is not None:
                raise DidNotStart(f"web: {log_path.read_text(errors='replace')[-2000:]}")
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/healthz", timeout=5, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def _roots(self) -> list[int]:
        """Ourselves, with the web process below, and the database server, which is nobody's child."""
        server = self._data / "postmaster.pid"
        return [os.getpid(), *([int(server.read_text().split("\n", 1)[0])] if server.exists() else [])]


@dataclass(frozen=True)
class People:
    """first: primary key of the first of `count` members, who follow each other.   user_ids: theirs, in the same order."""

    first: int
    count: int
    user_ids: tuple[int, ...]


def settle(members: int) -> People:
    """Make the members, with their ticket wallets."""
    # The product's models can be imported only now that Django is set up.
    from credits.models import MEMBER_KINDS, Account, Unit
    from identity.models import User
    from rewards.models import Member

    users = User.objects.bulk_create(
        [User(kind=User.Kind.MEMBER, username=f"player{n}", phone=f"+8210{n:08d}", name=f"player {n}") for n in range(members)]
    )
    made = Member.objects.bulk_create(
        [Member(user=user, nickname=user.name, tokens_valid_from=LONG_AGO, created_at=LONG_AGO) for user in users]
    )
    Account.objects.bulk_create([Account(member_id=m.pk, kind=kind, unit=Unit.TICKET, balance=0) for m in made for kind in MEMBER_KINDS])
    first = made[0].pk
    if [member.pk for member in made] != list(range(first, first + members)):
        raise DidNotStart("the members' numbers do not follow each other")
    return People(first=first, count=members, user_ids=tuple(user.pk for user in users))


def access_tokens(people: People, *, count: int) -> list[str]:
    """Access tokens of the first members, as their apps hold them after signing in; good for five minutes."""
    from allauth.headless.tokens.strategies.jwt.internal import create_access_token
    from django.contrib.sessions.backends.db import SessionStore

    from identity.models import User
    from identity.tokens import MemberTokens

    session = SessionStore()
    session.save()
    users = User.objects.in_bulk(people.user_ids[:count])
    claims = MemberTokens()
    return [create_access_token(users[pk], session, claims.get_claims(users[pk])) for pk in people.user_ids[:count]]


def mission_id(number: int) -> UUID:
    """The public id of a campaign of the bench; bench/sql builds the same from the number."""
    return UUID(f"00000000-0000-4000-8000-{number:012x}")


class Launcher:
    """Submits and approves campaigns through the services, so that they run at once; numbers them from 1 on."""

    def __init__(self) -> None:
        from django.db import transaction

        from credits import services as credits
        from identity.models import User
        from tests import factories

        self.launched = 0
        membership = factories.MembershipFactory(user__username="bench-owner", user__email="bench-owner@example.com")
        self.advertiser, self.owner = membership.advertiser, membership.user
        self.operator = factories.UserFactory(
            kind=User.Kind.OPERATOR, username="bench-operator", email="bench-operator@example.com", is_staff=True
        )
        with transaction.atomic():
            credits.grant_bonus(
                advertiser=self.advertiser, credits=10**9, lot_kind="GOODWILL", key="bench:credits", at=datetime.now(UTC), reason="bench"
            )

    def launch(self, count: int, *, units: int) -> int:
        """Let `count` campaigns of so many units run; the number of the first."""
        from campaigns import services
        from campaigns.schemas import CampaignSpec

        first, at = self.launched + 1, datetime.now(UTC)
        for number in range(first, first + count):
            spec = CampaignSpec.model_validate({
                "type": "VISIT",
                "design": {"title": f"방문 {number}", "body": "", "landing_url": "https://shop.example.com/landing"},
                "details": {"dwell_seconds": DWELL_SECONDS},
                "reward": {"tickets": 1},
                "credit": {"unit_price": PRICE, "budget": units * PRICE, "daily_cap": units * PRICE},
                "setting": {"starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=2)},
            })  # fmt: skip
            with mock.patch("campaigns.services.submission.uuid.uuid4", return_value=mission_id(number)):
                campaign = services.submit_campaign(advertiser=self.advertiser, spec=spec, by=self.owner, at=at, key=f"bench-{number}")
            services.approve(campaign=campaign, by=self.operator, at=at)
        self.launched += count
        return first
