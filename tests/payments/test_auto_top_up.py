"""Automatic top-up by a kept card: one crossing is one charge, the next card after a refusal, and a stop that says why. PAY-15, PAY-16."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from common.models import DatedSetting, Effect
from credits import services as ledger
from credits.models import Entry, Lot
from identity.models import Notification
from payments import services
from payments.gateways.base import ConfirmRefused
from payments.models import AutoCharge, AutoTopUp, PaymentOrder, SavedCard
from payments.services import auto_top_up, cards
from payments.services.refusals import AutoTopUpOff, MonthlyLimitTooSmall, NoCardKept, PriceChanged
from tests import factories
from tests.card_owners import CARD_OWNERS
from tests.payments.conftest import now_is, run_effects
from tests.payments.test_races_payments import meet, together
from tests.signing_in import browser

PAGE = "/my-page/auto-top-up/"


def switch_on(at, **gateways):
    rows = {"payments.auto_top_up": True, **{f"payments.recurring.{name}": True for name in gateways or ("portone", "toss")}}
    for name, value in rows.items():
        DatedSetting.objects.create(name=name, value=value, effective_from=at - timedelta(days=1), reason="시험", created_by_id=None)


class Auto:
    """Minji's automatic top-up: cards at a company, a line at 50,000, 110,000 won a charge."""

    def __init__(self, till, name):
        self.till, self.at, self.owner = till, till.at, CARD_OWNERS[name](till.buyer.sandbox)
        self.name = name

    def card(self, at=None):
        card = services.begin_card(advertiser=self.till.advertiser, by=self.till.user, at=at or self.at)
        SavedCard.objects.filter(pk=card.pk).update(gateway=self.name)
        card.refresh_from_db()
        return services.register_card(card=card, said=self.owner.keeps(services.card_window(card)), at=at or self.at)

    def agrees(self, *, below=50_000, limit=330_000, at=None):
        wish = services.AutoTopUpWish(package=self.till.packages[100_000], shown_krw=110_000, below_credits=below, monthly_limit_krw=limit)
        return services.agree_to_auto_top_up(advertiser=self.till.advertiser, wish=wish, by=self.till.user, at=at or self.at)

    def looks(self, at=None):
        return services.look_at_auto_top_up(
            setting=AutoTopUp.objects.get(advertiser=self.till.advertiser), at=at or self.at + timedelta(hours=1)
        )

    def works(self, at=None, rounds=3):
        run_effects(at or self.at + timedelta(hours=1), rounds=rounds)

    def states(self):
        return list(AutoCharge.objects.order_by("pk").values_list("state", flat=True))

    def taken(self):
        """Won that reached us by automatic charges, as the ledger knows."""
        return sum(
            Lot.objects.filter(
                order_id__in=PaymentOrder.objects.filter(auto_charge__isnull=False).values("order_id"), kind="PAID"
            ).values_list("granted", flat=True)
        )


@pytest.fixture(params=sorted(CARD_OWNERS))
def auto(request, till, at):
    """Switched on, one card kept, 100,000 credits there and the line at 50,000: at either company."""
    switch_on(at)
    auto = Auto(till, request.param)
    auto.till.paid(100_000)
    auto.card()
    auto.agrees()
    return auto


@pytest.fixture
def portone(till, at):
    switch_on(at)
    auto = Auto(till, "portone")
    auto.till.paid(100_000)
    auto.card()
    auto.agrees()
    return auto


class TestTheSwitch:
    def test_is_off_by_itself_and_nothing_is_offered(self, till, at):
        with pytest.raises(AutoTopUpOff):
            services.begin_card(advertiser=till.advertiser, by=till.user, at=at)
        page = browser(till.user).get(PAGE).content.decode()

        assert "지금은 자동 충전을 쓸 수 없어요" in page
        assert (reverse("payments:card-add") in page, SavedCard.objects.exists()) == (False, False)

    def test_alone_is_not_enough_a_company_must_have_agreed(self, till, at):
        DatedSetting.objects.create(name="payments.auto_top_up", value=True, effective_from=at, reason="시험", created_by_id=None)
        assert services.auto_gateways(at=at) == []

        DatedSetting.objects.create(name="payments.recurring.toss", value=True, effective_from=at, reason="시험", created_by_id=None)
        assert services.auto_gateways(at=at) == ["toss"]

    def test_switched_off_charges_nobody_who_agreed_before(self, portone, at):
        portone.till.spends(60_000)
        later = at + timedelta(minutes=40)
        DatedSetting.objects.create(name="payments.auto_top_up", value=False, effective_from=later, reason="시험", created_by_id=None)

        assert portone.looks() is None
        assert not AutoCharge.objects.exists()


