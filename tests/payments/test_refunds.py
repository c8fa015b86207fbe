"""Money on its way back, seen from the advertiser: REF-01 … REF-07, REF-10 and the sums of a whole circle."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from lxml import html

from common.errors import DomainError
from common.models import DatedSetting, Effect
from credits import services as ledger
from credits.models import Account, Entry
from identity.models import ApprovalRequest, Notification, StepUpGrant, User
from payments import selectors, services
from payments.models import PaymentOrder, Refund
from tests import factories
from tests.credits.book import house, lot, nothing_written, parts
from tests.payments.conftest import now_is, run_effects
from tests.signing_in import browser, step_up

State = Refund.State


def page_of(till, order, **query):
    return browser(till.user).get(reverse("payments:order-refund", args=[order.order_id]), query)


def press(till, order, credits, *, key="00000000-0000-4000-8000-000000000001", reason="캠페인 일정이 바뀌었어요"):
    """Send the form of the refund page."""
    said = {"credits": credits, "reason": reason, "memo": "", "key": key}
    person = step_up(browser(till.user), till.user, StepUpGrant.Purpose.REFUND)
    return person.post(reverse("payments:order-refund", args=[order.order_id]), said)


def refused(code, call):
    """The call is refused with this code, and neither table of refunds nor the ledger changed."""
    before = list(Refund.objects.values())
    with nothing_written(), pytest.raises(DomainError) as refusal:
        call()
    assert refusal.value.code == code
    assert list(Refund.objects.values()) == before
    return refusal.value


class TestTheStepUp:
    def test_s_23_a_request_without_a_fresh_proof_is_refused_and_the_form_waits(self, till):
        order = till.paid()
        said = {"credits": "10,000", "reason": "캠페인 일정이 바뀌었어요", "memo": "", "key": "00000000-0000-4000-8000-000000000001"}
        with nothing_written():
            person = browser(till.user)
            response = person.post(reverse("payments:order-refund", args=[order.order_id]), said)
        assert response.headers["Location"].startswith("/accounts/step-up/refund/")
        assert Refund.objects.count() == 0
        assert 'value="10,000"' in person.get("/accounts/kept-form/").content.decode()


class TestQuote:
    def test_ref_01_unused_credits_are_refundable_until_the_exact_moment(self, till, at):
        order = till.paid()
        now_is(at + timedelta(days=6))

        quote = services.quote_refund(order=order, at=at + timedelta(days=6))
        page = page_of(till, order).content.decode()

        assert quote.is_refundable is True
        assert (quote.most.credits, quote.most.vat_krw, quote.most.amount_krw) == (100_000, 10_000, 110_000)
        assert quote.until == at + timedelta(hours=168)
        assert "100,000크레딧을" in page
        assert "2026년 12월 2일" in page  # at is 12:00 in Seoul on 25 November
        assert "110,000" in page

    def test_ref_02_used_credits_are_named_and_stay(self, till, at):
        order = till.paid()
        till.spends(30_000)

        quote = services.quote_refund(order=order, at=at + timedelta(hours=1))
        page = page_of(till, order).content.decode()

        assert (quote.used, quote.held, quote.frozen, quote.returned) == (30_000, 0, 0, 0)
        assert (quote.most.credits, quote.most.vat_krw, quote.most.amount_krw) == (70_000, 7_000, 77_000)
        assert "집행한 크레딧" in page
        assert "30,000" in page
        assert "77,000" in page

    def test_ref_03_a_second_before_the_end_is_in_time(self, till, at):
        order = till.paid()

        refund = till.refund(order, 100_000, at=at + timedelta(days=7) - timedelta(microseconds=1))

        assert (refund.state, refund.amount_krw) == (State.REQUESTED, 110_000)

    @pytest.mark.parametrize("late", [timedelta(0), timedelta(seconds=1), timedelta(days=30)])
    def test_ref_03_after_seven_days_page_and_service_refuse_with_the_same_words(self, till, at, late):
        order = till.paid()
        moment = at + timedelta(days=7) + late
        now_is(moment)

        refusal = refused("payments.refund_window_closed", lambda: till.refund(order, 1, at=moment))
        shown = page_of(till, order)
        pressed = press(till, order, 1)

        assert "168시간" in str(refusal)
        assert (shown.status_code, pressed.status_code) == (200, 422)
        assert str(refusal) in shown.content.decode()
        assert str(refusal) in pressed.content.decode()
        assert not Refund.objects.exists()
        assert not Effect.objects.filter(kind="payments.refund").exists()

    def test_ops_31_an_old_order_keeps_the_days_that_held_when_it_was_paid(self, till, at):
        old, change = till.paid(), at + timedelta(hours=1)
        DatedSetting.objects.create(name="payments.refund_window_hours", value=336, effective_from=change, reason="두 주로 늘려요.")
        new = till.paid(at=change)

        refused("payments.refund_window_closed", lambda: till.refund(old, 1, at=at + timedelta(days=8)))

        assert till.refund(new, 100_000, at=at + timedelta(days=14)).state == State.REQUESTED
        assert old.refundable_until == at + timedelta(days=7)
        assert new.refundable_until == change + timedelta(days=14)

    def test_ref_03_midnight_in_seoul_ends_nothing_hours_do(self, till, at):
        """Paid 23:59:59 in Seoul on the 25th: the end is 23:59:59 on the 2nd, not a midnight."""
        paid_at = at.replace(hour=14, minute=59, second=59)
        order = till.paid(at=paid_at)

        assert order.refundable_until == paid_at + timedelta(days=7)
        assert till.refund(order, 1, at=paid_at + timedelta(days=7) - timedelta(seconds=1)).state == State.REQUESTED
        refused("payments.refund_window_closed", lambda: till.refund(order, 1, at=paid_at + timedelta(days=7)))

    def test_ref_03_a_shorter_rule_of_today_does_not_touch_what_was_paid_yesterday(self, till, at):
        old = till.paid()
        DatedSetting.objects.create(
            name="payments.refund_window_hours", value=24, effective_from=at + timedelta(days=1), reason="정책을 바꿨어요."
        )
        new = till.paid(300_000, at=at + timedelta(days=1))

        assert old.refundable_until == at + timedelta(days=7)
        assert new.refundable_until == at + timedelta(days=2)
        refused("payments.refund_window_closed", lambda: till.refund(new, 1, at=at + timedelta(days=2)))
        assert till.refund(old, 1, at=at + timedelta(days=2)).state == State.REQUESTED

    def test_ref_04_credits_inside_a_campaign_are_shown_with_its_name(self, till, at):
        order = till.paid()
        till.holds(40_000, label="겨울 방문 캠페인")

        quote = services.quote_refund(order=order, at=at + timedelta(hours=1))
        page = page_of(till, order).content.decode()

        assert (quote.held, quote.most.credits) == (40_000, 60_000)
        assert [(hold.subject_label, hold.credits) for hold in quote.held_by] == [("겨울 방문 캠페인", 40_000)]
        assert "겨울 방문 캠페인" in page
        assert "캠페인을 종료하면" in page
        refusal = refused("payments.refund_too_much", lambda: till.refund(order, 60_001))
        assert "60,000크레딧까지" in str(refusal)

    def test_ref_04_nothing_is_left_when_everything_is_held(self, till):
        order = till.paid()
        till.holds(100_000)

        refused("payments.nothing_to_refund", lambda: till.refund(order, 1))

    def test_ref_06_the_bonus_goes_back_in_proportion_and_is_shown_before(self, till, at):
        order = till.paid(1_000_000)

        page = page_of(till, order, credits="400000").content.decode()
        quote = services.quote_refund(order=order, at=at + timedelta(hours=1), credits=400_000)
        refund = till.refund(order, 400_000)

        assert (quote.terms.credits, quote.terms.vat_krw, quote.terms.bonus, quote.terms.promotion) == (400_000, 40_000, 4_000, 0)
        assert "회수할 보너스 크레딧" in page
        assert "−4,000" in page
        assert (refund.credits, refund.bonus, refund.promotion, refund.amount_krw) == (400_000, 4_000, 0, 440_000)
        assert parts(lot(order.order_id)) == {"granted": 1_000_000, "available": 600_000, "frozen": 400_000}
        assert parts(lot(order.order_id, "BONUS")) == {"granted": 10_000, "available": 6_000, "frozen": 4_000}

    def test_ref_06_a_spent_bonus_lowers_the_refund(self, till, at):
        order = till.paid(1_000_000)
        till.spends(10_000)  # free credits go first
        assert lot(order.order_id, "BONUS").used == 10_000

        most = services.quote_refund(order=order, at=at + timedelta(hours=1)).most

        assert (most.credits, most.bonus, most.promotion) == (990_099, 0, 9_901)
        assert most.amount_krw == 990_099 + 99_010

    @pytest.mark.parametrize("credits", [0, -1, 100_001])
    def test_refuses_amounts_that_are_not_there(self, till, credits):
        order = till.paid()
        refused("payments.refund_too_much", lambda: till.refund(order, credits))

    def test_refuses_one_credit_more_than_what_was_neither_used_nor_asked_for(self, till):
        order = till.paid()
        till.spends(30_000)
        till.refund(order, 20_000)
        refused("payments.refund_too_much", lambda: till.refund(order, 50_001))
        assert till.refund(order, 50_000).amount_krw == 55_000

    @pytest.mark.parametrize("words", ["", "abc", "1.5", "-1", "０", "1e3", "9" * 30])
    def test_the_page_refuses_what_is_no_whole_amount(self, till, words):
        order = till.paid()
        with nothing_written():
            assert press(till, order, words).status_code == 422
        assert not Refund.objects.exists()

    def test_an_order_nobody_paid_has_nothing_to_refund(self, till):
        order = till.order()
        refused("payments.refund_not_possible", lambda: till.refund(order, 1))

    def test_a_disputed_order_waits_for_the_card_company(self, till, buyer, at):
        order = till.paid()
        buyer.act(order, "dispute")
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=5))

        refused("payments.order_disputed", lambda: till.refund(order, 1))
        buyer.act(order, "resolve-dispute")
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=6))
        assert till.refund(order, 1).state == State.REQUESTED


class TestRequest:
    def test_ref_05_what_was_asked_for_cannot_be_spent_and_the_rest_can(self, till):
        order = till.paid()
        till.refund(order, 60_000, at=till.at + timedelta(minutes=10))

        with nothing_written(), pytest.raises(ledger.InsufficientCredits) as short:
            till.holds(40_001)
        till.holds(40_000)

        assert short.value.context == {"unit": "CREDIT", "shortfall": 1}
        balance = till.balance()
        assert (balance.available, balance.held, balance.frozen) == (0, 40_000, 60_000)

    def test_an_empty_form_is_refused_beside_its_fields(self, till):
        order = till.paid()

        answer = browser(till.user).post(reverse("payments:order-refund", args=[order.order_id]))

        page = html.fromstring(answer.text)
        assert answer.status_code == 422
        for field in ("credits", "reason"):
            assert page.xpath(f'//*[@id="id_{field}_m"]/p')[0].text_content().strip() == "꼭 필요한 항목이에요."
        assert answer.text.count("화면이 오래됐어요. 새로 고친 뒤 다시 눌러 주세요.") == 1
        assert not Refund.objects.exists()

    def test_the_fragment_that_counts_anew_complains_of_nothing(self, till):
        order = till.paid()
        url = reverse("payments:order-refund", args=[order.order_id])
        answer = browser(till.user).get(url, {"credits": "1000"}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith('<dl id="terms"')
        assert "1,100" in answer.text

    def test_a_double_click_makes_one_request(self, till):
        order = till.paid()

        answers = [press(till, order, 50_000), press(till, order, 50_000)]

        assert [answer.status_code for answer in answers] == [302, 302]
        assert list(Refund.objects.values_list("credits", "amount_krw")) == [(50_000, 55_000)]
        assert till.balance().frozen == 50_000

    def test_the_same_key_with_another_amount_is_refused(self, till):
        order = till.paid()
        till.refund(order, 10_000, key="k")
        refused("payments.key_conflict", lambda: till.refund(order, 20_000, key="k"))

    def test_parts_of_an_order_go_back_one_after_the_other_to_the_last_won(self, till, approve, buyer, at):
        order = till.paid()
        for credits in (33_333, 33_333, 33_334):
            approve(till.refund(order, credits))
            run_effects(at + timedelta(hours=3))

        order.refresh_from_db()
        assert list(Refund.objects.order_by("pk").values_list("vat_krw", flat=True)) == [3_333, 3_334, 3_333]
        assert (order.state, order.cancelled_krw) == (PaymentOrder.State.REFUNDED, 110_000)
        assert buyer.totals() == {"captured": 110_000, "cancelled": 110_000, "net": 0}
        assert house("FUNDING:portone") == 0

    def test_ref_07_a_denial_has_a_reason_and_frees_the_credits_at_once(self, till, operator, at):
        order = till.paid()
        refund = till.refund(order, 100_000)
        with nothing_written(), pytest.raises(services.ReasonMissing):
            services.deny_refund(refund=refund, by=operator, at=at + timedelta(hours=2), reason="  ")

        services.deny_refund(refund=refund, by=operator, at=at + timedelta(hours=2), reason="결제한 분의 확인이 필요해요.")
        run_effects(at + timedelta(hours=2))

        refund.refresh_from_db()
        assert (refund.state, refund.deny_reason) == (State.DENIED, "결제한 분의 확인이 필요해요.")
        assert (till.balance().available, till.balance().frozen) == (100_000, 0)
        [notice] = Notification.objects.filter(kind="payments.refund_denied")
        assert "결제한 분의 확인이 필요해요." in notice.body
        assert "1:1 문의" in notice.body
        page = browser(till.user).get(reverse("payments:refunds")).content.decode()
        assert "결제한 분의 확인이 필요해요." in page
        assert till.refund(order, 100_000).state == State.REQUESTED  # and may be asked for again

    def test_ref_10_a_request_is_taken_back_before_it_is_sent(self, till, at):
        order = till.paid()
        refund = till.refund(order, 100_000)

        answer = browser(till.user).post(reverse("payments:refund-withdraw", args=[refund.public_id]))

        refund.refresh_from_db()
        assert (answer.status_code, refund.state) == (302, State.WITHDRAWN)
        assert (till.balance().available, till.balance().frozen) == (100_000, 0)

    def test_ref_10_an_approved_request_that_was_not_sent_is_taken_back_and_never_sent(self, till, buyer, approve, at):
        refund = approve(till.refund(till.paid(), 100_000))
        services.withdraw_refund(refund=refund, by=till.user, at=at + timedelta(hours=2))
        run_effects(at + timedelta(hours=3))

        refund.refresh_from_db()
        assert refund.state == State.WITHDRAWN
        assert buyer.calls(method="POST", path="/cancel") == []
        assert till.balance().available == 100_000

    def test_ref_10_after_sending_it_is_too_late_and_the_page_says_so(self, till, approve, at):
        refund = approve(till.refund(till.paid(), 100_000))
        run_effects(at + timedelta(hours=3))

        with nothing_written(), pytest.raises(services.RefundAlreadySent):
            services.withdraw_refund(refund=refund, by=till.user, at=at + timedelta(hours=4))
        answer = browser(till.user).post(reverse("payments:refund-withdraw", args=[refund.public_id]), follow=True)
        assert "되돌릴 수 없어요" in answer.content.decode()

    def test_money_stopped_refuses_new_requests(self, till, at):
        order = till.paid()
        DatedSetting.objects.create(name="credits.money_stopped", value=True, effective_from=at, reason="증명 실패")
        refused("credits.money_stopped", lambda: till.refund(order, 1))


class TestWhoMay:
    def test_strangers_find_nothing_and_change_nothing(self, till, eve_user):
        order = till.paid()
        refund = till.refund(order, 10_000)
        eve = browser(eve_user)

        for name in ("order", "order-receipt", "order-refund"):
            assert eve.get(reverse(f"payments:{name}", args=[order.order_id])).status_code == 404
        with nothing_written():
            assert eve.post(reverse("payments:order-open", args=[order.order_id])).status_code == 404
            assert eve.post(reverse("payments:refund-withdraw", args=[refund.public_id])).status_code == 404
            said = {"credits": "1", "reason": "x", "key": "00000000-0000-4000-8000-000000000009"}
            assert eve.post(reverse("payments:order-refund", args=[order.order_id]), said).status_code == 404
        refund.refresh_from_db()
        assert (refund.state, Refund.objects.count()) == (State.REQUESTED, 1)
        assert order.order_id not in eve.get(reverse("payments:payment-history")).content.decode()
        assert order.order_id not in eve.get(reverse("payments:refunds")).content.decode()

    def test_a_reporter_sees_the_order_and_may_not_move_money(self, till, jisoo):
        order = till.paid()
        refund = till.refund(order, 10_000)
        reporter = browser(jisoo)

        assert reporter.get(reverse("payments:order", args=[order.order_id])).status_code == 200
        assert reporter.get(reverse("payments:top-up")).status_code == 403
        assert reporter.get(reverse("payments:order-refund", args=[order.order_id])).status_code == 403
        with nothing_written():
            assert reporter.post(reverse("payments:refund-withdraw", args=[refund.public_id])).status_code == 403

    def test_nobody_signed_in_is_sent_to_the_door(self, till, client):
        order = till.paid()
        for name in ("order", "order-receipt", "order-refund"):
            answer = client.get(reverse(f"payments:{name}", args=[order.order_id]))
            assert (answer.status_code, answer["location"].split("?")[0]) == (302, "/accounts/login/")


class TestTheSums:
    def test_110_000_on_the_card_30_000_used_77_000_back(self, till, buyer, approve, at):
        order = till.paid()
        assert till.balance().available == 100_000
        hold = till.holds(100_000)
        with transaction.atomic():
            ledger.capture(hold=hold, credits=30_000, reward_cost=12_000, key="run", at=at + timedelta(minutes=40))
            ledger.release(hold=hold, credits=70_000, key="end", at=at + timedelta(minutes=50))

        quote = services.quote_refund(order=order, at=at + timedelta(hours=1))
        refund = approve(till.refund(order, quote.most.credits))
        run_effects(at + timedelta(hours=3))

        refund.refresh_from_db()
        order.refresh_from_db()
        assert (refund.state, refund.credits, refund.vat_krw, refund.amount_krw) == (State.DONE, 70_000, 7_000, 77_000)
        assert (order.state, order.captured_krw, order.cancelled_krw) == (PaymentOrder.State.PART_REFUNDED, 110_000, 77_000)
        assert buyer.totals() == {"captured": 110_000, "cancelled": 77_000, "net": 33_000}
        assert till.balance().available == till.balance().held == till.balance().frozen == 0
        assert (house("FUNDING:portone"), house("REVENUE"), house("REWARD_COST")) == (-30_000, 18_000, 12_000)
        owned = sum(Account.objects.exclude(balance=None).values_list("balance", flat=True))
        assert owned + sum(house(kind) for kind in ("FUNDING:portone", "REVENUE", "REWARD_COST")) == 0
        kinds = list(Entry.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["TOP_UP", "HOLD", "CAPTURE", "RELEASE", "FREEZE", "RECLAIM"]


class TestTwoPeopleDecideLargeAmounts:
    def test_above_the_limit_one_yes_is_not_enough_and_never_from_the_same_person(self, till, buyer, operator, finance, at):
        refund = till.refund(till.paid(1_000_000), 1_000_000)

        waiting = services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=2))
        assert isinstance(waiting, ApprovalRequest)
        with nothing_written(), pytest.raises(DomainError) as alone:
            services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=2))
        assert alone.value.code == "approval.maker_is_checker"
        run_effects(at + timedelta(hours=2))
        assert buyer.calls(method="POST", path="/cancel") == []

        services.approve_refund(refund=refund, by=finance, at=at + timedelta(hours=3))
        run_effects(at + timedelta(hours=3))
        refund.refresh_from_db()
        assert (refund.state, refund.decided_by, refund.amount_krw) == (State.DONE, finance, 1_100_000)

    def test_the_exact_limit_needs_one_person(self, till, operator, at):
        order = till.paid(1_000_000)
        refund = till.refund(order, 909_091)  # 909,091 + 90,909 = 1,000,000 won

        assert refund.amount_krw == 1_000_000
        assert isinstance(services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=2)), Refund)

    def test_withdrawing_closes_the_waiting_approval(self, till, operator, at):
        refund = till.refund(till.paid(1_000_000), 1_000_000)
        services.approve_refund(refund=refund, by=operator, at=at + timedelta(hours=2))

        services.withdraw_refund(refund=refund, by=till.user, at=at + timedelta(hours=3))

        assert ApprovalRequest.objects.get().state == "EXPIRED"


def test_people_of_the_team_who_may_refund_are_told(till, approve, at):
    bookkeeper = factories.MembershipFactory(advertiser=till.advertiser, role="FINANCE", user__username="books").user
    factories.MembershipFactory(advertiser=till.advertiser, role="MANAGER", user__username="manager")
    approve(till.refund(till.paid(), 100_000))
    run_effects(at + timedelta(hours=3))

    told = set(Notification.objects.filter(kind="payments.refund_done").values_list("user", flat=True))
    assert told == {till.user.pk, bookkeeper.pk}
    assert User.objects.filter(pk__in=told).count() == 2


class TestWhatMayBeAskedBackNow:
    def test_is_listed_with_the_newest_top_up_first_and_only_what_is_left(self, till, at):
        older = till.paid(300_000, at=at - timedelta(days=2))
        newer = till.paid(100_000, at=at - timedelta(days=1))
        till.spends(50_000, at=at - timedelta(hours=20))  # of the older one: it is used first
        till.paid(500_000, at=at - timedelta(days=8))

        rows = selectors.refundable_now(till.advertiser, at=at)

        assert [(row.order, row.most.credits) for row in rows] == [(newer, 100_000), (older, 250_000)]
        page = browser(till.user).get(reverse("payments:refunds")).content.decode()
        assert page.index(reverse("payments:order-refund", args=[newer.order_id])) < page.index(
            reverse("payments:order-refund", args=[older.order_id])
        )

    def test_is_nothing_for_a_restricted_account_or_what_is_frozen(self, till, at):
        order = till.paid(100_000)
        till.refund(order, 100_000)
        assert selectors.refundable_now(till.advertiser, at=at + timedelta(hours=2)) == []

    def test_asks_three_times_however_many_there_are(self, till, at, django_assert_num_queries):
        for credits in (100_000, 300_000, 500_000):
            till.paid(credits)
        with django_assert_num_queries(3):
            assert len(selectors.refundable_now(till.advertiser, at=at + timedelta(hours=1))) == 3
