"""Money beyond an order that has its credits becomes a top-up of its own, or goes back; the payment is then shared. PAY-12, PAY-17."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from backoffice import rights
from common import provider
from common.models import DatedSetting
from credits.models import Entry
from identity.models import ApprovalRequest
from payments import services
from payments.models import Offer, OfferUse, PaymentOrder, ReconciliationItem, Refund, TaxDocument, UnallocatedMoney
from payments.services import allocation, documents
from payments.services.refusals import AllocationOver, AllocationUnfit, NoPackageFits
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at as room
from tests.backoffice.pressing import press
from tests.payments.conftest import now_is, run_effects
from tests.payments.outcomes import complete
from tests.payments.test_races_payments import meet, together
from tests.payments.test_virtual_accounts import BACK_TO, Portone, bank, checked, issued, unallocated_balance
from tests.payments.toss_buyer import TossBuyer
from tests.signing_in import browser

__all__ = ["bank", "issued"]

State = PaymentOrder.State
Row = UnallocatedMoney
REASON = "통화로 확인함"


def paid_twice(bank, order, at, *, amount=330_000) -> Row:
    """The order's own deposit, and ten minutes later another one into the same account."""
    bank.deposits(order, at=at.isoformat())
    services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=5))
    bank.deposits(order, amount=amount)
    services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=10))
    return Row.objects.select_related("order__advertiser").get()


def made_of(row, operator, at) -> PaymentOrder:
    services.allocate(row=row, by=operator, at=at + timedelta(hours=1), reason=REASON)
    row.refresh_from_db()
    return PaymentOrder.objects.select_related("advertiser").get(pk=row.became_id)


def cancelled_at_the_desk(bank, order, amount) -> None:
    """Somebody cancels in the company's own console."""
    prefix, action = ("/payments", "console-cancel") if bank.name == "portone" else ("/toss/payments", "desk-cancel")
    bank.sandbox.control("POST", f"{prefix}/{order.order_id}/{action}", {"amount": amount})


