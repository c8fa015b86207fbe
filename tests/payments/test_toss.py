"""A top-up and its refund through Toss Payments: nothing is captured before our server agrees, and its messages are only hints."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from common.models import InboundWebhook
from payments import services
from payments.models import PaymentOrder, Refund
from tests.payments.conftest import run_effects
from tests.payments.outcomes import complete, credited_once, nothing_credited
from tests.payments.toss_buyer import TossBuyer, message
from tests.signing_in import browser

State = PaymentOrder.State


@pytest.fixture(autouse=True)
def _first(settings):
    settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "toss", ""


@pytest.fixture
def toss(till):
    return TossBuyer(till.buyer.sandbox)


class TestPaying:
    def test_pay_02_the_return_confirms_and_credits_once(self, till, toss, client, at):
        order = till.order()
        back = toss.agrees(order, approved_at=at.isoformat())
        assert toss.book(order) == (0, 0)

        page = complete(client, order, **back)

        assert "충전이 끝났어요" in page.content.decode()
        assert credited_once(till, order)
        assert (order.gateway, order.method, order.paid_at) == ("toss", "CARD", at)
        assert toss.book(order) == (110_000, 0)
        complete(client, order, **back)
        assert credited_once(till, order)

    def test_captures_nothing_when_the_browser_dies_before_it_returns(self, till, toss, at):
        """Nobody confirmed, so nobody was charged: the order can be paid again with the same number."""
        order = till.order()
        toss.agrees(order)

        services.sweep(at=at + timedelta(minutes=11))

        assert nothing_credited(till, order)
        assert toss.book(order) == (0, 0)
        assert services.open_window(order=order, at=at + timedelta(minutes=12))

    def test_pay_08_another_amount_than_ordered_is_not_captured(self, till, toss, client):
        order = till.order()
        toss.enters(order, amount={"currency": "KRW", "value": 1_000})
        back = toss.act(order, "agree")["way_back"]["query"]

        page = complete(client, order, **back)

        assert nothing_credited(till, order)
        assert (order.state, toss.book(order)) == (State.FAILED, (0, 0))
        assert "결제 정보가 주문과 달라서" in page.content.decode()

    def test_pay_10_a_declined_card_says_why_in_korean_and_leaves_the_order_payable(self, till, toss, client):
        order = till.order()
        toss.sandbox.control("POST", "/toss/next-confirm", {"code": "REJECT_CARD_PAYMENT"})

        page = complete(client, order, **toss.agrees(order))

        assert "카드 한도나 잔액이 부족해서 승인되지 않았어요." in page.content.decode()
        order.refresh_from_db()
        assert (order.state, order.may_be_paid) == (State.FAILED, True)

    def test_pay_10_a_confirm_after_ten_minutes_ends_without_money(self, till, toss, client):
        order = till.order()
        back = toss.agrees(order)
        toss.sandbox.control("POST", "/clock/advance", {"seconds": 600})

        complete(client, order, **back)

        assert nothing_credited(till, order)
        assert (order.state, toss.book(order)) == (State.FAILED, (0, 0))

    def test_pay_01_whoever_closes_the_window_comes_back_to_an_order_that_can_be_paid(self, till, toss, client):
        order = till.order()
        toss.enters(order)

        complete(client, order, code="PAY_PROCESS_CANCELED", message="사용자에 의해 결제가 취소되었습니다.")

        order.refresh_from_db()
        assert (order.state, order.may_be_paid) == (State.ABANDONED, True)

    def test_a_passing_error_of_the_card_company_is_tried_once_more_under_its_own_key(self, till, toss, client, at):
        order = till.order()
        toss.sandbox.control("POST", "/toss/next-confirm", {"code": "PROVIDER_ERROR"})

        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))

        assert credited_once(till, order)
        assert toss.book(order) == (110_000, 0)

    @pytest.mark.parametrize("kind", ["drop", "error", "garbage"])
    def test_b3_a_lost_answer_of_the_confirm_is_asked_for_and_never_called_a_failure(self, till, toss, client, at, kind):
        order = till.order()
        back = toss.agrees(order, approved_at=at.isoformat())
        toss.fault(kind=kind, when="after", path="/confirm")

        page = complete(client, order, **back).content.decode()

        assert "결제를 확인하고 있어요" in page
        assert "못했어요" not in page
        services.sweep(at=at + timedelta(seconds=15))
        assert credited_once(till, order)
        assert toss.book(order) == (110_000, 0)

    def test_a_strangers_token_changes_nothing_about_somebody_elses_order(self, till, toss, client):
        order = till.order()
        toss.enters(order)

        complete(client, order, paymentKey="made-up", orderId=order.order_id, amount="110000")

        order.refresh_from_db()
        assert order.state == State.WINDOW_OPEN


class TestMessages:
    def test_are_looked_up_and_never_believed(self, till, toss, at):
        order = till.order()
        toss.agrees(order)

        assert Client().post(**message(order.order_id)).status_code == 200
        run_effects(at)

        assert nothing_credited(till, order)

    def test_pay_03_a_message_after_the_return_changes_nothing(self, till, toss, client, at):
        order = till.order()
        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))

        for id in ("once", "once", "again"):
            assert Client().post(**message(order.order_id, id=id)).status_code == 200
        run_effects(at + timedelta(hours=1))

        assert credited_once(till, order)
        assert InboundWebhook.objects.filter(gateway="toss").count() == 2

    def test_pay_07_about_orders_that_are_not_ours_are_refused_and_fill_no_table(self, till, db):
        assert Client().post(**message("BO01M88AAMW0DF7W1ETDZM2QAVBN")).status_code == 401
        assert not InboundWebhook.objects.exists()

    def test_pay_07_from_elsewhere_than_toss_are_refused_where_its_networks_are_named(self, till, toss, settings):
        order = till.order()
        settings.TOSS_WEBHOOK_SOURCES = ["13.124.18.147", "115.92.221.120/29"]

        assert Client(REMOTE_ADDR="203.0.113.7").post(**message(order.order_id)).status_code == 401
        assert Client(REMOTE_ADDR="115.92.221.121").post(**message(order.order_id)).status_code == 200
        assert Client(REMOTE_ADDR="203.0.113.7", HTTP_X_FORWARDED_FOR="13.124.18.147").post(**message(order.order_id)).status_code == 401

    def test_without_what_tells_repeats_apart_are_refused(self, till, db):
        order = till.order()
        assert Client().post(**{**message(order.order_id), "headers": {}}).status_code == 401


class TestRefunds:
    def paid(self, till, toss, client, at) -> PaymentOrder:
        order = till.order()
        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))
        order.refresh_from_db()
        return order

    def test_pay_cycle_a_part_goes_back_to_the_card_once(self, till, toss, client, approve, at):
        order = self.paid(till, toss, client, at)
        refund = approve(till.refund(order, 70_000))

        run_effects(at + timedelta(hours=2))

        refund.refresh_from_db()
        assert (refund.state, refund.amount_krw) == (Refund.State.DONE, 77_000)
        assert toss.book(order) == (110_000, 77_000)

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_ops_08_a_lost_answer_of_a_cancel_pays_once_under_the_same_key(self, till, toss, client, approve, at, when):
        order = self.paid(till, toss, client, at)
        refund = approve(till.refund(order, 70_000))
        toss.fault(kind="drop", when=when, path="/cancel")

        run_effects(at + timedelta(hours=2))
        run_effects(at + timedelta(hours=2, minutes=5))

        refund.refresh_from_db()
        assert (refund.state, toss.book(order)) == (Refund.State.DONE, (110_000, 77_000))
        calls = toss.sandbox.control("GET", "/calls", service="toss", path="/cancel")["calls"]
        assert len({call["idempotency_key"] for call in calls}) == 1

    def test_a_cancel_at_toss_that_we_did_not_make_becomes_a_difference(self, till, toss, client, at):
        order = self.paid(till, toss, client, at)
        toss.act(order, "desk-cancel", amount=33_000)

        services.reconcile_order(order_id=order.order_id, at=at + timedelta(hours=1))

        item = order.reconciliation_items.get()
        assert (item.kind, item.amount_krw) == ("FOREIGN_CANCEL", 33_000)

    def test_the_hourly_comparison_walks_toss_too(self, till, toss, client, at):
        order = self.paid(till, toss, client, at)

        report = services.reconcile(gateway_name="toss", since=at - timedelta(hours=1), until=at + timedelta(hours=1), at=at)

        assert (report.seen, report.synced, report.is_clean) == (1, 0, True)
        assert order.state == State.PAID


class TestPayPage:
    def test_may_load_and_call_toss_and_nobody_else(self, till, settings):
        settings.TOSS_BROWSER_HOSTS = ["https://*.tosspayments.com"]
        order = till.order()
        client = browser(till.user)

        page = client.get(reverse("payments:order", args=[order.order_id]))

        assert "https://*.tosspayments.com" in page["Content-Security-Policy"]
        assert "portone" not in page["Content-Security-Policy"]
        assert "js/pay/toss.js" in page.content.decode()
        elsewhere = client.get(reverse("payments:payment-history"))
        assert "tosspayments" not in elsewhere["Content-Security-Policy"]

    def test_gives_the_window_an_unguessable_buyer_and_absolute_ways_back(self, till, minji):
        order = till.order()

        checkout = services.checkout_of(order)

        assert checkout["customerKey"] == str(minji.public_id)
        assert checkout["request"]["amount"] == {"currency": "KRW", "value": 110_000}
        assert checkout["request"]["successUrl"] == checkout["request"]["failUrl"]
        assert checkout["request"]["successUrl"].startswith("http")
