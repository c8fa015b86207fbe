"""Where the browser comes back to: without a session, believing nobody."""

from django.urls import reverse

from payments import services
from payments.models import PaymentOrder
from tests.payments.outcomes import complete, credited_once

State = PaymentOrder.State


class TestReturnPage:
    def test_needs_no_session_and_no_token_by_get_and_by_post(self, till, buyer, at):
        from django.test import Client

        order = till.order()
        buyer.pays(order, paid_at=at)
        strict = Client(enforce_csrf_checks=True)
        url = reverse("payments:order-complete", args=[order.order_id])

        answers = [strict.post(url, {"paymentId": order.order_id}), strict.get(url)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert credited_once(till, order)
        for answer in answers:
            text = answer.content.decode()
            assert order.order_id in text
            assert not any(word in text for word in ("김민지", "민지네", "minji"))
            assert not answer.cookies

    def test_does_not_know_other_peoples_ids(self, client, db):
        assert client.get("/payments/orders/BO00000000000000000000000000/complete/").status_code == 404

    def test_believes_an_error_of_the_browser_only_if_nothing_was_paid(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)

        page = complete(client, order, code="FAILURE_TYPE_PG", message="거짓말").content.decode()

        assert "충전이 끝났어요" in page
        assert "거짓말" not in page
        assert credited_once(till, order)

    def test_offers_the_way_back_to_the_wizard(self, till, buyer, packages, client, at):
        order = services.create_order(
            advertiser=till.advertiser,
            package=packages[100_000],
            by=till.user,
            at=at,
            key="wizard",
            return_to="/campaigns/drafts/7/credit/",
        )
        services.open_window(order=order, at=at)
        buyer.pays(order, paid_at=at)

        assert 'href="/campaigns/drafts/7/credit/"' in complete(client, order).content.decode()
