"""One order, two payment companies: the second is offered where the first is away, and the order is charged and credited once. PAY-17."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.urls import reverse

from common import provider
from common.provider import GatewayError
from credits.models import Account, Entry, Lot
from payments import services
from payments.models import PaymentOrder, PaymentWindow, ReconciliationItem, UnallocatedMoney
from payments.services import windows
from payments.services.refusals import MethodNotOffered, OrderNotPayable
from tests.payments.conftest import run_effects
from tests.payments.outcomes import complete, credited_once
from tests.payments.test_races_payments import together
from tests.payments.toss_buyer import TossBuyer
from tests.signing_in import browser

State = PaymentOrder.State
Row = UnallocatedMoney


@pytest.fixture(autouse=True)
def _two(settings):
    settings.PAYMENT_GATEWAY, settings.PAYMENT_GATEWAY_SECOND = "portone", "toss"


@pytest.fixture
def toss(till):
    return TossBuyer(till.buyer.sandbox)


def is_gone(till, count=None):
    till.buyer.fault(kind="drop", path="/payments/", count=count)


def somebody_asks(till):
    """Any question about any order, e.g. by the sweeper."""
    with suppress(GatewayError):
        services.sync_order(order_id=till.order(300_000).order_id, at=till.at)


def switched(till, order, at):
    """The same order, its window open at Toss."""
    order = services.switch_gateway(order=order)
    services.open_window(order=order, at=at)
    order.refresh_from_db()
    return order


class TestTheFirstIsAway:
    def test_pay_17_says_so_offers_the_second_and_the_order_keeps_its_number_and_key(self, till, toss, at):
        order = till.order()
        is_gone(till)
        somebody_asks(till)
        client = browser(till.user)

        answer = client.post(reverse("payments:order-open", args=[order.order_id]))
        page = client.get(answer["location"]).content.decode()
        assert answer["location"].endswith("?away=1")
        assert "결제사가 지금 응답하지 않아요" in page
        assert "토스페이먼츠로 결제하기" in page

        answer = client.post(reverse("payments:order-switch", args=[order.order_id]))
        page = client.get(answer["location"].partition("#")[0])
        key = order.key
        order.refresh_from_db()
        assert (order.gateway, order.key, order.state, PaymentOrder.objects.filter(credits=100_000).count()) == (
            "toss",
            key,
            State.WINDOW_OPEN,
            1,
        )
        assert "js/pay/toss.js" in page.content.decode()

        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))
        assert credited_once(till, order)
        assert Account.objects.filter(kind="FUNDING:toss").exists()
        assert toss.book(order) == (110_000, 0)

    def test_pay_17_whoever_meets_the_silence_tells_the_next_buyer_for_a_minute(self, till):
        order = till.order()
        assert windows.is_away(order) is False
        is_gone(till)

        somebody_asks(till)

        assert (windows.is_away(order), windows.AWAY_SECONDS) == (True, 60)

    def test_pay_17_the_page_offers_the_second_also_where_the_window_does_not_open(self, till):
        """The button is in the page; static/js/pay.js shows it when script or window fail."""
        order = till.order()

        page = browser(till.user).get(reverse("payments:order", args=[order.order_id])).content.decode()

        problem = page.partition("data-pay-problem")[2].partition("data-pay=")[0]
        assert reverse("payments:order-switch", args=[order.order_id]) in problem

    def test_pay_17_without_a_second_it_only_says_so(self, till, settings):
        settings.PAYMENT_GATEWAY_SECOND = ""
        order = till.order()
        is_gone(till)
        somebody_asks(till)
        client = browser(till.user)

        page = client.get(client.post(reverse("payments:order-open", args=[order.order_id]))["location"]).content.decode()

        assert "결제사가 지금 응답하지 않아요" in page
        assert "로 결제하기" not in page
        with pytest.raises(MethodNotOffered):
            services.switch_gateway(order=order)

    def test_pay_17_an_order_that_was_paid_is_led_nowhere(self, till):
        order = till.paid()
        with pytest.raises(OrderNotPayable):
            services.switch_gateway(order=order)

    def test_an_answer_that_refuses_is_no_silence(self, till, settings):
        order = till.order()
        settings.PORTONE_API_SECRET = "wrong"
        somebody_asks(till)
        assert windows.is_away(order) is False


class TestMoneyAtBoth:
    def test_pay_17_what_the_first_took_before_the_second_confirmed_is_credited_alone(self, till, toss, client, at):
        order = till.order()
        till.buyer.enters(order)
        order = switched(till, order, at)
        back = toss.agrees(order)
        till.buyer.act(order, "approve", paid_at=at.isoformat())

        complete(client, order, **back)

        assert credited_once(till, order)
        assert (order.gateway, toss.book(order), till.buyer.book(order)["captured"]) == ("portone", (0, 0), 110_000)

    def test_pay_17_what_the_first_took_afterwards_waits_for_the_desk_and_goes_back(self, till, toss, client, at, operator):
        order = till.order()
        till.buyer.enters(order)
        order = switched(till, order, at)
        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))
        assert credited_once(till, order)
        till.buyer.act(order, "approve", paid_at=at.isoformat())

        for minutes in (5, 6):
            services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=minutes), source=services.Source.WEBHOOK)

        row = Row.objects.get()
        assert (row.why, row.gateway, row.amount_krw) == (Row.Why.SECOND_GATEWAY, "portone", 110_000)
        assert credited_once(till, order)
        services.send_back(row=row, account=None, by=operator, at=at + timedelta(hours=1), reason="두 번 결제됨")
        run_effects(at + timedelta(hours=1))
        row.refresh_from_db()
        assert (row.state, till.buyer.book(order)["cancelled"], toss.book(order)) == (Row.State.RETURNED, 110_000, (110_000, 0))
        assert not ReconciliationItem.objects.exists()

    def test_pay_17_the_hourly_comparison_of_the_first_finds_it_too(self, till, toss, client, at):
        order = till.order()
        till.buyer.enters(order)
        order = switched(till, order, at)
        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))
        till.buyer.act(order, "approve", paid_at=at.isoformat())

        services.reconcile(
            gateway_name="portone", since=at - timedelta(days=3_650), until=at + timedelta(days=3_650), at=at + timedelta(hours=1)
        )

        assert Row.objects.get().gateway == "portone"
        assert not ReconciliationItem.objects.exists()

    def test_pay_17_the_first_away_for_good_does_not_stop_the_second(self, till, toss, client, at):
        order = till.order()
        is_gone(till)
        order = switched(till, order, at)

        complete(client, order, **toss.agrees(order, approved_at=at.isoformat()))

        assert credited_once(till, order)
        assert order.gateway == "toss"

    def test_pay_17_a_capture_nobody_knows_the_end_of_keeps_the_other_from_capturing(self, till, toss, client, at, settings):
        order = till.order()
        services.switch_gateway(order=order)
        order = PaymentOrder.objects.get()
        services.open_window(order=order, at=at)
        order.refresh_from_db()
        back = toss.agrees(order, approved_at=at.isoformat())
        toss.fault(kind="drop", when="before", path="/confirm")
        complete(client, order, **back)

        order.refresh_from_db()
        assert windows.claim(order, "portone", at=at) is False
        with pytest.raises(OrderNotPayable):
            services.switch_gateway(order=order)
        complete(client, order, **back)
        assert credited_once(till, order)


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    @pytest.fixture(autouse=True)
    def _many(self, monkeypatch, settings, till):
        monkeypatch.setattr(provider, "CALLS_AT_ONCE", 32)
        settings.PORTONE_MANUAL_APPROVAL = True
        till.buyer.sandbox.control("POST", "/manual-approval", {"channel_key": settings.PORTONE_CHANNEL_KEY_CARD, "on": True})

    def both(self, till, toss, at):
        """One order, agreed to in both windows; what each browser brings back."""
        order = till.order()
        till.buyer.enters(order)
        token = till.buyer.act(order, "approve", paid_at=at.isoformat())["result"]["paymentToken"]
        order = switched(till, order, at)
        return order, {"paymentToken": token}, toss.agrees(order, approved_at=at.isoformat())

    def captured(self, till, toss, order):
        return till.buyer.book(order)["captured"] + toss.book(order)[0]

    def test_pay_17_eight_returns_from_both_capture_once_in_all(self, till, toss, at):
        order, first, second = self.both(till, toss, at)

        def comes_back(said):
            return services.sync_order(order_id=order.order_id, at=at, source=services.Source.RETURN, said=said)

        together([lambda: comes_back(first), lambda: comes_back(second)] * 4)
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=1))

        assert self.captured(till, toss, order) == 110_000
        assert (Entry.objects.filter(kind="TOP_UP").count(), Lot.objects.count(), Row.objects.count()) == (1, 1, 0)

    def test_control_without_the_claim_both_of_them_capture(self, till, toss, at, monkeypatch):
        order, first, second = self.both(till, toss, at)
        both = threading.Barrier(2, timeout=20)  # neither is credited before the other is about to capture
        monkeypatch.setattr(windows, "claim", lambda order, name, *, at: both.wait() >= 0)
        monkeypatch.setattr("payments.services.sync._was_taken_elsewhere", lambda order, names, name: False)

        together(
            [
                lambda said=said: services.sync_order(order_id=order.order_id, at=at, source=services.Source.RETURN, said=said)
                for said in (first, second)
            ]
        )

        assert self.captured(till, toss, order) == 220_000
        assert Entry.objects.filter(kind="TOP_UP").count() == 1, "even then it is credited once"
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=1))
        assert Row.objects.get().amount_krw == 110_000
        assert PaymentWindow.objects.count() == 2
