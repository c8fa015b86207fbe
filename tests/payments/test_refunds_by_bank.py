"""REF-08: a card that cannot take money back, a transfer by hand to the owner's account, never both. REF-09: that account."""

import threading
from datetime import timedelta
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from advertisers import services as advertisers
from advertisers.models import BusinessUser, Membership
from common import provider
from common.errors import DomainError
from common.models import DatedSetting, Effect
from credits import proof
from credits.models import Entry
from identity import approvals
from identity.models import AccessLog, ApprovalRequest, Notification, StepUpGrant
from payments import account_holder, services
from payments.models import BankTransfer, PaymentOrder, ReconciliationItem, Refund, RefundAccount, TaxDocument
from payments.services import documents, refunding, transfers
from tests import factories
from tests.credits.book import house, lines, lot, nothing_written, parts
from tests.credits.racing import tally
from tests.payments.conftest import run_effects
from tests.payments.test_races_payments import together
from tests.signing_in import browser, step_up

MINJI, COMPANY, EVE, NOBODY, AWAY = "110111111111", "110222222222", "110333333333", "110222220000", "110222229999"
State = BankTransfer.State


def refused(code, call):
    with nothing_written(), pytest.raises(DomainError) as refusal:
        call()
    assert refusal.value.code == code


@pytest.fixture(autouse=True)
def _represented_by_minji(minji):
    BusinessUser.objects.filter(advertiser=minji).update(representative="김민지")


@pytest.fixture
def account(till, at):
    """Minji's account, registered two days ago."""
    return services.register_account(advertiser=till.advertiser, bank="088", number=COMPANY, by=till.user, at=at - timedelta(days=2))


@pytest.fixture
def failed(till, buyer, approve, at):
    """A refund of 30,000 credits that the card company refused for good."""

    def fails(order=None, credits=30_000):
        refund = approve(till.refund(order or till.paid(), credits))
        buyer.sandbox.control("POST", "/next-cancel", {"outcome": "FAILED"})
        run_effects(at + timedelta(hours=3))
        refund.refresh_from_db()
        assert refund.state == Refund.State.FAILED
        return refund

    return fails


@pytest.fixture
def steps(operator, finance, at):
    """Ask, agree, begin, finish; each an hour after the one before."""

    class Steps:
        def ask(self, refund, hours=4):
            reason = "카드사가 오래된 거래라서 취소할 수 없대요"
            return services.ask_transfer(refund=refund, by=operator, reason=reason, at=at + timedelta(hours=hours))

        def agree(self, transfer):
            return services.approve_transfer(transfer=transfer, by=finance, at=at + timedelta(hours=5))

        def begin(self, transfer):
            return services.start_transfer(transfer=transfer, by=finance, at=at + timedelta(hours=6))

        def finish(self, transfer, number="20261125-0001"):
            return services.finish_transfer(transfer=transfer, transfer_no=number, by=finance, at=at + timedelta(hours=7))

        def all(self, refund):
            return self.all_after(self.ask(refund))

        def all_after(self, transfer):
            return self.finish(self.begin(self.agree(transfer)))

    return Steps()


