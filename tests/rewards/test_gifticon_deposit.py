"""Our deposit at the supplier beside our book, and what operators decide about goods."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from bench import breakages
from common.errors import DomainError
from common.provider import GatewayError
from credits import proof
from credits import services as credits
from identity.models import Notification
from rewards.gifticons import deposit, offering
from rewards.models import Gifticon, GifticonFloat, GifticonOrder, GifticonPriceRule
from tests.rewards.gifticon_world import COFFEE, COFFEE_COST, buyer, coffee, identity_sandbox, press, supplier, work

__all__ = ["buyer", "coffee", "identity_sandbox", "supplier"]
DAY = timedelta(days=1)


@pytest.fixture
def paid(db, finance, at):
    """The five million that the supplier's book begins with."""
    with transaction.atomic():
        return deposit.note_deposit(amount_krw=5_000_000, reason="첫 예치금", by=finance, at=at)


def markup(at, operator, *, thing=COFFEE, percent=10, effective_from=None):
    with transaction.atomic():
        return offering.set_markup(
            thing=thing, markup_percent=percent, effective_from=effective_from or at, reason="행사", by=operator, at=at
        )


class TestTheDeposit:
    def test_j4_equals_what_was_paid_less_what_was_issued(self, supplier, coffee, buyer, paid, at):
        press(buyer, coffee, at=at)
        work(at)
        row = deposit.read(at=at)
        assert (row.balance_krw, row.expected_krw, row.difference_krw) == (5_000_000 - COFFEE_COST, 5_000_000 - COFFEE_COST, 0)

    def test_may_be_short_of_an_order_whose_end_is_not_known(self, supplier, coffee, buyer, paid, at):
        supplier.fault("/send", "drop", when="after")
        press(buyer, coffee, at=at)
        work(at)
        row = deposit.read(at=at)
        assert (row.difference_krw, row.open_krw, row.is_explained) == (-COFFEE_COST, COFFEE_COST, True)
        assert not Notification.objects.filter(kind="rewards.gifticon_difference").exists()
        work(at + timedelta(minutes=2))

    @pytest.mark.tampers
    def test_that_differs_is_told_to_operators_and_to_the_proof(self, supplier, paid, at):
        supplier.money(-7_777)
        row = deposit.read(at=at)
        assert (row.difference_krw, row.is_explained) == (-7_777, False)
        assert Notification.objects.filter(kind="rewards.gifticon_difference").count() == 1
        (found,) = proof.run(["I12"]).differences
        assert "balance_krw=4992223" in str(found)

    def test_ops_18_that_lasts_for_few_days_is_told_beforehand(self, supplier, coffee, buyer, paid, at):
        press(buyer, coffee, at=at)
        work(at)
        supplier.money(-4_993_000)
        with transaction.atomic():
            deposit.note_deposit(amount_krw=-4_993_000, reason="돌려받음", by=None, at=at)
        deposit.read(at=at)
        assert deposit.days_left(7_000 - COFFEE_COST, at=at) == 4
        notice = Notification.objects.get(kind="rewards.gifticon_low")
        assert "4일" in notice.body

    def test_does_not_differ_because_an_order_was_issued_while_the_supplier_answered(self, supplier, coffee, buyer, paid, at, monkeypatch):
        press(buyer, coffee, at=at)
        asked = deposit.get_supplier()

        class Slow:
            def balance(self):
                balance = asked.balance()
                work(at)
                return balance

        monkeypatch.setattr(deposit, "get_supplier", Slow)
        row = deposit.read(at=at)
        assert (row.balance_krw, row.difference_krw, GifticonFloat.objects.count()) == (5_000_000 - COFFEE_COST, 0, 1)
        assert not Notification.objects.filter(kind="rewards.gifticon_difference").exists()

    def test_is_left_for_the_next_look_while_our_book_never_stands_still(self, supplier, paid, at, monkeypatch):
        asked = deposit.get_supplier()

        class Busy:
            def balance(self):
                with transaction.atomic():
                    deposit.note_deposit(amount_krw=1, reason="또", by=None, at=at)
                return asked.balance()

        monkeypatch.setattr(deposit, "get_supplier", Busy)
        with pytest.raises(deposit.BookMoves):
            deposit.read(at=at)
        assert (GifticonFloat.objects.count(), type(paid).objects.count()) == (0, 1 + deposit.LOOKS)

    def test_is_not_written_down_when_the_supplier_is_silent(self, supplier, paid, at):
        supplier.fault("/bizmoney", "garbage")
        with pytest.raises(GatewayError):
            deposit.read(at=at)
        assert GifticonFloat.objects.count() == 0

    def test_rows_are_history(self, paid):
        with pytest.raises(DatabaseError), transaction.atomic():
            type(paid).objects.update(amount_krw=1)


class TestAMarkup:
    def test_s_100_is_of_a_good_or_of_a_brand_by_code(self, coffee, operator, at):
        markup(at, operator, thing="BR00101", percent=5)
        assert Gifticon.objects.priced(at).get().tickets == 473
        markup(at, operator, percent=10)
        assert Gifticon.objects.priced(at).get().tickets == 495

    @pytest.mark.parametrize(("facts", "why"), [({"thing": "nothing"}, "그런 상품"), ({"back": DAY}, "지난 시각")])
    def test_that_means_nothing_is_refused(self, coffee, operator, at, facts, why):
        moment = at - facts.pop("back", timedelta())
        with pytest.raises(DomainError, match=why):
            markup(at, operator, effective_from=moment, **facts)
        assert GifticonPriceRule.objects.count() == 0

    def test_of_the_same_moment_is_refused(self, coffee, operator, at):
        markup(at, operator)
        with pytest.raises(DomainError, match="이미 있어요"):
            markup(at, operator, percent=20)
        assert GifticonPriceRule.objects.get().markup_percent == 10

    def test_leaves_orders_that_are_under_way_alone(self, supplier, coffee, buyer, operator, at):
        order = press(buyer, coffee, at=at)
        markup(at, operator, percent=50)
        work(at)
        assert GifticonOrder.objects.get(pk=order.pk).margin_krw == 270


@pytest.mark.tampers
@pytest.mark.parametrize("breakage", [row for row in breakages.BREAKAGES if ".gifticon_" in row.check], ids=lambda row: row.name)
def test_the_proof_names_what_the_owner_of_the_tables_breaks(breakage, db):
    told = breakage.do(connection)
    assert any(told in str(difference) for difference in proof.run(["I12"]).differences)


@pytest.mark.tampers
def test_the_proof_names_tickets_that_went_back_for_a_coupon_that_was_made(supplier, coffee, buyer, at):
    order = press(buyer, coffee, at=at)
    work(at)
    with transaction.atomic():
        credits.grant(member_id=buyer.pk, amount=450, kind="EXCHANGED", key=f"gifticon-return:{order.public_id}", at=at)
    (found,) = proof.run(["I12"]).differences
    assert order.tr_id in str(found)
