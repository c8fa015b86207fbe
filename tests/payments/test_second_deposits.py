"""
Money that comes into a virtual account which was paid into before: one row in the queue, and no book differs from another because of it.

Toss settles every deposit by itself, PortOne all of a payment in one line. PAY-12.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from common.kst import day_of
from payments import services
from payments.models import ReconciliationItem, ReconciliationRun, SettlementRow, UnallocatedMoney
from tests.payments.conftest import run_effects
from tests.payments.test_settlements import Shop, moved, take, wide
from tests.payments.test_virtual_accounts import BACK_TO, bank, issued, unallocated_balance

__all__ = ["bank", "issued"]
PRICE = 110_000


@pytest.fixture
def compares(bank, till, client, at):
    """The hour's comparison, and the settlement list of the day."""
    shop = Shop(bank.name, till, client, at)
    return lambda: shop.compares({"first_on": day_of(at), "last_on": day_of(at)})


@pytest.fixture
def paid_in(bank, issued, at):
    """Deposits ten minutes apart, of which we hear after each, or only after the last."""

    def pays(*amounts, hears_of_each=True):
        for number, amount in enumerate(amounts):
            when = at + timedelta(minutes=10 * number)
            bank.deposits(issued, amount=amount, at=when.isoformat())
            if hears_of_each or number == len(amounts) - 1:
                services.sync_order(order_id=issued.order_id, at=when + timedelta(minutes=5))
        issued.refresh_from_db()
        return issued

    return pays


class TestASecondDeposit:
    @pytest.mark.parametrize("more", [22_000, PRICE, 330_000])
    def test_pay_12_waits_in_the_queue_and_no_comparison_differs(self, bank, paid_in, compares, till, more):
        order = paid_in(PRICE, more)

        compares()

        row = UnallocatedMoney.objects.get()
        assert (row.order, row.why, row.gateway, row.amount_krw, row.state) == (order, "TWICE", bank.name, more, "OPEN")
        assert (order.state, till.balance().available, unallocated_balance()) == ("PAID", 100_000, more)
        assert sum(SettlementRow.objects.filter(ref=order.order_id).values_list("amount_krw", flat=True)) == PRICE + more
        assert not ReconciliationItem.objects.exists()
        run = ReconciliationRun.objects.get()
        assert (run.seen, run.explained, run.opened) == (1, 1, 0)

    def test_pay_12_a_third_one_is_a_row_of_its_own(self, bank, paid_in, compares):
        paid_in(PRICE, 22_000, 33_000)

        compares()

        assert sorted(UnallocatedMoney.objects.values_list("amount_krw", flat=True)) == [22_000, 33_000]
        assert not ReconciliationItem.objects.exists()

    def test_pay_12_told_of_by_messages_it_waits_once(self, bank, paid_in, at):
        order = paid_in(PRICE)
        bank.deposits(order, amount=22_000)

        for hours in (1, 2):
            services.sync_order(order_id=order.order_id, at=at + timedelta(hours=hours), source=services.Source.WEBHOOK)
            run_effects(at + timedelta(hours=hours))

        assert (UnallocatedMoney.objects.get().amount_krw, unallocated_balance()) == (22_000, 22_000)

    @pytest.mark.parametrize("amounts", [(PRICE, PRICE), (PRICE, 22_000)])
    def test_pay_12_both_before_we_heard_of_the_first_wait_together(self, bank, paid_in, compares, till, amounts):
        order = paid_in(*amounts, hears_of_each=False)

        compares()

        row = UnallocatedMoney.objects.get()
        assert (row.why, row.gateway, row.amount_krw, order.is_credited) == ("AMOUNT", bank.name, sum(amounts), False)
        assert (till.balance().available, unallocated_balance()) == (0, sum(amounts))
        assert not ReconciliationItem.objects.exists()

    @pytest.mark.parametrize("hears_of_each", [True, False])
    def test_pay_12_the_price_in_pieces_is_settled_as_it_came(self, paid_in, compares, hears_of_each):
        paid_in(50_000, 60_000, hears_of_each=hears_of_each)
        compares()
        assert not ReconciliationItem.objects.exists()

    @pytest.mark.parametrize("decision", ["ALLOCATED", "RETURNED"])
    def test_pay_12_decided_about_it_is_settled_as_it_came(self, bank, paid_in, compares, at, operator, decision):
        order, later = paid_in(PRICE, 330_000), at + timedelta(hours=1)
        row = UnallocatedMoney.objects.select_related("order__advertiser").get()
        if decision == "ALLOCATED":
            services.allocate(row=row, by=operator, at=later, reason="통화로 확인함")
        else:
            services.send_back(row=row, account=BACK_TO, by=operator, at=later, reason="돌려줌")
            run_effects(later)
            services.sync_order(order_id=order.order_id, at=later)

        compares()

        row.refresh_from_db()
        assert (row.state, unallocated_balance()) == (decision, 0)
        assert not ReconciliationItem.objects.exists()

    def test_pay_12_a_line_of_another_sum_is_found_and_names_what_came(self, bank, paid_in, compares):
        order = paid_in(PRICE, 22_000)
        wrong = {"payment_id": order.order_id, "how": "amount", "by": 500, "service": bank.name}
        bank.sandbox.control("POST", "/settlements/spoil", wrong)

        compares()

        found = {tuple(item.differences["amount_krw"]) for item in ReconciliationItem.objects.filter(kind="SETTLED_AMOUNT")}
        one, other = ("110000", "110500"), ("22000", "22500")
        assert found == ({("132000", "132500")} if bank.name == "portone" else {one, other})
        assert ReconciliationItem.objects.count() == len(found)

    def test_pay_12_a_card_payment_in_two_lines_that_come_to_it_is_none(self, till, at):
        till.paid()
        [line] = [moved(line, at) for line in wide(till.buyer)]
        half = replace(line, amount_krw=55_000, fee_krw=1_760, fee_vat_krw=176, payout_krw=53_064)

        take([half, replace(half, transaction_id="another")], {"first_on": day_of(at), "last_on": day_of(at)}, at)

        assert {item.kind for item in ReconciliationItem.objects.all()} == {"SETTLED_AMOUNT"}
