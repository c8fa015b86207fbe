"""A gateway that captures only after our server has agreed."""

from datetime import timedelta

import pytest

from payments import services
from payments.models import PaymentOrder
from tests.payments.outcomes import complete, credited_once, nothing_credited

State = PaymentOrder.State


class TestManualApproval:
    @pytest.fixture(autouse=True)
    def _manual(self, buyer, settings):
        settings.PORTONE_MANUAL_APPROVAL = True
        buyer.sandbox.control("POST", "/manual-approval", {"channel_key": settings.PORTONE_CHANNEL_KEY_CARD, "on": True})

    def test_the_return_page_confirms_and_credits(self, till, buyer, client, at):
        order = till.order()
        told = buyer.pays(order, paid_at=at)["result"]
        assert buyer.book(order)["captured"] == 0

        page = complete(client, order, **told)

        assert "충전이 끝났어요" in page.content.decode()
        assert credited_once(till, order)
        assert "충전이 끝났어요" in complete(client, order, **told).content.decode()  # the same page loaded again
        assert credited_once(till, order)

    def test_pay_02_a_browser_that_died_is_not_charged_and_may_try_again(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)

        services.sweep(at=at + timedelta(minutes=10))

        assert nothing_credited(till, order)
        assert (buyer.book(order)["captured"], order.may_be_paid) == (0, True)

    def test_pay_08_a_forged_amount_is_never_captured(self, till, buyer, client, at):
        order = till.order()
        buyer.enters(order, totalAmount=1_000)
        told = buyer.act(order, "approve")["result"]

        page = complete(client, order, **told).content.decode()

        assert nothing_credited(till, order)
        assert (order.state, buyer.book(order)["captured"]) == (State.FAILED, 0)
        assert "승인하지 않았어요" in page

    def test_a_token_of_nobody_changes_nothing(self, till, buyer, client, at):
        order = till.order()
        told = buyer.pays(order, paid_at=at)["result"]

        complete(client, order, paymentToken="guessed")
        order.refresh_from_db()
        assert (order.state, buyer.book(order)["captured"]) == (State.WINDOW_OPEN, 0)

        complete(client, order, **told)
        assert credited_once(till, order)