class TestTheAccount:
    def test_ref_09_is_checked_with_the_bank_sealed_and_usable_a_day_later(self, till, account, at):
        row = RefundAccount.objects.values().get()
        assert (row["bank"], row["holder"], row["last_digits"]) == ("088", "(주)민지네 커피", "2222")
        assert row["verification_id"].startswith("account-verification-SHINHAN")
        assert COMPANY not in str(row)
        assert account.number == COMPANY
        assert account.usable_at - account.registered_at == timedelta(hours=24)

    def test_ref_09_everybody_who_looks_after_the_money_hears_of_it(self, till, minji, at):
        for name, role in (("fina", Membership.Role.FINANCE), ("mana", Membership.Role.MANAGER), ("repo", Membership.Role.REPORTER)):
            factories.MembershipFactory(advertiser=minji, user__username=name, user__email=f"{name}@example.com", role=role)
        services.register_account(advertiser=minji, bank="088", number=MINJI, by=till.user, at=at)
        told = Notification.objects.filter(kind="payments.refund_account_changed").values_list("user__username", flat=True)
        assert sorted(told) == ["fina", "mana", "minji"]
        assert AccessLog.objects.filter(action="refund_account.changed", actor=till.user).count() == 1

    @pytest.mark.parametrize(
        ("number", "code"),
        [(EVE, "payments.account_holder_differs"), (NOBODY, "payments.account_not_found"), (AWAY, "payments.account_holder_unknown")],
    )
    def test_ref_09_of_somebody_else_of_nobody_or_of_a_silent_bank_changes_nothing(self, till, account, at, number, code):
        refused(code, lambda: services.register_account(advertiser=till.advertiser, bank="088", number=number, by=till.user, at=at))
        assert services.current_account(till.advertiser) == account

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("(주)민지네 커피", "민지네커피", True), ("주식회사 민지네", "민지네 주식회사", True), ("㈜민지네", "민지네", True),
            ("김민지", "김민자", False), ("", "", False), ("주식회사", "(주)", False), ("MINJI Co.", "minji co", True),
        ],
    )  # fmt: skip
    def test_ref_09_names_are_compared_without_what_banks_write_freely(self, one, other, same):
        assert account_holder.is_same_name(one, other) is same

    def test_ref_09_the_page_asks_who_one_is_before_it_changes_anything(self, till, minji, buyer):
        person, page = browser(till.user), reverse("payments:refund-account")
        said = {"bank": "088", "number": "110-111-111111"}
        assert person.post(page, said).headers["Location"].startswith("/accounts/step-up/refund-account/")
        assert not RefundAccount.objects.exists()
        step_up(person, till.user, StepUpGrant.Purpose.REFUND_ACCOUNT)
        assert person.post(page, said).status_code == 302
        shown = person.get(page).content.decode()
        assert "신한은행" in shown
        assert "…1111" in shown.replace("</span>", "")
        assert MINJI not in shown
        assert "부터 이 계좌로 환불할 수 있어요" in shown

    @pytest.mark.parametrize("said", [{"bank": "999", "number": MINJI}, {"bank": "088", "number": "12가"}, {"bank": "", "number": ""}])
    def test_ref_09_the_page_refuses_what_is_no_account(self, till, minji, said):
        person = step_up(browser(till.user), till.user, StepUpGrant.Purpose.REFUND_ACCOUNT)
        assert person.post(reverse("payments:refund-account"), said).status_code == 422

    def test_ref_09_a_new_one_takes_the_place_of_the_old_and_waits_again(self, till, account, at):
        new = services.register_account(advertiser=till.advertiser, bank="088", number=MINJI, by=till.user, at=at)
        account.refresh_from_db()
        assert (account.replaced_at, services.current_account(till.advertiser)) == (at, new)

    def test_ref_09_the_wait_is_a_dated_setting(self, till, account, at):
        DatedSetting.objects.create(name="payments.refund_account_wait_hours", value=48, effective_from=at, reason="조심해요.")
        new = services.register_account(advertiser=till.advertiser, bank="088", number=MINJI, by=till.user, at=at)
        assert new.usable_at == at + timedelta(hours=48)


