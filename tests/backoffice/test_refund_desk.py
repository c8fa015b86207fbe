"""The refund desk, pressed like an operator presses it: pages and posts, against the sandbox's own book."""

from uuid import uuid4

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone
from lxml import html

from backoffice import rights
from backoffice.site import site
from backoffice.urls import rooms
from common.models import DatedSetting, Effect
from credits import selectors as credits
from credits import services as ledger
from credits.models import Entry
from identity.models import ApprovalRequest, Notification
from payments import services as payments
from payments.models import ReconciliationItem, Refund
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, count_queries, press, said
from tests.credits.book import nothing_written


@pytest.fixture
def refund(cashier, minji, minji_user):
    """Minji wants 100,000 credits back: 110,000 won on the card."""
    return cashier.ask(cashier.top_up(minji, minji_user, 100_000), minji_user)


@pytest.fixture
def large(cashier, minji, minji_user):
    """3,300,000 won: above the limit of one operator."""
    return cashier.ask(cashier.top_up(minji, minji_user, 3_000_000, bonus=90_000), minji_user)


class TestTheList:
    def test_shows_what_waits_with_its_amount_and_leads_to_the_desk(self, desk, refund):
        page = desk(rights.FINANCE).get(at("refund-list"))
        assert page.status_code == 200
        assert "민지네 커피" in page.text
        assert "110,000원" in page.text
        assert at("refund-detail", refund.public_id) in page.text

    def test_asks_as_many_questions_for_one_row_as_for_many(self, desk, cashier, minji, minji_user):
        client = desk(rights.FINANCE)
        cashier.ask(cashier.top_up(minji, minji_user, 100_000), minji_user, 10_000)
        one = count_queries(client, at("refund-list"))
        for credits_ in (300_000, 500_000):
            cashier.ask(cashier.top_up(minji, minji_user, credits_), minji_user, 10_000)
        assert count_queries(client, at("refund-list")) == one


class TestTheEvidence:
    def test_shows_the_calculation_the_checks_and_the_lots(self, desk, cashier, minji, minji_user):
        order = cashier.top_up(minji, minji_user, 1_000_000, bonus=10_000)
        refund = cashier.ask(order, minji_user, 400_000)
        page = desk(rights.FINANCE).get(at("refund-detail", refund.public_id))
        case = page.context["case"]
        assert [(line.title, line.credits, line.total) for line in case.lines] == [
            ("원 결제", "1,000,000", "1,100,000원"),
            ("쓰거나 남기는 크레딧", "−600,000", "−660,000원"),
            ("보너스 회수", "−4,000", "–"),
        ]
        assert (case.total.credits, case.total.supply, case.total.vat, case.total.total) == (
            "−404,000",
            "400,000원",
            "40,000원",
            "440,000원",
        )
        assert case.verdict == "green"
        assert {check.tone for check in case.checks} == {"green"}
        assert [lot.frozen for lot in case.all_lots] == [400_000, 4_000]
        assert "440,000원 환불 승인" in page.text

    def test_shows_what_is_inside_campaigns(self, desk, cashier, minji, minji_user):
        order = cashier.top_up(minji, minji_user, 100_000)
        with transaction.atomic():
            ledger.place_hold(
                advertiser=minji, credits=30_000, subject="campaign:x", subject_label="가을 캠페인", key="hold", at=timezone.now()
            )
        refund = cashier.ask(order, minji_user)
        page = desk(rights.FINANCE).get(at("refund-detail", refund.public_id))
        finding = next(check for check in page.context["case"].checks if check.title == "쓰거나 묶인 크레딧 제외")
        assert finding.tone == "amber"
        assert finding.finding == "29,000 캠페인에 묶임(가을 캠페인 29,000)"  # her 1,000 free credits went first
        assert refund.credits == 71_000


