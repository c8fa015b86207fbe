"""Adjustments by hand, and reversals."""

from datetime import timedelta

import pytest

from credits import services as credits
from credits.models import Hold
from tests.credits.book import accounts, house, lines, lot, nothing_written, parts

pytestmark = pytest.mark.usefixtures("ledger")


def adjust(advertiser, amount, at, key="adjust:1"):
    return credits.adjust(advertiser=advertiser, credits=amount, key=key, at=at, actor="finance", reason="계산 오류")


def reverse(entry, at, key="reverse:1"):
    return credits.reverse(entry=entry, key=key, at=at, actor="finance", reason="잘못 적음")


def mirrored(entry, reversal):
    """Sums per account and lot kind of both entries cancel out."""
    sums = {}
    for kind, lot_kind, amount, _ in lines(entry) + lines(reversal):
        sums[kind, lot_kind] = sums.get((kind, lot_kind), 0) + amount
    return set(sums.values()) == {0}


class TestAdjust:
    def test_gives_a_goodwill_lot_from_adjustment(self, minji, at):
        entry = adjust(minji, 70, at)
        assert lines(entry) == [("ADJUSTMENT", "GOODWILL", -70, None), ("AVAILABLE", "GOODWILL", 70, 1_070)]
        assert (entry.kind, entry.actor, entry.reason) == ("ADJUST", "finance", "계산 오류")

    def test_takes_in_the_order_of_use(self, minji, bonus, at):
        entry = adjust(minji, -130, at)
        assert lines(entry) == [
            ("AVAILABLE", "BONUS", -100, 1_000),
            ("ADJUSTMENT", "BONUS", 100, None),
            ("AVAILABLE", "PAID", -30, 970),
            ("ADJUSTMENT", "PAID", 30, None),
        ]
        assert parts(lot("minji-order")) == {"granted": 1_000, "available": 970, "returned": 30}

    def test_never_takes_more_than_available(self, minji, hold, at):
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            adjust(minji, -701, at)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 1}

    def test_repeats_are_one_and_other_amounts_conflict(self, minji, at):
        first = adjust(minji, 70, at)
        with nothing_written():
            assert adjust(minji, 70, at) == first
            with pytest.raises(credits.IdempotencyConflict):
                adjust(minji, -70, at)

    def test_says_why_and_moves_something(self, minji, at):
        with nothing_written():
            with pytest.raises(ValueError):
                credits.adjust(advertiser=minji, credits=5, key="a", at=at, actor="finance", reason="")
            with pytest.raises(ValueError):
                adjust(minji, 0, at)


