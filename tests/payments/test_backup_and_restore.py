"""A backup in the middle of the day, restored into an empty cluster: what only the payment company knows comes back by itself."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.utils import timezone

from config import backup, embedded
from payments import services
from payments.models import PaymentOrder, Refund
from tests.live import ROOT, database_url
from tests.payments.conftest import now_is, run_effects
from tests.payments.outcomes import complete
from tests.payments.planting import TOSS_KEY
from tests.payments.toss_buyer import TossBuyer

pytestmark = pytest.mark.django_db(transaction=True)
SUMS = """
    SELECT (SELECT COALESCE(SUM(captured_krw), 0) - COALESCE(SUM(cancelled_krw), 0) FROM payments_paymentorder),
           (SELECT COALESCE(SUM(amount_krw), 0) FROM payments_paymentorder WHERE credited_at IS NOT NULL)
           - (SELECT COALESCE(SUM(amount_krw), 0) FROM payments_refund WHERE state = 'DONE'),
           (SELECT SUM(balance) FROM credits_account WHERE advertiser_id IS NOT NULL),
           (SELECT COUNT(*) FROM payments_paymentorder WHERE credited_at IS NOT NULL)
"""


@pytest.fixture
def cluster():
    """An empty PostgreSQL of its own, with an empty database; where the system user it runs under may go, so not in pytest's folder."""
    data = Path(tempfile.mkdtemp(prefix="pg-", dir=embedded.BASE_DIR / "var"))
    data.chmod(0o755)
    yield embedded.start(data / "d", database="restored", durable=False)
    embedded.stop(data / "d")
    shutil.rmtree(data, ignore_errors=True)


@pytest.mark.parametrize(("codes", "worst"), [((0, 0, 0), 0), ((0, -9, 0), 9), ((0, 1, 0), 1), ((0, 0, -15), 15), ((2, 0, -9), 2)])
def test_a_check_after_a_restore_that_was_killed_is_no_success(monkeypatch, codes, worst):
    answers = iter(codes)
    monkeypatch.setattr(backup.subprocess, "run", lambda *_command, **_facts: SimpleNamespace(returncode=next(answers)))
    assert backup.prove("postgresql:///nowhere", since=timezone.now(), recover_as="") == worst
    assert list(answers) == []


@pytest.fixture
def now(monkeypatch):
    """Payments of now: the sandbox's clock is the real one, and the company lists ninety days."""
    moment = timezone.now()
    now_is(moment)
    return moment


def manage(url, sandbox, *command):
    environment = {**os.environ, "DATABASE_URL": url, "SANDBOX_PORT": str(sandbox.port), "ENVIRONMENT": "test"}
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def sums(url):
    with psycopg.connect(url) as connection:
        return connection.execute(SUMS).fetchone()


def paid_at_toss(till, client, credits):
    order = till.order(credits)
    complete(client, order, **TossBuyer(till.buyer.sandbox).agrees(order))
    order.refresh_from_db()
    assert order.is_credited
    return order


def paid_into_an_account(till, at):
    order = till.order(500_000, at=at, method="VIRTUAL_ACCOUNT")
    till.buyer.enters(order)
    till.buyer.act(order, "approve")
    services.sync_order(order_id=order.order_id, at=at)
    till.buyer.act(order, "deposit", at=at.isoformat())
    assert services.sync_order(order_id=order.order_id, at=at).is_credited
    return order


class TestBackup:
    def test_dev_11_ten_payments_known_only_to_the_company_are_repaired_without_manual_edits(
        self, till, buyer, operator, cluster, tmp_path, client, settings, now
    ):
        """Nine of them were ordered after the backup too, four of these at the second company."""
        kept, waiting = till.paid(100_000, at=now), till.order(300_000, at=now)
        refunded_later = till.paid(500_000, at=now)
        file = backup.backup(database_url(), into=tmp_path / "backups")

        buyer.pays(waiting, paid_at=now)  # ordered before, paid after
        services.sync_order(order_id=waiting.order_id, at=now)
        later = [till.paid(credits, at=now) for credits in (100_000, 1_000_000, 3_000_000, 3_000_000)]  # ordered and paid after
        later.append(paid_into_an_account(till, now))
        settings.PAYMENT_GATEWAY = "toss"
        later += [paid_at_toss(till, client, credits) for credits in (100_000, 300_000, 500_000, 1_000_000)]
        refund = till.refund(refunded_later, 40_000, at=now + timedelta(minutes=1))
        services.approve_refund(refund=refund, by=operator, at=now + timedelta(minutes=2))
        run_effects(now + timedelta(minutes=3))
        assert Refund.objects.get().state == Refund.State.DONE

        backup.restore(cluster, file)
        assert sums(cluster)[3] == 2
        assert manage(cluster, buyer.sandbox, "verify_ledger", "--dry-run")[0] == 0
        since = (backup.taken_at(file) - backup.OVERLAP).isoformat()
        code, told = manage(cluster, buyer.sandbox, "reconcile_payments", "--since", since, "--recover-as", "operator")

        assert code == 0, told
        made_again = {line.split()[-1] for line in told.splitlines() if line.startswith("  made again: order ")}
        assert made_again == {order.order_id for order in later}
        assert {order.gateway for order in later} == {"portone", "toss"}
        assert told.count("booked: cancel") == 1
        captured, booked, balance, orders = sums(cluster)
        assert captured == booked == buyer.totals()["net"] + buyer.sandbox.control("GET", "/toss/book")["totals"]["net"]
        assert orders == 12
        assert balance == sums(database_url())[2]
        assert manage(cluster, buyer.sandbox, "verify_ledger")[0] == 0
        assert kept.order_id not in told

    def test_dev_11_without_a_name_the_missing_transactions_are_named(self, till, buyer, cluster, tmp_path, now):
        till.paid(100_000, at=now)
        file = backup.backup(database_url(), into=tmp_path / "backups")
        lost = till.paid(300_000, at=now)
        backup.restore(cluster, file)

        code, told = manage(cluster, buyer.sandbox, "reconcile_payments", "--since", backup.taken_at(file).date().isoformat())

        assert code == 1
        assert f"UNKNOWN_PAYMENT {lost.order_id}" in told

    def test_holds_one_moment_while_others_write(self, till, cluster, tmp_path, now):
        for _ in range(3):
            till.paid(100_000, at=now)
        with psycopg.connect(database_url()) as other:
            other.execute("UPDATE payments_paymentorder SET captured_krw = 1")  # under way, never committed
            file = backup.backup(database_url(), into=tmp_path / "backups")
            other.rollback()
        backup.restore(cluster, file)
        assert sums(cluster) == sums(database_url())


