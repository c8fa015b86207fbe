"""Credits on their way back to the card: frozen, reclaimed, given back, or taken without us."""

from datetime import timedelta

import pytest

from credits import selectors
from credits import services as credits
from tests.credits.book import accounts, house, lines, lot, nothing_written, parts

pytestmark = pytest.mark.usefixtures("ledger")

ORDER = "minji-order"


def freeze(advertiser, at, key="refund:1:freeze", **changes):
    values = {"credits": 400, "bonus": 0, "promotion": 0, "order_id": ORDER, "subject": "refund:1"} | changes
    return credits.freeze_for_refund(advertiser=advertiser, key=key, at=at, **values)


def reclaim(advertiser, at, key="refund:1:reclaim", **changes):
    values = {"credits": 400, "bonus": 0, "promotion": 0, "order_id": ORDER, "gateway": "portone"} | changes
    return credits.reclaim(advertiser=advertiser, key=key, at=at, **values)


def unfreeze(advertiser, at, key="refund:1:unfreeze", **changes):
    return credits.unfreeze(
        advertiser=advertiser, key=key, at=at, **{"credits": 400, "bonus": 0, "promotion": 0, "order_id": ORDER} | changes
    )


class TestFreeze:
    def test_sets_credits_of_the_order_aside(self, minji, at):
        entry = freeze(minji, at, actor="minji")
        assert lines(entry) == [("AVAILABLE", "PAID", -400, 600), ("FROZEN", "PAID", 400, 400)]
        assert (entry.kind, entry.order_id, entry.subject, entry.actor) == ("FREEZE", ORDER, "refund:1", "minji")
        assert accounts(minji) == (600, 0, 400)

    def test_ref_06_takes_bonus_from_its_lot_and_promotion_from_the_paid_lot(self, minji, bonus, at):
        entry = freeze(minji, at, credits=390, bonus=30, promotion=10)
        assert lines(entry) == [
            ("AVAILABLE", "PAID", -400, 700),
            ("FROZEN", "PAID", 400, 400),
            ("AVAILABLE", "BONUS", -30, 670),
            ("FROZEN", "BONUS", 30, 430),
        ]
        assert parts(lot(ORDER)) == {"granted": 1_000, "available": 600, "frozen": 400}
        assert parts(lot(ORDER, "BONUS")) == {"granted": 100, "available": 70, "frozen": 30}

    def test_ref_05_leaves_the_rest_to_be_spent_and_the_frozen_part_not(self, minji, at):
        freeze(minji, at)
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            credits.place_hold(advertiser=minji, credits=601, subject="campaign:1", subject_label="x", key="h", at=at)
        assert refusal.value.context["shortfall"] == 1
        credits.place_hold(advertiser=minji, credits=600, subject="campaign:1", subject_label="x", key="h", at=at)

    def test_never_takes_from_another_order(self, minji, at):
        credits.top_up(advertiser=minji, credits=5_000, order_id="other", gateway="portone", key="o", at=at)
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            freeze(minji, at, credits=1_001)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 1}

    def test_never_takes_what_is_held(self, minji, hold, at):
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            freeze(minji, at, credits=701)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 1}

    def test_never_takes_more_bonus_than_is_left(self, minji, bonus, at):
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            freeze(minji, at, bonus=101)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 1}

    def test_never_takes_anothers_order(self, minji, eve, at):
        credits.open_wallet(advertiser=eve)
        with nothing_written(), pytest.raises(credits.InsufficientCredits):
            freeze(eve, at)

    def test_is_refused_while_money_is_stopped(self, minji, at):
        credits.stop_money(at=at, reason="점검")
        with nothing_written(), pytest.raises(credits.MoneyStopped):
            freeze(minji, at)

    def test_returns_the_first_entry_for_a_repeat_and_refuses_another_movement(self, minji, at):
        first = freeze(minji, at)
        with nothing_written():
            assert freeze(minji, at) == first
            for change in ({"credits": 401}, {"promotion": 1}, {"bonus": 1}, {"subject": "refund:2"}, {"order_id": "other"}):
                with pytest.raises(credits.IdempotencyConflict):
                    freeze(minji, at, **change)

    @pytest.mark.parametrize("change", [{"credits": -1}, {"bonus": -1}, {"promotion": -1}, {"credits": 0}])
    def test_takes_sensible_parts_only(self, minji, at, change):
        with nothing_written(), pytest.raises(ValueError):
            freeze(minji, at, **change)


