"""Reserving credits for a campaign, and raising what is reserved."""

from datetime import timedelta

import pytest

from credits import services as credits
from credits.models import HoldPart
from tests.credits.book import accounts, lines, lot, nothing_written, parts

pytestmark = pytest.mark.usefixtures("ledger")


def place(advertiser, amount, at, key="campaign:1:hold", subject="campaign:1"):
    return credits.place_hold(advertiser=advertiser, credits=amount, subject=subject, subject_label="봄 이벤트", key=key, at=at)


def hold_parts(hold):
    return [(part.lot.kind, part.placed, part.captured, part.released) for part in HoldPart.objects.filter(hold=hold).order_by("pk")]


class TestPlaceHold:
    def test_moves_credits_from_available_to_held(self, minji, at):
        hold = place(minji, 300, at)
        entry = hold.entries.get()
        assert lines(entry) == [("AVAILABLE", "PAID", -300, 700), ("HELD", "PAID", 300, 300)]
        assert (entry.kind, entry.subject, entry.advertiser) == ("HOLD", "campaign:1", minji)
        assert (hold.subject, hold.subject_label, hold.placed, hold.captured, hold.released, hold.open) == (
            "campaign:1",
            "봄 이벤트",
            300,
            0,
            0,
            300,
        )
        assert hold_parts(hold) == [("PAID", 300, 0, 0)]
        assert accounts(minji) == (700, 300, 0)
        assert parts(lot("minji-order")) == {"granted": 1_000, "available": 700, "held": 300}

    def test_takes_the_last_credit_but_not_one_more(self, minji, at):
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            place(minji, 1_001, at)
        assert (refusal.value.code, refusal.value.http_status) == ("credits.insufficient", 409)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 1}
        assert str(refusal.value) == "크레딧이 1만큼 부족해요."
        place(minji, 1_000, at)
        assert accounts(minji) == (0, 1_000, 0)

    def test_says_the_whole_gap_to_someone_without_credits(self, eve, at):
        with pytest.raises(credits.InsufficientCredits) as refusal:
            place(eve, 12_345, at)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 12_345}
        assert str(refusal.value) == "크레딧이 12,345만큼 부족해요."

    def test_uses_what_expires_first_then_free_before_paid_then_the_oldest(self, eve, at):
        later = at + timedelta(days=100)
        credits.top_up(advertiser=eve, credits=10, order_id="old", gateway="portone", key="1", at=at - timedelta(days=1_820))  # 5 days left
        credits.grant_bonus(advertiser=eve, credits=20, key="2", at=at, expires_at=later, order_id="free-a")
        credits.grant_bonus(advertiser=eve, credits=30, key="3", at=at, expires_at=later, order_id="free-b")
        credits.grant_bonus(advertiser=eve, credits=40, key="4", at=at, expires_at=at + timedelta(days=99), order_id="soon")
        credits.top_up(advertiser=eve, credits=50, order_id="new", gateway="portone", key="5", at=at)
        hold = place(eve, 120, at)
        taken = [(part.lot.order_id, part.placed) for part in hold.parts.order_by("pk")]
        assert taken == [("old", 10), ("soon", 40), ("free-a", 20), ("free-b", 30), ("new", 20)]

    def test_uses_free_before_paid_of_the_same_expiry(self, minji, bonus, at):
        hold = place(minji, 150, at)
        assert hold_parts(hold) == [("BONUS", 100, 0, 0), ("PAID", 50, 0, 0)]
        assert lines(hold.entries.get()) == [
            ("AVAILABLE", "BONUS", -100, 1_000),
            ("HELD", "BONUS", 100, 100),
            ("AVAILABLE", "PAID", -50, 950),
            ("HELD", "PAID", 50, 150),
        ]

    def test_never_uses_an_expired_lot_even_before_it_is_swept(self, minji, at):
        credits.grant_bonus(advertiser=minji, credits=100, key="b", at=at, expires_at=at + timedelta(days=1))
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            place(minji, 1_001, at + timedelta(days=1))
        assert refusal.value.context["shortfall"] == 1
        assert place(minji, 1_001, at + timedelta(days=1, seconds=-1)).placed == 1_001

    def test_returns_the_hold_as_it_stands_for_a_repeat(self, minji, at):
        hold = place(minji, 300, at)
        credits.capture(hold=hold, credits=100, reward_cost=0, key="c", at=at)
        with nothing_written():
            again = place(minji, 300, at)
        assert (again.pk, again.placed, again.captured) == (hold.pk, 300, 100)

    def test_refuses_the_key_for_another_amount_or_subject(self, minji, at):
        place(minji, 300, at)
        with nothing_written():
            with pytest.raises(credits.IdempotencyConflict):
                place(minji, 301, at)
            with pytest.raises(credits.IdempotencyConflict):
                place(minji, 300, at, subject="campaign:2")


class TestRaiseHold:
    def test_reserves_more_under_the_same_hold(self, minji, bonus, hold, at):
        raised = credits.raise_hold(hold=hold, credits=250, key="campaign:1:raise:550", at=at, actor="minji")
        assert (raised.pk, raised.placed, raised.open) == (hold.pk, 550, 550)
        assert hold_parts(hold) == [("BONUS", 100, 0, 0), ("PAID", 450, 0, 0)]
        assert accounts(minji) == (550, 550, 0)
        assert [(entry.kind, entry.actor) for entry in hold.entries.order_by("pk")] == [("HOLD", ""), ("RAISE", "minji")]

    def test_can_bring_a_lot_that_was_not_part_of_it(self, minji, hold, at):
        credits.top_up(advertiser=minji, credits=500, order_id="second", gateway="portone", key="second", at=at)
        credits.raise_hold(hold=hold, credits=900, key="r", at=at)
        assert [(part.lot.order_id, part.placed) for part in hold.parts.order_by("pk")] == [("minji-order", 1_000), ("second", 200)]

    def test_refuses_more_than_available_and_writes_nothing(self, minji, hold, at):
        with nothing_written(), pytest.raises(credits.InsufficientCredits) as refusal:
            credits.raise_hold(hold=hold, credits=701, key="r", at=at)
        assert refusal.value.context == {"unit": "CREDIT", "shortfall": 1}

    def test_returns_the_hold_for_a_repeat_and_refuses_another_movement(self, minji, hold, at):
        credits.raise_hold(hold=hold, credits=100, key="r", at=at)
        with nothing_written():
            assert credits.raise_hold(hold=hold, credits=100, key="r", at=at).placed == 400
            with pytest.raises(credits.IdempotencyConflict):
                credits.raise_hold(hold=hold, credits=200, key="r", at=at)
