"""An approved refund on its way through the card company: OPS-06 … OPS-10, on good days and bad ones."""

from datetime import timedelta

import pytest

from common.errors import DomainError
from common.models import Effect
from common.provider import GatewayError
from credits.models import Entry
from identity.models import Notification
from payments import services
from payments.models import PaymentOrder, ReconciliationItem, Refund
from payments.services import Source
from tests import doubler
from tests.credits.book import house, lot, nothing_written, parts
from tests.payments.conftest import effect_of, now_is, run_effects

State = Refund.State


@pytest.fixture
def approved(till, approve):
    """100,000 credits on their way back: 110,000 won."""
    return approve(till.refund(till.paid(), 100_000))


def keys_sent(buyer):
    """The idempotency keys of the cancels that reached the card company, in order."""
    return [call["idempotency_key"] for call in buyer.calls(method="POST", path="/cancel")]


def went_back_once(till, buyer, refund):
    refund.refresh_from_db()
    assert (refund.state, refund.failure) == (State.DONE, "")
    assert [cancel["totalAmount"] for cancel in buyer.book(refund.order)["cancels"] if cancel["status"] == "SUCCEEDED"] == [110_000]
    assert buyer.totals() == {"captured": 110_000, "cancelled": 110_000, "net": 0}
    assert (till.balance().available, till.balance().frozen) == (0, 0)
    assert Entry.objects.filter(kind=Entry.Kind.RECLAIM).count() == 1
    assert house("FUNDING:portone") == 0
    return True


def still_frozen(till):
    assert (till.balance().available, till.balance().frozen) == (0, 100_000)
    assert not Entry.objects.filter(kind=Entry.Kind.RECLAIM).exists()
    return True


class TestOnAGoodDay:
    def test_ops_06_the_card_company_is_asked_once_with_the_decisions_key(self, till, buyer, approved, at):
        now_is(at + timedelta(hours=3))
        run_effects(at + timedelta(hours=3))
        run_effects(at + timedelta(hours=4))

        assert went_back_once(till, buyer, approved)
        assert keys_sent(buyer) == [f'"{approved.public_id}-1"']
        assert buyer.book(approved.order)["cancels"][0]["reason"].startswith(f"[{approved.public_id}-1] ")
        order = PaymentOrder.objects.get()
        assert (order.state, order.cancelled_krw) == (PaymentOrder.State.REFUNDED, 110_000)
        [notice] = Notification.objects.filter(kind="payments.refund_done")
        assert (notice.user, "110,000원" in notice.title) == (till.user, True)

    def test_ops_07_two_operators_who_press_approve_carry_it_out_once(self, till, buyer, operator, finance, at):
        refund = till.refund(till.paid(), 100_000)
        for person in (operator, finance):
            result = services.approve_refund(refund=refund, by=person, at=at + timedelta(hours=2))
            assert result.state == State.APPROVED

        run_effects(at + timedelta(hours=3))

        assert Effect.objects.filter(kind="payments.refund").count() == 1
        assert went_back_once(till, buyer, refund)
        assert refund.decided_by == operator
        again = services.approve_refund(refund=refund, by=finance, at=at + timedelta(hours=4))
        assert again.state == State.DONE

    def test_on_the_worst_day_every_effect_is_doubled_and_the_card_is_paid_once(self, till, buyer, approved, at):
        doubler.run_doubled(at=at + timedelta(hours=3))
        assert went_back_once(till, buyer, approved)

    def test_two_refunds_of_one_order_go_one_after_the_other(self, till, buyer, approve, at):
        order = till.paid()
        first, second = (approve(till.refund(order, credits)) for credits in (30_000, 20_000))

        doubler.run_plain(at=at + timedelta(hours=3))

        for refund, remaining in ((first, 110_000), (second, 77_000)):
            refund.refresh_from_db()
            assert (refund.state, refund.remaining_krw) == (State.DONE, remaining)
        assert buyer.totals() == {"captured": 110_000, "cancelled": 55_000, "net": 55_000}