class TestReverse:
    def test_takes_a_wrong_bonus_back(self, minji, at):
        entry = credits.grant_bonus(advertiser=minji, credits=100, order_id="minji-order", key="b", at=at)
        reversal = reverse(entry, at)
        assert lines(reversal) == [("AVAILABLE", "BONUS", -100, 1_000), ("PROMOTION", "BONUS", 100, None)]
        assert (reversal.kind, reversal.reverses, reversal.order_id, reversal.reason) == ("REVERSAL", entry, "minji-order", "잘못 적음")
        assert parts(lot("minji-order", "BONUS")) == {"granted": 100, "returned": 100}

    def test_takes_a_wrong_top_up_back_unless_it_was_spent(self, minji, at):
        entry = credits.top_up(advertiser=minji, credits=500, order_id="wrong", gateway="portone", key="w", at=at)
        hold = credits.place_hold(advertiser=minji, credits=1_100, subject="campaign:1", subject_label="x", key="h", at=at)
        with nothing_written(), pytest.raises(credits.InsufficientCredits):
            reverse(entry, at)
        credits.release(hold=hold, credits=1_100, key="r", at=at)
        assert mirrored(entry, reverse(entry, at))
        assert (accounts(minji), house("FUNDING:portone")) == ((1_000, 0, 0), -1_000)

    def test_opens_the_hold_of_a_reversed_capture_again(self, minji, bonus, at):
        hold = credits.place_hold(advertiser=minji, credits=300, subject="campaign:1", subject_label="x", key="h", at=at)
        entry = credits.capture(hold=hold, credits=150, reward_cost=120, key="c", at=at)
        reversal = reverse(entry, at)
        assert mirrored(entry, reversal)
        found = Hold.objects.get(pk=hold.pk)
        assert (found.captured, found.open, reversal.hold) == (0, 300, hold)
        assert (house("REVENUE"), house("REWARD_COST"), accounts(minji)) == (0, 0, (800, 300, 0))
        assert parts(lot("minji-order", "BONUS")) == {"granted": 100, "held": 100}
        credits.release(hold=hold, credits=300, key="r", at=at)
        assert accounts(minji) == (1_100, 0, 0)

    def test_freezes_a_reclaim_that_did_not_happen_again(self, minji, bonus, at):
        values = {"advertiser": minji, "order_id": "minji-order", "credits": 390, "bonus": 30, "promotion": 10, "at": at}
        credits.freeze_for_refund(**values, subject="refund:1", key="f")
        entry = credits.reclaim(**values, gateway="portone", key="rc")
        assert mirrored(entry, reverse(entry, at))
        assert parts(lot("minji-order")) == {"granted": 1_000, "available": 600, "frozen": 400}
        assert parts(lot("minji-order", "BONUS")) == {"granted": 100, "available": 70, "frozen": 30}

    def test_mirrors_a_cancel_with_its_debt(self, minji, hold, at):
        entry, receivable = credits.reclaim_unrequested(
            advertiser=minji,
            order_id="minji-order",
            credits=1_000,
            bonus=0,
            promotion=0,
            gateway="portone",
            key="cc",
            at=at,
            actor="op",
            reason="콘솔 취소",
        )
        assert receivable == 300
        assert mirrored(entry, reverse(entry, at))
        assert (accounts(minji), house("RECEIVABLE")) == ((700, 300, 0), 0)

    def test_mirrors_adjustments_both_ways(self, minji, at):
        plus, minus = adjust(minji, 70, at), adjust(minji, -50, at, key="adjust:2")
        assert mirrored(minus, reverse(minus, at))
        assert mirrored(plus, reverse(plus, at, key="reverse:2"))
        assert (accounts(minji), house("ADJUSTMENT")) == ((1_000, 0, 0), 0)

    def test_happens_once(self, minji, at):
        entry = adjust(minji, 70, at)
        first = reverse(entry, at)
        with nothing_written():
            assert reverse(entry, at + timedelta(days=1)) == first
            with pytest.raises(credits.NotReversible) as refusal:
                reverse(entry, at, key="reverse:2")
            assert refusal.value.code == "credits.not_reversible"
            with pytest.raises(credits.IdempotencyConflict):
                reverse(adjusted_before(minji), at)

    def test_is_refused_where_there_is_another_way_back(self, minji, hold, at):
        placed = hold.entries.get()
        freeze = credits.freeze_for_refund(
            advertiser=minji, order_id="minji-order", credits=10, bonus=0, promotion=0, subject="refund:1", key="f", at=at
        )
        release = credits.release(hold=hold, credits=10, key="r", at=at)
        reversal = reverse(adjust(minji, 5, at), at)
        with nothing_written():
            for entry in (placed, freeze, release, reversal):
                with pytest.raises(credits.NotReversible):
                    reverse(entry, at, key="other")


def adjusted_before(advertiser):
    """The top-up of the fixture: a reversible entry that is not the one reversed."""
    return advertiser.entries.get(kind="TOP_UP")


class TestCreditNote:
    def test_gives_a_part_of_what_was_charged_back_to_its_lot(self, minji, hold, at):
        charged = Hold.objects.get(pk=hold.pk)
        credits.capture(hold=charged, credits=100, reward_cost=30, key="capture:1", at=at)
        entry = credits.credit_note(hold=charged, credits=40, reward_cost=12, key="note:1", at=at, actor="user:1", reason="무효 참여")
        assert lines(entry) == [
            ("REWARD_COST", "PAID", -12, None),
            ("AVAILABLE", "PAID", 40, 740),
            ("REVENUE", "PAID", -28, None),
        ]
        assert (entry.kind, entry.hold, parts(lot("minji-order"))["used"]) == ("REVERSAL", None, 60)
        assert Hold.objects.get(pk=hold.pk).captured == 100, "what was captured stays captured"

    def test_never_gives_back_more_than_was_charged(self, minji, hold, at):
        credits.capture(hold=hold, credits=100, reward_cost=0, key="capture:1", at=at)
        credits.credit_note(hold=hold, credits=70, reward_cost=0, key="note:1", at=at, actor="user:1", reason="무효 참여")
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            credits.credit_note(hold=hold, credits=31, reward_cost=0, key="note:2", at=at, actor="user:1", reason="무효 참여")
        assert refusal.value.context["shortfall"] == 1

    def test_repeats_are_one_and_other_amounts_conflict(self, minji, hold, at):
        credits.capture(hold=hold, credits=100, reward_cost=0, key="capture:1", at=at)
        first = credits.credit_note(hold=hold, credits=70, reward_cost=0, key="note:1", at=at, actor="user:1", reason="무효 참여")
        with nothing_written():
            assert (
                credits.credit_note(hold=hold, credits=70, reward_cost=0, key="note:1", at=at, actor="user:1", reason="무효 참여") == first
            )
            with pytest.raises(credits.IdempotencyConflict):
                credits.credit_note(hold=hold, credits=60, reward_cost=0, key="note:1", at=at, actor="user:1", reason="무효 참여")
