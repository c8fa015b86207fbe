"""From the pay window to credits, by every way news may come: PAY-01 … PAY-10, PAY-13."""

from datetime import timedelta
from itertools import permutations

import pytest
from django.urls import reverse

from common.models import DatedSetting, Effect
from common.provider import GatewayError
from credits.models import Entry, Lot
from identity.models import Notification
from payments import schedule, services
from payments.models import PaymentOrder, ReconciliationItem
from payments.services import Source
from tests.payments.conftest import run_effects
from tests.payments.messages import signed
from tests.signing_in import browser

State = PaymentOrder.State


def complete(client, order, **said):
    return client.get(reverse("payments:order-complete", args=[order.order_id]), said)


def notices(kind="payments.paid"):
    return list(Notification.objects.filter(kind=kind))


def credited_once(till, order, credits=100_000, bonus=0):
    """One entry, one lot, one credit."""
    assert till.balance().available == credits + bonus
    assert Entry.objects.filter(kind=Entry.Kind.TOP_UP).count() == 1
    assert Lot.objects.filter(kind=Lot.Kind.PAID).count() == 1
    order.refresh_from_db()
    assert order.state == State.PAID
    return True


def nothing_credited(till, order):
    order.refresh_from_db()
    assert till.balance().available == 0
    assert not Entry.objects.exists()
    assert not order.is_credited
    return True


