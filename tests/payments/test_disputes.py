"""A card holder complains: the credits of that top-up are set aside at once, and only the card company's decision ends it. PAY-18."""

from datetime import timedelta

import pytest
from django.db import transaction

from credits import selectors as balances
from credits import services as ledger
from credits.models import Lot
from payments import services
from payments.models import PaymentOrder, ReconciliationItem, Refund
from payments.services.refusals import OrderDisputed
from tests.payments.conftest import run_effects
from tests.payments.messages import signed
from tests.payments.outcomes import notices
from tests.payments.toss_buyer import TossBuyer

State = PaymentOrder.State
Kind = ReconciliationItem.Kind


def disputed(till, order, at):
    till.buyer.act(order, "dispute")
    return services.sync_order(order_id=order.order_id, at=at)


def lot_of(order) -> Lot:
    return Lot.objects.get(order_id=order.order_id, kind=Lot.Kind.PAID)


class TestAComplaint:
    def test_pay_18_a_message_says_so_and_the_lot_is_set_aside_and_the_desk_is_called(self, till, client, at):
        order, other = till.paid(), till.paid(300_000)
        till.buyer.act(order, "dispute")

        client.post(**signed(order, type="Transaction.DisputeCreated"))
        run_effects(at + timedelta(minutes=1))

        order.refresh_from_db()
        assert (order.state, lot_of(order).frozen, lot_of(order).available) == (State.DISPUTED, 100_000, 0)
        assert till.balance().available == 300_000
        item = order.reconciliation_items.get()
        assert (item.kind, item.state) == (Kind.DISPUTE, ReconciliationItem.State.OPEN)
        assert len(notices("payments.disputed")) == 1
        other.refresh_from_db()
        assert other.state == State.PAID

    def test_pay_18_told_three_times_it_happens_once(self, till, at):
        order = till.paid()

        disputed(till, order, at + timedelta(minutes=1))
        for minutes in (2, 3):
            services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=minutes))

        assert (ReconciliationItem.objects.count(), lot_of(order).frozen) == (1, 100_000)

    def test_pay_18_nothing_new_can_be_paid_with_it_and_what_a_campaign_gives_back_stays_aside(self, till, at):
        order = till.paid()
        hold = till.holds(40_000)
        disputed(till, order, at + timedelta(minutes=40))
        assert (lot_of(order).held, lot_of(order).frozen) == (40_000, 60_000)

        with pytest.raises(ledger.InsufficientCredits):
            till.holds(1, at=at + timedelta(minutes=41))
        with transaction.atomic():
            ledger.release(hold=hold, credits=15_000, key="back", at=at + timedelta(minutes=42))

        lot = lot_of(order)
        assert (lot.held, lot.frozen, lot.available) == (25_000, 75_000, 0)
        assert lot.disputed_at == at + timedelta(minutes=40)

    def test_pay_18_the_bonus_of_the_order_is_set_aside_with_it(self, till, at):
        order = till.paid(1_000_000)
        disputed(till, order, at + timedelta(minutes=1))

        lots = balances.order_lots(order.order_id)
        assert (lots.paid.available, [lot.available for lot in lots.bonus], till.balance().available) == (0, [0], 0)

    @pytest.mark.parametrize("decide", ["approve_refund", "withdraw_refund", "deny_refund"])
    def test_pay_18_a_refund_that_waits_goes_neither_way_before_the_card_company_decided(self, till, at, operator, decide):
        order = till.paid()
        refund = till.refund(order, 30_000, at=at + timedelta(minutes=10))
        disputed(till, order, at + timedelta(minutes=20))
        more = {"reason": "아니요"} if decide == "deny_refund" else {}

        with pytest.raises(OrderDisputed):
            getattr(services, decide)(refund=refund, by=operator, at=at + timedelta(minutes=30), **more)

        refund.refresh_from_db()
        assert (refund.state, lot_of(order).frozen) == (Refund.State.REQUESTED, 100_000)


