"""Giving reserved credits back."""

from datetime import timedelta

import pytest

from credits import services as credits
from credits.models import Hold
from tests.credits.book import accounts, house, lines, lot, nothing_written, parts

pytestmark = pytest.mark.usefixtures("ledger")


class TestRelease:
    def test_moves_held_credits_back_to_available(self, minji, hold, at):
        entry = credits.release(hold=hold, credits=120, key="campaign:1:release:120", at=at)
        assert lines(entry) == [("HELD", "PAID", -120, 180), ("AVAILABLE", "PAID", 120, 820)]
        assert (entry.kind, entry.hold) == ("RELEASE", hold)
        found = Hold.objects.get(pk=hold.pk)
        assert (found.placed, found.captured, found.released, found.open) == (300, 0, 120, 180)
        assert accounts(minji) == (820, 180, 0)
        assert parts(lot("minji-order")) == {"granted": 1_000, "available": 820, "held": 180}

    def test_lets_what_came_from_an_expired_lot_expire_in_the_same_entry(self, minji, at):
        expires = at + timedelta(days=10)
        credits.grant_bonus(advertiser=minji, credits=100, key="b", at=at, expires_at=expires, order_id="short")
        hold = credits.place_hold(advertiser=minji, credits=150, subject="campaign:1", subject_label="x", key="h", at=at)
        entry = credits.release(hold=hold, credits=150, key="r", at=expires)
        assert lines(entry) == [
            ("HELD", "BONUS", -100, 50),
            ("BREAKAGE", "BONUS", 100, None),
            ("HELD", "PAID", -50, 0),
            ("AVAILABLE", "PAID", 50, 1_000),
        ]
        assert parts(lot("short", "BONUS")) == {"granted": 100, "expired": 100}
        assert (accounts(minji), house("BREAKAGE")) == ((1_000, 0, 0), 100)
        assert Hold.objects.get(pk=hold.pk).released == 150

    def test_gives_a_lot_back_one_second_before_it_expires(self, minji, at):
        expires = at + timedelta(days=10)
        credits.grant_bonus(advertiser=minji, credits=100, key="b", at=at, expires_at=expires)
        hold = credits.place_hold(advertiser=minji, credits=100, subject="campaign:1", subject_label="x", key="h", at=at)
        credits.release(hold=hold, credits=100, key="r", at=expires - timedelta(seconds=1))
        assert (accounts(minji), house("BREAKAGE")) == ((1_100, 0, 0), 0)

    def test_never_gives_back_more_than_is_open(self, hold, at):
        credits.capture(hold=hold, credits=200, reward_cost=0, key="c", at=at)
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            credits.release(hold=hold, credits=101, key="r", at=at)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 1}

    def test_returns_the_first_entry_for_a_repeat_and_refuses_another_movement(self, hold, at):
        first = credits.release(hold=hold, credits=100, key="r", at=at)
        with nothing_written():
            assert credits.release(hold=hold, credits=100, key="r", at=at) == first
            with pytest.raises(credits.IdempotencyConflict):
                credits.release(hold=hold, credits=99, key="r", at=at)
            with pytest.raises(credits.IdempotencyConflict):
                credits.capture(hold=hold, credits=100, reward_cost=0, key="r", at=at)