class TestTopUp:
    def test_credits_what_was_paid_and_freezes_the_refund_rule(self, till, buyer, at):
        order = till.order(300_000)
        buyer.pays(order, paid_at=at)

        order = services.sync_order(order_id=order.order_id, at=at + timedelta(seconds=20))

        assert (order.state, order.paid_at, order.credited_at) == (State.PAID, at, at + timedelta(seconds=20))
        assert (order.credits, order.vat_krw, order.amount_krw) == (300_000, 30_000, 330_000)
        assert (order.captured_krw, order.cancelled_krw) == (330_000, 0)
        assert order.policy == {"refund_window_hours": 168, "unused_only": True, "bonus": "proportional"}
        assert (order.method, order.method_name, order.is_late) == ("CARD", "신한카드 법인", False)
        assert order.receipt_link.startswith("http://127.0.0.1:")
        assert buyer.book(order)["captured"] == 330_000
        assert credited_once(till, order, 300_000)

    def test_gives_the_bonus_of_the_package_with_its_own_expiry(self, till, at):
        order = till.paid(1_000_000)

        assert credited_once(till, order, 1_000_000, 10_000)
        bonus = Lot.objects.get(kind=Lot.Kind.BONUS)
        assert (bonus.order_id, bonus.granted, bonus.expires_at) == (order.order_id, 10_000, at + timedelta(days=90))

    def test_pay_01_a_closed_window_abandons_the_order_and_the_same_order_can_be_retried(self, till, buyer, client, at):
        order = till.order()
        buyer.enters(order)
        told = buyer.act(order, "close")["result"]

        page = complete(client, order, **told)
        order.refresh_from_db()

        assert (page.status_code, order.state) == (200, State.ABANDONED)
        assert "결제를 마치지 않았어요" in page.content.decode()
        assert nothing_credited(till, order)

        again = till.order(at=at + timedelta(minutes=1))
        assert (again.pk, again.state, PaymentOrder.objects.count()) == (order.pk, State.WINDOW_OPEN, 1)
        buyer.pays(again, paid_at=at)
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=2))
        assert credited_once(till, order)

    def test_pay_02_the_webhook_credits_when_the_browser_died(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)

        assert client.post(**signed(order)).status_code == 200
        assert nothing_credited(till, order)  # the door only stores
        run_effects(at)

        assert credited_once(till, order)
        page = browser(till.user).get(reverse("payments:order", args=[order.order_id]))
        assert "100,000크레딧을 충전했어요" in page.content.decode()

    def test_pay_03_a_webhook_an_hour_late_changes_nothing_after_the_return(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)

        assert "충전이 끝났어요" in complete(client, order).content.decode()
        assert credited_once(till, order)
        before = PaymentOrder.objects.values().get(pk=order.pk)

        client.post(**signed(order))
        run_effects(at + timedelta(hours=1))

        after = PaymentOrder.objects.values().get(pk=order.pk)
        assert {name for name in before if before[name] != after[name]} <= {"next_check_at"}
        assert credited_once(till, order)

    def test_pay_04_the_return_shows_success_when_the_webhook_was_first(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        client.post(**signed(order))
        run_effects(at)

        assert "충전이 끝났어요" in complete(client, order).content.decode()
        assert credited_once(till, order)
        assert len(notices()) == 1

    def test_pay_06_the_sweeper_alone_credits_after_ten_minutes(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)

        assert services.sweep(at=at + timedelta(minutes=9, seconds=59)) == 0
        assert services.sweep(at=at + timedelta(minutes=10)) == 1
        run_effects(at + timedelta(minutes=10))

        assert credited_once(till, order)
        assert len(notices()) == 1

    @pytest.mark.parametrize("order_of_news", list(permutations(["return", "webhook", "sweep", "fetch again"])))
    def test_news_in_any_order_credits_once(self, till, buyer, client, at, order_of_news):
        order = till.order()
        buyer.pays(order, paid_at=at)
        ways = {
            "return": lambda: complete(client, order),
            "webhook": lambda: (client.post(**signed(order)), run_effects(at)),
            "sweep": lambda: services.sweep(at=at + timedelta(minutes=10)),
            "fetch again": lambda: services.sync_order(order_id=order.order_id, at=at),
        }

        for news in order_of_news:
            ways[news]()
        run_effects(at + timedelta(hours=1))

        assert credited_once(till, order)
        assert len(notices()) == 1
        assert buyer.totals() == {"captured": 110_000, "cancelled": 0, "net": 110_000}

    def test_pay_10_a_declined_card_is_told_and_the_order_stays_retryable(self, till, buyer, client, at):
        order = till.order()
        buyer.enters(order)
        told = buyer.act(order, "decline")["result"]

        page = complete(client, order, **told).content.decode()
        order.refresh_from_db()

        assert (order.state, order.failure, order.may_be_paid) == (State.FAILED, "한도초과", True)
        assert "결제하지 못했어요" in page
        assert "한도초과" in page
        assert nothing_credited(till, order)

        services.open_window(order=order, at=at + timedelta(minutes=1))
        buyer.pays(order, paid_at=at)
        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=2))
        assert credited_once(till, order)
        assert order.is_late is False

    def test_pay_13_an_abandoned_order_that_was_paid_is_credited_marked_late_and_told(self, till, buyer, at):
        order = till.order()
        buyer.enters(order)
        services.sweep(at=at + timedelta(hours=24))
        order.refresh_from_db()
        assert order.state == State.ABANDONED

        buyer.act(order, "approve", paid_at=(at + timedelta(hours=25)).isoformat())
        services.sweep(at=at + timedelta(days=2))
        run_effects(at + timedelta(days=2))

        assert credited_once(till, order)
        assert order.is_late is True
        assert "결제가 늦게 확인됐어요" in notices()[0].body

    def test_a_late_failure_of_the_first_attempt_does_not_undo_the_payment(self, till, buyer, client, at):
        order = till.order()
        buyer.enters(order)
        buyer.act(order, "decline")
        buyer.pays(order, paid_at=at)
        services.sync_order(order_id=order.order_id, at=at)

        client.post(**signed(order, type="Transaction.Failed"))
        run_effects(at)

        assert credited_once(till, order)


