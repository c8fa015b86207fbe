"""A whole member's life through JSON alone: no page is opened, nothing is done for the member behind the doors."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from campaigns import services as campaigns
from common import effects
from common.models import DatedSetting
from credits import services as credits
from identity.models import IdentityCheck
from rewards.models import Member
from tests.app import Phone
from tests.campaigns.conftest import spec_of
from tests.factories import PASSWORD
from tests.identity.conftest import identity_sandbox, outside
from tests.rewards.gifticon_world import gifticon, supplier
from tests.rewards.raffle_world import opened

__all__ = ["identity_sandbox", "outside", "supplier"]
NUMBER, DIGITS = "010-5555-0202", "01055550202"
COFFEE = 45  # tickets, where one is worth 100 won


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def mission(minji, minji_user, operator, now):
    """One mission that brings enough for a coffee; a ticket is worth 100 won."""
    DatedSetting.objects.create(name="rewards.ticket_cost_krw", value=100, effective_from=now - timedelta(days=1), reason="test")
    with transaction.atomic():
        credits.top_up(advertiser=minji, credits=20_000, order_id="more", gateway="portone", key="more", at=now)
    begins = now - timedelta(minutes=1)
    spec = spec_of(begins, tickets=COFFEE, unit_price=5_000, budget=20_000)
    submitted = campaigns.submit_campaign(advertiser=minji, spec=spec, by=minji_user, at=begins, key="life")
    return campaigns.approve(campaign=submitted, by=operator, at=begins)


def sign_up(outside, **more):
    sent = Phone().post("/signup/code", {"phone": NUMBER}).json()
    outside.works()
    held = {"code": sent["code"], "secret": sent["secret"], "digits": outside.digits(DIGITS)}
    assert Phone().post("/signup/prove", held).status_code == 204
    answer = {"secret": sent["secret"], "nickname": "새친구", "password": PASSWORD, "is_14": True, "terms": True, "privacy": True}
    assert Phone().post("/signup", answer | more).status_code == 201
    return sign_in()


def sign_in():
    return Phone(token=Phone().post("/auth/login", {"phone": NUMBER, "password": PASSWORD}).json()["meta"]["access_token"])


def prove_oneself(phone, outside):
    started = phone.post("/identity/start").json()
    check = IdentityCheck.objects.get(public_id=started["id"])
    outside.sandbox.control("POST", "/identities", {"request": started["parameters"]})
    outside.decides(check, "minji")
    assert phone.post("/identity/complete", {"id": started["id"]}).json() == {"state": "VERIFIED"}


class TestAWholeLife:
    def test_s_95_is_lived_through_json_alone(self, supplier, outside, mission, operator, finance, now):
        coffee = gifticon(now)
        raffle = opened(now - timedelta(minutes=1), by=operator, funder=finance, closes_at=now + timedelta(days=1))
        phone = sign_up(outside, marketing=True)
        assert {row["kind"] for row in phone.get("/agreements").json() if row["given"]} == {"TERMS", "PRIVACY", "MARKETING"}
        assert phone.call("patch", "/me", {"region": "SEOUL", "nickname": "럭키수지"}).status_code == 200

        assert phone.post("/attendance").json()["streak"] == 1
        assert phone.get("/today").json()["earnable"] == COFFEE
        [card] = phone.get("/missions").json()["items"]
        started = phone.post(f"/missions/{card['id']}/start").json()
        phone.open(started)
        with time_machine.travel(timezone.now() + timedelta(seconds=12), tick=True):
            assert phone.confirm(started).json()["state"] == "REWARDED"
        assert phone.get("/wallet").json()["tickets"] == COFFEE + 1
        assert phone.post(f"/participations/{started['id']}/claim").json()["decision"] == "HERE"
        assert len(phone.get(f"/participations/{started['id']}/timeline").json()["moments"]) >= 3

        key = {"Idempotency-Key": "life-raffle-1"}
        assert phone.call("post", f"/raffles/{raffle.public_id}/entries", {"chances": 1}, **key).json()["tickets"] == 1
        assert phone.get(f"/raffles/{raffle.public_id}").json()["mine"] == 1

        wish, key = {"tickets": COFFEE, "password": PASSWORD}, {"Idempotency-Key": "life-coffee-1"}
        refused = phone.call("post", f"/shop/gifticons/{coffee.public_id}/exchange", wish, **key)
        assert refused.json()["code"] == "gifticon.identity_needed"
        prove_oneself(phone, outside)
        made = phone.call("post", f"/shop/gifticons/{coffee.public_id}/exchange", wish, **key)
        assert made.status_code == 201
        effects.run_due(at=timezone.now())
        assert phone.get(f"/shop/orders/{made.json()['id']}").json()["state"] == "DELIVERED"
        assert [line["what"] for line in phone.get("/wallet/lines").json()["items"]] == ["기프티콘 교환", "래플 응모", "미션", "출석"]

        assert phone.post("/me/data").status_code == 201
        effects.run_due(at=timezone.now())
        assert phone.get("/me/data/file").json()["회원"]["별명"] == "럭키수지"
        assert phone.post("/me/leave", {"password": PASSWORD}).status_code == 204
        assert phone.get("/me").json()["code"] == "member.inactive"
        assert not Member.objects.get().is_active
