"""Every event of payments and credits, by its real cause, and what arrived of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from credits import services as ledger
from credits.tasks import watch_balances
from identity import consents
from identity.models import Consent, Notification
from payments import services
from payments.models import Offer, Package, PaymentOrder, VirtualAccount
from payments.services import accounts, announcing, documents
from tests.payments.conftest import Till, now_is, run_effects
from tests.payments.test_auto_top_up import Auto, switch_on
from tests.payments.test_house_bank import issued  # noqa: F401  (a fixture)
from tests.payments.test_offers import order_with, pay
from tests.payments.test_payers import mina  # noqa: F401  (a fixture)
from tests.payments.test_refunds_by_bank import COMPANY
from tests.payments.test_virtual_accounts import Portone
from tests.signing_in import browser
from tests.telling import arrived, inbox  # noqa: F401  (fixtures)

HOUR = timedelta(hours=1)


@pytest.fixture
def bank(till):
    return Portone(till)


@pytest.fixture
def account(till, bank, at):
    """An order with a virtual account."""
    return bank.issues(till.order(method="VIRTUAL_ACCOUNT"), at)


class TestOrders:
    def test_a_payment(self, till, at, arrived):  # noqa: F811
        till.paid()
        run_effects(at)
        arrived("payments.paid")

    def test_a_virtual_account_that_is_issued_and_nearly_over(self, account, at, arrived):  # noqa: F811
        assert accounts.remind(at=VirtualAccount.objects.get(order=account).due_at - HOUR) == 1
        arrived("payments.account_issued", "payments.account_ends")

    def test_a_transfer_to_the_houses_own_account(self, issued, arrived):  # noqa: F811
        arrived("payments.our_account")

    def test_a_deposit_of_a_wrong_sum(self, account, bank, at, arrived):  # noqa: F811
        bank.deposits(account, amount=50_000, at=at.isoformat())
        services.sync_order(order_id=account.order_id, at=at + HOUR)
        arrived("payments.unallocated")

    def test_a_deposit_that_the_company_sent_back(self, account, bank, till, at, arrived):  # noqa: F811
        bank.deposits(account, amount=50_000, at=at.isoformat())
        services.sync_order(order_id=account.order_id, at=at + HOUR)
        till.buyer.act(account, "console-cancel")
        services.sync_order(order_id=account.order_id, at=at + 2 * HOUR)
        arrived("payments.unallocated_returned")

    def test_a_complaint_and_its_end(self, till, at, arrived):  # noqa: F811
        order = till.paid()
        till.buyer.act(order, "dispute")
        services.sync_order(order_id=order.order_id, at=at + HOUR)
        till.buyer.act(order, "resolve-dispute")
        services.sync_order(order_id=order.order_id, at=at + 2 * HOUR)
        arrived("payments.disputed", "payments.dispute_over")

    def test_a_tax_document(self, till, at, arrived):  # noqa: F811
        PaymentOrder.objects.filter(pk=till.paid().pk).update(method="VIRTUAL_ACCOUNT")
        documents.plan(at=at)
        run_effects(at)
        arrived("payments.document_issued")

    def test_what_is_above_a_members_limit(self, till, minji_user, mina, packages, at, arrived):  # noqa: F811
        facts = {"advertiser": till.advertiser, "package": packages[500_000], "by": mina}
        order, owner = services.create_order(**facts, at=at, key="k"), browser(minji_user)
        for answer in ("refuse", "approve"):
            request = services.ask_second(order=order, by=mina, at=at)
            owner.post(f"/payments/approvals/{request.public_id}/{answer}/", {"reason": "다음 달에 해요"})
        arrived("payments.second_member_asked", "payments.second_member_agreed", "payments.second_member_refused")


class TestRefunds:
    def test_one_that_is_done(self, till, approve, at, arrived):  # noqa: F811
        approve(till.refund(till.paid(), 100_000))
        run_effects(at + 3 * HOUR)
        arrived("payments.refund_done")

    def test_one_that_is_denied(self, till, operator, at, arrived):  # noqa: F811
        refund = till.refund(till.paid(), 100_000)
        services.deny_refund(refund=refund, by=operator, at=at + 2 * HOUR, reason="결제한 분의 확인이 필요해요.")
        arrived("payments.refund_denied")

    def test_one_that_the_card_company_refuses(self, till, buyer, approve, at, arrived):  # noqa: F811
        approve(till.refund(till.paid(), 100_000))
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        run_effects(at + 3 * HOUR)
        arrived("payments.refund_delayed")

    def test_another_account_for_refunds(self, till, minji, at, arrived):  # noqa: F811
        services.register_account(advertiser=minji, bank="088", number=COMPANY, by=till.user, at=at)
        arrived("payments.refund_account_changed")


class TestAutomaticTopUp:
    @pytest.fixture
    def auto(self, till, at):
        switch_on(at)
        auto = Auto(till, "portone")
        till.paid(100_000)
        auto.card()
        auto.agrees(limit=110_000)
        return auto

    def test_a_card_an_agreement_and_a_limit_that_is_used_up(self, auto, at, arrived):  # noqa: F811
        auto.till.spends(60_000)
        auto.looks()
        auto.works()
        auto.till.spends(95_000)
        assert auto.looks(at + 2 * HOUR) is None
        services.stop_auto_top_up(advertiser=auto.till.advertiser, by=auto.till.user, at=at + 3 * HOUR)
        arrived("payments.card_registered", "payments.auto_on", "payments.auto_limit", "payments.auto_off")

    def test_what_stops_it_by_itself(self, auto, at, arrived):  # noqa: F811
        Package.objects.filter(credits=100_000).update(is_offered=False)
        auto.till.spends(60_000)
        auto.looks()
        arrived("payments.auto_stopped")


class TestBonuses:
    @pytest.fixture
    def offer(self, operator, at):
        dates = {"starts_at": at, "ends_at": at + timedelta(days=30)}
        amounts = {"from_credits": 500_000, "percent": Decimal(10), "budget_credits": 50_000}
        return Offer.objects.create(name="연말 10%", created_by=operator, **amounts, **dates)

    def test_one_that_was_over_when_the_payment_came(self, till, offer, eve, eve_user, at, arrived):  # noqa: F811
        order = order_with(till, 500_000, at=at)
        services.release_given_up(at=at + 25 * HOUR)
        order_with(Till(eve, eve_user, till.buyer, till.packages, at), 500_000, at=at + 25 * HOUR)
        pay(till, order, at=at + 26 * HOUR)
        arrived("payments.bonus_over")

    def test_one_that_begins_reaches_once_who_agreed_and_nobody_else(self, offer, minji_user, eve_user, at, arrived):  # noqa: F811
        with transaction.atomic():
            consents.change(user=minji_user, kind=Consent.Kind.MARKETING, given=True, at=at)
        assert [announcing.announce(at=at + HOUR), announcing.announce(at=at + 2 * HOUR)] == [1, 0]
        assert Notification.objects.get(kind="payments.offer_began").user == minji_user
        arrived("payments.offer_began")

    def test_one_that_is_old_or_spent_is_no_news(self, offer, minji_user, at):
        with transaction.atomic():
            consents.change(user=minji_user, kind=Consent.Kind.MARKETING, given=True, at=at)
        assert announcing.announce(at=at + timedelta(days=1)) == 0
        Offer.objects.update(reserved_credits=50_000)
        assert announcing.announce(at=at + HOUR) == 0


class TestCredits:
    def test_what_operators_give(self, till, operator, finance, at, arrived):  # noqa: F811
        request = services.ask_manual_credit(
            advertiser=till.advertiser, credits=10_000, lot_kind="GOODWILL", reason="어제 멈춰서 죄송해요", by=operator, key="m", at=at
        )
        services.carry_out(request=request, by=finance, at=at)
        arrived("credits.given")

    def test_what_runs_out_soon(self, till, at, arrived):  # noqa: F811
        till.paid()
        till.spends(90_000, at=at)
        now_is(at + HOUR)
        assert watch_balances() == 1
        arrived("credits.low")

    def test_what_ends_soon_and_has_ended(self, minji, at, arrived):  # noqa: F811
        with transaction.atomic():
            ledger.grant_bonus(advertiser=minji, credits=500, key="b", at=at, expires_at=at + timedelta(days=40))
            for soon in ledger.expiring_soon(at=at + timedelta(days=20)):
                ledger.tell_of_expiry(soon, at=at + timedelta(days=20))
            ledger.expire_lots(at=at + timedelta(days=41))
        arrived("credits.expiring", "credits.expired")
