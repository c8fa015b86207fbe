"""The searches between orders, refunds and the ledger: silent when all is well, and each finds what it is there to find."""

from datetime import timedelta

import pytest
from django.db import transaction

from credits import proof
from credits import services as ledger
from payments import services
from payments.models import PaymentOrder, ReconciliationItem, Refund, TaxDocument
from tests.payments.conftest import run_effects


def found() -> list[str]:
    return proof.run(["I5"]).differences


class TestWhenAllIsWell:
    def test_is_silent_through_the_whole_life_of_an_order(self, till, buyer, approve, at):
        order = till.paid(1_000_000)
        assert found() == []
        refund = till.refund(order, 500_000)
        assert found() == []
        approve(refund)
        run_effects(at + timedelta(hours=3))
        assert Refund.objects.get().state == Refund.State.DONE
        assert found() == []

    def test_a_foreign_cancel_is_known_while_its_item_waits_and_equal_after(self, till, buyer, operator, at):
        order = till.paid()
        buyer.act(order, "console-cancel", amount=44_000)
        services.sync_order(order_id=order.order_id, at=at + timedelta(hours=1))
        assert found() == []
        services.settle_item(item=ReconciliationItem.objects.get(), by=operator, at=at + timedelta(hours=2), reason="콘솔 취소")
        assert found() == []


@pytest.mark.tampers
class TestWhenSomebodyTampers:
    def test_finds_an_order_marked_paid_without_credits(self, till, at):
        order = till.order()
        PaymentOrder.objects.filter(pk=order.pk).update(
            state="PAID", paid_at=at, credited_at=at, captured_krw=110_000, policy={"refund_window_hours": 168}
        )
        assert found() == [f"I5: order={order.order_id} state=PAID credits=100000 topped_up=0 booked_for=None"]

    def test_finds_credits_that_no_order_explains(self, till, at):
        with transaction.atomic():
            ledger.top_up(advertiser=till.advertiser, credits=5, order_id="BOFORGED", gateway="portone", key="forged", at=at)
        [line] = found()
        assert line.endswith("unknown_order=BOFORGED")

    def test_finds_an_order_whose_amount_was_changed(self, till):
        order = till.paid()
        PaymentOrder.objects.filter(pk=order.pk).update(credits=99_990, amount_krw=109_990)
        assert any("credits=99990 topped_up=100000" in line for line in found())

    def test_finds_an_order_moved_to_somebody_else(self, till, eve):
        PaymentOrder.objects.filter(pk=till.paid().pk).update(advertiser=eve)
        assert len(found()) == 1

    def test_finds_a_missing_bonus(self, till):
        order = till.paid()
        PaymentOrder.objects.filter(pk=order.pk).update(bonus_credits=10)
        assert found() == [f"I5: order={order.order_id} bonus_credits=10 bonus_granted=0"]

    def test_finds_a_refund_said_to_be_done_whose_credits_never_left(self, till):
        order = till.paid()
        refund = till.refund(order, 50_000)
        Refund.objects.filter(pk=refund.pk).update(state="DONE", cancel_id="x")
        lines = found()
        assert f"I5: order={order.order_id} refunded=50000 booked=0" in lines
        assert any("waiting=0 frozen=50000" in line for line in lines)

    def test_finds_frozen_credits_nobody_waits_for(self, till):
        order = till.paid()
        refund = till.refund(order, 50_000)
        Refund.objects.filter(pk=refund.pk).update(state="WITHDRAWN")
        assert found() == [f"I5: order={order.order_id} waiting=0 frozen=50000 waiting_bonus=0 frozen_bonus=0"]

    @pytest.mark.parametrize("changed", [{"captured_krw": 109_999}, {"cancelled_krw": 1}])
    def test_finds_a_won_between_the_gateways_book_and_ours(self, till, changed):
        PaymentOrder.objects.filter(pk=till.paid().pk).update(**changed)
        assert len(found()) == 1

    def test_finds_a_document_for_a_card_and_one_whose_refund_is_not_done(self, till, at):
        order = till.paid()
        facts = {"advertiser": till.advertiser, "kind": "INVOICE", "written_on": at.date(), "buyer": {}, "made_at": at, "order": order}
        original = TaxDocument.objects.create(key="order", number="TI1", supply_krw=100_000, vat_krw=10_000, **facts)
        refund = till.refund(order, 10_000)
        TaxDocument.objects.create(
            key="refund", number="TI2", supply_krw=-10_000, vat_krw=-1_000, refund=refund, corrects=original, **facts
        )  # fmt: skip

        lines = proof.run(["I20"]).differences

        assert f"I20: document=TI1 order={order.order_id} method=CARD supply_krw=100000 credits=100000" in lines
        assert f"I20: document=TI2 refund={refund.pk} state=REQUESTED supply_krw=-10000 credits=10000" in lines

    def test_finds_a_payment_shared_by_an_order_that_no_money_became(self, till):
        order = till.paid()
        PaymentOrder.objects.filter(pk=order.pk).update(payment_ref="BOFORGED")
        assert f"I5: order={order.order_id} amount_krw=110000 deposited=None state=None" in found()
