"""What a gifticon costs in tickets: the face value and a mark-up, of the item, of the brand, or of the house, from a moment on."""

from datetime import timedelta

import pytest

from rewards.models import Gifticon, GifticonPriceRule
from tests.rewards.gifticon_world import gifticon

DAY = timedelta(days=1)


@pytest.fixture
def rule(operator, at):
    def make(*, markup_percent, effective_from=at, **thing):
        return GifticonPriceRule.objects.create(
            markup_percent=markup_percent, effective_from=effective_from, reason="행사", by=operator, created_at=at, **thing
        )

    return make


def tickets(at):
    return Gifticon.objects.priced(at).get().tickets


class TestThePriceInTickets:
    def test_is_the_face_value_at_ten_won_a_ticket(self, db, at):
        gifticon(at)
        assert tickets(at) == 450

    def test_is_rounded_up_to_a_whole_ticket(self, db, at):
        gifticon(at, face_krw=4_501)
        assert tickets(at) == 451

    def test_follows_the_rule_of_the_item_before_that_of_its_brand(self, db, at, rule):
        coffee = gifticon(at)
        rule(brand=coffee.brand, markup_percent=10)
        assert tickets(at) == 495
        rule(gifticon=coffee, markup_percent=-2)
        assert tickets(at) == 441

    def test_changes_at_the_moment_the_rule_names_and_not_before(self, db, at, rule):
        coffee = gifticon(at)
        rule(gifticon=coffee, markup_percent=10, effective_from=at + DAY)
        assert (tickets(at), tickets(at + DAY)) == (450, 495)

    def test_leaves_a_margin_that_is_known_beforehand(self, db, at):
        gifticon(at)
        found = Gifticon.objects.priced(at).get()
        assert (found.value_krw, found.margin_krw) == (4_500, 270)


class TestTheShop:
    def test_offers_nothing_that_costs_more_than_its_tickets_are_worth(self, db, at, rule):
        coffee = gifticon(at)
        assert Gifticon.objects.offered(at).count() == 1
        rule(gifticon=coffee, markup_percent=-7)  # 419 tickets, 4,190 won, for a coupon of 4,230
        assert not Gifticon.objects.offered(at).exists()

    @pytest.mark.parametrize("facts", [{"is_sold": False}, {"is_shown": False}])
    def test_offers_nothing_that_is_not_sold_or_not_shown(self, db, at, facts):
        gifticon(at, **facts)
        assert not Gifticon.objects.offered(at).exists()