class TestTheTransfer:
    def test_ref_08_pays_to_the_account_after_two_people_agreed_and_the_ledger_follows(self, till, failed, account, steps, at):
        refund = failed()
        transfer = steps.all(refund)
        refund.refresh_from_db()

        assert (transfer.state, transfer.transfer_no) == (State.DONE, "20261125-0001")
        assert (refund.state, refund.way, refund.cancel_id) == (Refund.State.DONE, Refund.Way.BANK, "bank:20261125-0001")
        entry = Entry.objects.get(kind=Entry.Kind.RECLAIM)
        assert lines(entry) == [("FROZEN", "PAID", -30_000, 0), ("FUNDING:bank", "PAID", 30_000, None)]
        assert parts(lot(refund.order.order_id)) == {"granted": 100_000, "available": 70_000, "returned": 30_000}
        assert house("FUNDING:portone") + house("FUNDING:bank") == -70_000
        order = PaymentOrder.objects.get()
        assert (order.state, order.cancelled_krw, till.buyer.totals()["cancelled"]) == ("PART_REFUNDED", 0, 0)
        assert "등록한 환불 계좌로" in Notification.objects.get(kind="payments.refund_done").body

    def test_ref_08_the_second_yes_comes_from_another_operator(self, failed, account, steps, operator, at):
        transfer = steps.ask(failed())
        with pytest.raises(approvals.MakerIsChecker):
            services.approve_transfer(transfer=transfer, by=operator, at=at + timedelta(hours=5))
        refused("payments.transfer_not_open", lambda: steps.begin(transfer))
        with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
            BankTransfer.objects.update(state=State.APPROVED, approved_by=operator, approved_at=at)

    @pytest.mark.parametrize("when", ["never", "an hour ago"])
    def test_ref_08_needs_an_account_whose_wait_is_over(self, till, failed, steps, at, when):
        refund = failed()
        if when != "never":
            later = at + timedelta(hours=3)
            services.register_account(advertiser=till.advertiser, bank="088", number=COMPANY, by=till.user, at=later)
        refused("payments.account_not_ready", lambda: steps.ask(refund))
        refund.refresh_from_db()
        assert refund.state == Refund.State.FAILED

    def test_ref_08_is_only_for_refunds_that_failed_for_certain(self, till, approve, account, steps, at):
        for refund in (till.refund(till.paid(), 1_000), approve(till.refund(till.paid(300_000), 1_000))):
            refused("payments.transfer_not_open", lambda refund=refund: steps.ask(refund))

    def test_ref_08_a_transfer_number_is_one_transfer(self, till, failed, account, steps):
        steps.all(failed())
        second = steps.begin(steps.agree(steps.ask(failed(till.paid(300_000), 10_000))))
        refused("payments.transfer_number_taken", lambda: steps.finish(second))
        assert steps.finish(second, "20261125-0002").state == State.DONE

    def test_ref_08_pressed_twice_it_is_booked_once(self, failed, account, steps):
        transfer = steps.all(failed())
        assert steps.finish(transfer).state == State.DONE
        assert Entry.objects.filter(kind=Entry.Kind.RECLAIM).count() == 1

    def test_ref_08_once_begun_nobody_else_ends_it(self, failed, account, steps, operator, at):
        transfer = steps.begin(steps.agree(steps.ask(failed())))
        later = at + timedelta(hours=7)
        with nothing_written():
            with pytest.raises(services.TransferNotOpen):
                services.call_off_transfer(transfer=transfer, by=operator, reason="제가 대신 취소해요", at=later)
            with pytest.raises(services.TransferNotOpen):
                services.finish_transfer(transfer=transfer, transfer_no="20261125-0009", by=operator, at=later)
        transfer.refresh_from_db()
        assert (transfer.state, transfer.transfer_no, transfer.ended_at) == (State.STARTED, "", None)

    def test_ref_08_a_colleague_takes_it_over_and_alone_ends_it_while_the_one_who_began_is_told(
        self, till, failed, account, steps, operator, finance, at
    ):
        transfer, later = steps.begin(steps.agree(steps.ask(failed()))), at + timedelta(hours=7)
        services.take_over_transfer(transfer=transfer, holder="finance", reason="휴가예요", by=operator, at=later)

        with nothing_written():
            with pytest.raises(services.TransferNotOpen):
                services.finish_transfer(transfer=transfer, transfer_no="20261125-0009", by=finance, at=later)
            with pytest.raises(services.TransferNotOpen):
                services.call_off_transfer(transfer=transfer, by=finance, reason="늦었어요", at=later)
        assert not Entry.objects.filter(kind=Entry.Kind.RECLAIM).exists()
        services.finish_transfer(transfer=transfer, transfer_no="20261125-0009", by=operator, at=later)

        transfer.refresh_from_db()
        assert (transfer.state, transfer.started_by, transfer.taken_over_by) == (State.DONE, finance, operator)
        told = Notification.objects.get(user=None, kind="payments.transfer_taken_over")
        assert f"{finance.get_full_name()}님은 은행에서 보내지 말고" in told.body
        assert "휴가예요" in told.body
        assert AccessLog.objects.filter(action="refund_account.viewed", actor=operator).count() == 1
        assert Entry.objects.filter(kind=Entry.Kind.RECLAIM).count() == 1
        assert house("FUNDING:portone") + house("FUNDING:bank") == -70_000

    def test_ref_08_taken_over_and_never_sent_it_needs_two_people_again(self, failed, account, steps, operator, finance, at):
        refund, later = failed(), at + timedelta(hours=7)
        transfer = steps.begin(steps.agree(steps.ask(refund)))
        services.take_over_transfer(transfer=transfer, holder="finance", reason="휴가예요", by=operator, at=later)
        services.call_off_transfer(transfer=transfer, by=operator, reason="통장에서 나가지 않았어요", at=later)
        refund.refresh_from_db()
        assert refund.state == Refund.State.FAILED
        again = steps.ask(refund, hours=8)
        refused("payments.transfer_not_open", lambda: steps.begin(again))
        with pytest.raises(approvals.MakerIsChecker):
            services.approve_transfer(transfer=again, by=operator, at=later)

    def test_ref_08_only_what_is_begun_is_taken_over_from_whoever_has_it_with_a_reason(self, failed, account, steps, operator, finance, at):
        later = at + timedelta(hours=7)

        def takes(transfer, *, by=operator, holder="finance", reason="휴가예요"):
            return services.take_over_transfer(transfer=transfer, holder=holder, reason=reason, by=by, at=later)

        transfer = steps.agree(steps.ask(failed()))
        refused("payments.transfer_not_open", lambda: takes(transfer))
        steps.begin(transfer)
        refused("payments.transfer_not_open", lambda: takes(transfer, by=finance))
        refused("payments.transfer_not_open", lambda: takes(transfer, holder="minji"))
        refused("payments.reason_missing", lambda: takes(transfer, reason="  "))
        takes(transfer)
        refused("payments.transfer_not_open", lambda: takes(transfer))
        services.finish_transfer(transfer=transfer, transfer_no="20261125-0009", by=operator, at=later)
        refused("payments.transfer_not_open", lambda: takes(transfer, by=finance, holder="operator"))

    @pytest.mark.django_db(transaction=True)
    def test_ref_08_of_eight_colleagues_who_take_it_over_one_has_it(self, failed, account, steps, at):
        transfer = steps.begin(steps.agree(steps.ask(failed())))
        people = [factories.UserFactory(username=f"colleague{number}", kind="OPERATOR") for number in range(8)]

        def takes(person):
            return services.take_over_transfer(
                transfer=transfer, holder="finance", reason="휴가예요", by=person, at=at + timedelta(hours=7)
            )

        results = together([partial(takes, person) for person in people])

        assert sum(isinstance(result, BankTransfer) for result in results) == 1
        assert sum(isinstance(result, services.TransferNotOpen) for result in results) == 7
        assert Notification.objects.filter(kind="payments.transfer_taken_over").count() == 1

    def test_ref_08_called_off_before_the_second_yes_the_request_says_by_whom(self, failed, account, steps, finance, at):
        transfer = steps.ask(failed())
        services.call_off_transfer(transfer=transfer, by=finance, reason="카드사가 다시 된대요", at=at + timedelta(hours=5))
        request = ApprovalRequest.objects.get(kind="payments.bank_transfer")
        assert (request.state, request.decided_by) == ("EXPIRED", finance)

    def test_ref_08_called_off_it_may_be_tried_by_card_again(self, till, failed, account, steps, operator, finance, at):
        refund = failed()
        transfer = steps.begin(steps.agree(steps.ask(refund)))
        services.call_off_transfer(transfer=transfer, by=finance, reason="은행에서 반송했어요", at=at + timedelta(hours=7))
        refund.refresh_from_db()
        assert refund.state == Refund.State.FAILED
        refused("payments.transfer_not_open", lambda: steps.finish(transfer))
        services.retry_refund(refund=refund, by=operator, reason="다시 해 봐요", at=at + timedelta(hours=8))
        run_effects(at + timedelta(hours=8))
        refund.refresh_from_db()
        assert (refund.state, refund.way) == (Refund.State.DONE, Refund.Way.CARD)

    def test_ref_08_a_restricted_account_gets_nothing_at_either_step(self, till, failed, account, steps, at):
        refund = failed()
        transfer = steps.agree(steps.ask(refund))
        with transaction.atomic():
            advertisers.restrict(advertiser=till.advertiser, reason="받을 금액이 있어요.", at=at)
        refused("payments.account_restricted", lambda: steps.begin(transfer))

    def test_ref_08_a_disputed_payment_waits_for_the_card_company(self, buyer, failed, account, steps):
        refund = failed()
        transfer = steps.agree(steps.ask(refund))
        buyer.act(refund.order, "dispute")
        refused("payments.order_disputed", lambda: steps.begin(transfer))

    @pytest.mark.parametrize("is_agreed", [False, True])
    def test_ref_09_an_account_that_was_replaced_gets_nothing_and_the_new_one_is_asked_for(
        self, till, failed, account, steps, finance, at, is_agreed
    ):
        refund = failed()
        transfer = steps.ask(refund)
        if is_agreed:
            steps.agree(transfer)
        new = services.register_account(
            advertiser=till.advertiser, bank="088", number=MINJI, by=till.user, at=at + timedelta(hours=5, minutes=30)
        )
        refused("payments.account_replaced", lambda: (steps.begin if is_agreed else steps.agree)(transfer))

        services.call_off_transfer(transfer=transfer, by=finance, reason="계좌를 바꿨어요", at=at + timedelta(hours=7))
        again = steps.ask(refund, hours=30)
        assert (again.account, steps.all_after(again).state) == (new, State.DONE)

    def test_ref_09_the_account_cannot_be_changed_while_money_is_on_its_way(self, till, failed, account, steps, at):
        steps.begin(steps.agree(steps.ask(failed())))
        later = at + timedelta(hours=7)
        refused(
            "payments.account_in_use",
            lambda: services.register_account(advertiser=till.advertiser, bank="088", number=MINJI, by=till.user, at=later),
        )