class TestApproving:
    def test_ops_06_calls_the_card_company_once_and_ledger_statement_and_notice_agree(self, cashier, minji, minji_user, refund):
        page = enter(hire("boram", rights.FINANCE)).post(at("refund-approve", refund.public_id), follow=True)
        refund.refresh_from_db()
        assert refund.state == Refund.State.APPROVED
        assert "환불을 승인했어요" in said(page)
        cashier.work()
        cashier.work()
        refund.refresh_from_db()
        assert refund.state == Refund.State.DONE
        assert [cancel["totalAmount"] for cancel in cashier.cancels(refund.order)] == [110_000]
        assert len(cashier.cancel_calls()) == 1
        balance = credits.balance(minji)
        assert (balance.available, balance.frozen) == (1_000, 0)  # what she had before stays
        assert Entry.objects.filter(kind=Entry.Kind.RECLAIM).count() == 1
        assert Notification.objects.filter(user=minji_user, kind="payments.refund_done").count() == 1

    def test_ops_07_pressed_by_two_operators_happens_once_and_the_second_sees_the_result(self, cashier, refund):
        first, second = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        first.post(at("refund-approve", refund.public_id))
        page = second.post(at("refund-approve", refund.public_id), follow=True)
        assert page.status_code == 200
        assert page.context["case"].is_running
        cashier.work()
        assert Effect.objects.filter(kind="payments.refund").count() == 1
        assert len(cashier.cancel_calls()) == 1
        assert len(cashier.cancels(refund.order)) == 1

    def test_ops_08_after_silence_shows_that_nobody_knows_and_never_uses_a_new_key(self, cashier, refund):
        client = enter(hire("boram", rights.FINANCE))
        cashier.sandbox.control("POST", "/faults", {"kind": "drop", "when": "after", "method": "POST", "path": "cancel"})
        client.post(at("refund-approve", refund.public_id))
        cashier.work()
        refund.refresh_from_db()
        assert refund.state == Refund.State.UNKNOWN
        page = client.get(at("refund-detail", refund.public_id))
        assert "결제사의 답을 모르는 상태예요" in page.text
        assert "결과 모름" in page.text
        Effect.objects.filter(kind="payments.refund").update(due_at=timezone.now())
        cashier.work()
        refund.refresh_from_db()
        assert refund.state == Refund.State.DONE
        assert len(cashier.cancels(refund.order)) == 1
        assert refund.try_no == 1

    def test_ops_09_a_refused_cancel_keeps_the_money_frozen_and_may_be_tried_again_with_a_reason(self, cashier, minji, refund):
        client = enter(hire("boram", rights.FINANCE))
        cashier.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        client.post(at("refund-approve", refund.public_id))
        cashier.work()
        refund.refresh_from_db()
        assert refund.state == Refund.State.FAILED
        assert credits.balance(minji).frozen == 100_000
        assert Notification.objects.filter(user=None, kind="payments.refund_failed").count() == 1
        page = client.get(at("refund-detail", refund.public_id))
        assert "결제사가 취소를 거절했어요" in page.text
        refused = client.post(at("refund-retry", refund.public_id), {"reason": ""})
        assert refused.status_code == 422
        refund.refresh_from_db()
        assert (refund.state, refund.try_no) == (Refund.State.FAILED, 1)
        client.post(at("refund-retry", refund.public_id), {"reason": "카드사와 통화했어요"})
        cashier.work()
        refund.refresh_from_db()
        assert (refund.state, refund.try_no) == (Refund.State.DONE, 2)
        assert credits.balance(minji).frozen == 0
        assert LogEntry.objects.latest("pk").change_message == "다시 시도했어요 · 카드사와 통화했어요"

    def test_ops_11_above_the_limit_waits_for_a_second_person_who_is_not_the_first(self, cashier, large):
        boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        page = boram.post(at("refund-approve", large.public_id), follow=True)
        assert "다른 운영자의 승인이 한 번 더 필요해요" in said(page)
        assert "다른 운영자의 승인을 기다리고 있어요" in page.text
        again = boram.post(at("refund-approve", large.public_id), follow=True)
        assert "요청한 사람은 승인할 수 없어요" in said(again)
        large.refresh_from_db()
        assert large.state == Refund.State.REQUESTED
        assert Effect.objects.filter(kind="payments.refund").count() == 0
        page = chanho.get(at("refund-detail", large.public_id))
        assert "boram 담당" in page.text
        chanho.post(at("refund-approve", large.public_id))
        cashier.work()
        large.refresh_from_db()
        assert large.state == Refund.State.DONE
        assert [cancel["totalAmount"] for cancel in cashier.cancels(large.order)] == [3_300_000]
        assert ApprovalRequest.objects.get().state == ApprovalRequest.State.APPROVED

    def test_the_limit_is_the_policy_of_the_day(self, cashier, refund):
        DatedSetting.objects.create(
            name="payments.second_approval_above_krw", value=100_000, effective_from=timezone.now(), reason="시험", created_by_id=1
        )
        enter(hire("boram", rights.FINANCE)).post(at("refund-approve", refund.public_id))
        refund.refresh_from_db()
        assert refund.state == Refund.State.REQUESTED
        assert ApprovalRequest.objects.get().summary == "민지네 커피 110,000원 환불"