class TestSilence:
    def test_ops_08_a_lost_answer_is_looked_up_and_never_asked_with_a_new_key(self, till, buyer, approved, at):
        buyer.fault(kind="drop", when="after", method="POST", path="/cancel")
        buyer.fault(kind="error", status=500, method="GET", path="/payments", count=1)

        run_effects(at + timedelta(hours=3), rounds=1)
        approved.refresh_from_db()
        assert approved.state == State.UNKNOWN
        assert still_frozen(till)

        for minutes in (1, 2, 5):
            run_effects(at + timedelta(hours=3, minutes=minutes))
        assert went_back_once(till, buyer, approved)
        assert approved.try_no == 1
        assert len(buyer.calls(method="POST", path="/cancel")) == 1

    def test_ops_08_a_question_that_never_arrived_is_repeated_under_the_same_key(self, till, buyer, approved, at):
        buyer.fault(kind="drop", when="before", method="POST", path="/cancel")

        run_effects(at + timedelta(hours=3), rounds=1)
        approved.refresh_from_db()
        assert approved.state == State.UNKNOWN
        run_effects(at + timedelta(hours=3, minutes=1))

        assert went_back_once(till, buyer, approved)
        assert keys_sent(buyer) == [f'"{approved.public_id}-1"'] * 2

    def test_ops_08_after_hours_of_silence_a_person_is_called_and_the_key_is_not_reused(self, till, buyer, approved, operator, at):
        buyer.fault(kind="drop", when="before", count=None)
        for minutes in (0, 1, 2, 4, 8):
            run_effects(at + timedelta(hours=3, minutes=minutes), rounds=1)
        approved.refresh_from_db()
        assert (approved.state, effect_of("payments.refund").state) == (State.UNKNOWN, Effect.State.PARKED)
        assert Notification.objects.filter(kind="payments.refund_unknown").count() == 1
        assert still_frozen(till)

        buyer.sandbox.control("DELETE", "/faults")
        later = at + timedelta(hours=7)
        now_is(later)
        services.retry_refund(refund=approved, by=operator, at=later, reason="결제사에서 취소가 없는 것을 확인했어요.")
        run_effects(later)

        assert went_back_once(till, buyer, approved)
        assert set(keys_sent(buyer)[:-1]) == {f'"{approved.public_id}-1"'}
        assert keys_sent(buyer)[-1] == f'"{approved.public_id}-2"'  # the book showed nothing, and the old key was forgotten there

    def test_an_operator_who_asks_within_the_keys_life_asks_with_the_same_key(self, till, buyer, approved, operator, at):
        buyer.fault(kind="drop", when="before", count=None)
        for minutes in (0, 1, 2, 4, 8):
            run_effects(at + timedelta(hours=3, minutes=minutes), rounds=1)
        buyer.sandbox.control("DELETE", "/faults")

        services.retry_refund(refund=approved, by=operator, at=at + timedelta(hours=4), reason="다시 물어봐 주세요.")
        run_effects(at + timedelta(hours=4))

        assert went_back_once(till, buyer, approved)
        assert set(keys_sent(buyer)) == {f'"{approved.public_id}-1"'}

    def test_retrying_while_the_gateway_is_silent_changes_nothing(self, till, buyer, approved, operator, at):
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        run_effects(at + timedelta(hours=3))
        buyer.fault(kind="error", status=503, count=None)
        before = Refund.objects.values().get()

        with nothing_written(), pytest.raises(GatewayError):
            services.retry_refund(refund=approved, by=operator, at=at + timedelta(hours=4), reason="다시")
        assert Refund.objects.values().get() == before


