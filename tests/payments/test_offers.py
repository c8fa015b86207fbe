"""Bonus rules and coupons: PAY-14, their budgets, and what of them goes back (REF-06)."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.urls import reverse
from lxml import html

from common.errors import DomainError
from credits.models import Lot
from payments import selectors, services
from payments.models import Offer, OfferUse, PaymentOrder
from payments.services import offers
from tests import factories
from tests.credits.book import lot, parts
from tests.credits.racing import race, tally
from tests.payments.conftest import Till, now_is
from tests.signing_in import browser

State = OfferUse.State


@pytest.fixture
def make(operator, at):
    """An offer that runs for a month."""

    def made(**facts):
        facts = {
            "name": "가을 보너스", "from_credits": 500_000, "percent": Decimal(10), "budget_credits": 1_000_000, "starts_at": at,
            "ends_at": at + timedelta(days=30), "created_by": operator,
        } | facts  # fmt: skip
        return Offer.objects.create(**facts)

    return made


def order_with(till, credits, *, at, coupon="", key="", shown_bonus=None):
    """An order whose pay window is open."""
    till.made += 1
    order = services.create_order(
        advertiser=till.advertiser,
        package=till.packages[credits],
        by=till.user,
        at=at,
        key=key or f"offer:{till.advertiser.pk}:{till.made}",
        coupon=coupon,
        shown_bonus=shown_bonus,
    )
    services.open_window(order=order, at=at)
    order.refresh_from_db()
    return order


def pay(till, order, *, at):
    till.buyer.pays(order, paid_at=at)
    return services.sync_order(order_id=order.order_id, at=at)


def page(till, **query):
    return html.fromstring(browser(till.user).get(reverse("payments:top-up"), query).content)


def refused(code, call):
    with pytest.raises(DomainError) as refusal:
        call()
    assert refusal.value.code == code


class TestARule:
    def test_pay_14_ten_percent_from_half_a_million_is_shown_with_its_refund_before_paying_and_given(self, till, make, at):
        make(lifetime_days=60)
        text = " ".join(page(till, package=till.packages[500_000].pk).get_element_by_id("summary").text_content().split())
        assert "가을 보너스60일 동안 쓸 수 있어요+50,000" in text
        assert "받게 될 크레딧550,000" in text
        assert "보너스를 쓰지 않았을 때550,000원" in text
        assert "보너스를 모두 쓴 뒤500,000원" in text  # 454,545 credits and their VAT; 45,455 stand in for the bonus

        order = pay(till, order_with(till, 500_000, at=at, shown_bonus=50_000), at=at)

        assert (order.credits, order.bonus_credits) == (500_000, 50_000)
        assert parts(lot(order.order_id)) == {"granted": 500_000, "available": 500_000}
        bonus = lot(order.order_id, "BONUS")
        assert (bonus.granted, bonus.expires_at) == (50_000, at + timedelta(days=60))

    def test_pay_14_the_refund_is_what_the_page_promised(self, till, make, at):
        make()
        promised, _ = selectors.gain_of(till.packages[500_000], till.advertiser, coupon="", at=at)
        order = pay(till, order_with(till, 500_000, at=at), at=at)
        later = at + timedelta(hours=1)
        assert services.quote_refund(order=order, at=later).most == promised.untouched
        till.spends(50_000)  # the bonus goes first
        assert services.quote_refund(order=order, at=later).most == promised.after_bonus

    @pytest.mark.parametrize(
        ("facts", "bonus"),
        [
            ({"from_credits": 500_001}, 0),
            ({"percent": Decimal("0.33")}, 1_650),
            ({"percent": None, "fixed_credits": 7_777}, 7_777),
            ({"budget_credits": 49_999}, 0),
            ({"budget_credits": 50_000}, 50_000),
            ({"starts_offset": 1}, 0),
            ({"ends_offset": 0}, 0),
        ],
        ids=["too small", "rounded down", "fixed", "budget too small", "budget just enough", "not yet", "over"],
    )
    def test_gives_what_its_row_says(self, till, make, at, facts, bonus):
        starts, ends = facts.pop("starts_offset", -10), facts.pop("ends_offset", 10)
        make(**facts, starts_at=at + timedelta(seconds=starts), ends_at=at + timedelta(seconds=ends))
        found = services.bonuses_for(package=till.packages[500_000], advertiser=till.advertiser, at=at)
        assert sum(each.credits for each in found) == bonus

    def test_the_best_of_several_counts_and_the_packages_own_bonus_beside_it(self, till, make, at):
        make(percent=Decimal(1))
        best = make(percent=Decimal(2), name="더 큰 보너스")
        order = pay(till, order_with(till, 1_000_000, at=at), at=at)
        assert order.bonus_credits == 10_000 + 20_000
        assert sorted(Lot.objects.filter(kind="BONUS").values_list("granted", flat=True)) == [10_000, 20_000]
        assert OfferUse.objects.get().offer == best

    def test_only_named_types_of_campaign_may_use_it(self, till, make, at):
        make(campaign_types=["QUIZ"])
        order = pay(till, order_with(till, 500_000, at=at), at=at)
        assert lot(order.order_id, "BONUS").campaign_types == ["QUIZ"]
        shown = " ".join(browser(till.user).get("/my-page/credit/").content.decode().split())
        assert "캠페인에서만 쓸 수 있어요" in shown

    def test_another_bonus_than_shown_makes_no_order(self, till, make, at):
        make()
        refused("payments.bonus_changed", lambda: order_with(till, 500_000, at=at, shown_bonus=0))
        assert not PaymentOrder.objects.exists()

    def test_a_second_click_is_the_same_order_and_one_promise(self, till, make, at):
        offer = make()
        assert order_with(till, 500_000, at=at) == order_with(till, 500_000, at=at)
        offer.refresh_from_db()
        assert (offer.reserved_credits, offer.granted_credits) == (50_000, 0)


class TestItsBudget:
    def test_moves_from_promised_to_given(self, till, make, at):
        offer = make()
        order = order_with(till, 500_000, at=at)
        pay(till, order, at=at)
        services.sync_order(order_id=order.order_id, at=at)
        offer.refresh_from_db()
        assert (offer.reserved_credits, offer.granted_credits, offer.left_credits) == (0, 50_000, 950_000)

    def test_is_free_again_a_day_after_nobody_paid_and_promised_again_when_the_window_opens(self, till, make, at):
        offer = make(budget_credits=50_000)
        order = order_with(till, 500_000, at=at)
        assert services.release_given_up(at=at + timedelta(hours=24)) == 0
        assert services.release_given_up(at=at + timedelta(hours=24, seconds=1)) == 1
        offer.refresh_from_db()
        assert offer.left_credits == 50_000

        services.open_window(order=order, at=at + timedelta(hours=25))
        offer.refresh_from_db()
        assert (offer.reserved_credits, OfferUse.objects.get().state) == (50_000, State.RESERVED)

    def test_a_window_does_not_open_for_a_bonus_that_went_to_somebody_else(self, till, make, eve, eve_user, at):
        make(budget_credits=50_000)
        order = order_with(till, 500_000, at=at)
        services.release_given_up(at=at + timedelta(hours=25))
        order_with(Till(eve, eve_user, till.buyer, till.packages, at), 500_000, at=at + timedelta(hours=25))
        refused("payments.offer_over", lambda: services.open_window(order=order, at=at + timedelta(hours=26)))

    def test_pay_13_a_late_payment_still_gets_its_bonus_while_there_is_budget(self, till, make, at):
        make(budget_credits=50_000)
        order = order_with(till, 500_000, at=at)
        services.release_given_up(at=at + timedelta(hours=25))
        assert pay(till, order, at=at + timedelta(hours=26)).bonus_credits == 50_000

    def test_pay_13_a_late_payment_after_the_budget_went_is_credited_without_and_told(self, till, make, eve, eve_user, minji_user, at):
        offer = make(budget_credits=50_000)
        order = order_with(till, 500_000, at=at)
        services.release_given_up(at=at + timedelta(hours=25))
        order_with(Till(eve, eve_user, till.buyer, till.packages, at), 500_000, at=at + timedelta(hours=25))
        paid = pay(till, order, at=at + timedelta(hours=26))
        offer.refresh_from_db()
        assert (paid.state, paid.bonus_credits) == ("PAID", 0)
        assert (offer.reserved_credits, offer.granted_credits) == (50_000, 0)
        assert minji_user.notifications.filter(kind="payments.bonus_over").count() == 1

    def test_an_operator_ends_it_and_what_was_promised_stands(self, till, make, at):
        offer = make()
        order = order_with(till, 500_000, at=at)
        with transaction.atomic():
            services.end_offer(offer=offer, at=at + timedelta(minutes=1))
        assert services.bonuses_for(package=till.packages[500_000], advertiser=till.advertiser, at=at + timedelta(minutes=2)) == ()
        assert pay(till, order, at=at + timedelta(minutes=2)).bonus_credits == 50_000


class TestACoupon:
    def test_pay_14_is_shown_with_its_lines_when_typed_and_given_once(self, till, make, at):
        make(code="WELCOME", name="첫 충전 쿠폰", percent=None, fixed_credits=30_000, from_credits=100_000)
        text = page(till, package=till.packages[100_000].pk, coupon="welcome").get_element_by_id("summary").text_content()
        assert "첫 충전 쿠폰" in text
        order = pay(till, order_with(till, 100_000, at=at, coupon="welcome"), at=at)
        assert order.bonus_credits == 30_000
        refused("payments.coupon_used", lambda: order_with(till, 300_000, at=at, coupon="WELCOME"))

    def test_nothing_is_given_to_who_does_not_type_it(self, till, make, at):
        make(code="WELCOME", from_credits=0)
        assert services.bonuses_for(package=till.packages[500_000], advertiser=till.advertiser, at=at) == ()

    def test_waits_on_one_order_at_a_time(self, till, make, at):
        make(code="WELCOME", from_credits=0)
        order_with(till, 500_000, at=at, coupon="WELCOME")
        refused("payments.coupon_in_use", lambda: order_with(till, 300_000, at=at, coupon="WELCOME"))
        assert OfferUse.objects.count() == 1

    def test_the_last_of_the_budget_may_be_clicked_twice_by_the_one_who_has_it(self, till, make, at):
        make(code="WELCOME", from_credits=0, budget_credits=50_000)
        assert order_with(till, 500_000, at=at, coupon="WELCOME") == order_with(till, 500_000, at=at, coupon="WELCOME")

    @pytest.mark.parametrize(
        ("facts", "code"),
        [({}, "payments.coupon_too_small"), ({"code": "OTHER"}, "payments.coupon_not_found"), ({"ends": 0}, "payments.coupon_not_found")],
    )
    def test_is_refused_with_a_reason_on_the_page_and_by_the_service(self, till, make, at, facts, code):
        make(**{"code": "WELCOME", "ends_at": at + timedelta(days=facts.pop("ends", 1)), "starts_at": at - timedelta(days=1)} | facts)
        refused(code, lambda: order_with(till, 100_000, at=at, coupon="WELCOME"))
        _, refusal = selectors.gain_of(till.packages[100_000], till.advertiser, coupon="WELCOME", at=at)
        now_is(at)
        assert str(refusal) in page(till, package=till.packages[100_000].pk, coupon="WELCOME").text_content()

    def test_the_page_asks_again_when_the_code_was_typed_but_not_applied(self, till, make, at):
        make(code="WELCOME", from_credits=0)
        package = till.packages[100_000]
        said = {"package": package.pk, "shown_krw": package.amount_krw, "shown_bonus": "0", "agree": "on", "coupon": "WELCOME",
                "key": "00000000-0000-4000-8000-000000000001"}  # fmt: skip
        answer = browser(till.user).post(reverse("payments:top-up"), said)
        assert (answer.status_code, PaymentOrder.objects.count()) == (422, 0)
        assert 'name="shown_bonus" value="10000"' in answer.content.decode()
        again = browser(till.user).post(reverse("payments:top-up"), said | {"shown_bonus": "10,000"})
        assert (again.status_code, PaymentOrder.objects.get().bonus_credits) == (302, 10_000)


class TestRefundOfSeveralBonuses:
    def test_ref_06_is_pro_rata_over_all_of_them(self, till, make, at):
        make(lifetime_days=30)
        make(code="WELCOME", percent=None, fixed_credits=25_000, from_credits=0, lifetime_days=60)
        order = pay(till, order_with(till, 500_000, at=at, coupon="WELCOME"), at=at)
        refund = till.refund(order, 200_000)
        assert (refund.bonus, refund.promotion, refund.amount_krw) == (30_000, 0, 220_000)  # 40 % of 75,000
        assert sorted(Lot.objects.filter(kind="BONUS").values_list("granted", "frozen")) == [(25_000, 0), (50_000, 30_000)]

    def test_ref_06_bonus_that_expired_unused_is_neither_taken_nor_charged(self, till, make, at):
        make(lifetime_days=2)
        order = pay(till, order_with(till, 500_000, at=at), at=at)
        later = at + timedelta(days=3)  # the sweep has not come by yet
        quote = services.quote_refund(order=order, at=later)
        assert (quote.most.credits, quote.most.bonus, quote.most.promotion) == (500_000, 0, 0)
        assert till.refund(order, 500_000, at=later).bonus == 0


class TestTheRaceForTheLastOfABudget:
    BUYERS = 16

    def buyers(self, till):
        people = [factories.MembershipFactory(user__username=f"buyer{n}", user__email=f"buyer{n}@example.com") for n in range(self.BUYERS)]
        return [(person.advertiser, person.user) for person in people]

    def run(self, till, people, at):
        def attempt(number):
            if number >= self.BUYERS:
                return None
            advertiser, user = people[number]
            order = PaymentOrder.objects.create(
                order_id=f"BORACE{number:04}", key=f"race:{number}", advertiser=advertiser, created_by=user, package=till.packages[500_000],
                credits=500_000, bonus_credits=50_000, vat_krw=50_000, amount_krw=550_000, gateway="portone", created_at=at,
            )  # fmt: skip
            [bonus] = services.bonuses_for(package=till.packages[500_000], advertiser=advertiser, at=at) or [None]
            if bonus is None:
                raise services.OfferOver
            offers.reserve(order=order, bonuses=(bonus,), at=at)
            return order

        return race(attempt, attempts=32)

    @pytest.mark.django_db(transaction=True)
    def test_pay_14_sixteen_buyers_at_once_are_promised_what_there_is_and_no_won_more(self, till, make, at):
        offer = make(budget_credits=170_000)
        outcomes = [each for each in self.run(till, self.buyers(till), at) if each is not None]
        offer.refresh_from_db()
        assert tally(outcomes) == {"won": 3, "payments.offer_over": 13}
        assert (offer.reserved_credits, OfferUse.objects.count(), PaymentOrder.objects.count()) == (150_000, 3, 3)

    @pytest.mark.django_db(transaction=True)
    def test_control_with_a_look_before_the_write_only_the_table_stops_the_others(self, till, make, at, monkeypatch):
        """Negative control: all look, all see room, all write. The service would promise too much; the constraint refuses."""
        offer = make(budget_credits=170_000)

        def look_then_write(offer, credits):
            return offer.left_credits >= credits and Offer.objects.filter(pk=offer.pk).update(
                reserved_credits=offers.F("reserved_credits") + credits
            )

        monkeypatch.setattr(offers, "_take", look_then_write)
        outcomes = tally([each for each in self.run(till, self.buyers(till), at) if each is not None])
        offer.refresh_from_db()
        assert outcomes["IntegrityError"] > 0
        assert (outcomes["won"], offer.reserved_credits) == (3, 150_000)
