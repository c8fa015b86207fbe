"""A shop to try things on: one brand, coffee for 4,500 won that costs us 4,230, and the supplier on a real socket."""

import pytest
from django.db import transaction

from common import effects, handlers
from credits import services as credits
from rewards import gifticons
from rewards.models import Gifticon, GifticonBrand, GifticonOrder, Member
from tests.identity.conftest import identity_sandbox
from tests.rewards.raffle_world import tickets_of

COFFEE, COFFEE_FACE, COFFEE_COST, COFFEE_TICKETS = "G00000300001", 4_500, 4_230, 450


def brand(code="BR00101", name="브루데이", category="커피"):
    return GifticonBrand.objects.get_or_create(code=code, defaults={"name": name, "category": category})[0]


def gifticon(at, *, code=COFFEE, name="따뜻한 아메리카노", **facts):
    facts = {"brand": facts.pop("brand", None) or brand(), "face_krw": COFFEE_FACE, "cost_krw": COFFEE_COST, "valid_days": 30, **facts}
    return Gifticon.objects.create(code=code, name=name, imported_at=at, **facts)


def known_member(member, at, *, tickets=1_000, person="ab"):
    """A member who proved who they are and has tickets."""
    Member.objects.filter(pk=member.pk).update(person_hash=person * 32)
    with transaction.atomic():
        credits.grant(member_id=member.pk, amount=tickets, kind="ISSUED", key=f"test:gifticon:{member.pk}", at=at)
    return member


def press(member, item, *, tickets=COFFEE_TICKETS, key="one", at):
    return gifticons.exchange(member=member, gifticon=item.public_id, tickets=tickets, key=key, at=at)


def fresh(order):
    return GifticonOrder.objects.get(pk=order.pk)


def work(at):
    """Carry out what is due at this moment."""
    return effects.run_due(at=at)


class Supplier:
    """The supplier's own book, and how to make it misbehave."""

    def __init__(self, sandbox):
        self.sandbox = sandbox

    @property
    def coupons(self):
        return self.sandbox.control("GET", "/gifts")["coupons"]

    @property
    def live(self):
        """Coupons that somebody could use."""
        return [coupon for coupon in self.coupons if coupon["status"] == "01"]

    @property
    def balance(self):
        return self.sandbox.control("GET", "/gifts")["balance"]

    def fault(self, path, kind, **rule):
        self.sandbox.control("POST", "/faults", {"service": "giftishow", "path": path, "kind": kind, **rule})

    def good(self, code=COFFEE, **facts):
        self.sandbox.control("POST", f"/gifts/goods/{code}", facts)

    def money(self, amount):
        self.sandbox.control("POST", "/gifts/money", {"amount": amount})

    def happens(self, tr_id, what):
        self.sandbox.control("POST", f"/gifts/coupons/{tr_id}/{what}")

    def calls(self, path):
        calls = self.sandbox.control("GET", "/calls", service="giftishow", path=path)["calls"]
        return [call for call in calls if call["path"] == path]


@pytest.fixture
def supplier(identity_sandbox, settings):
    """An empty book at the supplier, which the product's settings point to."""
    handlers.load()
    identity_sandbox.reset()
    settings.GIFTISHOW_URL = f"{identity_sandbox.base_url}/giftishow"
    return Supplier(identity_sandbox)


@pytest.fixture
def coffee(db, at):
    return gifticon(at)


@pytest.fixture
def buyer(suji, at):
    """Suji, who proved who she is, with a thousand tickets."""
    return known_member(suji, at)


__all__ = [
    "COFFEE", "COFFEE_COST", "COFFEE_FACE", "COFFEE_TICKETS", "brand", "buyer", "coffee", "fresh", "gifticon", "identity_sandbox",
    "known_member", "press", "supplier", "tickets_of", "work",
]  # fmt: skip
