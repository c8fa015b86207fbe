"""
Twelve secrets and personal values walk through the running product: sign-ins, an order, webhooks, the app's door, a database that refuses.
None of them stands afterwards in a log of any process, in the queue, in an effect, in a mail, or in an answer to somebody else.
"""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from lxml import html

from common.models import Effect
from identity.models import User
from payments import services
from tests import factories
from tests.common.test_masking import PLANTED
from tests.live import ROOT, LiveProduct, database_url
from tests.payments.conftest import Buyer
from tests.payments.messages import SECRET, event, post
from tests.tools import free_port

TYPED = {"mail", "phone as kept", "phone as written"}  # a refused form shows what the person has just typed into it
PRIVATE = b'{"card":"4111-1111-1111-1111","number":"4111111111111111","rrn":"900101-2345678","customer":{"name":"%s","phone":"%s"}}'


def found_in(text: str, *, but: set[str] | frozenset[str] = frozenset()) -> list[str]:
    """The planted values that stand in a text."""
    return [what for what, value in PLANTED.items() if what not in but and value in text]


@pytest.fixture
def product(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[LiveProduct]:
    """Web, relay and worker that know the planted secrets as their own."""
    url = database_url().replace("@", f":{PLANTED['database password']}@", 1)
    told = {"PORTONE_WEBHOOK_SECRETS": f"{PLANTED['webhook secret']},{SECRET}", "EMAIL_BACKEND": "common.messaging.InboxEmailBackend"}
    started = LiveProduct(folder=tmp_path, database_url=url, workers=1, queue_worker=True, environment=told).start()
    settings.PORTONE_BASE_URL = started.sandbox.portone_url
    yield started
    started.stop()


@pytest.fixture
def planted(product: LiveProduct) -> User:
    """The owner of an advertiser, whose every private value is a planted one."""
    names = {"name": PLANTED["name"], "email": PLANTED["mail"], "phone": PLANTED["phone as kept"]}
    user = factories.MembershipFactory(user__username="planted", **{f"user__{name}": value for name, value in names.items()}).user
    User.objects.filter(pk=user.pk).update(password=make_password(PLANTED["password"]))
    return user


class Walk:
    """A walk through the doors. answers: what strangers were told, each with what they had typed themselves."""

    def __init__(self, product: LiveProduct) -> None:
        self.product, self.answers = product, list[tuple[str, str, set[str]]]()
        self.client = httpx.Client(base_url=product.origin, follow_redirects=True, timeout=60, trust_env=False)

    def ask(self, method: str, path: str, *, typed: set[str] | frozenset[str] = frozenset(), **options: Any) -> httpx.Response:
        answer = self.client.request(method, path, **options)
        self.answers.append((f"{method} {path} {answer.status_code}", answer.text + repr(answer.headers), set(typed)))
        return answer

    def sign_in(self, entrance: str, login: str, password: str) -> httpx.Response:
        page = self.ask("GET", entrance)
        [form] = [form for form in html.fromstring(page.text).forms if "password" in form.fields]
        data = {"csrfmiddlewaretoken": form.fields["csrfmiddlewaretoken"], "login": login, "password": password}
        return self.ask("POST", entrance, typed=TYPED, data=data, headers={"Referer": self.product.origin + entrance})

    def webhook(self, body: bytes, *, secret: str, **changed: str) -> int:
        message = post(body, secret=secret, **changed)
        return self.ask("POST", message["path"], content=message["data"], headers=message["headers"]).status_code


def until(condition: Any, *, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.2)


@pytest.mark.xdist_group("live")
class TestPlantedValues:
    def test_are_twelve(self) -> None:
        assert len(set(PLANTED.values())) == 12

    def test_walk_through_the_product_and_stand_nowhere(self, product: LiveProduct, planted: User, tmp_path: Path) -> None:
        walk = Walk(product)
        self._knock(walk)
        order = self._pay(product, planted)
        assert walk.webhook(event(order.order_id), secret=PLANTED["webhook secret"]) == 200
        until(lambda: Effect.objects.filter(state=Effect.State.DONE, kind="identity.mail").exists())
        letters = product.sandbox.control("GET", "/inbox")["messages"]
        broken = self._a_database_that_refuses(product)

        logs = {path.name: path.read_text(errors="replace") for path in tmp_path.glob("*.log") if path.name != "sandbox.log"}
        assert {"web.log", "relay.log", "worker.log"} <= set(logs)
        assert "/nowhere/?token=***&card=***&mail=***" in logs["web.log"], "hidden, not left out"
        assert {name: found for name, text in logs.items() if (found := found_in(text))} == {}
        queue = [path for path in (tmp_path / "queue").rglob("*") if path.is_file()]
        assert [path.name for path in queue if found_in(_readable(path.read_bytes()))] == []
        assert [row.key for row in Effect.objects.all() if found_in(f"{row.key} {row.ids} {row.detail}")] == []
        assert letters
        assert [letter for letter in letters if found_in(f"{letter.get('subject')} {letter['body']}", but={"name"})] == []
        assert [(where, found) for where, text, typed in walk.answers if (found := found_in(text, but=typed))] == []
        assert "connection" in broken
        assert found_in(broken) == []

    def _knock(self, walk: Walk) -> None:
        """Refusals of every kind, each with private values in it."""
        assert walk.sign_in("/accounts/login/", PLANTED["mail"], "wrong-but-" + PLANTED["password"]).status_code == 422
        walk.sign_in("/luckffle/login/", PLANTED["phone as written"], PLANTED["password"])
        walk.sign_in("/luckffle/login/", PLANTED["phone as kept"], PLANTED["password"])
        walk.ask("GET", "/dashboard/", headers={"Cookie": f"boost_advertiser={PLANTED['session']}"})
        walk.ask("GET", f"/nowhere/?token={PLANTED['app token']}&card={PLANTED['card']}&mail={PLANTED['mail']}")
        headers = {"Authorization": f"Bearer {PLANTED['app token']}"}
        assert walk.ask("GET", "/api/luckffle/v1/missions", headers=headers).status_code == 401
        body = {"phone": PLANTED["phone as kept"], "password": PLANTED["password"]}
        walk.ask("POST", "/api/luckffle/v1/auth/app/v1/auth/login", json=body)
        private = PRIVATE % (PLANTED["name"].encode(), PLANTED["phone as written"].encode())
        assert walk.webhook(private, secret=PLANTED["webhook secret"], signature="v1," + base64.b64encode(bytes(32)).decode()) >= 400
        assert walk.webhook(private, secret=PLANTED["webhook secret"]) < 500

    def _pay(self, product: LiveProduct, planted: User) -> Any:
        """An order of this person, paid at the payment company, which is told the name, mail and phone."""
        package, now = services.ensure_packages()[0], timezone.now()
        order = services.create_order(advertiser=planted.memberships.get().advertiser, package=package, by=planted, at=now, key="planted")
        services.open_window(order=order, at=now)
        order.refresh_from_db()
        Buyer(product.sandbox).pays(order, paid_at=now)
        return order

    def _a_database_that_refuses(self, product: LiveProduct) -> str:
        """What a command says when nobody listens at the address with the password in it."""
        url = f"postgresql://boost:{PLANTED['database password']}@127.0.0.1:{free_port()}/boost"
        told = {**os.environ, **product.environment, "DATABASE_URL": url}
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_ledger"], cwd=ROOT, env=told, capture_output=True, text=True, timeout=180, check=False
        )
        assert done.returncode != 0
        return done.stdout + done.stderr


def _readable(message: bytes) -> str:
    """A message of the filesystem queue, with its body in clear."""
    text = message.decode(errors="replace")
    try:
        return text + base64.b64decode(json.loads(text)["body"]).decode(errors="replace")
    except (ValueError, KeyError, TypeError):
        return text


class TestTheSearch:
    def test_sees_a_planted_value_in_a_message_of_the_queue(self) -> None:
        body = base64.b64encode(f'[["{PLANTED["mail"]}"], {{}}, {{}}]'.encode()).decode()
        assert found_in(_readable(f'{{"body": "{body}"}}'.encode())) == ["mail"]
