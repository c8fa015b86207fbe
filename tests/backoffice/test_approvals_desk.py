"""Second approvals: the maker is never the checker, and a decision is made once."""

import pytest

from backoffice import rights
from common.models import Effect
from credits import selectors as credits
from identity.models import ApprovalRequest
from payments.models import Refund
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, press, said

State = ApprovalRequest.State


@pytest.fixture
def boram(db):
    return enter(hire("boram", rights.FINANCE))


@pytest.fixture
def chanho(db):
    return enter(hire("chanho", rights.FINANCE))


@pytest.fixture
def refund(cashier, minji, minji_user):
    return cashier.ask(cashier.top_up(minji, minji_user, 3_000_000), minji_user)


@pytest.fixture
def request_(boram, refund):
    """Boram's first yes to a refund of 3,300,000 won."""
    boram.post(at("refund-approve", refund.public_id))
    return ApprovalRequest.objects.get()


def change(request_) -> str:
    return at("identity_approvalrequest_change", request_.pk)


def test_the_list_says_who_asked_for_what(chanho, request_):
    page = chanho.get(at("identity_approvalrequest_changelist"))
    assert "민지네 커피 3,300,000원 환불" in page.text
    assert "boram 담당" in page.text
    assert "승인 대기" in page.text


def test_ops_11_the_maker_is_refused_in_words_and_nothing_moves(boram, request_, refund):
    press(boram, at("identity_approvalrequest_approve", request_.pk), sure="on")
    assert "요청한 사람은 승인할 수 없어요" in said(boram.get(change(request_)))
    request_.refresh_from_db()
    refund.refresh_from_db()
    assert (request_.state, refund.state) == (State.WAITING, Refund.State.REQUESTED)
    assert Effect.objects.filter(kind="payments.refund").count() == 0


def test_ops_11_the_checker_carries_it_out_once(chanho, cashier, request_, refund):
    url = at("identity_approvalrequest_approve", request_.pk)
    press(chanho, url)  # without the deliberate press
    request_.refresh_from_db()
    assert request_.state == State.WAITING
    press(chanho, url, sure="on")
    request_.refresh_from_db()
    refund.refresh_from_db()
    assert (request_.state, request_.decided_by.username) == (State.APPROVED, "chanho")
    assert refund.state == Refund.State.APPROVED
    press(chanho, url, sure="on")
    assert "이미" in said(chanho.get(change(request_)))
    cashier.work()
    refund.refresh_from_db()
    assert refund.state == Refund.State.DONE
    assert len(cashier.cancel_calls()) == 1


def test_refusing_needs_a_reason_and_ends_the_refund(chanho, minji, request_, refund):
    url = at("identity_approvalrequest_refuse", request_.pk)
    press(chanho, url, reason="")
    request_.refresh_from_db()
    assert request_.state == State.WAITING
    press(chanho, url, reason="계약을 먼저 확인해야 해요")
    request_.refresh_from_db()
    refund.refresh_from_db()
    assert (request_.state, request_.reason) == (State.REFUSED, "계약을 먼저 확인해야 해요")
    assert (refund.state, refund.deny_reason) == (Refund.State.DENIED, "계약을 먼저 확인해야 해요")
    assert credits.balance(minji).frozen == 0


@pytest.mark.parametrize("role", [rights.REVIEWER, rights.SUPPORT, rights.CONTENT])
def test_others_do_not_enter(desk, request_, role):
    client = desk(role)
    assert client.get(at("identity_approvalrequest_changelist")).status_code == 403
    assert press(client, at("identity_approvalrequest_approve", request_.pk), sure="on").status_code == 403
    request_.refresh_from_db()
    assert request_.state == State.WAITING