class TestPay15:
    def test_pay_15_crossing_the_line_charges_once_and_the_credits_are_there(self, auto, at):
        auto.till.spends(60_000)

        charge = auto.looks()
        auto.works()

        order = PaymentOrder.objects.get(auto_charge=charge)
        assert (order.state, order.gateway, order.method, order.captured_krw) == ("PAID", auto.name, "CARD", 110_000)
        assert (auto.states(), auto.taken(), auto.till.balance().available) == (["DONE"], 100_000, 140_000)
        assert Notification.objects.filter(user=auto.till.user, kind="payments.paid").count() == 2

    def test_pay_15_above_the_line_nothing_happens(self, auto):
        auto.till.spends(50_000)  # exactly at the line

        assert auto.looks() is None
        assert not AutoCharge.objects.exists()

    def test_pay_15_what_campaigns_hold_counts_and_many_small_captures_cross_the_line(self, portone, at):
        hold = portone.till.holds(90_000)
        assert portone.looks() is None
        for number in range(12):
            with transaction.atomic():
                ledger.capture(hold=hold, credits=5_000, reward_cost=0, key=f"small:{number}", at=at + timedelta(minutes=40))
            portone.looks(at + timedelta(minutes=41, seconds=number))

        portone.works()
        assert (portone.states(), portone.owner.charges()) == (["DONE"], 1)

    def test_pay_15_the_key_is_written_before_the_call(self, portone):
        portone.till.spends(60_000)
        charge = portone.looks()

        effect = Effect.objects.get(kind="payments.auto_charge")
        assert (effect.state, effect.key, portone.owner.charges()) == ("NEW", f"auto:{charge.order.order_id}:1", 0)

    def test_pay_15_a_second_only_after_the_first_finished_and_the_line_is_crossed_again(self, portone, at):
        portone.till.spends(60_000)
        portone.looks()
        assert portone.looks() is None  # the first is under way
        portone.works()
        assert portone.looks() is None  # above the line

        portone.till.spends(100_000, at=at + timedelta(hours=2))
        portone.looks(at + timedelta(hours=3))
        portone.works(at + timedelta(hours=3))

        assert (portone.states(), portone.taken()) == (["DONE", "DONE"], 200_000)

    def test_pay_15_a_charge_that_does_not_reach_the_line_is_not_followed_by_another(self, portone, at):
        portone.agrees(below=300_000)
        portone.looks()
        portone.works()
        assert portone.till.balance().available == 200_000

        for minute in range(5):
            assert portone.looks(at + timedelta(hours=2, minutes=minute)) is None
        assert portone.states() == ["DONE"]

        portone.till.paid(300_000, at=at + timedelta(hours=3))  # above the line by hand
        portone.till.spends(300_000, at=at + timedelta(hours=4))
        assert portone.looks(at + timedelta(hours=5)) is not None

    def test_pay_15_silence_is_looked_up_and_never_repeated(self, auto, at):
        auto.till.spends(60_000)
        auto.looks()
        auto.owner.spoil(kind="drop", when="after", path="/billing-key")
        auto.works(rounds=1)
        assert auto.states() == ["WAITING"]

        auto.works(at + timedelta(hours=1, minutes=5))

        assert (auto.states(), auto.taken(), auto.owner.charges()) == (["DONE"], 100_000, 1)

    def test_pay_15_what_never_arrived_is_not_sent_again_but_stops_it_and_says_why(self, auto, at):
        auto.till.spends(60_000)
        auto.looks()
        auto.owner.spoil(kind="drop", when="before", path="/billing-key")
        for hours in range(1, 8):
            auto.works(at + timedelta(hours=hours), rounds=1)

        setting = AutoTopUp.objects.get()
        assert (auto.states(), auto.owner.charges(), setting.is_on) == (["UNKNOWN"], 1, False)
        assert "결과를 듣지 못했어요" in setting.stop_reason
        assert Notification.objects.filter(user=auto.till.user, kind="payments.auto_stopped").count() == 1

        services.sync_order(order_id=AutoCharge.objects.get().order.order_id, at=at + timedelta(hours=26))
        auto.looks(at + timedelta(hours=27))
        assert auto.states() == ["FAILED"]  # a day later it is certain: nothing was taken

    def test_pay_15_a_late_success_is_credited_though_it_was_given_up(self, portone, at):
        portone.till.spends(60_000)
        charge = portone.looks()
        portone.owner.spoil(kind="drop", when="after", path="/billing-key")
        portone.owner.spoil(kind="error", when="before", path=f"/payments/{charge.order.order_id}", count=5)
        for hours in range(1, 8):
            portone.works(at + timedelta(hours=hours), rounds=1)
        assert portone.states() == ["UNKNOWN"]

        portone.till.buyer.sandbox.control("DELETE", "/faults")

        services.sync_order(order_id=charge.order.order_id, at=at + timedelta(hours=9))

        assert (portone.states(), portone.taken()) == (["DONE"], 100_000)

    def test_pay_15_nothing_is_charged_while_the_account_is_restricted_or_money_is_stopped(self, portone, minji):
        portone.till.spends(60_000)
        minji.restricted_reason = "확인하고 있어요."
        minji.save()
        assert portone.looks() is None

        minji.restricted_reason = ""
        minji.save()
        DatedSetting.objects.create(name="credits.money_stopped", value=True, effective_from=portone.at, reason="시험", created_by_id=None)
        assert portone.looks() is None
        assert not AutoCharge.objects.exists()

    def test_pay_15_the_order_has_no_pay_window_of_its_own(self, portone):
        portone.till.spends(60_000)
        order = portone.looks().order

        assert (order.may_be_paid, PaymentOrder.objects.retryable().filter(pk=order.pk).exists()) == (False, False)