class TestRefusal:
    def test_ops_09_http_200_with_failed_keeps_the_money_frozen_and_calls_everybody(self, till, buyer, approved, operator, at):
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        run_effects(at + timedelta(hours=3))

        approved.refresh_from_db()
        assert (approved.state, approved.failure) == (State.FAILED, "카드사가 취소를 거절했어요.")
        assert still_frozen(till)
        assert Notification.objects.filter(kind="payments.refund_failed").count() == 1
        assert Notification.objects.filter(kind="payments.refund_delayed", user=till.user).count() == 1

        with pytest.raises(services.ReasonMissing):
            services.retry_refund(refund=approved, by=operator, at=at + timedelta(hours=4), reason=" ")
        services.retry_refund(refund=approved, by=operator, at=at + timedelta(hours=4), reason="카드사와 통화했어요.")
        run_effects(at + timedelta(hours=4))
        assert went_back_once(till, buyer, approved)
        assert approved.try_no == 2  # an old key would replay the stored refusal

    def test_ops_09_a_refused_refund_can_be_given_up_and_the_credits_are_free_again(self, till, buyer, approved, operator, at):
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        run_effects(at + timedelta(hours=3))

        services.deny_refund(refund=approved, by=operator, at=at + timedelta(hours=4), reason="카드사가 취소를 받아 주지 않아요.")

        assert till.balance().available == 100_000
        assert buyer.totals()["cancelled"] == 0

    def test_ops_09_requested_is_not_done_until_the_card_company_decides(self, till, buyer, approved, at):
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        run_effects(at + timedelta(hours=3))
        approved.refresh_from_db()
        assert (approved.state, approved.cancel_id != "") == (State.SENT, True)
        assert still_frozen(till)
        with pytest.raises(services.RefundAlreadySent):
            services.withdraw_refund(refund=approved, by=till.user, at=at + timedelta(hours=3))

        buyer.act(approved.order, "approve-cancel")
        run_effects(at + timedelta(hours=5))
        assert went_back_once(till, buyer, approved)
        assert len(buyer.calls(method="POST", path="/cancel")) == 1

    def test_ops_09_requested_may_still_end_in_a_refusal(self, till, buyer, approved, at):
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        run_effects(at + timedelta(hours=3))
        buyer.act(approved.order, "fail-cancel")
        run_effects(at + timedelta(hours=5))

        approved.refresh_from_db()
        assert approved.state == State.FAILED
        assert still_frozen(till)

    def test_a_webhook_about_a_decided_cancel_finishes_the_refund_before_the_effect_asks(self, till, buyer, approved, at):
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        run_effects(at + timedelta(hours=3))
        buyer.act(approved.order, "approve-cancel")

        services.sync_order(order_id=approved.order.order_id, at=at + timedelta(hours=3, seconds=1), source=Source.WEBHOOK)
        assert went_back_once(till, buyer, approved)
        run_effects(at + timedelta(hours=6))
        assert went_back_once(till, buyer, approved)

    def test_an_error_of_the_card_company_is_repeated_under_one_key_and_then_believed(self, till, buyer, approved, at):
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "PG_PROVIDER"})
        for minutes in (0, 1, 2, 4):
            run_effects(at + timedelta(hours=3, minutes=minutes), rounds=1)

        approved.refresh_from_db()
        assert (approved.state, approved.failure) == (State.FAILED, "결제사 응답: PG_PROVIDER")
        assert still_frozen(till)
        assert buyer.totals()["cancelled"] == 0

    def test_one_error_after_waiting_for_another_refund_is_not_the_last_word(self, till, buyer, approve, at):
        order = till.paid()
        first, second = (approve(till.refund(order, credits)) for credits in (30_000, 20_000))
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "REQUESTED"})
        for seconds in (0, 10, 20, 30):
            run_effects(at + timedelta(hours=3, seconds=seconds), rounds=1)
        assert Effect.objects.get(ids__refund=second.pk).attempts >= 3
        buyer.act(order, "approve-cancel")
        services.sync_order(order_id=order.order_id, at=at + timedelta(hours=3, minutes=1))
        buyer.fault(kind="error", status=502, when="before", method="POST", path="/cancel")

        run_effects(at + timedelta(hours=3, minutes=2), rounds=1)
        second.refresh_from_db()
        assert second.state == State.UNKNOWN
        run_effects(at + timedelta(hours=3, minutes=4))
        for refund in (first, second):
            refund.refresh_from_db()
            assert (refund.state, refund.try_no) == (State.DONE, 1)
        assert buyer.totals()["cancelled"] == 55_000

    def test_a_wrong_belief_about_what_is_left_moves_no_money(self, till, buyer, approve, at):
        """Somebody cancelled in the console between the request and the call."""
        refund = approve(till.refund(till.paid(), 50_000))
        buyer.act(refund.order, "console-cancel", amount=11_000)
        run_effects(at + timedelta(hours=3))

        refund.refresh_from_db()
        assert (refund.state, refund.failure) == (State.FAILED, "결제사 응답: CANCELLABLE_AMOUNT_CONSISTENCY_BROKEN")
        assert buyer.totals()["cancelled"] == 11_000
        assert till.balance().frozen == 50_000
        services.sweep(at=at + timedelta(hours=3))
        assert ReconciliationItem.objects.get().kind == "FOREIGN_CANCEL"


