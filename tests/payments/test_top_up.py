"""From the pay window to credits, by every way news may come: PAY-01 … PAY-07, PAY-10, PAY-13."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.urls import reverse

from common.models import Effect
from credits.models import Lot
from payments import services
from payments.gateways.portone import PortOneGateway
from payments.models import PaymentOrder
from tests.payments.conftest import run_effects
from tests.payments.messages import signed
from tests.payments.outcomes import complete, credited_once, nothing_credited, notices
from tests.signing_in import browser

State = PaymentOrder.State


class TestTopUp:
    def test_credits_what_was_paid_and_freezes_the_refund_rule(self, till, buyer, at):
        order = till.order(300_000)
        buyer.pays(order, paid_at=at)

        order = services.sync_order(order_id=order.order_id, at=at + timedelta(seconds=20))

        assert (order.state, order.paid_at, order.credited_at) == (State.PAID, at, at + timedelta(seconds=20))
        assert (order.credits, order.vat_krw, order.amount_krw) == (300_000, 30_000, 330_000)
        assert (order.captured_krw, order.cancelled_krw) == (330_000, 0)
        assert order.policy == {"refund_window_hours": 168, "unused_only": True, "bonus": "proportional"}
        assert (order.method, order.method_name, order.is_late) == ("CARD", "신한카드 법인", False)
        assert order.receipt_link.startswith("http://127.0.0.1:")
        assert buyer.book(order)["captured"] == 330_000
        assert credited_once(till, order, 300_000)

    def test_whoever_asked_first_and_comes_second_changes_nothing(self, till, buyer, at, monkeypatch):
        """The card company's answer is on its way to us while somebody else credits the order."""
        order, ask = till.order(), PortOneGateway.fetch
        buyer.pays(order, paid_at=at)

        def asked_slowly(gateway, *, ref):
            answer = ask(gateway, ref=ref)
            monkeypatch.setattr(PortOneGateway, "fetch", ask)
            services.sync_order(order_id=ref, at=at)
            return answer

        monkeypatch.setattr(PortOneGateway, "fetch", asked_slowly)
        late = services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=1))

        assert (late.state, late.credited_at) == (State.PAID, at)
        assert credited_once(till, order)

    def test_gives_the_bonus_of_the_package_with_its_own_expiry(self, till, at):
        order = till.paid(1_000_000)

        assert credited_once(till, order, 1_000_000, 10_000)
        bonus = Lot.objects.get(kind=Lot.Kind.BONUS)
        assert (bonus.order_id, bonus.granted, bonus.expires_at) == (order.order_id, 10_000, at + timedelta(days=90))

    def test_pay_01_a_closed_window_abandons_the_order_and_the_same_order_can_be_retried(self, till, buyer, client, at):
        order = till.order()
        buyer.enters(order)
        told = buyer.act(order, "close")["result"]

        page = complete(client, order, **told)
        order.refresh_from_db()

        assert (page.status_code, order.state) == (200, State.ABANDONED)
        assert "결제를 마치지 않았어요" in page.content.decode()
        assert nothing_credited(till, order)

        again = till.order(at=at + timedelta(minutes=1))
        assert (again.pk, again.state, PaymentOrder.objects.count()) == (order.pk, State.WINDOW_OPEN, 1)
        buyer.pays(again, paid_at=at)
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=2))
        assert credited_once(till, order)

    def test_pay_02_the_webhook_credits_when_the_browser_died(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)

        assert client.post(**signed(order)).status_code == 200
        assert nothing_credited(till, order)  # the door only stores
        run_effects(at)

        assert credited_once(till, order)
        page = browser(till.user).get(reverse("payments:order", args=[order.order_id]))
        assert "100,000크레딧을 충전했어요" in page.content.decode()

    def test_pay_03_a_webhook_an_hour_late_changes_nothing_after_the_return(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)

        assert "충전이 끝났어요" in complete(client, order).content.decode()
        assert credited_once(till, order)
        before = PaymentOrder.objects.values().get(pk=order.pk)

        client.post(**signed(order))
        run_effects(at + timedelta(hours=1))

        after = PaymentOrder.objects.values().get(pk=order.pk)
        assert {name for name in before if before[name] != after[name]} <= {"next_check_at"}
        assert credited_once(till, order)

    def test_pay_04_the_return_shows_success_when_the_webhook_was_first(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        client.post(**signed(order))
        run_effects(at)

        assert "충전이 끝났어요" in complete(client, order).content.decode()
        assert credited_once(till, order)
        assert len(notices()) == 1

    def test_pay_06_the_sweeper_alone_credits_after_ten_minutes(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)

        assert services.sweep(at=at + timedelta(minutes=9, seconds=59)) == 0
        assert services.sweep(at=at + timedelta(minutes=10)) == 1
        run_effects(at + timedelta(minutes=10))

        assert credited_once(till, order)
        assert len(notices()) == 1

    @pytest.mark.parametrize("order_of_news", list(permutations(["return", "webhook", "sweep", "fetch again"])))
    def test_news_in_any_order_credits_once(self, till, buyer, client, at, order_of_news):
        order = till.order()
        buyer.pays(order, paid_at=at)
        ways = {
            "return": lambda: complete(client, order),
            "webhook": lambda: (client.post(**signed(order)), run_effects(at)),
            "sweep": lambda: services.sweep(at=at + timedelta(minutes=10)),
            "fetch again": lambda: services.sync_order(order_id=order.order_id, at=at),
        }

        for news in order_of_news:
            ways[news]()
        run_effects(at + timedelta(hours=1))

        assert credited_once(till, order)
        assert len(notices()) == 1
        assert buyer.totals() == {"captured": 110_000, "cancelled": 0, "net": 110_000}

    def test_pay_10_a_declined_card_is_told_and_the_order_stays_retryable(self, till, buyer, client, at):
        order = till.order()
        buyer.enters(order)
        told = buyer.act(order, "decline")["result"]

        page = complete(client, order, **told).content.decode()
        order.refresh_from_db()

        assert (order.state, order.failure, order.may_be_paid) == (State.FAILED, "한도초과", True)
        assert "결제하지 못했어요" in page
        assert "한도초과" in page
        assert nothing_credited(till, order)

        services.open_window(order=order, at=at + timedelta(minutes=1))
        buyer.pays(order, paid_at=at)
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=2))
        assert credited_once(till, order)
        assert order.is_late is False

    def test_pay_13_an_abandoned_order_that_was_paid_is_credited_marked_late_and_told(self, till, buyer, at):
        order = till.order()
        buyer.enters(order)
        services.sweep(at=at + timedelta(hours=24))
        order.refresh_from_db()
        assert order.state == State.ABANDONED

        buyer.act(order, "approve", paid_at=(at + timedelta(hours=25)).isoformat())
        services.sweep(at=at + timedelta(days=2))
        run_effects(at + timedelta(days=2))

        assert credited_once(till, order)
        assert order.is_late is True
        assert "결제가 늦게 확인됐어요" in notices()[0].body

    def test_a_late_failure_of_the_first_attempt_does_not_undo_the_payment(self, till, buyer, client, at):
        order = till.order()
        buyer.enters(order)
        buyer.act(order, "decline")
        buyer.pays(order, paid_at=at)
        services.sync_order(order_id=order.order_id, at=at)

        client.post(**signed(order, type="Transaction.Failed"))
        run_effects(at)

        assert credited_once(till, order)


class TestReceiptEffect:
    def test_tells_everyone_who_pays_once_with_the_way_to_the_receipt(self, till, jisoo, at):
        order = till.paid(1_000_000)
        run_effects(at)
        run_effects(at)

        [notice] = notices()
        assert (notice.user, notice.url) == (till.user, f"/payments/orders/{order.order_id}/receipt/")
        assert notice.title == "1,000,000크레딧을 충전했어요"
        assert "1,100,000원(부가세 100,000원 포함)" in notice.body
        assert "보너스 10,000크레딧" in notice.body
        assert Effect.objects.get(kind="payments.receipt").state == Effect.State.DONE
