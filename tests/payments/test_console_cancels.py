"""Cancels that the gateway's book shows otherwise than we asked: the bonus follows, wrong amounts end, debtors get no money."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from advertisers import services as advertisers
from common.errors import DomainError
from credits import services as ledger
from identity.models import ApprovalRequest
from payments import services
from payments.models import PaymentOrder, ReconciliationItem, Refund
from tests.credits.book import house, lot, nothing_written, parts
from tests.payments.conftest import run_effects
from tests.payments.outcomes import State as OrderState
from tests.signing_in import browser

State = Refund.State


def followed(till, buyer, operator, at, order, *, amount=None, hour=2):
    """Cancel in the console, look, and settle the difference; the refund that stands for it."""
    buyer.act(order, "console-cancel", **({"amount": amount} if amount else {}))
    services.sync_order(order_id=order.order_id, at=at + timedelta(hours=hour))
    settle(operator, at + timedelta(hours=hour, minutes=1))
    till.advertiser.refresh_from_db()
    order.refresh_from_db()
    return order.refunds.get(cancel_id=ReconciliationItem.objects.latest("pk").cancel_id)


def settle(operator, at, *, reason="콘솔에서 취소했어요."):
    item = ReconciliationItem.objects.get(state="OPEN")
    return services.settle_item(item=item, by=operator, at=at, reason=reason)


def restrict(till, at):
    with transaction.atomic():
        advertisers.restrict(advertiser=till.advertiser, reason="미수금이 있어요.", at=at)


def refused(code, call):
    """Refused with this code, and nothing was written."""
    before = list(Refund.objects.values()), list(PaymentOrder.objects.values())
    with nothing_written(), pytest.raises(DomainError) as refusal:
        call()
    assert refusal.value.code == code
    assert (list(Refund.objects.values()), list(PaymentOrder.objects.values())) == before


class TestTheBonusOfAConsoleCancel:
    """1,000,000 paid credits with a bonus of 10,000, which is used first."""

    def test_ops_10_a_whole_cancel_takes_the_whole_bonus(self, till, buyer, operator, at):
        order = till.paid(1_000_000)
        refund = followed(till, buyer, operator, at, order)

        assert (refund.source, refund.credits, refund.bonus, refund.promotion) == ("GATEWAY", 1_000_000, 10_000, 0)
        assert parts(lot(order.order_id, "BONUS")) == {"granted": 10_000, "returned": 10_000}
        assert (till.balance().available, order.state) == (0, OrderState.REFUNDED)
        assert (house("FUNDING:portone"), house("PROMOTION"), house("RECEIVABLE")) == (0, 0, 0)
        assert till.advertiser.is_restricted is False

    def test_ops_10_parts_take_their_share_cumulated_and_rounded_up(self, till, buyer, operator, at):
        order = till.paid(1_000_000)
        first = followed(till, buyer, operator, at, order, amount=366_667)
        second = followed(till, buyer, operator, at, order, amount=366_667, hour=3)
        rest = followed(till, buyer, operator, at, order, hour=4)

        assert [(refund.credits, refund.vat_krw, refund.bonus) for refund in (first, second)] == [
            (333_334, 33_333, 3_334),
            (333_333, 33_334, 3_333),
        ]
        assert (rest.credits, rest.vat_krw, rest.bonus) == (333_333, 33_333, 3_333)
        assert parts(lot(order.order_id, "BONUS")) == {"granted": 10_000, "returned": 10_000}
        assert buyer.totals()["net"] == 0

    def test_ops_10_a_used_part_is_paid_for_with_paid_credits(self, till, buyer, operator, at):
        order = till.paid(1_000_000)
        till.spends(7_000)
        refund = followed(till, buyer, operator, at, order, amount=550_000)

        assert (refund.credits, refund.bonus, refund.promotion) == (500_000, 3_000, 2_000)
        assert parts(lot(order.order_id)) == {"granted": 1_000_000, "available": 498_000, "used": 2_000, "returned": 500_000}
        assert parts(lot(order.order_id, "BONUS")) == {"granted": 10_000, "used": 7_000, "returned": 3_000}
        assert (-house("FUNDING:portone"), -house("PROMOTION"), house("RECEIVABLE")) == (500_000, 5_000, 0)
        assert till.advertiser.is_restricted is False

    def test_ops_10_where_nothing_paid_is_left_the_used_bonus_is_owed(self, till, buyer, operator, at):
        order = till.paid(1_000_000)
        till.spends(10_000)
        refund = followed(till, buyer, operator, at, order)

        assert (refund.credits, refund.bonus, refund.promotion) == (1_000_000, 0, 10_000)
        assert (house("FUNDING:portone"), house("PROMOTION"), house("RECEIVABLE")) == (0, 0, -10_000)
        assert till.advertiser.restricted_reason == "결제가 취소됐는데 이미 쓰거나 돌려받은 크레딧이 10,000만큼 있어요."
        assert till.balance().available == 0

    def test_ops_10_a_used_bonus_is_taken_from_another_order_before_it_is_owed(self, till, buyer, operator, at):
        other, order = till.paid(), till.paid(1_000_000)
        till.spends(10_000)
        followed(till, buyer, operator, at, order)

        assert parts(lot(other.order_id)) == {"granted": 100_000, "available": 90_000, "used": 10_000}
        assert (house("RECEIVABLE"), till.advertiser.is_restricted) == (0, False)

    def test_a_bonus_that_a_campaign_gives_back_later_was_paid_for(self, till, buyer, operator, at):
        order = till.paid(1_000_000)
        hold = till.holds(10_000)
        refund = followed(till, buyer, operator, at, order)
        with transaction.atomic():
            ledger.release(hold=hold, credits=10_000, key="release", at=at + timedelta(hours=3))

        assert (refund.bonus, refund.promotion, till.balance().available) == (0, 10_000, 10_000)  # and the proof is green

    def test_the_next_refund_at_the_desk_goes_on_where_the_console_stopped(self, till, buyer, operator, at):
        order = till.paid(1_000_000)
        followed(till, buyer, operator, at, order, amount=550_000)
        refund = till.refund(order, 500_000, at=at + timedelta(hours=3))

        assert (refund.credits, refund.bonus, refund.promotion) == (500_000, 5_000, 0)

    def test_what_the_desk_would_do_is_carried_out_and_its_second_approval_closed(self, till, buyer, operator, at):
        order = till.paid(1_000_000)
        refund = till.refund(order, 1_000_000)
        services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=2))
        assert ApprovalRequest.objects.get().state == "WAITING"

        assert followed(till, buyer, operator, at, order) == refund
        assert (order.state, ApprovalRequest.objects.get().state) == (OrderState.REFUNDED, "EXPIRED")


class TestACancelOfAnotherAmount:
    def sent(self, till, buyer, approve, at, *, says, credits=500_000, package=1_000_000):
        """A refund whose cancel the gateway's book shows with another amount."""
        refund = approve(till.refund(till.paid(package), credits))
        cancel = {
            "status": "SUCCEEDED",
            "id": "other-amount",
            "totalAmount": says,
            "reason": f"[{refund.cancel_key}] 환불",
            "requestedAt": at.isoformat(),
        }
        whole = says == refund.order.amount_krw
        buyer.overlay(refund.order, status="CANCELLED" if whole else "PARTIAL_CANCELLED", amount__cancelled=says, cancellations=[cancel])
        run_effects(at + timedelta(hours=3))
        refund.refresh_from_db()
        return refund

    def test_waits_for_a_person_with_everything_frozen(self, till, buyer, approve, operator, at):
        refund = self.sent(till, buyer, approve, at, says=330_000)
        item = ReconciliationItem.objects.get()

        assert (refund.state, item.kind, item.amount_krw) == (State.SENT, "REFUND_AMOUNT", 330_000)
        assert till.balance().frozen == 505_000
        later = at + timedelta(hours=4)
        refused("payments.refund_not_stuck", lambda: services.retry_refund(refund=refund, by=operator, at=later, reason="다시"))
        refused("payments.refund_already_sent", lambda: services.deny_refund(refund=refund, by=operator, at=later, reason="안 돼요"))

    def test_a_smaller_one_ends_the_refund_with_its_real_share_and_frees_the_rest(self, till, buyer, approve, operator, at):
        refund = self.sent(till, buyer, approve, at, says=330_000)
        settle(operator, at + timedelta(hours=4))

        refund.refresh_from_db()
        assert (refund.state, refund.cancel_id, refund.source) == (State.DONE, "other-amount", "ADVERTISER")
        assert (refund.credits, refund.vat_krw, refund.bonus, refund.promotion, refund.amount_krw) == (300_000, 30_000, 3_000, 0, 330_000)
        assert parts(lot(refund.order.order_id)) == {"granted": 1_000_000, "available": 700_000, "returned": 300_000}
        assert parts(lot(refund.order.order_id, "BONUS")) == {"granted": 10_000, "available": 7_000, "returned": 3_000}
        assert PaymentOrder.objects.get().state == OrderState.PART_REFUNDED
        item = ReconciliationItem.objects.get()
        assert (item.state, item.reason, till.balance().frozen) == ("SETTLED", "콘솔에서 취소했어요.", 0)

    def test_the_other_refunds_of_the_order_go_on_afterwards(self, till, buyer, approve, operator, at):
        refund = self.sent(till, buyer, approve, at, says=330_000)
        second = approve(till.refund(refund.order, 100_000, at=at + timedelta(hours=2)))
        run_effects(at + timedelta(hours=3, minutes=5))
        second.refresh_from_db()
        assert second.state == State.APPROVED

        settle(operator, at + timedelta(hours=4))
        run_effects(at + timedelta(hours=4, minutes=5), rounds=1)
        second.refresh_from_db()
        assert (second.remaining_krw, second.sent_at) == (770_000, at + timedelta(hours=4, minutes=5))

    def test_a_larger_one_takes_what_was_not_asked_for_and_owes_what_was_spent(self, till, buyer, approve, operator, at):
        refund = self.sent(till, buyer, approve, at, says=110_000, credits=40_000, package=100_000)
        till.spends(25_000, at=at + timedelta(hours=3))
        settle(operator, at + timedelta(hours=4))

        refund.refresh_from_db()
        till.advertiser.refresh_from_db()
        assert (refund.state, refund.credits, refund.vat_krw, refund.amount_krw) == (State.DONE, 100_000, 10_000, 110_000)
        assert (house("RECEIVABLE"), house("FUNDING:portone"), till.balance().available) == (-25_000, 0, 0)
        assert (till.advertiser.is_restricted, PaymentOrder.objects.get().state) == (True, OrderState.REFUNDED)

    def test_one_that_eats_into_another_refund_waits_until_that_is_decided(self, till, buyer, approve, operator, at):
        refund = self.sent(till, buyer, approve, at, says=110_000, credits=40_000, package=100_000)
        other = till.refund(refund.order, 10_000, at=at + timedelta(hours=3))
        refused("payments.open_refund_first", lambda: settle(operator, at + timedelta(hours=4)))

        services.deny_refund(refund=other, by=operator, at=at + timedelta(hours=4), reason="이미 모두 취소됐어요.")
        settle(operator, at + timedelta(hours=5))
        refund.refresh_from_db()
        assert (refund.state, refund.credits) == (State.DONE, 100_000)

    def test_a_later_answer_that_agrees_ends_the_refund_and_the_difference_moves_nothing(self, till, buyer, approve, operator, at):
        refund = self.sent(till, buyer, approve, at, says=330_000)
        cancel = {"status": "SUCCEEDED", "id": "other-amount", "totalAmount": 550_000, "requestedAt": at.isoformat()}
        buyer.overlay(refund.order, status="PARTIAL_CANCELLED", amount__cancelled=550_000, cancellations=[cancel])
        services.sync_order(order_id=refund.order.order_id, at=at + timedelta(hours=4))
        refund.refresh_from_db()
        assert (refund.state, refund.credits) == (State.DONE, 500_000)

        with nothing_written():
            settle(operator, at + timedelta(hours=5))
        assert ReconciliationItem.objects.get().state == "SETTLED"


