"""Many at once, and workers that die: the same press, two devices, the last item, the last tickets. Each with its control."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from common import effects
from common.models import Effect
from rewards.gifticons import ordering
from rewards.models import Gifticon, GifticonOrder
from tests import factories
from tests.live import ROOT, database_url
from tests.rewards.gifticon_world import (
    buyer,
    coffee,
    fresh,
    gifticon,
    identity_sandbox,
    known_member,
    press,
    supplier,
    tickets_of,
    work,
)  # fmt: skip
from tests.rewards.test_races_raffles import together

__all__ = ["buyer", "coffee", "identity_sandbox", "supplier"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def buyers(transactional_db, at):
    """Eight members who can each pay for two."""
    return [known_member(factories.MemberFactory(), at, person=f"{number:02x}") for number in range(8)]


class TestPressing:
    def test_usr_10_the_same_press_from_sixteen_devices_is_one_order(self, coffee, buyer, at):
        outcomes = together(lambda _: press(buyer, coffee, at=at).pk)
        assert (len(set(outcomes)), GifticonOrder.objects.count(), tickets_of(buyer)) == (1, 1, 550)

    def test_two_of_sixteen_presses_take_the_last_tickets(self, coffee, buyer, at):
        outcomes = together(lambda number: press(buyer, coffee, key=str(number), at=at).state)
        assert (outcomes.count("HELD"), outcomes.count("credits.insufficient"), tickets_of(buyer)) == (2, 14, 100)

    def test_the_last_item_goes_to_one_of_eight(self, coffee, buyers, at):
        Gifticon.objects.update(stock=1)
        outcomes = together(lambda number: press(buyers[number], coffee, at=at).state, clients=8)
        assert (outcomes.count("HELD"), outcomes.count("gifticon.sold_out"), Gifticon.objects.get().stock) == (1, 7, 0)
        assert sorted(map(tickets_of, buyers)) == [550, *[1_000] * 7]

    def test_without_the_check_in_the_write_the_last_item_would_go_to_many(self, coffee, buyers, at, monkeypatch):
        """The control: looked at first and taken afterwards, as one would write it without thinking."""
        press(buyers[2], gifticon(at, code="G00000300002"), at=at)  # the house's account is there: nobody waits for its making
        Gifticon.objects.filter(pk=coffee.pk).update(stock=1)
        looked = threading.Barrier(2)

        def careless(item, member_id, *, at, **facts):
            seen = Gifticon.objects.get(pk=item.pk).stock
            looked.wait(timeout=20)
            Gifticon.objects.filter(pk=item.pk, stock__gte=seen - 1).update(stock=F("stock") * 0)
            return GifticonOrder.objects.create(
                gifticon=item, member_id=member_id, tr_id=ordering._tr_id(at), cost_krw=1, value_krw=0, ordered_at=at, **facts
            )

        monkeypatch.setattr(ordering, "_write", careless)
        outcomes = together(lambda number: press(buyers[number], coffee, at=at).state, clients=2)
        assert outcomes.count("HELD") == 2  # one item, two orders


class TestAWorkerThatIsKilled:
    """A real process, killed without warning while the supplier is being called."""

    @pytest.fixture
    def now(self):
        return timezone.now()

    @pytest.fixture
    def order(self, supplier, suji, now):
        return press(known_member(suji, now), gifticon(now), at=now)

    def kill_while(self, supplier, is_there):
        """Start a worker, and kill it at the moment when the supplier's book shows what is waited for."""
        environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DJANGO_ALLOW_ASYNC_UNSAFE", "CI")},
            "ENVIRONMENT": "test", "DATABASE_URL": database_url(), "GIFTISHOW_URL": f"{supplier.sandbox.base_url}/giftishow",
        }  # fmt: skip
        worker = subprocess.Popen([sys.executable, "manage.py", "run_effects", "--once"], cwd=ROOT, env=environment)
        try:
            deadline = time.monotonic() + 60
            while not is_there():
                assert worker.poll() is None, "the worker ended before it could be killed"
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            os.kill(worker.pid, signal.SIGKILL)
            worker.wait()

    def resolve(self, now):
        """The lease runs out, and others go on."""
        for seconds in (91, 160, 300):
            work(now + timedelta(seconds=seconds + 60))

    def test_usr_10_after_the_coupon_was_made_leaves_that_one_coupon(self, supplier, order, suji, now):
        supplier.fault("/send", "timeout", when="after", seconds=30)
        self.kill_while(supplier, lambda: supplier.coupons)
        assert (fresh(order).state, Effect.objects.get(key=f"gifticon:{order.public_id}").state) == ("ORDERED", "SENT")
        self.resolve(now)
        [coupon] = supplier.coupons
        assert (fresh(order).state, coupon["tr_id"], coupon["status"]) == ("DELIVERED", order.tr_id, "01")
        assert (tickets_of(suji), len(supplier.calls("/send"))) == (550, 1)

    def test_usr_10_before_anything_was_made_brings_the_tickets_back(self, supplier, order, suji, now):
        supplier.fault("/send", "timeout", when="before", seconds=30)
        self.kill_while(supplier, lambda: supplier.calls("/send"))
        self.resolve(now)
        assert (fresh(order).state, tickets_of(suji), supplier.coupons, len(supplier.calls("/send"))) == ("FAILED", 1_000, [], 1)

    def test_asked_blindly_again_there_would_be_two_calls(self, supplier, order, suji, now, monkeypatch):
        """The control: a handler that sends whatever happened before would call twice; the supplier's book would say so."""
        supplier.fault("/send", "timeout", when="after", seconds=30)
        self.kill_while(supplier, lambda: supplier.coupons)
        blind = effects.handlers()["rewards.gifticon_issue"]
        GifticonOrder.objects.filter(pk=order.pk).update(state="HELD")  # as if nobody had written that it was called
        monkeypatch.setattr(type(blind), "ask", lambda self, effect: self.send(effect))
        work(now + timedelta(seconds=151))
        assert len(supplier.calls("/send")) == 2
