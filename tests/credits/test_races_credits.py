"""32 clients move the credits of one advertiser at once. Each race has its negative control: the same without the lock is not fair."""

from functools import partial

import pytest
from django.db import transaction

from credits import proof
from credits import services as credits
from credits.models import Entry, Hold, Lot
from tests.credits.book import accounts, lot, parts
from tests.credits.racing import CLIENTS, fair, race, same_answer, tally, without_the_lock

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def frozen(minji, at):
    """300 of Minji's 1,000 credits, set aside for refunds."""
    with transaction.atomic():
        credits.freeze_for_refund(
            advertiser=minji, order_id="minji-order", credits=300, bonus=0, promotion=0, subject="refund:1", key="f", at=at
        )


def place(advertiser, at, number, *, amount, key="campaign:{}:hold"):
    return credits.place_hold(
        advertiser=advertiser, credits=amount, subject=f"campaign:{number}", subject_label="봄 이벤트", key=key.format(number), at=at
    )


def freeze(advertiser, at, number, *, amount):
    return credits.freeze_for_refund(
        advertiser=advertiser,
        order_id="minji-order",
        credits=amount,
        bonus=0,
        promotion=0,
        subject=f"refund:{number}",
        key=f"refund:{number}:freeze",
        at=at,
    )


class TestTopUp:
    def top_up(self, advertiser, at, number, *, key="order:race:top_up"):
        return credits.top_up(advertiser=advertiser, credits=500, order_id="race", gateway="portone", key=key.format(number), at=at)

    def test_of_one_order_from_32_callers_credits_once_and_tells_everybody_the_same(self, minji, at):
        outcomes = race(partial(self.top_up, minji, at))
        assert same_answer(outcomes)
        assert accounts(minji) == (1_500, 0, 0)
        assert Entry.objects.filter(order_id="race").count() == Lot.objects.filter(order_id="race").count() == 1

    def test_of_one_order_under_32_keys_credits_once_and_refuses_the_rest(self, minji, at):
        outcomes = race(partial(self.top_up, minji, at, key="other:{}"))
        assert tally(outcomes) == {"won": 1, "credits.idempotency_conflict": CLIENTS - 1}
        assert accounts(minji) == (1_500, 0, 0)
        assert Entry.objects.filter(order_id="race").count() == Lot.objects.filter(order_id="race").count() == 1

    def test_without_the_lock_31_callers_do_not_get_the_answer(self, minji, at, monkeypatch):
        with without_the_lock(monkeypatch):
            outcomes = race(partial(self.top_up, minji, at))
        assert not same_answer(outcomes)
        # Only one PAID lot per order can exist; how many of the others break on it and how many come late is chance.
        assert tally(outcomes).get("IntegrityError", 0) > 0

    def test_of_32_orders_at_once_all_arrive(self, minji, at):
        def top_up(number):
            return credits.top_up(advertiser=minji, credits=10, order_id=f"o{number}", gateway="portone", key=f"o{number}", at=at)

        assert fair(race(top_up), winners=CLIENTS)
        assert accounts(minji) == (1_320, 0, 0)


class TestPlaceHold:
    def test_lets_ten_of_200_buyers_over_32_connections_take_the_last_credits(self, minji, at):
        outcomes = race(partial(place, minji, at, amount=100), attempts=200)
        assert fair(outcomes, winners=10)
        assert accounts(minji) == (0, 1_000, 0)
        assert Hold.objects.count() == 10
        assert {outcome.context["shortfall"] for outcome in outcomes if isinstance(outcome, credits.InsufficientCredits)} == {100}

    @pytest.mark.tampers
    def test_without_the_lock_the_same_race_is_not_fair(self, minji, at, monkeypatch):
        with without_the_lock(monkeypatch):
            outcomes = race(partial(place, minji, at, amount=100))
        assert not fair(outcomes, winners=10)
        assert tally(outcomes) == {"won": 10, "IntegrityError": CLIENTS - 10}  # only the last line of defence, the check, still held
        assert proof.run(["I4"]).differences  # ten entries, each of which believes to be the first

    def test_of_one_key_from_32_clicks_places_one_hold(self, minji, at):
        outcomes = race(lambda number: place(minji, at, 1, amount=100))
        assert same_answer(outcomes)
        assert (Hold.objects.count(), accounts(minji)) == (1, (900, 100, 0))

    def test_of_one_key_without_the_lock_does_not_answer_everybody(self, minji, at, monkeypatch):
        with without_the_lock(monkeypatch):
            outcomes = race(lambda number: place(minji, at, 1, amount=100))
        assert not same_answer(outcomes)
        # Whoever looks for the key after the first has written finds it; how many come so late is chance.
        assert set(tally(outcomes)) == {"won", "credits.idempotency_conflict"}

    def test_of_one_key_for_32_amounts_takes_one(self, minji, at):
        outcomes = race(lambda number: place(minji, at, 1, amount=number + 1))
        assert tally(outcomes) == {"won": 1, "credits.idempotency_conflict": CLIENTS - 1}
        assert accounts(minji)[1] == Hold.objects.get().placed

    def test_against_refunds_never_gives_the_same_credits_twice(self, minji, at):
        def attempt(number):
            return (place if number % 2 else freeze)(minji, at, number, amount=100)

        assert fair(race(attempt), winners=10)
        available, held, frozen = accounts(minji)
        assert (available, held + frozen) == (0, 1_000)

    @pytest.mark.tampers
    def test_against_refunds_without_the_lock_is_not_fair(self, minji, at, monkeypatch):
        with without_the_lock(monkeypatch):
            outcomes = race(lambda number: (place if number % 2 else freeze)(minji, at, number, amount=100))
        assert not fair(outcomes, winners=10)


