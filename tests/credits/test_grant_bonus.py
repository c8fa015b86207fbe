"""Credits nobody paid for."""

from datetime import timedelta

import pytest

from credits import selectors
from credits import services as credits
from tests.credits.book import accounts, house, lines, lot, nothing_written, parts

pytestmark = pytest.mark.usefixtures("ledger")


class TestGrantBonus:
    def test_moves_credits_from_promotion_as_a_lot_of_the_order(self, minji, at):
        entry = credits.grant_bonus(advertiser=minji, credits=100, order_id="minji-order", key="b", at=at)
        assert lines(entry) == [("PROMOTION", "BONUS", -100, None), ("AVAILABLE", "BONUS", 100, 1_100)]
        assert (entry.kind, entry.order_id) == ("BONUS", "minji-order")
        assert parts(lot("minji-order", "BONUS")) == {"granted": 100, "available": 100}
        assert selectors.balance(minji) == selectors.Balance(available=1_100, held=0, frozen=0, paid=1_000, bonus=100)

    def test_gives_goodwill_from_its_own_account_with_a_reason(self, minji, at):
        entry = credits.grant_bonus(
            advertiser=minji,
            credits=50,
            lot_kind="GOODWILL",
            key="g",
            at=at,
            expires_at=at + timedelta(days=30),
            actor="op",
            reason="장애 보상",
        )
        assert lines(entry) == [("GOODWILL", "GOODWILL", -50, None), ("AVAILABLE", "GOODWILL", 50, 1_050)]
        assert (entry.kind, entry.reason, entry.actor) == ("GOODWILL", "장애 보상", "op")
        assert lot("", "GOODWILL").expires_at == at + timedelta(days=30)
        assert (house("GOODWILL"), house("PROMOTION")) == (-50, 0)

    def test_may_come_in_several_lots_per_order(self, minji, at):
        for number in (1, 2):
            credits.grant_bonus(advertiser=minji, credits=10 * number, order_id="minji-order", key=f"b{number}", at=at)
        assert [view.granted for view in selectors.order_lots("minji-order").bonus] == [10, 20]

    def test_returns_the_first_entry_for_a_repeat_and_refuses_another_movement(self, minji, at):
        first = credits.grant_bonus(advertiser=minji, credits=100, key="b", at=at)
        with nothing_written():
            assert credits.grant_bonus(advertiser=minji, credits=100, key="b", at=at) == first
            for change in ({"credits": 101}, {"order_id": "minji-order"}, {"lot_kind": "GOODWILL"}):
                with pytest.raises(credits.IdempotencyConflict):
                    credits.grant_bonus(**{"advertiser": minji, "credits": 100, "key": "b", "at": at} | change)

    def test_never_makes_paid_credits(self, minji, at):
        with nothing_written(), pytest.raises(KeyError):
            credits.grant_bonus(advertiser=minji, credits=100, lot_kind="PAID", key="b", at=at)
        assert accounts(minji) == (1_000, 0, 0)
