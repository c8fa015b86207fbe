"""Charging reserved credits."""

from datetime import timedelta

import pytest

from credits import services as credits
from credits.models import Hold, HoldPart
from tests.credits.book import accounts, house, lines, lot, nothing_written, parts

pytestmark = pytest.mark.usefixtures("ledger")


class TestCapture:
    def test_moves_held_credits_to_reward_cost_and_revenue(self, minji, hold, at):
        entry = credits.capture(hold=hold, credits=100, reward_cost=30, key="campaign:1:capture:100", at=at)
        assert lines(entry) == [("HELD", "PAID", -100, 200), ("REWARD_COST", "PAID", 30, None), ("REVENUE", "PAID", 70, None)]
        assert (entry.kind, entry.hold, entry.subject) == ("CAPTURE", hold, "campaign:1")
        found = Hold.objects.get(pk=hold.pk)
        assert (found.placed, found.captured, found.released, found.open) == (300, 100, 0, 200)
        assert accounts(minji) == (700, 200, 0)
        assert parts(lot("minji-order")) == {"granted": 1_000, "available": 700, "held": 200, "used": 100}

    @pytest.mark.parametrize(("cost", "revenue"), [(0, 100), (100, 0), (1, 99)])
    def test_splits_to_the_last_won(self, hold, at, cost, revenue):
        credits.capture(hold=hold, credits=100, reward_cost=cost, key="c", at=at)
        assert (house("REWARD_COST"), house("REVENUE")) == (cost, revenue)

    def test_follows_the_order_of_use_over_the_parts(self, minji, bonus, at):
        hold = credits.place_hold(advertiser=minji, credits=150, subject="campaign:1", subject_label="x", key="h", at=at)
        entry = credits.capture(hold=hold, credits=120, reward_cost=110, key="c", at=at)
        assert lines(entry) == [
            ("HELD", "BONUS", -100, 50),
            ("REWARD_COST", "BONUS", 100, None),
            ("HELD", "PAID", -20, 30),
            ("REWARD_COST", "PAID", 10, None),
            ("REVENUE", "PAID", 10, None),
        ]
        captured = HoldPart.objects.filter(hold=hold).order_by("pk").values_list("placed", "captured", "released")
        assert list(captured) == [(100, 100, 0), (50, 20, 0)]

    def test_charges_what_was_held_before_its_lot_expired(self, minji, hold, at):
        entry = credits.capture(hold=hold, credits=300, reward_cost=0, key="c", at=at + timedelta(days=4_000))
        assert lines(entry) == [("HELD", "PAID", -300, 0), ("REVENUE", "PAID", 300, None)]

    def test_never_charges_over_the_hold(self, hold, at):
        credits.capture(hold=hold, credits=200, reward_cost=0, key="c1", at=at)
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            credits.capture(hold=hold, credits=101, reward_cost=0, key="c2", at=at)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 1}
        credits.capture(hold=hold, credits=100, reward_cost=0, key="c2", at=at)
        assert Hold.objects.get(pk=hold.pk).open == 0

    def test_never_charges_what_another_hold_reserved(self, minji, hold, at):
        other = credits.place_hold(advertiser=minji, credits=50, subject="campaign:2", subject_label="y", key="h2", at=at)
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            credits.capture(hold=other, credits=60, reward_cost=0, key="c", at=at)
        assert refusal.value.context["shortfall"] == 10

    def test_returns_the_first_entry_for_a_repeat_and_refuses_another_movement(self, minji, hold, at):
        first = credits.capture(hold=hold, credits=100, reward_cost=30, key="c", at=at)
        other = credits.place_hold(advertiser=minji, credits=100, subject="campaign:2", subject_label="y", key="h2", at=at)
        with nothing_written():
            assert credits.capture(hold=hold, credits=100, reward_cost=30, key="c", at=at) == first
            for change in ({"credits": 99}, {"reward_cost": 31}, {"hold": other}):
                with pytest.raises(credits.IdempotencyConflict):
                    credits.capture(**{"hold": hold, "credits": 100, "reward_cost": 30, "key": "c", "at": at} | change)

    @pytest.mark.parametrize(("amount", "cost"), [(0, 0), (-1, 0), (10, 11), (10, -1), (True, 0)])
    def test_takes_sensible_numbers_only(self, hold, at, amount, cost):
        with nothing_written(), pytest.raises(ValueError):
            credits.capture(hold=hold, credits=amount, reward_cost=cost, key="c", at=at)
