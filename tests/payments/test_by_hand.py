"""What operators do by hand, always two of them: OPS-12 credits as an apology, and claims of restricted debtors."""

from datetime import timedelta

import pytest
from django.db import transaction

from advertisers import services as advertisers
from common.errors import DomainError
from credits import selectors as balances
from credits import services as ledger
from credits.models import Entry, Lot
from identity import approvals
from identity.models import ApprovalRequest, Notification
from payments import services
from payments.models import ReconciliationItem
from tests.credits.book import house, lines, nothing_written, parts
from tests.signing_in import browser

Way = ledger.Way


def refused(code, call):
    with nothing_written(), pytest.raises(DomainError) as refusal:
        call()
    assert refusal.value.code == code


@pytest.fixture
def give(till, operator, at):
    def asked(credits=10_000, *, lot_kind=Lot.Kind.GOODWILL, reason="어제 화면이 멈춰서 죄송해요", key="manual:1"):
        return services.ask_manual_credit(
            advertiser=till.advertiser, credits=credits, lot_kind=lot_kind, reason=reason, by=operator, key=key, at=at
        )

    return asked


@pytest.fixture
def debtor(till, buyer, operator, at):
    """Minji spent 80,000 of 100,000; then the whole payment was cancelled in the console."""
    order = till.paid()
    till.spends(80_000)
    buyer.act(order, "console-cancel")
    services.sync_order(order_id=order.order_id, at=at + timedelta(hours=1))
    item = ReconciliationItem.objects.get(kind="FOREIGN_CANCEL")
    services.settle_item(item=item, by=operator, reason="콘솔에서 취소했어요", at=at + timedelta(hours=2))
    till.advertiser.refresh_from_db()
    assert (balances.claim_of(till.advertiser), till.advertiser.is_restricted) == (80_000, True)
    return till.advertiser


@pytest.fixture
def settle(debtor, operator, at):
    def asked(credits, way, key="claim:1"):
        return services.ask_claim_settlement(
            advertiser=debtor, credits=credits, way=way, reason="입금을 확인했어요", by=operator, key=key, at=at + timedelta(hours=3)
        )

    return asked


class TestManualCredit:
    def test_ops_12_ten_thousand_as_an_apology_need_a_reason_and_a_second_person_and_are_shown(self, till, give, operator, finance, at):
        with nothing_written():
            request = give()
            with pytest.raises(approvals.MakerIsChecker):
                services.carry_out(request=request, by=operator, at=at)
        services.carry_out(request=request, by=finance, at=at)

        entry = Entry.objects.get(kind=Entry.Kind.GOODWILL)
        assert lines(entry) == [("GOODWILL", "GOODWILL", -10_000, None), ("AVAILABLE", "GOODWILL", 10_000, 10_000)]
        assert (entry.actor, entry.reason) == ("operator", "어제 화면이 멈춰서 죄송해요")
        assert Lot.objects.get().expires_at == at + timedelta(days=90)
        assert Notification.objects.get(kind="credits.given", user=till.user).body.startswith("이유: 어제 화면이 멈춰서")
        page = browser(till.user).get("/my-page/credit/").content.decode()
        assert "어제 화면이 멈춰서 죄송해요" in page

    def test_ops_12_as_a_present_it_stands_on_the_promotion_account(self, give, finance, at):
        services.carry_out(request=give(lot_kind=Lot.Kind.BONUS), by=finance, at=at)
        assert house("PROMOTION") == -10_000

    def test_ops_12_without_a_reason_nothing_is_asked(self, give):
        refused("payments.reason_missing", lambda: give(reason=" "))
        assert not ApprovalRequest.objects.exists()

    def test_ops_12_asked_or_agreed_to_twice_it_is_given_once(self, give, finance, at):
        request = give()
        assert give() == request
        services.carry_out(request=request, by=finance, at=at)
        refused("approval.already_decided", lambda: services.carry_out(request=request, by=finance, at=at))
        assert house("GOODWILL") == -10_000

    def test_ops_12_refused_it_is_never_given(self, give, finance, at):
        request = give()
        with transaction.atomic():
            approvals.refuse(request_id=request.pk, by=finance, reason="금액이 커요", at=at)
        refused("approval.already_decided", lambda: services.carry_out(request=request, by=finance, at=at))