class TestRestoreRefuses:
    def test_a_file_that_was_changed(self, cluster, tmp_path):
        file = backup.backup(database_url(), into=tmp_path)
        assert (file.stat().st_mode & 0o777, set(json.loads(file.with_suffix(".json").read_text()))) == (0o600, {"taken_at", "sha256"})
        file.write_bytes(file.read_bytes()[:-1])
        with pytest.raises(backup.CannotBackUp, match="not the file that was written"):
            backup.restore(cluster, file)

    def test_a_database_that_is_not_empty(self, tmp_path):
        file = backup.backup(database_url(), into=tmp_path)
        with pytest.raises(backup.CannotBackUp, match="not empty"):
            backup.restore(database_url(), file)


class TestRecover:
    @staticmethod
    def recovered(gateway, operator, at):
        since, until = timezone.now() - timedelta(days=80), timezone.now() + timedelta(days=30)
        return services.recover(gateway_name=gateway, since=since, until=until, by=operator, at=at)

    def test_credits_what_was_paid_before_a_part_of_it_went_back_and_leaves_the_console_cancel_to_people(self, till, buyer, operator, at):
        order = till.order(100_000)
        buyer.pays(order, paid_at=at)
        buyer.act(order, "console-cancel", amount=11_000)
        found = self.recovered("portone", operator, at)
        order.refresh_from_db()
        assert (order.is_credited, order.credits, order.cancelled_krw) == (True, 100_000, 11_000)
        assert found.report.open == [f"FOREIGN_CANCEL {order.order_id}"]

    def test_credits_what_its_card_holder_complains_about_and_sets_it_aside(self, till, buyer, operator, at):
        order = till.order(100_000)
        buyer.pays(order, paid_at=at)
        buyer.act(order, "dispute")
        self.recovered("portone", operator, at)
        order.refresh_from_db()
        assert (order.state, till.balance().frozen) == ("DISPUTED", 100_000)

    def test_finds_the_money_at_a_company_to_which_the_order_was_led_after_the_backup(self, till, operator, at):
        """The backup knows the order at the first company only, the money is at the second."""
        order = till.order(100_000)
        PaymentOrder.objects.filter(pk=order.pk).update(gateway="toss")
        order.refresh_from_db()
        toss = TossBuyer(till.buyer.sandbox)
        said = {"paymentKey": toss.agrees(order)["paymentKey"], "orderId": order.order_id, "amount": order.amount_krw}
        headers = {"authorization": TOSS_KEY}
        assert till.buyer.sandbox.request("POST", "/toss/v1/payments/confirm", json=said, headers=headers).status_code == 200
        PaymentOrder.objects.filter(pk=order.pk).update(gateway="portone")

        assert self.recovered("toss", operator, at).report.is_clean

        order.refresh_from_db()
        assert (order.gateway, order.is_credited, toss.book(order)) == ("toss", True, (110_000, 0))

    def test_makes_no_order_of_what_is_not_ours(self, till, buyer, operator, at):
        """Another prefix, nobody's number, no price of ours."""
        sold = services.checkout_of(till.order())
        strange = (
            {"paymentId": "XX01"},
            {"paymentId": "BO01A", "customer": {**sold["customer"], "customerId": "x"}},
            {"paymentId": "BO01B", "totalAmount": 7_000},
        )
        for changed in strange:
            buyer.sandbox.control("POST", "/payments", {"request": {**sold, **changed}})
            buyer.act(changed["paymentId"], "approve")
        found = services.recover(
            gateway_name="portone", since=timezone.now() - timedelta(days=80), until=timezone.now() + timedelta(days=30), by=operator, at=at
        )
        assert found.orders == []
        assert sorted(found.report.open) == ["UNKNOWN_PAYMENT BO01A", "UNKNOWN_PAYMENT BO01B", "UNKNOWN_PAYMENT XX01"]