class TestASecondDeposit:
    def test_pay_12_becomes_a_top_up_of_its_own_whose_refund_window_begins_when_it_came(self, till, bank, issued, at, operator):
        row = paid_twice(bank, issued, at)

        made = made_of(row, operator, at)

        assert (made.state, made.credits, made.amount_krw, made.method, made.gateway) == (
            State.PAID,
            300_000,
            330_000,
            "VIRTUAL_ACCOUNT",
            bank.name,
        )
        assert (made.ref, made.key, made.paid_at) == (issued.order_id, f"unallocated:{row.public_id}", at + timedelta(minutes=10))
        assert made.refundable_until == made.paid_at + timedelta(hours=168)
        assert (till.balance().available, unallocated_balance(), row.state) == (400_000, 0, Row.State.ALLOCATED)
        issued.refresh_from_db()
        assert (issued.credits, issued.captured_krw, made.captured_krw) == (100_000, 110_000, 330_000)
        for order in (issued, made):
            services.sync_order(order_id=order.order_id, at=at + timedelta(hours=2))
        assert (Row.objects.count(), ReconciliationItem.objects.count(), Entry.objects.filter(kind="TOP_UP").count()) == (1, 0, 2)

    def test_pay_12_has_its_own_document_and_the_first_keeps_its_own(self, till, bank, issued, at, operator):
        made = made_of(paid_twice(bank, issued, at), operator, at)

        documents.plan(at=at + timedelta(hours=2))

        assert {(row.order, row.supply_krw) for row in TaxDocument.objects.all()} == {(issued, 100_000), (made, 300_000)}

    def test_pay_12_both_are_refunded_by_the_one_payment_each_its_own_won(self, till, bank, issued, at, operator, approve):
        made = made_of(paid_twice(bank, issued, at), operator, at)
        checked(till, at, usable_at=at)
        approve(till.refund(made, 30_000))
        approve(till.refund(issued, 20_000))

        for hours in (2, 3, 4):
            run_effects(at + timedelta(hours=hours))
            services.sync_order(order_id=made.order_id, at=at + timedelta(hours=hours, minutes=1))

        made.refresh_from_db()
        issued.refresh_from_db()
        assert {(refund.order_id, refund.state) for refund in Refund.objects.all()} == {(made.pk, "DONE"), (issued.pk, "DONE")}
        assert (made.cancelled_krw, issued.cancelled_krw, bank.book(issued)) == (33_000, 22_000, (440_000, 55_000))
        assert (made.state, issued.state) == (State.PART_REFUNDED, State.PART_REFUNDED)
        assert not ReconciliationItem.objects.exists()
        report = services.reconcile(
            gateway_name=bank.name, since=at - timedelta(days=3_650), until=at + timedelta(days=3_650), at=at + timedelta(hours=5)
        )
        assert report.is_clean

    def test_pay_12_a_cancel_at_the_console_takes_it_from_the_newest_that_has_as_much(self, till, bank, issued, at, operator):
        made = made_of(paid_twice(bank, issued, at), operator, at)
        cancelled_at_the_desk(bank, issued, 330_000)

        services.sync_order(order_id=issued.order_id, at=at + timedelta(hours=2))
        services.sync_order(order_id=issued.order_id, at=at + timedelta(hours=3))
        item = ReconciliationItem.objects.select_related("order__advertiser").get()
        services.settle_item(item=item, by=operator, at=at + timedelta(hours=4), reason="콘솔에서 취소함")
        services.sync_order(order_id=issued.order_id, at=at + timedelta(hours=5))

        made.refresh_from_db()
        issued.refresh_from_db()
        assert (item.order, item.ref, made.state, issued.state) == (made, issued.order_id, State.REFUNDED, State.PAID)
        assert (made.cancelled_krw, issued.cancelled_krw, till.balance().available) == (330_000, 0, 100_000)
        assert ReconciliationItem.objects.count() == 1

    def test_pay_12_of_a_sum_that_nothing_costs_can_only_go_back(self, till, bank, issued, at, operator):
        row = paid_twice(bank, issued, at, amount=50_000)

        with pytest.raises(NoPackageFits):
            services.allocate(row=row, by=operator, at=at + timedelta(hours=1), reason=REASON)

        assert (PaymentOrder.objects.count(), till.balance().available, unallocated_balance()) == (1, 100_000, 50_000)
        services.send_back(row=row, account=BACK_TO, by=operator, at=at + timedelta(hours=1), reason="돌려줌")
        run_effects(at + timedelta(hours=1))
        row.refresh_from_db()
        assert (row.state, bank.book(issued)) == (Row.State.RETURNED, (160_000, 50_000))

    def test_pay_12_waits_while_the_company_says_that_something_went_back(self, till, bank, issued, at, operator):
        row = paid_twice(bank, issued, at)
        cancelled_at_the_desk(bank, issued, 11_000)

        with pytest.raises(AllocationUnfit):
            services.allocate(row=row, by=operator, at=at + timedelta(hours=1), reason=REASON)

        assert (PaymentOrder.objects.count(), unallocated_balance()) == (1, 330_000)

    def test_pay_12_above_the_limit_a_second_operator_agrees_first(self, till, bank, issued, at, operator, finance):
        DatedSetting.objects.create(name="payments.second_approval_above_krw", value=100_000, effective_from=at, reason="시험")
        row = paid_twice(bank, issued, at)

        request = services.allocate(row=row, by=operator, at=at + timedelta(hours=1), reason=REASON)

        assert (isinstance(request, ApprovalRequest), till.balance().available) == (True, 100_000)
        services.carry_out_second(request=request, by=finance, at=at + timedelta(hours=2))
        row.refresh_from_db()
        assert (row.state, row.decided_by, till.balance().available) == (Row.State.ALLOCATED, operator, 400_000)