class TestForeignCancel:
    def cancelled(self, till, buyer, at, *, amount=None, **spent):
        order = till.paid()
        for way, credits in spent.items():
            getattr(till, way)(credits)
        buyer.act(order, "console-cancel", **({"amount": amount} if amount else {}))
        services.sync_order(order_id=order.order_id, at=at + timedelta(hours=2), source=Source.WEBHOOK)
        return order, ReconciliationItem.objects.get()

    def test_ops_10_waits_for_a_person_and_follows_after_one_click_with_a_reason(self, till, buyer, operator, at):
        order, item = self.cancelled(till, buyer, at, amount=44_000)
        assert (item.kind, item.amount_krw, item.state) == ("FOREIGN_CANCEL", 44_000, "OPEN")
        assert till.balance().available == 100_000
        services.sync_order(order_id=order.order_id, at=at + timedelta(hours=3))  # the same news again opens nothing
        assert ReconciliationItem.objects.count() == 1
        with nothing_written(), pytest.raises(services.ReasonMissing):
            services.settle_item(item=item, by=operator, at=at + timedelta(hours=3), reason="")

        services.settle_item(item=item, by=operator, at=at + timedelta(hours=3), reason="콘솔에서 취소했어요.")

        order.refresh_from_db()
        refund = Refund.objects.get()
        assert (refund.source, refund.state, refund.credits, refund.vat_krw) == ("GATEWAY", State.DONE, 40_000, 4_000)
        assert (order.state, order.cancelled_krw) == (PaymentOrder.State.PART_REFUNDED, 44_000)
        assert till.balance().available == 60_000
        assert -house("FUNDING:portone") == 60_000
        assert buyer.totals() == {"captured": 110_000, "cancelled": 44_000, "net": 66_000}
        with nothing_written(), pytest.raises(services.ItemAlreadySettled):
            services.settle_item(item=item, by=operator, at=at + timedelta(hours=3), reason="또")

    def test_ops_10_what_was_spent_becomes_a_claim_and_the_account_is_restricted(self, till, buyer, operator, packages, at):
        order, item = self.cancelled(till, buyer, at, spends=30_000)

        services.settle_item(item=item, by=operator, at=at + timedelta(hours=3), reason="콘솔에서 모두 취소했어요.")

        till.advertiser.refresh_from_db()
        order.refresh_from_db()
        assert (house("RECEIVABLE"), house("FUNDING:portone"), house("REVENUE")) == (-30_000, 0, 30_000)
        assert (till.advertiser.is_restricted, order.state) == (True, PaymentOrder.State.REFUNDED)
        assert till.balance().available == 0
        with nothing_written(), pytest.raises(services.AccountRestricted):
            till.order(300_000)

    def test_ops_10_the_same_amount_as_a_waiting_request_is_that_request(self, till, buyer, operator, at):
        order = till.paid()
        refund = till.refund(order, 40_000)
        buyer.act(order, "console-cancel", amount=44_000)
        services.sync_order(order_id=order.order_id, at=at + timedelta(hours=2))

        services.settle_item(item=ReconciliationItem.objects.get(), by=operator, at=at + timedelta(hours=3), reason="콘솔에서 했어요.")

        refund.refresh_from_db()
        assert (refund.state, Refund.objects.count()) == (State.DONE, 1)
        assert parts(lot(order.order_id)) == {"granted": 100_000, "available": 60_000, "returned": 40_000}

    def test_ops_10_another_amount_than_a_waiting_request_is_refused_until_that_is_decided(self, till, buyer, operator, at):
        order = till.paid()
        refund = till.refund(order, 40_000)
        buyer.act(order, "console-cancel", amount=11_000)
        services.sync_order(order_id=order.order_id, at=at + timedelta(hours=2))
        item = ReconciliationItem.objects.get()

        with nothing_written(), pytest.raises(DomainError) as first:
            services.settle_item(item=item, by=operator, at=at + timedelta(hours=3), reason="콘솔")
        assert first.value.code == "payments.open_refund_first"
        services.deny_refund(refund=refund, by=operator, at=at + timedelta(hours=4), reason="콘솔에서 일부 취소했어요.")
        services.settle_item(item=item, by=operator, at=at + timedelta(hours=5), reason="콘솔에서 일부 취소했어요.")

        assert till.balance().available == 90_000
        assert -house("FUNDING:portone") == 90_000