class TestPay15AtOnce:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_pay_15_eight_lookers_at_once_begin_one_charge(self, portone):
        portone.till.spends(60_000)
        setting = AutoTopUp.objects.get()

        results = together([lambda: services.look_at_auto_top_up(setting=setting, at=portone.at + timedelta(hours=1))] * 8)

        assert [result for result in results if isinstance(result, Exception)] == []
        assert sum(result is not None for result in results) == 1
        portone.works()
        assert (portone.states(), portone.owner.charges()) == (["DONE"], 1)

    def test_pay_15_without_the_lock_they_collide_and_only_the_constraint_stops_them(self, portone, monkeypatch):
        """The negative control: what `_locked` reads, with nothing locked."""
        portone.till.spends(60_000)
        setting = AutoTopUp.objects.get()
        rows = AutoTopUp.objects.select_related("advertiser", "package", "agreed_by")
        monkeypatch.setattr(auto_top_up, "_locked", lambda found: rows.get(pk=found.pk))
        meet(monkeypatch, auto_top_up, "_may_pay", 8)

        results = together([lambda: services.look_at_auto_top_up(setting=setting, at=portone.at + timedelta(hours=1))] * 8)

        assert any(isinstance(result, Exception) for result in results)
        assert AutoCharge.objects.count() == 1

    def test_pay_15_stopping_and_looking_at_once_either_charges_once_or_not_at_all(self, portone):
        portone.till.spends(60_000)
        setting = AutoTopUp.objects.get()
        stop = [lambda: services.stop_auto_top_up(advertiser=portone.till.advertiser, by=portone.till.user, at=portone.at)]

        results = together([lambda: services.look_at_auto_top_up(setting=setting, at=portone.at + timedelta(hours=1))] * 4 + stop)

        assert [result for result in results if isinstance(result, Exception)] == []
        assert AutoCharge.objects.count() <= 1
        assert AutoTopUp.objects.get().is_on is False