class TestARestrictedAccount:
    CODE = "payments.account_restricted"

    def test_gets_nothing_back_by_page_or_service(self, till, at):
        order = till.paid()
        restrict(till, at)

        refused(self.CODE, lambda: till.refund(order, 1_000))
        quote = services.quote_refund(order=PaymentOrder.objects.get(), at=at)
        page = browser(till.user).get(reverse("payments:order-refund", args=[order.order_id])).content.decode()
        assert (quote.is_refundable, "제한돼 있어서" in page) == (False, True)

    def test_is_looked_at_again_when_an_operator_approves(self, till, operator, at):
        refund = till.refund(till.paid(), 40_000)
        restrict(till, at)

        refused(self.CODE, lambda: services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=2)))
        services.deny_refund(refund=refund, by=operator, at=at + timedelta(hours=2), reason="미수금이 있어요.")
        assert till.balance().available == 100_000

    def test_is_looked_at_again_when_a_refused_refund_would_be_sent_anew(self, till, buyer, approve, operator, at):
        refund = approve(till.refund(till.paid(), 40_000))
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        run_effects(at + timedelta(hours=3))
        restrict(till, at)

        later = at + timedelta(hours=4)
        refused(self.CODE, lambda: services.retry_refund(refund=refund, by=operator, at=later, reason="다시"))

    def test_opens_no_pay_window(self, till, at):
        order = till.order()
        services.sync_order(order_id=order.order_id, at=at, window_closed=True)
        restrict(till, at)
        refused(self.CODE, lambda: services.open_window(order=order, at=at))

    def test_what_a_campaign_gives_back_to_a_debtor_is_not_paid_out(self, till, buyer, operator, at):
        first, second = till.paid(), till.paid(at=at + timedelta(minutes=1))
        till.spends(100_000)
        hold = till.holds(50_000)
        followed(till, buyer, operator, at, first)
        assert (till.advertiser.is_restricted, house("RECEIVABLE"), till.balance().available) == (True, -50_000, 0)
        with transaction.atomic():
            ledger.release(hold=hold, credits=50_000, key="release", at=at + timedelta(hours=3))

        refused(self.CODE, lambda: till.refund(second, 50_000, at=at + timedelta(hours=4)))
        assert buyer.totals()["cancelled"] == 110_000


class TestAnOrderThatWasPaidAndCancelledBeforeItWasCredited:
    def test_is_not_offered_again_and_a_new_order_is_made(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.act(order, "console-cancel")
        order = services.sync_order(order_id=order.order_id, at=at)

        assert (order.state, order.may_be_paid, PaymentOrder.objects.retryable().exists()) == (OrderState.FAILED, False, False)
        refused("payments.order_not_payable", lambda: services.open_window(order=order, at=at))
        page = browser(till.user).get(reverse("payments:order", args=[order.order_id])).content.decode()
        assert ("다시 결제하기" in page, "결제한 돈은 모두 돌려드렸어요" in page) == (False, True)

        again = till.paid(at=at + timedelta(minutes=5))
        assert (again.order_id != order.order_id, again.state) == (True, OrderState.PAID)
