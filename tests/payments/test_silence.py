"""A gateway that is silent is asked again; nobody is told that a payment failed."""

from datetime import timedelta

import pytest

from common.models import DatedSetting
from common.provider import GatewayError
from payments import schedule, services
from payments.models import PaymentOrder
from payments.services import Source
from tests.payments.outcomes import complete, credited_once, nothing_credited, notices

State = PaymentOrder.State


class TestSilence:
    def test_says_checking_and_never_failed_while_the_gateway_is_silent(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.fault(kind="error", status=503, html=True, count=None)

        page = complete(client, order).content.decode()

        assert "결제를 확인하고 있어요" in page
        assert order.order_id in page
        assert 'http-equiv="refresh"' in page
        assert "못했어요" not in page
        assert nothing_credited(till, order)

    def test_asks_again_soon_after_and_credits_when_the_gateway_answers(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.fault(kind="drop", count=2)
        with pytest.raises(GatewayError):
            services.sync_order(order_id=order.order_id, at=at, source=Source.RETURN)

        assert services.sweep(at=at + timedelta(seconds=9)) == 0
        services.sweep(at=at + timedelta(seconds=10))  # silent again
        assert nothing_credited(till, order)
        services.sweep(at=at + timedelta(seconds=30))

        assert credited_once(till, order)

    def test_calls_the_operators_once_when_the_silence_lasts(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.fault(kind="error", status=500, count=None)

        moment = at
        while moment < at + timedelta(minutes=40):
            with pytest.raises(GatewayError):
                services.sync_order(order_id=order.order_id, at=moment, source=Source.RETURN if moment == at else Source.SWEEP)
            order.refresh_from_db()
            assert order.next_check_at - moment <= timedelta(minutes=5)
            moment = order.next_check_at

        assert len(notices("payments.undecided")) == 1
        assert nothing_credited(till, order)

    def test_waits_with_crediting_while_money_is_stopped(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        switch = DatedSetting.objects.create(name="credits.money_stopped", value=True, effective_from=at, reason="증명 실패")

        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=1), source=Source.RETURN)
        assert nothing_credited(till, order)
        switch.delete()
        order.refresh_from_db()
        services.sweep(at=order.next_check_at)

        assert credited_once(till, order)


class TestSchedule:
    def test_follows_the_promise_after_a_return(self, at):
        moments, moment = [], at
        while (
            following := schedule.next_check(opened_at=at - timedelta(minutes=1), hinted_at=at, at=moment)
        ) and following <= at + timedelta(minutes=11):
            moments.append((following - at).total_seconds())
            moment = following

        assert moments == [10, 30, 60, 120, 300, 540, 600]

    def test_follows_the_promise_for_an_open_window(self, at):
        moments, moment = [], at
        while following := schedule.next_check(opened_at=at, hinted_at=None, at=moment):
            moments.append(following - at)
            moment = following

        hourly, daily = [timedelta(hours=h) for h in range(1, 25)], [timedelta(days=d) for d in range(2, 9)]
        assert moments == [timedelta(minutes=10), *hourly, *daily]

    def test_closes_an_order_nobody_paid_after_a_day_and_stops_asking_after_the_week(self, till, at):
        order = till.order()
        moment, asked = at, 0
        while True:
            order.refresh_from_db()
            if order.next_check_at is None:
                break
            moment = order.next_check_at
            asked += services.sweep(at=moment)
            order.refresh_from_db()
            expected = State.WINDOW_OPEN if moment < at + timedelta(hours=24) else State.ABANDONED
            assert order.state == expected

        assert (asked, moment) == (32, at + timedelta(days=8))

    def test_looks_at_a_credited_order_every_day_for_a_little_longer_than_the_refund_window(self, till, at):
        order = till.paid()
        days = []
        while order.next_check_at is not None:
            days.append((order.next_check_at - at).days)
            services.sweep(at=order.next_check_at)
            order.refresh_from_db()

        assert days == [1, 2, 3, 4, 5, 6, 7, 8]