class TestPay16:
    def test_pay_16_a_refused_card_is_followed_by_the_next_and_the_order_is_charged_once(self, auto, at):
        second = auto.card(at + timedelta(minutes=1))
        auto.till.spends(60_000)
        auto.owner.declines(1)

        auto.looks()
        auto.works()

        charge = AutoCharge.objects.get()
        assert (charge.state, charge.card, charge.try_no, auto.owner.charges()) == ("DONE", second, 2, 2)
        assert (auto.taken(), AutoTopUp.objects.get().is_on) == (100_000, True)

    def test_pay_16_the_last_card_refused_it_goes_off_with_notice(self, auto, at):
        auto.card(at + timedelta(minutes=1))
        auto.till.spends(60_000)
        auto.owner.declines(2)

        auto.looks()
        auto.works()

        setting = AutoTopUp.objects.get()
        assert (auto.states(), setting.is_on, auto.taken(), auto.owner.charges()) == (["FAILED"], False, 0, 2)
        assert "등록한 카드로 결제하지 못했어요" in setting.stop_reason
        told = Notification.objects.get(user=auto.till.user, kind="payments.auto_stopped")
        assert setting.stop_reason in told.body
        assert setting.stop_reason in browser(auto.till.user).get(PAGE).content.decode()
        assert auto.looks(at + timedelta(hours=9)) is None  # off is off

    def test_pay_16_a_silent_second_card_is_not_taken_for_refused_by_the_first_ones_refusal(self, portone, at):
        """PortOne's book shows the last attempt: the refusal of the first card says nothing about the second."""
        portone.card(at + timedelta(minutes=1))
        portone.till.spends(60_000)
        portone.owner.declines(1)
        portone.looks()
        portone.works(rounds=1)
        portone.owner.spoil(kind="drop", when="before", path="/billing-key")
        portone.works(at + timedelta(hours=1), rounds=1)

        portone.works(at + timedelta(hours=1, minutes=1), rounds=1)

        charge = AutoCharge.objects.get()
        assert (charge.state, charge.try_no, portone.taken()) == ("WAITING", 2, 0)

    def test_pay_16_switched_off_while_a_card_is_refused_the_next_is_not_charged(self, portone, at):
        portone.card(at + timedelta(minutes=1))
        portone.till.spends(60_000)
        portone.owner.declines(1)
        portone.looks()
        services.stop_auto_top_up(advertiser=portone.till.advertiser, by=portone.till.user, at=at)

        portone.works()

        assert (portone.states(), portone.owner.charges()) == (["FAILED"], 1)

    def test_pay_16_never_more_than_the_monthly_limit_said_once(self, portone, at):
        portone.agrees(limit=219_999)  # one charge fits, two do not
        portone.till.spends(60_000)
        portone.looks()
        portone.works()
        portone.till.spends(100_000, at=at + timedelta(hours=2))

        for hours in (3, 4, 5):
            assert portone.looks(at + timedelta(hours=hours)) is None

        told = Notification.objects.filter(user=portone.till.user, title="자동 충전 한도를 다 썼어요")
        assert (portone.taken(), told.count(), AutoTopUp.objects.get().is_on) == (100_000, 1, True)
        assert portone.looks(at + timedelta(days=32)) is not None  # next month

    def test_pay_16_a_refund_that_was_asked_for_stops_it(self, portone, at):
        order = portone.till.paid(300_000)
        portone.till.refund(order, 300_000)
        portone.till.spends(60_000)

        assert portone.looks(at + timedelta(hours=2)) is None
        assert "환불을 요청해서" in AutoTopUp.objects.get().stop_reason

    def test_pay_16_another_price_is_not_what_was_agreed_to(self, portone):
        package = portone.till.packages[100_000]
        package.is_offered = False
        package.save()
        portone.till.spends(60_000)

        assert portone.looks() is None
        assert "가격이 바뀌었거나" in AutoTopUp.objects.get().stop_reason

    def test_pay_16_whoever_agreed_left_the_team(self, portone):
        factories.MembershipFactory(advertiser=portone.till.advertiser, role="MANAGER", user__username="rest")
        portone.till.user.memberships.update(is_active=False)
        portone.till.spends(60_000)

        assert portone.looks() is None
        assert "구성원이 이제 충전할 수 없어요" in AutoTopUp.objects.get().stop_reason

    def test_pay_16_more_than_the_contract_allows_stops_it(self, portone, at):
        DatedSetting.objects.create(
            name="payments.max_per_charge_krw.portone.card", value=100_000, effective_from=at, reason="시험", created_by_id=None
        )
        portone.till.spends(60_000)

        assert portone.looks() is None
        assert "100,000원까지" in AutoTopUp.objects.get().stop_reason


