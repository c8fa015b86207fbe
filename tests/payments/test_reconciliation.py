"""The payment company's book against ours, by the clock and by hand."""

import json
from datetime import datetime, timedelta
from io import StringIO
from urllib.parse import parse_qs

import pytest
from django.conf import settings as product
from django.core.management import CommandError, call_command
from django.utils import timezone

from common import clock
from config.celery import app
from credits.models import Entry
from identity.models import Notification
from payments import services, tasks
from payments.models import PaymentOrder, ReconciliationItem
from tests.payments.conftest import run_effects


@pytest.fixture
def hour():
    """The last hours on the payment company's clock, which is the real one."""
    until = clock.real_now() + timedelta(minutes=1)
    return {"since": until - timedelta(hours=3), "until": until}


class TestReconcile:
    def test_finds_a_payment_nobody_told_us_about_and_credits_it(self, till, buyer, at, hour):
        order = till.order()
        buyer.enters(order)
        buyer.act(order, "approve")

        report = services.reconcile(gateway_name="portone", at=at, **hour)

        assert (report.seen, report.synced, report.credited, report.is_clean) == (1, 1, 1, True)
        assert till.balance().available == 100_000

    def test_spares_what_agrees(self, till, buyer, at, hour):
        order = till.order()
        buyer.enters(order)
        buyer.act(order, "approve")
        services.sync_order(order_id=order.order_id, at=at)

        report = services.reconcile(gateway_name="portone", at=at, **hour)

        assert (report.seen, report.synced, report.credited) == (1, 0, 0)

    def test_finds_a_cancel_made_in_the_console(self, till, buyer, at, hour):
        order = till.order()
        buyer.enters(order)
        buyer.act(order, "approve")
        services.sync_order(order_id=order.order_id, at=at)
        buyer.act(order, "console-cancel", amount=11_000)

        first = services.reconcile(gateway_name="portone", at=at, **hour)
        second = services.reconcile(gateway_name="portone", at=at, **hour)

        item = ReconciliationItem.objects.get()
        assert (item.kind, item.amount_krw, item.order) == ("FOREIGN_CANCEL", 11_000, order)
        assert first.open == second.open == [f"FOREIGN_CANCEL {order.order_id}"]
        assert till.balance().available == 100_000

    def test_money_for_something_we_never_sold_waits_for_a_person(self, till, buyer, at, hour):
        request = {**services.checkout_of(till.order()), "paymentId": "BO01NEVERSOLD000000000000000"}
        buyer.sandbox.control("POST", "/payments", {"request": request})
        buyer.act("BO01NEVERSOLD000000000000000", "approve")

        report = services.reconcile(gateway_name="portone", at=at, **hour)

        item = ReconciliationItem.objects.get()
        assert (item.kind, item.ref, item.order, item.amount_krw) == ("UNKNOWN_PAYMENT", "BO01NEVERSOLD000000000000000", None, 110_000)
        assert not report.is_clean
        assert Notification.objects.filter(kind="payments.difference").count() == 1
        assert not Entry.objects.exists()

    def test_a_payment_that_vanished_from_their_book_is_a_difference(self, till, buyer, hour):
        paid_at = hour["until"] - timedelta(minutes=5)
        order = till.order(at=paid_at)
        buyer.enters(order)
        buyer.act(order, "approve", paid_at=paid_at.isoformat())
        services.sync_order(order_id=order.order_id, at=paid_at)
        buyer.sandbox.reset()

        services.reconcile(gateway_name="portone", at=paid_at + timedelta(minutes=1), **hour)

        item = ReconciliationItem.objects.get()
        assert (item.kind, item.order, item.amount_krw) == ("MISSING", order, 110_000)
        assert till.balance().available == 100_000  # nothing moves until a person looked


