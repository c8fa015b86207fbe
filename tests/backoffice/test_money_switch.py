"""The switch over top-ups and refunds."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from backoffice import rights, services
from common import dated
from common.models import DatedSetting
from credits import services as ledger
from credits.services import MoneyStopped
from identity.models import Notification
from payments.models import Refund
from tests.backoffice.conftest import INDEX, enter, hire
from tests.backoffice.pressing import at, press, said

STOP, RESUME, SWITCH = at("money-stop"), at("money-resume"), at("money-switch")


def stopped() -> bool:
    return ledger.MONEY_STOPPED.at(timezone.now())


def test_needs_a_reason_and_writes_nothing_without_one(desk):
    page = desk(rights.FINANCE).post(STOP, {"reason": ""})
    assert page.status_code == 422
    assert not stopped()
    assert DatedSetting.objects.count() == 0


def test_ops_27_one_switch_stops_and_starts_again_and_keeps_who_and_why(db):
    boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
    page = boram.post(STOP, {"reason": "원장 차이를 확인해요"}, follow=True)
    assert "새 충전과 환불을 멈췄어요" in said(page)
    assert stopped()
    assert "충전과 환불을 멈춰 두었어요" in chanho.get(INDEX).text
    assert Notification.objects.get(user=None, kind="backoffice.money_switch").body == "boram 담당 · 원장 차이를 확인해요"
    again = chanho.post(STOP, {"reason": "저도 눌렀어요"}, follow=True)
    assert "이미 바뀌어 있어요" in said(again)
    assert DatedSetting.objects.count() == 1
    page = chanho.post(RESUME, {"reason": "차이를 찾아 고쳤어요"}, follow=True)
    assert not stopped()
    assert [(turn.who, turn.stopped, turn.reason) for turn in page.context["turns"]] == [
        ("chanho 담당", False, "차이를 찾아 고쳤어요"),
        ("boram 담당", True, "원장 차이를 확인해요"),
    ]
    assert LogEntry.objects.count() == 2


def test_an_emergency_has_no_appointment(desk):
    """A stop that was planned for the night would answer today's press with "already stopped" while money moves."""
    client, tonight = desk(rights.ADMIN), timezone.now() + timedelta(hours=9)
    wish = {"name": ledger.MONEY_STOPPED.name, "value": "true", "effective_from": f"{tonight:%Y-%m-%dT%H:%M}", "reason": "점검해요"}
    press(client, at("common_datedsetting_set_policy"), **wish)
    with pytest.raises(dated.PolicyRefused):
        services.set_policy(
            name=ledger.MONEY_STOPPED.name, value=True, effective_from=tonight, by=hire("x", rights.ADMIN), reason="점검", at=timezone.now()
        )
    assert DatedSetting.objects.count() == 0


def test_ops_27_while_stopped_no_refund_is_asked_for(desk, cashier, minji, minji_user):
    order = cashier.top_up(minji, minji_user, 100_000)
    desk(rights.FINANCE).post(STOP, {"reason": "원장 차이를 확인해요"})
    with pytest.raises(MoneyStopped):
        cashier.ask(order, minji_user)
    assert Refund.objects.count() == 0
    enter(hire("chanho", rights.FINANCE)).post(RESUME, {"reason": "차이가 없었어요"})
    assert cashier.ask(order, minji_user).state == Refund.State.REQUESTED


@pytest.mark.parametrize("role", [rights.REVIEWER, rights.SUPPORT, rights.CONTENT])
def test_others_neither_see_nor_press_it(desk, role):
    client = desk(role)
    assert client.get(SWITCH).status_code == 403
    assert client.post(STOP, {"reason": "눌러 봤어요"}).status_code == 403
    assert not stopped()


def test_is_never_a_link(desk):
    client = desk(rights.ADMIN)
    assert (client.get(STOP).status_code, client.get(RESUME).status_code) == (405, 405)
    assert not stopped()