class TestCards:
    def test_the_key_is_sealed_and_never_shown(self, auto):
        card = SavedCard.objects.get()
        key = cards.key_of(card)
        page = browser(auto.till.user).get(PAGE).content.decode()

        assert (card.state, "****" in card.name, key in card.sealed_key, key in page) == ("ACTIVE", True, False, False)
        assert card.name in page

    def test_removed_it_is_deleted_at_the_company_and_the_key_is_forgotten(self, auto):
        client = browser(auto.till.user)

        client.post(reverse("payments:card-remove", args=[SavedCard.objects.get().public_id]))
        auto.works()

        card = SavedCard.objects.get()
        assert (card.state, card.sealed_key, auto.owner.kept()) == ("REMOVED", "", ["DELETED"])
        assert AutoTopUp.objects.get().stop_reason == "마지막 카드를 지웠어요."

    def test_a_silent_deletion_is_made_again(self, auto, at):
        auto.owner.spoil(kind="drop", when="before", path="/billing")
        services.remove_card(card=SavedCard.objects.select_related("advertiser").get(), at=at)
        auto.works(at + timedelta(hours=1), rounds=1)
        assert SavedCard.objects.get().state == "REMOVING"

        auto.works(at + timedelta(hours=2))
        assert (SavedCard.objects.get().state, auto.owner.kept()) == ("REMOVED", ["DELETED"])

    def test_removed_between_crossing_and_charge_it_is_not_charged(self, portone, at):
        portone.till.spends(60_000)
        portone.looks()
        services.remove_card(card=SavedCard.objects.select_related("advertiser").get(), at=at)

        portone.works()

        assert (portone.states(), portone.owner.charges(), portone.taken()) == (["FAILED"], 0, 0)

    def test_of_a_closed_account_are_deleted(self, auto, minji, at):
        minji.is_active = False
        minji.save()

        assert cards.remove_of_closed(at=at) == 1
        auto.works()
        assert auto.owner.kept() == ["DELETED"]

    def test_what_was_never_finished_is_dropped_without_a_call(self, portone, at):
        card = services.begin_card(advertiser=portone.till.advertiser, by=portone.till.user, at=at)

        services.remove_card(card=card, at=at)

        card.refresh_from_db()
        assert (card.state, Effect.objects.filter(kind="payments.delete_card").exists()) == ("REMOVED", False)

    def test_registered_twice_is_one_card(self, portone, at):
        card = services.begin_card(advertiser=portone.till.advertiser, by=portone.till.user, at=at)
        said = portone.owner.keeps(services.card_window(card))
        for _ in range(2):
            services.register_card(card=card, said=said, at=at)

        assert SavedCard.objects.active().count() == 2

    def test_of_another_attempt_is_refused_and_nothing_is_kept(self, portone, at):
        first, second = (services.begin_card(advertiser=portone.till.advertiser, by=portone.till.user, at=at) for _ in range(2))
        said = portone.owner.keeps(services.card_window(first))

        with pytest.raises(ConfirmRefused):
            services.register_card(card=second, said=said, at=at)
        second.refresh_from_db()
        assert (second.state, second.sealed_key) == ("ASKED", "")


