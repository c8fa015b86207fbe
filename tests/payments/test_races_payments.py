"""The same order, the same refund, by many at once: one credit, one charge, one cancel. Each race has its control without the lock."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from common import effects, provider
from credits.models import Entry, Lot
from identity.models import Notification
from payments import services
from payments.gateways import get_gateway
from payments.models import PaymentOrder, ReconciliationItem, Refund
from payments.services import Source, orders, reconciliation, refunding, refunds, sync
from tests.connecting import connect_patiently
from tests.payments.conftest import now_is, run_effects
from tests.payments.messages import signed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _many_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads stand for many processes, each of which may call the gateway."""
    monkeypatch.setattr(provider, "CALLS_AT_ONCE", 32)


def together(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every call in a thread of its own, all started at one moment; what each returned or raised, in the order given."""
    barrier, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number: int, call: Callable[[], Any]) -> None:
        try:
            connect_patiently()
            barrier.wait(timeout=60)
            results[number] = call()
        except Exception as raised:  # noqa: BLE001 - the test looks at it
            results[number] = raised
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    return results


def meet(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, parties: int) -> None:
    """Let `parties` threads reach the end of `owner.name` before any goes on: the window of the race, held open."""
    barrier, real = threading.Barrier(parties), getattr(owner, name)

    def met(*args: Any, **kwargs: Any) -> Any:
        result = real(*args, **kwargs)
        barrier.wait(timeout=20)
        return result

    monkeypatch.setattr(owner, name, met)


def unlocked(refund: Refund) -> Refund:
    """The negative control: what `refunds.locked` reads, with nothing locked."""
    return Refund.objects.select_related("order__advertiser").get(pk=refund.pk)


class TestCreditingAtOnce:
    def test_pay_05_return_webhook_and_sweeper_in_the_same_moment_credit_once(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        now_is(at + timedelta(minutes=10))
        assert Client().post(**signed(order)).status_code == 200
        page = reverse("payments:order-complete", args=[order.order_id])

        ways = [lambda: Client().get(page).status_code, lambda: effects.run_due(at=at + timedelta(minutes=10))]
        ways += [lambda: services.sweep(at=at + timedelta(minutes=10)), lambda: Client().post(page).status_code]
        results = together(ways * 3)

        assert [result for result in results if isinstance(result, Exception)] == []
        run_effects(at + timedelta(hours=1))
        assert Entry.objects.filter(kind=Entry.Kind.TOP_UP).count() == Lot.objects.count() == 1
        assert till.balance().available == 100_000
        assert Notification.objects.filter(kind="payments.paid").count() == 1
        assert buyer.totals() == {"captured": 110_000, "cancelled": 0, "net": 110_000}
        assert not ReconciliationItem.objects.exists()

    def test_eight_who_have_all_asked_the_gateway_credit_once(self, till, buyer, at, monkeypatch):
        order = till.order()
        buyer.pays(order, paid_at=at)
        meet(monkeypatch, sync, "get_gateway", 8)

        results = together([lambda: services.sync_order(order_id=order.order_id, at=at, source=Source.RETURN).state] * 8)

        assert results == ["PAID"] * 8
        assert Entry.objects.filter(kind=Entry.Kind.TOP_UP).count() == 1

    def test_an_answer_from_before_the_payment_that_arrives_after_the_credit_is_asked_again_and_is_no_difference(
        self, till, buyer, at, monkeypatch
    ):
        order = till.order()
        buyer.enters(order)
        old = get_gateway("portone").fetch(ref=order.order_id)
        assert not old.was_taken
        agree = sync._agree

        def slow(ours, remote, *args, **kwargs):
            monkeypatch.setattr(sync, "_agree", agree)
            buyer.act(order, "approve", paid_at=at.isoformat())
            assert services.sync_order(order_id=order.order_id, at=at).state == "PAID"
            return agree(ours, {"portone": old}, *args, **kwargs)

        monkeypatch.setattr(sync, "_agree", slow)
        after = services.sync_order(order_id=order.order_id, at=at)

        assert (after.state, after.next_check_at) == ("PAID", at + timedelta(seconds=10))
        assert not ReconciliationItem.objects.exists()
        assert till.balance().available == 100_000

    def test_control_without_the_second_look_every_one_of_them_believes_that_it_credits(self, till, buyer, at, monkeypatch):
        """Without the locks everybody finds the order not credited; only the ledger's own key is left to stop the second credit."""
        order = till.order()
        buyer.pays(order, paid_at=at)
        believers, guard = [], threading.Lock()
        monkeypatch.setattr(sync.ledger, "lock_wallet", lambda advertiser: None)
        monkeypatch.setattr(PaymentOrder.objects.all().__class__, "select_for_update", lambda rows, **_: rows)
        monkeypatch.setattr(sync, "credit", lambda *args, **kwargs: [guard.acquire(), believers.append(1), guard.release()])
        meet(monkeypatch, sync, "_wrong", 4)

        together([lambda: services.sync_order(order_id=order.order_id, at=at)] * 4)

        assert len(believers) == 4


class TestClickingAtOnce:
    def test_pay_09_eight_clicks_and_two_tabs_make_one_order(self, till, packages, at):
        def click(number: int) -> str:
            order = services.create_order(
                advertiser=till.advertiser, package=packages[100_000], by=till.user, at=at, key=f"tab-{number % 2}:click"
            )
            services.open_window(order=order, at=at)
            return order.order_id

        made = together([lambda number=number: click(number) for number in range(8)])

        assert len(set(made)) == 1
        assert PaymentOrder.objects.count() == 1

    def test_control_without_the_wallets_lock_two_tabs_make_two_orders(self, till, packages, at, monkeypatch):
        monkeypatch.setattr(orders.ledger, "lock_wallet", lambda advertiser: None)
        meet(monkeypatch, orders, "_open_one", 2)

        together(
            [
                lambda key=key: services.create_order(advertiser=till.advertiser, package=packages[100_000], by=till.user, at=at, key=key)
                for key in ("tab-1", "tab-2")
            ]
        )

        assert PaymentOrder.objects.count() == 2

    def test_pay_09_two_windows_of_one_order_charge_once(self, till, buyer, at):
        order = till.order()
        first, second = buyer.enters(order), buyer.enters(order)
        for attempt in (first, second):
            buyer.sandbox.request("POST", f"/_control/payments/{order.order_id}/approve", json={"transaction_id": attempt})

        services.sync_order(order_id=order.order_id, at=at)

        assert buyer.totals()["captured"] == 110_000
        assert till.balance().available == 100_000


class TestRefundingAtOnce:
    def test_eight_requests_for_everything_freeze_it_once(self, till):
        order = till.paid()

        results = together([lambda n=n: till.refund(order, 100_000, key=f"request-{n}") for n in range(8)])

        assert sum(isinstance(result, Refund) for result in results) == 1
        assert {type(result) for result in results if not isinstance(result, Refund)} == {services.NothingToRefund}
        assert (till.balance().available, till.balance().frozen) == (0, 100_000)

    def test_control_without_the_lock_both_pass_the_guard(self, till, monkeypatch):
        """Both are let through by the guard of refunds; the ledger, which locks for itself, then refuses the second."""
        order = till.paid()
        passed, guard = [], threading.Lock()
        freeze = refunds.ledger.freeze_for_refund
        monkeypatch.setattr(refunds.ledger, "lock_wallet", lambda advertiser: None)
        monkeypatch.setattr(PaymentOrder.objects.all().__class__, "select_for_update", lambda rows, **_: rows)

        def counted(**facts):
            with guard:
                passed.append(facts["credits"])
            return freeze(**facts)

        monkeypatch.setattr(refunds.ledger, "freeze_for_refund", counted)
        meet(monkeypatch, refunds, "_refusal", 2)

        together([lambda n=n: till.refund(order, 100_000, key=f"request-{n}") for n in range(2)])

        assert passed == [100_000, 100_000]

    def test_ref_05_spending_and_refunding_at_once_never_take_the_same_credits(self, till):
        order = till.paid()
        calls = [lambda n=n: till.refund(order, 60_000, key=f"r{n}") for n in range(4)]
        calls += [lambda n=n: till.holds(60_000, name=f"race-{n}") for n in range(4)]

        results = together(calls)

        taken = [result for result in results if not isinstance(result, Exception)]
        assert len(taken) == 1
        balance = till.balance()
        assert (balance.available, balance.held + balance.frozen) == (40_000, 60_000)

    def test_ops_07_two_operators_at_once_execute_once(self, till, buyer, operator, finance, at):
        refund = till.refund(till.paid(), 100_000)
        moment = at + timedelta(hours=2)

        together([lambda by=by: services.approve_refund(refund=refund, by=by, at=moment) for by in (operator, finance) * 4])
        together([lambda: effects.run_due(at=moment)] * 4)
        run_effects(at + timedelta(hours=3))

        refund.refresh_from_db()
        assert (refund.state, refund.failure) == (Refund.State.DONE, "")
        assert len(buyer.calls(method="POST", path="/cancel")) == 1
        assert buyer.totals()["cancelled"] == 110_000
        assert Entry.objects.filter(kind=Entry.Kind.RECLAIM).count() == 1

    def test_control_without_the_refunds_lock_two_operators_hand_it_over_twice(self, till, buyer, operator, finance, at, monkeypatch):
        refund = till.refund(till.paid(), 100_000)
        handed, guard = [], threading.Lock()
        monkeypatch.setattr(refunds, "locked", unlocked)
        monkeypatch.setattr(refunds, "hand_over", lambda row, *, at: [guard.acquire(), handed.append(row.pk), guard.release()])
        meet(monkeypatch, refunds, "locked", 2)

        together([lambda by=by: services.approve_refund(refund=refund, by=by, at=at + timedelta(hours=2)) for by in (operator, finance)])

        assert handed == [refund.pk, refund.pk]

    def test_control_without_the_leases_lock_the_card_company_is_called_twice_and_its_key_still_pays_once(self, till, buyer, approve, at):
        refund = approve(till.refund(till.paid(), 100_000))

        def cancel() -> None:
            get_gateway("portone").cancel(
                ref=refund.order.order_id, amount_krw=110_000, remaining_krw=110_000, reason="이중 호출", key=refund.cancel_key
            )

        together([cancel, cancel])
        assert len(buyer.calls(method="POST", path="/cancel")) == 2
        assert buyer.totals()["cancelled"] == 110_000
        services.sync_order(order_id=refund.order.order_id, at=at + timedelta(hours=3))
        refund.refresh_from_db()
        assert refund.state == Refund.State.DONE

    def test_ref_10_withdrawing_while_it_is_being_sent_ends_one_way_only(self, till, buyer, approve, at):
        refund = approve(till.refund(till.paid(), 100_000))
        moment = at + timedelta(hours=3)
        now_is(moment)

        together([lambda: effects.run_due(at=moment), lambda: services.withdraw_refund(refund=refund, by=till.user, at=moment)])
        run_effects(moment + timedelta(minutes=5))

        refund.refresh_from_db()
        back = buyer.totals()["cancelled"]
        assert (refund.state, back, till.balance().available) in {(Refund.State.DONE, 110_000, 0), (Refund.State.WITHDRAWN, 0, 100_000)}
        assert till.balance().frozen == 0

    @pytest.mark.tampers
    def test_control_without_the_refunds_lock_the_money_is_back_twice(self, till, buyer, approve, at, monkeypatch):
        """Credits that were given back and are being sent to the card as well."""
        refund = approve(till.refund(till.paid(), 100_000))
        moment = at + timedelta(hours=3)
        now_is(moment)
        both = threading.Barrier(2)

        def looked(row: Refund) -> Refund:
            found = unlocked(row)
            if found.state == Refund.State.APPROVED:
                both.wait(timeout=20)
            return found

        monkeypatch.setattr(refunds, "locked", looked)
        monkeypatch.setattr(refunding, "locked", looked)

        together([lambda: effects.run_due(at=moment), lambda: services.withdraw_refund(refund=refund, by=till.user, at=moment)])

        assert (buyer.totals()["cancelled"], till.balance().available) == (110_000, 100_000)


class TestSweepingAtOnce:
    def test_two_sweepers_ask_about_different_orders(self, till, buyer, at, eve, eve_user):
        for number, credits in enumerate((100_000, 300_000, 500_000)):
            order = till.order(credits, at=at + timedelta(seconds=number))
            buyer.pays(order, paid_at=at)
        moment = at + timedelta(minutes=11)

        asked = together([lambda: services.sweep(at=moment)] * 4)

        assert sum(asked) == 3
        assert len(buyer.calls(method="GET", path="/payments/")) == 3
        assert till.balance().available == 900_000

    def test_control_without_the_claim_they_ask_about_the_same_orders(self, till, buyer, at, monkeypatch):
        order = till.order()
        buyer.pays(order, paid_at=at)
        rows = PaymentOrder.objects.all().__class__
        asked, guard, both, real = [], threading.Lock(), threading.Barrier(4), rows.values_list

        def read(self, *names):
            found = list(real(self, *names))
            both.wait(timeout=20)
            return found

        def ask(*, order_id: str, **facts: Any) -> None:
            with guard:
                asked.append(order_id)

        monkeypatch.setattr(rows, "values_list", read)
        monkeypatch.setattr(rows, "update", lambda self, **facts: 1)
        monkeypatch.setattr(reconciliation, "sync_order", ask)

        together([lambda: services.sweep(at=at + timedelta(minutes=11))] * 4)

        assert asked == [order.order_id] * 4
