"""The room of money that fits no order: who may decide, and that a press with a reason gives it back once. PAY-12."""

import pytest
from django.db import transaction
from django.utils import timezone

from backoffice import rights
from common import dated
from payments.models import UnallocatedMoney
from payments.services import unallocated
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, press, said


@pytest.fixture
def money(cashier, minji, minji_user):
    order = cashier.top_up(minji, minji_user, 100_000)
    with transaction.atomic():
        return unallocated.take_in(
            order, gateway="portone", amount_krw=50_000, why=UnallocatedMoney.Why.TWICE, paid_at=order.paid_at, key="desk", at=order.paid_at
        )


@pytest.mark.parametrize("deed", ["send_back", "allocate"])
def test_pay_12_more_than_the_role_may_decide_about_is_refused(money, deed):
    now = timezone.now()
    dated.change(name="backoffice.decision_limit_krw.finance", value=49_999, effective_from=now, reason="낮춰요", by_id=1, at=now)
    boram = enter(hire("boram", rights.FINANCE))
    press(boram, at(f"payments_unallocatedmoney_{deed}", money.pk), reason="확인했어요")
    assert "49,999원까지 승인할 수 있어요" in said(boram.get(at("payments_unallocatedmoney_change", money.pk)))
    money.refresh_from_db()
    assert (money.state, money.decided_by) == ("OPEN", None)


def test_pay_12_a_press_with_a_reason_gives_back_once_and_names_who(money):
    client = enter(hire("boram", *rights.RIGHTS))
    assert "처리할 입금" in client.get(at("payments_unallocatedmoney_changelist")).text

    account = {"bank": "088", "number": "110123456789", "holder": "김민지"}
    for _ in range(2):
        press(client, at("payments_unallocatedmoney_send_back", money.pk), reason="두 번 입금함", **account)

    money.refresh_from_db()
    assert (money.state, money.try_no, money.decided_by.username, money.reason) == ("RETURNING", 1, "boram", "두 번 입금함")