class TestReclaim:
    def test_sends_frozen_credits_back_to_the_gateways_funding(self, minji, at):
        freeze(minji, at)
        entry = reclaim(minji, at)
        assert lines(entry) == [("FROZEN", "PAID", -400, 0), ("FUNDING:portone", "PAID", 400, None)]
        assert (accounts(minji), house("FUNDING:portone")) == ((600, 0, 0), -600)
        assert parts(lot(ORDER)) == {"granted": 1_000, "available": 600, "returned": 400}

    def test_ref_06_sends_bonus_and_its_stand_in_to_promotion(self, minji, bonus, at):
        freeze(minji, at, credits=390, bonus=30, promotion=10)
        entry = reclaim(minji, at, credits=390, bonus=30, promotion=10)
        assert lines(entry) == [
            ("FROZEN", "PAID", -400, 30),
            ("FUNDING:portone", "PAID", 390, None),
            ("PROMOTION", "PAID", 10, None),
            ("FROZEN", "BONUS", -30, 0),
            ("PROMOTION", "BONUS", 30, None),
        ]
        assert parts(lot(ORDER)) == {"granted": 1_000, "available": 600, "returned": 390, "used": 10}
        assert parts(lot(ORDER, "BONUS")) == {"granted": 100, "available": 70, "returned": 30}
        assert house("PROMOTION") == -100 + 40

    def test_takes_bonus_over_several_lots_in_the_order_of_use(self, minji, at):
        for days, amount in ((20, 50), (10, 30)):
            credits.grant_bonus(
                advertiser=minji, credits=amount, order_id=ORDER, key=f"b{days}", at=at, expires_at=at + timedelta(days=days)
            )
        freeze(minji, at, credits=0, bonus=60)
        reclaim(minji, at, credits=0, bonus=60)
        assert [(view.granted, view.available, view.returned) for view in selectors.order_lots(ORDER).bonus] == [(30, 0, 30), (50, 20, 30)]

    def test_is_not_refused_while_money_is_stopped_because_the_money_has_left(self, minji, at):
        freeze(minji, at)
        credits.stop_money(at=at, reason="점검")
        assert reclaim(minji, at).kind == "RECLAIM"

    def test_never_takes_more_than_is_frozen(self, minji, at):
        freeze(minji, at)
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            reclaim(minji, at, credits=401)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 1}

    def test_returns_the_first_entry_for_a_repeat_and_refuses_another_movement(self, minji, at):
        freeze(minji, at)
        first = reclaim(minji, at)
        with nothing_written():
            assert reclaim(minji, at) == first
            for change in ({"credits": 399}, {"gateway": "toss"}):
                with pytest.raises(credits.IdempotencyConflict):
                    reclaim(minji, at, **change)


class TestUnfreeze:
    def test_ref_07_gives_the_credits_back_at_once(self, minji, bonus, at):
        freeze(minji, at, credits=390, bonus=30, promotion=10)
        entry = unfreeze(minji, at, credits=390, bonus=30, promotion=10)
        assert lines(entry) == [
            ("FROZEN", "PAID", -400, 30),
            ("AVAILABLE", "PAID", 400, 1_070),
            ("FROZEN", "BONUS", -30, 0),
            ("AVAILABLE", "BONUS", 30, 1_100),
        ]
        assert accounts(minji) == (1_100, 0, 0)

    def test_lets_what_has_expired_meanwhile_expire_in_the_same_entry(self, minji, at):
        freeze(minji, at)
        entry = unfreeze(minji, at + timedelta(days=2_000))
        assert lines(entry) == [("FROZEN", "PAID", -400, 0), ("BREAKAGE", "PAID", 400, None)]
        assert parts(lot(ORDER)) == {"granted": 1_000, "available": 600, "expired": 400}

    def test_happens_once(self, minji, at):
        freeze(minji, at)
        first = unfreeze(minji, at)
        with nothing_written():
            assert unfreeze(minji, at) == first
            with pytest.raises(credits.InsufficientCredits):
                unfreeze(minji, at, key="again")
            with pytest.raises(credits.InsufficientCredits):
                reclaim(minji, at)


