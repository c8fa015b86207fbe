"""Before an account pays for the first time, policy may want to know who pays: off and on, both sides of each answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common import dated
from identity import identity_checks
from identity.models import IdentityCheck, User
from payments import services
from payments.models import PaymentOrder
from tests.advertisers.conftest import join
from tests.payments.conftest import buyer, packages, sandbox_process, till
from tests.payments.test_payers import choose
from tests.signing_in import browser

__all__ = ["buyer", "packages", "sandbox_process", "till"]
State = PaymentOrder.State
POLICY = services.CHECK_AT_FIRST_PAYMENT.name


class TestTheFirstPayment:
    @pytest.fixture(autouse=True)
    def _window(self, outside):
        self.outside = outside

    def wanted(self, value=True, at=None):
        at = at or timezone.now()
        dated.change(name=POLICY, value=value, effective_from=at, reason="시험", by_id=None, at=at)

    def prove(self, client, order, person="minji"):
        page = f"/payments/orders/{order.order_id}/identity/"
        started = client.post(f"/accounts/identity/start/PAYMENT/?next={page}", {"provider": "PORTONE"})
        check = IdentityCheck.objects.get(public_id=started.headers["Location"].rstrip("/").rpartition("/")[2])
        self.outside.window(check)
        self.outside.decides(check, person)
        assert client.post(f"/accounts/identity/{check.public_id}/complete/").headers["Location"] == page
        return page

    def test_s_23_opens_the_window_at_once_while_nobody_wants_a_proof(self, minji, minji_user, packages):
        response = choose(browser(minji_user), packages)
        order = PaymentOrder.objects.get()
        assert (response.headers["Location"], order.state) == (f"/payments/orders/{order.order_id}/#pay", State.WINDOW_OPEN)

    def test_s_23_leads_to_the_identity_check_and_back_to_the_same_order(self, minji, minji_user, packages):
        self.wanted()
        client = browser(minji_user)
        response = choose(client, packages)
        order = PaymentOrder.objects.get()
        page = f"/payments/orders/{order.order_id}/identity/"
        assert (response.headers["Location"], order.state) == (page, State.CREATED)
        assert "첫 결제 전에 본인인지 확인할게요" in client.get(page).text
        self.prove(client, order)
        assert "이 주문 결제하기" in client.get(page).text
        assert client.post(page).headers["Location"] == f"/payments/orders/{order.order_id}/#pay"
        order.refresh_from_db()
        assert (order.state, order.payer_checked_at is None, PaymentOrder.objects.count()) == (State.WINDOW_OPEN, False, 1)
        assert User.objects.get(pk=minji_user.pk).person_hash == IdentityCheck.objects.get().person_hash

    def test_is_asked_for_by_every_door_and_once_per_account(self, minji, minji_user, packages):
        self.wanted()
        client = browser(minji_user)
        choose(client, packages)
        order = PaymentOrder.objects.get()
        with pytest.raises(services.PayerNotProved):
            services.open_window(order=order, at=timezone.now())
        assert client.post(f"/payments/orders/{order.order_id}/open/").headers["Location"].endswith("/identity/")
        client.post(self.prove(client, order))
        mate = browser(join(minji, "mate", "FINANCE"))
        assert choose(mate, packages, 300_000, "00000000-0000-4000-8000-00000000000c").headers["Location"].endswith("#pay")

    def test_is_not_asked_for_once_the_account_has_paid(self, minji, minji_user, till, at):
        till.paid()
        self.wanted(at=at + timedelta(hours=1))
        later = at + timedelta(hours=2)
        order = services.create_order(advertiser=minji, package=till.packages[300_000], by=minji_user, at=later, key="second")
        assert not services.needs_proof(order, at=later)
        services.open_window(order=order, at=later)

    def test_holds_from_its_day_to_its_last(self, minji, minji_user, packages, at):
        self.wanted(at=at + timedelta(days=1))
        self.wanted(False, at=at + timedelta(days=2))
        order = services.create_order(advertiser=minji, package=packages[100_000], by=minji_user, at=at, key="dated")
        days = [services.needs_proof(order, at=at + timedelta(days=number)) for number in (0, 1, 2)]
        assert days == [False, True, False]

    def test_left_open_closed_or_failed_keeps_the_order_for_another_try(self, minji, minji_user, packages):
        self.wanted()
        client = browser(minji_user)
        choose(client, packages)
        order = PaymentOrder.objects.get()
        page = self.prove(client, order, person="")
        assert "주문은 그대로 있으니 다시 확인해 주세요" in client.get(page).text
        assert client.post(page).status_code == 422
        order.refresh_from_db()
        assert (order.state, order.payer_checked_at) == (State.CREATED, None)
        assert client.post(self.prove(client, order)).headers["Location"].endswith("#pay")

    def test_by_another_person_than_the_account_knows_is_refused(self, minji, minji_user, packages):
        self.wanted()
        User.objects.filter(pk=minji_user.pk).update(person_hash="0" * 64)
        client = browser(minji_user)
        choose(client, packages)
        order = PaymentOrder.objects.get()
        answer = client.post(self.prove(client, order))
        assert (answer.status_code, "이 계정에 등록한 분과 달라요" in answer.text) == (422, True)
        order.refresh_from_db()
        assert (order.state, order.payer_checked_at) == (State.CREATED, None)

    @pytest.mark.parametrize("several", [True, False])
    def test_adv_07_of_a_person_with_another_account_follows_the_setting(self, minji, minji_user, eve_user, packages, several):
        self.wanted()
        client = browser(minji_user)
        choose(client, packages)
        order = PaymentOrder.objects.get()
        page = self.prove(client, order)
        User.objects.filter(pk=eve_user.pk).update(person_hash=IdentityCheck.objects.get().person_hash)
        now = timezone.now()
        dated.change(name=identity_checks.SAME_PERSON.name, value=several, effective_from=now, reason="시험", by_id=None, at=now)
        answer = client.post(page)
        order.refresh_from_db()
        if several:
            assert (answer.headers["Location"].endswith("#pay"), order.state) == (True, State.WINDOW_OPEN)
        else:
            assert (answer.status_code, "이미 이 이름으로 본인확인을 마친 계정이 있어요" in answer.text) == (422, True)
            assert (order.state, order.payer_checked_at) == (State.CREATED, None)
