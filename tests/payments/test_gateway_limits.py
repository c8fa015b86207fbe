"""What the contract with a payment company allows, as rows with dates; what is too large for a card goes by transfer and past a person."""

from datetime import timedelta

import pytest
from django.urls import reverse

from common.kst import day_of
from common.models import DatedSetting
from payments import policy, services
from payments.models import PaymentOrder, UnallocatedMoney
from payments.services.refusals import MethodNotOffered, OverGatewayLimit
from tests.factories import MembershipFactory
from tests.signing_in import browser

ACCOUNT = "VIRTUAL_ACCOUNT"


def contract(at, name, value):
    DatedSetting.objects.create(name=f"payments.{name}", value=value, effective_from=at, reason="계약")


def page_of(till, credits):
    return browser(till.user).get(reverse("payments:top-up"), {"package": till.packages[credits].pk})


class TestPerCharge:
    def test_without_a_row_nothing_is_limited(self, till):
        assert till.order(3_000_000).amount_krw == 3_300_000

    def test_exactly_the_limit_passes_and_a_won_more_is_led_to_a_transfer_before_any_window(self, till, at):
        contract(at, "max_per_charge_krw.portone.card", 330_000)

        assert till.order(300_000).amount_krw == 330_000
        with pytest.raises(OverGatewayLimit, match="330,000원까지 결제할 수 있어요. 더 큰 금액은 가상계좌나 무통장으로 입금해 주세요"):
            till.order(500_000)
        assert PaymentOrder.objects.count() == 1

    def test_the_page_says_so_and_chooses_the_account_itself(self, till, at):
        contract(at, "max_per_charge_krw.portone.card", 330_000)

        small, large = page_of(till, 300_000), page_of(till, 500_000)

        assert (small.context["method"], large.context["method"]) == ("CARD", ACCOUNT)
        assert "한 번에 330,000원까지 결제할 수 있어요." in large.content.decode()
        assert "운영팀이 확인하고 충전해요" in large.content.decode()

    def test_counts_from_its_day_and_an_open_window_is_not_opened_again(self, till, at):
        order = till.order(500_000)
        contract(at + timedelta(hours=1), "max_per_charge_krw.portone.card", 330_000)

        services.open_window(order=order, at=at + timedelta(minutes=59))
        with pytest.raises(OverGatewayLimit):
            services.open_window(order=order, at=at + timedelta(hours=1))

    def test_of_one_company_is_not_the_others(self, till, at, settings):
        contract(at, "max_per_charge_krw.toss.card", 100_000)
        order = till.order(500_000)
        settings.PAYMENT_GATEWAY_SECOND = "toss"

        with pytest.raises(OverGatewayLimit):
            services.open_window(order=services.switch_gateway(order=order), at=at)


class TestPerDay:
    def test_counts_what_was_paid_and_what_is_open_today_and_begins_again_at_midnight_in_seoul(self, till, at):
        contract(at, "max_per_day_krw.portone.card", 440_000)
        till.paid(100_000)
        till.order(100_000)

        with pytest.raises(OverGatewayLimit, match="오늘은 220,000원까지"):
            till.order(300_000)
        assert till.order(300_000, at=at + timedelta(days=1)).amount_krw == 330_000

    def test_of_another_advertiser_counts_for_itself(self, till, at):
        contract(at, "max_per_day_krw.portone.card", 110_000)
        till.paid(100_000)
        other = MembershipFactory(user__username="other")
        found = services.gateway_room(advertiser=other.advertiser, gateway="portone", method="CARD", at=at)

        assert (found.left_krw, found.refusal_of(110_000)) == (110_000, "")


class TestMethods:
    def test_one_that_is_not_taken_is_refused_and_said(self, till, at):
        contract(at, "takes.portone.card", False)

        with pytest.raises(MethodNotOffered):
            till.order()
        page = page_of(till, 100_000)
        assert (page.context["method"], "지금은 받지 않는 결제 수단이에요." in page.content.decode()) == (ACCOUNT, True)


class TestValidity:
    @pytest.mark.parametrize(("allowed", "days"), [(0, 1_825), (365, 365), (90, 365), (730, 730)])
    def test_what_the_company_allows_wins_but_never_below_a_year_and_is_printed_before_paying(self, till, at, allowed, days):
        contract(at - timedelta(days=1), "max_validity_days.portone", allowed)

        printed = browser(till.user).get(reverse("payments:top-up"))
        order = till.paid()

        ends = policy.valid_until(gateway="portone", paid_at=order.paid_at)
        assert (ends - order.paid_at).days == days
        assert f"충전한 크레딧은 {day_of(at + timedelta(days=days)):%Y.%m.%d}까지" in printed.content.decode()


class TestALargeDeposit:
    @pytest.fixture
    def deposit(self, till, at):
        contract(at - timedelta(hours=1), "max_per_charge_krw.portone.card", 330_000)
        order = till.order(500_000, method=ACCOUNT)
        till.buyer.enters(order)
        till.buyer.act(order, "approve")
        services.sync_order(order_id=order.order_id, at=at)
        till.buyer.act(order, "deposit", at=at.isoformat())
        services.sync_order(order_id=order.order_id, at=at)
        return UnallocatedMoney.objects.select_related("order__advertiser").get()

    def test_waits_for_an_operator_and_is_credited_with_one_press(self, till, deposit, operator, at):
        assert (deposit.why, deposit.amount_krw, deposit.state, till.balance().available) == ("LARGE", 550_000, "OPEN", 0)

        services.allocate(row=deposit, by=operator, at=at, reason="입금자를 확인했어요")

        deposit.refresh_from_db()
        assert (deposit.state, till.balance().paid, deposit.order.order_id) == ("ALLOCATED", 500_000, PaymentOrder.objects.get().order_id)

    def test_is_credited_by_itself_while_a_card_could_pay_it_too(self, till, at):
        contract(at - timedelta(hours=1), "max_per_charge_krw.portone.card", 550_000)
        order = till.order(500_000, method=ACCOUNT)
        till.buyer.enters(order)
        till.buyer.act(order, "approve")
        services.sync_order(order_id=order.order_id, at=at)
        till.buyer.act(order, "deposit", at=at.isoformat())

        assert services.sync_order(order_id=order.order_id, at=at).state == "PAID"
