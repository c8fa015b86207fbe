"""The room of the house's own account: a statement is brought, a deposit finds its order or goes back, and another operator sends money."""

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from backoffice import rights
from common import dated
from common.kst import SEOUL
from identity.models import AccessLog
from payments import services
from payments.models import BankDeposit, BankPayout, Package
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, count_queries, said

KRW = 3_300_000
RETURN = {"bank": "088", "number": "110123456789", "holder": "김민지", "reason": "모르는 분이에요"}


@pytest.fixture
def order(cashier, minji, minji_user):
    package, _ = Package.objects.update_or_create(credits=3_000_000, defaults={"bonus_credits": 0, "is_offered": True})
    now = timezone.now()
    made = services.create_order(advertiser=minji, package=package, by=minji_user, at=now, key="bank", method="BANK")
    services.open_window(order=made, at=now)
    return services.sync_order(order_id=made.order_id, at=now)


def line(number, name, krw=KRW):
    return f"{number},{timezone.now().astimezone(SEOUL):%Y-%m-%d %H:%M},{krw},{name}"


@pytest.fixture
def boram():
    return enter(hire("boram", *rights.RIGHTS))


@pytest.fixture
def sejin():
    return enter(hire("sejin", *rights.RIGHTS))


def test_ops_28_a_statement_is_pasted_and_its_deposit_is_led_to_the_order_it_names(order, boram):
    brought = boram.post(at("bank-statement"), {"text": line("T-1", f"민지 {order.depositor.lower()}")}, follow=True)
    assert "새 입금 1건을 올렸어요" in said(brought)
    assert order.order_id in brought.text
    assert "입금자 이름이 맞아요" in brought.text

    deposit = BankDeposit.objects.get()
    for _ in range(2):
        boram.post(at("deposit-match", deposit.public_id), {"order_id": order.order_id})

    deposit.refresh_from_db()
    assert (deposit.state, deposit.order, deposit.decided_by.username) == ("MATCHED", order, "boram")
    assert order.unallocated.count() == 1


def test_without_a_name_the_only_order_of_that_sum_is_offered_and_of_two_none(order, boram, minji, minji_user):
    boram.post(at("bank-statement"), {"text": line("T-1", "민지네커피")})
    assert "이 금액을 기다리는 하나뿐인 주문이에요" in boram.get(at("bank")).text

    second = services.create_order(advertiser=minji, package=order.package, by=minji_user, at=timezone.now(), key="bank-2", method="BANK")
    assert second.pk != order.pk
    assert "맞는 주문이 없어요" in boram.get(at("bank")).text


def test_what_cannot_be_read_stays_in_the_box_with_the_reason(boram, db):
    refused = boram.post(at("bank-statement"), {"text": "T-1,어제,5000,민지"})
    assert refused.status_code == 422
    assert "거래일시를" in refused.text
    assert "T-1,어제,5000,민지" in refused.text
    assert not BankDeposit.objects.exists()


def test_a_deposit_of_nobody_is_sent_back_by_another_operator_who_alone_sees_the_account(cashier, boram, sejin):
    boram.post(at("bank-statement"), {"text": line("T-1", "모르는 사람", 77_000)})
    boram.post(at("deposit-return", BankDeposit.objects.get().public_id), RETURN)
    payout = BankPayout.objects.get()

    assert "다른 운영자가 보내야 해요" in boram.get(at("bank")).text
    refused = boram.post(at("payout-start", payout.public_id), follow=True)
    assert "요청한 사람은 승인할 수 없어요" in said(refused)
    assert RETURN["number"] not in sejin.get(at("bank")).text

    for _ in range(2):
        sejin.post(at("payout-start", payout.public_id))
    assert LogEntry.objects.filter(change_message="이체를 시작했어요").count() == 1
    assert RETURN["number"] in sejin.get(at("bank")).text
    assert RETURN["number"] not in boram.get(at("bank")).text
    sejin.post(at("payout-finish", payout.public_id), {"transfer_no": "BANK-0001"})
    again = boram.post(at("payout-finish", payout.public_id), {"transfer_no": "BANK-0001"}, follow=True)
    assert "먼저 처리했어요" in said(again)
    assert LogEntry.objects.filter(change_message__startswith="이체한 것으로 적었어요.").count() == 1

    payout.refresh_from_db()
    assert (payout.state, payout.transfer_no, payout.sent_by.username) == ("DONE", "BANK-0001", "sejin")
    assert BankDeposit.objects.get().state == "RETURNED"
    assert AccessLog.objects.filter(action="refund_account.viewed", actor__username="sejin").count() == 1


