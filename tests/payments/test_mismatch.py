"""What differs from the order credits nothing and calls people: PAY-08."""

from datetime import timedelta

import pytest

from common.provider import GatewayError
from payments import services
from payments.models import PaymentOrder, ReconciliationItem
from tests.payments.outcomes import complete, credited_once, nothing_credited, notices

State = PaymentOrder.State


PAID = "PAID but different"
DIFFERENCES = {
    "amount one won less": ({"amount__total": 109_999}, "amount_krw"),
    "amount one won more": ({"amount__total": 110_001}, "amount_krw"),
    "amount of another package": ({"amount__total": 1_000}, "amount_krw"),
    "negative amount": ({"amount__total": -110_000}, "amount_krw"),
    "dollars": ({"currency": "USD"}, "currency"),
    "another store": ({"storeId": "store-00000000-0000-4000-8000-000000000009"}, "store"),
    "another id": ({"id": "BO01SOMEBODYELSE0000000000"}, "id"),
    "old api": ({"version": "V1"}, "version"),
    "another channel": ({"channel__key": "channel-key-00000000-0000-4000-8000-000000000009"}, "channel"),
    "no channel key": ({"channel__key": ""}, "channel"),
    "live money in a test house": ({"channel__type": "LIVE"}, "is_live"),
    "another company": ({"channel__pgProvider": "TOSSPAYMENTS"}, "provider"),
    "a state nobody knows": ({"status": "SOMETHING_NEW"}, "status"),
    "partly cancelled before we looked": ({"status": "PARTIAL_CANCELLED"}, "cancelled_krw"),
    "disputed": ({"disputes": [{"status": "UNRESOLVED", "reason": "", "createdAt": "2026-01-01T00:00:00Z"}]}, "dispute"),
}
UNREADABLE = {
    "amount is true": {"amount__total": True},
    "amount is text": {"amount__total": "110000"},
    "amount is a fraction": {"amount__total": 110000.0},
    "amount is null": {"amount__total": None},
    "no currency": {"currency": None},
    "no amount": {"amount": {}},
    "paid at no moment": {"paidAt": "yesterday"},
    "paid at a moment without zone": {"paidAt": "2026-01-01T00:00:00"},
    "status is a number": {"status": 1},
    "channel is text": {"channel": "card"},
}


class TestMismatch:
    @pytest.mark.parametrize("name", DIFFERENCES)
    def test_pay_08_any_single_difference_credits_nothing_and_calls_the_operators(self, till, buyer, client, at, name):
        values, point = DIFFERENCES[name]
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.overlay(order, **values)

        page = complete(client, order).content.decode()
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=10))

        assert nothing_credited(till, order)
        assert "결제를 확인하고 있어요" in page
        [item] = ReconciliationItem.objects.all()
        assert (item.kind, item.state, list(item.differences)) == ("MISMATCH", "OPEN", [point])
        assert len(notices("payments.difference")) == 1
        assert (order.needs_check, order.may_be_paid) == (True, False)

    @pytest.mark.parametrize("name", UNREADABLE)
    def test_pay_08_an_answer_of_another_shape_is_silence(self, till, buyer, at, name):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.overlay(order, **UNREADABLE[name])

        with pytest.raises(GatewayError) as silence:
            services.sync_order(order_id=order.order_id, at=at)

        assert (silence.value.known, silence.value.code) == (False, "UNREADABLE")
        assert "김민지" not in str(silence.value)
        assert nothing_credited(till, order)

    def test_pay_08_a_test_card_buys_nothing_where_live_money_is_demanded(self, till, buyer, settings, at):
        settings.PORTONE_REQUIRE_LIVE = True
        order = till.order()
        buyer.pays(order, paid_at=at)

        services.sync_order(order_id=order.order_id, at=at)

        assert nothing_credited(till, order)
        assert ReconciliationItem.objects.get().differences == {"is_live": ["True", "False"]}

    @pytest.mark.parametrize(
        "forged",
        [
            {"totalAmount": 1_000},
            {"currency": "USD", "totalAmount": 110},
            {"channelKey": "channel-key-00000000-0000-4000-8000-000000000003"},
        ],
        ids=["a thousand won", "dollars", "another channel"],
    )
    def test_pay_08_what_the_browser_changed_is_found_by_asking(self, till, buyer, at, forged):
        order = till.order()
        buyer.enters(order, **forged)
        buyer.act(order, "approve")

        services.sync_order(order_id=order.order_id, at=at)

        assert nothing_credited(till, order)
        assert ReconciliationItem.objects.filter(kind="MISMATCH").count() == 1

    def test_is_credited_and_settled_by_itself_when_the_gateway_agrees_again(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.overlay(order, currency="USD")
        services.sync_order(order_id=order.order_id, at=at)
        buyer.act(order, "overlay")

        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=10))

        assert credited_once(till, order)
        assert ReconciliationItem.objects.get().state == "SETTLED"
        assert order.needs_check is False

    def test_a_payment_cancelled_before_it_was_credited_leaves_nothing_owed(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.act(order, "console-cancel")

        services.sync_order(order_id=order.order_id, at=at)

        assert nothing_credited(till, order)
        assert (order.state, order.captured_krw, order.cancelled_krw) == (State.FAILED, 110_000, 110_000)
        assert buyer.totals()["net"] == 0

    @pytest.mark.parametrize("drift", ["unknown_field", "unknown_enum", "unknown_method"])
    def test_announced_additions_of_the_api_change_nothing(self, till, buyer, at, drift):
        buyer.sandbox.control("POST", "/drift", {drift: True})
        order = till.order()
        buyer.pays(order, paid_at=at)

        services.sync_order(order_id=order.order_id, at=at)

        assert credited_once(till, order)