class TestNeverBothWays:
    def test_ref_08_while_it_goes_by_bank_the_card_is_not_tried_and_nothing_else_moves_it(
        self, failed, account, steps, operator, minji_user, at
    ):
        refund = failed()
        steps.ask(refund)
        later = at + timedelta(hours=5)
        refused("payments.refund_not_stuck", lambda: services.retry_refund(refund=refund, by=operator, reason="또", at=later))
        refused("payments.refund_already_sent", lambda: services.deny_refund(refund=refund, by=operator, reason="아니요", at=later))
        refused("payments.refund_already_sent", lambda: services.withdraw_refund(refund=refund, by=minji_user, at=later))

    def test_ref_08_a_cancel_in_the_console_before_money_is_sent_ends_the_transfer(self, buyer, failed, account, steps, operator, at):
        refund = failed()
        transfer = steps.agree(steps.ask(refund))
        buyer.act(refund.order, "console-cancel", amount=33_000)
        refused("payments.card_may_have_paid", lambda: steps.begin(transfer))
        services.sync_order(order_id=refund.order.order_id, at=at + timedelta(hours=6))
        item = ReconciliationItem.objects.get(kind="FOREIGN_CANCEL")
        services.settle_item(item=item, by=operator, reason="콘솔에서 대신 취소했어요", at=at + timedelta(hours=7))
        refund.refresh_from_db()
        transfer.refresh_from_db()
        assert (refund.state, refund.way, transfer.state) == (Refund.State.DONE, Refund.Way.CARD, State.CALLED_OFF)

    def test_ref_08_a_cancel_after_somebody_went_to_the_bank_is_put_before_people_and_moves_nothing(
        self, buyer, failed, account, steps, operator, at
    ):
        refund = failed()
        transfer = steps.begin(steps.agree(steps.ask(refund)))
        buyer.act(refund.order, "console-cancel", amount=33_000)
        with nothing_written():
            services.sync_order(order_id=refund.order.order_id, at=at + timedelta(hours=6))
            item = ReconciliationItem.objects.get(kind="FOREIGN_CANCEL")
            with pytest.raises(services.OpenRefundFirst):
                services.settle_item(item=item, by=operator, reason="?", at=at + timedelta(hours=6))
        steps.finish(transfer)
        services.settle_item(item=item, by=operator, reason="두 번 나갔어요", at=at + timedelta(hours=8))
        assert parts(lot(refund.order.order_id)) == {"granted": 100_000, "available": 40_000, "returned": 60_000}
        assert proof.run().differences == []

    def test_ref_08_our_own_cancel_that_shows_up_late_is_put_before_people(self, buyer, failed, account, steps, at):
        """The gateway said no, and its book says yes after all, once the transfer was made."""
        refund = failed()
        steps.all(refund)
        buyer.act(refund.order, "console-cancel", amount=33_000, reason=f"[{refund.cancel_key}] 늦은 취소")
        with nothing_written():
            services.sync_order(order_id=refund.order.order_id, at=at + timedelta(hours=9))
        item = ReconciliationItem.objects.get(kind="FOREIGN_CANCEL")
        assert item.differences["bank_transfer"] == ["33000", ""]

    def settled(self, buyer, operator, order, at, **said):
        """The card company takes it back after all, and an operator settles the difference."""
        buyer.act(order, "console-cancel", **said)
        services.sync_order(order_id=order.order_id, at=at + timedelta(hours=9))
        item = ReconciliationItem.objects.get(kind="FOREIGN_CANCEL")
        services.settle_item(item=item, by=operator, reason="두 번 나갔어요", at=at + timedelta(hours=10))
        order.refresh_from_db()
        return Refund.objects.get(order=order, source="GATEWAY")

    def test_ref_08_a_whole_order_that_went_back_twice_is_owed_to_the_won(self, till, buyer, failed, account, steps, operator, at):
        refund = failed(credits=100_000)
        steps.all(refund)

        back = self.settled(buyer, operator, refund.order, at, reason=f"[{refund.cancel_key}] 늦은 취소")

        till.advertiser.refresh_from_db()
        assert (back.credits, back.vat_krw, back.amount_krw) == (110_000, 0, 110_000)
        assert (house("RECEIVABLE"), till.advertiser.is_restricted) == (-110_000, True)
        assert till.advertiser.restricted_reason == "결제가 취소됐는데 이미 쓰거나 돌려받은 크레딧이 110,000만큼 있어요."
        assert (refund.order.state, refund.order.cancelled_krw, buyer.totals()["net"]) == ("REFUNDED", 110_000, 0)
        assert services.quote_refund(order=refund.order, at=at + timedelta(hours=11)).most.amount_krw == 0

    def test_ref_08_a_chargeback_of_the_whole_after_half_went_by_bank_owes_the_half(
        self, till, buyer, failed, account, steps, operator, at
    ):
        refund = failed(credits=50_000)
        steps.all(refund)

        back = self.settled(buyer, operator, refund.order, at, trigger="CHARGEBACK")

        till.advertiser.refresh_from_db()
        assert (back.credits, back.vat_krw, back.amount_krw) == (105_000, 5_000, 110_000)
        assert (house("RECEIVABLE"), till.balance().available, till.advertiser.is_restricted) == (-55_000, 0, True)

    def test_ref_08_the_tax_document_of_what_went_back_twice_is_taken_back_once(self, buyer, failed, account, steps, operator, at):
        refund = failed(credits=50_000)
        PaymentOrder.objects.update(method="TRANSFER")  # a way of paying that gets a document
        steps.all(refund)
        self.settled(buyer, operator, refund.order, at)

        for hours in (11, 12):
            documents.plan(at=at + timedelta(hours=hours))

        taken = TaxDocument.objects.order_by("pk").values_list("supply_krw", "vat_krw")
        assert list(taken) == [(100_000, 10_000), (-50_000, -5_000), (-50_000, -5_000)]

    def test_ref_08_what_went_back_twice_is_taken_from_another_order_before_it_is_owed(
        self, till, buyer, failed, account, steps, operator, at
    ):
        other, refund = till.paid(300_000), failed(credits=100_000)
        steps.all(refund)

        self.settled(buyer, operator, refund.order, at)

        till.advertiser.refresh_from_db()
        assert (parts(lot(other.order_id))["available"], till.balance().available) == (190_000, 190_000)
        assert (house("RECEIVABLE"), till.advertiser.is_restricted) == (0, False)

    def race(self, refund, operator, finance, at):
        later = at + timedelta(hours=4)
        by_card = partial(services.retry_refund, refund=refund, by=operator, reason="카드로 다시", at=later)
        by_bank = partial(services.ask_transfer, refund=refund, by=finance, reason="계좌로 보내요", at=later)
        return together([by_card, by_bank] * 4)

    @pytest.mark.django_db(transaction=True)
    def test_ref_08_card_and_bank_pressed_at_the_same_moment_one_of_them_wins(
        self, till, failed, account, operator, finance, at, monkeypatch
    ):
        refund = failed()
        monkeypatch.setattr(provider, "CALLS_AT_ONCE", 32)
        outcomes = tally(self.race(refund, operator, finance, at))
        assert outcomes["won"] == 1
        refund.refresh_from_db()
        by_bank = BankTransfer.objects.exists()
        assert (refund.state, refund.try_no) == ((Refund.State.BANK, 1) if by_bank else (Refund.State.APPROVED, 2))

    @pytest.mark.tampers
    @pytest.mark.django_db(transaction=True)
    def test_control_without_the_lock_card_and_bank_both_begin(self, till, failed, account, operator, finance, at, monkeypatch):
        """Negative control: card and bank have both read before either writes."""
        refund = failed()
        barrier = threading.Barrier(2)

        def unlocked(given):
            row = Refund.objects.select_related("order__advertiser").get(pk=given.pk)
            barrier.wait(timeout=20)
            return row

        monkeypatch.setattr(transfers, "locked", unlocked)
        monkeypatch.setattr(refunding, "locked", unlocked)
        later = at + timedelta(hours=4)
        outcomes = together(
            [
                partial(services.retry_refund, refund=refund, by=operator, reason="카드로 다시", at=later),
                partial(services.ask_transfer, refund=refund, by=finance, reason="계좌로 보내요", at=later),
            ]
        )
        assert tally(outcomes) == {"won": 2}
        assert BankTransfer.objects.filter(state=State.ASKED).count() == 1
        assert Effect.objects.filter(kind="payments.refund", state="NEW", ids__try_no=2).count() == 1