class TestCaptureAndRelease:
    @staticmethod
    def attempt(hold, at, number):
        if number % 2:
            return credits.release(hold=hold, credits=20, key=f"campaign:1:release:{number}", at=at)
        return credits.capture(hold=hold, credits=20, reward_cost=5, key=f"campaign:1:capture:{number}", at=at)

    def test_take_no_more_than_is_held(self, minji, hold, at):
        assert fair(race(partial(self.attempt, hold, at)), winners=15)
        hold.refresh_from_db()
        assert (hold.captured + hold.released, hold.open) == (300, 0)
        assert accounts(minji) == (700 + hold.released, 0, 0)
        assert parts(lot("minji-order")).get("used", 0) == hold.captured

    @pytest.mark.tampers
    def test_without_the_lock_the_same_race_is_not_fair(self, minji, hold, at, monkeypatch):
        with without_the_lock(monkeypatch):
            outcomes = race(partial(self.attempt, hold, at))
        assert not fair(outcomes, winners=15)
        assert proof.run(["I4"]).differences

    def test_of_one_key_capture_once(self, minji, hold, at):
        outcomes = race(lambda number: credits.capture(hold=hold, credits=20, reward_cost=5, key="campaign:1:capture:20", at=at))
        assert same_answer(outcomes)
        assert accounts(minji) == (700, 280, 0)

    def test_of_one_key_without_the_lock_do_not_answer_everybody(self, minji, hold, at, monkeypatch):
        with without_the_lock(monkeypatch):
            outcomes = race(lambda number: credits.capture(hold=hold, credits=20, reward_cost=5, key="campaign:1:capture:20", at=at))
        assert not same_answer(outcomes)


class TestFreezeAndReclaim:
    @staticmethod
    def reclaim(advertiser, at, number):
        return credits.reclaim(
            advertiser=advertiser,
            order_id="minji-order",
            credits=20,
            bonus=0,
            promotion=0,
            gateway="portone",
            key=f"refund:{number}:reclaim",
            at=at,
        )

    def test_two_refunds_never_set_the_same_credits_aside(self, minji, at):
        assert fair(race(partial(freeze, minji, at, amount=60)), winners=16)
        assert accounts(minji) == (40, 0, 960)

    @pytest.mark.tampers
    def test_freezing_without_the_lock_is_not_fair(self, minji, at, monkeypatch):
        with without_the_lock(monkeypatch):
            outcomes = race(partial(freeze, minji, at, amount=60))
        assert not fair(outcomes, winners=16)
        assert proof.run(["I4"]).differences

    def test_no_more_leaves_than_was_frozen(self, minji, frozen, at):
        assert fair(race(partial(self.reclaim, minji, at)), winners=15)
        assert accounts(minji) == (700, 0, 0)
        assert parts(lot("minji-order")) == {"granted": 1_000, "available": 700, "returned": 300}

    @pytest.mark.tampers
    def test_reclaiming_without_the_lock_is_not_fair(self, minji, frozen, at, monkeypatch):
        with without_the_lock(monkeypatch):
            outcomes = race(partial(self.reclaim, minji, at))
        assert not fair(outcomes, winners=15)
        assert proof.run(["I4"]).differences
