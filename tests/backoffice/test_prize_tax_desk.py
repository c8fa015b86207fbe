"""The desk for prize taxes: it sees what is owed and confirms that it came; the file with names asks for a right and a reason."""

import io
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from openpyxl import load_workbook

from backoffice import rights
from common.kst import day_of
from rewards import prize_tax, raffles
from rewards.models import PrizeTax, RaffleWinner, TaxIdentity
from tests import factories
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, said
from tests.rewards.raffle_world import give, opened, press
from tests.rewards.test_prize_tax import BIKE, NUMBER, answer, draw


@pytest.fixture
def cashier(db):
    return enter(hire("jaehee", rights.FINANCE))


@pytest.fixture
def editor(db):
    return enter(hire("boram", rights.CONTENT))


@pytest.fixture
def tax(operator, finance):
    """Suji won a bicycle two hours ago, claimed it, and told who pays."""
    began = timezone.now() - timedelta(hours=3)
    member = factories.MemberFactory(nickname="수지")
    give(member, 1, began)
    raffle = opened(began, by=operator, funder=finance, prizes=(BIKE,))
    press(member, raffle, at=began)
    draw(raffle)
    raffles.claim(member=member, raffle=raffle.public_id, at=raffle.draws_at)
    return prize_tax.give(member=member, raffle=raffle.public_id, answer=answer(), at=raffle.draws_at)


def pay(client, tax, **changes):
    today = day_of(timezone.now())
    return client.post(at("prize-tax-pay", tax.public_id), {"paid_on": f"{today}", "reference": "국민 김수지", **changes}, follow=True)


def test_ops_26_the_list_says_what_is_owed_and_names_nobody(cashier, tax):
    page = cashier.get(at("prize-tax-list")).text
    assert all(text in page for text in ("80,000", "16,000", "1,600", "17,600", "헤드폰 래플"))
    assert not any(text in page for text in ("900101", "김수지 ", "수지</"))


def test_ops_26_the_raffle_desk_waits_for_the_tax(editor, cashier, tax):
    raffle = tax.winner.raffle
    address = at("raffle-detail", raffle.public_id)
    assert "17,600원을 기다려요" in editor.get(address).text
    editor.post(at("raffle-deliver", raffle.public_id, 1), {"reason": "택배"})
    assert RaffleWinner.objects.get().state == "CLAIMED"
    pay(cashier, tax)
    editor.post(at("raffle-deliver", raffle.public_id, 1), {"reason": "택배"})
    assert RaffleWinner.objects.get().state == "DELIVERED"


def test_ops_26_the_deposit_is_confirmed_with_its_day_and_place(cashier, tax):
    assert "납부를 확인했어요" in said(pay(cashier, tax))
    row = PrizeTax.objects.get()
    assert (row.state, row.reference, row.paid_by.username) == ("PAID", "국민 김수지", "jaehee")
    assert "17,600원 입금 확인" in LogEntry.objects.latest("pk").change_message
    assert "1" in cashier.get(at("prize-tax-list")).text


@pytest.mark.parametrize(
    "changes,words", [({"paid_on": "내일"}, "날짜"), ({"paid_on": "2999-01-01"}, "오늘이거나"), ({"reference": ""}, "입금")]
)
def test_ops_26_what_is_no_deposit_changes_nothing(cashier, tax, changes, words):
    assert words in said(pay(cashier, tax, **changes))
    assert PrizeTax.objects.get().state == "GIVEN"


def test_ops_26_a_prize_moves_on_only_after_the_time(cashier, tax):
    forfeit = at("prize-tax-forfeit", tax.public_id)
    cashier.post(forfeit, {"reason": "입금 없음"})
    assert PrizeTax.objects.get().state == "GIVEN"
    PrizeTax.objects.update(due_at=timezone.now())
    assert "예비에게 넘기기" in cashier.get(at("prize-tax-list")).text
    assert "예비 당첨자에게 넘기고" in said(cashier.post(forfeit, {"reason": "입금 없음"}, follow=True))
    assert (PrizeTax.objects.get().state, TaxIdentity.objects.count()) == ("LAPSED", 0)


def test_ops_26_the_statement_names_people_and_asks_why(cashier, tax):
    pay(cashier, tax)
    address = at("prize-tax-statement", day_of(timezone.now()).year)
    assert cashier.post(address, {"reason": ""}).status_code == 302
    sheet = cashier.post(address, {"reason": "지급명세서 제출"})
    assert NUMBER in list(load_workbook(io.BytesIO(sheet.content)).active.values)[1]
    assert "no-store" in sheet.headers["Cache-Control"]
    assert LogEntry.objects.latest("pk").change_message == "지급명세서 제출"
    assert cashier.post(at("prize-tax-statement", 1999), {"reason": "확인"}).status_code == 404


def test_ops_26_none_of_it_is_for_who_writes_pages(editor, tax):
    doors = [at("prize-tax-list"), at("prize-tax-pay", tax.public_id), at("prize-tax-statement", 2026)]
    assert [editor.post(door).status_code if door != doors[0] else editor.get(door).status_code for door in doors] == [403] * 3
