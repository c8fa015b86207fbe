"""The people of a storm, made straight in its database before the wind rises: they are signed in already and have no money."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from bench.visitor import Away


@dataclass(frozen=True)
class Owner:
    """The owner of one advertiser."""

    advertiser_id: int
    name: str
    cookies: dict[str, str]


@dataclass(frozen=True)
class Player:
    """A member of the reward app."""

    member_id: int
    user_id: int


@dataclass(frozen=True)
class Town:
    """Everybody. operator: the cookies of somebody who reviews campaigns; finance: of somebody who decides refunds."""

    owners: tuple[Owner, ...]
    players: tuple[Player, ...]
    operator: dict[str, str]
    finance: dict[str, str]


def connect(*, database_url: str, environment: dict[str, str]) -> None:
    """Let this process use the product's models on that database. Call once, before anything of Django is imported."""
    os.environ.update({**environment, "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "config.settings"})
    import django

    django.setup()


TOKEN_SECONDS = 200  # a token lives five minutes
_tokens: dict[int, tuple[float, str]] = {}
_making = threading.Lock()


def access_token(player: Player) -> str:
    """
    The member's access token, as their app would hold it after signing in. `connect` was called.

    :raises Away: the database is being killed.
    """
    made_at, token = _tokens.get(player.user_id, (float("-inf"), ""))
    if time.monotonic() > made_at + TOKEN_SECONDS:
        # Only importable now that Django is set up.
        from allauth.headless.tokens.strategies.jwt.internal import create_access_token
        from django.contrib.sessions.backends.db import SessionStore
        from django.db import Error as DatabaseAway
        from django.db import connection

        from identity.models import User
        from identity.tokens import MemberTokens

        with _making:
            try:
                user = User.objects.get(pk=player.user_id)
                session = SessionStore()
                session.save()
                token = create_access_token(user, session, MemberTokens().get_claims(user))
            except DatabaseAway as away:
                raise Away(repr(away)) from away
            finally:
                connection.close()  # the next one may find a database that was killed in between
        _tokens[player.user_id] = (time.monotonic(), token)
    return token


def settle(*, owners: int, players: int) -> Town:
    """Make the people. `connect` was called."""
    # The product's models can be imported only now that Django is set up.
    from django.utils import timezone

    from backoffice import rights
    from identity.models import StepUpGrant, User
    from payments.models import Offer
    from payments.services import ensure_packages
    from tests import factories
    from tests.signing_in import browser, step_up

    ensure_packages()
    now = timezone.now()
    groups = rights.ensure_groups()
    desks = {}
    for name, role in (("operator", rights.REVIEWER), ("finance", rights.FINANCE)):
        user = factories.UserFactory(kind=User.Kind.OPERATOR, username=name, email=f"{name}@example.com", is_staff=True, name=name)
        user.groups.set([groups[role]])
        desks[name] = {key: morsel.value for key, morsel in browser(user).cookies.items()}
    Offer.objects.create(
        name="폭풍 보너스", from_credits=300_000, percent=Decimal(10), budget_credits=10**9, created_by=user,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=30),
    )  # fmt: skip
    shops = []
    for number in range(owners):
        membership = factories.MembershipFactory(
            advertiser__name=f"가게 {number}", user__username=f"owner{number}", user__email=f"owner{number}@example.com"
        )
        person = step_up(browser(membership.user), membership.user, StepUpGrant.Purpose.REFUND)
        cookies = {key: morsel.value for key, morsel in person.cookies.items()}
        shops.append(Owner(membership.advertiser_id, membership.advertiser.name, cookies))
    StepUpGrant.objects.update(expires_at=timezone.now() + timedelta(days=1))  # a storm outlasts ten minutes
    members = [factories.MemberFactory() for _ in range(players)]
    return Town(
        owners=tuple(shops),
        players=tuple(Player(member.pk, member.user_id) for member in members),
        operator=desks["operator"],
        finance=desks["finance"],
    )


def has_refunded() -> bool:
    """Whether a refund that was asked for and decided came to its end at the card company; False when nobody answers."""
    from django.db import DatabaseError, connection

    from payments.models import Refund

    try:
        return Refund.objects.filter(state="DONE", source="ADVERTISER", way="CARD", decided_by__isnull=False).exists()
    except DatabaseError:
        connection.close()  # it was killed
        return False
