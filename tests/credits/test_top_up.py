"""Paid credits arrive once."""

from datetime import timedelta

import pytest

from common.models import DatedSetting
from credits import selectors
from credits import services as credits
from credits.models import Entry, Lot
from tests.credits.book import accounts, house, lines, lot, nothing_written, parts

pytestmark = pytest.mark.usefixtures("ledger")


def top_up(advertiser, at, **changes):
    return credits.top_up(
        **{"advertiser": advertiser, "credits": 5_000, "order_id": "o-1", "gateway": "portone", "key": "order:o-1:top_up", "at": at}
        | changes
    )


class TestTopUp:
    def test_moves_credits_from_the_gateways_funding_to_available(self, eve, at):
        entry = top_up(eve, at, actor="sweeper")
        assert lines(entry) == [("FUNDING:portone", "PAID", -5_000, None), ("AVAILABLE", "PAID", 5_000, 5_000)]
        assert (entry.kind, entry.order_id, entry.actor, entry.advertiser) == ("TOP_UP", "o-1", "sweeper", eve)
        assert (entry.occurred_at, entry.booked_at, str(entry.booked_on)) == (at, at, "2026-11-25")

    def test_makes_a_paid_lot_that_lives_five_years(self, eve, at):
        top_up(eve, at)
        found = lot("o-1")
        assert parts(found) == {"granted": 5_000, "available": 5_000}
        assert (found.kind, found.granted_at, found.expires_at) == ("PAID", at, at + timedelta(days=1_825))

    def test_uses_the_life_that_was_valid_when_it_was_paid(self, eve, at):
        DatedSetting.objects.create(name="credits.life_days", value=30, effective_from=at, reason="짧게")
        top_up(eve, at)
        top_up(eve, at - timedelta(seconds=1), order_id="o-2", key="o-2")
        assert lot("o-1").expires_at == at + timedelta(days=30)
        assert lot("o-2").expires_at == at - timedelta(seconds=1) + timedelta(days=1_825)

    def test_adds_to_what_is_there(self, minji, at):
        entry = top_up(minji, at)
        assert lines(entry)[1] == ("AVAILABLE", "PAID", 5_000, 6_000)
        assert accounts(minji) == (6_000, 0, 0)
        assert selectors.balance(minji) == selectors.Balance(available=6_000, held=0, frozen=0, paid=6_000, bonus=0)
        assert house("FUNDING:portone") == -6_000

    def test_returns_the_first_entry_when_the_same_intent_comes_again(self, eve, at):
        first = top_up(eve, at)
        with nothing_written():
            assert top_up(eve, at + timedelta(hours=1), actor="webhook") == first

    @pytest.mark.parametrize("change", [{"credits": 4_999}, {"order_id": "o-2"}, {"gateway": "toss"}])
    def test_refuses_the_key_for_another_movement(self, eve, at, change):
        top_up(eve, at)
        with nothing_written(), pytest.raises(credits.IdempotencyConflict) as refusal:
            top_up(eve, at, **change)
        assert refusal.value.code == "credits.idempotency_conflict"

    def test_refuses_the_key_of_another_kind_of_movement(self, minji, at, hold):
        with nothing_written(), pytest.raises(credits.IdempotencyConflict):
            top_up(minji, at, key="campaign:1:hold")

    def test_refuses_the_key_of_another_advertiser(self, minji, eve, at):
        credits.open_wallet(advertiser=eve)
        with nothing_written(), pytest.raises(credits.IdempotencyConflict):
            top_up(eve, at, credits=1_000, order_id="minji-order", key="minji:top_up")

    def test_credits_an_order_once_even_under_another_key(self, eve, at):
        top_up(eve, at)
        with nothing_written(), pytest.raises(credits.IdempotencyConflict):
            top_up(eve, at, key="order:o-1:again")
        assert Entry.objects.filter(kind="TOP_UP", order_id="o-1").count() == 1
        assert Lot.objects.filter(order_id="o-1").count() == 1

    def test_is_refused_while_money_is_stopped(self, minji, at):
        credits.stop_money(at=at, reason="점검")
        with nothing_written(), pytest.raises(credits.MoneyStopped) as refusal:
            top_up(minji, at)
        assert (refusal.value.code, refusal.value.http_status) == ("credits.money_stopped", 503)
        credits.resume_money(at=at + timedelta(minutes=5), reason="끝")
        assert top_up(minji, at, now=at + timedelta(minutes=5)).kind == "TOP_UP"

    def test_answers_a_repeat_even_while_money_is_stopped(self, eve, at):
        first = top_up(eve, at)
        credits.stop_money(at=at, reason="점검")
        assert top_up(eve, at) == first

    @pytest.mark.parametrize("amount", [0, -1, True, 10.0, "10", None])
    def test_takes_whole_won_above_zero_only(self, minji, at, amount):
        with nothing_written(), pytest.raises(ValueError):
            top_up(minji, at, credits=amount)
