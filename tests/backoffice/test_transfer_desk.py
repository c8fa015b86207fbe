"""A refund by bank, pressed step by step at the refund desk (REF-08)."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from lxml import html

from backoffice import rights
from identity.models import AccessLog, ApprovalRequest, User
from payments import services as payments
from payments.models import BankTransfer, Refund, RefundAccount
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, press, said

WHY = {"reason": "오래된 거래라 취소가 안 돼요"}
NUMBER = "110222222222"


@pytest.fixture
def failed(cashier, minji, minji_user):
    """A refund of 110,000 won that the card company refused, and an account that may be used."""
    payments.register_account(advertiser=minji, bank="088", number=NUMBER, by=minji_user, at=timezone.now() - timedelta(days=2))
    refund = cashier.ask(cashier.top_up(minji, minji_user, 100_000), minji_user)
    cashier.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
    payments.approve_refund(refund=refund, by=hire("decider", rights.FINANCE), at=timezone.now())
    cashier.work()
    refund.refresh_from_db()
    assert refund.state == Refund.State.FAILED
    return refund


def kept(transfer):
    """Who did what to it, oldest first."""
    notes = LogEntry.objects.filter(content_type__model="banktransfer", object_id=str(transfer.pk)).order_by("pk")
    return list(notes.values_list("user__username", "change_message"))


def desk_of(refund):
    return at("refund-detail", refund.public_id)


class TestTheDesk:
    def test_ref_08_leads_two_operators_from_the_failure_to_the_number_of_the_bank(self, failed):
        boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        assert "계좌 환불 요청하기" in boram.get(desk_of(failed)).text
        page = boram.post(at("transfer-ask", failed.public_id), WHY, follow=True)
        assert "다른 운영자의 승인을 기다리고 있어요" in page.text
        page = boram.post(at("transfer-approve", failed.public_id), follow=True)
        assert "요청한 사람은 승인할 수 없어요" in said(page)

        chanho.post(at("transfer-approve", failed.public_id))
        page = chanho.get(desk_of(failed))
        assert NUMBER not in page.text
        page = chanho.post(at("transfer-start", failed.public_id), follow=True)
        assert NUMBER in page.text
        assert NUMBER not in boram.get(desk_of(failed)).text
        assert AccessLog.objects.filter(action="refund_account.viewed").count() == 1

        page = chanho.post(at("transfer-finish", failed.public_id), {"transfer_no": "NH-2026-0001"}, follow=True)
        assert "이체 번호 NH-2026-0001" in page.text
        assert "이체를 시작했어요" in page.text  # in the history, as every step
        failed.refresh_from_db()
        assert (failed.state, failed.way) == (Refund.State.DONE, Refund.Way.BANK)

    def test_ref_08_is_agreed_to_or_refused_in_the_room_of_approvals_too(self, failed):
        boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        boram.post(at("transfer-ask", failed.public_id), WHY)
        request = ApprovalRequest.objects.get(kind="payments.bank_transfer")
        press(chanho, at("identity_approvalrequest_refuse", request.pk), reason="계좌를 다시 확인해요")
        failed.refresh_from_db()
        assert (failed.state, BankTransfer.objects.get().state) == (Refund.State.FAILED, BankTransfer.State.CALLED_OFF)

        boram.post(at("transfer-ask", failed.public_id), WHY)
        request = ApprovalRequest.objects.get(kind="payments.bank_transfer", state="WAITING")
        press(chanho, at("identity_approvalrequest_approve", request.pk), sure="on")
        assert BankTransfer.objects.order_by("-pk").first().state == BankTransfer.State.APPROVED

    def test_ref_08_says_when_the_advertiser_has_no_account_that_may_be_used(self, failed):
        client = enter(hire("boram", rights.FINANCE))
        RefundAccount.objects.update(usable_at=timezone.now() + timedelta(hours=3))
        page = client.get(desk_of(failed))
        assert "계좌 환불 요청하기" not in page.text
        assert "부터 쓸 수 있어요" in page.text
        assert "하루가 지나야" in said(client.post(at("transfer-ask", failed.public_id), WHY, follow=True))

    def test_ref_08_wants_a_reason_and_a_number(self, failed):
        client = enter(hire("boram", rights.FINANCE))
        client.post(at("transfer-ask", failed.public_id), {"reason": ""})
        assert not BankTransfer.objects.exists()
        client.post(at("transfer-ask", failed.public_id), WHY)
        enter(hire("chanho", rights.FINANCE)).post(at("transfer-approve", failed.public_id))
        client.post(at("transfer-start", failed.public_id))
        client.post(at("transfer-finish", failed.public_id), {"transfer_no": ""})
        assert BankTransfer.objects.get().state == BankTransfer.State.STARTED
        client.post(at("transfer-call-off", failed.public_id), {"reason": "은행이 쉬어요"})
        assert BankTransfer.objects.get().state == BankTransfer.State.CALLED_OFF

    def test_ref_08_once_begun_only_whoever_began_may_end_it_and_every_step_keeps_who(self, failed):
        boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        boram.post(at("transfer-ask", failed.public_id), WHY)
        chanho.post(at("transfer-approve", failed.public_id))
        chanho.post(at("transfer-start", failed.public_id))
        ends = {at(f"transfer-{step}", failed.public_id) for step in ("finish", "call-off")}
        forms = [set(html.fromstring(desk.get(desk_of(failed)).text).xpath("//form/@action")) & ends for desk in (boram, chanho)]
        assert forms == [set(), ends]

        for step, sent in (("call-off", {"reason": "제가 취소해요"}), ("finish", {"transfer_no": "NH-1"})):
            page = boram.post(at(f"transfer-{step}", failed.public_id), sent, follow=True)
            assert "지금은 할 수 없는 단계예요" in said(page)
        assert BankTransfer.objects.get().state == BankTransfer.State.STARTED

        page = chanho.post(at("transfer-call-off", failed.public_id), {"reason": "은행이 쉬어요"}, follow=True)
        [end] = [event for event in page.context["case"].events if event.what == "계좌 환불을 취소했어요 · 은행이 쉬어요"]
        assert end.who == User.objects.get(username="chanho").get_full_name()
        assert kept(BankTransfer.objects.get()) == [
            ("chanho", "계좌 환불을 승인했어요"),
            ("chanho", "이체를 시작했어요"),
            ("chanho", "계좌 환불을 취소했어요 · 은행이 쉬어요"),
        ]

    def test_ref_08_the_desk_lets_a_colleague_take_over_and_says_to_look_into_the_statement_first(self, failed):
        boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        boram.post(at("transfer-ask", failed.public_id), WHY)
        chanho.post(at("transfer-approve", failed.public_id))
        chanho.post(at("transfer-start", failed.public_id))
        page = boram.get(desk_of(failed))
        assert "통장 거래 내역을 먼저 보고" in page.text
        [holder] = html.fromstring(page.text).xpath("//input[@name='holder']/@value")

        boram.post(at("transfer-take-over", failed.public_id), {"holder": holder, "reason": ""})
        assert BankTransfer.objects.get().taken_over_by is None
        page = boram.post(at("transfer-take-over", failed.public_id), {"holder": holder, "reason": "휴가예요"}, follow=True)
        assert "은행에서 새로 보내지 마세요" in page.text
        assert NUMBER in page.text
        assert "나갔어요" in page.text
        assert "나가지 않았어요, 취소하기" in page.text
        assert "이체를 넘겨받았어요" in [event.what for event in page.context["case"].events]
        left = chanho.get(desk_of(failed)).text
        assert NUMBER not in left
        assert "이체 넘겨받기" in left

        boram.post(at("transfer-finish", failed.public_id), {"transfer_no": "NH-1"})
        assert kept(BankTransfer.objects.get())[2:] == [
            ("boram", "chanho 대신 이체를 넘겨받았어요 · 휴가예요"),
            ("boram", "이체를 기록했어요 · NH-1"),
        ]

    def test_ref_09_the_desk_says_that_the_account_was_replaced_and_offers_to_call_it_off_only(self, failed, minji, minji_user):
        boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        boram.post(at("transfer-ask", failed.public_id), WHY)
        payments.register_account(advertiser=minji, bank="088", number=NUMBER, by=minji_user, at=timezone.now())

        page = chanho.post(at("transfer-approve", failed.public_id), follow=True)
        assert "광고주가 환불 계좌를 바꿨어요" in said(page)
        assert "취소하고 새 계좌로 다시 요청해 주세요" in html.fromstring(page.text).text_content()
        forms = html.fromstring(page.text).xpath("//form/@action")
        assert at("transfer-approve", failed.public_id) not in forms
        assert at("transfer-call-off", failed.public_id) in forms

    def test_ref_08_the_number_pressed_twice_is_written_down_once(self, failed):
        boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        boram.post(at("transfer-ask", failed.public_id), WHY)
        chanho.post(at("transfer-approve", failed.public_id))
        chanho.post(at("transfer-start", failed.public_id))
        pages = [chanho.post(at("transfer-finish", failed.public_id), {"transfer_no": "NH-1"}, follow=True) for _ in range(2)]
        assert "이체를 기록하고 환불을 끝냈어요" in said(pages[0])
        assert "다른 운영자가 먼저 처리했어요" in said(pages[1])
        assert kept(BankTransfer.objects.get())[2:] == [("chanho", "이체를 기록했어요 · NH-1")]

    def test_ref_08_is_not_for_support(self, failed):
        client = enter(hire("somi", rights.SUPPORT))
        for step in ("ask", "approve", "start", "take-over", "finish", "call-off"):
            assert client.post(at(f"transfer-{step}", failed.public_id), WHY).status_code == 403
        assert not BankTransfer.objects.exists()