class TestDenying:
    def test_needs_a_reason_and_writes_nothing_without_one(self, minji, refund):
        client = enter(hire("boram", rights.FINANCE))
        page = client.post(at("refund-deny", refund.public_id), {"reason": " "})
        assert page.status_code == 422
        refund.refresh_from_db()
        assert refund.state == Refund.State.REQUESTED
        assert credits.balance(minji).frozen == 100_000

    def test_gives_the_credits_back_and_tells_why(self, minji, minji_user, refund):
        client = enter(hire("boram", rights.FINANCE))
        page = client.post(at("refund-deny", refund.public_id), {"reason": "이미 쓴 충전분이에요"}, follow=True)
        refund.refresh_from_db()
        assert (refund.state, refund.deny_reason) == (Refund.State.DENIED, "이미 쓴 충전분이에요")
        assert (credits.balance(minji).available, credits.balance(minji).frozen) == (101_000, 0)
        assert "반려했어요 · 이미 쓴 충전분이에요" in page.text
        assert "이미 쓴 충전분이에요" in Notification.objects.get(user=minji_user, kind="payments.refund_denied").body

    def test_after_the_card_company_was_asked_is_refused_in_words(self, cashier, refund):
        client = enter(hire("boram", rights.FINANCE))
        client.post(at("refund-approve", refund.public_id))
        page = client.post(at("refund-deny", refund.public_id), {"reason": "잘못 눌렀어요"}, follow=True)
        assert "되돌릴 수 없어요" in said(page)
        refund.refresh_from_db()
        assert refund.state == Refund.State.APPROVED


class TestWhileTheCardCompanyDecides:
    def test_pay_18_the_desk_says_why_nothing_may_be_pressed_and_a_press_is_refused_in_words(self, cashier, refund):
        client = enter(hire("boram", rights.FINANCE))
        cashier.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        client.post(at("refund-approve", refund.public_id))
        cashier.work()
        assert at("refund-retry", refund.public_id) in client.get(at("refund-detail", refund.public_id)).text
        cashier.sandbox.control("POST", f"/payments/{refund.order.order_id}/dispute", {})
        payments.sync_order(order_id=refund.order.order_id, at=timezone.now())

        page = client.get(at("refund-detail", refund.public_id))
        assert "카드사에서 이의를 확인하고 있는 결제예요" in page.text
        forms = html.fromstring(page.text).xpath("//form/@action")
        assert not {at(name, refund.public_id) for name in ("refund-retry", "refund-deny", "transfer-ask")} & set(forms)
        page = client.post(at("refund-retry", refund.public_id), {"reason": "다시 보내요"}, follow=True)
        assert "카드사에서 이의를 확인하고 있는 결제라서 지금은 환불할 수 없어요" in said(page)
        refund.refresh_from_db()
        assert (refund.state, refund.try_no) == (Refund.State.FAILED, 1)


