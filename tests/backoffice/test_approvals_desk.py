"""Second approvals: the maker is never the checker, and a decision is made once."""

import pytest
from django.db import transaction
from django.utils import timezone

from backoffice import limits, rights
from common import dated
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


def test_ops_11_whoever_comes_second_in_the_same_moment_is_told(chanho, request_, refund, monkeypatch):
    url, dami = at("identity_approvalrequest_approve", request_.pk), enter(hire("dami", rights.FINANCE))
    # Both have looked before either has pressed.
    monkeypatch.setattr("backoffice.services.deciding.refuse_when_decided", lambda request: None)
    press(chanho, url, sure="on")
    press(dami, url, sure="on")
    assert "이미" in said(dami.get(change(request_)))
    request_.refresh_from_db()
    assert request_.decided_by.username == "chanho"


def test_ops_11_a_request_ends_when_one_yes_is_enough_by_now(boram, request_, refund):
    now = timezone.now()
    dated.change(name="payments.second_approval_above_krw", value=5_000_000, effective_from=now, reason="높여요", by_id=1, at=now)
    boram.post(at("refund-approve", refund.public_id))
    request_.refresh_from_db()
    refund.refresh_from_db()
    assert (request_.state, refund.state) == (State.EXPIRED, Refund.State.APPROVED)


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


class TestLimits:
    @pytest.fixture
    def low(self, db):
        """People of finance may decide up to a million won."""
        now = timezone.now()
        with transaction.atomic():
            dated.change(
                name="backoffice.decision_limit_krw.finance", value=1_000_000, effective_from=now, reason="낮춰요", by_id=1, at=now
            )

    def test_refuse_an_amount_above_the_role_at_both_desks(self, boram, chanho, request_, refund, low):
        url = at("identity_approvalrequest_approve", request_.pk)
        press(chanho, url, sure="on")
        assert "1,000,000원까지 승인할 수 있어요" in said(chanho.get(change(request_)))
        page = chanho.post(at("refund-approve", refund.public_id), follow=True)
        assert "1,000,000원까지 승인할 수 있어요" in said(page)
        request_.refresh_from_db()
        refund.refresh_from_db()
        assert (request_.state, refund.state) == (State.WAITING, Refund.State.REQUESTED)

    def test_let_a_role_with_a_higher_one_decide(self, request_, refund, low):
        press(enter(hire("dami", rights.ADMIN)), at("identity_approvalrequest_approve", request_.pk), sure="on")
        request_.refresh_from_db()
        assert request_.state == State.APPROVED

    def test_do_not_make_a_checker_of_the_maker_whatever_the_role(self, request_, refund):
        maker = request_.made_by
        maker.is_superuser = True
        maker.save()
        maker.groups.set(rights.ensure_groups().values())
        press(enter(maker), at("identity_approvalrequest_approve", request_.pk), sure="on")
        enter(maker).post(at("refund-approve", refund.public_id))
        request_.refresh_from_db()
        assert (request_.state, Effect.objects.filter(kind="payments.refund").count()) == (State.WAITING, 0)

    def test_are_highest_for_who_has_several_roles(self, db):
        both = hire("both", rights.FINANCE, rights.ADMIN)
        assert limits.limit_of(both, at=timezone.now()) == 1_000_000_000
        assert limits.limit_of(hire("sora", rights.SUPPORT), at=timezone.now()) == 0