class TestSettling:
    def test_settling_a_mismatch_moves_no_money_and_looks_again(self, till, buyer, operator, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.overlay(order, currency="USD")
        services.sync_order(order_id=order.order_id, at=at)
        item = ReconciliationItem.objects.get()

        services.settle_item(item=item, by=operator, at=at + timedelta(hours=1), reason="결제사와 확인했어요.")

        order.refresh_from_db()
        assert (order.is_credited, order.next_check_at) == (False, at + timedelta(hours=1))
        assert not Entry.objects.exists()


class TestTheClock:
    @pytest.mark.parametrize(
        ("name", "task", "most_seconds"), [("payments-sweep", tasks.sweep, 10), ("payments-reconcile", tasks.reconcile, 86_400)]
    )
    def test_beat_knocks_often_enough_at_tasks_that_exist(self, name, task, most_seconds):
        entry = product.CELERY_BEAT_SCHEDULE[name]
        assert entry["task"] == task.name
        assert task.name in app.tasks
        assert entry["schedule"] <= most_seconds

    def test_every_night_two_days_are_compared_once_more(self, till, buyer, at):
        entry = product.CELERY_BEAT_SCHEDULE["payments-reconcile-daily"]
        assert (entry["task"], entry["schedule"].hour, entry["schedule"].minute) == (tasks.reconcile_daily.name, {4}, {20})
        order = till.order()
        buyer.enters(order)
        buyer.act(order, "approve")
        asked = clock.real_now()

        tasks.reconcile_daily()

        assert till.balance().available == 100_000
        wanted = json.loads(parse_qs(buyer.calls(method="GET", path="/payments")[0]["query"])["requestBody"][0])["filter"]
        assert datetime.fromisoformat(wanted["from"]) - (asked - timedelta(hours=50)) < timedelta(seconds=30)

    def test_the_sweep_task_credits_alone(self, till, buyer, at, monkeypatch):
        order = till.order()
        buyer.pays(order, paid_at=at)
        monkeypatch.setattr(timezone, "now", lambda: at + timedelta(minutes=10))

        tasks.sweep()

        order.refresh_from_db()
        assert (order.state, till.balance().available) == (PaymentOrder.State.PAID, 100_000)

    def test_the_reconcile_task_credits_alone(self, till, buyer, at):
        order = till.order()
        buyer.enters(order)
        buyer.act(order, "approve")

        tasks.reconcile()

        assert till.balance().available == 100_000

    def test_a_silent_gateway_ends_neither_task(self, till, buyer, at, monkeypatch):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.fault(kind="error", status=500, count=None)
        monkeypatch.setattr(timezone, "now", lambda: at + timedelta(minutes=10))

        tasks.sweep()
        tasks.reconcile()

        order.refresh_from_db()
        assert (order.state, order.next_check_at > at + timedelta(minutes=10)) == ("WINDOW_OPEN", True)
        assert not Entry.objects.exists()

    def test_one_order_that_cannot_be_asked_about_does_not_stop_the_others(self, till, buyer, at):
        first, second = till.order(), till.order(300_000)
        for order in (first, second):
            buyer.pays(order, paid_at=at)
        buyer.fault(kind="drop", method="GET", path=first.order_id, count=None)

        assert services.sweep(at=at + timedelta(minutes=10)) == 2
        assert till.balance().available == 300_000


class TestCommands:
    def run(self, *arguments: str) -> tuple[int, str]:
        out = StringIO()
        try:
            call_command("reconcile_payments", *arguments, stdout=out, stderr=out)
        except SystemExit as end:
            return int(end.code), out.getvalue()
        return 0, out.getvalue()

    def test_one_order_that_agrees_ends_with_0(self, till):
        order = till.paid()
        assert self.run("--order", order.order_id) == (0, f"{order.order_id}: 1 seen, 1 looked up, 0 credited, 0 differences\n")

    def test_differences_end_with_1_and_are_named(self, till, buyer):
        order = till.paid()
        buyer.act(order, "console-cancel", amount=1_100)
        code, text = self.run("--order", order.order_id)
        assert (code, f"  FOREIGN_CANCEL {order.order_id}" in text) == (1, True)

    def test_silence_ends_with_2(self, till, buyer):
        order = till.paid()
        buyer.fault(kind="error", status=503, count=None)
        assert self.run("--order", order.order_id)[0] == 2

    def test_an_unknown_order_is_said(self, db):
        with pytest.raises(CommandError, match="no order BO"):
            self.run("--order", "BO")

    def test_a_day_in_seoul_begins_at_midnight_there(self, till, buyer):
        today = clock.real_now().astimezone().date()
        assert self.run("--since", (datetime.combine(today, datetime.min.time()) - timedelta(days=1)).date().isoformat())[0] == 0

    def test_sweep_says_how_many_it_asked_about(self, till, at, monkeypatch):
        till.order()
        monkeypatch.setattr(timezone, "now", lambda: at + timedelta(minutes=10))
        out = StringIO()
        call_command("sweep", "--once", stdout=out)
        assert out.getvalue() == "asked about 1 orders\n"


def test_pay_06_an_order_nobody_paid_is_closed_by_the_sweeper(till, at):
    order = till.order()
    for moment in (at + timedelta(minutes=10), at + timedelta(hours=24)):
        services.sweep(at=moment)
        run_effects(moment)
    order.refresh_from_db()
    assert (order.state, order.next_check_at) == (PaymentOrder.State.ABANDONED, at + timedelta(days=2))
    assert not Entry.objects.exists()