class TestAfterTheWindow:
    def test_ref_03_the_desk_offers_no_way_to_make_a_refund(self, cashier, minji, minji_user):
        """An operator with every right decides about requests; once the window is over, nobody can make one here either."""
        order = cashier.top_up(minji, minji_user, 100_000)
        order_page = at("payments_paymentorder_change", order.pk)
        ask = at("payments_paymentorder_ask_gateway", order.pk)
        with time_machine.travel(order.refundable_until, tick=False), nothing_written():
            client = enter(hire("boram", *rights.RIGHTS))
            page = html.fromstring(client.get(order_page).text)
            buttons = page.xpath("//form[@method='post']/@action | //@hx-post | //@hx-get[not(contains(., '/search/'))]")
            assert set(buttons) == {ask, at("payments_paymentorder_open_dispute", order.pk), at("logout")}
            press(client, ask, reason="환불해 달라는 전화를 받았어요")
            desks = {room.name for room in rooms if "refund" in room.name}
            assert desks == {"refund-list", "refund-detail", "refund-approve", "refund-deny", "refund-retry"}
            for name in desks - {"refund-list"}:  # all of them are about a request that is there
                assert client.post(at(name, uuid4()), {"reason": "환불해 주세요"}).status_code in (404, 405)
        assert not site.is_registered(Refund)
        assert (Refund.objects.count(), cashier.cancel_calls()) == (0, [])


class TestDifferences:
    def test_ops_10_a_cancel_in_the_console_is_followed_after_one_click_with_a_reason(self, cashier, minji, minji_user):
        order = cashier.top_up(minji, minji_user, 100_000)
        cashier.sandbox.control("POST", f"/payments/{order.order_id}/console-cancel", {"amount": 44_000})
        payments.sync_order(order_id=order.order_id, at=timezone.now())
        item = ReconciliationItem.objects.get()
        assert (item.kind, item.amount_krw, item.state) == ("FOREIGN_CANCEL", 44_000, "OPEN")
        assert credits.balance(minji).available == 101_000
        client = enter(hire("boram", rights.FINANCE))
        page = client.get(at("payments_reconciliationitem_change", item.pk))
        assert "취소한 금액: 우리 0원 · 결제사 44,000원" in page.text
        settle = at("payments_reconciliationitem_settle", item.pk)
        press(client, settle, reason="")
        item.refresh_from_db()
        assert item.state == "OPEN"
        assert credits.balance(minji).available == 101_000
        press(client, settle, reason="콘솔에서 부분 취소했어요")
        item.refresh_from_db()
        assert (item.state, item.settled_by.username, item.reason) == ("SETTLED", "boram", "콘솔에서 부분 취소했어요")
        assert credits.balance(minji).available == 61_000
        order.refresh_from_db()
        assert (order.captured_krw, order.cancelled_krw, order.state) == (110_000, 44_000, "PART_REFUNDED")

    def test_settled_by_somebody_else_is_refused_in_words(self, cashier, minji, minji_user):
        order = cashier.top_up(minji, minji_user, 100_000)
        cashier.sandbox.control("POST", f"/payments/{order.order_id}/console-cancel", {})
        payments.sync_order(order_id=order.order_id, at=timezone.now())
        item = ReconciliationItem.objects.get()
        settle = at("payments_reconciliationitem_settle", item.pk)
        press(enter(hire("boram", rights.FINANCE)), settle, reason="먼저 했어요")
        second = enter(hire("chanho", rights.FINANCE))
        press(second, settle, reason="나중에 했어요")
        page = second.get(at("payments_reconciliationitem_change", item.pk))
        assert "이미 처리한 차이예요" in said(page)
        item.refresh_from_db()
        assert item.reason == "먼저 했어요"
