"""Credits given by hand and claims, pressed on the advertiser's page; the room that lists who owes."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.utils import timezone

from backoffice import rights
from credits import selectors as credits
from credits import services as ledger
from identity.models import ApprovalRequest
from payments import services as payments
from payments.models import ReconciliationItem
from tests.backoffice.conftest import enter, hire
from tests.backoffice.pressing import at, press, said


def page_of(advertiser):
    return at("advertisers_advertiser_change", advertiser.pk)


@pytest.fixture
def debtor(cashier, minji, minji_user):
    """She spent 30,000 of 100,000, and everything was cancelled in the console: 29,000 are owed (1,000 she had before)."""
    order = cashier.top_up(minji, minji_user, 100_000)
    now = timezone.now()
    with transaction.atomic():
        hold = ledger.place_hold(advertiser=minji, credits=30_000, subject="c", subject_label="c", key="hold", at=now)
        ledger.capture(hold=hold, credits=30_000, reward_cost=0, key="capture", at=now)
    cashier.sandbox.control("POST", f"/payments/{order.order_id}/console-cancel", {})
    payments.sync_order(order_id=order.order_id, at=now + timedelta(minutes=1))
    operator = hire("settler", rights.FINANCE)
    payments.settle_item(item=ReconciliationItem.objects.get(), by=operator, reason="콘솔에서 취소했어요", at=now + timedelta(minutes=2))
    minji.refresh_from_db()
    assert minji.is_restricted
    return minji


class TestCreditsByHand:
    def test_ops_12_are_asked_for_by_one_and_given_by_another(self, minji):
        boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        before = credits.balance(minji).available
        url = at("advertisers_advertiser_give_credits", minji.pk)
        for _ in range(2):  # a double press
            press(boram, url, credits="10000", lot_kind="GOODWILL", reason="장애에 대한 사과", key="00000000-0000-4000-8000-000000000009")
        request = ApprovalRequest.objects.get(kind="credits.manual_credit")
        page = boram.post(at("identity_approvalrequest_approve", request.pk), {"_form_submitted": "True", "sure": "on"}, follow=True)
        assert page.status_code == 200
        assert credits.balance(minji).available == before
        press(chanho, at("identity_approvalrequest_approve", request.pk), sure="on")
        assert credits.balance(minji).available == before + 10_000

    @pytest.mark.parametrize("fields", [{"reason": ""}, {"credits": "0"}, {"credits": "-5"}, {"lot_kind": "PAID"}])
    def test_ops_12_are_not_asked_for_without_sense(self, desk, minji, fields):
        said_ = {"credits": "10000", "lot_kind": "GOODWILL", "reason": "사과", "key": "k"} | fields
        press(desk(rights.FINANCE), at("advertisers_advertiser_give_credits", minji.pk), **said_)
        assert not ApprovalRequest.objects.exists()

    def test_ops_12_are_not_for_support(self, desk, minji):
        client = desk(rights.SUPPORT)
        answer = press(client, at("advertisers_advertiser_give_credits", minji.pk), credits="1", lot_kind="GOODWILL", reason="x", key="k")
        assert answer.status_code == 403


class TestClaims:
    def test_are_listed_settled_by_two_and_then_the_account_opens(self, debtor):
        boram, chanho = (enter(hire(name, rights.FINANCE)) for name in ("boram", "chanho"))
        owed = credits.claim_of(debtor)
        assert f"{owed:,}" in boram.get(at("claim-list")).text
        press(boram, at("advertisers_advertiser_lift_restriction", debtor.pk), reason="풀어 주세요")
        assert "받을 금액이" in said(boram.get(page_of(debtor)))
        press(
            boram, at("advertisers_advertiser_settle_claim", debtor.pk),
            credits=str(owed), way="TRANSFER", reason="입금을 확인했어요", key="00000000-0000-4000-8000-000000000009",
        )  # fmt: skip
        request = ApprovalRequest.objects.get(kind="credits.settle_claim")
        press(chanho, at("identity_approvalrequest_approve", request.pk), sure="on")
        assert credits.claim_of(debtor) == 0
        assert "받을 금액이 없어요" in boram.get(at("claim-list")).text
        press(boram, at("advertisers_advertiser_lift_restriction", debtor.pk), reason="모두 받았어요")
        debtor.refresh_from_db()
        assert not debtor.is_restricted
        assert LogEntry.objects.filter(change_message="제한을 풀었어요 · 모두 받았어요").count() == 1

    def test_are_not_shown_to_support(self, desk):
        assert desk(rights.SUPPORT).get(at("claim-list")).status_code == 403
