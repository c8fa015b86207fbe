"""Tickets for a coupon: delivered once, or the tickets are back, whatever the supplier does or does not say."""

from datetime import timedelta

import pytest
from django.db import transaction

from common.errors import DomainError
from common.models import Effect
from common.sealed import unseal
from credits.models import Entry
from identity.models import Notification
from rewards import gifticons
from rewards.gifticons import rules
from rewards.gifticons.supplier import get_supplier
from rewards.models import Gifticon, GifticonOrder, Member
from rewards.models.gifticons import OrderState
from tests import factories
from tests.doubler import run_doubled
from tests.rewards.gifticon_world import (
    COFFEE,
    COFFEE_COST,
    buyer,
    coffee,
    fresh,
    gifticon,
    identity_sandbox,
    known_member,
    press,
    supplier,
    tickets_of,
    work,
)  # fmt: skip

__all__ = ["buyer", "coffee", "identity_sandbox", "supplier"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def refusal(code):
    """Expect the refusal with this code."""
    return pytest.raises(DomainError, check=lambda raised: raised.code == code)


def effect(order):
    return Effect.objects.get(key=f"gifticon:{order.public_id}")


class TestAnExchange:
    def test_usr_10_takes_the_price_and_brings_a_coupon_of_one_tr_id(self, supplier, coffee, buyer, at):
        order = press(buyer, coffee, at=at)
        assert (order.state, tickets_of(buyer), supplier.coupons) == ("HELD", 550, [])
        work(at)
        order = fresh(order)
        [coupon] = supplier.coupons
        assert (order.state, order.tr_id, len(order.tr_id), order.cost_krw) == ("DELIVERED", coupon["tr_id"], 24, COFFEE_COST)
        assert (coupon["phone"], coupon["charged"]) == ("01000000001", COFFEE_COST)
        assert unseal(order.sealed_pin).isdecimal()
        assert unseal(order.sealed_pin) not in order.sealed_pin

    def test_writes_the_same_kind_of_history_row_as_every_other_way_to_spend(self, supplier, coffee, buyer, at):
        order = press(buyer, coffee, at=at)
        assert (order.spend.kind, Entry.objects.get(pk=order.spend_id).reason) == ("TICKET_SPEND", "따뜻한 아메리카노")

    def test_pressed_twice_is_one_order(self, supplier, coffee, buyer, at):
        assert press(buyer, coffee, at=at) == press(buyer, coffee, at=at + MINUTE)
        assert (tickets_of(buyer), GifticonOrder.objects.count()) == (550, 1)

    def test_refuses_the_key_of_another_exchange(self, supplier, coffee, buyer, at):
        press(buyer, coffee, at=at)
        with refusal("credits.idempotency_conflict"):
            press(buyer, gifticon(at, code="G00000300002"), at=at)

    def test_refuses_more_tickets_than_there_are_with_the_code_of_credits(self, supplier, coffee, suji, at):
        known_member(suji, at, tickets=449)
        with refusal("credits.insufficient") as raised:
            press(suji, coffee, at=at)
        assert (raised.value.context["shortfall"], tickets_of(suji), GifticonOrder.objects.count()) == (1, 449, 0)

    def test_usr_11_refuses_a_price_that_is_no_longer_shown_and_says_the_new_one(self, supplier, coffee, buyer, at):
        Gifticon.objects.filter(pk=coffee.pk).update(face_krw=4_800)
        with refusal("gifticon.price_changed") as raised:
            press(buyer, coffee, at=at)
        assert (raised.value.context, tickets_of(buyer)) == ({"tickets": "480"}, 1_000)
        assert press(buyer, coffee, tickets=480, at=at).tickets == 480

    @pytest.mark.parametrize("facts", [{"is_sold": False}, {"is_shown": False}, {"cost_krw": 4_501}])
    def test_refuses_what_the_shop_does_not_offer(self, supplier, coffee, buyer, at, facts):
        Gifticon.objects.filter(pk=coffee.pk).update(**facts)
        with refusal("gifticon.not_found"):
            press(buyer, coffee, at=at)
        assert tickets_of(buyer) == 1_000

    def test_refuses_one_of_which_none_is_left(self, supplier, coffee, buyer, at):
        Gifticon.objects.filter(pk=coffee.pk).update(stock=1)
        press(buyer, coffee, at=at)
        with refusal("gifticon.sold_out"):
            press(buyer, coffee, key="two", at=at)
        assert tickets_of(buyer) == 550

    def test_asks_who_somebody_is_before_the_first_one_and_may_be_told_not_to(self, supplier, coffee, buyer, at, monkeypatch):
        Member.objects.filter(pk=buyer.pk).update(person_hash="")
        with refusal("gifticon.identity_needed"):
            press(buyer, coffee, at=at)
        assert tickets_of(buyer) == 1_000
        monkeypatch.setattr(type(rules.NEEDS_IDENTITY), "at", lambda self, moment: False if self is rules.NEEDS_IDENTITY else self.default)
        assert press(buyer, coffee, at=at).state == "HELD"

    def test_needs_a_number_and_an_account_in_use(self, supplier, coffee, buyer, at):
        buyer.user.phone = ""
        buyer.user.save(update_fields=["phone"])
        with refusal("gifticon.phone_needed"):
            press(buyer, coffee, at=at)
        Member.objects.filter(pk=buyer.pk).update(is_active=False)
        with refusal("member.inactive"):
            press(buyer, coffee, at=at)

    def test_of_a_prize_takes_no_tickets(self, supplier, coffee, buyer, at):
        with transaction.atomic():
            order = gifticons.order_prize(member_id=buyer.pk, gifticon=coffee, key="raffle:1", at=at)
            assert gifticons.order_prize(member_id=buyer.pk, gifticon=coffee, key="raffle:1", at=at) == order
        work(at)
        assert (fresh(order).state, tickets_of(buyer), len(supplier.coupons)) == ("DELIVERED", 1_000, 1)

    def test_of_a_prize_that_cannot_be_had_is_told_to_operators(self, supplier, coffee, buyer, at):
        supplier.good(goodsStateCd="SUS")
        with transaction.atomic():
            order = gifticons.order_prize(member_id=buyer.pk, gifticon=coffee, key="raffle:1", at=at)
        work(at)
        assert (fresh(order).state, fresh(order).returned_at, tickets_of(buyer)) == ("FAILED", None, 1_000)
        assert Notification.objects.filter(kind="rewards.gifticon_prize").count() == 1


class TestSilence:
    """Hard facts: the supplier's book shows one coupon, or the tickets are back; one tr_id, whatever happens."""

    def settle(self, order, at):
        """Let time pass until the order has its end."""
        for minutes in (0, 1, 2, 4, 8, 12):
            work(at + minutes * MINUTE)
        return fresh(order)

    @pytest.mark.parametrize("kind", ["timeout", "drop", "garbage"])
    def test_usr_10_after_the_coupon_was_made_is_looked_up_and_the_coupon_kept(self, supplier, coffee, buyer, at, kind):
        supplier.fault("/send", kind, when="after", **({"seconds": 0.2} if kind == "timeout" else {}))
        order = press(buyer, coffee, at=at)
        work(at)
        assert (fresh(order).state, tickets_of(buyer)) == ("UNKNOWN", 550)
        order = self.settle(order, at)
        assert (order.state, tickets_of(buyer), len(supplier.live), len(supplier.calls("/send"))) == ("DELIVERED", 550, 1, 1)
        assert (order.tr_id, supplier.live[0]["resent"]) == (supplier.live[0]["tr_id"], 1)  # the number was lost: it comes by message

    @pytest.mark.parametrize("kind", ["timeout", "drop", "garbage"])
    def test_usr_10_before_anything_was_made_ends_with_the_tickets_back(self, supplier, coffee, buyer, at, kind):
        supplier.fault("/send", kind, when="before", **({"seconds": 0.2} if kind == "timeout" else {}))
        order = self.settle(press(buyer, coffee, at=at), at)
        assert (order.state, tickets_of(buyer), supplier.coupons, len(supplier.calls("/send"))) == ("FAILED", 1_000, [], 1)
        assert Notification.objects.filter(user=buyer.user, kind="rewards.gifticon_failed").count() == 1

    @pytest.mark.parametrize("outage", [{"kind": "error", "status": 500}, {"kind": "drop"}])
    def test_usr_10_of_every_question_too_is_asked_about_until_it_ends_and_never_ordered_anew(self, supplier, coffee, buyer, at, outage):
        supplier.fault("/send", "drop", when="after")
        supplier.fault("/coupons", count=None, **outage)
        order = press(buyer, coffee, at=at)
        for minute in range(3 * 60):
            work(at + minute * MINUTE)
        assert (fresh(order).state, tickets_of(buyer), len(supplier.live), effect(order).state) == ("UNKNOWN", 550, 1, "UNKNOWN")
        assert Notification.objects.get(kind="rewards.gifticon_trouble").title == "기프티콘 공급사가 응답하지 않아요"
        supplier.sandbox.control("DELETE", "/faults")
        for minute in range(3 * 60, 3 * 60 + 15):
            work(at + minute * MINUTE)
        assert (fresh(order).state, len(supplier.live), len(supplier.calls("/send"))) == ("DELIVERED", 1, 1)

    def test_usr_10_of_an_order_under_way_is_written_down_though_no_answer_was_recorded(self, supplier, coffee, buyer, at):
        order = press(buyer, coffee, at=at)
        GifticonOrder.objects.filter(pk=order.pk).update(state=OrderState.ORDERED, called_at=at)  # its worker died
        Effect.objects.filter(pk=effect(order).pk).update(state="UNKNOWN")
        supplier.fault("/coupons", "drop", count=None)
        work(at)
        assert (fresh(order).state, effect(order).failures) == ("UNKNOWN", 0)

    def test_while_the_order_is_cancelled_there_is_asked_about_again(self, supplier, coffee, buyer, at):
        supplier.fault("/send", "drop", when="before")
        supplier.fault("/cancel", "drop", when="after")
        order = self.settle(press(buyer, coffee, at=at), at)
        assert (order.state, tickets_of(buyer), supplier.live) == ("FAILED", 1_000, [])

    def test_of_a_slow_supplier_that_answers_is_none(self, supplier, coffee, buyer, at):
        supplier.fault("/send", "delay", when="after", seconds=0.3)
        order = press(buyer, coffee, at=at)
        work(at)
        assert fresh(order).state == "DELIVERED"

    def test_on_the_worst_day_of_the_queue_leaves_one_coupon_and_one_payment(self, supplier, coffee, buyer, at):
        order = press(buyer, coffee, at=at)
        run_doubled(at=at)
        order = fresh(order)
        assert (len(supplier.coupons), len(supplier.calls("/send")), tickets_of(buyer)) == (1, 1, 550)
        assert (order.issued_at is not None, order.returned_at) == (True, None)


class TestARefusalOfTheSupplier:
    def test_that_is_certain_gives_the_tickets_back_once(self, supplier, coffee, buyer, at):
        Gifticon.objects.filter(pk=coffee.pk).update(stock=3)
        supplier.good(goodsStateCd="SUS")
        order = press(buyer, coffee, at=at)
        work(at)
        order = fresh(order)
        assert (order.state, order.why, tickets_of(buyer)) == ("FAILED", "지금은 팔지 않는 상품이에요.", 1_000)
        coffee.refresh_from_db()
        assert (coffee.stock, coffee.is_sold, supplier.calls("/send")) == (3, False, [])
        assert Entry.objects.filter(idempotency_key=f"gifticon-return:{order.public_id}").count() == 1

    def test_because_it_is_not_sold_any_more_when_it_is_ordered(self, supplier, buyer, at):
        item = gifticon(at, code="G0000ENDED")
        order = press(buyer, item, at=at)
        work(at)
        assert (fresh(order).state, tickets_of(buyer)) == ("FAILED", 1_000)

    def test_ops_18_for_want_of_money_keeps_the_order_waiting_and_tells_everybody(self, supplier, coffee, buyer, at):
        supplier.money(-5_000_000)
        order = press(buyer, coffee, at=at)
        work(at)
        order = fresh(order)
        assert (order.state, tickets_of(buyer), "24시간 안에" in order.why) == ("HELD", 550, True)
        assert Notification.objects.filter(kind="rewards.gifticon_trouble").count() == 1
        assert Notification.objects.filter(user=buyer.user, kind="rewards.gifticon_waits").count() == 1
        supplier.money(10_000)
        work(at + 10 * MINUTE)
        assert (fresh(order).state, len(supplier.live), tickets_of(buyer)) == ("DELIVERED", 1, 550)

    def test_ops_18_for_want_of_money_ends_after_a_day_with_the_tickets_back(self, supplier, coffee, buyer, at):
        supplier.money(-5_000_000)
        order = press(buyer, coffee, at=at)
        for step in range(3):
            work(at + step * 12 * HOUR)
        assert (fresh(order).state, tickets_of(buyer)) == ("FAILED", 1_000)

    def test_of_our_keys_waits_too(self, supplier, coffee, buyer, at, settings):
        settings.GIFTISHOW_AUTH_TOKEN = "no"
        order = press(buyer, coffee, at=at)
        work(at)
        assert (fresh(order).state, tickets_of(buyer)) == ("HELD", 550)

    def test_that_took_the_money_and_made_nothing_is_undone_there(self, supplier, buyer, at):
        before = supplier.balance
        order = press(buyer, gifticon(at, code="G0000NOPIN"), at=at)
        for minute in range(4):
            work(at + minute * MINUTE)
        assert (fresh(order).state, tickets_of(buyer), supplier.balance, supplier.live) == ("FAILED", 1_000, before, [])

    def test_ops_16_a_price_that_rose_meanwhile_is_ours_to_bear(self, supplier, coffee, buyer, at):
        supplier.good(discountPrice=4_400)
        order = press(buyer, coffee, at=at)
        work(at)
        order = fresh(order)
        assert (order.state, order.tickets, order.cost_krw, order.margin_krw) == ("DELIVERED", 450, 4_400, 100)

    def test_ops_16_a_price_that_jumped_stops_the_order_before_anything_is_bought(self, supplier, coffee, buyer, at):
        supplier.good(discountPrice=42_300)
        order = press(buyer, coffee, at=at)
        work(at)
        assert (fresh(order).state, tickets_of(buyer), supplier.coupons) == ("FAILED", 1_000, [])


class TestACoupon:
    @pytest.fixture
    def order(self, supplier, coffee, buyer, at):
        order = press(buyer, coffee, at=at)
        work(at)
        return fresh(order)

    def test_s_100_knows_its_margin(self, order):
        assert (order.value_krw, order.cost_krw, order.margin_krw) == (4_500, COFFEE_COST, 270)

    def test_usr_12_is_sent_again_by_message_to_the_members_own_number(self, supplier, order, buyer, at):
        again = gifticons.resend(member=buyer, order=order.public_id, resends=0, at=at)
        gifticons.resend(member=buyer, order=order.public_id, resends=0, at=at)  # the second press of the same page
        work(at)
        assert (again.resends, [(c["resent"], c["phone"]) for c in supplier.coupons]) == (1, [(1, "01000000001")])

    def test_that_was_used_meanwhile_is_not_sent_again_and_again(self, supplier, order, buyer, at):
        supplier.happens(order.tr_id, "use")
        gifticons.resend(member=buyer, order=order.public_id, resends=0, at=at)
        work(at)
        message = Effect.objects.get(key=f"gifticon:{order.public_id}:message:1")
        assert (message.state, message.attempts) == ("FAILED", 1)

    def test_usr_12_is_sent_again_three_times_at_most(self, supplier, order, buyer, at):
        for resends in range(3):
            gifticons.resend(member=buyer, order=order.public_id, resends=resends, at=at)
        with refusal("gifticon.too_many_resends"):
            gifticons.resend(member=buyer, order=order.public_id, resends=3, at=at)

    def test_is_nobody_elses_to_send(self, order, at):
        with refusal("gifticon.order_not_found"):
            gifticons.resend(member=factories.MemberFactory(user__phone="+821099990001"), order=order.public_id, resends=0, at=at)

    def test_usr_13_reminds_three_days_before_its_last_day(self, order, buyer, at):
        assert order.valid_until == (at + 30 * DAY).date()
        work(at + 26 * DAY)
        assert not Notification.objects.filter(kind="rewards.gifticon_expiring").exists()
        work(at + 27 * DAY)
        work(at + 28 * DAY)
        notice = Notification.objects.get(kind="rewards.gifticon_expiring")
        assert (notice.user, "기간은 늘릴 수 없어요" in notice.body) == (buyer.user, True)

    def test_usr_13_that_was_used_reminds_nobody(self, supplier, order, at):
        supplier.happens(order.tr_id, "use")
        work(at + 27 * DAY)
        assert (fresh(order).state, Notification.objects.filter(kind="rewards.gifticon_expiring").count()) == ("USED", 0)

    def test_usr_13_reminds_once_the_supplier_answers_again(self, supplier, order, at):
        supplier.fault("/coupons", "error", count=None, status=500)
        morning = at + 27 * DAY
        for minute in range(60):
            work(morning + minute * MINUTE)
        assert not Notification.objects.filter(kind="rewards.gifticon_expiring").exists()
        assert Notification.objects.filter(kind="rewards.gifticon_trouble").count() == 1
        supplier.sandbox.control("DELETE", "/faults")
        for minute in range(60, 75):
            work(morning + minute * MINUTE)
        assert Notification.objects.filter(kind="rewards.gifticon_expiring").count() == 1

    def test_is_over_the_day_after_its_last_one(self, order, at):
        work(at + 31 * DAY)
        assert fresh(order).state == "EXPIRED"

    def test_that_the_supplier_took_back_is_told_to_operators(self, supplier, order, at):
        supplier.happens(order.tr_id, "cancel")
        work(at + 27 * DAY)
        assert Notification.objects.filter(kind="rewards.gifticon_cancelled").count() == 1

    def test_that_is_over_is_not_sent_again(self, order, buyer, at):
        GifticonOrder.objects.filter(pk=order.pk).update(state=OrderState.USED)
        with refusal("gifticon.not_usable"):
            gifticons.resend(member=buyer, order=order.public_id, resends=0, at=at)


def test_the_coffee_of_these_tests_is_the_suppliers(supplier, at):
    good = get_supplier().good(code=COFFEE)
    assert (good.face_krw, good.cost_krw, good.valid_days, good.is_sold, good.brand_code) == (4_500, COFFEE_COST, 30, True, "BR00101")