class TestItsEnd:
    def test_pay_18_won_everything_but_a_waiting_refund_is_free_again(self, till, at):
        order = till.paid()
        till.refund(order, 30_000, at=at + timedelta(minutes=10))
        disputed(till, order, at + timedelta(minutes=20))
        till.buyer.act(order, "resolve-dispute")

        after = services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=30))

        lot = lot_of(order)
        assert (after.state, lot.available, lot.frozen, lot.disputed_at) == (State.PAID, 70_000, 30_000, None)
        assert order.reconciliation_items.get().state == ReconciliationItem.State.SETTLED
        assert len(notices("payments.dispute_over")) == 1

    def test_pay_18_won_after_the_lot_expired_it_is_gone(self, till, at):
        order = till.paid()
        disputed(till, order, at + timedelta(minutes=20))
        till.buyer.act(order, "resolve-dispute")

        services.sync_order(order_id=order.order_id, at=lot_of(order).expires_at)

        assert (lot_of(order).available, lot_of(order).expired) == (0, 100_000)

    def test_pay_18_lost_nothing_is_free_until_the_cancel_is_booked_and_then_it_takes_what_was_set_aside(self, till, at, operator):
        order = till.paid()
        disputed(till, order, at + timedelta(minutes=20))
        till.buyer.act(order, "console-cancel", trigger="CHARGEBACK", reason="이의 인정")
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=30))
        assert (lot_of(order).available, lot_of(order).frozen) == (0, 100_000)

        item = order.reconciliation_items.get(kind=Kind.FOREIGN_CANCEL)
        services.settle_item(item=item, by=operator, at=at + timedelta(hours=1), reason="카드사가 이의를 받아들임")

        order.refresh_from_db()
        assert (order.state, till.balance().available, lot_of(order).returned) == (State.REFUNDED, 0, 100_000)
        assert not order.reconciliation_items.filter(state=ReconciliationItem.State.OPEN).exists()
        till.advertiser.refresh_from_db()
        assert till.advertiser.is_restricted is False

    def test_pay_18_lost_after_it_was_spent_becomes_a_claim_and_restricts_the_account(self, till, at, operator):
        order = till.paid()
        till.spends(80_000)
        disputed(till, order, at + timedelta(minutes=40))
        till.buyer.act(order, "console-cancel", trigger="CHARGEBACK")
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=50))

        item = order.reconciliation_items.get(kind=Kind.FOREIGN_CANCEL)
        services.settle_item(item=item, by=operator, at=at + timedelta(hours=1), reason="이의 인정")

        till.advertiser.refresh_from_db()
        assert (till.balance().available, till.advertiser.is_restricted) == (0, True)

    def lost(self, till, order, at, **said):
        """The card company takes the money back; what an operator has to settle."""
        till.buyer.act(order, "console-cancel", trigger="CHARGEBACK", **said)
        services.sync_order(order_id=order.order_id, at=at)
        return order.reconciliation_items.get(kind=Kind.FOREIGN_CANCEL)

    def of_unknown_end(self, till, approve, order, at):
        """A refund of which the company never heard, and we do not know that."""
        refund = approve(till.refund(order, 30_000, at=at + timedelta(minutes=10)))
        till.buyer.fault(kind="drop", when="before", method="POST", path="/cancel")
        run_effects(at + timedelta(hours=3), rounds=1)
        refund.refresh_from_db()
        assert refund.state == Refund.State.UNKNOWN
        return refund

    @pytest.mark.parametrize("is_unknown", [True, False], ids=["its end unknown", "waiting for the desk"])
    def test_pay_18_lost_a_refund_that_cannot_go_any_more_is_denied_by_the_same_press(self, till, approve, at, operator, is_unknown):
        order = till.paid()
        refund = self.of_unknown_end(till, approve, order, at) if is_unknown else till.refund(order, 30_000, at=at + timedelta(minutes=10))
        disputed(till, order, at + timedelta(hours=4))
        item = self.lost(till, order, at + timedelta(hours=5))
        assert (lot_of(order).available, lot_of(order).frozen) == (0, 100_000)

        services.settle_item(item=item, by=operator, at=at + timedelta(hours=6), reason="이의 인정")
        for hours in (6, 7, 30):
            run_effects(at + timedelta(hours=hours))
            services.sync_order(order_id=order.order_id, at=at + timedelta(hours=hours))

        order.refresh_from_db()
        refund.refresh_from_db()
        till.advertiser.refresh_from_db()
        assert (refund.state, refund.deny_reason) == (Refund.State.DENIED, "카드사가 이의를 받아들여서 결제를 취소했어요.")
        assert (order.state, lot_of(order).returned, till.balance().available) == (State.REFUNDED, 100_000, 0)
        assert (till.buyer.book(order)["cancelled"], till.advertiser.is_restricted) == (110_000, False)
        assert not order.reconciliation_items.filter(state=ReconciliationItem.State.OPEN).exists()
        assert len(notices("payments.refund_denied")) == 1

    def test_pay_18_lost_in_part_a_refund_of_unknown_end_is_ended_first(self, till, approve, at, operator):
        order = till.paid()
        refund = self.of_unknown_end(till, approve, order, at)
        disputed(till, order, at + timedelta(hours=4))
        item = self.lost(till, order, at + timedelta(hours=5), amount=44_000)

        with pytest.raises(services.OpenRefundFirst):
            services.settle_item(item=item, by=operator, at=at + timedelta(hours=6), reason="이의 인정")

        refund.refresh_from_db()
        assert (refund.state, lot_of(order).frozen) == (Refund.State.UNKNOWN, 100_000)

    def test_pay_18_lost_the_cancel_is_the_refund_of_the_whole_that_waited_and_the_complaint_is_over(self, till, at, operator):
        order = till.paid()
        refund = till.refund(order, 100_000, at=at + timedelta(minutes=10))
        disputed(till, order, at + timedelta(minutes=20))
        item = self.lost(till, order, at + timedelta(minutes=30))

        services.settle_item(item=item, by=operator, at=at + timedelta(hours=1), reason="이의 인정")

        order.refresh_from_db()
        refund.refresh_from_db()
        assert (refund.state, order.state, till.balance().available) == (Refund.State.DONE, State.REFUNDED, 0)
        assert not order.reconciliation_items.filter(state=ReconciliationItem.State.OPEN).exists()
        assert order.reconciliation_items.get(kind=Kind.DISPUTE).reason == "카드사가 이의를 받아들여서 결제를 취소했어요."

    def test_pay_18_a_second_complaint_after_the_first_was_won_is_a_new_one(self, till, at):
        order = till.paid()
        disputed(till, order, at + timedelta(minutes=20))
        till.buyer.act(order, "resolve-dispute")
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=30))

        disputed(till, order, at + timedelta(minutes=40))

        assert (lot_of(order).frozen, order.reconciliation_items.filter(kind=Kind.DISPUTE).count()) == (100_000, 2)


class TestAGatewayThatSaysNothing:
    def test_pay_18_an_operator_notes_the_complaint_and_no_look_at_the_gateway_undoes_it(self, till, at, operator, settings):
        settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "toss", ""
        toss = TossBuyer(till.buyer.sandbox)
        order = till.order()
        services.sync_order(
            order_id=order.order_id, at=at, source=services.Source.RETURN, said=toss.agrees(order, approved_at=at.isoformat())
        )

        item = services.open_dispute(order=order, by=operator, at=at + timedelta(hours=1), reason="카드사 공문 3호")
        services.sync_order(order_id=order.order_id, at=at + timedelta(hours=2))

        order.refresh_from_db()
        assert (order.state, lot_of(order).frozen) == (State.DISPUTED, 100_000)
        with pytest.raises(OrderDisputed):
            services.open_dispute(order=order, by=operator, at=at + timedelta(hours=2), reason="두 번째")
        services.settle_item(item=item, by=operator, at=at + timedelta(hours=3), reason="카드사가 기각함")
        order.refresh_from_db()
        assert (order.state, lot_of(order).available) == (State.PAID, 100_000)