class TestReclaimUnrequested:
    def cancel(self, advertiser, at, amount, key="cancel:1", **changes):
        values = {"bonus": 0, "promotion": 0, "order_id": ORDER, "gateway": "portone"} | changes
        return credits.reclaim_unrequested(advertiser=advertiser, credits=amount, key=key, at=at, actor="op", reason="콘솔 취소", **values)

    def test_ops_10_takes_what_is_available_on_the_orders_lot(self, minji, at):
        entry, receivable = self.cancel(minji, at, 1_000)
        assert receivable == 0
        assert lines(entry) == [("AVAILABLE", "PAID", -1_000, 0), ("FUNDING:portone", "PAID", 1_000, None)]
        assert (entry.kind, entry.reason, entry.actor) == ("CANCEL", "콘솔 취소", "op")

    def test_ops_10_takes_the_rest_from_other_paid_lots_never_from_bonus_and_owes_the_difference(self, minji, hold, bonus, at):
        earlier = at - timedelta(days=1)  # expires first, and yet the cancelled order's own lot goes first
        credits.top_up(advertiser=minji, credits=250, order_id="other", gateway="portone", key="o", at=earlier)
        entry, receivable = self.cancel(minji, at, 1_000)
        assert receivable == 50
        assert lines(entry) == [
            ("AVAILABLE", "PAID", -700, 350),
            ("FUNDING:portone", "PAID", 700, None),
            ("AVAILABLE", "PAID", -250, 100),
            ("FUNDING:portone", "PAID", 250, None),
            ("RECEIVABLE", None, -50, None),
            ("FUNDING:portone", None, 50, None),
        ]
        assert parts(lot(ORDER)) == {"granted": 1_000, "held": 300, "returned": 700}
        assert parts(lot("other")) == {"granted": 250, "returned": 250}
        assert (accounts(minji), house("RECEIVABLE"), house("FUNDING:portone")) == ((100, 300, 0), -50, -250)

    def test_ops_10_owes_all_when_all_is_spent(self, minji, at):
        hold = credits.place_hold(advertiser=minji, credits=1_000, subject="campaign:1", subject_label="x", key="h", at=at)
        credits.capture(hold=hold, credits=1_000, reward_cost=0, key="c", at=at)
        entry, receivable = self.cancel(minji, at, 1_000)
        assert (receivable, lines(entry)) == (1_000, [("RECEIVABLE", None, -1_000, None), ("FUNDING:portone", None, 1_000, None)])

    def test_answers_a_repeat_with_the_same_entry_and_debt(self, minji, hold, at):
        first = self.cancel(minji, at, 900)
        with nothing_written():
            assert self.cancel(minji, at, 900) == first == (first[0], 200)
            for change in ({"amount": 901}, {"bonus": 1}, {"promotion": 1}):
                with pytest.raises(credits.IdempotencyConflict):
                    self.cancel(minji, at, **{"amount": 900} | change)

    def test_ops_10_takes_bonus_from_its_lot_and_promotion_from_what_is_paid_and_left(self, minji, bonus, at):
        entry, receivable = self.cancel(minji, at, 900, bonus=60, promotion=40)
        assert receivable == 0
        assert lines(entry) == [
            ("AVAILABLE", "PAID", -940, 160),
            ("FUNDING:portone", "PAID", 900, None),
            ("PROMOTION", "PAID", 40, None),
            ("AVAILABLE", "BONUS", -60, 100),
            ("PROMOTION", "BONUS", 60, None),
        ]
        assert parts(lot(ORDER)) == {"granted": 1_000, "available": 60, "returned": 900, "used": 40}
        assert parts(lot(ORDER, "BONUS")) == {"granted": 100, "available": 40, "returned": 60}

    def test_ops_10_owes_the_promotion_that_nothing_paid_is_left_for(self, minji, hold, bonus, at):
        entry, receivable = self.cancel(minji, at, 690, promotion=40)
        assert (receivable, lines(entry)[-2:]) == (30, [("RECEIVABLE", None, -30, None), ("PROMOTION", None, 30, None)])
        assert self.cancel(minji, at, 690, promotion=40) == (entry, 30)

    def test_never_takes_more_bonus_than_is_left(self, minji, bonus, at):
        with nothing_written(), pytest.raises(credits.InsufficientCredits):
            self.cancel(minji, at, 100, bonus=101)