class TestTheRoom:
    def test_pay_12_one_press_with_a_reason_makes_the_top_up_and_both_sides_see_it(self, till, bank, issued, at, settings):
        row = paid_twice(bank, issued, at)
        now_is(at + timedelta(hours=1))
        client = enter(hire("boram", *rights.RIGHTS))
        press(client, room("payments_unallocatedmoney_allocate", row.pk), reason=REASON)

        row.refresh_from_db()
        assert (row.state, row.decided_by.username, till.balance().available) == (Row.State.ALLOCATED, "boram", 400_000)
        made = row.became
        assert made.order_id in client.get(room("payments_unallocatedmoney_change", row.pk)).content.decode()
        page = browser(till.user).get(reverse("payments:order", args=[issued.order_id])).content.decode()
        assert reverse("payments:order", args=[made.order_id]) in page
        assert "확인해서 따로 충전했어요" in page


class TestADepositInPieces:
    def test_pay_12_that_adds_up_to_the_order_is_credited_with_one_press(self, till, bank, issued, at, operator):
        for minutes, amount in ((5, 50_000), (10, 60_000)):
            bank.deposits(issued, amount=amount, at=at.isoformat())
            services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=minutes))
        rows = Row.objects.select_related("order__advertiser").order_by("pk")
        assert [(row.why, row.amount_krw) for row in rows] == [(Row.Why.AMOUNT, 50_000), (Row.Why.AMOUNT, 60_000)]
        assert (till.balance().available, unallocated_balance()) == (0, 110_000)

        services.allocate(row=rows[1], by=operator, at=at + timedelta(hours=1), reason=REASON)

        issued.refresh_from_db()
        assert (issued.state, issued.amount_krw, till.balance().available, unallocated_balance()) == (State.PAID, 110_000, 100_000, 0)
        assert {row.state for row in Row.objects.all()} == {Row.State.ALLOCATED}

    def test_pay_12_of_which_more_came_than_the_second_operator_saw_is_not_credited(self, till, bank, issued, at, operator, finance):
        DatedSetting.objects.create(name="payments.second_approval_above_krw", value=10_000, effective_from=at, reason="시험")
        bank.deposits(issued, amount=50_000, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))
        row = Row.objects.select_related("order__advertiser").get()
        request = services.allocate(row=row, by=operator, at=at + timedelta(hours=1), reason=REASON)
        bank.deposits(issued, amount=60_000)
        services.sync_order(order_id=issued.order_id, at=at + timedelta(hours=2))

        with pytest.raises(AllocationUnfit):
            services.carry_out_second(request=request, by=finance, at=at + timedelta(hours=3))

        request.refresh_from_db()
        assert (request.is_waiting, till.balance().available, unallocated_balance()) == (True, 0, 110_000)


class TestTheBonus:
    @pytest.fixture
    def offer(self, operator, at):
        dates = {"starts_at": at - timedelta(days=1), "ends_at": at + timedelta(days=30), "created_by": operator}
        return Offer.objects.create(name="가을", from_credits=300_000, percent=Decimal(10), budget_credits=90_000_000, **dates)

    def test_pay_12_of_a_promise_is_lost_for_good_when_less_came(self, till, bank, offer, at, operator):
        order = bank.issues(till.order(300_000, method="VIRTUAL_ACCOUNT"), at)
        bank.deposits(order, amount=110_000, at=at.isoformat())
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=5))

        services.allocate(row=Row.objects.get(), by=operator, at=at + timedelta(hours=1), reason=REASON)

        order.refresh_from_db()
        offer.refresh_from_db()
        assert (order.package.credits, order.bonus_credits, till.balance().available) == (100_000, 0, 100_000)
        assert (offer.reserved_credits, offer.granted_credits, OfferUse.objects.count()) == (0, 0, 0)

    def test_pay_12_is_that_of_the_package_which_was_paid(self, till, bank, issued, at, operator):
        DatedSetting.objects.create(name="payments.second_approval_above_krw", value=2_000_000, effective_from=at, reason="시험")
        bank.deposits(issued, amount=1_100_000, at=at.isoformat())
        services.sync_order(order_id=issued.order_id, at=at + timedelta(minutes=5))

        services.allocate(row=Row.objects.get(), by=operator, at=at + timedelta(hours=1), reason=REASON)

        issued.refresh_from_db()
        assert (issued.credits, issued.bonus_credits, till.balance().available) == (1_000_000, 10_000, 1_010_000)