class TestSilence:
    def test_says_checking_and_never_failed_while_the_gateway_is_silent(self, till, buyer, client, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.fault(kind="error", status=503, html=True, count=None)

        page = complete(client, order).content.decode()

        assert "결제를 확인하고 있어요" in page
        assert order.order_id in page
        assert 'http-equiv="refresh"' in page
        assert "못했어요" not in page
        assert nothing_credited(till, order)

    def test_asks_again_soon_after_and_credits_when_the_gateway_answers(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.fault(kind="drop", count=2)
        with pytest.raises(GatewayError):
            services.sync_order(order_id=order.order_id, at=at, source=Source.RETURN)

        assert services.sweep(at=at + timedelta(seconds=9)) == 0
        services.sweep(at=at + timedelta(seconds=10))  # silent again
        assert nothing_credited(till, order)
        services.sweep(at=at + timedelta(seconds=30))

        assert credited_once(till, order)

    def test_calls_the_operators_once_when_the_silence_lasts(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        buyer.fault(kind="error", status=500, count=None)

        moment = at
        while moment < at + timedelta(minutes=40):
            with pytest.raises(GatewayError):
                services.sync_order(order_id=order.order_id, at=moment, source=Source.RETURN if moment == at else Source.SWEEP)
            order.refresh_from_db()
            assert order.next_check_at - moment <= timedelta(minutes=5)
            moment = order.next_check_at

        assert len(notices("payments.undecided")) == 1
        assert nothing_credited(till, order)

    def test_waits_with_crediting_while_money_is_stopped(self, till, buyer, at):
        order = till.order()
        buyer.pays(order, paid_at=at)
        switch = DatedSetting.objects.create(name="credits.money_stopped", value=True, effective_from=at, reason="증명 실패")

        services.sync_order(order_id=order.order_id, at=at + timedelta(minutes=1), source=Source.RETURN)
        assert nothing_credited(till, order)
        switch.delete()
        order.refresh_from_db()
        services.sweep(at=order.next_check_at)

        assert credited_once(till, order)


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


class TestSchedule:
    def test_follows_the_promise_after_a_return(self, at):
        moments, moment = [], at
        while (
            following := schedule.next_check(opened_at=at - timedelta(minutes=1), hinted_at=at, at=moment)
        ) and following <= at + timedelta(minutes=11):
            moments.append((following - at).total_seconds())
            moment = following

        assert moments == [10, 30, 60, 120, 300, 540, 600]

    def test_follows_the_promise_for_an_open_window(self, at):
        moments, moment = [], at
        while following := schedule.next_check(opened_at=at, hinted_at=None, at=moment):
            moments.append(following - at)
            moment = following

        hourly, daily = [timedelta(hours=h) for h in range(1, 25)], [timedelta(days=d) for d in range(2, 9)]
        assert moments == [timedelta(minutes=10), *hourly, *daily]

    def test_closes_an_order_nobody_paid_after_a_day_and_stops_asking_after_the_week(self, till, at):
        order = till.order()
        moment, asked = at, 0
        while True:
            order.refresh_from_db()
            if order.next_check_at is None:
                break
            moment = order.next_check_at
            asked += services.sweep(at=moment)
            order.refresh_from_db()
            expected = State.WINDOW_OPEN if moment < at + timedelta(hours=24) else State.ABANDONED
            assert order.state == expected

        assert (asked, moment) == (32, at + timedelta(days=8))

    def test_looks_at_a_credited_order_every_day_for_a_little_longer_than_the_refund_window(self, till, at):
        order = till.paid()
        days = []
        while order.next_check_at is not None:
            days.append((order.next_check_at - at).days)
            services.sweep(at=order.next_check_at)
            order.refresh_from_db()

        assert days == [1, 2, 3, 4, 5, 6, 7, 8]


class TestReceiptEffect:
    def test_tells_everyone_who_pays_once_with_the_way_to_the_receipt(self, till, jisoo, at):
        order = till.paid(1_000_000)
        run_effects(at)
        run_effects(at)

        [notice] = notices()
        assert (notice.user, notice.url) == (till.user, f"/payments/orders/{order.order_id}/receipt/")
        assert notice.title == "1,000,000크레딧을 충전했어요"
        assert "1,100,000원(부가세 100,000원 포함)" in notice.body
        assert "보너스 10,000크레딧" in notice.body
        assert Effect.objects.get(kind="payments.receipt").state == Effect.State.DONE