def test_a_payout_begun_by_somebody_away_is_taken_over_by_a_third_operator_who_is_told_not_to_send_it_again(cashier, boram, sejin):
    boram.post(at("bank-statement"), {"text": line("T-1", "모르는 사람", 77_000)})
    boram.post(at("deposit-return", BankDeposit.objects.get().public_id), RETURN)
    payout = BankPayout.objects.get()
    sejin.post(at("payout-start", payout.public_id))
    dami = enter(hire("dami", rights.FINANCE))
    away = {"holder": "sejin", "reason": "휴가예요"}

    assert "내가 결정한 돈이라 넘겨받을 수 없어요" in boram.get(at("bank")).text
    assert "요청한 사람은 승인할 수 없어요" in said(boram.post(at("payout-take-over", payout.public_id), away, follow=True))
    before = dami.get(at("bank")).text
    assert "통장 거래 내역을 먼저 보고" in before
    assert RETURN["number"] not in before
    page = dami.post(at("payout-take-over", payout.public_id), away, follow=True)
    assert "은행에서 새로 보내지 마세요" in page.text
    assert RETURN["number"] in page.text
    assert "나가지 않았어요" in page.text
    assert RETURN["number"] not in sejin.get(at("bank")).text
    kept = LogEntry.objects.filter(object_id=str(payout.pk), user__username="dami").get()
    assert kept.change_message == "sejin 대신 이체를 넘겨받았어요 · 휴가예요"

    dami.post(at("payout-call-off", payout.public_id), {"reason": "통장에서 나가지 않았어요"})
    payout.refresh_from_db()
    assert (payout.state, payout.sent_by.username, BankDeposit.objects.get().state) == ("CALLED_OFF", "sejin", "WAITING")


def test_more_than_the_role_may_decide_about_is_not_sent_back(cashier, boram):
    now = timezone.now()
    dated.change(name="backoffice.decision_limit_krw.finance", value=50_000, effective_from=now, reason="낮춰요", by_id=1, at=now)
    boram.post(at("bank-statement"), {"text": line("T-1", "모르는 사람", 77_000)})

    dami = enter(hire("dami", rights.FINANCE))
    refused = dami.post(at("deposit-return", BankDeposit.objects.get().public_id), RETURN, follow=True)

    assert "50,000원까지 승인할 수 있어요" in said(refused)
    assert (BankDeposit.objects.get().state, BankPayout.objects.count()) == ("WAITING", 0)


def test_called_off_the_deposit_waits_again(cashier, boram, sejin):
    boram.post(at("bank-statement"), {"text": line("T-1", "모르는 사람", 77_000)})
    boram.post(at("deposit-return", BankDeposit.objects.get().public_id), RETURN)

    sejin.post(at("payout-call-off", BankPayout.objects.get().public_id), {"reason": "주인을 찾았어요"})

    assert BankDeposit.objects.get().state == "WAITING"


def test_asks_the_database_as_often_whatever_waits(boram, cashier):
    boram.post(at("bank-statement"), {"text": line("T-1", "하나", 1_000)})
    few = count_queries(boram, at("bank"))
    boram.post(at("bank-statement"), {"text": "\n".join(line(f"T-{number}", "여럿", 2_000) for number in range(2, 8))})
    assert count_queries(boram, at("bank")) == few


def test_support_may_look_and_nothing_more_and_a_reviewer_not_even_that(desk):
    support = desk("support")
    assert "올리기" not in support.get(at("bank")).text
    assert support.post(at("bank-statement"), {"text": line("T-1", "누구")}).status_code == 403
    assert not BankDeposit.objects.exists()
    assert desk("reviewer").get(at("bank")).status_code == 403
