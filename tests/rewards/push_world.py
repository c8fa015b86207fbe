"""Phones, a push company on a real socket, and a clock that can be put anywhere."""

from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from django.db import transaction

from common import effects, handlers
from common.kst import SEOUL
from identity import consents
from rewards import push
from rewards.models import Device, PushDelivery
from rewards.push import fcm
from rewards.push.devices import DeviceIn
from tests.identity.conftest import identity_sandbox

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=SEOUL)
EVENING, NIGHT, MORNING = NOON.replace(hour=20, minute=59), NOON.replace(hour=23), NOON.replace(hour=8) + timedelta(days=1)


class Company:
    """What FCM has, and how it misbehaves. Its own clock is the real one."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    @property
    def messages(self):
        return self.sandbox.control("GET", "/fcm/messages")["messages"]

    @property
    def tokens(self):
        return [message["token"] for message in self.messages]

    def calls(self, path):
        return self.sandbox.control("GET", "/calls", service="fcm", path=path)["calls"]

    def fault(self, kind, **rule):
        self.sandbox.control("POST", "/faults", {"service": "fcm", "kind": kind, **rule})

    def sign_out(self):
        self.sandbox.control("POST", "/fcm/sign-out")


@pytest.fixture
def company(identity_sandbox, settings):
    """An empty book at the push company, which knows our public key and to which the product's settings point."""
    handlers.load()
    identity_sandbox.reset()
    settings.FCM_URL = f"{identity_sandbox.base_url}/fcm"
    settings.FCM_TOKEN_URL = f"{identity_sandbox.base_url}/fcm/token"
    private = serialization.load_pem_private_key(settings.FCM_PRIVATE_KEY.encode(), password=None)
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    identity_sandbox.control("POST", "/fcm/key", {"public_key": pem.decode()})
    fcm.forget_token()
    return Company(identity_sandbox)


class Clock:
    """The product's clock, as `common.clock` would shift it."""

    def __init__(self):
        self.now = NOON

    def __call__(self):
        return self.now

    def work(self, now=None):
        """Carry out what is due at a moment."""
        self.now = now or self.now
        return effects.run_due(at=self.now)


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("django.utils.timezone.now", made)
    return made


def phone(member, token="ok-1", *, at=NOON, **facts):
    told = DeviceIn(number=facts.pop("number", f"phone-{token}-0001"), token=f"{token}-token", platform="ANDROID", **facts)
    return push.register(member=member, told=told, at=at)


def tell(member, *, key="event:1", at=NOON, **facts):
    words = {"title": "미션이 확정됐어요", "body": "티켓 3장을 받았어요.", "url": "/luckffle/", **facts}
    with transaction.atomic():
        return push.tell(member_id=member.pk, key=key, at=at, **words)


def wants(member, kind="MARKETING", *, given=True, at=NOON - timedelta(days=1)):
    with transaction.atomic():
        consents.change(user=member.user, kind=kind, given=given, at=at)


def states():
    """What became of every delivery, in the order of their making."""
    return list(PushDelivery.objects.order_by("pk").values_list("state", flat=True))


def tokens_left():
    return sorted(Device.objects.values_list("token", flat=True))


__all__ = [
    "EVENING", "MORNING", "NIGHT", "NOON", "clock", "company", "identity_sandbox", "phone", "states", "tell", "tokens_left", "wants",
]  # fmt: skip