class TestThePage:
    def form(self, till, **changes):
        package = till.packages[100_000]
        return {
            "below_credits": "50,000", "choice": f"{package.pk}-{package.amount_krw}", "monthly_limit_krw": "330,000", "agree": "on",
        } | changes  # fmt: skip

    def test_leads_from_the_card_to_the_rule(self, till, at):
        switch_on(at, portone=True)
        client, owner = browser(till.user), CARD_OWNERS["portone"](till.buyer.sandbox)
        way = client.post(reverse("payments:card-add"))["location"]
        page = client.get(way)
        assert 'data-pay-deed="keep"' in page.content.decode()

        said = owner.keeps(page.context["checkout"])
        back = client.get(way, said).content.decode()
        assert ("카드 등록 마치기" in back, SavedCard.objects.get().state) == (True, "ASKED")
        client.post(f"{way}register/", said)
        assert SavedCard.objects.get().state == "ACTIVE"

        assert client.post(PAGE, self.form(till)).status_code == 302
        setting = AutoTopUp.objects.get()
        assert (setting.is_on, setting.below_credits, setting.monthly_limit_krw, setting.agreed_by) == (True, 50_000, 330_000, till.user)
        shown = client.get(PAGE).content.decode()
        assert ("50,000크레딧보다 적을 때" in shown, "330,000" in shown) == (True, True)

    def test_refuses_at_the_right_field_and_writes_nothing(self, till, at):
        switch_on(at)
        Auto(till, "portone").card()
        client = browser(till.user)

        for field, value in (("below_credits", "9,999"), ("monthly_limit_krw", "109,999"), ("monthly_limit_krw", ""), ("agree", "")):
            answer = client.post(PAGE, self.form(till, **{field: value}))
            assert (answer.status_code, bool(answer.context["form"].errors.get(field))) == (422, True), field
        assert not AutoTopUp.objects.exists()

    def test_stops_with_one_press(self, portone):
        browser(portone.till.user).post(reverse("payments:auto-top-up-stop"))

        setting = AutoTopUp.objects.get()
        assert (setting.is_on, setting.stop_reason) == (False, "")
        assert Notification.objects.filter(title="자동 충전을 멈췄어요").exists()

    def test_shows_a_reporter_what_is_and_lets_nothing_be_pressed(self, portone):
        jisoo = factories.MembershipFactory(advertiser=portone.till.advertiser, role="REPORTER", user__username="jisoo").user
        client = browser(jisoo)

        page = client.get(PAGE).content.decode()
        assert ("자동 충전 멈추기" in page, client.post(PAGE, self.form(portone.till)).status_code) == (False, 403)

    def test_a_stranger_finds_no_card(self, portone):
        eve = factories.MembershipFactory(user__username="eve").user
        card = SavedCard.objects.get()

        assert browser(eve).post(reverse("payments:card-remove", args=[card.public_id])).status_code == 404
        card.refresh_from_db()
        assert card.state == "ACTIVE"


class TestTheApi:
    def test_tells_how_it_stands(self, portone):
        portone.till.spends(60_000)
        portone.looks()

        told = browser(portone.till.user).get("/api/v1/auto-top-up").json()

        assert told.pop("cards")[0].endswith("****000*")
        assert told == {
            "is_offered": True, "is_on": True, "below_credits": 50_000, "charge_krw": 110_000, "monthly_limit_krw": 330_000,
            "charged_krw": 110_000, "is_charging": True, "stopped_at": None, "stop_reason": "",
        }  # fmt: skip

    def test_of_somebody_without_it_is_empty(self, till):
        told = browser(till.user).get("/api/v1/auto-top-up").json()

        assert (told["is_offered"], told["is_on"], told["cards"], told["charged_krw"]) == (False, False, [], 0)


class TestAgreeing:
    def test_needs_a_card_the_price_that_was_shown_and_room_for_one_charge(self, till, at):
        switch_on(at)
        auto = Auto(till, "portone")
        with pytest.raises(NoCardKept):
            auto.agrees()
        auto.card()
        with pytest.raises(MonthlyLimitTooSmall):
            auto.agrees(limit=109_999)
        wish = services.AutoTopUpWish(package=till.packages[100_000], shown_krw=99_000, below_credits=50_000, monthly_limit_krw=330_000)
        with pytest.raises(PriceChanged):
            services.agree_to_auto_top_up(advertiser=till.advertiser, wish=wish, by=till.user, at=at)

        assert not AutoTopUp.objects.exists()

    def test_a_member_cannot_agree_to_more_a_month_than_they_may_pay_alone(self, portone, at):
        from advertisers import services as team

        mina = factories.MembershipFactory(advertiser=portone.till.advertiser, role="MANAGER", user__username="mina").user
        team.set_limit(
            advertiser=portone.till.advertiser, role="MANAGER", monthly_credits=None, monthly_top_up_credits=200_000,
            by=portone.till.user, at=at,
        )  # fmt: skip
        wish = services.AutoTopUpWish(
            package=portone.till.packages[100_000], shown_krw=110_000, below_credits=50_000, monthly_limit_krw=330_000
        )
        with pytest.raises(services.OverTopUpLimit):
            services.agree_to_auto_top_up(advertiser=portone.till.advertiser, wish=wish, by=mina, at=at)


def test_the_clock_looks_at_everybody(portone):
    from payments.tasks import auto_top_up as task

    portone.till.spends(60_000)
    now_is(portone.at + timedelta(hours=1))
    task()
    portone.works()

    assert (portone.states(), Entry.objects.filter(kind="TOP_UP").count()) == (["DONE"], 2)