class TestBothCompanies:
    @pytest.fixture
    def toss(self, till, settings):
        settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "portone", "toss"
        return TossBuyer(till.buyer.sandbox)

    def test_pay_17_the_card_payment_at_the_other_one_becomes_a_top_up_and_is_refunded_there(
        self, till, toss, client, at, operator, approve
    ):
        order = till.order()
        till.buyer.enters(order)
        order = services.switch_gateway(order=order)
        services.open_window(order=order, at=at)
        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))
        till.buyer.act(order, "approve", paid_at=at.isoformat())
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=5))

        made = made_of(Row.objects.get(), operator, at)
        assert (made.gateway, made.ref, made.paid_at, till.balance().available) == ("portone", order.order_id, at, 200_000)
        approve(till.refund(made, 100_000))
        run_effects(at + timedelta(hours=2))
        for each in (order, made):
            services.sync_order(order_id=each.order_id, at=at + timedelta(hours=3))

        made.refresh_from_db()
        order.refresh_from_db()
        assert (made.state, made.cancelled_krw, order.state, order.cancelled_krw) == (State.REFUNDED, 110_000, State.PAID, 0)
        assert (till.buyer.book(order)["cancelled"], toss.book(order)) == (110_000, (110_000, 0))
        assert not ReconciliationItem.objects.exists()
        documents.plan(at=at + timedelta(hours=4))
        assert not TaxDocument.objects.exists(), "a card has its slip"


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture(autouse=True)
    def _many_processes(self, monkeypatch):
        monkeypatch.setattr(provider, "CALLS_AT_ONCE", 32)

    def buttons(self, row, operator, at):
        return [
            lambda: services.allocate(row=row, by=operator, at=at, reason=REASON),
            lambda: services.send_back(row=row, account=BACK_TO, by=operator, at=at, reason="돌려줌"),
        ]

    def row(self, till, at):
        bank = Portone(till)
        order = bank.issues(till.order(method="VIRTUAL_ACCOUNT"), at)
        return bank, order, paid_twice(bank, order, at)

    def test_pay_12_of_eight_who_press_either_button_one_decides(self, till, at, operator):
        bank, order, row = self.row(till, at)
        later = at + timedelta(hours=1)

        results = together(self.buttons(row, operator, later) * 4)

        assert sum(isinstance(result, Row) for result in results) == 1
        assert sum(isinstance(result, AllocationOver) for result in results) == 7
        run_effects(later)
        captured, cancelled = bank.book(order)
        assert (till.balance().available, captured - cancelled) in [(400_000, 440_000), (100_000, 110_000)]
        assert unallocated_balance() == 0

    @pytest.mark.tampers
    def test_control_without_the_locks_both_buttons_believe_that_they_decide(self, till, at, operator, monkeypatch):
        _, _, row = self.row(till, at)
        monkeypatch.setattr(allocation, "locked", lambda row: Row.objects.select_related("order__advertiser").get(pk=row.pk))
        meet(monkeypatch, allocation, "locked", 2)
        believers = []
        monkeypatch.setattr(allocation.effects, "add", lambda *args, **kwargs: believers.append(args[0]))

        results = together(self.buttons(row, operator, at + timedelta(hours=1)))

        assert [isinstance(result, Row) for result in results] == [True, True]
        assert "payments.give_back" in believers