class TestAClaim:
    @pytest.mark.parametrize(
        ("way", "account"), [(Way.TRANSFER, "FUNDING:bank"), (Way.WRITE_OFF, "GOODWILL")], ids=["paid by transfer", "given up"]
    )
    def test_is_settled_in_parts_by_two_people_and_never_by_more_than_is_owed(self, debtor, settle, operator, finance, at, way, account):
        with nothing_written():
            request = settle(50_000, way)
            with pytest.raises(approvals.MakerIsChecker):
                services.carry_out(request=request, by=operator, at=at + timedelta(hours=4))
        services.carry_out(request=request, by=finance, at=at + timedelta(hours=4))
        assert (balances.claim_of(debtor), house("RECEIVABLE"), house(account)) == (30_000, -30_000, -50_000)
        refused("payments.nothing_owed", lambda: settle(30_001, way, key="claim:2"))
        services.carry_out(request=settle(30_000, way, key="claim:3"), by=finance, at=at + timedelta(hours=5))
        assert (balances.claim_of(debtor), house("RECEIVABLE")) == (0, 0)

    def test_two_agreed_settlements_of_the_same_claim_settle_it_once(self, debtor, settle, finance, at):
        first, second = settle(80_000, Way.TRANSFER), settle(80_000, Way.WRITE_OFF, key="claim:2")
        services.carry_out(request=first, by=finance, at=at + timedelta(hours=4))
        refused("credits.claim_too_small", lambda: services.carry_out(request=second, by=finance, at=at + timedelta(hours=5)))
        second.refresh_from_db()
        assert (second.state, house("GOODWILL")) == (ApprovalRequest.State.WAITING, 0)

    def test_may_be_paid_from_other_paid_credits_but_not_from_a_present(self, till, debtor, settle, finance, at):
        with transaction.atomic():
            ledger.grant_bonus(advertiser=debtor, credits=100_000, key="present", at=at)
        refused(
            "credits.insufficient",
            lambda: services.carry_out(request=settle(80_000, Way.CREDITS), by=finance, at=at + timedelta(hours=4)),
        )
        with transaction.atomic():
            advertisers.lift_restriction(advertiser=debtor, at=at)  # as an operator with a shell could
        other = till.paid(300_000, at=at + timedelta(hours=5))
        services.carry_out(request=settle(80_000, Way.CREDITS, key="claim:2"), by=finance, at=at + timedelta(hours=6))
        assert parts(Lot.objects.get(order_id=other.order_id, kind="PAID")) == {
            "granted": 300_000,
            "available": 220_000,
            "returned": 80_000,
        }
        assert balances.claim_of(debtor) == 0

    def test_reversed_it_is_owed_again(self, debtor, settle, finance, at):
        services.carry_out(request=settle(80_000, Way.TRANSFER), by=finance, at=at + timedelta(hours=4))
        entry = Entry.objects.get(kind=Entry.Kind.ADJUST)
        with transaction.atomic():
            ledger.reverse(entry=entry, key="wrong", at=at + timedelta(hours=5), actor="finance", reason="다른 회사의 입금이었어요")
        assert balances.claim_of(debtor) == 80_000

    def test_keeps_the_account_closed_until_nothing_is_owed(self, debtor, settle, finance, at):
        refused("payments.claim_open", lambda: services.lift_restriction(advertiser=debtor, at=at + timedelta(hours=3)))
        services.carry_out(request=settle(80_000, Way.TRANSFER), by=finance, at=at + timedelta(hours=4))
        services.lift_restriction(advertiser=debtor, at=at + timedelta(hours=5))
        debtor.refresh_from_db()
        assert not debtor.is_restricted
