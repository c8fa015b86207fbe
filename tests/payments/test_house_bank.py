"""Sums that no card takes: sent to the house's own account, found in its statement, credited after two people agreed, sent back by hand."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from common.models import DatedSetting, Effect
from credits.models import Account, Posting
from identity import approvals
from identity.models import AccessLog, ApprovalRequest, Notification
from payments import services
from payments.gateways import get_gateway
from payments.gateways.base import PayoutAccount, RemoteState
from payments.models import BankDeposit, BankPayout, PaymentOrder, Refund, TaxDocument, UnallocatedMoney, VirtualAccount
from payments.services import accounts
from payments.services.refusals import (
    AccountHolderDiffers,
    AccountNotReady,
    BankAccountWrong,
    DepositDecided,
    DepositDiffers,
    MethodNotOffered,
    NoSuchBankOrder,
    OverGatewayLimit,
    ReasonMissing,
    TransferNotOpen,
    TransferNumberTaken,
)
from payments.statements import StatementUnreadable, read_statement
from tests import factories
from tests.payments.conftest import now_is, run_effects
from tests.payments.outcomes import notices
from tests.payments.test_races_payments import together
from tests.payments.test_virtual_accounts import checked
from tests.signing_in import browser

State = PaymentOrder.State
CREDITS = 3_000_000
KRW = 3_300_000
SENDER = PayoutAccount(bank="088", number="110123456789", holder="김민지")


@pytest.fixture
def issued(till, at):
    """An order of three million whose buyer was shown the account."""
    order = till.order(CREDITS, method="BANK")
    return services.sync_order(order_id=order.order_id, at=at)


@pytest.fixture
def arrives(operator, at):
    """Bring a line of the statement; the deposit."""

    def bring(amount_krw=KRW, *, number="T-1", depositor="민지네커피", hours=1):
        when = (at + timedelta(hours=hours)).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        lines = read_statement(f"{number},{when},{amount_krw},{depositor}")
        services.take_statement(lines=lines, by=operator, at=at + timedelta(hours=hours, minutes=1))
        return BankDeposit.objects.get(number=number)

    return bring


@pytest.fixture
def matched(issued, arrives, operator, at):
    """The deposit of the order, found in the statement."""
    deposit = arrives(depositor=f"민지 {issued.depositor}")
    services.match_deposit(deposit=deposit, order_id=issued.order_id, by=operator, at=at + timedelta(hours=2))
    issued.refresh_from_db()
    return issued


@pytest.fixture
def credited(matched, operator, finance, at):
    """The order with its credits: one operator said so, another one agreed."""
    agree(matched, operator, finance, at + timedelta(hours=3))
    matched.refresh_from_db()
    return matched


def agree(order, maker, checker, at):
    row = order.unallocated.get(state="OPEN")
    asked = services.allocate(row=row, by=maker, at=at, reason="통장에서 확인함")
    assert isinstance(asked, ApprovalRequest)
    services.carry_out_second(request=asked, by=checker, at=at)


def standing() -> int:
    account = Account.objects.filter(kind="UNALLOCATED").first()
    return sum(Posting.objects.filter(account=account).values_list("amount", flat=True)) if account else 0


class TestTheWayThere:
    def test_a_sum_above_what_cards_take_is_led_to_the_houses_own_account(self, till, at):
        DatedSetting.objects.create(name="payments.max_per_charge_krw.portone.card", value=1_000_000, effective_from=at, reason="계약")
        DatedSetting.objects.create(name="payments.takes.portone.virtual_account", value=False, effective_from=at, reason="계약")
        DatedSetting.objects.create(name="payments.bank_from_krw", value=10_000_000, effective_from=at, reason="사람이 모자라요")
        client = browser(till.user)

        page = client.get(reverse("payments:top-up"), {"package": till.packages[CREDITS].pk}).content.decode()
        small = client.get(reverse("payments:top-up"), {"package": till.packages[500_000].pk}).content.decode()

        assert "무통장입금" in page
        assert "한 번에 1,000,000원까지 결제할 수 있어요" in page
        assert "무통장입금" not in small

    def test_the_page_shows_account_name_sum_and_end_at_once(self, till, at):
        client = browser(till.user)
        form = client.get(reverse("payments:top-up"), {"package": till.packages[CREDITS].pk})
        key = form.context["form"]["key"].value()
        sent = {
            "package": till.packages[CREDITS].pk, "shown_krw": KRW, "shown_bonus": till.packages[CREDITS].bonus_credits, "agree": "on",
            "key": key, "method": "BANK",
        }  # fmt: skip

        page = client.post(reverse("payments:top-up"), sent, follow=True).content.decode()

        order = PaymentOrder.objects.get()
        assert (order.gateway, order.method, order.state) == ("bank", "BANK", State.ACCOUNT_ISSUED)
        account = VirtualAccount.objects.get(order=order)
        assert account.due_at == accounts.due_at(at)
        for said in ("140000000001", "부스트 주식회사", order.depositor, "3,300,000"):
            assert said in page
        assert "다시 결제하기" not in page
        [told] = notices("payments.our_account")
        assert order.depositor in told.body

    def test_a_small_sum_that_a_card_takes_is_not(self, till):
        with pytest.raises(MethodNotOffered):
            till.order(500_000, method="BANK")
        assert not PaymentOrder.objects.exists()

    def test_without_an_account_of_the_house_nobody_is_led_there(self, till, settings):
        settings.HOUSE_ACCOUNT = []
        with pytest.raises(MethodNotOffered):
            till.order(CREDITS, method="BANK")
        page = browser(till.user).get(reverse("payments:top-up"), {"package": till.packages[CREDITS].pk}).content.decode()
        assert "무통장입금" not in page

    def test_its_limits_are_data_too(self, till, at):
        DatedSetting.objects.create(name="payments.max_per_charge_krw.bank.bank", value=KRW - 1, effective_from=at, reason="정책")
        with pytest.raises(OverGatewayLimit):
            till.order(CREDITS, method="BANK")

    def test_pay_11_without_a_deposit_it_ends_and_the_day_before_the_team_is_told(self, issued, at):
        account = VirtualAccount.objects.get(order=issued)
        accounts.remind(at=account.due_at - timedelta(hours=3))

        ended = services.sync_order(order_id=issued.order_id, at=account.due_at + timedelta(hours=1))

        assert len(notices("payments.account_ends")) == 1
        assert ended.state == State.ABANDONED
        assert not ended.may_be_paid


class TestAStatement:
    def test_is_noted_once_however_often_it_is_brought(self, arrives, at):
        arrives()
        arrives()

        deposit = BankDeposit.objects.get()
        assert (deposit.state, deposit.amount_krw) == ("WAITING", KRW)
        assert standing() == KRW

    def test_that_says_something_else_of_a_known_line_is_refused_whole(self, arrives, operator, at):
        arrives()
        lines = read_statement("T-2,2026-11-25 10:00,5000,누구\nT-1,2026-11-25 10:00,1,누구")

        with pytest.raises(DepositDiffers, match="T-1"):
            services.take_statement(lines=lines, by=operator, at=at)

        assert BankDeposit.objects.count() == 1

    @pytest.mark.parametrize(
        "text, why",
        [
            ("", "입금한 줄이 없어요"),
            ("거래번호,거래일시,입금액,입금자", "입금한 줄이 없어요"),
            ("T-1,2026-11-25 10:00,5000", "1번째 줄은 3칸이에요"),
            ("T-1,어제,5000,민지", "거래일시를"),
            ("T-1,2026-11-25 10:00,-5000,민지", "입금액을"),
            ("T-1,2026-11-25 10:00,5000.5,민지", "입금액을"),
            ("T-1,2026-11-25 10:00,5000,", "거래 번호나 입금자를"),
            ("T-1,2026-11-25 10:00,5000,민지\nT-1,2026-11-25 10:00,5000,민지", "같은 거래 번호가"),
        ],
        ids=["empty", "heading", "cells", "moment", "minus", "fraction", "nobody", "twice"],
    )
    def test_that_cannot_be_read_says_where_and_why(self, text, why):
        with pytest.raises(StatementUnreadable, match=why):
            read_statement(text)

    def test_is_read_from_a_copied_sheet_too(self):
        [line] = read_statement("거래번호\t거래일시\t입금액\t입금자\nT-1\t2026.11.25 10:00\t3,300,000\t민지")
        assert (line.number, line.amount_krw, line.depositor) == ("T-1", KRW, "민지")


class TestMatching:
    def test_credits_nothing_before_two_operators_agree(self, till, matched, operator, finance, at):
        [row] = matched.unallocated.all()
        assert (row.why, row.amount_krw, row.gateway) == ("BANK", KRW, "bank")
        assert matched.needs_check
        assert till.balance().available == 0

        asked = services.allocate(row=row, by=operator, at=at + timedelta(hours=3), reason="통장에서 확인함")
        with pytest.raises(approvals.MakerIsChecker):
            services.carry_out_second(request=asked, by=operator, at=at + timedelta(hours=3))
        assert till.balance().available == 0
        services.carry_out_second(request=asked, by=finance, at=at + timedelta(hours=3))

        matched.refresh_from_db()
        assert matched.state == State.PAID
        assert matched.paid_at == at + timedelta(hours=1)
        assert till.balance().available == CREDITS + matched.bonus_credits
        assert standing() == 0

    def test_a_second_yes_is_asked_for_however_small_the_sum_is(self, till, at, arrives, operator):
        DatedSetting.objects.create(name="payments.bank_from_krw", value=0, effective_from=at, reason="모두 받아요")
        order = till.order(100_000, method="BANK")
        services.sync_order(order_id=order.order_id, at=at)
        services.match_deposit(deposit=arrives(110_000), order_id=order.order_id, by=operator, at=at + timedelta(hours=2))

        assert isinstance(
            services.allocate(row=order.unallocated.get(), by=operator, at=at + timedelta(hours=2), reason="확인"), ApprovalRequest
        )

    def test_pay_12_another_sum_is_credited_as_it_came(self, till, issued, arrives, operator, finance, at):
        services.match_deposit(deposit=arrives(1_100_000), order_id=issued.order_id, by=operator, at=at + timedelta(hours=2))
        agree(issued, operator, finance, at + timedelta(hours=3))

        issued.refresh_from_db()
        assert (issued.amount_krw, issued.credits) == (1_100_000, 1_000_000)
        assert issued.unallocated.get().why == "AMOUNT"

    def test_pay_12_two_pieces_make_one_top_up(self, till, issued, arrives, operator, finance, at):
        for number, krw in (("T-1", 3_000_000), ("T-2", 300_000)):
            services.match_deposit(deposit=arrives(krw, number=number), order_id=issued.order_id, by=operator, at=at + timedelta(hours=2))
        row = issued.unallocated.order_by("pk").first()
        asked = services.allocate(row=row, by=operator, at=at + timedelta(hours=3), reason="두 번에 나누어 보냄")
        services.carry_out_second(request=asked, by=finance, at=at + timedelta(hours=3))

        issued.refresh_from_db()
        assert (issued.state, issued.amount_krw) == (State.PAID, KRW)
        assert {row.state for row in issued.unallocated.all()} == {"ALLOCATED"}

    def test_pay_12_a_second_deposit_becomes_a_top_up_of_its_own(self, till, credited, arrives, operator, finance, at):
        services.match_deposit(deposit=arrives(number="T-2", hours=5), order_id=credited.order_id, by=operator, at=at + timedelta(hours=6))
        agree(credited, operator, finance, at + timedelta(hours=7))

        made = PaymentOrder.objects.exclude(pk=credited.pk).get()
        assert (made.gateway, made.payment_ref, made.amount_krw) == ("bank", credited.order_id, KRW)
        assert till.balance().available == 2 * CREDITS + credited.bonus_credits + made.bonus_credits

    def test_with_no_such_order_or_one_of_a_company_nothing_is_matched(self, till, arrives, operator, at):
        deposit, card = arrives(), till.order()
        for order_id in ("BO-NOBODY", card.order_id, ""):
            with pytest.raises(NoSuchBankOrder):
                services.match_deposit(deposit=deposit, order_id=order_id, by=operator, at=at)
        deposit.refresh_from_db()
        assert deposit.state == "WAITING"

    @pytest.mark.django_db(transaction=True)
    def test_of_eight_who_match_it_with_two_orders_one_does(self, till, at, arrives, operator):
        orders = [till.order(CREDITS, method="BANK", at=at + timedelta(days=2 * number)) for number in (0, 1)]
        for order in orders:
            services.sync_order(order_id=order.order_id, at=at)
        deposit = arrives()

        def match(number):
            return services.match_deposit(deposit=deposit, order_id=orders[number % 2].order_id, by=operator, at=at + timedelta(hours=2))

        results = together([lambda number=number: match(number) for number in range(8)])

        assert sum(not isinstance(result, Exception) for result in results) == 1
        assert all(isinstance(result, DepositDecided) for result in results if isinstance(result, Exception))
        assert UnallocatedMoney.objects.count() == 1

    def test_the_book_of_the_house_is_compared_like_any_other(self, credited, at):
        report = services.reconcile(gateway_name="bank", since=at, until=at + timedelta(days=1), at=at + timedelta(days=1))
        assert (report.seen, report.is_clean) == (1, True)


class TestGoingBack:
    @pytest.fixture
    def refund(self, till, credited, operator, at):
        """All of it, asked for and agreed to."""
        checked(till, at, usable_at=at)
        return till.refund(credited, CREDITS, at=at + timedelta(hours=4))

    def sent(self, refund, operator, finance, at):
        asked = services.approve_refund(refund=refund, by=operator, at=at)
        if isinstance(asked, ApprovalRequest):
            services.approve_refund(refund=refund, by=finance, at=at)
        run_effects(at)
        return BankPayout.objects.get(ref=refund.order.order_id)

    def test_a_refund_waits_for_a_person_with_the_number_of_the_bank(self, till, refund, operator, finance, at):
        payout = self.sent(refund, operator, finance, at + timedelta(hours=5))
        refund.refresh_from_db()
        assert refund.state == Refund.State.SENT
        assert payout.amount_krw == refund.amount_krw
        assert services.payout_account_of(payout).number == "110123456789"
        sender = operator if payout.agreed_by_id != operator.pk else finance

        services.start_payout(payout=payout, by=sender, at=at + timedelta(hours=6))
        services.finish_payout(payout=payout, transfer_no="BANK-0001", by=sender, at=at + timedelta(hours=6))

        refund.refresh_from_db()
        refund.order.refresh_from_db()
        assert (refund.state, refund.order.state) == (Refund.State.DONE, State.REFUNDED)
        assert refund.order.cancelled_krw == KRW
        assert till.balance().available == 0
        assert get_gateway("bank").fetch(ref=refund.order.order_id).state is RemoteState.CANCELLED
        assert AccessLog.objects.filter(action="refund_account.viewed", subject=f"payout:{payout.public_id}").count() == 1
        run_effects(at + timedelta(hours=9))
        assert not Effect.objects.filter(kind="payments.refund").exclude(state="DONE").exists()

    def test_its_fee_is_shown_before_it_is_asked_for(self, till, credited, at):
        now_is(at + timedelta(hours=4))
        page = browser(till.user).get(reverse("payments:order-refund", args=[credited.order_id])).content.decode()
        assert "계좌로 보내는 수수료" in page
        assert "환불 금액에서 빼지 않아요" in page
        assert "결제한 카드로" not in page

    def test_whoever_agreed_does_not_send_it(self, refund, operator, finance, at):
        payout = self.sent(refund, operator, finance, at + timedelta(hours=5))
        with pytest.raises(approvals.MakerIsChecker):
            services.start_payout(payout=payout, by=payout.agreed_by, at=at)
        with pytest.raises(IntegrityError), transaction.atomic():
            BankPayout.objects.filter(pk=payout.pk).update(sent_by=payout.agreed_by)

    def test_called_off_the_refund_has_failed_and_may_be_tried_again(self, refund, operator, finance, at):
        payout = self.sent(refund, operator, finance, at + timedelta(hours=5))
        services.call_off_payout(payout=payout, reason="은행이 닫았어요", by=operator, at=at + timedelta(hours=6))
        run_effects(at + timedelta(hours=8))
        refund.refresh_from_db()
        assert refund.state == Refund.State.FAILED

        services.retry_refund(refund=refund, by=operator, at=at + timedelta(hours=9), reason="다시 보내요")
        run_effects(at + timedelta(hours=10))

        assert BankPayout.objects.filter(state="ASKED").count() == 1

    def test_without_a_checked_account_it_is_not_asked_for(self, till, credited, at):
        with pytest.raises(AccountNotReady):
            till.refund(credited, CREDITS, at=at + timedelta(hours=4))

    def test_finished_three_times_it_is_booked_once(self, refund, operator, finance, at):
        payout = self.sent(refund, operator, finance, at + timedelta(hours=5))
        sender = operator if payout.agreed_by_id != operator.pk else finance
        services.start_payout(payout=payout, by=sender, at=at + timedelta(hours=6))
        for _ in range(3):
            services.finish_payout(payout=payout, transfer_no="BANK-0001", by=sender, at=at + timedelta(hours=6))
        with pytest.raises(TransferNotOpen):
            services.finish_payout(payout=payout, transfer_no="BANK-0002", by=sender, at=at + timedelta(hours=6))
        assert Refund.objects.get().state == Refund.State.DONE

    def test_whoever_began_is_away_and_a_third_operator_takes_it_over_but_not_the_one_who_agreed(self, refund, operator, finance, at):
        payout, later = self.sent(refund, operator, finance, at + timedelta(hours=5)), at + timedelta(hours=6)
        sender = operator if payout.agreed_by_id != operator.pk else finance
        third = factories.UserFactory(username="third", kind="OPERATOR")
        services.start_payout(payout=payout, by=sender, at=later)
        away = {"payout": payout, "holder": sender.username, "at": later}

        with pytest.raises(approvals.MakerIsChecker):
            services.take_over_payout(**away, by=payout.agreed_by, reason="제가 할게요")
        with pytest.raises(IntegrityError, match="taken_over_by_another"), transaction.atomic():
            BankPayout.objects.filter(pk=payout.pk).update(taken_over_by=payout.agreed_by)
        services.take_over_payout(**away, by=third, reason="휴가예요")
        for by in (sender, payout.agreed_by):
            with pytest.raises(TransferNotOpen):
                services.finish_payout(payout=payout, transfer_no="BANK-0001", by=by, at=later)
            with pytest.raises(TransferNotOpen):
                services.call_off_payout(payout=payout, reason="제가 할게요", by=by, at=later)
        with pytest.raises(TransferNotOpen):
            services.take_over_payout(**away, by=factories.UserFactory(username="fourth", kind="OPERATOR"), reason="저도요")
        services.finish_payout(payout=payout, transfer_no="BANK-0001", by=third, at=later)

        payout.refresh_from_db()
        assert (payout.state, payout.sent_by, payout.taken_over_by) == ("DONE", sender, third)
        assert Refund.objects.get().state == Refund.State.DONE
        assert AccessLog.objects.filter(action="refund_account.viewed", actor=third).count() == 1
        assert "휴가예요" in Notification.objects.get(user=None, kind="payments.transfer_taken_over").body

    def test_of_money_that_came_too_late_leaves_the_order_closed(self, till, issued, arrives, operator, finance, at):
        late = at + timedelta(days=6)
        services.sync_order(order_id=issued.order_id, at=late)
        services.match_deposit(deposit=arrives(hours=24 * 6 + 1), order_id=issued.order_id, by=operator, at=late + timedelta(hours=2))
        row = issued.unallocated.get()
        assert row.why == "LATE"
        asked = services.send_back(row=row, account=SENDER, by=operator, at=late + timedelta(hours=3), reason="늦게 왔어요")
        services.carry_out_second(request=asked, by=finance, at=late + timedelta(hours=3))
        run_effects(late + timedelta(hours=4))
        payout = BankPayout.objects.get()
        services.start_payout(payout=payout, by=finance, at=late + timedelta(hours=5))
        services.finish_payout(payout=payout, transfer_no="BANK-9", by=finance, at=late + timedelta(hours=5))

        row.refresh_from_db()
        issued.refresh_from_db()
        assert (row.state, issued.is_credited, standing()) == ("RETURNED", False, 0)
        assert len(notices("payments.unallocated_returned")) == 1

    def test_a_deposit_of_nobody_goes_back_by_another_operator(self, arrives, operator, finance, at, buyer):
        deposit = arrives(77_000)
        services.return_deposit(deposit=deposit, account=SENDER, by=operator, at=at + timedelta(hours=2), reason="모르는 분이에요")
        with pytest.raises(DepositDecided):
            services.return_deposit(deposit=deposit, account=SENDER, by=operator, at=at + timedelta(hours=2), reason="한 번 더")
        payout = BankPayout.objects.get()
        with pytest.raises(approvals.MakerIsChecker):
            services.start_payout(payout=payout, by=operator, at=at + timedelta(hours=3))
        services.start_payout(payout=payout, by=finance, at=at + timedelta(hours=3))
        services.finish_payout(payout=payout, transfer_no="BANK-7", by=finance, at=at + timedelta(hours=3))

        deposit.refresh_from_db()
        assert (deposit.state, standing()) == ("RETURNED", 0)

    def test_a_deposit_of_nobody_called_off_waits_again_and_can_be_matched(self, issued, arrives, operator, finance, at):
        deposit = arrives()
        services.return_deposit(deposit=deposit, account=SENDER, by=operator, at=at + timedelta(hours=2), reason="모르는 분이에요")
        services.call_off_payout(payout=BankPayout.objects.get(), reason="주인을 찾았어요", by=finance, at=at + timedelta(hours=2))
        services.match_deposit(deposit=deposit, order_id=issued.order_id, by=operator, at=at + timedelta(hours=3))
        assert issued.unallocated.get().amount_krw == KRW

    def test_needs_a_reason_a_real_account_and_its_own_name(self, arrives, operator, at, buyer):
        deposit = arrives(77_000)
        for account, reason, refusal in (
            (SENDER, " ", ReasonMissing),
            (PayoutAccount(bank="999", number="1", holder="김민지"), "이유", BankAccountWrong),
            (PayoutAccount(bank="088", number="110123456789", holder="다른 사람"), "이유", AccountHolderDiffers),
        ):
            with pytest.raises(refusal):
                services.return_deposit(deposit=deposit, account=account, by=operator, at=at, reason=reason)
        assert not BankPayout.objects.exists()

    def test_one_number_of_the_bank_is_one_transfer(self, arrives, operator, finance, at, buyer):
        for number in ("T-1", "T-2"):
            services.return_deposit(deposit=arrives(5_000, number=number), account=SENDER, by=operator, at=at, reason="이유")
        first, second = BankPayout.objects.order_by("pk")
        for payout in (first, second):
            services.start_payout(payout=payout, by=finance, at=at)
        services.finish_payout(payout=first, transfer_no="SAME", by=finance, at=at)
        with pytest.raises(TransferNumberTaken):
            services.finish_payout(payout=second, transfer_no="SAME", by=finance, at=at)
        second.refresh_from_db()
        assert second.state == "STARTED"


class TestItsDocument:
    def test_follows_the_rule_of_transfers_and_its_refund_takes_it_back(self, till, credited, at):
        services.plan_documents(at=at + timedelta(hours=4))
        document = TaxDocument.objects.get(order=credited)
        assert (document.supply_krw, document.vat_krw) == (CREDITS, 300_000)
